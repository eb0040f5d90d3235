"""tour.py HOB OUT.md -- write TOUR.md: a small program through every stage, from real dumps.

Reads   examples/references.py, examples/hot_loop.py, and what `hob -X dump=` prints of them
Writes  OUT
"""
import os
import subprocess
import sys

PROGRAM, LOOP = 'examples/references.py', 'examples/hot_loop.py'

# what to dump of which program, title, where it is made, text, the line to begin at, lines shown
STAGES = [
    ('tokens', PROGRAM, 'From text to tokens', 'src/syntax/tokenizer.c',
     'The tokenizer turns bytes into tokens, each with the lines and columns it came from. The first lines:', '', 14),
    ('ast', PROGRAM, 'From tokens to the tree', 'src/syntax/parser.c, parse_*.c',
     'The parser descends recursively; every node knows its exact start and end. Part of the tree:', '', 24),
    ('symbols', PROGRAM, 'From the tree to symbols', 'src/compile/symtable.c, scope.c',
     'Before code is made, each name is looked at: local, global, free?', '', 12),
    ('cfg', LOOP, 'From symbols to a graph', 'src/compile/stmt.c, expr.c, flow.c, order.c',
     'A function becomes blocks of instructions with jumps between them. A program with a loop shows it better, `%s`:\n\n'
     '{LOOP}\n\nThe graph of `total`, first as it is emitted, then when the optimiser and the layout are through with it: '
     'jumps have a direction, the empty block is gone, every instruction has a line, every block a stack depth.' % LOOP,
     'graph total, as emitted', 48),
    ('bytecode', PROGRAM, 'From the graph to bytecode', 'src/compile/assemble.c, src/bytecode/',
     'The code object of the first program. It is the one CPython 3.11 makes, byte for byte:', '', 40),
    ('specialized', LOOP, 'From bytecode to what really runs', 'src/vm/specialize.c, src/vm/ops/',
     'Code that has run a few times adapts to what it meets: here to two ints, an attribute of an instance, a list. The '
     'loop of the second program after its run:', 'code total', 17),
]


def dump(hob, what, program, begin):
    text = subprocess.run([hob, '-X', 'dump=' + what, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=True).stdout
    lines = text.replace(os.getcwd() + os.sep, '').rstrip('\n').split('\n')[1:]
    first = next(i for i, line in enumerate(lines) if line.startswith(begin))
    return lines[first:]


def quoted(path):
    with open(path) as f:
        return '```python\n%s\n```' % f.read().rstrip()


def main(hob, out):
    parts = ['# A tour: one program from its text to its result\n',
             'Made by `make tour` from what `hob -X dump=` really prints.\n',
             'The program, `%s`:\n\n%s\n' % (PROGRAM, quoted(PROGRAM))]
    for what, program, title, where, text, begin, limit in STAGES:
        lines = dump(hob, what, program, begin)
        shown = [line.rstrip() for line in lines[:limit]] + (['...'] if len(lines) > limit else [])
        parts.append('## %s\n\n`%s` · `hob -X dump=%s %s`\n\n%s\n\n```\n%s\n```\n'
                     % (title, where, what, program, text.replace('{LOOP}', quoted(LOOP)), '\n'.join(shown)))
    result = subprocess.run([hob, PROGRAM], stdout=subprocess.PIPE, text=True, check=True).stdout.rstrip()
    parts.append('## The result\n\n`src/vm/` runs the code in a frame on the thread\'s data stack; '
                 '`src/objects/` are its values; `src/memory/` counts who looks at them:\n\n```\n%s\n```\n\n'
                 '`[1, 2, 3]` is looked at by the name `my_list` and by the argument of `getrefcount`: 2. '
                 'The second name adds one.\n\n'
                 '`HOB_TRACE=help hob` lists what can be watched while it happens: collections, imports, the GIL, '
                 'instructions that specialise.\n' % result)
    with open(out, 'w') as f:
        f.write('\n'.join(parts))


main(*sys.argv[1:])

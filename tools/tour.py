"""tour.py HOB OUT.md -- write TOUR.md: one small program through every stage, from real dumps.

Reads   examples/references.py and what `hob -X dump=` prints of it
Writes  OUT
"""
import os
import subprocess
import sys

PROGRAM = 'examples/references.py'
STAGES = [
    ('tokens', 'From text to tokens', 'src/syntax/tokenizer.c',
     'The tokenizer turns bytes into tokens, each with the lines and columns it came from. The first lines:', 14),
    ('ast', 'From tokens to the tree', 'src/syntax/parser.c, parse_*.c',
     'The parser descends recursively; every node knows its exact start and end. Part of the tree:', 24),
    ('symbols', 'From the tree to symbols', 'src/compile/symtable.c, scope.c',
     'Before code is made, each name is looked at: local, global, free?', 12),
    ('bytecode', 'From symbols to bytecode', 'src/compile/, src/bytecode/',
     'Code generation, a control-flow graph, optimisation, assembly. The code object is the one CPython 3.11 makes, '
     'byte for byte:', 40),
]


def dump(hob, what):
    text = subprocess.run([hob, '-X', 'dump=' + what, PROGRAM], stdout=subprocess.PIPE, text=True, check=True).stdout
    return text.split('\n', 1)[1].rstrip('\n').split('\n')


def main(hob, out):
    with open(PROGRAM) as f:
        source = f.read().rstrip()
    parts = ['# A tour: one program from its text to its result\n',
             'Made by `make tour` from what `hob -X dump=` really prints.\n',
             'The program, `%s`:\n\n```python\n%s\n```\n' % (PROGRAM, source)]
    for what, title, where, text, limit in STAGES:
        lines = dump(hob, what)
        shown = lines[:limit] + (['...'] if len(lines) > limit else [])
        parts.append('## %s\n\n`%s` · `hob -X dump=%s`\n\n%s\n\n```\n%s\n```\n' % (title, where, what, text, '\n'.join(shown)))
    result = subprocess.run([hob, PROGRAM], stdout=subprocess.PIPE, text=True, check=True).stdout.rstrip()
    parts.append('## From bytecode to the result\n\n`src/vm/` runs the code in a frame on the thread\'s data stack; '
                 '`src/objects/` are its values; `src/memory/` counts who looks at them:\n\n```\n%s\n```\n\n'
                 '`[1, 2, 3]` is looked at by the name `my_list` and by the argument of `getrefcount`: 2. '
                 'The second name adds one.\n' % result)
    with open(out, 'w') as f:
        f.write('\n'.join(parts))


main(*sys.argv[1:])

"""ops.py OUT_OPCODE OUT_CASES OUT_C FILE.ops ... -- the instruction set, described once.

Reads   the instruction files of vm/ops/
Writes  OUT_OPCODE  opcode.h: numbers, flags, tables' declarations, stack effects
        OUT_CASES   eval_cases.h: the bodies, as cases of the eval loop ("-" for none)
        OUT_C       opcode_tables.h: the tables themselves, included by bytecode/ once

The language, one instruction:

    inst 25 BINARY_SUBSCR (container, index -- item)  cache 4
    {
        item = PyObject_GetItem(container, index);
        ERROR_IF(!item);
    }

inst    a base instruction of 3.11 with its number; `spec N NAME of BASE` is a
        quickened form, which takes stack effect, cache and arg of its base;
        `pseudo NAME` exists for the compiler only (numbers from 256).
Stack   what the instruction takes and leaves, top of stack last.  Inputs that
        reappear under the same name in the same place stay where they are.
        The others are released after the body, unless marked `take`: then the
        body consumes the reference.  `x if (cond)` may be absent, `x[n]` are n.
jump    the stack effect when the jump is taken, if it differs.
arg     const name local free compare forward backward: what oparg means.
cache   code units of inline cache behind the instruction.
does    what it may do, for the eval loop now and a compiler later:
          nothing   reads and moves values; frees at most what it releases
          calls     may run any code (the default): prev_instr is exact in it,
                    and the loop looks at the tracing switch after it
          raw       the body moves the stack pointer and dispatches by itself
"""
import os
import re
import sys

HEAD = re.compile(r'^(inst|spec|pseudo)\s+(?:(\d+)\s+)?([A-Z][A-Z0-9_]*)\s*(.*)$', re.S)
WORDS = ('const', 'name', 'local', 'free', 'compare', 'forward', 'backward')


class Item:
    """One stack entry of a header."""

    def __init__(self, text):
        m = re.match(r'(take\s+)?(\w+)(?:\[(.*?)\])?(?:\s+if\s+\((.*)\))?$', text.strip(), re.S)
        if not m:
            raise ValueError('bad stack entry: ' + text)
        self.take, self.name, self.count, self.cond = bool(m[1]), m[2], m[3], m[4]

    def size(self):
        if self.count:
            return '(%s)' % self.count
        return '((%s) ? 1 : 0)' % self.cond if self.cond else '1'

    def scalar(self):
        return not self.count and not self.cond


class Effect:
    def __init__(self, text):
        left, right = text.split('--')
        self.ins, self.outs = self.items(left), self.items(right)
        self.kept = 0
        for a, b in zip(self.ins, self.outs):
            if a.name != b.name or a.count != b.count:
                break
            self.kept += 1

    @staticmethod
    def items(text):
        parts, depth, start = [], 0, 0
        for i, c in enumerate(text + ','):
            depth += (c in '([') - (c in ')]')
            if c == ',' and depth == 0:
                parts.append(text[start:i])
                start = i + 1
        return [Item(p) for p in parts if p.strip()]

    def formula(self):
        """The net effect as a C expression of oparg, simplified when constant."""
        plus = [i.size() for i in self.outs[self.kept:]]
        minus = [i.size() for i in self.ins[self.kept:]]
        number = plus.count('1') - minus.count('1')
        rest = ''.join(' + ' + p for p in plus if p != '1')
        rest += ''.join(' - ' + m for m in minus if m != '1')
        return str(number) + rest


class Inst:
    def __init__(self, text, path, line):
        self.path, self.line = path, line
        m = HEAD.match(text)
        if not m:
            self.fail('bad header: ' + text.split('\n')[0])
        self.kind, self.number, self.name, rest = m[1], m[2] and int(m[2]), m[3], m[4]
        self.base = self.effect = self.jump = self.arg = self.cache = None
        self.does = set()
        while rest.strip():
            rest = rest.strip()
            if rest.startswith('('):
                self.effect, rest = self.paren(rest)
            elif rest.startswith('jump'):
                self.jump, rest = self.paren(rest[4:].strip())
            else:
                word, value, rest = re.match(r'(\w+)\s+(\w+)\s*(.*)$', rest, re.S).groups()
                if word == 'of':
                    self.base = value
                elif word == 'arg' and value in WORDS:
                    self.arg = value
                elif word == 'cache':
                    self.cache = int(value)
                elif word == 'does':
                    self.does.add(value)
                else:
                    self.fail('unknown word ' + word)
        self.body = None

    def fail(self, why):
        sys.exit('%s:%d: %s' % (self.path, self.line, why))

    def paren(self, text):
        depth = 0
        for i, c in enumerate(text):
            depth += (c == '(') - (c == ')')
            if depth == 0:
                try:
                    return Effect(text[1:i]), text[i + 1:]
                except ValueError as e:
                    self.fail(str(e))
        self.fail('unbalanced parenthesis')


def parse(path):
    """The instructions of one file, in order."""
    found, lines = [], open(path, encoding='utf-8').read().split('\n')
    i, comment = 0, False
    while i < len(lines):
        line = lines[i]
        if comment or line.startswith('/*'):
            comment = '*/' not in line
            i += 1
            continue
        if not line.strip():
            i += 1
            continue
        start, header = i, ''
        while not line.startswith('{') and not line.rstrip().endswith(';'):
            header += line + '\n'
            i += 1
            if i == len(lines):
                sys.exit('%s:%d: header without body' % (path, start + 1))
            line = lines[i]
        if line.startswith('{'):
            inst = Inst(header, path, start + 1)
            first = i + 1
            while not lines[i].startswith('}'):
                i += 1
            inst.body, inst.body_line = lines[first:i], first + 1
        else:
            inst = Inst(header + line.rstrip()[:-1], path, start + 1)
        found.append(inst)
        i += 1
    return found


def resolve(insts):
    """Give quickened forms what they inherit; number the pseudo ones; check."""
    by_name, used, pseudo = {}, {}, 256
    for i in insts:
        if i.name in by_name:
            if by_name[i.name].body is None or i.body is None:
                i.fail('%s is defined twice' % i.name)
            i.fail('%s is defined twice' % i.name)
        by_name[i.name] = i
        if i.kind == 'pseudo':
            i.number, pseudo = pseudo, pseudo + 1
        if i.number in used:
            i.fail('number %d is %s already' % (i.number, used[i.number]))
        used[i.number] = i.name
    for i in insts:
        if i.kind == 'spec':
            base = by_name.get(i.base) or i.fail('no base ' + str(i.base))
            i.effect = i.effect or base.effect
            i.jump = i.jump or base.jump
            i.arg = i.arg or base.arg
            i.cache = base.cache if i.cache is None else i.cache
        i.cache = i.cache or 0
        if i.effect is None:
            i.fail('no stack effect')
    return by_name


def opcode_h(insts):
    flag = {None: '', 'const': 'OP_CONST', 'name': 'OP_NAME', 'local': 'OP_LOCAL',
            'free': 'OP_FREE', 'compare': 'OP_COMPARE', 'forward': 'OP_FORWARD',
            'backward': 'OP_BACKWARD'}
    out = ['/* opcode.h -- the instruction set; made by tools/gen/ops.py from vm/ops/. */',
           '#pragma once', '#include <stdint.h>', '#include <opcode.h>', '',
           '#define HOB_EFFECT_INVALID INT32_MAX', '']
    base = [i for i in insts if i.kind == 'inst']
    public = open('/usr/include/python3.11/opcode.h').read()
    known = dict((n, int(v)) for n, v in re.findall(r'#define ([A-Z]\w+)\s+(\d+)\n', public))
    for i in insts:
        if i.name in known:
            if known[i.name] != i.number:
                i.fail('number differs from <opcode.h>')
        else:
            if i.kind == 'inst':
                i.fail('not in <opcode.h>')
            out.append('#define %-44s %d' % (i.name, i.number))
    have = {i.name for i in insts}
    for name in known:
        if not name.startswith('NB_') and name not in ('HAVE_ARGUMENT',) and name not in have:
            sys.exit('ops.py: %s of <opcode.h> is missing' % name)
    n_names = 256 + sum(i.kind == 'pseudo' for i in insts)
    out += ['', 'enum {  /* hob_opcode_flags */',
            '    OP_HAS_ARG = 1, OP_FORWARD = 2, OP_BACKWARD = 4, OP_CONST = 8, OP_NAME = 16,',
            '    OP_LOCAL = 32, OP_FREE = 64, OP_COMPARE = 128,',
            '    OP_JUMP = OP_FORWARD | OP_BACKWARD,', '};', '',
            'extern const uint8_t hob_opcode_caches[256];     /* units of cache, by base */',
            'extern const uint8_t hob_opcode_deopt[256];      /* the base of every opcode */',
            'extern const uint8_t hob_opcode_flags[256];',
            'extern const char *const hob_opcode_name[%d];   /* NULL when unused */' % n_names, '',
            '/* What an instruction does to the stack depth; jump is 1 (taken), 0 (not)',
            ' * or -1 (the larger).  HOB_EFFECT_INVALID for what is no base or pseudo op. */',
            'int hob_opcode_effect(int opcode, int oparg, int jump);', '']
    tab = ['/* opcode_tables.h -- made by tools/gen/ops.py from vm/ops/. */']

    def table(ctype, name, rows, size=256):
        tab.append('const %s %s[%d] = {' % (ctype, name, size))
        tab.extend('    [%s] = %s,' % r for r in rows)
        tab.append('};\n')
    real = [i for i in insts if i.kind != 'pseudo']
    table('uint8_t', 'hob_opcode_caches', [(i.name, i.cache) for i in base if i.cache])
    table('uint8_t', 'hob_opcode_deopt', [(i.name, i.base or i.name) for i in real])
    table('uint8_t', 'hob_opcode_flags',
          [(i.name, ' | '.join(f for f in ('OP_HAS_ARG' if i.number >= 90 else '', flag[i.arg])
                               if f) or '0') for i in base])
    table('char *const', 'hob_opcode_name', [(i.name, '"%s"' % i.name) for i in insts], n_names)
    tab += ['int', 'hob_opcode_effect(int opcode, int oparg, int jump)', '{',
            '    switch (opcode) {']
    for i in insts:
        if i.kind == 'spec':
            continue
        stay = i.effect.formula()
        if i.jump:
            taken = i.jump.formula()
            if jump_max(stay, taken):
                tab.append('    case %s: return jump == 0 ? %s : %s;' % (i.name, stay, taken))
            else:
                tab.append('    case %s: return jump == 1 ? %s : %s;' % (i.name, taken, stay))
        else:
            tab.append('    case %s: return %s;' % (i.name, stay))
    tab += ['    default: return HOB_EFFECT_INVALID;', '    }', '}', '']
    return '\n'.join(out), '\n'.join(tab)


def jump_max(stay, taken):
    """Does the taken jump leave more on the stack?"""
    return int(taken) > int(stay)


def emit(i, out):
    """One instruction as a case of the eval loop."""
    out.append('TARGET(%s)' % i.name)
    out.append('{')
    put = out.append
    if 'nothing' not in i.does:
        put('    SAVE_PC();')
    if 'raw' in i.does:
        body(i, out)
        put('}\n')
        return
    e, after = i.effect, []
    pos = ''                            # expression: how deep below sp
    depth = []
    for item in reversed(e.ins):
        depth.append(item.size())
        at = ' + '.join(depth)
        if item.count:
            put('    PyObject **%s = sp - (%s);' % (item.name, at))
        elif item.cond:
            put('    PyObject *%s = (%s) ? sp[-(%s)] : NULL;' % (item.name, item.cond, at))
        else:
            put('    PyObject *%s = sp[-%s];' % (item.name, static_sum(depth)))
        put('    (void)%s;' % item.name)
    gone, new = e.ins[e.kept:], e.outs[e.kept:]
    for item in new:
        if not item.count:
            put('    PyObject *%s;' % fresh(item, e))
    body(i, out)
    arrays = [g for g in gone if g.count]
    for g in arrays:                    # released before outputs overwrite them
        if not g.take:
            put('    for (Py_ssize_t n_ = %s; n_ > 0; n_--) { DROP(%s[n_ - 1]); }'
                % (g.size(), g.name))
    if gone:
        put('    sp -= %s;' % static_sum([g.size() for g in gone]))
    for item in new:
        if item.count:
            i.fail('array outputs need does raw')
        if item.cond:
            put('    if (%s) { *sp++ = %s; }' % (item.cond, fresh(item, e)))
    scal = [n for n in new if not n.cond]
    if len(scal) != len(new) and len(scal):
        i.fail('conditional outputs need does raw')
    for k, item in enumerate(scal):
        put('    sp[%d] = %s;' % (k, fresh(item, e)))
    if scal:
        put('    sp += %d;' % len(scal))
    for g in reversed(gone):
        if g.take or g.count:
            continue
        put('    %s(%s);' % ('XDROP' if g.cond or g.name == 'null' else 'DROP', g.name))
    if i.cache:
        put('    next_instr += %d;' % i.cache)
    put('    DISPATCH();' if 'nothing' in i.does else '    DISPATCH_CHECKED();')
    put('}\n')


def fresh(item, e):
    """Name of an output variable; an input of the same name elsewhere is kept apart."""
    taken = [x.name for x in e.ins[e.kept:]]
    return item.name + '_out' if item.name in taken else item.name


def static_sum(sizes):
    number = sizes.count('1')
    rest = [s for s in sizes if s != '1']
    if not rest:
        return str(number)
    return '(%d + %s)' % (number, ' + '.join(rest)) if number else '(%s)' % ' + '.join(rest)


def body(i, out):
    out.append('    {')
    out.append('#line %d "%s"' % (i.body_line, i.path))
    out.extend('    ' + line.replace('MISS_IF(', 'MISS_TO(%s, ' % (i.base or i.name))
               .replace('FOR_MISS_TO(%s, ' % (i.base or i.name), 'FOR_MISS_IF(')
               if line else '' for line in i.body)
    out.append('#line MADE')
    out.append('    }')


def cases_h(insts, path):
    out = ['/* eval_cases.h -- made by tools/gen/ops.py from vm/ops/. */']
    for i in insts:
        if i.kind == 'pseudo' or i.body is None:
            continue
        if i.kind == 'spec':            # the tracing loop runs base instructions only
            out.append('#if !TRACED')
        emit(i, out)
        if i.kind == 'spec':
            out.append('#endif')
    text = '\n'.join(out).split('\n')
    for n, line in enumerate(text):
        if line == '#line MADE':
            text[n] = '#line %d "%s"' % (n + 2, path)
    out = []
    for macro, kinds in (('HOB_TARGETS', ('inst', 'spec')), ('HOB_BASE_TARGETS', ('inst',))):
        names = {i.number: i.name for i in insts if i.kind in kinds and i.body is not None}
        out += ['', '#define %s \\' % macro]
        labels = ['target_' + names[n] if n in names else 'unknown_opcode' for n in range(256)]
        out += ['    &&%s, \\' % label for label in labels]
    return '\n'.join(text), '\n'.join(out) + '\n\n'


def write(path, text):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    if not os.path.exists(path) or open(path).read() != text:
        with open(path, 'w') as f:
            f.write(text)


def main(opcode_path, cases_path, tables_path, *files):
    insts = [i for f in sorted(files) for i in parse(f)]
    resolve(insts)
    opcode, tables = opcode_h(insts)
    write(opcode_path, opcode)
    write(tables_path, tables)
    if cases_path != '-':
        cases, targets = cases_h(insts, cases_path)
        write(cases_path, cases)
        write(cases_path.replace('eval_cases', 'eval_targets'), targets)


main(*sys.argv[1:])

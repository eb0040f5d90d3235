"""ast.py AST.asdl OUT.h OUT.c.h -- node structs and tables from the abstract grammar.

Reads   src/syntax/ast.asdl
Writes  OUT.h    kind enums, node structs, sequences, constructors' prototypes
        OUT.c.h  constructors, and the tables hob_ast_types / hob_ast_shapes
                 that the _ast module and both conversions are driven by

Names   BinOp(expr left, operator op, expr right) becomes EXPR_BIN_OP,
        node->v.bin_op.left and hob_ast_bin_op(left, op, right, at, arena).
        A member that would be a C word gets a final underscore: v.return_.
        `T?*` is a sequence whose items may be NULL.
"""
import re
import sys

WORDS = {'assert', 'break', 'continue', 'default', 'for', 'if', 'return', 'while'}
OBJECTS = {'identifier': 'IDENTIFIER', 'string': 'STRING', 'constant': 'CONSTANT'}
QUANTITY = {'': 'ONE', '?': 'OPTIONAL', '*': 'MANY', '?*': 'MANY_OPTIONAL'}
FIELD = re.compile(r'(\w+)(\?\*|\?|\*|)\s+(\w+)$')
DEFINITION = re.compile(r'(\w+)\s*=\s*(.*?)(?=\n\s*\n|\}\s*$)', re.S)


class Field:
    def __init__(self, text):
        self.type, self.quantity, self.name = FIELD.match(text.strip()).groups()

    def shown(self):
        return '%s%s %s' % (self.type, self.quantity.replace('?*', '*'), self.name)


class Constructor:
    def __init__(self, text, owner):
        found = re.match(r'\s*(\w*)\s*(?:\((.*)\))?\s*$', text, re.S)
        self.name = found[1] or owner.name
        self.fields = [Field(f) for f in found[2].split(',')] if found[2] else []
        self.owner = owner
        self.stem = snake(self.name)
        self.member = self.stem + ('_' if self.stem in WORDS else '')

    def shown(self):
        return self.name + ('(%s)' % ', '.join(f.shown() for f in self.fields) if self.fields else '')


class Type:
    def __init__(self, name, body):
        self.name = name
        body, _, attributes = re.sub(r'\s+', ' ', body).partition('attributes')
        self.attributes = [Field(f) for f in attributes.strip(' ()').split(',')] if attributes else []
        self.is_product = body.startswith('(')
        self.constructors = [Constructor(c, self) for c in body.split('|')]
        self.is_enum = not self.is_product and not any(c.fields for c in self.constructors)

    def doc(self):
        lines = [c.shown() for c in self.constructors]
        if self.is_product:
            return lines[0]
        joint = ' | ' if self.is_enum else '\n%s| ' % (' ' * (len(self.name) + 1))
        return '%s = %s' % (self.name, joint.join(lines))


def snake(name):
    return re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name).lower()


def quote(text):
    return text.replace('\n', '\\n"\n     "')


class Emitter:
    def __init__(self, types):
        self.types = types
        self.by_name = {t.name: t for t in types}
        self.shapes = [c for t in types for c in t.constructors]
        self.out = []

    def w(self, text=''):
        self.out.append(text)

    def c_type(self, field):
        """The C declaration of a field, up to and without its name."""
        many = field.quantity.endswith('*')
        if field.type in OBJECTS:
            return 'hob_%s_seq *' % field.type if many else 'PyObject *'
        if field.type == 'int':
            return 'int '
        if many:
            return 'hob_%s_seq *' % field.type
        return 'hob_%s %s' % (field.type, '' if self.by_name[field.type].is_enum else '*')

    def header(self):
        w = self.w
        w('/* ast.h -- syntax tree nodes; made by tools/gen/ast.py from ast.asdl. */')
        w('#pragma once')
        w('#include <Python.h>\n')
        w('#include "syntax/arena.h"\n')
        w('/* Where a node is: lines from 1, columns in UTF-8 bytes from 0, end exclusive. */')
        w('typedef struct {\n    int lineno, col_offset, end_lineno, end_col_offset;\n} hob_span;\n')
        w('#define HOB_NODE_SPAN                                                  \\')
        w('    union {                                                            \\')
        w('        hob_span at;                                                   \\')
        w('        struct { int lineno, col_offset, end_lineno, end_col_offset; };\\')
        w('    }\n')
        for t in self.types:
            if not t.is_product:
                w('typedef enum {')
                for i, c in enumerate(t.constructors, 1):
                    w('    %s_%s = %d,' % (t.name.upper(), c.stem.upper(), i))
                w('} hob_%s%s;\n' % (t.name, '' if t.is_enum else '_kind'))
        for t in self.types:
            if not t.is_enum:
                w('typedef struct hob_%s hob_%s;' % (t.name, t.name))
        w('\n/* Sequences are never NULL; an empty one has size 0. */')
        w('typedef struct { Py_ssize_t size; void *items[]; } hob_seq;')
        for name in sorted({f.type for c in self.shapes for f in c.fields if f.quantity.endswith('*')}):
            if name in OBJECTS:
                item = 'PyObject *'
            else:
                item = 'hob_%s %s' % (name, '' if self.by_name[name].is_enum else '*')
            w('typedef struct { Py_ssize_t size; %sitems[]; } hob_%s_seq;' % (item, name))
        w()
        for t in self.types:
            if not t.is_enum:
                self.struct(t)
        for c in self.shapes:
            if not c.owner.is_enum:
                w(self.prototype(c) + ';')
        w('\n' + TABLES)
        w('typedef enum {')
        for i, t in enumerate(self.types):
            w('    AST_TYPE_%s = %d,' % (t.name.upper(), i))
        w('} hob_ast_type_id;\n')
        w('#define HOB_AST_N_TYPES %d' % len(self.types))
        w('#define HOB_AST_N_SHAPES %d' % len(self.shapes))
        w('extern const hob_ast_type hob_ast_types[HOB_AST_N_TYPES];')
        w('extern const hob_ast_shape hob_ast_shapes[HOB_AST_N_SHAPES];')
        return '\n'.join(self.out) + '\n'

    def struct(self, t):
        w = self.w
        w('struct hob_%s {' % t.name)
        if t.is_product:
            self.members(t.constructors[0], '    ')
        else:
            w('    hob_%s_kind kind;' % t.name)
        if t.attributes:
            w('    HOB_NODE_SPAN;')
        if not t.is_product:
            w('    union {')
            for c in t.constructors:
                if c.fields:
                    w('        struct {')
                    self.members(c, '            ')
                    w('        } %s;' % c.member)
            w('    } v;')
        w('};\n')

    def members(self, c, indent):
        for f in c.fields:
            remark = ''
            if f.quantity in ('?', '?*') and f.type != 'int':
                remark = '     /* %s may be NULL */' % ('items' if f.quantity == '?*' else 'itself')
            self.w('%s%s%s;%s' % (indent, self.c_type(f), f.name, remark))

    def prototype(self, c):
        params = ['%s%s' % (self.c_type(f), f.name) for f in c.fields]
        params += ['hob_span at'] if c.owner.attributes else []
        return 'hob_%s *hob_ast_%s(%s)' % (c.owner.name, c.stem, ', '.join(params + ['hob_arena *arena']))

    def source(self):
        self.out = []
        self.w('/* ast_nodes.c.h -- constructors and tables; made by tools/gen/ast.py from ast.asdl. */\n')
        for c in self.shapes:
            if not c.owner.is_enum:
                self.constructor(c)
        self.tables()
        return '\n'.join(self.out) + '\n'

    def constructor(self, c):
        w, t = self.w, c.owner
        w('%s\n{' % self.prototype(c).replace(' *hob_ast_', ' *\nhob_ast_'))
        w('    hob_%s *node = hob_arena_alloc(arena, sizeof(hob_%s));' % (t.name, t.name))
        w('    if (!node) { return NULL; }')
        if not t.is_product:
            w('    node->kind = %s_%s;' % (t.name.upper(), c.stem.upper()))
        for f in c.fields:
            w('    node->%s%s = %s;' % ('' if t.is_product else 'v.%s.' % c.member, f.name, f.name))
        if t.attributes:
            w('    node->at = at;')
        w('    return node;\n}\n')

    def tables(self):
        w = self.w
        for c in self.shapes:
            if c.fields:
                w('static const hob_ast_field fields_of_%s[] = {' % c.stem)
                for f in c.fields:
                    self.field_row(c, f)
                w('};')
        w('\nconst hob_ast_shape hob_ast_shapes[HOB_AST_N_SHAPES] = {')
        for c in self.shapes:
            fields = 'fields_of_' + c.stem if c.fields else 'NULL'
            w('    {"%s", "%s", " while traversing \'%s\' node", %s, %d, AST_TYPE_%s, %d},' % (
                c.name, quote(c.shown()), c.name, fields, len(c.fields), c.owner.name.upper(),
                c.owner.constructors.index(c) + 1))
        w('};\n\nconst hob_ast_type hob_ast_types[HOB_AST_N_TYPES] = {')
        first = 0
        for t in self.types:
            size = '0' if t.is_enum else 'sizeof(hob_%s)' % t.name
            span = 'offsetof(hob_%s, at)' % t.name if t.attributes else '0'
            optional = any(f.quantity == '?' for f in t.attributes)
            kind = 'PRODUCT' if t.is_product else 'ENUM' if t.is_enum else 'SUM'
            w('    {"%s", "%s",\n     " while traversing \'%s\' node", AST_%s, %s, %s, %s, %s, %d, %d},' % (
                t.name, quote(t.doc()), t.name, kind, size, 'true' if t.attributes else 'false',
                'true' if optional else 'false', span, first, len(t.constructors)))
            first += len(t.constructors)
        w('};')

    def field_row(self, c, f):
        t = c.owner
        where = f.name if t.is_product else 'v.%s.%s' % (c.member, f.name)
        kind, target = OBJECTS.get(f.type), '0'
        if f.type == 'int':
            kind = 'INT'
        elif not kind:
            kind = 'ENUM' if self.by_name[f.type].is_enum else 'NODE'
            target = 'AST_TYPE_' + f.type.upper()
        self.w('    {"%s", AST_FIELD_%s, AST_%s, %s, offsetof(hob_%s, %s)},' % (
            f.name, kind, QUANTITY[f.quantity], target, t.name, where))


TABLES = '''\
/* --- the grammar as data, for generic walks ---
 * hob_ast_types has one row a type of the grammar; its constructors are the
 * rows first_shape .. first_shape + n_shapes of hob_ast_shapes, kind k being
 * row first_shape + k - 1.  A field lies `offset` bytes into its node.
 */
typedef enum {
    AST_FIELD_IDENTIFIER, AST_FIELD_STRING, AST_FIELD_CONSTANT,     /* PyObject * */
    AST_FIELD_INT,                                                  /* int */
    AST_FIELD_ENUM,                                                 /* enum: int */
    AST_FIELD_NODE,                                                 /* hob_T * */
} hob_ast_field_kind;

typedef enum { AST_ONE, AST_OPTIONAL, AST_MANY, AST_MANY_OPTIONAL } hob_ast_quantity;
typedef enum { AST_SUM, AST_PRODUCT, AST_ENUM } hob_ast_type_kind;

typedef struct {
    const char *name;
    uint8_t kind, quantity, target;     /* target: hob_ast_type_id for ENUM and NODE */
    uint16_t offset;
} hob_ast_field;

typedef struct {
    const char *name, *doc, *where;     /* where: for Py_EnterRecursiveCall */
    const hob_ast_field *fields;
    uint8_t n_fields, type, kind;       /* kind: enum value inside its type */
} hob_ast_shape;

typedef struct {
    const char *name, *doc, *where;
    uint8_t kind;
    uint16_t size;
    bool has_span, end_is_optional;
    uint16_t span_offset;
    uint16_t first_shape, n_shapes;
} hob_ast_type;
'''


def put(path, text):
    with open(path, 'w') as f:
        f.write(text)


def main(asdl, out_h, out_c):
    text = re.sub(r'--.*', '', open(asdl).read())
    body = text[text.index('{') + 1:]
    emitter = Emitter([Type(*found.groups()) for found in DEFINITION.finditer(body)])
    put(out_h, emitter.header())
    put(out_c, emitter.source())


main(*sys.argv[1:])

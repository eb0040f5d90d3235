"""bind.py FILE.c OUT.bind.h -- argument parsing from Python-speaking comments.

Reads   the /** ... */ comments of FILE.c and the C prototypes below them
Writes  OUT: one wrapper a function, docstrings, and PyMethodDef tables

A comment that opens with /** and a Python signature, directly above a static
C function, publishes it.  The comment gives names, kinds, defaults and the
docstring; the prototype gives types, each C type being its own converter.

    /** list.insert($self, index, object, /)
     *
     *  Insert object before index.
     */
    static status
    list_insert(PyListObject *self, Py_ssize_t index, PyObject *object)

Tables   "list." collects into list_methods[]; no owner: module_methods[].
Self     $self method, $type class method, $module function; none: static method
         (the C function then takes no self).
Slots    __new__ and __init__ make <cname>__slot for tp_new / tp_init, and
         <cname>__doc for tp_doc.  "@type PyFloat_Type" in front of the
         signature lets subclasses pass keywords to their own __init__.
Raw      a C function whose parameters after self are (args, nargs),
         (args, nargs, kwnames), (args) or (args, kwargs) parses by itself.
Class    a second parameter `PyTypeObject *cls` receives the defining class.
Keyword  a Python name that is a C word ends in _ in C: default -> default_.
Coexist  "@coexist" in front of the signature.
Nosig    "@nosig" in front of the signature: no __text_signature__.
Custom   a C type `X_arg` is filled by arg_X(value, &name, func, name), or, when
         the file's arg_X calls its last parameter `what`, with "argument 2" or
         "argument 'x'" for name; `X_arg *` is a struct, zeroed before and given to done_X(&it) after the call.
         A None default of the first kind is the C constant default_X.
Default  NULL in the signature: C NULL; a trailing "?" is not needed.  Other
         defaults are Python literals; `c_default` text goes in braces after
         it:  maxsplit=-1   stop=sys.maxsize   fold={-1}   errors='strict'{NULL}
"""
import sys
sys.path.pop(0)                 # ast below is the library's, not tools/gen/ast.py
import ast
import inspect
import re

UNIT = re.compile(r'^/\*\*[ \t]*(?P<doc>(?:(?!\*/).)*?)\*/\s*static\s+(?P<ret>[\w ]+?[ *]*?)\s*'
                  r'\b(?P<cname>\w+)\s*\((?P<params>[^{;]*?)\)\s*\{', re.S | re.M)

PLAIN = {                       # C type -> converter
    'Py_ssize_t': 'ssize', 'ssize_or_none': 'ssize_or_none', 'slice_index': 'slice_index',
    'int': 'int', 'long': 'long', 'long long': 'long_long', 'unsigned long': 'unsigned_long',
    'unsigned long long': 'unsigned_long_long', 'size_t': 'size_t', 'double': 'double',
    'bool': 'bool', 'unsigned char': 'unsigned_char', 'Py_complex': 'complex'}
NAMED = {'Py_UCS4': 'ucs4', 'const char *': 'utf8'}     # converter also gets func and argument
TYPED = {
    'PyUnicodeObject *': ('PyUnicode_Check', 'str'), 'PyTupleObject *': ('PyTuple_Check', 'tuple'),
    'PyListObject *': ('PyList_Check', 'list'), 'PyDictObject *': ('PyDict_Check', 'dict'),
    'PyBytesObject *': ('PyBytes_Check', 'bytes'), 'PyLongObject *': ('PyLong_Check', 'int'),
    'PyByteArrayObject *': ('PyByteArray_Check', 'bytearray'),
    'PyTypeObject *': ('PyType_Check', 'type'), 'PyCodeObject *': ('PyCode_Check', 'code')}
BUFFERS = {'Py_buffer *': 'PyBUF_SIMPLE', 'writable_buffer *': 'PyBUF_WRITABLE'}
GIVE = {'status': 'status', 'tri': 'tri', 'Py_ssize_t': 'ssize', 'double': 'double', 'bool': 'bool',
        'int': 'long', 'long': 'long', 'size_t': 'size'}
C_WORDS = {'default', 'register', 'int', 'float', 'char', 'long', 'signed', 'double', 'short', 'switch',
           'case', 'static', 'auto', 'volatile', 'const', 'void', 'struct', 'union', 'enum', 'do', 'goto'}
DEFAULTS = {'None': 'Py_None', 'True': 'true', 'False': 'false', 'sys.maxsize': 'PY_SSIZE_T_MAX',
            'NULL': 'NULL'}


def tidy(ctype):
    return re.sub(r'\s*\*', ' *', re.sub(r'\s+', ' ', ctype.strip())).replace('* *', '**')


def quote(text):
    return text.replace('\\', '\\\\').replace('"', '\\"')


class Function:
    def __init__(self, match, path):
        self.path = path
        doc = re.sub(r'(?m)^[ \t]*\* ?', '', match['doc']).strip()
        self.flags = []
        self.base = None
        self.nosig = False
        while doc.startswith('@'):
            word, doc = doc.split(None, 1)
            if word == '@coexist':
                self.flags.append('METH_COEXIST')
            elif word == '@nosig':
                self.nosig = True
            elif word == '@type':
                self.base, doc = doc.split(None, 1)
            else:
                self.fail('unknown marker ' + word)
        self.signature, self.doc = self.split_signature(doc)
        found = re.match(r'(?:(\w+)\.)?(\w+)\(', self.signature)
        if not found:
            self.fail('no Python signature: ' + self.signature)
        self.owner, self.name = found.groups()
        self.cname, self.ret = match['cname'], tidy(match['ret'])
        self.parse_c(match['params'])
        self.parse_python()
        self.check()

    def fail(self, why):
        sys.exit('%s: %s: %s' % (self.path, getattr(self, 'cname', '?'), why))

    @staticmethod
    def split_signature(doc):
        depth = 0
        for i, c in enumerate(doc):
            depth += (c == '(') - (c == ')')
            if c == ')' and depth == 0:
                return ' '.join(doc[:i + 1].split()), inspect.cleandoc(doc[i + 1:])
        return doc, ''

    def parse_c(self, text):
        params = [p.strip() for p in text.replace('\n', ' ').split(',')]
        params = [] if params == ['void'] else params
        self.ctypes, self.cnames = [], []
        for p in params:
            p = p.replace('const *', 'const*')
            name = re.search(r'\w+$', p)[0]
            self.cnames.append(name)
            self.ctypes.append(tidy(p[:p.rindex(name)]))

    def parse_python(self):
        inside = self.signature[self.signature.index('(') + 1:-1]
        first = re.match(r'\s*\$(\w+)\s*,?\s*', inside)
        self.self_kind = first[1] if first else None
        if first:
            inside = inside[first.end():]
            inside = re.sub(r'^/\s*,?\s*', '', inside)
        self.c_defaults = {}
        for name, value in re.findall(r'(\w+)=[^,{}]*\{([^}]*)\}', inside):
            self.c_defaults[name] = value
        inside = re.sub(r'=\{[^}]*\}', '=NULL', inside)
        inside = re.sub(r'(=[^,{}]+)\{[^}]*\}', r'\1', inside)
        try:
            a = ast.parse('def f(%s): 0' % inside).body[0].args
        except SyntaxError as error:
            self.fail('bad signature %s: %s' % (self.signature, error))
        params = a.posonlyargs + a.args
        defaults = [None] * (len(params) - len(a.defaults)) + a.defaults
        self.params = [(p.arg, d) for p, d in zip(params, defaults)]
        self.params += [(p.arg, d) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
        self.n_pos, self.n_posonly, self.n_kwonly = len(params), len(a.posonlyargs), len(a.kwonlyargs)
        self.variadic = a.vararg or a.kwarg
        if self.self_kind == 'type' and self.name != '__new__':
            self.flags.append('METH_CLASS')
        if self.self_kind is None and self.owner and self.name not in ('__new__', '__init__'):
            self.flags.append('METH_STATIC')
        self.is_static = 'METH_STATIC' in self.flags

    def check(self):
        rest = self.cnames if self.is_static else self.cnames[1:]
        types = self.ctypes if self.is_static else self.ctypes[1:]
        self.defining = bool(types) and types[0] == 'PyTypeObject *' and rest[0] == 'cls' \
            and (not self.params or self.params[0][0] != 'cls')
        if self.defining:
            rest, types = rest[1:], types[1:]
        self.ptypes = types
        self.raw = rest[:1] == ['args'] and rest[1:] in ([], ['nargs'], ['nargs', 'kwnames'], ['kwargs'])
        self.raw_kind = tuple(rest)
        if self.raw:
            return
        if self.variadic:
            self.fail('a variadic signature needs a raw C function')
        self.py_names = [n for n, _ in self.params]
        self.params = [(n + '_' if n in C_WORDS else n, d) for n, d in self.params]
        if [n for n, _ in self.params] != rest:
            self.fail('Python names %s but C names %s' % ([n for n, _ in self.params], rest))

    @property
    def keywords(self):
        return self.n_posonly < len(self.params)

    def doc_text(self):
        if not self.signature or self.nosig:
            return self.doc
        name = '__new__' in self.name or '__init__' in self.name
        sig = re.sub(r'(=[^,{}=]+)\{[^}]*\}', r'\1', self.signature[self.signature.index('('):])
        if name:
            shown = (self.owner or self.name) + re.sub(r'^\(\s*\$\w+\s*,?\s*', '(', sig)
            shown = re.sub(r'\((\s*/\s*)\)', '()', shown)
        else:
            shown = self.name + sig
        shown = re.sub(r'=\{[^}]*\}', '=<unrepresentable>', shown).replace('=NULL', '=<unrepresentable>')
        return '%s\n--\n\n%s' % (shown, self.doc)

    def what(self, i):
        if i < self.n_posonly:
            return 'argument' if len(self.params) == 1 else 'argument %d' % (i + 1)
        return "argument '%s'" % self.py_names[i]

    def told(self, converter, i):
        """what a converter of the file's own is told about its argument"""
        return '"%s"' % (self.what(i) if converter in self.told_what else self.params[i][0])

    def shown_name(self):
        return self.owner if self.name in ('__new__', '__init__') else self.name

    def convert(self, i, source):
        """(expression that is true on failure, or None), plain assignment when None"""
        ctype, name = self.ptypes[i], self.params[i][0]
        func, what = '"%s"' % self.shown_name(), '"%s"' % self.what(i)
        if ctype in PLAIN:
            return '!arg_%s(%s, &%s)' % (PLAIN[ctype], source, name)
        if ctype in NAMED:
            d = self.params[i][1]
            takes_none = ctype == 'const char *' and d is not None and ast.unparse(d) == 'None'
            kind = NAMED[ctype] + '_or_none' * takes_none
            return '!arg_%s(%s, &%s, %s, %s)' % (kind, source, name, func, what)
        if ctype in TYPED:
            test, shown = TYPED[ctype]
            return '!arg_typed(%s, &%s, %s(%s), "%s", %s, %s)' % (source, name, test, source, shown, func, what)
        if ctype in BUFFERS:
            return '!arg_buffer(%s, &%s_view, %s, %s, %s)' % (source, name, BUFFERS[ctype], func, what)
        if ctype.endswith('_arg'):
            return '!arg_%s(%s, &%s, %s, %s)' % (ctype[:-4], source, name, func, self.told(ctype[:-4], i))
        if ctype.endswith('_arg *'):
            return '!arg_%s(%s, &%s_box, %s, %s)' % (ctype[:-6], source, name, func, self.told(ctype[:-6], i))
        if ctype == 'PyObject *':
            return None
        self.fail('no converter for C type %r' % ctype)

    def default(self, i):
        name, d = self.params[i]
        ctype = self.ptypes[i]
        if name in self.c_defaults:
            return self.c_defaults[name]
        text = ast.unparse(d)
        if ctype in BUFFERS or ctype.endswith('_arg *'):
            return None
        if ctype.endswith('_arg') and text == 'None':
            return 'default_' + ctype[:-4]
        if ctype == 'const char *':
            return 'NULL' if text in ('None', 'NULL') else '"%s"' % quote(d.value)
        if ctype == 'bool':
            return {'True': 'true', 'False': 'false', '1': 'true', '0': 'false'}[text]
        if ctype == 'PyObject *':
            return 'Py_None' if text == 'None' else 'NULL'
        if ctype in TYPED:
            return 'NULL'
        if ctype == 'Py_UCS4':
            return str(ord(d.value))
        if ctype == 'Py_complex':
            return '{0, 0}'
        return DEFAULTS.get(text, text)

    def emit_doc(self, w):
        lines = self.doc_text().split('\n')
        w('PyDoc_STRVAR(%s__doc,' % self.cname)
        for line in lines[:-1]:
            w('    "%s\\n"' % quote(line))
        w('    "%s");' % quote(lines[-1]))

    def emit(self):
        out = []
        w = out.append
        self.emit_doc(w)
        if self.name in ('__new__', '__init__'):
            self.emit_slot(w)
        elif not self.raw and not self.direct():
            self.emit_call(w)
        return '\n'.join(out) + '\n'

    def direct(self):
        """METH_O or METH_NOARGS where the C function already has that shape."""
        if self.is_static or self.defining or self.keywords or not self.ret.endswith('*'):
            return False
        if not self.params:
            return False
        return len(self.params) == 1 and self.params[0][1] is None and self.ptypes == ['PyObject *']

    def meth(self):
        """(function, flags)"""
        if self.raw:
            kind = {('args',): 'METH_VARARGS', ('args', 'nargs'): 'METH_FASTCALL',
                    ('args', 'kwargs'): 'METH_VARARGS | METH_KEYWORDS',
                    ('args', 'nargs', 'kwnames'): 'METH_FASTCALL | METH_KEYWORDS'}[self.raw_kind]
            if self.defining:
                kind = 'METH_METHOD | ' + kind
            return self.cname, kind
        if self.direct():
            return self.cname, 'METH_O'
        call = self.cname + '__call'
        if self.defining:
            return call, 'METH_METHOD | METH_FASTCALL | METH_KEYWORDS'
        if not self.params:
            return call, 'METH_NOARGS'
        if len(self.params) == 1 and self.params[0][1] is None and not self.keywords:
            return call, 'METH_O'
        return call, 'METH_FASTCALL' + (' | METH_KEYWORDS' if self.keywords else '')

    def emit_call(self, w):
        _, kind = self.meth()
        head = {'METH_NOARGS': 'PyObject *unused_', 'METH_O': 'PyObject *arg_',
                'METH_FASTCALL': 'PyObject *const *args_, Py_ssize_t nargs_'}.get(
                    kind, 'PyObject *const *args_, Py_ssize_t nargs_, PyObject *kwnames_')
        if self.defining:
            head = 'PyTypeObject *cls_, ' + head
        w('static PyObject *\n%s__call(PyObject *self_, %s)\n{' % (self.cname, head))
        self.declare(w)
        w('    PyObject *result_ = NULL;')
        if kind == 'METH_O':
            given = None
            sources = ['arg_']
        elif kind == 'METH_NOARGS':
            given, sources = None, []
        else:
            given = self.unpack(w, 'args_', 'nargs_', 'NULL', 'kwnames_')
            sources = ['args_[%d]' % i for i in range(len(self.params))]
        self.body(w, given, sources, 'self_')
        w('    return result_;\n}')

    def declare(self, w):
        for i, (name, d) in enumerate(self.params):
            ctype = self.ptypes[i]
            if ctype in BUFFERS:
                w('    Py_buffer %s_view = {NULL};' % name)
                continue
            if ctype.endswith('_arg *'):
                w('    %s %s_box = {0};' % (ctype[:-2], name))
                continue
            init = '' if d is None else self.default(i)
            if d is None:
                init = {'double': '0.0', 'Py_complex': '{0, 0}'}.get(ctype, 'NULL' if '*' in ctype else '0')
            w(('    %s %s = %s;' % (ctype, name, init)).replace('* ', '*', 1))

    def unpack(self, w, args, nargs, kwargs, kwnames):
        """Emit arity checks; returns a format for "argument i was given"."""
        need = sum(d is None for _, d in self.params[:self.n_pos])
        need_kw = sum(d is None for _, d in self.params[self.n_pos:])
        if not self.keywords and not self.defining:
            low, high = need, self.n_pos
            w('    if (!_PyArg_CheckPositional("%s", %s, %d, %d)) { goto done_; }' % (self.shown_name(), nargs, low, high))
            return nargs + ' > %d'
        n = len(self.params)
        if self.defining and n == 0:        # keywords are let pass, as in the reference
            w('    if (%s) {' % nargs)
            w('        PyErr_SetString(PyExc_TypeError, "%s() takes no arguments");' % self.shown_name())
            w('        return NULL;\n    }')
            return None
        names = ''.join('"%s", ' % ('' if i < self.n_posonly else p) for i, p in enumerate(self.py_names))
        w('    static const char *const names_[] = {%sNULL};' % names)
        w('    static _PyArg_Parser parser_ = {NULL, names_, "%s"};' % self.shown_name())
        w('    PyObject *slots_[%d] = {NULL};' % max(n, 1))
        w('    %s = _PyArg_UnpackKeywords(%s, %s, %s, %s, &parser_, %d, %d, %d, slots_);' % (
            args, args, nargs, kwargs, kwnames, need, self.n_pos, need_kw))
        w('    if (!%s) { goto done_; }' % args)
        if n:
            w('    if (%s != slots_) { %s = memcpy(slots_, %s, %s * sizeof *slots_); }' % (args, args, args, nargs))
        return args + '[%d]'

    def body(self, w, given, sources, self_name):
        for i, (name, d) in enumerate(self.params):
            source = sources[i]
            bad = self.convert(i, source)
            optional = d is not None
            if optional and bad and self.ptypes[i] in BUFFERS and ast.unparse(d) == 'None':
                test = '%s && %s != Py_None' % (given % i, source)
            else:
                test = (given % i) if optional else None
            if bad:
                w('    if (%s%s) { goto done_; }' % (test + ' && ' if test else '', bad))
            elif test:
                w('    if (%s) { %s = %s; }' % (test, name, source))
            else:
                w('    %s = %s;' % (name, source))
        args = [] if self.is_static else ['(void *)' + self_name]
        if self.defining:
            args.append('cls_')
        for (name, _), ctype in zip(self.params, self.ptypes):
            args.append('&%s_view' % name if ctype in BUFFERS else
                        '&%s_box' % name if ctype.endswith('_arg *') else name)
        call = '%s(%s)' % (self.cname, ', '.join(args))
        if self.name == '__init__':
            w('    result_ = %s;' % call)
        elif self.ret == 'void':
            w('    %s;\n    result_ = Py_NewRef(Py_None);' % call)
        elif self.ret.endswith('*'):
            w('    result_ = ret_object(%s);' % call)
        elif self.ret in GIVE:
            w('    result_ = ret_%s(%s);' % (GIVE[self.ret], call))
        else:
            self.fail('no converter for result %r' % self.ret)
        if given or any(self.convert(i, 'x') for i in range(len(self.params))):
            w('done_:')
        for (name, _), ctype in zip(self.params, self.ptypes):
            if ctype in BUFFERS:
                w('    if (%s_view.obj) { PyBuffer_Release(&%s_view); }' % (name, name))
            if ctype.endswith('_arg *'):
                w('    done_%s(&%s_box);' % (ctype[:-6], name))

    def emit_slot(self, w):
        if self.raw:
            return
        is_new = self.name == '__new__'
        first = 'PyTypeObject *type_' if is_new else 'PyObject *self_'
        w('static %s\n%s__slot(%s, PyObject *args_, PyObject *kwargs_)\n{' % (
            'PyObject *' if is_new else 'int', self.cname, first))
        self.declare(w)
        w('    %s = %s;' % (('PyObject *result_', 'NULL') if is_new else ('int result_', '-1')))
        w('    PyObject *const *items_ = ((PyTupleObject *)args_)->ob_item;')
        w('    Py_ssize_t nargs_ = PyTuple_GET_SIZE(args_);')
        if not self.keywords:
            guard = ''
            if self.base:
                field = 'tp_init' if is_new else 'tp_new'
                owner = 'type_' if is_new else 'Py_TYPE(self_)'
                guard = '(%s == &%s || %s->%s == %s.%s) && ' % (owner, self.base, owner, field, self.base, field)
            w('    if (%s!_PyArg_NoKeywords("%s", kwargs_)) { goto done_; }' % (guard, self.owner))
        given = self.unpack(w, 'items_', 'nargs_', 'kwargs_', 'NULL')
        self.body(w, given, ['items_[%d]' % i for i in range(len(self.params))], 'type_' if is_new else 'self_')
        w('    return result_;\n}')


def main(source, out):
    with open(source) as f:
        whole = f.read()
    Function.told_what = set(re.findall(r'^arg_(\w+)\(.*const char \*what\)$', whole, re.M))
    functions = [Function(m, source) for m in UNIT.finditer(whole)]
    text = ['/* made by tools/gen/bind.py from %s */' % source, '#include "objects/bind.h"', '']
    text += [f.emit() for f in functions]
    listed = [f for f in functions if f.name not in ('__new__', '__init__')]
    for owner in dict.fromkeys(f.owner for f in listed):
        text.append('static PyMethodDef %s_methods[] = {' % (owner or 'module'))
        for f in listed:
            if f.owner == owner:
                func, kind = f.meth()
                flags = ' | '.join([kind] + f.flags)
                text.append('    {"%s", (PyCFunction)(void (*)(void))%s, %s, %s__doc},' % (f.name, func, flags, f.cname))
        text.append('    {NULL, NULL, 0, NULL},\n};\n')
    with open(out, 'w') as f:
        f.write('\n'.join(text))


main(*sys.argv[1:])

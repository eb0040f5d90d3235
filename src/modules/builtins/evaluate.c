/* evaluate.c -- compile, eval, exec, __import__, __build_class__, globals, locals. */
#include "modules/builtins/builtins.h"

#include "compile/compile.h"
#include "state/runtime.h"
#include "syntax/syntax.h"
#include "vm/vm.h"

/* --- source text --- */

/* The text of a str or bytes-like source as UTF-8, NUL-terminated.  *keep, new,
 * owns it when it is not part of source.  flags: PyCF_IGNORE_COOKIE for str. */
const char *
_Py_SourceAsString(PyObject *source, const char *func, const char *what, PyCompilerFlags *flags,
                   PyObject **keep)
{
    const char *text;
    Py_ssize_t size;
    *keep = NULL;
    if (PyUnicode_Check(source)) {
        flags->cf_flags |= PyCF_IGNORE_COOKIE;
        text = PyUnicode_AsUTF8AndSize(source, &size);
        if (!text) { return NULL; }
    }
    else if (PyBytes_Check(source)) {
        text = PyBytes_AS_STRING(source);
        size = PyBytes_GET_SIZE(source);
    }
    else if (PyByteArray_Check(source)) {
        text = PyByteArray_AS_STRING(source);
        size = PyByteArray_GET_SIZE(source);
    }
    else {
        Py_buffer view;
        if (PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) != 0) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s() arg 1 must be a %s object", func, what);
            return NULL;
        }
        *keep = PyBytes_FromStringAndSize(view.buf, view.len);
        PyBuffer_Release(&view);
        if (!*keep) { return NULL; }
        text = PyBytes_AS_STRING(*keep);
        size = PyBytes_GET_SIZE(*keep);
    }
    if (strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "source code string cannot contain null bytes");
        Py_CLEAR(*keep);
        return NULL;
    }
    return text;
}

static const int starts[] = {Py_file_input, Py_eval_input, Py_single_input, Py_func_type_input};

static MUST_USE PyObject *
compile_tree(PyObject *source, PyObject *filename, int mode, PyCompilerFlags *flags, int optimize)
{
    hob_arena *arena = hob_arena_new();
    if (!arena) { return NULL; }
    hob_mod *tree = hob_ast_from_object(source, arena, mode);
    PyObject *code = tree && hob_ast_validate(tree) == 0
        ? (PyObject *)hob_compile_module(tree, filename, flags, optimize, arena) : NULL;
    hob_arena_free(arena);
    return code;
}

/** compile($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *,
 *          _feature_version=-1)
 *
 *  Turn source, text or a syntax tree, into a code object for exec() or eval().
 *
 *    filename
 *      named in tracebacks
 *    mode
 *      'exec' for a module, 'eval' for one expression, 'single' for one statement
 *      at a prompt
 *    flags, dont_inherit
 *      future statements and compiler options in force, besides those of the
 *      caller unless dont_inherit is true
 *    optimize
 *      0, 1 or 2 as -O counts; -1 as the interpreter was started
 */
static PyObject *
builtin_compile(PyObject *module, PyObject *source, PyObject *filename, const char *mode,
                int flags, bool dont_inherit, int optimize, int _feature_version)
{
    PyObject *decoded;
    if (!PyUnicode_FSDecoder(filename, &decoded)) { return NULL; }
    own PyObject *name = decoded;
    PyCompilerFlags cf = _PyCompilerFlags_INIT;
    cf.cf_flags = flags | PyCF_SOURCE_IS_UTF8;
    if (_feature_version >= 0 && (flags & PyCF_ONLY_AST)) {
        cf.cf_feature_version = _feature_version;
    }
    if (flags & ~(PyCF_MASK | PyCF_MASK_OBSOLETE | PyCF_COMPILE_MASK)) {
        PyErr_SetString(PyExc_ValueError, "compile(): unrecognised flags");
        return NULL;
    }
    if (optimize < -1 || optimize > 2) {
        PyErr_SetString(PyExc_ValueError, "compile(): invalid optimize value");
        return NULL;
    }
    if (!dont_inherit) { PyEval_MergeCompilerFlags(&cf); }

    static const char *const modes[] = {"exec", "eval", "single", "func_type"};
    int kind = 0;
    while (kind < 4 && strcmp(mode, modes[kind]) != 0) { kind++; }
    if (kind == 4 || (kind == 3 && !(flags & PyCF_ONLY_AST))) {
        PyErr_SetString(PyExc_ValueError, kind == 3
                        ? "compile() mode 'func_type' requires flag PyCF_ONLY_AST"
                        : flags & PyCF_ONLY_AST
                        ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                        : "compile() mode must be 'exec', 'eval' or 'single'");
        return NULL;
    }
    tri is_tree = hob_ast_check(source);
    if (is_tree < 0) { return NULL; }
    if (is_tree) {
        if (flags & PyCF_ONLY_AST) { return Py_NewRef(source); }
        return compile_tree(source, name, kind, &cf, optimize);
    }
    PyObject *copy;
    const char *text = _Py_SourceAsString(source, "compile", "string, bytes or AST", &cf, &copy);
    own PyObject *keep = copy;
    if (!text) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError,
                            "compile() arg 1 must be a string, bytes or AST object");
        }
        return NULL;
    }
    return Py_CompileStringObject(text, name, starts[kind], &cf, optimize);
}

/* --- eval and exec --- */

/* Fill in what is missing of the name spaces, from the running frame. */
static MUST_USE status
name_spaces(const char *func, PyObject **globals, PyObject **locals)
{
    if (*globals == Py_None) {
        *globals = PyEval_GetGlobals();
        if (*locals == Py_None) {
            *locals = PyEval_GetLocals();
            if (!*locals) { return -1; }
        }
        if (!*globals || !*locals) {
            PyErr_Format(PyExc_TypeError, "%s must be given globals and locals when called without "
                         "a frame", func);
            return -1;
        }
    }
    else if (*locals == Py_None) { *locals = *globals; }
    int has = PyDict_Contains(*globals, ID(__builtins__));
    if (has < 0) { return -1; }
    return has ? 0 : PyDict_SetItem(*globals, ID(__builtins__), PyEval_GetBuiltins());
}

/** eval($module, source, globals=None, locals=None, /)
 *
 *  The value of an expression.
 *
 *  source is its text or a code object. Names are looked up in locals, any
 *  mapping, then in globals, a dict; by default those of the caller, or globals
 *  for both.
 */
static PyObject *
builtin_eval(PyObject *module, PyObject *source, PyObject *globals, PyObject *locals)
{
    if (locals != Py_None && !PyMapping_Check(locals)) {
        PyErr_SetString(PyExc_TypeError, "locals must be a mapping");
        return NULL;
    }
    if (globals != Py_None && !PyDict_Check(globals)) {
        PyErr_SetString(PyExc_TypeError, PyMapping_Check(globals)
                        ? "globals must be a real dict; try eval(code, {}, mapping)"
                        : "globals must be a dict");
        return NULL;
    }
    if (name_spaces("eval", &globals, &locals) < 0) { return NULL; }
    if (PyCode_Check(source)) {
        if (PySys_Audit("exec", "O", source) < 0) { return NULL; }
        if (((PyCodeObject *)source)->co_nfreevars > 0) {
            PyErr_SetString(PyExc_TypeError,
                            "code object passed to eval() may not contain free variables");
            return NULL;
        }
        return PyEval_EvalCode(source, globals, locals);
    }
    PyCompilerFlags cf = _PyCompilerFlags_INIT;
    cf.cf_flags = PyCF_SOURCE_IS_UTF8;
    PyObject *copy;
    const char *text = _Py_SourceAsString(source, "eval", "string, bytes or code", &cf, &copy);
    own PyObject *keep = copy;
    if (!text) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "eval() arg 1 must be a string, bytes or code object");
        }
        return NULL;
    }
    while (*text == ' ' || *text == '\t') { text++; }
    PyEval_MergeCompilerFlags(&cf);
    return PyRun_StringFlags(text, Py_eval_input, globals, locals, &cf);
}

static MUST_USE status
check_closure(PyCodeObject *code, PyObject *closure)
{
    Py_ssize_t n = code->co_nfreevars;
    if (n == 0) {
        if (!closure) { return 0; }
        PyErr_SetString(PyExc_TypeError, "cannot use a closure with this code object");
        return -1;
    }
    bool fits = closure && PyTuple_CheckExact(closure) && PyTuple_GET_SIZE(closure) == n;
    for (Py_ssize_t i = 0; fits && i < n; i++) {
        fits = PyCell_Check(PyTuple_GET_ITEM(closure, i));
    }
    if (!fits) {
        PyErr_Format(PyExc_TypeError, "code object requires a closure of exactly length %zd", n);
    }
    return fits ? 0 : -1;
}

/** exec($module, source, globals=None, locals=None, /, *, closure=None)
 *
 *  Run statements.
 *
 *  source is their text or a code object. Names live in locals, any mapping, and
 *  globals, a dict; by default those of the caller, or globals for both. closure
 *  is a tuple of cells, one for each free variable of a code object.
 */
static PyObject *
builtin_exec(PyObject *module, PyObject *source, PyObject *globals, PyObject *locals,
             PyObject *closure)
{
    if (globals != Py_None && !PyDict_Check(globals)) {
        PyErr_Format(PyExc_TypeError, "exec() globals must be a dict, not %.100s",
                     Py_TYPE(globals)->tp_name);
        return NULL;
    }
    if (locals != Py_None && !PyMapping_Check(locals)) {
        PyErr_Format(PyExc_TypeError, "locals must be a mapping or None, not %.100s",
                     Py_TYPE(locals)->tp_name);
        return NULL;
    }
    if (name_spaces("exec", &globals, &locals) < 0) { return NULL; }
    if (closure == Py_None) { closure = NULL; }
    own PyObject *value = NULL;
    if (PyCode_Check(source)) {
        if (check_closure((PyCodeObject *)source, closure) < 0
            || PySys_Audit("exec", "O", source) < 0) {
            return NULL;
        }
        value = closure ? PyEval_EvalCodeEx(source, globals, locals, NULL, 0, NULL, 0, NULL, 0,
                                            NULL, closure)
                        : PyEval_EvalCode(source, globals, locals);
    }
    else {
        if (closure) {
            PyErr_SetString(PyExc_TypeError,
                            "closure can only be used when source is a code object");
            return NULL;
        }
        PyCompilerFlags cf = _PyCompilerFlags_INIT;
        cf.cf_flags = PyCF_SOURCE_IS_UTF8;
        PyObject *copy;
        const char *text = _Py_SourceAsString(source, "exec", "string, bytes or code", &cf, &copy);
        own PyObject *keep = copy;
        if (!text) {
            if (PyErr_ExceptionMatches(PyExc_TypeError)) {
                PyErr_SetString(PyExc_TypeError,
                                "exec() arg 1 must be a string, bytes or code object");
            }
            return NULL;
        }
        PyEval_MergeCompilerFlags(&cf);
        value = PyRun_StringFlags(text, Py_file_input, globals, locals, &cf);
    }
    if (!value) { return NULL; }
    Py_RETURN_NONE;
}

/** __import__($module, /, name, globals=NULL, locals=NULL, fromlist=NULL, level=0)
 *
 *  Import a module.
 *
 *  Because this function is meant for use by the Python interpreter and not
 *  for general use, it is better to use importlib.import_module() to
 *  programmatically import a module.
 *
 *  The globals argument is only used to determine the context;
 *  they are not modified.  The locals argument is unused.  The fromlist
 *  should be a list of names to emulate ``from name import ...``, or an
 *  empty list to emulate ``import name``.
 */
static PyObject *
builtin_import(PyObject *module, PyObject *name, PyObject *globals, PyObject *locals,
               PyObject *fromlist, int level)
{
    return PyImport_ImportModuleLevelObject(name, globals, locals, fromlist, level);
}

/** globals($module, /)
 *
 *  The dict of the caller's module-level names; what is written to it counts.
 */
static PyObject *
builtin_globals(PyObject *module)
{
    return Py_XNewRef(PyEval_GetGlobals());
}

/** locals($module, /)
 *
 *  A dict of the caller's local names.
 *
 *  In a function it is a snapshot: writing to it need not reach the variables.
 */
static PyObject *
builtin_locals(PyObject *module)
{
    return Py_XNewRef(PyEval_GetLocals());
}

/* --- __build_class__ --- */

/* Replace bases that have __mro_entries__ (PEP 560): a new tuple, or bases itself. */
static MUST_USE PyObject *
resolve_bases(PyObject *bases)
{
    own PyObject *list = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);
        PyObject *entries = NULL;
        if (!PyType_Check(base) && _PyObject_LookupAttr(base, ID(__mro_entries__), &entries) < 0) {
            return NULL;
        }
        if (!entries) {
            if (list && PyList_Append(list, base) < 0) { return NULL; }
            continue;
        }
        own PyObject *replaced = PyObject_CallOneArg(entries, bases);
        Py_DECREF(entries);
        if (!replaced) { return NULL; }
        if (!PyTuple_Check(replaced)) {
            PyErr_SetString(PyExc_TypeError, "__mro_entries__ must return a tuple");
            return NULL;
        }
        if (!list) {
            own PyObject *front = PyTuple_GetSlice(bases, 0, i);
            list = front ? PySequence_List(front) : NULL;
            if (!list) { return NULL; }
        }
        Py_ssize_t at = PyList_GET_SIZE(list);
        if (PyList_SetSlice(list, at, at, replaced) < 0) { return NULL; }
    }
    return list ? PyList_AsTuple(list) : Py_NewRef(bases);
}

/* The metaclass of keywords (removed there) or of the first base; *is_type tells
 * whether it is one, not just something callable. */
static MUST_USE PyObject *
choose_metaclass(PyObject *keywords, PyObject *bases, bool *is_type)
{
    own PyObject *meta = NULL;
    if (keywords) {
        meta = Py_XNewRef(PyDict_GetItemWithError(keywords, ID(metaclass)));
        if (meta && PyDict_DelItem(keywords, ID(metaclass)) < 0) { return NULL; }
        if (!meta && PyErr_Occurred()) { return NULL; }
    }
    *is_type = !meta || PyType_Check(meta);
    if (!meta) {
        meta = Py_NewRef(PyTuple_GET_SIZE(bases) == 0 ? (PyObject *)&PyType_Type
                         : (PyObject *)Py_TYPE(PyTuple_GET_ITEM(bases, 0)));
    }
    if (*is_type) {
        PyObject *winner = (PyObject *)_PyType_CalculateMetaclass((PyTypeObject *)meta, bases);
        if (!winner) { return NULL; }
        Py_SETREF(meta, Py_NewRef(winner));
    }
    return take(meta);
}

static MUST_USE PyObject *
prepare(PyObject *meta, bool is_type, PyObject *name, PyObject *bases, PyObject *keywords)
{
    PyObject *found;
    if (_PyObject_LookupAttr(meta, ID(__prepare__), &found) < 0) { return NULL; }
    if (!found) { return PyDict_New(); }
    own PyObject *method = found;
    PyObject *args[3] = {NULL, name, bases};
    own PyObject *space =
        PyObject_VectorcallDict(method, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, keywords);
    if (!space) { return NULL; }
    if (!PyMapping_Check(space)) {
        PyErr_Format(PyExc_TypeError, "%.200s.__prepare__() must return a mapping, not %.200s",
                     is_type ? ((PyTypeObject *)meta)->tp_name : "<metaclass>",
                     Py_TYPE(space)->tp_name);
        return NULL;
    }
    return take(space);
}

/* The body's __class__ cell must have been filled by type.__new__. */
static MUST_USE status
check_cell(PyObject *cell, PyObject *cls, PyObject *name)
{
    if (!PyType_Check(cls) || !PyCell_Check(cell)) { return 0; }
    PyObject *held = PyCell_GET(cell);
    if (held == cls) { return 0; }
    if (!held) {
        PyErr_Format(PyExc_RuntimeError, "__class__ not set defining %.200R as %.200R. "
                     "Was __classcell__ propagated to type.__new__?", name, cls);
    }
    else {
        PyErr_Format(PyExc_TypeError, "__class__ set to %.200R defining %.200R as %.200R", held,
                     name, cls);
    }
    return -1;
}

/** __build_class__($module, func, name, /, *bases, metaclass=None, **kwds)
 *
 *  Internal helper function used by the class statement.
 */
static PyObject *
builtin_build_class(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 2) {
        PyErr_SetString(PyExc_TypeError, "__build_class__: not enough arguments");
        return NULL;
    }
    PyObject *func = args[0], *name = args[1];
    if (!PyFunction_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "__build_class__: func must be a function");
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "__build_class__: name is not a string");
        return NULL;
    }
    own PyObject *given = PyTuple_New(nargs - 2);
    if (!given) { return NULL; }
    for (Py_ssize_t i = 2; i < nargs; i++) { PyTuple_SET_ITEM(given, i - 2, Py_NewRef(args[i])); }
    own PyObject *bases = resolve_bases(given);
    if (!bases) { return NULL; }
    own PyObject *keywords = kwnames ? PyDict_New() : NULL;
    if (kwnames && !keywords) { return NULL; }
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) < 0) {
            return NULL;
        }
    }
    bool is_type;
    own PyObject *meta = choose_metaclass(keywords, bases, &is_type);
    if (!meta) { return NULL; }
    own PyObject *space = prepare(meta, is_type, name, bases, keywords);
    if (!space) { return NULL; }
    own PyObject *cell = hob_eval_call(hob_ts(), (PyFunctionObject *)func, space, NULL, 0, NULL);
    if (!cell) { return NULL; }
    if (bases != given && PyObject_SetItem(space, ID(__orig_bases__), given) < 0) { return NULL; }
    PyObject *pass[4] = {NULL, name, bases, space};
    own PyObject *cls = PyObject_VectorcallDict(meta, pass + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                                keywords);
    if (!cls || check_cell(cell, cls, name) < 0) { return NULL; }
    return take(cls);
}

#include "gen/modules/builtins/evaluate.bind.h"

PyMethodDef *const hob_builtins_evaluate = module_methods;

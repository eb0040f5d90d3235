/* madecalls.c -- calls, arguments, state of the thread, and memory, as extensions use them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <frameobject.h>
#include <pthread.h>
#include <structmember.h>

/* --- every calling convention --- */
static PyObject *show(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return Py_BuildValue("(OO)", args, kwargs ? kwargs : Py_None);
}
static PyObject *noargs(PyObject *self, PyObject *none) { return PyBool_FromLong(none == NULL); }
static PyObject *one(PyObject *self, PyObject *x) { return Py_NewRef(x); }
static PyObject *fast(PyObject *self, PyObject *const *a, Py_ssize_t n) { return PyLong_FromSsize_t(n); }
static PyObject *fastkw(PyObject *self, PyObject *const *a, Py_ssize_t n, PyObject *names)
{
    return Py_BuildValue("(nO)", n, names ? names : Py_None);
}
static PyObject *method_of(PyObject *self, PyTypeObject *cls, PyObject *const *a, Py_ssize_t n, PyObject *names)
{
    return Py_BuildValue("(OnN)", cls, n, PyType_GetModule(cls) ? PyModule_GetNameObject(PyType_GetModule(cls)) : Py_NewRef(Py_None));
}
static PyObject *class_of(PyObject *cls, PyObject *args) { return Py_BuildValue("(OO)", cls, args); }
static PyObject *static_of(PyObject *null, PyObject *args) { return Py_BuildValue("(iO)", null == NULL, args); }
static PyMethodDef callee_methods[] = {
    {"show", (PyCFunction)show, METH_VARARGS | METH_KEYWORDS}, {"noargs", noargs, METH_NOARGS}, {"one", one, METH_O},
    {"fast", (PyCFunction)fast, METH_FASTCALL}, {"fastkw", (PyCFunction)fastkw, METH_FASTCALL | METH_KEYWORDS},
    {"method", (PyCFunction)method_of, METH_METHOD | METH_FASTCALL | METH_KEYWORDS},
    {"cls", class_of, METH_VARARGS | METH_CLASS}, {"static", static_of, METH_VARARGS | METH_STATIC},
    {"__len__", noargs, METH_NOARGS | METH_COEXIST}, {NULL}};

/* a type called by vectorcall, with a field for it */
typedef struct { PyObject_HEAD vectorcallfunc call; } Callee;
static PyObject *callee_vector(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    int borrowed = (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) != 0;
    PyObject *all = PyTuple_New(n + (names ? PyTuple_GET_SIZE(names) : 0));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(all); i++) { PyTuple_SET_ITEM(all, i, Py_NewRef(args[i])); }
    PyObject *r = Py_BuildValue("(nOO)", n, all, names ? names : Py_None);
    Py_DECREF(all);
    return r;
}
static PyObject *callee_new(PyTypeObject *type, PyObject *a, PyObject *k)
{
    Callee *self = (Callee *)type->tp_alloc(type, 0);
    self->call = callee_vector;
    return (PyObject *)self;
}
static Py_ssize_t seven(PyObject *self) { return 7; }
static PyMemberDef callee_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Callee, call), READONLY}, {NULL}};
static PyType_Slot callee_slots[] = {{Py_tp_methods, callee_methods}, {Py_tp_new, callee_new}, {Py_tp_members, callee_members},
    {Py_tp_call, PyVectorcall_Call}, {Py_sq_length, seven}, {Py_tp_doc, "Callee(x)\n--\n\nCalled by vector."}, {0, NULL}};
static PyType_Spec callee_spec = {"madecalls.Callee", sizeof(Callee), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_VECTORCALL, callee_slots};

static PyObject *vector(PyObject *m, PyObject *const *a, Py_ssize_t n)
{
    PyObject *room[8] = {NULL};         /* room[0] may be written by the callee */
    for (Py_ssize_t i = 1; i < n; i++) { room[i] = a[i]; }
    return PyObject_Vectorcall(a[0], room + 1, (n - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

/* --- PyArg_Parse* and Py_BuildValue --- */
static int even(PyObject *op, void *out)
{
    if (!op) { PyMem_Free(*(void **)out); return 0; }
    long v = PyLong_AsLong(op);
    if (v == -1 && PyErr_Occurred()) { return 0; }
    if (v & 1) { PyErr_SetString(PyExc_ValueError, "odd"); return 0; }
    *(void **)out = PyMem_Malloc(8);
    return Py_CLEANUP_SUPPORTED;
}
static PyObject *parse(PyObject *m, PyObject *args)
{
    const char *f;
    PyObject *rest;
    if (!PyArg_ParseTuple(args, "sO!", &f, &PyTuple_Type, &rest)) { return NULL; }
    union { char c; unsigned char B; short h; unsigned short H; int i; unsigned I; long l; unsigned long k; long long L;
            unsigned long long K; Py_ssize_t n; float f; double d; Py_complex D; const char *s; PyObject *O; } v = {0};
    Py_buffer view;
    Py_ssize_t size = -1;
    switch (f[0]) {
    case 'b': case 'B': if (!PyArg_ParseTuple(rest, f, &v.B)) { return NULL; } return PyLong_FromLong(v.B);
    case 'h': if (!PyArg_ParseTuple(rest, f, &v.h)) { return NULL; } return PyLong_FromLong(v.h);
    case 'H': if (!PyArg_ParseTuple(rest, f, &v.H)) { return NULL; } return PyLong_FromLong(v.H);
    case 'i': case 'p': case 'C': if (!PyArg_ParseTuple(rest, f, &v.i)) { return NULL; } return PyLong_FromLong(v.i);
    case 'I': if (!PyArg_ParseTuple(rest, f, &v.I)) { return NULL; } return PyLong_FromUnsignedLong(v.I);
    case 'l': if (!PyArg_ParseTuple(rest, f, &v.l)) { return NULL; } return PyLong_FromLong(v.l);
    case 'k': if (!PyArg_ParseTuple(rest, f, &v.k)) { return NULL; } return PyLong_FromUnsignedLong(v.k);
    case 'L': if (!PyArg_ParseTuple(rest, f, &v.L)) { return NULL; } return PyLong_FromLongLong(v.L);
    case 'K': if (!PyArg_ParseTuple(rest, f, &v.K)) { return NULL; } return PyLong_FromUnsignedLongLong(v.K);
    case 'n': if (!PyArg_ParseTuple(rest, f, &v.n)) { return NULL; } return PyLong_FromSsize_t(v.n);
    case 'c': if (!PyArg_ParseTuple(rest, f, &v.c)) { return NULL; } return PyLong_FromLong(v.c);
    case 'f': if (!PyArg_ParseTuple(rest, f, &v.f)) { return NULL; } return PyFloat_FromDouble(v.f);
    case 'd': if (!PyArg_ParseTuple(rest, f, &v.d)) { return NULL; } return PyFloat_FromDouble(v.d);
    case 'D': if (!PyArg_ParseTuple(rest, f, &v.D)) { return NULL; } return PyComplex_FromCComplex(v.D);
    case 'U': case 'S': case 'Y': case 'O': if (!PyArg_ParseTuple(rest, f, &v.O)) { return NULL; } return Py_NewRef(v.O);
    case '&': {
        void *a = NULL, *b = NULL;
        if (!PyArg_ParseTuple(rest, "O&O&", even, &a, even, &b)) { return PyErr_Occurred() ? NULL : Py_NewRef(Py_None); }
        PyMem_Free(a); PyMem_Free(b);
        Py_RETURN_TRUE;
    }
    case 'e': {
        char *text = NULL;
        if (!PyArg_ParseTuple(rest, f, "latin-1", &text, &size)) { return NULL; }
        PyObject *r = PyBytes_FromString(text);
        PyMem_Free(text);
        return r;
    }
    case '(': {
        int a, b;
        const char *s = "none";
        if (!PyArg_ParseTuple(rest, f, &a, &b, &s)) { return NULL; }
        return Py_BuildValue("iis", a, b, s);
    }
    case 's': case 'z': case 'y': case 'w':
        if (f[1] == '*') {
            if (!PyArg_ParseTuple(rest, f, &view)) { return NULL; }
            PyObject *r = view.buf ? PyBytes_FromStringAndSize(view.buf, view.len) : Py_NewRef(Py_None);
            PyBuffer_Release(&view);
            return r;
        }
        if (!PyArg_ParseTuple(rest, f, &v.s, &size)) { return NULL; }
        return f[1] == '#' ? Py_BuildValue("y#n", v.s, size, size) : Py_BuildValue("y", v.s);
    }
    PyErr_SetString(PyExc_LookupError, f);
    return NULL;
}
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "b", "c", "d", NULL};
    int a = 0, b = 0, c = 0, d = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|i$ii:keywords", names, &a, &b, &c, &d)) { return NULL; }
    return Py_BuildValue("iiii", a, b, c, d);
}
static PyObject *built(PyObject *m, PyObject *unused)
{
    wchar_t wide[] = L"w\u00e9";
    Py_complex z = {1, 2};
    return Py_BuildValue("(bBhHiIlkLKnfdDcCsszy#u[ii]{s:i,s:O}()N)", 1, 2, -3, 4, -5, 6u, -7L, 8ul, -9LL, 10ull, (Py_ssize_t)11, 0.5f,
                         1.5, &z, 'c', 0x1F40D, "text", "more", NULL, "by\0tes", (Py_ssize_t)6, wide, 1, 2, "a", 1, "b", Py_None,
                         PyLong_FromLong(99));
}
static PyObject *formatted(PyObject *m, PyObject *op)
{
    return PyUnicode_FromFormat("%c|%d|%5d|%05i|%u|%ld|%lu|%lld|%zd|%zu|%x|%s|%.3s|%10s|%A|%U|%V|%S|%R|%%|%p",
        0x20AC, -1, 42, 42, 7u, -8L, 9ul, -10LL, (Py_ssize_t)-11, (size_t)12, 255, "ascii", "truncated", "right",
        op, op, NULL, "fallback", op, op, (void *)0x1234);
}

/* --- the state of the thread --- */
static PyObject *pending(PyObject *m, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    PyErr_SetString(PyExc_KeyError, "pending");
    PyObject *r = Py_BuildValue("OO", ts->curexc_type, ts->curexc_value);
    PyObject *t, *v, *tb;
    PyErr_Fetch(&t, &v, &tb);
    int gone = ts->curexc_type == NULL;
    PyErr_NormalizeException(&t, &v, &tb);
    ts->curexc_type = t; ts->curexc_value = v; ts->curexc_traceback = tb;
    int same = PyErr_ExceptionMatches(PyExc_LookupError);
    PyErr_Clear();
    return Py_BuildValue("(Nii)", r, gone, same);
}
static PyObject *handled(PyObject *m, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    PyObject *value = ts->exc_info->exc_value;
    PyObject *t, *v, *tb;
    PyErr_GetExcInfo(&t, &v, &tb);
    PyObject *r = Py_BuildValue("(ON)", value ? value : Py_None, PyBool_FromLong(v == value));
    Py_XDECREF(t); Py_XDECREF(v); Py_XDECREF(tb);
    return r;
}
static PyObject *depth(PyObject *m, PyObject *unused)
{
    PyThreadState *ts = PyThreadState_Get();
    int before = ts->recursion_remaining;
    if (Py_EnterRecursiveCall(" in depth")) { return NULL; }
    int inside = ts->recursion_remaining;
    Py_LeaveRecursiveCall();
    return Py_BuildValue("ii", before - inside, ts->recursion_limit == Py_GetRecursionLimit());
}
static PyObject *deep(PyObject *m, PyObject *f)
{
    if (Py_EnterRecursiveCall(" while digging")) { return NULL; }
    PyObject *r = deep(m, f);
    Py_LeaveRecursiveCall();
    return r;
}

/* a traceback entry of our own, as Cython adds it */
static PyObject *traced(PyObject *m, PyObject *unused)
{
    PyErr_SetString(PyExc_ValueError, "from C");
    PyObject *t, *v, *tb;
    PyErr_Fetch(&t, &v, &tb);
    PyCodeObject *empty = PyCode_NewEmpty("soup.pyx", "stir", 17);
    PyObject *replace = PyObject_GetAttrString((PyObject *)empty, "replace");
    PyObject *kw = Py_BuildValue("{s:i,s:i,s:i,s:i,s:i,s:i,s:y,s:(),s:(),s:(s),s:(),s:(),s:y}", "co_argcount", 1, "co_posonlyargcount", 0,
        "co_kwonlyargcount", 0, "co_nlocals", 1, "co_stacksize", 0, "co_flags", 3, "co_code", "", "co_consts", "co_names", "co_varnames", "x",
        "co_freevars", "co_cellvars", "co_linetable", "");
    PyObject *none = PyTuple_New(0);
    PyCodeObject *code = (PyCodeObject *)PyObject_Call(replace, none, kw);
    PyObject *globals = PyDict_New();
    if (!code) { return NULL; }
    PyFrameObject *frame = PyFrame_New(PyThreadState_Get(), empty, globals, NULL);
    *(int *)((char *)frame + 0x28) = 23;
    PyErr_Restore(t, v, tb);
    PyTraceBack_Here(frame);
    Py_DECREF(frame); Py_DECREF(code); Py_DECREF(empty); Py_DECREF(globals); Py_DECREF(kw); Py_DECREF(none); Py_DECREF(replace);
    return NULL;
}

/* --- threads that Python did not start --- */
static PyObject *called;
static void *foreign(void *arg)
{
    for (int i = 0; i < 3; i++) {
        PyGILState_STATE outer = PyGILState_Ensure();
        PyGILState_STATE inner = PyGILState_Ensure();
        PyThreadState *ts = PyThreadState_Get();
        PyObject *r = PyObject_CallFunction(called, "ii", ts->gilstate_counter, PyGILState_Check());
        if (!r) { PyErr_WriteUnraisable(called); }
        Py_XDECREF(r);
        PyGILState_Release(inner);
        PyGILState_Release(outer);
    }
    *(int *)arg = PyGILState_GetThisThreadState() == NULL && _PyThreadState_UncheckedGet() != PyGILState_GetThisThreadState();
    return NULL;
}
static PyObject *in_thread(PyObject *m, PyObject *f)
{
    pthread_t thread;
    int gone = 0, none;
    called = f;
    PyThreadState *saved = PyEval_SaveThread();
    none = PyGILState_Check() == 0;
    pthread_create(&thread, NULL, foreign, &gone);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(saved);
    return Py_BuildValue("ii", none, PyGILState_Check());
}
static int pending_ran;
static int pending_call(void *arg) { pending_ran += (int)(intptr_t)arg; return 0; }
static PyObject *add_pending(PyObject *m, PyObject *unused)
{
    return PyLong_FromLong(Py_AddPendingCall(pending_call, (void *)5));
}
static PyObject *ran(PyObject *m, PyObject *unused) { return PyLong_FromLong(pending_ran); }

/* --- dicts, lists, strings from inside --- */
static PyObject *versions(PyObject *m, PyObject *dict)
{
    PyDictObject *d = (PyDictObject *)dict;
    PyObject *key = PyUnicode_FromString("key"), *v = PyLong_FromLong(1000), *w = PyLong_FromLong(2000);
    uint64_t a = d->ma_version_tag;
    PyDict_SetItem(dict, key, v);
    uint64_t b = d->ma_version_tag;
    PyDict_SetItem(dict, key, v);
    uint64_t c = d->ma_version_tag;
    PyDict_SetItem(dict, key, w);
    uint64_t e = d->ma_version_tag;
    PyDict_DelItem(dict, key);
    uint64_t f = d->ma_version_tag;
    PyDict_Clear(dict);
    PyObject *fresh = PyDict_New();
    uint64_t g = ((PyDictObject *)fresh)->ma_version_tag;
    PyDict_SetItem(fresh, key, v);
    uint64_t h = ((PyDictObject *)fresh)->ma_version_tag;
    Py_DECREF(fresh); Py_DECREF(key); Py_DECREF(v); Py_DECREF(w);
    return Py_BuildValue("iiiiii", b > a, c == b, e > c, f > e, g != a, h > f);
}
static PyObject *append_inline(PyObject *m, PyObject *op)
{
    PyListObject *list = (PyListObject *)op;
    Py_ssize_t n = 0;
    while (list->allocated > Py_SIZE(list)) {
        PyList_SET_ITEM(op, Py_SIZE(list), PyLong_FromSsize_t(n++));
        Py_SET_SIZE(list, Py_SIZE(list) + 1);
    }
    return PyBool_FromLong(n > 0 && list->ob_item[0] != NULL);
}
static PyObject *walk_dict(PyObject *m, PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *key, *value, *list = PyList_New(0);
    while (PyDict_Next(dict, &pos, &key, &value)) {
        PyObject *next = PyNumber_Add(value, value);
        if (!next || PyDict_SetItem(dict, key, next) < 0 || PyList_Append(list, key) < 0) { return NULL; }
        Py_DECREF(next);
    }
    return list;
}
static PyObject *strings(PyObject *m, PyObject *unused)
{
    PyObject *s = PyUnicode_New(3, 0x20AC);
    PyUnicode_WriteChar(s, 0, 'a'); PyUnicode_WriteChar(s, 1, 0x20AC); PyUnicode_WRITE(PyUnicode_KIND(s), PyUnicode_DATA(s), 2, 'z');
    PyObject *b = PyBytes_FromStringAndSize(NULL, 5);
    memcpy(PyBytes_AS_STRING(b), "bytes", 5);
    _PyBytes_Resize(&b, 3);
    PyObject *t = PyUnicode_FromKindAndData(PyUnicode_2BYTE_KIND, (Py_UCS2[]){0x61, 0x62}, 2);
    Py_hash_t before = ((PyASCIIObject *)t)->hash;
    PyObject_Hash(t);
    int cached = ((PyASCIIObject *)t)->hash == PyObject_Hash(t);
    PyObject *j = PyUnicode_FromString("joined"), *k = j;
    Py_INCREF(j);
    PyUnicode_Append(&j, s);
    PyObject *r = Py_BuildValue("(NNNiiNNn)", s, b, t, before == -1, cached, j, k, PyUnicode_AsWideChar(j, NULL, 0));
    return r;
}
static PyObject *numbers(PyObject *m, PyObject *op)
{
    PyLongObject *n = (PyLongObject *)op;
    Py_ssize_t size = Py_SIZE(n);
    unsigned char bytes[9];
    if (_PyLong_AsByteArray(n, bytes, sizeof bytes, 1, 1) < 0) { return NULL; }
    PyObject *back = _PyLong_FromByteArray(bytes, sizeof bytes, 1, 1);
    int overflow;
    long l = PyLong_AsLongAndOverflow(op, &overflow);
    return Py_BuildValue("(nkNlii)", size, (unsigned long)(size ? n->ob_digit[0] : 0), back, l, overflow, _PyLong_Sign(op));
}
extern char _PyRuntime[];
static PyObject *is_small(PyObject *m, PyObject *op)
{
    char *ints = _PyRuntime + 0x2a8;
    long v = PyLong_AsLong(op);
    return PyBool_FromLong((char *)op == ints + 32 * (v + 5));
}
static PyObject *set_entries(PyObject *m, PyObject *set)
{
    Py_ssize_t pos = 0;
    PyObject *key, *list = PyList_New(0);
    Py_hash_t hash;
    while (_PySet_NextEntry(set, &pos, &key, &hash)) {
        if (hash != PyObject_Hash(key)) { Py_RETURN_FALSE; }
        PyList_Append(list, key);
    }
    PyList_Sort(list);
    return list;
}

/* --- a buffer of two dimensions --- */
typedef struct { PyObject_HEAD short data[6]; int exports; } Grid;
static Py_ssize_t grid_shape[] = {2, 3}, grid_strides[] = {6, 2};
static int grid_get(PyObject *op, Py_buffer *view, int flags)
{
    Grid *self = (Grid *)op;
    if (flags & PyBUF_WRITABLE && self->exports > 5) { PyErr_SetString(PyExc_BufferError, "too many"); return -1; }
    *view = (Py_buffer){self->data, Py_NewRef(op), sizeof self->data, 2, 0, 2, flags & PyBUF_FORMAT ? "h" : NULL,
                        grid_shape, grid_strides, NULL, NULL};
    self->exports++;
    return 0;
}
static void grid_release(PyObject *op, Py_buffer *view) { ((Grid *)op)->exports--; }
static PyObject *grid_new(PyTypeObject *type, PyObject *a, PyObject *k)
{
    Grid *self = (Grid *)type->tp_alloc(type, 0);
    for (int i = 0; i < 6; i++) { self->data[i] = i * i; }
    return (PyObject *)self;
}
static PyMemberDef grid_members[] = {{"exports", T_INT, offsetof(Grid, exports), READONLY}, {NULL}};
static PyType_Slot grid_slots[] = {{Py_bf_getbuffer, grid_get}, {Py_bf_releasebuffer, grid_release}, {Py_tp_new, grid_new},
    {Py_tp_members, grid_members}, {0, NULL}};
static PyType_Spec grid_spec = {"madecalls.Grid", sizeof(Grid), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, grid_slots};

/* --- am_send: an awaitable in C --- */
static PySendResult send_once(PyObject *self, PyObject *value, PyObject **result)
{
    if (value == Py_None) { *result = PyUnicode_FromString("yielded"); return PYGEN_NEXT; }
    if (PyLong_Check(value)) { *result = Py_NewRef(value); return PYGEN_RETURN; }
    PyErr_SetString(PyExc_ValueError, "sent");
    *result = NULL;
    return PYGEN_ERROR;
}
static PyObject *send_next(PyObject *self) { return PyUnicode_FromString("next"); }
static PyType_Slot send_slots[] = {{Py_am_send, send_once}, {Py_am_await, PyObject_SelfIter}, {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, send_next}, {0, NULL}};
static PyType_Spec send_spec = {"madecalls.Sender", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, send_slots};
static PyObject *iter_send(PyObject *m, PyObject *args)
{
    PyObject *it, *value, *result;
    if (!PyArg_ParseTuple(args, "OO", &it, &value)) { return NULL; }
    PySendResult r = PyIter_Send(it, value, &result);
    return r == PYGEN_ERROR ? NULL : Py_BuildValue("(iN)", r, result);
}

/* --- specs --- */
static PyType_Slot none_slots[] = {{0, NULL}};
static PyType_Slot doc_twice[] = {{Py_tp_doc, "first"}, {Py_tp_doc, "second"}, {0, NULL}};
static PyType_Slot bad_slot[] = {{999, "x"}, {0, NULL}};
static PyObject *spec_type(PyObject *m, PyObject *args)
{
    int kind;
    PyObject *bases = NULL;
    if (!PyArg_ParseTuple(args, "i|O", &kind, &bases)) { return NULL; }
    char name[32];
    strcpy(name, kind == 1 ? "NoDot" : kind == 2 ? "a.b.C" : "madecalls.Made");
    PyType_Spec spec = {name, kind == 3 ? 0 : kind == 4 ? 4 : 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                        kind == 5 ? doc_twice : kind == 6 ? bad_slot : none_slots};
    PyObject *type = kind == 7 ? PyType_FromModuleAndSpec(m, &spec, bases) : PyType_FromSpecWithBases(&spec, bases);
    memset(name, '!', sizeof name - 1);
    return type;
}

/* --- capsules, dates, warnings, unraisable --- */
static void capsule_gone(PyObject *capsule) { pending_ran += 1000; }
static PyObject *capsules(PyObject *m, PyObject *unused)
{
    PyObject *c = PyCapsule_New(&pending_ran, "madecalls.thing", capsule_gone), *d = PyCapsule_New(&pending_ran, NULL, NULL);
    int good = PyCapsule_GetPointer(c, "madecalls.thing") == &pending_ran && PyCapsule_IsValid(d, NULL) && !PyCapsule_IsValid(c, "x");
    Py_DECREF(c);
    Py_DECREF(d);
    return Py_BuildValue("ii", good, pending_ran >= 1000);
}
static PyObject *wrong_capsule(PyObject *m, PyObject *unused)
{
    PyObject *c = PyCapsule_New(&pending_ran, "madecalls.thing", NULL);
    PyCapsule_GetPointer(c, "other");
    Py_DECREF(c);
    return NULL;
}
static PyObject *dates(PyObject *m, PyObject *op)
{
    PyDateTime_IMPORT;
    if (!PyDateTime_Check(op)) { Py_RETURN_NONE; }
    PyObject *made = PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(PyDateTime_GET_YEAR(op), PyDateTime_GET_MONTH(op), PyDateTime_GET_DAY(op),
        PyDateTime_DATE_GET_HOUR(op), PyDateTime_DATE_GET_MINUTE(op), PyDateTime_DATE_GET_SECOND(op),
        PyDateTime_DATE_GET_MICROSECOND(op), PyDateTime_TimeZone_UTC, 1, PyDateTimeAPI->DateTimeType);
    return Py_BuildValue("NNN", made, PyDelta_FromDSU(1, 100000, -5), PyDate_FromDate(2020, 2, 29));
}
static PyObject *warn(PyObject *m, PyObject *text)
{
    if (PyErr_WarnFormat(PyExc_UserWarning, 1, "%U and %d", text, 5) < 0) { return NULL; }
    Py_RETURN_NONE;
}
static PyStructSequence_Field seq_fields[] = {{"first", "doc"}, {"second"}, {"third"}, {"hidden"}, {NULL}};
static PyStructSequence_Desc seq_desc = {"madecalls.Row", "a row", seq_fields, 3};
static PyObject *row(PyObject *m, PyObject *unused)
{
    static PyTypeObject *type;
    seq_fields[2].name = PyStructSequence_UnnamedField;
    if (!type) { type = PyStructSequence_NewType(&seq_desc); }
    PyObject *r = PyStructSequence_New(type);
    for (int i = 0; i < 4; i++) { PyStructSequence_SetItem(r, i, PyLong_FromLong(i)); }
    return r;
}

#define F(name, flags) {#name, (PyCFunction)name, flags}
static PyMethodDef methods[] = {
    F(show, METH_VARARGS | METH_KEYWORDS), F(noargs, METH_NOARGS), F(one, METH_O), F(fast, METH_FASTCALL), F(fastkw, METH_FASTCALL | METH_KEYWORDS),
    F(vector, METH_FASTCALL), F(parse, METH_VARARGS), F(keywords, METH_VARARGS | METH_KEYWORDS), F(built, METH_NOARGS), F(formatted, METH_O),
    F(pending, METH_NOARGS), F(handled, METH_NOARGS), F(depth, METH_NOARGS), F(deep, METH_O), F(traced, METH_NOARGS), F(in_thread, METH_O),
    F(add_pending, METH_NOARGS), F(ran, METH_NOARGS), F(versions, METH_O), F(append_inline, METH_O), F(walk_dict, METH_O), F(strings, METH_NOARGS),
    F(numbers, METH_O), F(is_small, METH_O), F(set_entries, METH_O), F(iter_send, METH_VARARGS), F(spec_type, METH_VARARGS), F(capsules, METH_NOARGS),
    F(wrong_capsule, METH_NOARGS), F(dates, METH_O), F(warn, METH_O), F(row, METH_NOARGS), {NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "madecalls", NULL, 0, methods};

PyMODINIT_FUNC
PyInit_madecalls(void)
{
    PyObject *m = PyModule_Create(&def);
    PyType_Spec *specs[] = {&callee_spec, &grid_spec, &send_spec};
    for (int i = 0; i < 3; i++) {
        if (PyModule_AddType(m, (PyTypeObject *)PyType_FromModuleAndSpec(m, specs[i], NULL)) < 0) { return NULL; }
    }
    return m;
}

/* madetypes.c -- types made from C in the ways that extensions make them. */
#include <Python.h>
#include <structmember.h>

/* --- a static type patched after readiness --- */
static PyObject *say_one(PyObject *self) { return PyUnicode_FromString("one"); }
static PyObject *say_two(PyObject *self) { return PyUnicode_FromString("two"); }
static PyTypeObject Patched = {PyVarObject_HEAD_INIT(NULL, 0) "types.Patched", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_repr = say_one, .tp_new = PyType_GenericNew};

static PyObject *patch(PyObject *m, PyObject *unused)
{
    Patched.tp_repr = say_two;
    PyObject *f = PyLong_FromLong(42);
    PyDict_SetItemString(Patched.tp_dict, "answer", f);
    Py_DECREF(f);
    PyType_Modified(&Patched);
    Py_RETURN_NONE;
}

/* --- metatypes larger than type, static and called --- */
typedef struct { PyHeapTypeObject head; long count; PyObject *note; } MetaObject;
static PyTypeObject Meta;
static PyObject *meta_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *made = PyType_Type.tp_new(type, args, kwargs);
    if (made) { ((MetaObject *)made)->count = 7; }
    return made;
}
static PyMemberDef meta_members[] = {{"count", T_LONG, offsetof(MetaObject, count)},
                                     {"note", T_OBJECT, offsetof(MetaObject, note)}, {NULL}};
static PyObject *meta_call(PyObject *type, PyObject *args, PyObject *kwargs)
{
    ((MetaObject *)type)->count++;
    return PyType_Type.tp_call(type, args, kwargs);
}
static PyTypeObject Meta = {PyVarObject_HEAD_INIT(NULL, 0) "types.Meta", sizeof(MetaObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_new = meta_new, .tp_members = meta_members,
    .tp_call = meta_call};
/* a static type of that metatype: the heap part is there, without the flag */
static MetaObject Instance = {.head.ht_type = {PyVarObject_HEAD_INIT(&Meta, 0) "types.Instance", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_new = PyType_GenericNew}};

/* --- several C bases --- */
typedef struct { PyObject_HEAD long a; } AObject;
typedef struct { PyObject_HEAD long a, b; } ABObject;
static PyObject *a_hello(PyObject *self, PyObject *unused) { return PyUnicode_FromString("A"); }
static PyObject *b_hello(PyObject *self, PyObject *unused) { return PyUnicode_FromString("B"); }
static PyObject *b_only(PyObject *self, PyObject *unused) { return PyUnicode_FromString("only B"); }
static PyMethodDef a_methods[] = {{"hello", a_hello, METH_NOARGS, "hello($self, /)\n--\n\nGreet."}, {NULL}};
static PyMethodDef b_methods[] = {{"hello", b_hello, METH_NOARGS}, {"only", b_only, METH_NOARGS}, {NULL}};
static Py_hash_t hash_three(PyObject *self) { return 3; }
static PyObject *always(PyObject *a, PyObject *b, int op) { return PyBool_FromLong(op == Py_EQ); }
static PyTypeObject A = {PyVarObject_HEAD_INIT(NULL, 0) "types.A", sizeof(AObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_methods = a_methods, .tp_new = PyType_GenericNew,
    .tp_hash = hash_three, .tp_richcompare = always};
static PyTypeObject B = {PyVarObject_HEAD_INIT(NULL, 0) "types.B", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_methods = b_methods, .tp_repr = say_two};
static PyTypeObject Both = {PyVarObject_HEAD_INIT(NULL, 0) "types.Both", sizeof(ABObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE};
/* a C type over float and another, as numpy's float64 */
static PyTypeObject Float = {PyVarObject_HEAD_INIT(NULL, 0) "types.Float", sizeof(PyFloatObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE};
/* comparison without a hash */
static PyTypeObject Unhashed = {PyVarObject_HEAD_INIT(NULL, 0) "types.Unhashed", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT, .tp_richcompare = always, .tp_new = PyType_GenericNew};
/* nothing said about tp_new: not to be made */
static PyTypeObject NoNew = {PyVarObject_HEAD_INIT(NULL, 0) "types.NoNew", sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT};

/* --- sequences without __iter__; shared tables --- */
static PyObject *item(PyObject *self, Py_ssize_t i)
{
    if (i >= 3) { PyErr_SetNone(PyExc_IndexError); return NULL; }
    return PyLong_FromSsize_t(i * 10);
}
static Py_ssize_t three(PyObject *self) { return 3; }
static PySequenceMethods seq_methods = {.sq_item = item, .sq_length = three};
static PyTypeObject Seq = {PyVarObject_HEAD_INIT(NULL, 0) "types.Seq", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_as_sequence = &seq_methods, .tp_new = PyType_GenericNew};
static PyTypeObject DictSub = {PyVarObject_HEAD_INIT(NULL, 0) "types.DictSub", sizeof(PyDictObject) + 16,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_base = &PyDict_Type};
static PyTypeObject StrSub = {PyVarObject_HEAD_INIT(NULL, 0) "types.StrSub", sizeof(PyUnicodeObject) + 16,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_base = &PyUnicode_Type};
static PyTypeObject IntSub = {PyVarObject_HEAD_INIT(NULL, 0) "types.IntSub", .tp_base = &PyLong_Type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE};

/* --- own dict, weak list, members --- */
typedef struct {
    PyObject_HEAD
    PyObject *dict, *weak, *any, *anyex;
    char c; signed char b; short h; int i; long l; long long q; float f; double d; char *s; char inl[4];
    unsigned char B; Py_ssize_t n; char flag;
} Fields;
static int fields_traverse(PyObject *op, visitproc visit, void *arg)
{
    Fields *self = (Fields *)op;
    Py_VISIT(self->dict); Py_VISIT(self->any); Py_VISIT(self->anyex);
    return 0;
}
static int fields_clear(PyObject *op)
{
    Fields *self = (Fields *)op;
    Py_CLEAR(self->dict); Py_CLEAR(self->any); Py_CLEAR(self->anyex);
    return 0;
}
static void fields_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Fields *)op)->weak) { PyObject_ClearWeakRefs(op); }
    fields_clear(op);
    Py_TYPE(op)->tp_free(op);
}
static PyObject *fields_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Fields *self = (Fields *)type->tp_alloc(type, 0);
    if (self) { self->s = "text"; strcpy(self->inl, "inl"); self->c = 'x'; }
    return (PyObject *)self;
}
#define M(name, type, flags) {#name, type, offsetof(Fields, name), flags, "doc of " #name}
static PyMemberDef fields_members[] = {
    M(any, T_OBJECT, 0), M(anyex, T_OBJECT_EX, 0), M(c, T_CHAR, 0), M(b, T_BYTE, 0), M(h, T_SHORT, 0), M(i, T_INT, 0),
    M(l, T_LONG, 0), M(q, T_LONGLONG, 0), M(f, T_FLOAT, 0), M(d, T_DOUBLE, 0), M(s, T_STRING, 0), M(inl, T_STRING_INPLACE, 0),
    M(B, T_UBYTE, 0), M(n, T_PYSSIZET, READONLY), M(flag, T_BOOL, 0), {NULL}};
static PyObject *get_twice(PyObject *self, void *closure) { return PyUnicode_FromFormat("%s%s", closure, closure); }
static PyGetSetDef fields_getset[] = {{"twice", get_twice, NULL, "doc of twice", "ab"},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict}, {NULL}};
static PyTypeObject FieldsType = {PyVarObject_HEAD_INIT(NULL, 0) "types.Fields", sizeof(Fields),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .tp_traverse = fields_traverse,
    .tp_clear = fields_clear, .tp_dealloc = fields_dealloc, .tp_new = fields_new, .tp_members = fields_members,
    .tp_getset = fields_getset, .tp_dictoffset = offsetof(Fields, dict), .tp_weaklistoffset = offsetof(Fields, weak)};

static PyObject *dict_pointer(PyObject *m, PyObject *op)
{
    PyObject **slot = _PyObject_GetDictPtr(op);
    if (!slot) { Py_RETURN_NONE; }
    return PyBool_FromLong(*slot != NULL);
}
static PyObject *put_dict(PyObject *m, PyObject *args)
{
    PyObject *op, *dict, **slot;
    if (!PyArg_ParseTuple(args, "OO!", &op, &PyDict_Type, &dict)) { return NULL; }
    slot = _PyObject_GetDictPtr(op);
    if (!slot) { Py_RETURN_FALSE; }
    Py_INCREF(dict);
    Py_XSETREF(*slot, dict);
    Py_RETURN_TRUE;
}

/* --- finalizers --- */
static PyObject *finalised;             /* list */
static void final_finalize(PyObject *self)
{
    PyObject *t, *v, *tb;
    PyErr_Fetch(&t, &v, &tb);
    PyObject *name = PyUnicode_FromString(Py_TYPE(self)->tp_name);
    PyList_Append(finalised, name);
    Py_DECREF(name);
    PyErr_Restore(t, v, tb);
}
static void final_dealloc(PyObject *self)
{
    if (PyObject_CallFinalizerFromDealloc(self) < 0) { return; }
    Py_TYPE(self)->tp_free(self);
}
static PyTypeObject Final = {PyVarObject_HEAD_INIT(NULL, 0) "types.Final", sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_dealloc = final_dealloc, .tp_finalize = final_finalize,
    .tp_new = PyType_GenericNew};

/* --- wrapper descriptors, descriptors' docs patched --- */
static struct wrapperbase own_base;
static PyObject *swap_doc(PyObject *m, PyObject *op)
{
    if (!Py_IS_TYPE(op, &PyWrapperDescr_Type)) { PyErr_SetString(PyExc_TypeError, "no wrapper"); return NULL; }
    PyWrapperDescrObject *descr = (PyWrapperDescrObject *)op;
    own_base = *descr->d_base;
    own_base.doc = "swapped doc";
    descr->d_base = &own_base;
    return PyUnicode_FromFormat("%s %d", own_base.name, own_base.flags);
}
static PyObject *add_docs(PyObject *m, PyObject *args)
{
    PyObject *op;
    const char *doc;
    if (!PyArg_ParseTuple(args, "Os", &op, &doc)) { return NULL; }
    doc = strdup(doc);
    if (Py_IS_TYPE(op, &PyMethodDescr_Type)) { ((PyMethodDescrObject *)op)->d_method->ml_doc = doc; }
    else if (Py_IS_TYPE(op, &PyMemberDescr_Type)) { ((PyMemberDescrObject *)op)->d_member->doc = doc; }
    else if (Py_IS_TYPE(op, &PyGetSetDescr_Type)) { ((PyGetSetDescrObject *)op)->d_getset->doc = doc; }
    else if (PyCFunction_Check(op)) { ((PyCFunctionObject *)op)->m_ml->ml_doc = doc; }
    else { PyErr_SetString(PyExc_TypeError, "no doc there"); return NULL; }
    Py_RETURN_NONE;
}

/* --- a type whose dict is replaced by a dict subclass (as _ctypes does) --- */
static PyObject *replace_dict(PyObject *m, PyObject *args)
{
    PyTypeObject *type;
    PyObject *dict;
    if (!PyArg_ParseTuple(args, "O!O!", &PyType_Type, &type, &PyDict_Type, &dict)) { return NULL; }
    if (PyDict_Update(dict, type->tp_dict) < 0) { return NULL; }
    Py_INCREF(dict);
    Py_SETREF(type->tp_dict, dict);
    PyType_Modified(type);
    Py_RETURN_NONE;
}

/* --- a heap type by hand, as binding generators make it --- */
static PyObject *by_hand(PyObject *m, PyObject *args)
{
    PyObject *name, *bases = NULL;
    if (!PyArg_ParseTuple(args, "U|O!", &name, &PyTuple_Type, &bases)) { return NULL; }
    PyHeapTypeObject *heap = (PyHeapTypeObject *)PyType_Type.tp_alloc(&PyType_Type, 0);
    if (!heap) { return NULL; }
    heap->ht_name = Py_NewRef(name);
    heap->ht_qualname = Py_NewRef(name);
    PyTypeObject *type = &heap->ht_type;
    type->tp_name = "types.by_hand";
    type->tp_basicsize = sizeof(AObject);
    type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HEAPTYPE;
    type->tp_as_number = &heap->as_number;
    type->tp_as_sequence = &heap->as_sequence;
    type->tp_as_mapping = &heap->as_mapping;
    type->tp_as_async = &heap->as_async;
    heap->as_sequence.sq_length = three;
    type->tp_new = PyType_GenericNew;
    /* a name put in before the bases are known */
    if (PyObject_SetAttrString((PyObject *)type, "__early__", name) < 0) { return NULL; }
    type->tp_bases = Py_XNewRef(bases);
    type->tp_base = (PyTypeObject *)Py_NewRef(bases ? PyTuple_GET_ITEM(bases, 0) : (PyObject *)&PyBaseObject_Type);
    if (PyType_Ready(type) < 0) { return NULL; }
    return (PyObject *)type;
}

/* --- what a type has in its slots --- */
static PyObject *same_slot(PyObject *m, PyObject *args)
{
    PyTypeObject *a, *b;
    int offset;
    if (!PyArg_ParseTuple(args, "O!O!i", &PyType_Type, &a, &PyType_Type, &b, &offset)) { return NULL; }
    return PyBool_FromLong(*(void **)((char *)a + offset) == *(void **)((char *)b + offset));
}
static PyObject *sizes(PyObject *m, PyObject *op)
{
    PyTypeObject *type = (PyTypeObject *)op;
    return Py_BuildValue("(nnnnk)", type->tp_basicsize, type->tp_itemsize, type->tp_dictoffset, type->tp_weaklistoffset,
                         type->tp_flags & ~Py_TPFLAGS_VALID_VERSION_TAG);
}
/* call a slot of a class written in Python, directly */
static PyObject *direct(PyObject *m, PyObject *args)
{
    const char *slot;
    PyObject *a, *b = NULL;
    if (!PyArg_ParseTuple(args, "sO|O", &slot, &a, &b)) { return NULL; }
    PyTypeObject *t = Py_TYPE(a);
    if (!strcmp(slot, "sq_item")) { return t->tp_as_sequence->sq_item ? t->tp_as_sequence->sq_item(a, 1) : Py_NewRef(Py_None); }
    if (!strcmp(slot, "mp_subscript")) { return t->tp_as_mapping->mp_subscript(a, b); }
    if (!strcmp(slot, "nb_add")) { return t->tp_as_number->nb_add(a, b); }
    if (!strcmp(slot, "tp_iternext")) { return t->tp_iternext ? t->tp_iternext(a) : Py_NewRef(Py_None); }
    if (!strcmp(slot, "nb_bool")) { return PyLong_FromLong(t->tp_as_number->nb_bool(a)); }
    if (!strcmp(slot, "sq_length")) { return PyLong_FromSsize_t(t->tp_as_sequence->sq_length(a)); }
    if (!strcmp(slot, "tp_hash")) { return PyLong_FromSsize_t(t->tp_hash(a)); }
    if (!strcmp(slot, "tp_call")) { PyObject *e = PyTuple_New(0), *r = t->tp_call(a, e, NULL); Py_DECREF(e); return r; }
    if (!strcmp(slot, "tp_descr_get")) { return t->tp_descr_get(a, b, (PyObject *)Py_TYPE(b)); }
    PyErr_SetString(PyExc_ValueError, slot);
    return NULL;
}

static PyMethodDef methods[] = {
    {"patch", patch, METH_NOARGS}, {"dict_pointer", dict_pointer, METH_O}, {"put_dict", put_dict, METH_VARARGS},
    {"swap_doc", swap_doc, METH_O}, {"add_docs", add_docs, METH_VARARGS}, {"replace_dict", replace_dict, METH_VARARGS},
    {"by_hand", by_hand, METH_VARARGS}, {"same_slot", same_slot, METH_VARARGS}, {"sizes", sizes, METH_O},
    {"direct", direct, METH_VARARGS}, {NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "types", NULL, -1, methods};

static int add(PyObject *m, PyTypeObject *type)
{
    return PyModule_AddType(m, type);
}

PyMODINIT_FUNC
PyInit_types(void)
{
    PyObject *m = PyModule_Create(&def);
    Meta.tp_base = &PyType_Type;
    Both.tp_bases = PyTuple_Pack(2, &A, &B);
    Both.tp_base = &A;
    Float.tp_bases = PyTuple_Pack(2, &PyFloat_Type, &B);
    Float.tp_base = &PyFloat_Type;
    PyTypeObject *types[] = {&Patched, &Meta, &Instance.head.ht_type, &A, &B, &Both, &Float, &Unhashed, &NoNew, &Seq,
                             &DictSub, &StrSub, &IntSub, &FieldsType, &Final};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (add(m, types[i]) < 0) { return NULL; }
    }
    finalised = PyList_New(0);
    PyModule_AddObject(m, "finalised", Py_NewRef(finalised));
    return m;
}

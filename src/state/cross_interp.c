/* cross_interp.c -- passing data between interpreters, and naming interpreters.
 *
 * A value crosses as C data made in one interpreter and an object made from it in
 * the other: None, int, bytes and str do, and types that register a function.
 *
 * Layout     shareable     (type, function), newest first; types are borrowed
 *            _xxsubinterpreters.InterpreterID: an int that holds a reference on an
 *            interpreter, which may end with the last one
 */
#include <Python.h>
#include <pthread.h>

#include "base/c.h"
#include "state/interp.h"
#include "state/runtime.h"

HOB_EXPORT PyInterpreterState *_PyInterpreterState_LookUpID(int64_t id);
HOB_EXPORT int  _PyInterpreterState_IDIncref(PyInterpreterState *interp);
HOB_EXPORT void _PyInterpreterState_IDDecref(PyInterpreterState *interp);

/* --- the registry --- */

typedef struct registered {
    struct registered *next;
    PyTypeObject *type;
    crossinterpdatafunc func;
} registered;

static registered *shareable;
static pthread_mutex_t shareable_lock = PTHREAD_MUTEX_INITIALIZER;

static PyObject *
new_bytes(_PyCrossInterpreterData *data)
{
    struct { Py_ssize_t size; char text[]; } *kept = data->data;
    return PyBytes_FromStringAndSize(kept->text, kept->size);
}

static int
share_bytes(PyObject *op, _PyCrossInterpreterData *data)
{
    struct { Py_ssize_t size; char text[]; } *kept;
    Py_ssize_t size = PyBytes_GET_SIZE(op);
    kept = PyMem_RawMalloc(sizeof *kept + (size_t)size);
    if (!kept) { return -1; }
    kept->size = size;
    memcpy(kept->text, PyBytes_AS_STRING(op), (size_t)size);
    data->data = kept;
    data->obj = NULL;
    data->new_object = new_bytes;
    data->free = PyMem_RawFree;
    return 0;
}

static PyObject *
new_str(_PyCrossInterpreterData *data)
{
    return PyUnicode_FromKindAndData(PyUnicode_KIND(data->obj), PyUnicode_DATA(data->obj),
                                     PyUnicode_GET_LENGTH(data->obj));
}

static int
share_str(PyObject *op, _PyCrossInterpreterData *data)
{
    data->data = op;
    data->obj = Py_NewRef(op);          /* its text is read from the other side */
    data->new_object = new_str;
    data->free = NULL;
    return 0;
}

static PyObject *
new_int(_PyCrossInterpreterData *data)
{
    return PyLong_FromSsize_t((Py_ssize_t)(intptr_t)data->data);
}

static int
share_int(PyObject *op, _PyCrossInterpreterData *data)
{
    Py_ssize_t value = PyLong_AsSsize_t(op);
    if (value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_SetString(PyExc_OverflowError, "try sending as bytes");
        }
        return -1;
    }
    data->data = (void *)(intptr_t)value;
    data->obj = NULL;
    data->new_object = new_int;
    data->free = NULL;
    return 0;
}

static PyObject *
new_none(_PyCrossInterpreterData *data)
{
    Py_RETURN_NONE;
}

static int
share_none(PyObject *op, _PyCrossInterpreterData *data)
{
    data->data = NULL;
    data->obj = NULL;
    data->new_object = new_none;
    data->free = NULL;
    return 0;
}

static crossinterpdatafunc
find_built_in(PyTypeObject *type)
{
    if (type == &PyBytes_Type) { return share_bytes; }
    if (type == &PyUnicode_Type) { return share_str; }
    if (type == &PyLong_Type) { return share_int; }
    return type == Py_TYPE(Py_None) ? share_none : NULL;
}

int
_PyCrossInterpreterData_RegisterClass(PyTypeObject *type, crossinterpdatafunc func)
{
    if (!PyType_Check(type)) {
        PyErr_Format(PyExc_ValueError, "only classes may be registered");
        return -1;
    }
    if (!func) {
        PyErr_Format(PyExc_ValueError, "missing 'getdata' func");
        return -1;
    }
    registered *entry = PyMem_RawMalloc(sizeof *entry);
    if (!entry) { return -1; }
    Py_INCREF(type);
    pthread_mutex_lock(&shareable_lock);
    *entry = (registered){shareable, type, func};
    shareable = entry;
    pthread_mutex_unlock(&shareable_lock);
    return 0;
}

crossinterpdatafunc
_PyCrossInterpreterData_Lookup(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    crossinterpdatafunc func = NULL;
    pthread_mutex_lock(&shareable_lock);
    for (registered *entry = shareable; entry && !func; entry = entry->next) {
        if (entry->type == type) { func = entry->func; }
    }
    pthread_mutex_unlock(&shareable_lock);
    return func ? func : find_built_in(type);
}

/* --- crossing --- */

int
_PyObject_CheckCrossInterpreterData(PyObject *op)
{
    if (_PyCrossInterpreterData_Lookup(op)) { return 0; }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "%S does not support cross-interpreter data", op);
    }
    return -1;
}

int
_PyObject_GetCrossInterpreterData(PyObject *op, _PyCrossInterpreterData *data)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    *data = (_PyCrossInterpreterData){0};
    crossinterpdatafunc func = _PyCrossInterpreterData_Lookup(op);
    if (!func) { return _PyObject_CheckCrossInterpreterData(op); }
    Py_INCREF(op);
    int result = func(op, data);
    Py_DECREF(op);
    if (result != 0) { return -1; }
    data->interp = interp->id;
    if (data->interp >= 0 && data->new_object) { return 0; }
    PyErr_SetString(PyExc_SystemError, "missing new_object func");
    _PyCrossInterpreterData_Release(data);
    return -1;
}

PyObject *
_PyCrossInterpreterData_NewObject(_PyCrossInterpreterData *data)
{
    return data->new_object(data);
}

/* Let go of the data in the interpreter it came from. */
void
_PyCrossInterpreterData_Release(_PyCrossInterpreterData *data)
{
    if (!data->data && !data->obj) { return; }
    PyInterpreterState *interp = _PyInterpreterState_LookUpID(data->interp);
    if (!interp) { return; }                    /* it has ended, and its objects with it */
    PyThreadState *own_state = hob_ts(), *other = NULL, *saved = NULL;
    if (own_state->interp != interp) {
        other = PyThreadState_New(interp);
        if (!other) { return; }
        saved = PyThreadState_Swap(other);
    }
    if (data->free) { data->free(data->data); }
    Py_CLEAR(data->obj);
    data->data = NULL;
    if (other) {
        PyThreadState_Clear(other);
        PyThreadState_Swap(saved);
        PyThreadState_Delete(other);
    }
}

/* --- InterpreterID --- */

typedef struct {
    PyObject_HEAD
    int64_t id;
} interp_id;

extern HOB_EXPORT PyTypeObject _PyInterpreterID_Type;
HOB_EXPORT PyObject *_PyInterpreterID_New(int64_t id);
HOB_EXPORT PyObject *_PyInterpreterState_GetIDObject(PyInterpreterState *interp);
HOB_EXPORT PyInterpreterState *_PyInterpreterID_LookUp(PyObject *requested);

static PyObject *
make_id(PyTypeObject *type, int64_t id, bool force)
{
    PyInterpreterState *interp = _PyInterpreterState_LookUpID(id);
    if (!interp) {
        if (!force) { return NULL; }
        PyErr_Clear();
    }
    else if (_PyInterpreterState_IDIncref(interp) != 0) { return NULL; }
    interp_id *self = PyObject_New(interp_id, type);
    if (!self) {
        if (interp) { _PyInterpreterState_IDDecref(interp); }
        return NULL;
    }
    self->id = id;
    return (PyObject *)self;
}

/* "O&" converter: an InterpreterID, or an object with __index__. */
static int
convert_id(PyObject *arg, void *out)
{
    int64_t id;
    if (PyObject_TypeCheck(arg, &_PyInterpreterID_Type)) { id = ((interp_id *)arg)->id; }
    else {
        if (!PyIndex_Check(arg)) {
            PyErr_Format(PyExc_TypeError, "interpreter ID must be an int, got %.100s",
                         Py_TYPE(arg)->tp_name);
            return 0;
        }
        PyObject *index = PyNumber_Index(arg);
        if (!index) { return 0; }
        id = PyLong_AsLongLong(index);
        Py_DECREF(index);
        if (id == -1 && PyErr_Occurred()) { return 0; }
        if (id < 0) {
            PyErr_Format(PyExc_ValueError, "interpreter ID must be a non-negative int, got %R",
                         arg);
            return 0;
        }
    }
    *(int64_t *)out = id;
    return 1;
}

static PyObject *
id_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"id", "force", NULL};
    int64_t id;
    int force = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$p:InterpreterID.__init__", names,
                                     convert_id, &id, &force)) {
        return NULL;
    }
    return make_id(type, id, force);
}

static void
id_dealloc(interp_id *self)
{
    PyInterpreterState *interp = _PyInterpreterState_LookUpID(self->id);
    if (interp) { _PyInterpreterState_IDDecref(interp); }
    else { PyErr_Clear(); }
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
id_repr(interp_id *self)
{
    return PyUnicode_FromFormat("%s(%lld)", _PyType_Name(Py_TYPE(self)), (long long)self->id);
}

static PyObject *
id_str(interp_id *self)
{
    return PyUnicode_FromFormat("%lld", (long long)self->id);
}

static PyObject *
id_int(interp_id *self)
{
    return PyLong_FromLongLong(self->id);
}

static Py_hash_t
id_hash(interp_id *self)
{
    PyObject *number = PyLong_FromLongLong(self->id);
    if (!number) { return -1; }
    Py_hash_t hash = PyObject_Hash(number);
    Py_DECREF(number);
    return hash;
}

static PyObject *
id_richcompare(PyObject *left, PyObject *right, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !PyObject_TypeCheck(left, &_PyInterpreterID_Type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    int64_t id = ((interp_id *)left)->id;
    bool equal;
    if (PyObject_TypeCheck(right, &_PyInterpreterID_Type)) {
        equal = id == ((interp_id *)right)->id;
    }
    else if (PyLong_CheckExact(right)) {
        int overflow;
        long long other = PyLong_AsLongLongAndOverflow(right, &overflow);
        equal = !overflow && other >= 0 && id == other;
    }
    else if (PyNumber_Check(right)) {
        PyObject *number = PyLong_FromLongLong(id);
        if (!number) { return NULL; }
        PyObject *result = PyObject_RichCompare(number, right, op);
        Py_DECREF(number);
        return result;
    }
    else { Py_RETURN_NOTIMPLEMENTED; }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static PyNumberMethods id_as_number = {
    .nb_int = (unaryfunc)id_int,
    .nb_index = (unaryfunc)id_int,
};

PyTypeObject _PyInterpreterID_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "InterpreterID",
    .tp_basicsize = sizeof(interp_id),
    .tp_dealloc = (destructor)id_dealloc,
    .tp_repr = (reprfunc)id_repr,
    .tp_as_number = &id_as_number,
    .tp_hash = (hashfunc)id_hash,
    .tp_str = (reprfunc)id_str,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "The number of an interpreter; an int that counts as a reference to it.",
    .tp_richcompare = id_richcompare,
    .tp_new = id_new,
};

PyObject *
_PyInterpreterID_New(int64_t id)
{
    return make_id(&_PyInterpreterID_Type, id, false);
}

PyObject *
_PyInterpreterState_GetIDObject(PyInterpreterState *interp)
{
    return make_id(&_PyInterpreterID_Type, interp->id, false);
}

PyInterpreterState *
_PyInterpreterID_LookUp(PyObject *requested)
{
    int64_t id;
    return convert_id(requested, &id) ? _PyInterpreterState_LookUpID(id) : NULL;
}

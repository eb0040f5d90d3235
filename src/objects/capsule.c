/* capsule.c -- PyCapsule: a C pointer in an object, by which extensions offer each
 * other functions.
 *
 * Holds      pointer != NULL.  Names are compared by text; NULL equals only NULL.
 */
#include "memory/own.h"
#include "objects/object.h"

typedef struct capsule_object {
    PyObject_HEAD
    void *pointer;
    const char *name;           /* not owned */
    void *context;
    PyCapsule_Destructor destructor;
} capsule_object;

#define CAPSULE(op) ((capsule_object *)(op))

static bool
is_valid(PyObject *op)
{
    return op && PyCapsule_CheckExact(op) && CAPSULE(op)->pointer;
}

/* ValueError that names the caller, unless op is a valid capsule. */
static bool
check_valid(PyObject *op, const char *message)
{
    if (LIKELY(is_valid(op))) { return true; }
    PyErr_SetString(PyExc_ValueError, message);
    return false;
}

static bool
same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

PyObject *
PyCapsule_New(void *pointer, const char *name, PyCapsule_Destructor destructor)
{
    if (!pointer) {
        PyErr_SetString(PyExc_ValueError, "PyCapsule_New called with null pointer");
        return NULL;
    }
    capsule_object *capsule = PyObject_New(capsule_object, &PyCapsule_Type);
    if (!capsule) { return NULL; }
    capsule->pointer = pointer;
    capsule->name = name;
    capsule->context = NULL;
    capsule->destructor = destructor;
    return (PyObject *)capsule;
}

int
PyCapsule_IsValid(PyObject *op, const char *name)
{
    return is_valid(op) && same_name(CAPSULE(op)->name, name);
}

void *
PyCapsule_GetPointer(PyObject *op, const char *name)
{
    if (!check_valid(op, "PyCapsule_GetPointer called with invalid PyCapsule object")) {
        return NULL;
    }
    if (!same_name(name, CAPSULE(op)->name)) {
        PyErr_SetString(PyExc_ValueError, "PyCapsule_GetPointer called with incorrect name");
        return NULL;
    }
    return CAPSULE(op)->pointer;
}

const char *
PyCapsule_GetName(PyObject *op)
{
    return check_valid(op, "PyCapsule_GetName called with invalid PyCapsule object")
         ? CAPSULE(op)->name : NULL;
}

PyCapsule_Destructor
PyCapsule_GetDestructor(PyObject *op)
{
    return check_valid(op, "PyCapsule_GetDestructor called with invalid PyCapsule object")
         ? CAPSULE(op)->destructor : NULL;
}

void *
PyCapsule_GetContext(PyObject *op)
{
    return check_valid(op, "PyCapsule_GetContext called with invalid PyCapsule object")
         ? CAPSULE(op)->context : NULL;
}

int
PyCapsule_SetPointer(PyObject *op, void *pointer)
{
    if (!check_valid(op, "PyCapsule_SetPointer called with invalid PyCapsule object")) {
        return -1;
    }
    if (!pointer) {
        PyErr_SetString(PyExc_ValueError, "PyCapsule_SetPointer called with null pointer");
        return -1;
    }
    CAPSULE(op)->pointer = pointer;
    return 0;
}

int
PyCapsule_SetName(PyObject *op, const char *name)
{
    if (!check_valid(op, "PyCapsule_SetName called with invalid PyCapsule object")) {
        return -1;
    }
    CAPSULE(op)->name = name;
    return 0;
}

int
PyCapsule_SetDestructor(PyObject *op, PyCapsule_Destructor destructor)
{
    if (!check_valid(op, "PyCapsule_SetDestructor called with invalid PyCapsule object")) {
        return -1;
    }
    CAPSULE(op)->destructor = destructor;
    return 0;
}

int
PyCapsule_SetContext(PyObject *op, void *context)
{
    if (!check_valid(op, "PyCapsule_SetContext called with invalid PyCapsule object")) {
        return -1;
    }
    CAPSULE(op)->context = context;
    return 0;
}

/* "pkg.mod.ATTR": import the first part, get the others from it; the capsule at
 * the end must bear the whole name. */
void *
PyCapsule_Import(const char *name, int no_block)
{
    own PyObject *at = NULL;
    const char *start = name;
    for (;;) {
        const char *dot = strchr(start, '.');
        Py_ssize_t n = dot ? dot - start : (Py_ssize_t)strlen(start);
        own PyObject *part = PyUnicode_FromStringAndSize(start, n);
        if (!part) { return NULL; }
        if (at) {
            PyObject *next = PyObject_GetAttr(at, part);
            Py_SETREF(at, next);
        }
        else {
            at = PyImport_Import(part);
            if (!at) {
                PyErr_Format(PyExc_ImportError,
                             "PyCapsule_Import could not import module \"%U\"",
                             part);
            }
        }
        if (!at) { return NULL; }
        if (!dot) { break; }
        start = dot + 1;
    }
    if (PyCapsule_IsValid(at, name)) { return CAPSULE(at)->pointer; }
    PyErr_Format(PyExc_AttributeError, "PyCapsule_Import \"%s\" is not valid", name);
    return NULL;
}

static void
capsule_dealloc(PyObject *op)
{
    if (CAPSULE(op)->destructor) { CAPSULE(op)->destructor(op); }
    PyObject_Free(op);
}

static PyObject *
capsule_repr(PyObject *op)
{
    const char *name = CAPSULE(op)->name, *quote = name ? "\"" : "";
    return PyUnicode_FromFormat("<capsule object %s%s%s at %p>", quote, name ? name : "NULL",
                                quote,
                                op);
}

PyDoc_STRVAR(capsule_doc,
"A capsule wraps a C pointer in a Python object, so that C extension modules can\n"
"pass it to each other by way of Python.\n"
"\n"
"A capsule object under a known name in a module is how one extension offers its C\n"
"functions to others.\n");

PyTypeObject PyCapsule_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "PyCapsule",
    .tp_basicsize = sizeof(capsule_object),
    .tp_dealloc = capsule_dealloc,
    .tp_repr = capsule_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = capsule_doc,
};

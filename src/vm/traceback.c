/* traceback.c -- the traceback type: where an exception passed through.
 *
 * Holds      tb_lineno is -1 until somebody asks through Python or C API; the
 *            line follows from tb_frame's code and tb_lasti.  So an exception
 *            that is caught and dropped never looks at a line table.
 * Next       traceback_print.c traceback_source.c
 */
#include "vm/traceback.h"

#include <frameobject.h>
#include <structmember.h>

#include "base/stress.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/undeclared.h"

enum { FREE_MAX = 100 };
static PyTracebackObject *free_list;    /* chained through tb_next */
static int n_free;

void
hob_traceback_clear_freelist(void)
{
    while (free_list) {
        PyTracebackObject *next = free_list->tb_next;
        hob_gc_free(free_list, 0);
        free_list = next;
    }
    n_free = 0;
}

/* next and frame are taken over, also on failure. */
static PyObject *
traceback_make(STOLEN PyObject *next, STOLEN PyFrameObject *frame, int lasti, int line)
{
    PyTracebackObject *tb = free_list;
    if (tb) {
        free_list = tb->tb_next;
        n_free--;
        hob_gc_head_of(tb)->prev = 0;
    }
    else {
        tb = (PyTracebackObject *)hob_gc_alloc(sizeof *tb, 0);
        if (!tb) {
            Py_XDECREF(next);
            Py_DECREF(frame);
            return NULL;
        }
    }
    Py_SET_TYPE(tb, &PyTraceBack_Type);
    Py_SET_REFCNT(tb, 1);
    tb->tb_next = (PyTracebackObject *)next;
    tb->tb_frame = frame;
    tb->tb_lasti = lasti;
    tb->tb_lineno = line;
    hob_gc_track(tb);
    return (PyObject *)tb;
}

PyObject *
hob_traceback_new(PyObject *next, PyFrameObject *frame, int lasti, int line)
{
    return traceback_make(Py_XNewRef(next), (PyFrameObject *)Py_NewRef(frame), lasti, line);
}

int
hob_traceback_line(PyTracebackObject *tb)
{
    if (tb->tb_lineno == -1) {
        tb->tb_lineno = PyCode_Addr2Line(tb->tb_frame->f_frame->code, tb->tb_lasti);
    }
    return tb->tb_lineno;
}

/* Put an entry for where frame is in front of the pending exception's. */
static status
add_entry(PyThreadState *ts, PyFrameObject *frame, int lasti, int line)
{
    PyObject *type = ts->curexc_type, *value = ts->curexc_value, *tb = ts->curexc_traceback;
    ts->curexc_type = ts->curexc_value = ts->curexc_traceback = NULL;
    PyObject *entry = traceback_make(Py_XNewRef(tb), (PyFrameObject *)Py_NewRef(frame), lasti,
                                     line);
    if (!entry) {
        /* The new MemoryError replaces it. */
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(tb);
        return -1;
    }
    Py_XDECREF(tb);
    PyErr_Restore(type, value, entry);
    return 0;
}

status
hob_traceback_here(PyThreadState *ts, hob_frame *frame)
{
    PyFrameObject *object = hob_frame_object(frame);
    if (!object) { return -1; }
    return add_entry(ts, object, hob_frame_lasti(frame), -1);
}

/* --- the type --- */

static int
traceback_traverse(PyTracebackObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->tb_next);
    Py_VISIT(self->tb_frame);
    return 0;
}

static int
traceback_clear(PyTracebackObject *self)
{
    Py_CLEAR(self->tb_next);
    Py_CLEAR(self->tb_frame);
    return 0;
}

static void
traceback_dealloc(PyTracebackObject *self)
{
    PyObject_GC_UnTrack(self);          /* put off, it comes here again */
    Py_TRASHCAN_BEGIN(self, traceback_dealloc)
    Py_XDECREF(self->tb_next);
    Py_XDECREF(self->tb_frame);
    if (n_free < FREE_MAX && !STRESSED(freelist)) {
        self->tb_next = free_list;
        free_list = self;
        n_free++;
    }
    else {
        hob_gc_free(self, 0);
    }
    Py_TRASHCAN_END
}

static PyObject *
traceback_get_next(PyTracebackObject *self, void *unused)
{
    return Py_NewRef(self->tb_next ? (PyObject *)self->tb_next : Py_None);
}

static int
traceback_set_next(PyTracebackObject *self, PyObject *value, void *unused)
{
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "can't delete tb_next attribute");
        return -1;
    }
    if (value == Py_None) { value = NULL; }
    else if (!PyTraceBack_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected traceback object, got '%s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    for (PyTracebackObject *tb = (PyTracebackObject *)value; tb; tb = tb->tb_next) {
        if (tb == self) {
            PyErr_SetString(PyExc_ValueError, "traceback loop detected");
            return -1;
        }
    }
    Py_XSETREF(self->tb_next, (PyTracebackObject *)Py_XNewRef(value));
    return 0;
}

static PyObject *
traceback_get_line(PyTracebackObject *self, void *unused)
{
    return PyLong_FromLong(hob_traceback_line(self));
}

static PyObject *
traceback_dir(PyTracebackObject *self, PyObject *unused)
{
    return Py_BuildValue("[ssss]", "tb_frame", "tb_next", "tb_lasti", "tb_lineno");
}

/** TracebackType.__new__($type, tb_next, tb_frame, tb_lasti, tb_lineno)
 *
 *  Create a new traceback object.
 */
static PyObject *
traceback_new(PyTypeObject *type, PyObject *tb_next, PyObject *tb_frame, int tb_lasti,
              int tb_lineno)
{
    if (!PyFrame_Check(tb_frame)) {
        _PyArg_BadArgument("TracebackType", "argument 'tb_frame'", "frame", tb_frame);
        return NULL;
    }
    if (tb_next != Py_None && !PyTraceBack_Check(tb_next)) {
        PyErr_Format(PyExc_TypeError, "expected traceback object or None, got '%s'",
                     Py_TYPE(tb_next)->tp_name);
        return NULL;
    }
    return hob_traceback_new(tb_next == Py_None ? NULL : tb_next, (PyFrameObject *)tb_frame,
                             tb_lasti, tb_lineno);
}

#include "gen/vm/traceback.bind.h"

static PyMethodDef traceback_methods[] = {
    {"__dir__", (PyCFunction)traceback_dir, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef traceback_members[] = {
    {"tb_frame", T_OBJECT, offsetof(PyTracebackObject, tb_frame), READONLY | PY_AUDIT_READ,
     NULL},
    {"tb_lasti", T_INT, offsetof(PyTracebackObject, tb_lasti), READONLY, NULL},
    {NULL},
};

static PyGetSetDef traceback_getset[] = {
    {"tb_next", (getter)traceback_get_next, (setter)traceback_set_next, NULL, NULL},
    {"tb_lineno", (getter)traceback_get_line, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject PyTraceBack_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "traceback",
    .tp_basicsize = sizeof(PyTracebackObject),
    .tp_dealloc = (destructor)traceback_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = traceback_new__doc,
    .tp_traverse = (traverseproc)traceback_traverse,
    .tp_clear = (inquiry)traceback_clear,
    .tp_methods = traceback_methods,
    .tp_members = traceback_members,
    .tp_getset = traceback_getset,
    .tp_new = traceback_new__slot,
};

/* --- public API --- */

/* Extensions set f_lineno of frames they made; other frames know their place. */
int
PyTraceBack_Here(PyFrameObject *frame)
{
    int lasti = hob_frame_lasti(frame->f_frame);
    return add_entry(hob_ts(), frame, lasti, frame->f_lineno ? frame->f_lineno : -1);
}

HOB_EXPORT PyObject *
_PyTraceBack_FromFrame(PyObject *next, PyFrameObject *frame)
{
    return hob_traceback_new(next, frame, hob_frame_lasti(frame->f_frame),
                             PyFrame_GetLineNumber(frame));
}

/* Add an entry for a place in C code. */
void
_PyTraceback_Add(const char *function, const char *filename, int line)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    own PyObject *globals = PyDict_New();
    own PyCodeObject *code = globals ? PyCode_NewEmpty(filename, function, line) : NULL;
    own PyFrameObject *frame = code ? PyFrame_New(hob_ts(), code, globals, NULL) : NULL;
    if (!frame) {
        _PyErr_ChainExceptions(type, value, tb);
        return;
    }
    frame->f_lineno = line;
    PyErr_Restore(type, value, tb);
    (void)PyTraceBack_Here(frame);
}

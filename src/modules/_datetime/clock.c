/* clock.c -- what time and datetime share: a clock reading, a fold, a tzinfo.
 *
 * Layout     a datetime has four bytes of date in front of the six of the clock.
 *            The tzinfo is the last word; without one the object ends before it,
 *            and fold lies in what is padding of the short struct.  hastzinfo tells.
 * Pickling   the bytes as they are; a fold goes into the top bit of the hour (time)
 *            or the month (datetime), from protocol 4 on.
 */
#include "modules/_datetime/datetime_int.h"

typedef struct {
    clock_time clock;
    unsigned char *fold;                /* in the object, as data */
    PyObject *tzinfo;                   /* borrowed; None when naive */
    unsigned char *data;
    int n_data, fold_at;                /* bytes; which of them takes the fold */
} reading;

static inline bool                      /* or else a time; exact types are told at once */
is_datetime(PyObject *self)
{
    return PyDateTime_CheckExact(self) || (!PyTime_CheckExact(self) && PyDateTime_Check(self));
}

static inline PyObject **               /* only in an object with a tzinfo */
tzinfo_place(PyObject *self)
{
    return is_datetime(self) ? &((PyDateTime_DateTime *)self)->tzinfo
                             : &((PyDateTime_Time *)self)->tzinfo;
}

static inline reading
read_clock(PyObject *self)
{
    if (is_datetime(self)) {
        PyDateTime_DateTime *d = (PyDateTime_DateTime *)self;
        return (reading){datetime_clock(self), &d->fold, d->hastzinfo ? d->tzinfo : Py_None,
                         d->data, _PyDateTime_DATETIME_DATASIZE, 2};
    }
    PyDateTime_Time *t = (PyDateTime_Time *)self;
    return (reading){time_clock(self), &t->fold, t->hastzinfo ? t->tzinfo : Py_None, t->data,
                     _PyDateTime_TIME_DATASIZE, 0};
}

/* --- life --- */

/* aware: 1 for an object with room for a tzinfo. */
PyObject *
hob_clock_alloc(PyTypeObject *type, Py_ssize_t aware)
{
    size_t size = (size_t)type->tp_basicsize - (aware ? 0 : sizeof(PyObject *));
    PyObject *self = PyObject_Malloc(size);
    if (!self) { return PyErr_NoMemory(); }
    memset(self, 0, size);
    return PyObject_Init(self, type);
}

void
hob_clock_dealloc(PyObject *self)
{
    if (_PyDateTime_HAS_TZINFO(self)) { Py_XDECREF(*tzinfo_place(self)); }
    Py_TYPE(self)->tp_free(self);
}

PyObject *
hob_clock_make(PyObject *tzinfo, PyTypeObject *type)
{
    bool aware = tzinfo != Py_None;
    PyObject *self = type->tp_alloc(type, aware);
    if (!self) { return NULL; }
    _PyDateTime_BaseTZInfo *head = (_PyDateTime_BaseTZInfo *)self;
    head->hashcode = -1;
    head->hastzinfo = (char)aware;
    if (aware) { *tzinfo_place(self) = Py_NewRef(tzinfo); }
    return self;
}

PyObject *
hob_clock_from_state(PyTypeObject *type, PyObject *state, PyObject *tzinfo)
{
    if (hob_timezone_check(tzinfo) < 0) {
        PyErr_SetString(PyExc_TypeError, "bad tzinfo state arg");
        return NULL;
    }
    PyObject *self = hob_clock_make(tzinfo, type);
    if (!self) { return NULL; }
    reading r = read_clock(self);
    memcpy(r.data, PyBytes_AS_STRING(state), (size_t)r.n_data);
    *r.fold = r.data[r.fold_at] >> 7;
    r.data[r.fold_at] &= 0x7f;
    return self;
}

/* --- fields --- */

#define GET(name, expression)                                                   \
    static PyObject *get_##name(PyObject *self, void *unused)                   \
    {                                                                           \
        reading r = read_clock(self);                                           \
        return expression;                                                      \
    }
GET(hour, PyLong_FromLong(r.clock.hour))
GET(minute, PyLong_FromLong(r.clock.minute))
GET(second, PyLong_FromLong(r.clock.second))
GET(microsecond, PyLong_FromLong(r.clock.us))
GET(tzinfo, Py_NewRef(r.tzinfo))
GET(fold, PyLong_FromLong(*r.fold))

PyGetSetDef hob_clock_getset[] = {
    {"hour", get_hour, NULL, NULL, NULL},
    {"minute", get_minute, NULL, NULL, NULL},
    {"second", get_second, NULL, NULL, NULL},
    {"microsecond", get_microsecond, NULL, NULL, NULL},
    {"tzinfo", get_tzinfo, NULL, NULL, NULL},
    {"fold", get_fold, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* --- pickling --- */

static PyObject *
reduce_for(PyObject *self, int protocol)
{
    reading r = read_clock(self);
    own PyObject *state = PyBytes_FromStringAndSize((const char *)r.data, r.n_data);
    if (!state) { return NULL; }
    if (protocol > 3 && *r.fold) { PyBytes_AS_STRING(state)[r.fold_at] |= (char)0x80; }
    if (r.tzinfo == Py_None) { return Py_BuildValue("O(O)", Py_TYPE(self), state); }
    return Py_BuildValue("O(OO)", Py_TYPE(self), state, r.tzinfo);
}

PyObject *
hob_clock_reduce_ex(PyObject *self, PyObject *args)
{
    int protocol;
    if (!PyArg_ParseTuple(args, "i:__reduce_ex__", &protocol)) { return NULL; }
    return reduce_for(self, protocol);
}

PyObject *
hob_clock_reduce(PyObject *self, PyObject *unused)
{
    return reduce_for(self, 2);
}

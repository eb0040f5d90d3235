/* delta.c -- timedelta: a span of time, exact to the microsecond.
 *
 * Layout     days, seconds, microseconds, the latter two in 0..limit-1, so the
 *            sign is in the days.  Sums and products are done on the span, the
 *            total in microseconds.
 * Holds      |days| <= MAX_DELTA_DAYS; hashcode is -1 or the hash.
 */
#include "modules/_datetime/datetime_int.h"

#include <math.h>
#include <structmember.h>

#define DELTA(op) ((PyDateTime_Delta *)(op))

static PyObject *
too_large(void)
{
    PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C int");
    return NULL;
}

/* A normalised delta. */
static PyObject *
delta_make(int64_t days, int seconds, int us, PyTypeObject *type)
{
    if (days < -MAX_DELTA_DAYS || days > MAX_DELTA_DAYS) {
        PyErr_Format(PyExc_OverflowError, "days=%d; must have magnitude <= %d", (int)days,
                     MAX_DELTA_DAYS);
        return NULL;
    }
    PyDateTime_Delta *self = (PyDateTime_Delta *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->hashcode = -1;
    self->days = (int)days;
    self->seconds = seconds;
    self->microseconds = us;
    return (PyObject *)self;
}

PyObject *
hob_delta_from_span(span us, PyTypeObject *type)
{
    span rest;
    span days = hob_calendar_floor_div(us, DAY_US, &rest);
    if (days < INT_MIN || days > INT_MAX) { return too_large(); }
    return delta_make((int64_t)days, (int)(rest / SECOND_US), (int)(rest % SECOND_US), type);
}

PyObject *
hob_delta_new(int days, int seconds, int us, bool normalize, PyTypeObject *type)
{
    if (!normalize) { return delta_make(days, seconds, us, type); }
    return hob_delta_from_span(days * DAY_US + (span)seconds * SECOND_US + us, type);
}

span
hob_delta_span(PyObject *delta)
{
    PyDateTime_Delta *d = DELTA(delta);
    return d->days * DAY_US + (int64_t)d->seconds * SECOND_US + d->microseconds;
}

PyObject *
hob_delta_negative(PyObject *delta)
{
    return hob_delta_from_span(-hob_delta_span(delta), &hob_delta_type);
}

/* --- spans and ints --- */

static PyObject *
span_object(span us)
{
    if (us == (int64_t)us) { return PyLong_FromLongLong((int64_t)us); }
    return _PyLong_FromByteArray((unsigned char *)&us, sizeof us, 1, 1);
}

/* 1 and the number, 0 when it does not fit. */
static tri
span_from_int(PyObject *number, span *out)
{
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (!overflow) { return *out == -1 && PyErr_Occurred() ? -1 : 1; }
    size_t bits = _PyLong_NumBits(number);
    if (bits == (size_t)-1 && PyErr_Occurred()) { return -1; }
    if (bits > 126) { return 0; }
    if (_PyLong_AsByteArray((PyLongObject *)number, (unsigned char *)out, sizeof *out, 1, 1)
        < 0) {
        return -1;
    }
    return 1;
}

static PyObject *
delta_from_int(PyObject *number, PyTypeObject *type)
{
    span us;
    tri fits = span_from_int(number, &us);
    if (fits < 0) { return NULL; }
    return fits ? hob_delta_from_span(us, type) : too_large();
}

/* --- construction --- */

/* Sum of the parts: `whole` while it fits, what does not in `big`, and the
 * fractions of a microsecond. */
typedef struct {
    span whole;
    PyObject *big;                      /* owned int, MAYBE_NULL */
    double fraction;
} total;

static status
total_add(total *t, PyObject *number, int64_t factor)
{
    span value, product, sum;
    tri fits = span_from_int(number, &value);
    if (fits < 0) { return -1; }
    if (fits && !__builtin_mul_overflow(value, (span)factor, &product)
        && !__builtin_add_overflow(t->whole, product, &sum)) {
        t->whole = sum;
        return 0;
    }
    own PyObject *by = PyLong_FromLongLong(factor);
    if (!by) { return -1; }
    own PyObject *large = PyNumber_Multiply(number, by);
    if (!large) { return -1; }
    if (!t->big) {
        t->big = take(large);
        return 0;
    }
    Py_SETREF(t->big, PyNumber_Add(t->big, large));
    return t->big ? 0 : -1;
}

static status
total_add_double(total *t, double number, int64_t factor)
{
    double whole, rest;
    rest = modf(number, &whole);
    own PyObject *integer = PyLong_FromDouble(whole);
    if (!integer) { return -1; }
    if (total_add(t, integer, factor) < 0) { return -1; }
    rest = modf(rest * (double)factor, &whole);
    t->whole += (span)whole;
    t->fraction += rest;
    return 0;
}

static status
total_add_part(total *t, PyObject *part, const char *name, int64_t factor)
{
    if (PyLong_Check(part)) { return total_add(t, part, factor); }
    if (PyFloat_Check(part)) { return total_add_double(t, PyFloat_AS_DOUBLE(part), factor); }
    PyErr_Format(PyExc_TypeError, "unsupported type for timedelta %s component: %s", name,
                 Py_TYPE(part)->tp_name);
    return -1;
}

/* Round the fraction so that a half makes the sum even. */
static void
total_round(total *t)
{
    double below = floor(t->fraction);
    double over = t->fraction - below;
    t->whole += (span)below;
    if (over > 0.5 || (over == 0.5 && (t->whole & 1))) { t->whole++; }
}

static PyObject *
total_delta(total *t, PyTypeObject *type)
{
    bool odd_big = false;
    if (t->big) {
        own PyObject *one = PyLong_FromLong(1);
        if (!one) { return NULL; }
        own PyObject *low = PyNumber_And(t->big, one);
        if (!low) { return NULL; }
        odd_big = Py_SIZE(low) != 0;
    }
    t->whole += odd_big;                /* parity of the whole sum decides a half */
    total_round(t);
    t->whole -= odd_big;
    if (!t->big) { return hob_delta_from_span(t->whole, type); }
    own PyObject *small = span_object(t->whole);
    if (!small) { return NULL; }
    own PyObject *sum = PyNumber_Add(t->big, small);
    return sum ? delta_from_int(sum, type) : NULL;
}

static PyObject *
delta_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"days", "seconds", "microseconds", "milliseconds", "minutes",
                            "hours", "weeks", NULL};
    static const struct {
        int part;
        int64_t factor;
    } order[] = {                       /* smallest unit first, weeks after days */
        {2, 1}, {3, 1000}, {1, SECOND_US}, {4, 60LL * SECOND_US}, {5, 3600LL * SECOND_US},
        {0, (int64_t)DAY_SECONDS * SECOND_US}, {6, 7LL * DAY_SECONDS * SECOND_US},
    };
    PyObject *parts[7] = {NULL};
    int plain[3] = {0};
    if (hob_datetime_plain_ints(args, kwargs, 0, 3, plain)) {
        return hob_delta_new(plain[0], plain[1], plain[2], true, type);
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOOOOO:__new__", names, &parts[0],
                                     &parts[1],
                                     &parts[2], &parts[3], &parts[4], &parts[5], &parts[6])) {
        return NULL;
    }
    total t = {0};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        int k = order[i].part;
        if (parts[k] && total_add_part(&t, parts[k], names[k], order[i].factor) < 0) {
            Py_XDECREF(t.big);
            return NULL;
        }
    }
    PyObject *delta = total_delta(&t, type);
    Py_XDECREF(t.big);
    return delta;
}

/* --- arithmetic --- */

static PyObject *
delta_add(PyObject *a, PyObject *b)
{
    if (!PyDelta_Check(a) || !PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    return hob_delta_from_span(hob_delta_span(a) + hob_delta_span(b), &hob_delta_type);
}

static PyObject *
delta_subtract(PyObject *a, PyObject *b)
{
    if (!PyDelta_Check(a) || !PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    return hob_delta_from_span(hob_delta_span(a) - hob_delta_span(b), &hob_delta_type);
}

static PyObject *
delta_negative(PyObject *self)
{
    return hob_delta_negative(self);
}

static PyObject *
delta_positive(PyObject *self)
{
    return hob_delta_from_span(hob_delta_span(self), &hob_delta_type);
}

static PyObject *
delta_absolute(PyObject *self)
{
    return DELTA(self)->days < 0 ? delta_negative(self) : delta_positive(self);
}

static int
delta_bool(PyObject *self)
{
    return hob_delta_span(self) != 0;
}

/* number.as_integer_ratio() as a pair of ints. */
static status
float_ratio(PyObject *number, PyObject **top, PyObject **bottom)
{
    own PyObject *ratio = PyObject_CallMethodNoArgs(number, NAME(as_integer_ratio));
    if (!ratio) { return -1; }
    if (!PyTuple_Check(ratio)) {
        PyErr_Format(PyExc_TypeError, "unexpected return type from as_integer_ratio(): "
                     "expected tuple, got '%.200s'", Py_TYPE(ratio)->tp_name);
        return -1;
    }
    if (PyTuple_GET_SIZE(ratio) != 2) {
        PyErr_SetString(PyExc_ValueError, "as_integer_ratio() must return a 2-tuple");
        return -1;
    }
    *top = Py_NewRef(PyTuple_GET_ITEM(ratio, 0));
    *bottom = Py_NewRef(PyTuple_GET_ITEM(ratio, 1));
    return 0;
}

/* delta * top / bottom, to the nearest; top NULL is 1. */
static PyObject *
delta_scale(PyObject *delta, PyObject *top, PyObject *bottom)
{
    own PyObject *us = span_object(hob_delta_span(delta));
    if (!us) { return NULL; }
    own PyObject *product = top ? PyNumber_Multiply(us, top) : Py_NewRef(us);
    if (!product) { return NULL; }
    own PyObject *pair = _PyLong_DivmodNear(product, bottom);
    return pair ? delta_from_int(PyTuple_GET_ITEM(pair, 0), &hob_delta_type) : NULL;
}

static PyObject *
delta_times_int(PyObject *delta, PyObject *number)
{
    span factor, product, us = hob_delta_span(delta);
    tri fits = span_from_int(number, &factor);
    if (fits < 0) { return NULL; }
    if (us == 0) { return hob_delta_from_span(0, &hob_delta_type); }
    if (!fits || __builtin_mul_overflow(us, factor, &product)) { return too_large(); }
    return hob_delta_from_span(product, &hob_delta_type);
}

static PyObject *
delta_multiply(PyObject *a, PyObject *b)
{
    PyObject *delta = PyDelta_Check(a) ? a : b;
    PyObject *number = delta == a ? b : a;
    if (PyLong_Check(number)) { return delta_times_int(delta, number); }
    if (!PyFloat_Check(number)) { Py_RETURN_NOTIMPLEMENTED; }
    PyObject *top, *bottom;
    if (float_ratio(number, &top, &bottom) < 0) { return NULL; }
    PyObject *result = delta_scale(delta, top, bottom);
    Py_DECREF(top);
    Py_DECREF(bottom);
    return result;
}

static PyObject *
refuse_zero(const char *what)
{
    PyErr_SetString(PyExc_ZeroDivisionError, what);
    return NULL;
}

static PyObject *
delta_floor_divide(PyObject *a, PyObject *b)
{
    span divisor, rest;
    if (!PyDelta_Check(a)) { Py_RETURN_NOTIMPLEMENTED; }
    span us = hob_delta_span(a);
    if (PyDelta_Check(b)) {
        divisor = hob_delta_span(b);
        if (divisor == 0) { return refuse_zero("integer division or modulo by zero"); }
        return span_object(hob_calendar_floor_div(us, divisor, &rest));
    }
    if (!PyLong_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    tri fits = span_from_int(b, &divisor);
    if (fits < 0) { return NULL; }
    if (!fits) {                        /* farther from 0 than any span */
        bool negative = us != 0 && (us < 0) != (_PyLong_Sign(b) < 0);
        return hob_delta_from_span(negative ? -1 : 0, &hob_delta_type);
    }
    if (divisor == 0) { return refuse_zero("integer division or modulo by zero"); }
    return hob_delta_from_span(hob_calendar_floor_div(us, divisor, &rest), &hob_delta_type);
}

static PyObject *
delta_true_divide(PyObject *a, PyObject *b)
{
    if (!PyDelta_Check(a)) { Py_RETURN_NOTIMPLEMENTED; }
    if (PyDelta_Check(b)) {
        own PyObject *x = span_object(hob_delta_span(a));
        if (!x) { return NULL; }
        own PyObject *y = span_object(hob_delta_span(b));
        return y ? PyNumber_TrueDivide(x, y) : NULL;
    }
    if (PyLong_Check(b)) { return delta_scale(a, NULL, b); }
    if (!PyFloat_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PyObject *top, *bottom;
    if (float_ratio(b, &top, &bottom) < 0) { return NULL; }
    PyObject *result = delta_scale(a, bottom, top);
    Py_DECREF(top);
    Py_DECREF(bottom);
    return result;
}

static PyObject *
delta_remainder(PyObject *a, PyObject *b)
{
    if (!PyDelta_Check(a) || !PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    span rest, divisor = hob_delta_span(b);
    if (divisor == 0) { return refuse_zero("integer modulo by zero"); }
    hob_calendar_floor_div(hob_delta_span(a), divisor, &rest);
    return hob_delta_from_span(rest, &hob_delta_type);
}

static PyObject *
delta_divmod(PyObject *a, PyObject *b)
{
    if (!PyDelta_Check(a) || !PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    span rest, divisor = hob_delta_span(b);
    if (divisor == 0) { return refuse_zero("integer division or modulo by zero"); }
    own PyObject *q = span_object(hob_calendar_floor_div(hob_delta_span(a), divisor, &rest));
    if (!q) { return NULL; }
    own PyObject *r = hob_delta_from_span(rest, &hob_delta_type);
    return r ? PyTuple_Pack(2, q, r) : NULL;
}

static PyObject *
delta_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    span x = hob_delta_span(a), y = hob_delta_span(b);
    Py_RETURN_RICHCOMPARE(x, y, op);
}

static PyObject *
delta_fields(PyObject *self)
{
    return Py_BuildValue("(iii)", DELTA(self)->days, DELTA(self)->seconds,
                         DELTA(self)->microseconds);
}

static Py_hash_t
delta_hash(PyObject *self)
{
    if (DELTA(self)->hashcode == -1) {
        own PyObject *fields = delta_fields(self);
        if (!fields) { return -1; }
        DELTA(self)->hashcode = PyObject_Hash(fields);
    }
    return DELTA(self)->hashcode;
}

/* --- text --- */

static PyObject *
delta_repr(PyObject *self)
{
    PyDateTime_Delta *d = DELTA(self);
    char inside[96];
    int n = 0;
    inside[0] = '\0';
    if (d->days) { n += sprintf(inside, "days=%d", d->days); }
    if (d->seconds) { n += sprintf(inside + n, "%sseconds=%d", n ? ", " : "", d->seconds); }
    if (d->microseconds) {
        n += sprintf(inside + n, "%smicroseconds=%d", n ? ", " : "", d->microseconds);
    }
    return PyUnicode_FromFormat("%s(%s)", Py_TYPE(self)->tp_name, n ? inside : "0");
}

static PyObject *
delta_str(PyObject *self)
{
    PyDateTime_Delta *d = DELTA(self);
    char out[96];
    int n = 0;
    if (d->days) {
        n = sprintf(out, "%d day%s, ", d->days, d->days == 1 || d->days == -1 ? "" : "s");
    }
    n += sprintf(out + n, "%d:%02d:%02d", d->seconds / 3600, d->seconds / 60 % 60,
                 d->seconds % 60);
    if (d->microseconds) { n += sprintf(out + n, ".%06d", d->microseconds); }
    return PyUnicode_FromStringAndSize(out, n);
}

static PyObject *
delta_total_seconds(PyObject *self, PyObject *unused)
{
    span us = hob_delta_span(self);
    if (us > -(1LL << 53) && us < 1LL << 53) {  /* both exact: rounded once */
        return PyFloat_FromDouble((double)us / SECOND_US);
    }
    own PyObject *total = span_object(us);
    if (!total) { return NULL; }
    own PyObject *million = PyLong_FromLong(SECOND_US);
    return million ? PyNumber_TrueDivide(total, million) : NULL;
}

static PyObject *
delta_reduce(PyObject *self, PyObject *unused)
{
    return Py_BuildValue("(ON)", Py_TYPE(self), delta_fields(self));
}

static PyMethodDef delta_methods[] = {
    {"total_seconds", delta_total_seconds, METH_NOARGS,
     "The whole span in seconds, as a float."},
    {"__reduce__", delta_reduce, METH_NOARGS, "__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef delta_members[] = {
    {"days", T_INT, offsetof(PyDateTime_Delta, days), READONLY, "Days, the only signed part."},
    {"seconds", T_INT, offsetof(PyDateTime_Delta, seconds), READONLY,
     "Seconds beyond the days, 0 to 86399."},
    {"microseconds", T_INT, offsetof(PyDateTime_Delta, microseconds), READONLY,
     "Microseconds beyond the seconds, 0 to 999999."},
    {NULL, 0, 0, 0, NULL},
};

static PyNumberMethods delta_number = {
    .nb_add = delta_add,
    .nb_subtract = delta_subtract,
    .nb_multiply = delta_multiply,
    .nb_remainder = delta_remainder,
    .nb_divmod = delta_divmod,
    .nb_negative = delta_negative,
    .nb_positive = delta_positive,
    .nb_absolute = delta_absolute,
    .nb_bool = delta_bool,
    .nb_floor_divide = delta_floor_divide,
    .nb_true_divide = delta_true_divide,
};

PyTypeObject hob_delta_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.timedelta",
    .tp_basicsize = sizeof(PyDateTime_Delta),
    .tp_repr = delta_repr,
    .tp_as_number = &delta_number,
    .tp_hash = delta_hash,
    .tp_str = delta_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("The difference between two moments.\n\n"
                        "timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, "
                        "minutes=0, hours=0, weeks=0)\n\n"
                        "Arguments are ints or floats, of any sign, and add up."),
    .tp_richcompare = delta_richcompare,
    .tp_methods = delta_methods,
    .tp_members = delta_members,
    .tp_new = delta_new,
};

/* linetable.c -- source locations: writing them, reading them, and what of
 * that Python and the public API see.
 *
 * Layout     linetable.h describes the bytes.
 * Hazard     a program may pass any bytes as co_linetable: reading never goes
 *            past the end, and missing bytes read as zero.
 */
#include "bytecode/linetable.h"

#include <structmember.h>

#include "bytecode/code.h"
#include "memory/own.h"

enum {
    FORM_SHORT = PY_CODE_LOCATION_INFO_SHORT0,
    FORM_ONE_LINE = PY_CODE_LOCATION_INFO_ONE_LINE0,
    FORM_NO_COLUMNS = PY_CODE_LOCATION_INFO_NO_COLUMNS,
    FORM_LONG = PY_CODE_LOCATION_INFO_LONG,
    FORM_NONE = PY_CODE_LOCATION_INFO_NONE,
    MOST_UNITS = 8,                     /* one entry can speak of */
    LONGEST_ENTRY = 1 + 4 * 7,
};

/* --- writing --- */

static void
put_number(hob_buffer *table, unsigned value)
{
    while (value >= 64) {
        hob_buffer_put(table, 64 | (value & 63));
        value >>= 6;
    }
    hob_buffer_put(table, value);
}

static void
put_signed(hob_buffer *table, int value)
{
    unsigned magnitude = value < 0 ? -(unsigned)value : (unsigned)value;
    put_number(table, magnitude << 1 | (value < 0));
}

static void
put_head(hob_buffer *table, int form, int n_units)
{
    hob_buffer_put(table, 0x80 | form << 3 | (n_units - 1));
}

static void
put_entry(hob_buffer *table, int *line, hob_location where, int n_units)
{
    if (where.line < 0) {
        put_head(table, FORM_NONE, n_units);
        return;
    }

    int delta = where.line - *line;
    int column = where.column, end_column = where.end_column;
    bool one_line = where.end_line == where.line;
    *line = where.line;

    if (column < 0 || end_column < 0) {
        if (one_line || where.end_line < 0) {
            put_head(table, FORM_NO_COLUMNS, n_units);
            put_signed(table, delta);
            return;
        }
    }
    else if (one_line) {
        if (delta == 0 && column < 80 && end_column >= column && end_column - column < 16) {
            put_head(table, FORM_SHORT + (column >> 3), n_units);
            hob_buffer_put(table, (column & 7) << 4 | (end_column - column));
            return;
        }
        if (delta >= 0 && delta < 3 && column < 128 && end_column < 128) {
            put_head(table, FORM_ONE_LINE + delta, n_units);
            hob_buffer_put(table, column);
            hob_buffer_put(table, end_column);
            return;
        }
    }
    put_head(table, FORM_LONG, n_units);
    put_signed(table, delta);
    put_number(table, where.end_line - where.line);
    put_number(table, column + 1);
    put_number(table, end_column + 1);
}

status
hob_linetable_add(hob_buffer *table, int *line, hob_location where, int n_units)
{
    while (n_units > 0) {
        int n = n_units < MOST_UNITS ? n_units : MOST_UNITS;
        if (hob_buffer_reserve(table, LONGEST_ENTRY) < 0) { return -1; }
        put_entry(table, line, where, n);
        n_units -= n;
    }
    return 0;
}

/* --- reading --- */

static unsigned
take_byte(hob_linetable_reader *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

static unsigned
take_number(hob_linetable_reader *r)
{
    unsigned byte = take_byte(r), value = byte & 63;
    for (int shift = 6; byte & 64; shift += 6) {
        byte = take_byte(r);
        if (shift < 32) { value |= (byte & 63) << shift; }
    }
    return value;
}

static int
take_signed(hob_linetable_reader *r)
{
    unsigned value = take_number(r);
    return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

static void
take_location(hob_linetable_reader *r, int form)
{
    hob_location *where = &r->where;
    if (form == FORM_NONE) {
        *where = HOB_NOWHERE;
        return;
    }
    if (form == FORM_LONG || form == FORM_NO_COLUMNS) {
        r->line += take_signed(r);
    }
    else if (form >= FORM_ONE_LINE) {
        r->line += form - FORM_ONE_LINE;
    }
    *where = (hob_location){r->line, r->line, -1, -1};

    if (form == FORM_LONG) {
        where->end_line += (int)take_number(r);
        where->column = (int)take_number(r) - 1;
        where->end_column = (int)take_number(r) - 1;
    }
    else if (form >= FORM_ONE_LINE && form != FORM_NO_COLUMNS) {
        where->column = (int)take_byte(r);
        where->end_column = (int)take_byte(r);
    }
    else if (form < FORM_ONE_LINE) {
        unsigned byte = take_byte(r);
        where->column = form << 3 | (byte >> 4 & 7);
        where->end_column = where->column + (int)(byte & 15);
    }
}

static void
open_table(hob_linetable_reader *r, PyObject *table, int line)
{
    r->at = (const uint8_t *)PyBytes_AS_STRING(table);
    r->end = r->at + PyBytes_GET_SIZE(table);
    r->line = line;
    r->start = r->stop = 0;
    r->where = HOB_NOWHERE;
}

void
hob_linetable_open(hob_linetable_reader *r, PyCodeObject *co)
{
    open_table(r, co->co_linetable, co->co_firstlineno);
}

bool
hob_linetable_next(hob_linetable_reader *r)
{
    if (r->at >= r->end) { return false; }

    unsigned head = *r->at++;
    r->form = head >> 3 & 15;
    r->start = r->stop;
    r->stop += (int)((head & 7) + 1) * (int)sizeof(_Py_CODEUNIT);
    take_location(r, r->form);
    while (r->at < r->end && !(*r->at & 0x80)) { r->at++; }     /* only in hostile tables */
    return true;
}

PyObject *
hob_linetable_strip(PyObject *table)
{
    hob_linetable_reader r;
    hob_buffer lines = {0};
    PyObject *result = NULL;
    open_table(&r, table, 0);
    for (int line = 0; hob_linetable_next(&r); line = r.line) {
        if (hob_buffer_reserve(&lines, LONGEST_ENTRY) < 0) { goto done; }
        int n_units = (r.stop - r.start) / (int)sizeof(_Py_CODEUNIT);
        bool is_nowhere = r.form == FORM_NONE;
        put_head(&lines, is_nowhere ? FORM_NONE : FORM_NO_COLUMNS, n_units);
        if (!is_nowhere) { put_signed(&lines, r.line - line); }
    }
    result = hob_buffer_bytes(&lines);
done:
    hob_buffer_clear(&lines);
    return result;
}

/* --- what Python sees --- */

typedef struct {
    PyObject_HEAD
    PyCodeObject *code;                 /* owned */
    hob_linetable_reader reader;
    int offset;                         /* position iterator: of the next unit */
} location_iterator;

static PyObject *
iterator_new(PyTypeObject *type, PyCodeObject *co)
{
    location_iterator *it = (location_iterator *)PyType_GenericAlloc(type, 0);
    if (!it) { return NULL; }
    it->code = (PyCodeObject *)Py_NewRef(co);
    hob_linetable_open(&it->reader, co);
    return (PyObject *)it;
}

static void
iterator_dealloc(location_iterator *it)
{
    Py_DECREF(it->code);
    Py_TYPE(it)->tp_free(it);
}

static PyObject *                       /* None for a negative number */
number_or_none(int number)
{
    return number < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(number);
}

static PyObject *
line_iterator_next(location_iterator *it)
{
    if (!hob_linetable_next(&it->reader)) { return NULL; }

    own PyObject *start = PyLong_FromLong(it->reader.start);
    own PyObject *stop = PyLong_FromLong(it->reader.stop);
    own PyObject *line = number_or_none(it->reader.where.line);
    if (!start || !stop || !line) { return NULL; }
    return PyTuple_Pack(3, start, stop, line);
}

static PyObject *
position_iterator_next(location_iterator *it)
{
    while (it->offset >= it->reader.stop) {
        if (!hob_linetable_next(&it->reader)) { return NULL; }
    }
    it->offset += (int)sizeof(_Py_CODEUNIT);

    const hob_location *where = &it->reader.where;
    own PyObject *line = number_or_none(where->line);
    own PyObject *end_line = number_or_none(where->end_line);
    own PyObject *column = number_or_none(where->column);
    own PyObject *end_column = number_or_none(where->end_column);
    if (!line || !end_line || !column || !end_column) { return NULL; }
    return PyTuple_Pack(4, line, end_line, column, end_column);
}

#define LOCATION_ITERATOR(cname, pyname, next)                  \
    PyTypeObject cname = {                                      \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                  \
        .tp_name = pyname,                                      \
        .tp_basicsize = sizeof(location_iterator),              \
        .tp_dealloc = (destructor)iterator_dealloc,             \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,   \
        .tp_iter = PyObject_SelfIter,                           \
        .tp_iternext = (iternextfunc)next,                      \
        .tp_alloc = PyType_GenericAlloc,                        \
        .tp_free = PyObject_Del,                                \
    }

LOCATION_ITERATOR(hob_line_iterator_type, "line_iterator", line_iterator_next);
LOCATION_ITERATOR(hob_position_iterator_type, "positions_iterator", position_iterator_next);

PyObject *
hob_code_lines(PyCodeObject *co)
{
    return iterator_new(&hob_line_iterator_type, co);
}

PyObject *
hob_code_positions(PyCodeObject *co)
{
    return iterator_new(&hob_position_iterator_type, co);
}

/* Put (offset step, line step) pairs; a step too large for a byte takes several. */
static status
put_steps(hob_buffer *table, int offset_step, int line_step)
{
    while (offset_step > 255) {
        if (hob_buffer_reserve(table, 2) < 0) { return -1; }
        hob_buffer_put(table, 255);
        hob_buffer_put(table, 0);
        offset_step -= 255;
    }
    do {
        int step = line_step > 127 ? 127 : line_step < -128 ? -128 : line_step;
        if (hob_buffer_reserve(table, 2) < 0) { return -1; }
        hob_buffer_put(table, offset_step);
        hob_buffer_put(table, step & 255);
        line_step -= step;
        offset_step = 0;
    } while (line_step != 0);
    return 0;
}

/* The line table in the form it had up to 3.9. */
PyObject *
hob_code_lnotab(PyCodeObject *co)
{
    hob_linetable_reader r;
    hob_buffer table = {0};
    PyObject *result = NULL;
    int offset = 0, line = co->co_firstlineno;

    hob_linetable_open(&r, co);
    while (hob_linetable_next(&r)) {
        if (r.line == line) { continue; }
        if (put_steps(&table, r.start - offset, r.line - line) < 0) { goto done; }
        offset = r.start;
        line = r.line;
    }
    result = hob_buffer_bytes(&table);
done:
    hob_buffer_clear(&table);
    return result;
}

/* --- public API --- */

/* Fill r with the entry that covers the byte offset; false if none does. */
static bool
find_entry(hob_linetable_reader *r, PyCodeObject *co, int offset)
{
    hob_linetable_open(r, co);
    while (hob_linetable_next(r)) {
        if (offset < r->stop) { return true; }
    }
    return false;
}

HOB_EXPORT int
PyCode_Addr2Line(PyCodeObject *co, int offset)
{
    if (offset < 0) { return co->co_firstlineno; }

    hob_linetable_reader r;
    return find_entry(&r, co, offset) ? r.where.line : -1;
}

HOB_EXPORT int
PyCode_Addr2Location(PyCodeObject *co, int offset, int *line, int *column, int *end_line,
                     int *end_column)
{
    if (offset < 0) {
        *line = *end_line = co->co_firstlineno;
        *column = *end_column = 0;
        return 1;
    }
    hob_linetable_reader r;
    hob_location where = find_entry(&r, co, offset) ? r.where : HOB_NOWHERE;
    *line = where.line;
    *column = where.column;
    *end_line = where.end_line;
    *end_column = where.end_column;
    return 1;
}

/* One entry forward: the reader's state lives in the public bounds. */
static bool
bounds_advance(PyCodeAddressRange *bounds)
{
    hob_linetable_reader r = {
        .at = bounds->opaque.lo_next, .end = bounds->opaque.limit,
        .line = bounds->opaque.computed_line, .stop = bounds->ar_end};
    if (!hob_linetable_next(&r)) { return false; }
    bounds->ar_start = r.start;
    bounds->ar_end = r.stop;
    bounds->ar_line = r.where.line;
    bounds->opaque.computed_line = r.line;
    bounds->opaque.lo_next = r.at;
    return true;
}

/* One entry back: entries can be found backwards by their first byte, and the step
 * of lines that the current one made is taken back. */
static bool
bounds_retreat(PyCodeAddressRange *bounds)
{
    if (bounds->ar_start <= 0) { return false; }

    const uint8_t *entry = bounds->opaque.lo_next;      /* end of the current entry */
    do { entry--; } while (!(*entry & 0x80));           /* its head */
    hob_linetable_reader now = {.at = entry, .end = bounds->opaque.lo_next};
    hob_linetable_next(&now);                           /* .line is its step alone */
    const uint8_t *before = entry;
    do { before--; } while (!(*before & 0x80));
    hob_linetable_reader back = {.at = before, .end = entry};
    hob_linetable_next(&back);

    bounds->opaque.computed_line -= now.line;
    bounds->opaque.lo_next = entry;
    bounds->ar_end = bounds->ar_start;
    bounds->ar_start -= back.stop;
    bounds->ar_line = back.form == FORM_NONE ? -1 : bounds->opaque.computed_line;
    return true;
}

HOB_EXPORT int
_PyCode_CheckLineNumber(int lasti, PyCodeAddressRange *bounds)
{
    while (bounds->ar_end <= lasti) {
        if (!bounds_advance(bounds)) { return -1; }
    }
    while (bounds->ar_start > lasti) {
        if (!bounds_retreat(bounds)) { return -1; }
    }
    return bounds->ar_line;
}

/* convert.c -- syntax trees to `ast` objects and back, both driven by the grammar's
 * tables.
 *
 * To objects     every node a new instance; Load, Add .. are shared.
 * From objects   anything goes in: subclasses, properties that run code, lists that
 *                change under us.  Only types and presence are checked here; what
 *                makes sense is validate.c's.
 * Depth          trees as deep as the recursion limit allows, times three, since a
 *                level of C costs less than one of Python.
 */
#include "syntax/ast_types.h"
#include "syntax/syntax.h"

#include "memory/own.h"
#include "state/c_stack.h"

#include <string.h>

enum { LEVELS_PER_FRAME = 3 };

extern hob_seq hob_seq_empty;

static const hob_ast_shape *
shape_of(const hob_ast_type *type, const void *node)
{
    int kind = type->kind == AST_PRODUCT ? 1 : *(const int *)node;
    return &hob_ast_shapes[type->first_shape + kind - 1];
}

/* --- to objects --- */

typedef struct {
    const hob_ast_objects *objects;
    int depth, limit;
} writer;

static PyObject *node_to_object(writer *w, const void *node, int type);

static PyObject *
enum_to_object(writer *w, int value, int type)
{
    return Py_NewRef(w->objects->singletons[hob_ast_types[type].first_shape + value - 1]);
}

static PyObject *
item_to_object(writer *w, const hob_ast_field *field, const hob_seq *seq, Py_ssize_t i)
{
    if (field->kind == AST_FIELD_ENUM) {
        return enum_to_object(w, ((const hob_cmpop_seq *)seq)->items[i], field->target);
    }
    if (field->kind == AST_FIELD_NODE) { return node_to_object(w, seq->items[i], field->target); }
    return Py_NewRef((PyObject *)seq->items[i]);
}

static PyObject *
field_to_object(writer *w, const hob_ast_field *field, const void *node)
{
    const void *slot = (const char *)node + field->offset;
    if (field->quantity >= AST_MANY) {
        const hob_seq *seq = *(hob_seq *const *)slot;
        own PyObject *list = PyList_New(seq->size);
        if (!list) { return NULL; }
        for (Py_ssize_t i = 0; i < seq->size; i++) {
            PyObject *item = item_to_object(w, field, seq, i);
            if (!item) { return NULL; }
            PyList_SET_ITEM(list, i, item);
        }
        return take(list);
    }
    switch ((hob_ast_field_kind)field->kind) {
    case AST_FIELD_INT: return PyLong_FromLong(*(const int *)slot);
    case AST_FIELD_ENUM: return enum_to_object(w, *(const int *)slot, field->target);
    case AST_FIELD_NODE: return node_to_object(w, *(void *const *)slot, field->target);
    default: break;
    }
    PyObject *op = *(PyObject *const *)slot;
    return Py_NewRef(op ? op : Py_None);
}

static status
set_span(writer *w, PyObject *result, const hob_span *at)
{
    const int *numbers = &at->lineno;
    for (int i = 0; i < 4; i++) {
        own PyObject *number = PyLong_FromLong(numbers[i]);
        if (!number || PyObject_SetAttr(result, PyTuple_GET_ITEM(w->objects->attributes, i),
                                        number) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
node_to_object(writer *w, const void *node, int type)
{
    if (!node) { Py_RETURN_NONE; }
    if (++w->depth > w->limit || hob_c_stack_is_low()) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during ast construction");
        return NULL;
    }
    const hob_ast_type *row = &hob_ast_types[type];
    const hob_ast_shape *shape = shape_of(row, node);
    Py_ssize_t at = shape - hob_ast_shapes;
    PyTypeObject *cls = (PyTypeObject *)w->objects->shapes[at];
    own PyObject *result = PyType_GenericNew(cls, NULL, NULL);
    if (!result) { return NULL; }
    for (int i = 0; i < shape->n_fields; i++) {
        own PyObject *value = field_to_object(w, &shape->fields[i], node);
        if (!value || PyObject_SetAttr(result, PyTuple_GET_ITEM(w->objects->fields[at], i),
                                       value) < 0) {
            return NULL;
        }
    }
    if (row->has_span
        && set_span(w, result, (const hob_span *)((const char *)node + row->span_offset)) < 0) {
        return NULL;
    }
    w->depth--;
    return take(result);
}

PyObject *
hob_ast_to_object(hob_mod *mod)
{
    PyThreadState *ts = PyThreadState_Get();
    writer w = {.objects = hob_ast_objects_get(), .limit = ts->recursion_limit};
    if (!w.objects) { return NULL; }
    w.depth = ts->recursion_limit - ts->recursion_remaining;
    if (w.depth < INT_MAX / LEVELS_PER_FRAME) { w.depth *= LEVELS_PER_FRAME; }
    if (w.limit < INT_MAX / LEVELS_PER_FRAME) { w.limit *= LEVELS_PER_FRAME; }

    int before = w.depth;
    PyObject *result = node_to_object(&w, mod, AST_TYPE_MOD);
    if (result && before != w.depth) {
        PyErr_Format(PyExc_SystemError,
                     "AST constructor recursion depth mismatch (before=%d, after=%d)", before,
                     w.depth);
        Py_CLEAR(result);
    }
    return result;
}

/* --- from objects --- */

typedef struct {
    const hob_ast_objects *objects;
    hob_arena *arena;
} reader;

static status object_to_node(reader *r, PyObject *op, int type, void **out);

static PyObject *
keep(reader *r, PyObject *op)
{
    return hob_arena_keep(r->arena, Py_NewRef(op));
}

static status
missing(const char *field, const char *owner)
{
    PyErr_Format(PyExc_TypeError, "required field \"%s\" missing from %s", field, owner);
    return -1;
}

static status
object_to_int(PyObject *op, int *out)
{
    if (!PyLong_Check(op)) {
        PyErr_Format(PyExc_ValueError, "invalid integer value: %R", op);
        return -1;
    }
    *out = _PyLong_AsInt(op);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

static status
object_to_enum(reader *r, PyObject *op, int type, int *out)
{
    const hob_ast_type *row = &hob_ast_types[type];
    for (int k = 0; k < row->n_shapes; k++) {
        int fits = PyObject_IsInstance(op, r->objects->shapes[row->first_shape + k]);
        if (fits < 0) { return -1; }
        if (fits) {
            *out = k + 1;
            return 0;
        }
    }
    PyErr_Format(PyExc_TypeError, "expected some sort of %s, but got %R", row->name, op);
    return -1;
}

/* Strings and constants; None gives NULL where a name or string is meant. */
static status
object_to_leaf(reader *r, PyObject *op, hob_ast_field_kind kind, PyObject **out)
{
    *out = NULL;
    if (kind == AST_FIELD_CONSTANT) {
        *out = keep(r, op);
        return *out ? 0 : -1;
    }
    if (op == Py_None) { return 0; }
    if (kind == AST_FIELD_IDENTIFIER ? !PyUnicode_CheckExact(op)
                                     : !PyUnicode_CheckExact(op) && !PyBytes_CheckExact(op)) {
        PyErr_SetString(PyExc_TypeError, kind == AST_FIELD_IDENTIFIER
                                             ? "AST identifier must be of type str"
                                             : "AST string must be of type str");
        return -1;
    }
    *out = keep(r, op);
    return *out ? 0 : -1;
}

/* One value into slot, of the kind the field wants. */
static status
object_to_slot(reader *r, const hob_ast_field *field, PyObject *op, void *slot)
{
    switch ((hob_ast_field_kind)field->kind) {
    case AST_FIELD_INT: return object_to_int(op, slot);
    case AST_FIELD_ENUM: return object_to_enum(r, op, field->target, slot);
    case AST_FIELD_NODE: return object_to_node(r, op, field->target, slot);
    default: return object_to_leaf(r, op, field->kind, slot);
    }
}

static status
read_item(reader *r, const hob_ast_shape *shape, const hob_ast_field *field, PyObject *list,
          Py_ssize_t i, hob_seq *seq)
{
    own PyObject *item = Py_NewRef(PyList_GET_ITEM(list, i));
    void *slot = field->kind == AST_FIELD_ENUM ? (void *)&((hob_cmpop_seq *)seq)->items[i]
                                               : (void *)&seq->items[i];
    if (Py_EnterRecursiveCall(shape->where)) { return -1; }
    status done = object_to_slot(r, field, item, slot);
    Py_LeaveRecursiveCall();
    if (done == 0 && field->kind == AST_FIELD_IDENTIFIER && !seq->items[i]) {
        PyErr_SetString(PyExc_TypeError, "AST identifier must be of type str");
        return -1;
    }
    return done;
}

static status
read_list(reader *r, const hob_ast_shape *shape, const hob_ast_field *field, PyObject *list,
          hob_seq **out)
{
    if (!PyList_Check(list)) {
        PyErr_Format(PyExc_TypeError, "%s field \"%s\" must be a list, not a %.200s", shape->name,
                     field->name, _PyType_Name(Py_TYPE(list)));
        return -1;
    }
    Py_ssize_t n = PyList_GET_SIZE(list);
    *out = n ? hob_seq_new(n, r->arena) : &hob_seq_empty;
    if (!*out) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (read_item(r, shape, field, list, i, *out) < 0) { return -1; }
        if (n != PyList_GET_SIZE(list)) {
            PyErr_Format(PyExc_RuntimeError, "%s field \"%s\" changed size during iteration",
                         shape->name, field->name);
            return -1;
        }
    }
    return 0;
}

static bool
may_be_none(const hob_ast_field *field)
{
    return field->quantity == AST_OPTIONAL || field->kind == AST_FIELD_CONSTANT;
}

static status
read_field(reader *r, const hob_ast_shape *shape, int i, PyObject *op, void *node)
{
    const hob_ast_field *field = &shape->fields[i];
    void *slot = (char *)node + field->offset;
    PyObject *name = PyTuple_GET_ITEM(r->objects->fields[shape - hob_ast_shapes], i);
    own PyObject *value = NULL;
    if (_PyObject_LookupAttr(op, name, &value) < 0) { return -1; }
    if (field->quantity == AST_OPTIONAL && (!value || value == Py_None)) { return 0; }
    if (!value) { return missing(field->name, shape->name); }
    if (field->quantity >= AST_MANY) {
        return read_list(r, shape, field, value, slot);
    }
    if (Py_EnterRecursiveCall(shape->where)) { return -1; }
    status done = object_to_slot(r, field, value, slot);
    Py_LeaveRecursiveCall();
    return done;
}

/* Nodes and names that were None where something has to be. */
static status
check_required(const hob_ast_shape *shape, const void *node)
{
    for (int i = 0; i < shape->n_fields; i++) {
        const hob_ast_field *field = &shape->fields[i];
        if (field->quantity != AST_ONE || may_be_none(field) || field->kind == AST_FIELD_INT
            || field->kind == AST_FIELD_ENUM) {
            continue;
        }
        if (!*(void *const *)((const char *)node + field->offset)) {
            PyErr_Format(PyExc_ValueError, "field '%s' is required for %s", field->name,
                         shape->name);
            return -1;
        }
    }
    return 0;
}

static status
read_span(reader *r, const hob_ast_type *row, PyObject *op, hob_span *at)
{
    int *numbers = &at->lineno;
    for (int i = 0; i < 4; i++) {
        PyObject *name = PyTuple_GET_ITEM(r->objects->attributes, i);
        own PyObject *value = NULL;
        if (_PyObject_LookupAttr(op, name, &value) < 0) { return -1; }
        if (i >= 2 && row->end_is_optional && (!value || value == Py_None)) {
            numbers[i] = numbers[i - 2];
            continue;
        }
        if (!value) { return missing(PyUnicode_AsUTF8(name), row->name); }
        if (Py_EnterRecursiveCall(row->where)) { return -1; }
        status done = object_to_int(value, &numbers[i]);
        Py_LeaveRecursiveCall();
        if (done < 0) { return -1; }
    }
    return 0;
}

/* Which constructor of the type op is an instance of; NULL with an exception. */
static const hob_ast_shape *
find_shape(reader *r, const hob_ast_type *row, PyObject *op)
{
    PyObject *const *shapes = r->objects->shapes + row->first_shape;
    for (int k = 0; k < row->n_shapes; k++) {
        if (shapes[k] == (PyObject *)Py_TYPE(op)) { return &hob_ast_shapes[row->first_shape + k]; }
    }
    for (int k = 0; k < row->n_shapes; k++) {
        int fits = PyObject_IsInstance(op, shapes[k]);
        if (fits < 0) { return NULL; }
        if (fits) { return &hob_ast_shapes[row->first_shape + k]; }
    }
    PyErr_Format(PyExc_TypeError, "expected some sort of %s, but got %R", row->name, op);
    return NULL;
}

static status
object_to_node(reader *r, PyObject *op, int type, void **out)
{
    const hob_ast_type *row = &hob_ast_types[type];
    *out = NULL;
    if (row->kind == AST_SUM && op == Py_None) { return 0; }

    void *node = hob_arena_alloc(r->arena, row->size);
    if (!node) { return -1; }
    memset(node, 0, row->size);
    hob_span *at = (hob_span *)((char *)node + row->span_offset);
    const hob_ast_shape *shape = &hob_ast_shapes[row->first_shape];
    if (row->kind == AST_SUM) {
        if (row->has_span && read_span(r, row, op, at) < 0) { return -1; }
        shape = find_shape(r, row, op);
        if (!shape) { return -1; }
        *(int *)node = shape->kind;
    }
    for (int i = 0; i < shape->n_fields; i++) {
        if (read_field(r, shape, i, op, node) < 0) { return -1; }
    }
    if (row->kind == AST_PRODUCT && row->has_span && read_span(r, row, op, at) < 0) { return -1; }
    if (check_required(shape, node) < 0) { return -1; }
    *out = node;
    return 0;
}

hob_mod *
hob_ast_from_object(PyObject *op, hob_arena *arena, int mode)
{
    static const hob_mod_kind wanted[] = {MOD_MODULE, MOD_EXPRESSION, MOD_INTERACTIVE};
    if (PySys_Audit("compile", "OO", op, Py_None) < 0) { return NULL; }
    reader r = {.objects = hob_ast_objects_get(), .arena = arena};
    if (!r.objects || mode < 0 || mode > 2) { return NULL; }

    int at = hob_ast_types[AST_TYPE_MOD].first_shape + wanted[mode] - 1;
    int fits = PyObject_IsInstance(op, r.objects->shapes[at]);
    if (fits < 0) { return NULL; }
    if (!fits) {
        PyErr_Format(PyExc_TypeError, "expected %s node, got %.400s", hob_ast_shapes[at].name,
                     _PyType_Name(Py_TYPE(op)));
        return NULL;
    }
    void *mod;
    return object_to_node(&r, op, AST_TYPE_MOD, &mod) < 0 ? NULL : mod;
}

tri
hob_ast_check(PyObject *op)
{
    const hob_ast_objects *objects = hob_ast_objects_get();
    return objects ? PyObject_IsInstance(op, objects->base) : -1;
}

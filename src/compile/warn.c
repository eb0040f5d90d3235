/* warn.c -- SyntaxWarnings for what is legal, but hardly meant.
 *
 * All but one come from a display or literal in a place where its type can do
 * nothing sensible, as after a forgotten comma: [(1, 2) (3, 4)].
 */
#include "compile/emit.h"

/* The type of e, if its syntax tells; else NULL. */
static const PyTypeObject *
type_of(const hob_expr *e)
{
    switch (e->kind) {
    case EXPR_TUPLE: return &PyTuple_Type;
    case EXPR_LIST:
    case EXPR_LIST_COMP: return &PyList_Type;
    case EXPR_DICT:
    case EXPR_DICT_COMP: return &PyDict_Type;
    case EXPR_SET:
    case EXPR_SET_COMP: return &PySet_Type;
    case EXPR_GENERATOR_EXP: return &PyGen_Type;
    case EXPR_LAMBDA: return &PyFunction_Type;
    case EXPR_JOINED_STR:
    case EXPR_FORMATTED_VALUE: return &PyUnicode_Type;
    case EXPR_CONSTANT: return Py_TYPE(e->v.constant.value);
    default: return NULL;
    }
}

/* --- is --- */

static bool
has_identity(const hob_expr *e)         /* and not only equality */
{
    if (e->kind != EXPR_CONSTANT) { return true; }
    PyObject *value = e->v.constant.value;
    return value == Py_None || value == Py_False || value == Py_True || value == Py_Ellipsis;
}

void
hob_compile_warn_compare(hob_compiler *c, hob_expr *e)
{
    bool left = has_identity(e->v.compare.left);
    for (Py_ssize_t i = 0; i < e->v.compare.ops->size; i++) {
        hob_cmpop op = e->v.compare.ops->items[i];
        bool right = has_identity(e->v.compare.comparators->items[i]);
        if ((op == CMPOP_IS || op == CMPOP_IS_NOT) && (!left || !right)) {
            hob_compile_warning(c, op == CMPOP_IS
                                ? "\"is\" with a literal. Did you mean \"==\"?"
                                : "\"is not\" with a literal. Did you mean \"!=\"?");
            return;
        }
        left = right;
    }
}

/* --- forgotten commas --- */

void
hob_compile_warn_call(hob_compiler *c, hob_expr *func)
{
    if (func->kind == EXPR_LAMBDA) { return; }
    const PyTypeObject *type = type_of(func);
    if (type) {
        hob_compile_warning(c, "'%.200s' object is not callable; perhaps you missed a comma?",
                            type->tp_name);
    }
}

static bool
is_never_subscriptable(const hob_expr *e)
{
    if (e->kind == EXPR_CONSTANT) {
        PyObject *v = e->v.constant.value;
        return v == Py_None || v == Py_Ellipsis || PyLong_Check(v) || PyFloat_Check(v)
            || PyComplex_Check(v) || PyAnySet_Check(v);
    }
    return e->kind == EXPR_SET || e->kind == EXPR_SET_COMP || e->kind == EXPR_GENERATOR_EXP
        || e->kind == EXPR_LAMBDA;
}

static bool
is_sequence(const hob_expr *e)          /* that takes integers and slices only */
{
    if (e->kind == EXPR_CONSTANT) {
        PyObject *v = e->v.constant.value;
        return PyUnicode_Check(v) || PyBytes_Check(v) || PyTuple_Check(v);
    }
    return e->kind == EXPR_TUPLE || e->kind == EXPR_LIST || e->kind == EXPR_LIST_COMP
        || e->kind == EXPR_JOINED_STR || e->kind == EXPR_FORMATTED_VALUE;
}

void
hob_compile_warn_subscript(hob_compiler *c, hob_expr *value, hob_expr *slice)
{
    if (is_never_subscriptable(value)) {
        hob_compile_warning(c, "'%.200s' object is not subscriptable; "
                            "perhaps you missed a comma?", type_of(value)->tp_name);
    }
    if (!is_sequence(value)) { return; }

    const PyTypeObject *index = type_of(slice);
    if (!index || PyType_FastSubclass((PyTypeObject *)index, Py_TPFLAGS_LONG_SUBCLASS)
        || index == &PySlice_Type) {
        return;
    }
    hob_compile_warning(c, "%.200s indices must be integers or slices, not %.200s; "
                        "perhaps you missed a comma?", type_of(value)->tp_name, index->tp_name);
}

/* kinds.h -- the layouts of exceptions and the functions each brings along.
 *
 * A kind is a C struct of pyerrors.h and, for the types of that kind:
 *
 *     hob_<kind>_new _init _dealloc _traverse _clear _str
 *     hob_<kind>_methods _members _getset
 *
 * Those that a kind does not have are macros for NULL or for the base's.
 * For files of objects/exceptions/ only.
 */
#pragma once
#include <Python.h>

#include <structmember.h>

#include "memory/own.h"
#include "objects/exceptions/exceptions.h"

#define X(name, base, kind, makes, doc) extern PyTypeObject hob_##name##_type;
#include "objects/exceptions/exceptions.def"
#undef X

/* --- base --- */
PyObject *hob_base_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int       hob_base_init(PyObject *self, PyObject *args, PyObject *kwargs);
int       hob_base_clear(PyObject *self);
int       hob_base_traverse(PyObject *self, visitproc visit, void *arg);
void      hob_base_dealloc(PyObject *self);
PyObject *hob_base_str(PyObject *self);
PyObject *hob_base_repr(PyObject *self);
/* (type, args[, dict]) */
PyObject *hob_base_reduce_with(PyObject *self, PyObject *args, PyObject *dict);
extern PyMethodDef hob_base_methods[];
extern PyMemberDef hob_base_members[];
extern PyGetSetDef hob_base_getset[];

/* What a kind with more fields adds to clear, traverse and dealloc. */
#define EXC_FIELD_CLEAR(field) Py_CLEAR(self->field);
#define EXC_FIELD_VISIT(field) Py_VISIT(self->field);
#define EXCEPTION_MEMORY(kind, Struct, FIELDS)                                  \
    int                                                                         \
    hob_##kind##_clear(PyObject *op)                                            \
    {                                                                           \
        Struct *self = (Struct *)op;                                            \
        FIELDS(EXC_FIELD_CLEAR)                                                 \
        return hob_base_clear(op);                                              \
    }                                                                           \
    int                                                                         \
    hob_##kind##_traverse(PyObject *op, visitproc visit, void *arg)             \
    {                                                                           \
        Struct *self = (Struct *)op;                                            \
        FIELDS(EXC_FIELD_VISIT)                                                 \
        return hob_base_traverse(op, visit, arg);                               \
    }                                                                           \
    void                                                                        \
    hob_##kind##_dealloc(PyObject *op)                                          \
    {                                                                           \
        PyObject_GC_UnTrack(op);                                                \
        Py_TRASHCAN_BEGIN(op, hob_##kind##_dealloc)                             \
        hob_##kind##_clear(op);                                                 \
        Py_TYPE(op)->tp_free(op);                                               \
        Py_TRASHCAN_END                                                         \
    }

#define EXCEPTION_KIND(kind)                                                    \
    int  hob_##kind##_init(PyObject *self, PyObject *args, PyObject *kwargs);   \
    int  hob_##kind##_clear(PyObject *self);                                    \
    int  hob_##kind##_traverse(PyObject *self, visitproc visit, void *arg);     \
    void hob_##kind##_dealloc(PyObject *self);                                  \
    PyObject *hob_##kind##_str(PyObject *self);                                 \
    extern PyMemberDef hob_##kind##_members[];
EXCEPTION_KIND(stop)
EXCEPTION_KIND(exit)
EXCEPTION_KIND(import)
EXCEPTION_KIND(name)
EXCEPTION_KIND(attribute)
EXCEPTION_KIND(os)
EXCEPTION_KIND(syntax)
EXCEPTION_KIND(unicode)
EXCEPTION_KIND(group)
#undef EXCEPTION_KIND

#define hob_stop_new        hob_base_new
#define hob_stop_str        NULL
#define hob_stop_methods    NULL
#define hob_stop_getset     NULL
#define hob_exit_new        hob_base_new
#define hob_exit_str        NULL
#define hob_exit_methods    NULL
#define hob_exit_getset     NULL

extern PyMethodDef hob_import_methods[];
#define hob_import_new      hob_base_new
#define hob_import_getset   NULL

#define hob_name_new        hob_base_new
#define hob_name_str        hob_base_str
extern PyMethodDef hob_name_methods[];
#define hob_name_getset     NULL
#define hob_attribute_new     hob_base_new
#define hob_attribute_str     hob_base_str
extern PyMethodDef hob_attribute_methods[];
#define hob_attribute_getset  NULL

PyObject *hob_key_str(PyObject *self);
#define hob_key_new         hob_base_new
#define hob_key_init        hob_base_init
#define hob_key_dealloc     hob_base_dealloc
#define hob_key_traverse    hob_base_traverse
#define hob_key_clear       hob_base_clear
#define hob_key_methods     NULL
#define hob_key_members     NULL
#define hob_key_getset      NULL

PyObject *hob_memory_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
void      hob_memory_dealloc(PyObject *self);
status    hob_memory_fill(void);
#define hob_memory_init     hob_base_init
#define hob_memory_traverse hob_base_traverse
#define hob_memory_clear    hob_base_clear
#define hob_memory_str      NULL
#define hob_memory_methods  NULL
#define hob_memory_members  NULL
#define hob_memory_getset   NULL

PyObject *hob_os_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
extern PyMethodDef hob_os_methods[];
extern PyGetSetDef hob_os_getset[];
status hob_os_fill_errno_map(void);

#define hob_syntax_new      hob_base_new
#define hob_syntax_methods  NULL
#define hob_syntax_getset   NULL

/* The three Unicode errors share memory and members. */
int       hob_encode_init(PyObject *self, PyObject *args, PyObject *kwargs);
int       hob_decode_init(PyObject *self, PyObject *args, PyObject *kwargs);
int       hob_translate_init(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *hob_encode_str(PyObject *self);
PyObject *hob_decode_str(PyObject *self);
PyObject *hob_translate_str(PyObject *self);
#define hob_encode_new         hob_base_new
#define hob_encode_dealloc     hob_unicode_dealloc
#define hob_encode_traverse    hob_unicode_traverse
#define hob_encode_clear       hob_unicode_clear
#define hob_encode_members     hob_unicode_members
#define hob_encode_methods     NULL
#define hob_encode_getset      NULL
#define hob_decode_new         hob_base_new
#define hob_decode_dealloc     hob_unicode_dealloc
#define hob_decode_traverse    hob_unicode_traverse
#define hob_decode_clear       hob_unicode_clear
#define hob_decode_members     hob_unicode_members
#define hob_decode_methods     NULL
#define hob_decode_getset      NULL
#define hob_translate_new      hob_base_new
#define hob_translate_dealloc  hob_unicode_dealloc
#define hob_translate_traverse hob_unicode_traverse
#define hob_translate_clear    hob_unicode_clear
#define hob_translate_members  hob_unicode_members
#define hob_translate_methods  NULL
#define hob_translate_getset   NULL

PyObject *hob_group_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
extern PyMethodDef hob_group_methods[];
#define hob_group_getset    NULL

/* The C struct of each kind. */
typedef PyBaseExceptionObject      hob_base_struct, hob_key_struct, hob_memory_struct;
typedef PyStopIterationObject      hob_stop_struct;
typedef PySystemExitObject         hob_exit_struct;
typedef PyImportErrorObject        hob_import_struct;
typedef PyNameErrorObject          hob_name_struct;
typedef PyAttributeErrorObject     hob_attribute_struct;
typedef PyOSErrorObject            hob_os_struct;
typedef PySyntaxErrorObject        hob_syntax_struct;
typedef PyUnicodeErrorObject       hob_encode_struct, hob_decode_struct, hob_translate_struct;
typedef PyBaseExceptionGroupObject hob_group_struct;

/* Store value, or None for NULL, in a field of an exception. */
static inline void
exc_set(PyObject **field, PyObject *value)
{
    PyObject *old = *field;
    *field = Py_NewRef(value ? value : Py_None);
    Py_XDECREF(old);
}

static inline PyObject *            /* self->args, borrowed */
exc_args(PyObject *self)
{
    return ((PyBaseExceptionObject *)self)->args;
}

/* undeclared.h -- exported names that the public headers do not declare.
 *
 * Extensions reach these by name (abi: "internal"); Hob defines them in the
 * file of their object and declares them here for its own use.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

HOB_EXPORT PyObject *_PyNamespace_New(PyObject *kwds);
#undef _PyObject_LookupSpecial          /* the public header makes it a macro */
HOB_EXPORT PyObject *_PyObject_LookupSpecial(PyObject *self, PyObject *name);

/* call.c, and the recursion check of the machine */
HOB_EXPORT int _Py_CheckRecursiveCall(PyThreadState *ts, const char *where);
HOB_EXPORT PyObject *_PyObject_Call(PyThreadState *ts, PyObject *callable, PyObject *args,
                                    PyObject *kwargs);
HOB_EXPORT PyObject *_PyObject_Call_Prepend(PyThreadState *ts, PyObject *callable,
                                            PyObject *obj, PyObject *args, PyObject *kwargs);
HOB_EXPORT PyObject *_PyObject_FastCallDictTstate(PyThreadState *ts, PyObject *callable,
                                                  PyObject *const *args, size_t nargsf,
                                                  PyObject *kwargs);

/* object.c, type/ (the public headers make the first name a macro for another function) */
#undef _PyObject_LookupSpecial
HOB_EXPORT PyObject *_PyObject_LookupSpecial(PyObject *self, PyObject *name);
HOB_EXPORT void _Py_FatalRefcountErrorFunc(const char *func, const char *message)
    __attribute__((noreturn));
HOB_EXPORT int _PyType_CheckConsistency(PyTypeObject *type);

/* structseq.c, namespace.c */
HOB_EXPORT int _PyStructSequence_InitType(PyTypeObject *type, PyStructSequence_Desc *desc,
                                          unsigned long flags);
HOB_EXPORT PyTypeObject *_PyStructSequence_NewType(PyStructSequence_Desc *desc,
                                                   unsigned long flags);
extern HOB_EXPORT PyTypeObject _PyNamespace_Type;

/* files */
HOB_EXPORT Py_ssize_t _Py_read(int fd, void *buf, size_t count);
HOB_EXPORT Py_ssize_t _Py_write(int fd, const void *buf, size_t count);
HOB_EXPORT int _Py_set_inheritable(int fd, int inheritable, int *atomic_flag_works);
HOB_EXPORT PyObject *_Py_GetLocaleEncodingObject(void);

/* str/: formatting, the locale's encoding */
HOB_EXPORT int _PyLong_FormatWriter(_PyUnicodeWriter *writer, PyObject *op, int base,
                                    int alternate);             /* int/text.c */
HOB_EXPORT int _PyLong_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                            PyObject *format_spec, Py_ssize_t start,
                                            Py_ssize_t end);
HOB_EXPORT int _PyFloat_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                             PyObject *format_spec, Py_ssize_t start,
                                             Py_ssize_t end);
int _PyComplex_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj,
                                    PyObject *format_spec, Py_ssize_t start, Py_ssize_t end);
struct lconv;
HOB_EXPORT int _Py_GetLocaleconvNumeric(struct lconv *lc, PyObject **decimal_point,
                                        PyObject **thousands_sep);

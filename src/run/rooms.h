/* rooms.h -- what start and end call in each room, in one place. */
#pragma once
#include <Python.h>

#include "base/c.h"

MUST_USE int    hob_hash_init(int fixed, unsigned long seed);           /* base */
MUST_USE status hob_runtime_init(void);                                 /* state */
MUST_USE status hob_int_init(void);                                     /* objects */
MUST_USE status hob_int_info_init(void);
MUST_USE status hob_float_init(void);
MUST_USE status hob_gc_init(void);
MUST_USE status hob_str_init(void);
MUST_USE status hob_types_init(void);
MUST_USE status hob_exceptions_init(void);
MUST_USE status hob_warnings_init(void);
MUST_USE status hob_fs_encoding_init(void);
MUST_USE status hob_vm_init(void);                                      /* vm */
void            hob_traceback_dump_current(int fd);
HOB_EXPORT void _Py_DumpExtensionModules(int fd, PyInterpreterState *interp);
MUST_USE status hob_builtins_init(PyInterpreterState *interp);          /* modules */
MUST_USE status hob_signal_install(void);

/* Free lists: given back after a full collection and at the end. */
void            hob_gc_add_emptier(void (*empty)(void));                /* memory */
void            hob_gc_empty(void);
void            hob_containers_clear_freelists(void);
void            hob_method_clear_freelist(void);
void            hob_slice_clear_freelist(void);
void            hob_vm_clear_freelists(void);
void            hob_int_clear_pool(void);
void            hob_float_clear_pool(void);
void            hob_getargs_clear(void);
void            hob_ast_fini(void);                                     /* syntax */
void            hob_gc_shutdown_report(void);
void            hob_gc_fini(void);
void            hob_tracemalloc_fini(void);
void            hob_faulthandler_fini(void);

void            hob_atexit_run(PyInterpreterState *interp);             /* modules/atexit.c */
void            hob_atexit_fini(PyInterpreterState *interp);
void hob_runtime_close(PyThreadState *ts); /* state: only ts runs now */
void            hob_runtime_fini(void);
void            hob_signal_fini(void);
extern PyTypeObject hob_deque_type;                                     /* modules/_collections.c */
bool            hob_deque_check(PyObject *op);

bool            hob_check_everything(void);                             /* check.c */

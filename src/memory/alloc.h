/* alloc.h -- the three allocator domains, and what watches them. */
#pragma once
#include <Python.h>
#include <stdio.h>

#include "base/c.h"

/* Names and hooks that the public headers leave out. */
HOB_EXPORT int _PyMem_GetAllocatorName(const char *name, PyMemAllocatorName *allocator);
HOB_EXPORT int _PyMem_SetDefaultAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *old);
HOB_EXPORT int _PyMem_SetupAllocators(PyMemAllocatorName allocator);
HOB_EXPORT Py_ssize_t _Py_GetAllocatedBlocks(void);
HOB_EXPORT int _PyObject_DebugMallocStats(FILE *out);   /* 0: the pool is not in use */

/* debug_alloc.c */
extern const PyMemAllocatorEx hob_debug_raw, hob_debug_mem, hob_debug_obj;
bool hob_debug_is_on(const PyMemAllocatorEx *allocator);
void hob_debug_wrap(PyMemAllocatorDomain domain);

/* A pointer that memory filled by the debug hooks would hold, or NULL. */
static inline bool
hob_pointer_looks_freed(const void *p)
{
    uintptr_t value = (uintptr_t)p;
    return value == 0 || value == 0xCDCDCDCDCDCDCDCDu || value == 0xDDDDDDDDDDDDDDDDu
        || value == 0xFDFDFDFDFDFDFDFDu;
}

/* modules/_tracemalloc.c (of this struct C code outside reads `tracing`; the public
 * headers do not declare it).  An object from a free list belongs to the running code
 * from then on.  Stop tracing; say where a block was allocated. */
extern HOB_EXPORT struct hob_tracemalloc_config {
    int initialized;
    int tracing;
    int max_nframe;
} _Py_tracemalloc_config;
HOB_EXPORT int _PyTraceMalloc_NewReference(PyObject *op);
void hob_tracemalloc_fini(void);
void hob_tracemalloc_dump_block(const void *block, FILE *out);

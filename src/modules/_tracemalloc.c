/* _tracemalloc.c -- who allocated each block: hooks, tables, and the module.
 *
 * Layout     traces      (domain, address) -> size, stack
 *            stacks      each distinct list of (filename, line) once
 *            Both are open-addressed tables in memory from the C library, which
 *            no hook sees.
 * Holds      While tracing, hooks lie over the three allocator domains; each block
 *            they hand out has one trace.  `lock` guards the tables: the raw domain
 *            is used without the GIL.
 *            `is_inside` (thread-local) marks allocations made by the hooks'
 *            own work: they are passed on, not traced.
 * Hazard     Freeing a str may run our free hook: names are let go of only after
 *            the tables are in order.
 * Next       memory/alloc.c; vm/frame.h; Lib/tracemalloc.py
 */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/c.h"
#include "memory/alloc.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/instance.h"
#include "vm/frame.h"

enum { MAX_FRAMES = 65535 };

typedef struct {
    PyObject *filename;                 /* owned by the stack */
    unsigned line;
} trace_frame;

typedef struct {
    uint64_t hash;
    uint16_t n, n_total;                /* kept, and how deep it was */
    trace_frame frames[];               /* most recent first */
} trace_stack;

typedef struct {
    uintptr_t address;                  /* 0: empty slot */
    unsigned domain;
    unsigned serial;                    /* counts up (and around) with each trace */
    size_t size;
    trace_stack *stack;                 /* borrowed from `stacks` */
} trace_entry;

struct hob_tracemalloc_config _Py_tracemalloc_config = {0, 0, 1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool is_inside;
static size_t n_traced, n_peak;         /* bytes */
static PyMemAllocatorEx inner[3];       /* what the hooks lie over */

/* --- the table of stacks --- */

static struct { trace_stack **slots; size_t n, size; } stacks;
static PyObject *unknown_name;

static bool
stacks_grow(void)
{
    size_t size = stacks.size ? 2 * stacks.size : 1024;
    trace_stack **slots = calloc(size, sizeof *slots);
    if (!slots) { return false; }
    for (size_t i = 0; i < stacks.size; i++) {
        trace_stack *stack = stacks.slots[i];
        if (!stack) { continue; }
        size_t at = stack->hash & (size - 1);
        while (slots[at]) { at = (at + 1) & (size - 1); }
        slots[at] = stack;
    }
    free(stacks.slots);
    stacks.slots = slots;
    stacks.size = size;
    return true;
}

static bool
same_stack(const trace_stack *a, const trace_stack *b)
{
    if (a->hash != b->hash || a->n != b->n || a->n_total != b->n_total) { return false; }
    for (int i = 0; i < a->n; i++) {
        if (a->frames[i].filename != b->frames[i].filename
            || a->frames[i].line != b->frames[i].line) {
            return false;
        }
    }
    return true;
}

/* The one copy of stack in the table; NULL when memory is out. */
static trace_stack *
stacks_intern(const trace_stack *stack)
{
    if (2 * (stacks.n + 1) > stacks.size && !stacks_grow()) { return NULL; }
    size_t at = stack->hash & (stacks.size - 1);
    for (; stacks.slots[at]; at = (at + 1) & (stacks.size - 1)) {
        if (same_stack(stacks.slots[at], stack)) { return stacks.slots[at]; }
    }
    size_t bytes = sizeof *stack + stack->n * sizeof stack->frames[0];
    trace_stack *copy = malloc(bytes);
    if (!copy) { return NULL; }
    memcpy(copy, stack, bytes);
    for (int i = 0; i < copy->n; i++) { Py_INCREF(copy->frames[i].filename); }
    stacks.slots[at] = copy;
    stacks.n++;
    return copy;
}

/* --- the table of traces --- */

typedef struct { trace_entry *slots; size_t n, size; } trace_table;
static trace_table traces;

static size_t
trace_slot(const trace_table *table, unsigned domain, uintptr_t address)
{
    uint64_t h = (address >> 4) * 0x9E3779B97F4A7C15u ^ domain;
    return (h ^ h >> 32) & (table->size - 1);
}

static trace_entry *
trace_find(unsigned domain, uintptr_t address)
{
    if (!traces.size) { return NULL; }
    for (size_t at = trace_slot(&traces, domain, address);; at = (at + 1) & (traces.size - 1)) {
        trace_entry *entry = &traces.slots[at];
        if (!entry->address) { return NULL; }
        if (entry->address == address && entry->domain == domain) { return entry; }
    }
}

static bool
traces_grow(void)
{
    trace_table bigger = {NULL, traces.n, traces.size ? 2 * traces.size : 4096};
    bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
    if (!bigger.slots) { return false; }
    for (size_t i = 0; i < traces.size; i++) {
        trace_entry *entry = &traces.slots[i];
        if (!entry->address) { continue; }
        size_t at = trace_slot(&bigger, entry->domain, entry->address);
        while (bigger.slots[at].address) { at = (at + 1) & (bigger.size - 1); }
        bigger.slots[at] = *entry;
    }
    free(traces.slots);
    traces = bigger;
    return true;
}

static bool
trace_add(unsigned domain, uintptr_t address, size_t size, trace_stack *stack)
{
    trace_entry *entry = trace_find(domain, address);
    if (entry) {
        n_traced -= entry->size;
    }
    else {
        if (2 * (traces.n + 1) > traces.size && !traces_grow()) { return false; }
        size_t at = trace_slot(&traces, domain, address);
        while (traces.slots[at].address) { at = (at + 1) & (traces.size - 1); }
        entry = &traces.slots[at];
        traces.n++;
    }
    static unsigned n_serial;
    *entry = (trace_entry){address, domain, n_serial++, size, stack};
    n_traced += size;
    if (n_traced > n_peak) { n_peak = n_traced; }
    return true;
}

/* Remove an entry; those behind it that it had pushed away move up. */
static void
trace_remove(unsigned domain, uintptr_t address)
{
    trace_entry *entry = trace_find(domain, address);
    if (!entry) { return; }
    n_traced -= entry->size;
    traces.n--;
    size_t hole = (size_t)(entry - traces.slots), mask = traces.size - 1;
    for (size_t at = (hole + 1) & mask; traces.slots[at].address; at = (at + 1) & mask) {
        size_t home = trace_slot(&traces, traces.slots[at].domain, traces.slots[at].address);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            traces.slots[hole] = traces.slots[at];
            hole = at;
        }
    }
    traces.slots[hole].address = 0;
}

/* Forget everything. */
static void
clear_tables(void)
{
    pthread_mutex_lock(&lock);
    trace_stack **old = stacks.slots;
    size_t n_old = stacks.size;
    free(traces.slots);
    memset(&traces, 0, sizeof traces);
    memset(&stacks, 0, sizeof stacks);
    n_traced = n_peak = 0;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < n_old; i++) {
        if (!old[i]) { continue; }
        for (int k = 0; k < old[i]->n; k++) { Py_DECREF(old[i]->frames[k].filename); }
        free(old[i]);
    }
    free(old);
}

/* --- the running code --- */

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0xFF51AFD7ED558CCDu;
    return hash ^ hash >> 32;
}

static void
finish_stack(trace_stack *stack)
{
    uint64_t hash = mix(stack->n, stack->n_total);
    for (int i = 0; i < stack->n; i++) {
        hash = mix(mix(hash, (uintptr_t)stack->frames[i].filename), stack->frames[i].line);
    }
    stack->hash = hash;
}

/* Fill stack with what the thread runs; GIL held. */
static void
read_stack(trace_stack *stack, PyThreadState *ts)
{
    int depth = 0;
    stack->n = 0;
    for (hob_frame *frame = ts ? hob_frame_current(ts) : NULL; frame;
         frame = hob_frame_skip_incomplete(frame->previous)) {
        if (stack->n < _Py_tracemalloc_config.max_nframe) {
            PyObject *name = frame->code->co_filename;
            int line = hob_frame_line(frame);
            bool known = name && PyUnicode_Check(name) && PyUnicode_IS_READY(name);
            stack->frames[stack->n++] = (trace_frame){known ? name : unknown_name,
                                                      line < 0 ? 0 : (unsigned)line};
        }
        if (depth < MAX_FRAMES) { depth++; }
    }
    stack->n_total = (uint16_t)depth;
    if (stack->n == 0) {
        stack->frames[0] = (trace_frame){unknown_name, 0};
        stack->n = stack->n_total = 1;
    }
    finish_stack(stack);
}

/* Remember a block; GIL held.  False when memory is out. */
static bool
remember(unsigned domain, uintptr_t address, size_t size)
{
    size_t room = (size_t)_Py_tracemalloc_config.max_nframe;
    trace_frame small[32];
    _Alignas(trace_stack) char space[sizeof(trace_stack) + sizeof small];
    trace_stack *stack = (trace_stack *)space;
    if (room > ARRAY_LEN(small)) {
        stack = malloc(sizeof *stack + room * sizeof stack->frames[0]);
        if (!stack) { return false; }
    }
    read_stack(stack, hob_ts());
    pthread_mutex_lock(&lock);
    trace_stack *kept = stacks_intern(stack);
    bool added = kept && trace_add(domain, address, size, kept);
    pthread_mutex_unlock(&lock);
    if ((char *)stack != space) { free(stack); }
    return added;
}

static void
forget(unsigned domain, const void *p)
{
    pthread_mutex_lock(&lock);
    trace_remove(domain, (uintptr_t)p);
    pthread_mutex_unlock(&lock);
}

/* --- hooks --- */

/* Trace a new block, or give it back and fail. */
static void *
traced(PyMemAllocatorEx *under, void *p, size_t size)
{
    if (p && !remember(0, (uintptr_t)p, size)) {
        under->free(under->ctx, p);
        return NULL;
    }
    return p;
}

static void *
hook_new(PyMemAllocatorEx *under, bool zeroed, size_t n, size_t size)
{
    void *p = zeroed ? under->calloc(under->ctx, n, size) : under->malloc(under->ctx, n * size);
    if (!p || is_inside) { return p; }
    is_inside = true;
    p = traced(under, p, n * size);
    is_inside = false;
    return p;
}

static void *
hook_malloc(void *ctx, size_t size)
{
    return hook_new(ctx, false, 1, size);
}

static void *
hook_calloc(void *ctx, size_t n, size_t size)
{
    return hook_new(ctx, true, n, size);
}

static void *
hook_realloc(void *ctx, void *old, size_t size)
{
    PyMemAllocatorEx *under = ctx;
    void *p = under->realloc(under->ctx, old, size);
    if (!p) { return NULL; }
    if (is_inside) {
        if (old) { forget(0, old); }
        return p;
    }
    is_inside = true;
    if (old && old != p) { forget(0, old); }
    bool added = remember(0, (uintptr_t)p, size);
    is_inside = false;
    if (!added && !old) {
        under->free(under->ctx, p);
        return NULL;
    }
    return p;                           /* a resized block cannot be taken back */
}

static void
hook_free(void *ctx, void *p)
{
    PyMemAllocatorEx *under = ctx;
    if (!p) { return; }
    forget(0, p);
    under->free(under->ctx, p);
}

/* The raw domain may be used without the GIL, which tracing needs. */
static void *
raw_new(PyMemAllocatorEx *under, bool zeroed, size_t n, size_t size)
{
    if (is_inside || !PyInterpreterState_Main()) { return hook_new(under, zeroed, n, size); }
    is_inside = true;
    PyGILState_STATE state = PyGILState_Ensure();
    void *p = zeroed ? under->calloc(under->ctx, n, size) : under->malloc(under->ctx, n * size);
    p = traced(under, p, n * size);
    PyGILState_Release(state);
    is_inside = false;
    return p;
}

static void *
raw_malloc(void *ctx, size_t size)
{
    return raw_new(ctx, false, 1, size);
}

static void *
raw_calloc(void *ctx, size_t n, size_t size)
{
    return raw_new(ctx, true, n, size);
}

static void *
raw_realloc(void *ctx, void *old, size_t size)
{
    if (is_inside) { return hook_realloc(ctx, old, size); }
    is_inside = true;
    PyGILState_STATE state = PyGILState_Ensure();
    is_inside = false;
    void *p = hook_realloc(ctx, old, size);
    is_inside = true;
    PyGILState_Release(state);
    is_inside = false;
    return p;
}

static void
hook_domain(PyMemAllocatorDomain domain)
{
    bool is_raw = domain == PYMEM_DOMAIN_RAW;
    PyMemAllocatorEx hook = {
        &inner[domain], is_raw ? raw_malloc : hook_malloc, is_raw ? raw_calloc : hook_calloc,
        is_raw ? raw_realloc : hook_realloc, hook_free,
    };
    PyMem_GetAllocator(domain, &inner[domain]);
    PyMem_SetAllocator(domain, &hook);
}

/* --- start and stop --- */

static status
start(int n_frames)
{
    if (n_frames < 1 || n_frames > MAX_FRAMES) {
        PyErr_Format(PyExc_ValueError, "the number of frames must be in range [1; %i]",
                     MAX_FRAMES);
        return -1;
    }
    if (_Py_tracemalloc_config.tracing) { return 0; }
    if (!unknown_name) {
        unknown_name = PyUnicode_InternFromString("<unknown>");
        if (!unknown_name) { return -1; }
    }
    _Py_tracemalloc_config.max_nframe = n_frames;
    _Py_tracemalloc_config.initialized = 1;
    for (int d = 0; d < 3; d++) { hook_domain((PyMemAllocatorDomain)d); }
    _Py_tracemalloc_config.tracing = 1;
    return 0;
}

static void
stop(void)
{
    if (!_Py_tracemalloc_config.tracing) { return; }
    _Py_tracemalloc_config.tracing = 0;
    for (int d = 0; d < 3; d++) { PyMem_SetAllocator((PyMemAllocatorDomain)d, &inner[d]); }
    clear_tables();
}

/* --- as Python objects --- */

static PyObject *
stack_object(const trace_stack *stack)
{
    own PyObject *tuple = PyTuple_New(stack->n);
    if (!tuple) { return NULL; }
    for (int i = 0; i < stack->n; i++) {
        PyObject *pair = Py_BuildValue("(OI)", stack->frames[i].filename,
                                       stack->frames[i].line);
        if (!pair) { return NULL; }
        PyTuple_SET_ITEM(tuple, i, pair);
    }
    return take(tuple);
}

static int
by_age(const void *a, const void *b)
{
    return (int)(((const trace_entry *)b)->serial - ((const trace_entry *)a)->serial);
}

/* A copy of the table, youngest first, to walk while Python code allocates; free() it. */
static trace_entry *
copy_traces(size_t *n)
{
    pthread_mutex_lock(&lock);
    trace_entry *copy = malloc((traces.n ? traces.n : 1) * sizeof *copy);
    size_t k = 0;
    for (size_t i = 0; copy && i < traces.size; i++) {
        if (traces.slots[i].address) { copy[k++] = traces.slots[i]; }
    }
    pthread_mutex_unlock(&lock);
    if (copy) { qsort(copy, k, sizeof *copy, by_age); }
    *n = k;
    return copy;
}

static PyObject *
trace_object(const trace_entry *entry, PyObject *cache)
{
    own PyObject *key = PyLong_FromVoidPtr(entry->stack);
    if (!key) { return NULL; }
    own PyObject *stack = Py_XNewRef(PyDict_GetItemWithError(cache, key));
    if (!stack) {
        if (PyErr_Occurred()) { return NULL; }
        stack = stack_object(entry->stack);
        if (!stack || PyDict_SetItem(cache, key, stack) < 0) { return NULL; }
    }
    return Py_BuildValue("(InOH)", entry->domain, (Py_ssize_t)entry->size, stack,
                         entry->stack->n_total);
}

/* Where a block is that holds op. */
static uintptr_t
block_of(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    if (!PyType_IS_GC(type)) { return (uintptr_t)op; }
    return (uintptr_t)op - sizeof(hob_gc_head) - hob_instance_before(type);
}

/* NULL, or the stack of a traced block; it lives while tracing goes on. */
static trace_stack *
stack_of(unsigned domain, uintptr_t address)
{
    if (!_Py_tracemalloc_config.tracing) { return NULL; }
    pthread_mutex_lock(&lock);
    trace_entry *entry = trace_find(domain, address);
    trace_stack *stack = entry ? entry->stack : NULL;
    pthread_mutex_unlock(&lock);
    return stack;
}

/* --- module --- */

/** is_tracing($module, /)
 *
 *  Return whether allocations are traced.
 */
static bool
tm_is_tracing(PyObject *module)
{
    return _Py_tracemalloc_config.tracing;
}

/** clear_traces($module, /)
 *
 *  Forget all traces.
 */
static void
tm_clear_traces(PyObject *module)
{
    if (_Py_tracemalloc_config.tracing) { clear_tables(); }
}

/** _get_traces($module, /)
 *
 *  Return a list of (domain, size, stack, depth) of all blocks.
 *
 *  A stack is a tuple of (filename, line), most recent first.
 */
static PyObject *
tm_get_traces(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list || !_Py_tracemalloc_config.tracing) { return take(list); }
    own PyObject *cache = PyDict_New();
    if (!cache) { return NULL; }
    size_t n;
    trace_entry *copy = copy_traces(&n);
    if (!copy) { return PyErr_NoMemory(); }
    bool failed = false;
    for (size_t i = 0; i < n && !failed; i++) {
        own PyObject *trace = trace_object(&copy[i], cache);
        failed = !trace || PyList_Append(list, trace) < 0;
    }
    free(copy);
    return failed ? NULL : take(list);
}

/** _get_object_traceback($module, obj, /)
 *
 *  Return where obj was allocated, or None if that is not known.
 */
static PyObject *
tm_get_object_traceback(PyObject *module, PyObject *obj)
{
    trace_stack *stack = stack_of(0, block_of(obj));
    return stack ? stack_object(stack) : Py_NewRef(Py_None);
}

/** start($module, nframe=1, /)
 *
 *  Begin to trace allocations, keeping at most nframe frames of each.
 */
static status
tm_start(PyObject *module, int nframe)
{
    return start(nframe);
}

/** stop($module, /)
 *
 *  Stop tracing and forget all traces.
 */
static void
tm_stop(PyObject *module)
{
    stop();
}

/** get_traceback_limit($module, /)
 *
 *  Return how many frames of each allocation are kept.
 */
static int
tm_get_traceback_limit(PyObject *module)
{
    return _Py_tracemalloc_config.max_nframe;
}

/** get_tracemalloc_memory($module, /)
 *
 *  Return how many bytes tracing itself uses.
 */
static size_t
tm_get_tracemalloc_memory(PyObject *module)
{
    pthread_mutex_lock(&lock);
    size_t size = traces.size * sizeof *traces.slots + stacks.size * sizeof *stacks.slots;
    for (size_t i = 0; i < stacks.size; i++) {
        if (stacks.slots[i]) {
            size += sizeof(trace_stack) + stacks.slots[i]->n * sizeof(trace_frame);
        }
    }
    pthread_mutex_unlock(&lock);
    return size;
}

/** get_traced_memory($module, /)
 *
 *  Return (size, peak) in bytes of all traced blocks.
 */
static PyObject *
tm_get_traced_memory(PyObject *module)
{
    if (!_Py_tracemalloc_config.tracing) { return Py_BuildValue("ii", 0, 0); }
    pthread_mutex_lock(&lock);
    size_t size = n_traced, peak = n_peak;
    pthread_mutex_unlock(&lock);
    return Py_BuildValue("nn", (Py_ssize_t)size, (Py_ssize_t)peak);
}

/** reset_peak($module, /)
 *
 *  Make what is traced now the peak.
 */
static void
tm_reset_peak(PyObject *module)
{
    pthread_mutex_lock(&lock);
    n_peak = n_traced;
    pthread_mutex_unlock(&lock);
}

#include "gen/modules/_tracemalloc.bind.h"

static PyModuleDef_Slot tracemalloc_slots[] = {
    {0, NULL},
};

static struct PyModuleDef tracemalloc_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_tracemalloc",
    .m_doc = "Where blocks of memory were allocated: for module tracemalloc.",
    .m_methods = module_methods,
    .m_slots = tracemalloc_slots,
};

PyMODINIT_FUNC
PyInit__tracemalloc(void)
{
    return PyModuleDef_Init(&tracemalloc_module);
}

/* --- public API, and what memory/ and objects/ call --- */

int
PyTraceMalloc_Track(unsigned int domain, uintptr_t ptr, size_t size)
{
    if (!_Py_tracemalloc_config.tracing) { return -2; }
    PyGILState_STATE state = PyGILState_Ensure();
    bool was_inside = is_inside;
    is_inside = true;
    bool added = remember(domain, ptr, size);
    is_inside = was_inside;
    PyGILState_Release(state);
    return added ? 0 : -1;
}

int
PyTraceMalloc_Untrack(unsigned int domain, uintptr_t ptr)
{
    if (!_Py_tracemalloc_config.tracing) { return -2; }
    forget(domain, (void *)ptr);
    return 0;
}

PyObject *
_PyTraceMalloc_GetTraceback(unsigned int domain, uintptr_t ptr)
{
    trace_stack *stack = stack_of(domain, ptr);
    return stack ? stack_object(stack) : Py_NewRef(Py_None);
}

/* op came from a free list: from now on it belongs to the running code. */
int
_PyTraceMalloc_NewReference(PyObject *op)
{
    if (!_Py_tracemalloc_config.tracing || is_inside) { return -1; }
    uintptr_t address = block_of(op);
    pthread_mutex_lock(&lock);
    trace_entry *entry = trace_find(0, address);
    size_t size = entry ? entry->size : 0;
    pthread_mutex_unlock(&lock);
    if (!entry) { return -1; }
    is_inside = true;
    bool added = remember(0, address, size);
    is_inside = false;
    return added ? 0 : -1;
}

/* The end of the interpreter: no hook may run after it. */
void
hob_tracemalloc_fini(void)
{
    stop();
}

void
hob_tracemalloc_dump_block(const void *block, FILE *out)
{
    if (!_Py_tracemalloc_config.tracing) {
        fputs("Enable tracemalloc to get the memory block allocation traceback\n\n", out);
        return;
    }
    trace_stack *stack = stack_of(0, (uintptr_t)block);
    if (!stack) { return; }
    fputs("Memory block allocated at (most recent call first):\n", out);
    for (int i = 0; i < stack->n; i++) {
        const char *name = PyUnicode_AsUTF8(stack->frames[i].filename);
        if (!name) {
            PyErr_Clear();
            name = "???";
        }
        fprintf(out, "  File \"%s\", line %u\n", name, stack->frames[i].line);
    }
    fputc('\n', out);
}

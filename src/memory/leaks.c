/* leaks.c -- what still lives when everything is over, and who holds it.
 *
 * After Py_FinalizeEx every block of the allocators must be gone, or be reached
 * from something that lives as long as the process on purpose.  The account is a
 * conservative mark over all words of Hob's memory, in the order of `enum holder`:
 *
 *   kept       from static objects and from the variables that kept.def lists
 *   theirs     from variables, thread-locals and heap of loaded extension modules,
 *              which are never unloaded
 *   unlisted   from any other static variable of Hob           a leak
 *   nobody     reached from nowhere                            a leak
 *
 * And references: a survivor's count must not exceed the number of words that
 * hold its address.  What exceeds is a reference somebody forgot to drop -- also
 * on an object that is allowed to live, such as None.
 *
 * Holds      Words that are no references are left out of the mark: the collector's
 *            links (all is untracked first), weak references, ob_type of static types.
 *            A word that only looks like an address can hide a leak, never invent one.
 *            Extensions from outside the standard library may leak as they please
 *            (numpy keeps docstrings alive by dropping references to them): with one
 *            loaded the account is told as `foreign`, and blames nobody.
 * Hazard     Where threads were left in the middle (daemons at the end, others in
 *            the child of a fork) their stacks own references that nobody can see:
 *            then there is no account, and the log says so.
 * Next       ledger.c, symbols.c, stacks.c; tests/leaks.py
 *            docs/decisions/016-leaks-are-found-by-reading-memory.md
 */
#include "memory/leaks.h"

#ifdef HOB_AUDITED

#include <Python.h>
#include <fcntl.h>
#include <pthread.h>
#include <link.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory/collect.h"
#include "memory/pool.h"
#include "memory/symbols.h"
#include "objects/instance.h"
#include "state/runtime.h"
#include "state/thread.h"

enum holder { NOBODY, KEPT, THEIRS, UNLISTED };

/* Where in a block an object can begin: bare, behind the collector's header, and
 * behind that and the two words of a managed dict. */
enum { N_STARTS = 3, START_STEP = 16 };

typedef struct {
    uintptr_t base;
    size_t size;
    enum holder holder;
    const hob_symbol *root;             /* the variable it was reached from, or NULL */
    size_t parent;                      /* 1 + index of the block before it, or 0 */
    Py_ssize_t n_refs[N_STARTS];        /* words that hold base + 16 * i */
} block;

static block *blocks;
static size_t n_blocks, room;
static uintptr_t lowest, highest;

/* --- the report --- */

enum { MAX_LINES = 60 };

static char *text;
static size_t text_size;
static FILE *report;

static void
say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(report, format, args);
    va_end(args);
}

/* --- memory of the account itself, which must not look like somebody's --- */

enum { MAX_OWN_RANGES = 32 };
static struct { uintptr_t start, end; } own_ranges[MAX_OWN_RANGES];
static int n_own_ranges;

void *
hob_leaks_alloc(size_t size)
{
    size = (size + 2 * POOL_ARENA - 1) & ~(size_t)(POOL_ARENA - 1);     /* whole megabytes */
    ENSURE(n_own_ranges < MAX_OWN_RANGES);
    void *p = mmap(NULL, size + POOL_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
    ENSURE(p != MAP_FAILED);
    uintptr_t start = ((uintptr_t)p + POOL_ARENA - 1) & ~(uintptr_t)(POOL_ARENA - 1);
    own_ranges[n_own_ranges].start = start;
    own_ranges[n_own_ranges++].end = start + size;
    return (void *)start;
}

static bool
is_audits_memory(uintptr_t address)
{
    for (int i = 0; i < n_own_ranges; i++) {
        if (address >= own_ranges[i].start && address < own_ranges[i].end) { return true; }
    }
    return false;
}

/* --- all blocks, by address --- */

static void
add_block(void *p, size_t size, void *unused)
{
    if (n_blocks == room) {
        block *old = blocks;
        room = room ? room * 2 : 1 << 15;
        blocks = hob_leaks_alloc(room * sizeof *blocks);
        if (old) { memcpy(blocks, old, n_blocks * sizeof *blocks); }
    }
    blocks[n_blocks++] = (block){.base = (uintptr_t)p, .size = size};
}

static int
by_base(const void *a, const void *b)
{
    uintptr_t x = ((const block *)a)->base, y = ((const block *)b)->base;
    return (x > y) - (x < y);
}

static void
list_blocks(void)
{
    hob_pool_each(add_block, NULL);
    for (hob_ledger_entry *entry = hob_ledger.next; entry != &hob_ledger; entry = entry->next) {
        add_block(entry + 1, entry->size, NULL);
    }
    lowest = highest = 0;
    if (n_blocks == 0) { return; }              /* an end before the beginning */
    qsort(blocks, n_blocks, sizeof *blocks, by_base);
    lowest = blocks[0].base;
    highest = blocks[n_blocks - 1].base + blocks[n_blocks - 1].size;
}

static block *
find_block(uintptr_t address)
{
    if (address < lowest || address >= highest) { return NULL; }
    size_t low = 0, high = n_blocks;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (blocks[middle].base <= address) { low = middle + 1; }
        else                                { high = middle; }
    }
    block *b = low ? &blocks[low - 1] : NULL;
    return b && address - b->base < b->size ? b : NULL;
}

/* --- segments: the variables of the executable and of shared objects --- */

typedef struct {
    uintptr_t start, end;
    bool is_ours;
} segment;

enum { MAX_SEGMENTS = 1024 };
static segment segments[MAX_SEGMENTS];
static int n_segments;
static bool has_extensions;             /* of the standard library */
static bool has_strangers;              /* others */

static void
add_segment(uintptr_t start, uintptr_t end, bool is_ours)
{
    if (n_segments < MAX_SEGMENTS) {
        segments[n_segments++] = (segment){start, end & ~(uintptr_t)7, is_ours};
    }
}

static int
list_segments_of(struct dl_phdr_info *info, size_t size, void *n_seen)
{
    bool is_ours = (*(int *)n_seen)++ == 0;             /* the executable comes first */
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && header->p_flags & PF_W) {
            add_segment(start, start + header->p_memsz, is_ours);
        }
        if (header->p_type == PT_TLS && info->dlpi_tls_data) {
            start = (uintptr_t)info->dlpi_tls_data;
            add_segment(start, start + header->p_memsz, false);
        }
    }
    bool is_stranger = strstr(info->dlpi_name, "/_xxtestfuzz.");        /* as careless */
    if (strstr(info->dlpi_name, "/lib-dynload/") && !is_stranger) { has_extensions = true; }
    else if (strstr(info->dlpi_name, "/python") || strstr(info->dlpi_name, ".cpython-3")
             || strstr(info->dlpi_name, ".abi3.")) {
        has_extensions = has_strangers = true;
    }
    return 0;
}

static bool
in_segment(uintptr_t address, size_t size)
{
    for (int i = 0; i < n_segments; i++) {
        const segment *s = &segments[i];
        if (address >= s->start && address < s->end && size <= s->end - address) { return true; }
    }
    return false;
}

/* --- is there an object? --- */

static bool
has_room(uintptr_t address, size_t size)
{
    if (address & 7 || !address) { return false; }
    const block *b = find_block(address);
    return b ? size <= b->base + b->size - address : in_segment(address, size);
}

static bool
looks_like_type(PyTypeObject *type)
{
    if (!has_room((uintptr_t)type, sizeof *type)) { return false; }
    PyTypeObject *meta = Py_TYPE(type);
    if (meta != &PyType_Type) {
        if (!has_room((uintptr_t)meta, sizeof *meta)) { return false; }
        if (!(meta->tp_flags & Py_TPFLAGS_TYPE_SUBCLASS)) { return false; }
    }
    return type->tp_flags & Py_TPFLAGS_READY && type->tp_name;
}

/* More references than an object has at the end, fewer than an address looks like. */
enum { MANY = 1 << 22 };

static bool
looks_like_object(uintptr_t address)
{
    PyObject *op = (PyObject *)address;
    return op->ob_refcnt > 0 && op->ob_refcnt < MANY
        && looks_like_type(Py_TYPE(op));
}

/* The object in a block, or NULL when it holds something else. */
static PyObject *
object_in(const block *b)
{
    for (int i = 0; i < N_STARTS; i++) {
        uintptr_t address = b->base + (uintptr_t)i * START_STEP;
        if (address + sizeof(PyObject) > b->base + b->size) { return NULL; }
        if (!looks_like_object(address)) { continue; }
        PyTypeObject *type = Py_TYPE((PyObject *)address);
        size_t before = type->tp_flags & Py_TPFLAGS_HAVE_GC
                            ? sizeof(hob_gc_head) + hob_instance_before(type) : 0;
        if (before == (size_t)i * START_STEP || type == &PyType_Type) {
            return (PyObject *)address;
        }
    }
    return NULL;
}

static bool
is_heap_type(PyTypeObject *type)
{
    return type->tp_flags & Py_TPFLAGS_HEAPTYPE;
}

/* --- counting words --- */

/* Static objects: a table of address -> words, open addressing. */
typedef struct {
    uintptr_t address;
    Py_ssize_t n_refs;
} static_count;

static static_count *statics;
static size_t n_statics, statics_mask;

static static_count *
static_slot(uintptr_t address)
{
    if (2 * n_statics >= statics_mask) {
        static_count *old = statics;
        size_t n_old = old ? statics_mask + 1 : 0;
        statics_mask = n_old ? n_old * 2 - 1 : (1 << 14) - 1;
        statics = hob_leaks_alloc((statics_mask + 1) * sizeof *statics);
        n_statics = 0;
        for (size_t i = 0; i < n_old; i++) {
            if (old[i].address) { static_slot(old[i].address)->n_refs = old[i].n_refs; }
        }
    }
    size_t i = (address >> 3) * 0x9E3779B97F4A7C15u >> 40;
    while (statics[i & statics_mask].address && statics[i & statics_mask].address != address) {
        i++;
    }
    static_count *slot = &statics[i & statics_mask];
    if (!slot->address) {
        slot->address = address;
        n_statics++;
    }
    return slot;
}

static bool
is_our_variable(uintptr_t address)
{
    for (int i = 0; i < n_segments; i++) {
        if (segments[i].is_ours && address >= segments[i].start && address < segments[i].end) {
            return true;
        }
    }
    return false;
}

/* Blocks whose words wait to be followed. */
static size_t *queue, n_queue;

static void
count_word(uintptr_t word, enum holder holder, const hob_symbol *root, size_t parent)
{
    block *b = find_block(word);
    if (!b) {
        if (!(word & 7) && is_our_variable(word)) { static_slot(word)->n_refs++; }
        return;
    }
    size_t offset = word - b->base;
    if (offset < N_STARTS * START_STEP && offset % START_STEP == 0) {
        b->n_refs[offset / START_STEP]++;
    }
    if (b->holder != NOBODY) { return; }
    b->holder = holder;
    b->root = root;
    b->parent = parent;
    queue[n_queue++] = (size_t)(b - blocks);
}

static bool
is_weak_word(const PyObject *op, uintptr_t address)
{
    size_t offset = address - (uintptr_t)op;
    PyTypeObject *type = Py_TYPE(op);
    if (offset == offsetof(PyObject, ob_type)) { return !is_heap_type(type); }
    if (type->tp_weaklistoffset > 0 && offset == (size_t)type->tp_weaklistoffset) { return true; }
    if (type == &_PyWeakref_RefType || type == &_PyWeakref_ProxyType
        || type == &_PyWeakref_CallableProxyType || type->tp_base == &_PyWeakref_RefType) {
        return offset == offsetof(PyWeakReference, wr_object)
            || offset == offsetof(PyWeakReference, wr_prev)
            || offset == offsetof(PyWeakReference, wr_next);
    }
    return false;
}

static void
count_block(const block *b, enum holder holder, const hob_symbol *root)
{
    const PyObject *op = object_in(b);
    for (uintptr_t at = b->base; at + sizeof(uintptr_t) <= b->base + b->size; at += 8) {
        if (!op || at < (uintptr_t)op || !is_weak_word(op, at)) {
            count_word(*(uintptr_t *)at, holder, root, 1 + (size_t)(b - blocks));
        }
    }
}

static void
follow_queue(enum holder holder, const hob_symbol *root)
{
    while (n_queue) { count_block(&blocks[queue[--n_queue]], holder, root); }
}

/* --- our variables --- */

#define SHARED(name, reason) {#name, false},
#define WEAK(name, reason)   {#name, true},
static const struct {
    const char *name;
    bool is_weak;               /* its block is kept; the words in it are borrowed */
} kept[] = {
#include "memory/kept.def"
};
#undef SHARED
#undef WEAK

/* The index in kept, or -1.  The linker numbers local statics: `name.3`. */
static int
find_kept(const char *name)
{
    size_t n = strcspn(name, ".");
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        if (strncmp(kept[i].name, name, n) == 0 && !kept[i].name[n]) { return (int)i; }
    }
    return -1;
}

static bool
is_static_object(const hob_symbol *symbol)
{
    return !(symbol->address & 7) && symbol->size >= sizeof(PyObject)
        && looks_like_object(symbol->address);
}

static void
mark_borrowed(const hob_symbol *symbol)
{
    for (uintptr_t at = symbol->address; at + 8 <= symbol->address + symbol->size; at += 8) {
        block *b = find_block(*(uintptr_t *)at);
        if (b) { b->holder = KEPT; }
    }
}

static void
mark_symbol(const hob_symbol *symbol, enum holder holder)
{
    const PyObject *op = is_static_object(symbol) ? (PyObject *)symbol->address : NULL;
    for (uintptr_t at = symbol->address; at + 8 <= symbol->address + symbol->size; at += 8) {
        if (!op || !is_weak_word(op, at)) { count_word(*(uintptr_t *)at, holder, symbol, 0); }
    }
    follow_queue(holder, symbol);
}

static bool
is_audits_own(const hob_symbol *symbol)
{
    const void *at = (const void *)symbol->address;
    return at == &blocks || at == &queue || at == &statics || at == &hob_ledger
        || at == &lowest || at == &highest || at == hob_pool_room;
}

static void
mark_if_kept(const hob_symbol *symbol)
{
    if (symbol->address & 7 || !is_our_variable(symbol->address)) { return; }
    int i = find_kept(symbol->name);
    if (i >= 0 && kept[i].is_weak) { mark_borrowed(symbol); }
    else if (i >= 0 || is_static_object(symbol)) { mark_symbol(symbol, KEPT); }
}

static void
mark_if_unlisted(const hob_symbol *symbol)
{
    if (symbol->address & 7 || !is_our_variable(symbol->address)) { return; }
    if (find_kept(symbol->name) >= 0 || is_static_object(symbol)) { return; }
    if (!is_audits_own(symbol)) { mark_symbol(symbol, UNLISTED); }
}

/* --- the frames that called Py_Exit --- */

char *hob_leaks_exit_frame;

static void
mark_stack(void)
{
    pthread_attr_t attr;
    void *base;
    size_t size;
    if (!hob_leaks_exit_frame || pthread_getattr_np(pthread_self(), &attr) != 0) { return; }
    if (pthread_attr_getstack(&attr, &base, &size) == 0) {
        uintptr_t at = (uintptr_t)hob_leaks_exit_frame & ~(uintptr_t)7;
        uintptr_t end = (uintptr_t)base + size;
        for (; at < end; at += 8) { count_word(*(uintptr_t *)at, KEPT, NULL, 0); }
    }
    pthread_attr_destroy(&attr);
    follow_queue(KEPT, NULL);
}

/* --- theirs --- */

static void
mark_range(uintptr_t start, uintptr_t end)
{
    for (uintptr_t at = start; at + 8 <= end; at += 8) {
        count_word(*(uintptr_t *)at, THEIRS, NULL, 0);
    }
}

/* What lies between our blocks in a mapping of the C library's heap, or of anything that
 * an extension mapped; the pool's arenas are no such, nor is the account's memory. */
static void
mark_foreign_piece(uintptr_t start, uintptr_t end)
{
    size_t i = 0;
    while (i < n_blocks && blocks[i].base < start) { i++; }
    for (; i < n_blocks && blocks[i].base < end; i++) {
        mark_range(start, blocks[i].base - sizeof(hob_ledger_entry));
        start = (blocks[i].base + blocks[i].size + 7) & ~(uintptr_t)7;
    }
    if (start < end) { mark_range(start, end); }
}

static void
mark_foreign_heap(uintptr_t start, uintptr_t end)
{
    while (start < end) {
        uintptr_t stop = (start | (POOL_ARENA - 1)) + 1;
        if (stop > end) { stop = end; }
        if (!hob_pool_owns((void *)start) && !is_audits_memory(start)) {
            mark_foreign_piece(start, stop);
        }
        start = stop;
    }
}

static void
mark_theirs(void)
{
    for (int i = 0; i < n_segments; i++) {
        if (!segments[i].is_ours) { mark_range(segments[i].start, segments[i].end); }
    }
    follow_queue(THEIRS, NULL);
    FILE *maps = has_extensions ? fopen("/proc/self/maps", "re") : NULL;
    if (!maps) { return; }
    char line[512];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        int path = 0;
        if (sscanf(line, "%lx-%lx rw-p %*s %*s 0 %n", &start, &end, &path) != 2 || !path) {
            continue;
        }
        bool is_heap = strncmp(line + path, "[heap]", 6) == 0 || !line[path];
        if (is_heap) { mark_foreign_heap(start, end); }
    }
    fclose(maps);
    follow_queue(THEIRS, NULL);
}

/* --- cycles that nobody can break --- */

enum { MAX_TUPLE_DEPTH = 16 };

static bool
tuple_leads_to(PyObject *tuple, PyObject *target, int depth)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (item == target) { return true; }
        if (item && PyTuple_CheckExact(item) && depth < MAX_TUPLE_DEPTH
            && tuple_leads_to(item, target, depth + 1)) {
            return true;
        }
    }
    return false;
}

/* The collector must leave alone what has the legacy tp_del.  And a tuple that holds
 * itself, by marshal or an extension, has no tp_clear, in the reference neither. */
static bool
is_unbreakable(PyObject *op)
{
    return Py_TYPE(op)->tp_del || (PyTuple_CheckExact(op) && tuple_leads_to(op, op, 0));
}

static void
mark_unbreakable(void)
{
    for (size_t i = 0; i < n_blocks; i++) {
        PyObject *op = blocks[i].holder == NOBODY ? object_in(&blocks[i]) : NULL;
        if (!op || !is_unbreakable(op)) { continue; }
        blocks[i].holder = KEPT;
        queue[n_queue++] = i;
        follow_queue(KEPT, NULL);
    }
}

/* --- judging --- */

static size_t n_lost, n_unlisted, n_kept, n_theirs, lost_bytes;
static Py_ssize_t n_excess;
static int n_lines;

static bool
line_allowed(void)
{
    return ++n_lines <= MAX_LINES || getenv("HOB_LEAKS_ALL");
}

static void
describe(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    say("%s at %p, %zd references", type->tp_name, (void *)op, op->ob_refcnt);
    PyObject *name = NULL;
    if (looks_like_type((PyTypeObject *)op)) { say(", type %s", ((PyTypeObject *)op)->tp_name); }
    if (PyUnicode_Check(op)) { name = op; }
    else if (PyFunction_Check(op)) { name = ((PyFunctionObject *)op)->func_qualname; }
    else if (PyCode_Check(op)) { name = ((PyCodeObject *)op)->co_qualname; }
    else if (PyCFunction_Check(op)) { say(", %s", ((PyCFunctionObject *)op)->m_ml->ml_name); }
    if (PyLong_CheckExact(op) && (Py_SIZE(op) == 1 || Py_SIZE(op) == -1)) {
        say(", %s%u", Py_SIZE(op) < 0 ? "-" : "", ((PyLongObject *)op)->ob_digit[0]);
    }
    if (PyTuple_Check(op) || PyList_Check(op)) { say(", %zd items", Py_SIZE(op)); }
    if (name && PyUnicode_Check(name) && PyUnicode_IS_COMPACT_ASCII(name)) {
        say(", '%.60s'", (const char *)PyUnicode_DATA(name));
    }
}

static void
judge_object(PyObject *op, Py_ssize_t n_words, Py_ssize_t own, const block *b)
{
    Py_ssize_t excess = op->ob_refcnt - own - n_words;
    if (excess <= 0) { return; }
    n_excess += excess;
    if (!line_allowed()) { return; }
    say("  %zd too many: ", excess);
    describe(op);
    say("\n");
    if (b) { hob_leaks_tell_stack((void *)b->base, say); }
}

static void
judge_block(block *b)
{
    PyObject *op = object_in(b);
    switch (b->holder) {
    case KEPT: n_kept++; break;
    case THEIRS: n_theirs++; break;
    case UNLISTED: n_unlisted++; break;
    case NOBODY:
        n_lost++;
        lost_bytes += b->size;
    }
    if (op) { judge_object(op, b->n_refs[((uintptr_t)op - b->base) / START_STEP], 0, b); }
    if (b->holder == UNLISTED && line_allowed()) {
        say("  held by %s: ", b->root->name);
        if (op) { describe(op); }
        else { say("%zu bytes at %p", b->size, (void *)b->base); }
        say("\n");
    }
    if (b->holder == NOBODY && !op && !b->n_refs[0] && !b->n_refs[1] && line_allowed()) {
        say("  lost: %zu bytes at %p\n", b->size, (void *)b->base);
        hob_leaks_tell_stack((void *)b->base, say);
    }
}

static void
judge_static(const hob_symbol *symbol)
{
    if (!is_our_variable(symbol->address) || !is_static_object(symbol)) { return; }
    static_count *slot = static_slot(symbol->address);
    judge_object((PyObject *)symbol->address, slot->n_refs, 1, NULL);
}

static void
judge_small_ints(void)
{
    for (int i = 0; i < N_SMALL_INTS; i++) {
        PyObject *op = (PyObject *)&_PyRuntime.small_ints[i];
        judge_object(op, static_slot((uintptr_t)op)->n_refs, 1, NULL);
    }
}

/* HOB_LEAKS_WHY=NAME: how is each type of that name, or object of that type, reached? */
static void
tell_why(void)
{
    const char *name = getenv("HOB_LEAKS_WHY");
    for (size_t i = 0; name && i < n_blocks; i++) {
        PyObject *op = object_in(&blocks[i]);
        if (!op) { continue; }
        bool is_type = looks_like_type((PyTypeObject *)op);
        const char *own = is_type ? ((PyTypeObject *)op)->tp_name : Py_TYPE(op)->tp_name;
        if (strcmp(own, name) != 0) { continue; }
        for (const block *b = &blocks[i];; b = &blocks[b->parent - 1]) {
            say("  ");
            if ((op = object_in(b))) { describe(op); }
            else { say("%zu bytes at %p", b->size, (void *)b->base); }
            if (!b->parent) {
                say("\n  held by %s\n", b->root ? b->root->name : "nobody of ours");
                break;
            }
            say("\n");
        }
    }
}

/* How many of each type are lost. */
static void
tell_lost_types(void)
{
    typedef struct { PyTypeObject *type; size_t n, bytes; } row;
    static row rows[256];
    size_t n = 0;
    for (size_t i = 0; i < n_blocks; i++) {
        if (blocks[i].holder != NOBODY) { continue; }
        PyObject *op = object_in(&blocks[i]);
        PyTypeObject *type = op ? Py_TYPE(op) : NULL;
        size_t k = 0;
        while (k < n && rows[k].type != type) { k++; }
        if (k == ARRAY_LEN(rows)) { continue; }
        if (k == n) { rows[n++] = (row){type, 0, 0}; }
        rows[k].n++;
        rows[k].bytes += blocks[i].size;
    }
    for (size_t k = 0; k < n; k++) {
        say("  lost: %zu %s, %zu bytes\n", rows[k].n,
            rows[k].type ? rows[k].type->tp_name : "(no object)", rows[k].bytes);
    }
}

/* --- the account --- */

static void
untrack_all(void)
{
    hob_gc_head *lists[] = {&hob_gc_young, hob_gc.generations[1].list, hob_gc.generations[2].list,
                            hob_gc.permanent};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (hob_gc_head *head = (hob_gc_head *)lists[i]->next, *next; head != lists[i];
             head = next) {
            next = (hob_gc_head *)head->next;
            head->next = head->prev = 0;
        }
        lists[i]->next = lists[i]->prev = (uintptr_t)lists[i];
    }
}

static void
take_account(void)
{
    untrack_all();
    list_blocks();
    queue = hob_leaks_alloc((n_blocks + 1) * sizeof *queue);
    int n_seen = 0;
    dl_iterate_phdr(list_segments_of, &n_seen);
    hob_symbols_each(mark_if_kept);
    mark_stack();
    mark_theirs();
    hob_symbols_each(mark_if_unlisted);
    mark_unbreakable();
    for (size_t i = 0; i < n_blocks; i++) {
        if (blocks[i].holder == NOBODY) { count_block(&blocks[i], NOBODY, NULL); }
    }
    for (size_t i = 0; i < n_blocks; i++) { judge_block(&blocks[i]); }
    hob_symbols_each(judge_static);
    judge_small_ints();
    if (n_lost) { tell_lost_types(); }
    tell_why();
}

/* Words that name the process in the log: its command line. */
static void
tell_command(void)
{
    char line[400];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
    if (fd >= 0) { close(fd); }
    for (ssize_t i = 0; i < n; i++) {
        if (line[i] < ' ') { line[i] = ' '; }
    }
    line[n > 0 ? n : 0] = '\0';
    say(" :: %s\n", line);
}

static void
publish(bool leaked)
{
    fclose(report);
    const char *path = getenv("HOB_LEAKS");
    int fd = path && *path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (fd >= 0 || leaked) {
        ssize_t n = write(fd >= 0 ? fd : STDERR_FILENO, text, text_size);
        (void)n;
    }
    if (fd >= 0) { close(fd); }
}

static pid_t pid;

static void
audit(void)
{
    if (_PyRuntime.main_interp || !pid) { return; }     /* was not finalised */
    hob_leaks_forget_stacks();
    report = open_memstream(&text, &text_size);
    if (!report) { return; }
    if (hob_threads_left || !hob_symbols_load()) {
        say("unaudited %d: %d threads were left in the middle", (int)getpid(), hob_threads_left);
        tell_command();
        publish(false);
        return;
    }
    char *findings = NULL;
    size_t findings_size;
    FILE *summary = report;
    report = open_memstream(&findings, &findings_size);
    take_account();
    fclose(report);
    report = summary;
    bool leaked = (n_lost || n_unlisted || n_excess) && !has_strangers;
    say("%s %d: %zu blocks lost, %zu held by unlisted variables, %zd references too many; "
        "kept %zu, theirs %zu",
        has_strangers ? "foreign" : leaked ? "leaked" : "clean", (int)getpid(), n_lost,
        n_unlisted, n_excess, n_kept, n_theirs);
    tell_command();
    say("%s", findings);
    publish(leaked);
}

void
hob_leaks_start(void)
{
    if (pid) { return; }
    pid = getpid();
    atexit(audit);
}

#endif

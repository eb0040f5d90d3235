/* pickle_int.h -- what the files of _pickle share: opcodes, state, the two machines.
 *
 * Output  save.c, reduce.c and global.c produce opcodes through hob_pickler_write;
 *         pickler.c collects them into frames and hands frames to the file.
 * Input   load.c runs opcodes; unpickler.c fetches their bytes, from memory or file.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "state/interp.h"
#include "state/runtime.h"

/* The public prefix of pickle.HIGHEST_PROTOCOL, pickle.DEFAULT_PROTOCOL. */
enum { HIGHEST_PROTOCOL = 5, DEFAULT_PROTOCOL = 4 };

enum {
    BATCH_SIZE = 1000,                  /* items between a MARK and its APPENDS */
    FRAME_MIN = 4,                      /* shorter frames go without a header */
    FRAME_TARGET = 64 * 1024,           /* a frame this long is closed */
    FRAME_HEADER = 9,
    WRITE_BUFFER = 4096,
    PREFETCH = 128 * 1024,
    FAST_NESTING_LIMIT = 50,            /* depth at which fast mode looks for cycles */
    MEMO_SLOTS = 32,                    /* of an unpickler at first */
};

/* Opcodes by name: the byte, the first protocol is told by the gaps. */
enum opcode {
    MARK = '(', STOP = '.', POP = '0', POP_MARK = '1', DUP = '2', FLOAT = 'F', INT = 'I',
    BININT = 'J', BININT1 = 'K', BININT2 = 'M', LONG = 'L', NONE = 'N', PERSID = 'P',
    BINPERSID = 'Q', REDUCE = 'R', STRING = 'S', BINSTRING = 'T', SHORT_BINSTRING = 'U',
    UNICODE = 'V', BINUNICODE = 'X', APPEND = 'a', BUILD = 'b', GLOBAL = 'c', DICT = 'd',
    EMPTY_DICT = '}', APPENDS = 'e', GET = 'g', BINGET = 'h', INST = 'i', LONG_BINGET = 'j',
    LIST = 'l', EMPTY_LIST = ']', OBJ = 'o', PUT = 'p', BINPUT = 'q', LONG_BINPUT = 'r',
    SETITEM = 's', TUPLE = 't', EMPTY_TUPLE = ')', SETITEMS = 'u', BINFLOAT = 'G',
    /* protocol 2 */
    PROTO = 0x80, NEWOBJ, EXT1, EXT2, EXT4, TUPLE1, TUPLE2, TUPLE3, NEWTRUE, NEWFALSE,
    LONG1, LONG4,
    /* protocol 3 */
    BINBYTES = 'B', SHORT_BINBYTES = 'C',
    /* protocol 4 */
    SHORT_BINUNICODE = 0x8c, BINUNICODE8, BINBYTES8, EMPTY_SET, ADDITEMS, FROZENSET,
    NEWOBJ_EX, STACK_GLOBAL, MEMOIZE, FRAME,
    /* protocol 5 */
    BYTEARRAY8, NEXT_BUFFER, READONLY_BUFFER,
};

/* --- state of the module --- */

#define PICKLE_NAMES(X)                                                                  \
    X(__class__) X(__dict__) X(__getinitargs__) X(__module__) X(__name__) X(__new__)     \
    X(__newobj__) X(__newobj_ex__) X(__qualname__) X(__reduce__) X(__reduce_ex__)        \
    X(__setstate__) X(add) X(append) X(dispatch_table) X(extend) X(find_class) X(items)  \
    X(latin1) X(modules) X(peek) X(persistent_id) X(persistent_load) X(read) X(readinto) \
    X(readline) X(reducer_override) X(write) X(__main__) X(Ellipsis) X(NotImplemented)   \
    X(toreadonly)

/* All owned; a subinterpreter's module has its own. */
typedef struct {
    PyObject *PickleError, *PicklingError, *UnpicklingError;
    PyObject *dispatch_table;           /* copyreg's, all dicts */
    PyObject *extension_registry;       /* (module, name) -> code */
    PyObject *inverted_registry;        /* code -> (module, name) */
    PyObject *extension_cache;          /* code -> object */
    PyObject *name_to_3, *import_to_3;  /* _compat_pickle's tables, to Python 3 */
    PyObject *name_to_2, *import_to_2;  /* and back */
    PyObject *encode, *getattr, *partial;
} pickle_state;

/* The state that was looked for last, and whose it is. */
extern struct hob_pickle_last {
    int64_t interp_id;
    pickle_state *state;
} hob_pickle_last;
pickle_state *hob_pickle_find(void);

/* The running interpreter's state; all NULL when the module has been freed. */
static inline pickle_state *
hob_pickle(void)
{
    bool known = hob_pickle_last.interp_id == hob_ts()->interp->id;
    return LIKELY(known) ? hob_pickle_last.state : hob_pickle_find();
}

/* Interned names belong to the process. */
extern struct hob_pickle_names {
#define X(name) PyObject *name;
    PICKLE_NAMES(X)
#undef X
} hob_pickle_names;
#define NAME(x) (hob_pickle_names.x)

/* RuntimeError from a finalizer that runs after the module's end. */
MUST_USE status hob_pickle_ready(void);

/* --- memo.c: object -> place --- */

typedef struct {
    PyObject *key;                      /* owned; NULL: free */
    Py_ssize_t place;
} memo_entry;

typedef struct {
    size_t mask;
    size_t n_used;
    size_t n_slots;
    memo_entry *slots;
} memo_table;

MAYBE_NULL memo_table *hob_seen_new(void);
MAYBE_NULL memo_table *hob_seen_copy(const memo_table *from);
void hob_seen_free(memo_table *memo);
void hob_seen_clear(memo_table *memo);
Py_ssize_t hob_seen_find(const memo_table *memo, PyObject *key);       /* -1: absent */
MUST_USE status hob_seen_set(memo_table *memo, PyObject *key, Py_ssize_t place);

/* --- persistent.c --- */

/* What a pickler and an unpickler begin with. */
typedef struct {
    PyObject_HEAD
    PyObject *persistent;               /* owned function or NULL */
    PyObject *persistent_self;          /* borrowed self, if that is a method of ours */
} pickle_head;

MUST_USE status hob_persistent_bind(pickle_head *self, PyObject *name);
MUST_USE PyObject *hob_persistent_call(pickle_head *self, PyObject *arg);
/* For a PyGetSetDef; the closure is the attribute's name. */
MUST_USE PyObject *hob_persistent_get(PyObject *op, void *name);
MUST_USE int hob_persistent_set(PyObject *op, PyObject *value, void *name);

/* --- pickler.c --- */

typedef struct {
    pickle_head head;                   /* persistent_id */
    memo_table *memo;
    PyObject *dispatch_table;
    PyObject *reducer_override;         /* during a dump */
    PyObject *write;
    PyObject *buffer;                   /* bytes under construction, or NULL */
    Py_ssize_t n_written;
    Py_ssize_t n_room;
    int proto;
    int bin;                            /* proto > 0 */
    Py_ssize_t frame_start;             /* of the open frame's header, or -1 */
    int is_framing;
    int fast;                           /* no memo */
    int fast_nesting;
    int fix_imports;
    PyObject *fast_memo;                /* ids of the containers being saved, deep down */
    PyObject *buffer_callback;
    void *unused[2];                    /* sys.getsizeof() is known to programs */
} pickler;

extern PyTypeObject hob_pickler_type;
extern PyTypeObject hob_pickler_memo_type;

MUST_USE pickler *hob_pickler_new(void);
MUST_USE status hob_pickler_protocol(pickler *self, PyObject *protocol, bool fix_imports);
MUST_USE status hob_pickler_callback(pickler *self, PyObject *buffer_callback);
MUST_USE status hob_pickler_file(pickler *self, PyObject *file);
MUST_USE status hob_pickler_run(pickler *self, PyObject *obj);
MUST_USE PyObject *hob_pickler_bytes(pickler *self);
MUST_USE status hob_pickler_flush(pickler *self);
MUST_USE status hob_pickler_boundary(pickler *self);    /* between opcodes */
MUST_USE status hob_pickler_grow(pickler *self, Py_ssize_t n);
MUST_USE status hob_pickler_blob(pickler *self, const char *header, Py_ssize_t n_header,
                                 const char *data, Py_ssize_t size, PyObject *payload);

/* Append n bytes to the output, inside the open frame. */
static inline MUST_USE status
hob_pickler_write(pickler *self, const void *data, Py_ssize_t n)
{
    bool opens = self->is_framing && self->frame_start < 0;
    if ((opens || n > self->n_room - self->n_written) && hob_pickler_grow(self, n) < 0) {
        return -1;
    }
    char *to = PyBytes_AS_STRING(self->buffer) + self->n_written;
    if (n == 1) { *to = *(const char *)data; }
    else { memcpy(to, data, (size_t)n); }
    self->n_written += n;
    return 0;
}

static inline MUST_USE status
hob_pickler_op(pickler *self, enum opcode op)
{
    char byte = (char)op;
    return hob_pickler_write(self, &byte, 1);
}

/* --- save.c, reduce.c, global.c --- */

MUST_USE status hob_save(pickler *self, PyObject *obj);
MUST_USE status hob_save_plainly(pickler *self, PyObject *obj);      /* no persistent_id */
MUST_USE status hob_save_get(pickler *self, Py_ssize_t place);
MUST_USE status hob_save_put(pickler *self, PyObject *obj);
MUST_USE status hob_save_list_items(pickler *self, PyObject *iterator);
MUST_USE status hob_save_dict_items(pickler *self, PyObject *iterator);
MUST_USE status hob_save_reduced(pickler *self, PyObject *reduced, MAYBE_NULL PyObject *obj);
MUST_USE status hob_save_by_reduction(pickler *self, PyObject *obj);
MUST_USE status hob_save_global(pickler *self, PyObject *obj, MAYBE_NULL PyObject *name);
MUST_USE PyObject *hob_split_path(MAYBE_NULL PyObject *obj, PyObject *name);
tri hob_walk_path(PyObject *root, PyObject *path, PyObject **found, PyObject **parent);

/* --- unpickler.c --- */

typedef struct {
    pickle_head head;                   /* persistent_load */
    PyObject **stack;                   /* owned references */
    Py_ssize_t n_stack;
    Py_ssize_t n_stack_room;
    Py_ssize_t fence;                   /* the top mark: nothing below may be popped */
    Py_ssize_t *marks;
    Py_ssize_t n_marks;
    Py_ssize_t n_marks_room;
    PyObject **memo;                    /* by place; owned or NULL */
    size_t n_memo;                      /* slots */
    Py_ssize_t n_memoized;              /* filled slots */
    PyObject *input;                    /* bytes got from the file; NULL in loads() */
    const char *bytes;
    Py_ssize_t n_bytes;
    Py_ssize_t at;                      /* next byte */
    Py_ssize_t n_taken;                 /* bytes past this were peeked at, not read */
    char *line;                         /* last line, NUL terminated */
    PyObject *read, *readinto, *readline, *peek;
    PyObject *buffers;                  /* iterator or NULL */
    char *encoding;
    char *errors;
    int proto;
    int fix_imports;
    void *unused[6];                    /* sys.getsizeof() is known to programs */
} unpickler;

extern PyTypeObject hob_unpickler_type;
extern PyTypeObject hob_unpickler_memo_type;

MUST_USE unpickler *hob_unpickler_new(void);
MUST_USE status hob_unpickler_file(unpickler *self, PyObject *file);
MUST_USE status hob_unpickler_encoding(unpickler *self, const char *encoding, const char *errors);
MUST_USE status hob_unpickler_buffers(unpickler *self, PyObject *buffers);
MUST_USE status hob_unpickler_skip(unpickler *self);
Py_ssize_t hob_unpickler_fetch(unpickler *self, const char **bytes, Py_ssize_t n);
MUST_USE status hob_unpickler_into(unpickler *self, char *to, Py_ssize_t n);
Py_ssize_t hob_unpickler_line(unpickler *self, char **line);
MUST_USE PyObject *hob_unpickler_class(unpickler *self, PyObject *module, PyObject *name);
MUST_USE PyObject *hob_unpickler_run(unpickler *self);
status hob_unpickler_truncated(void);

MUST_USE status hob_places_set(unpickler *self, size_t place, PyObject *value);
void hob_places_clear(unpickler *self);
MUST_USE status hob_places_grow(unpickler *self, size_t n);

/* Point *bytes at the next n bytes of input. */
static inline MUST_USE status
hob_unpickler_read(unpickler *self, const char **bytes, Py_ssize_t n)
{
    if (LIKELY(n <= self->n_bytes - self->at)) {
        *bytes = self->bytes + self->at;
        self->at += n;
        return 0;
    }
    return hob_unpickler_fetch(self, bytes, n) < 0 ? -1 : 0;
}

/* The attribute `memo` of both. */
MUST_USE PyObject *hob_memo_get(PyObject *owner, void *unused);
MUST_USE int hob_memo_set(PyObject *owner, PyObject *value, void *unused);

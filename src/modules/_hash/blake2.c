/* blake2.c -- _blake2: BLAKE2b and BLAKE2s (RFC 7693) over libb2.
 *
 * Both algorithms are one object layout; what differs between them, sizes and the
 * functions of libb2, is a row of variants[].
 * Holds      state is always begun: feeding and finishing cannot fail.  lock guards
 *            it while the GIL is dropped; it is made the first time long data come.
 * Hazard     the library finishes a state in place, so digests work on a copy.
 */
#include <Python.h>
#include <blake2.h>
#include <endian.h>
#include <string.h>

#include "memory/own.h"
#include "modules/_hash/digest.h"
#include "modules/_hash/lazy.h"
#include "objects/bind.h"

#define B2(X)                                                                   \
    X(blake2b_init_param) X(blake2b_update) X(blake2b_final)                    \
    X(blake2s_init_param) X(blake2s_update) X(blake2s_final)
LAZY_LIBRARY(b2, "libb2.so.1", B2)

typedef union {
    blake2b_state b;
    blake2s_state s;
} any_state;

/* The parameter block, before it is laid out for one of the two. */
typedef struct {
    int digest_size, fanout, depth, node_depth, inner_size;
    unsigned long leaf_size;
    unsigned long long node_offset;
    const Py_buffer *key, *salt, *person;
    bool last_node;
} settings;

typedef struct {
    const char *name, *type_name;
    int block_size, digest_size, key_size, salt_size, person_size;      /* the greatest */
    int offset_bits;            /* of node_offset */
    status (*begin)(any_state *state, const settings *s);
    int (*feed)(any_state *state, const void *bytes, size_t n);
    int (*finish)(any_state *state, unsigned char *out, size_t n);
} variant;

typedef struct {
    PyObject_HEAD
    any_state state;
    const variant *variant;
    PyThread_type_lock lock;
    int digest_size;
} blake2_object;

/* --- the two variants --- */

static void
fill(uint8_t *field, const Py_buffer *given)
{
    if (given->len) { memcpy(field, given->buf, (size_t)given->len); }
}

static status
begin_b(any_state *state, const settings *s)
{
    blake2b_param block = {
        .digest_length = (uint8_t)s->digest_size, .key_length = (uint8_t)s->key->len,
        .fanout = (uint8_t)s->fanout, .depth = (uint8_t)s->depth,
        .leaf_length = htole32((uint32_t)s->leaf_size), .node_offset = htole64(s->node_offset),
        .node_depth = (uint8_t)s->node_depth, .inner_length = (uint8_t)s->inner_size,
    };
    fill(block.salt, s->salt);
    fill(block.personal, s->person);
    if (b2.blake2b_init_param(&state->b, &block) < 0) { return -1; }
    state->b.last_node = s->last_node;
    return 0;
}

static status
begin_s(any_state *state, const settings *s)
{
    blake2s_param block = {
        .digest_length = (uint8_t)s->digest_size, .key_length = (uint8_t)s->key->len,
        .fanout = (uint8_t)s->fanout, .depth = (uint8_t)s->depth,
        .leaf_length = htole32((uint32_t)s->leaf_size),
        .node_depth = (uint8_t)s->node_depth, .inner_length = (uint8_t)s->inner_size,
    };
    uint64_t offset = htole64(s->node_offset);
    memcpy(block.node_offset, &offset, sizeof block.node_offset);
    fill(block.salt, s->salt);
    fill(block.personal, s->person);
    if (b2.blake2s_init_param(&state->s, &block) < 0) { return -1; }
    state->s.last_node = s->last_node;
    return 0;
}

static int
feed_b(any_state *state, const void *bytes, size_t n)
{
    return b2.blake2b_update(&state->b, bytes, n);
}

static int
feed_s(any_state *state, const void *bytes, size_t n)
{
    return b2.blake2s_update(&state->s, bytes, n);
}

static int
finish_b(any_state *state, unsigned char *out, size_t n)
{
    return b2.blake2b_final(&state->b, out, n);
}

static int
finish_s(any_state *state, unsigned char *out, size_t n)
{
    return b2.blake2s_final(&state->s, out, n);
}

enum { BLAKE2B, BLAKE2S, N_VARIANTS };

static const variant variants[N_VARIANTS] = {
    {"blake2b", "_blake2.blake2b", BLAKE2B_BLOCKBYTES, BLAKE2B_OUTBYTES, BLAKE2B_KEYBYTES,
     BLAKE2B_SALTBYTES, BLAKE2B_PERSONALBYTES, 64, begin_b, feed_b, finish_b},
    {"blake2s", "_blake2.blake2s", BLAKE2S_BLOCKBYTES, BLAKE2S_OUTBYTES, BLAKE2S_KEYBYTES,
     BLAKE2S_SALTBYTES, BLAKE2S_PERSONALBYTES, 48, begin_s, feed_s, finish_s},
};

/* --- making one --- */

typedef unsigned long ulong_arg;
typedef unsigned long long offset_arg;

static MUST_USE bool
not_negative(PyObject *value)
{
    if (!PyLong_Check(value) || _PyLong_Sign(value) >= 0) { return true; }
    PyErr_SetString(PyExc_ValueError, "value must be positive");
    return false;
}

static bool
arg_ulong(PyObject *value, unsigned long *out, const char *func, const char *name)
{
    return not_negative(value) && arg_unsigned_long(value, out);
}

static bool
arg_offset(PyObject *value, unsigned long long *out, const char *func, const char *name)
{
    if (!not_negative(value)) { return false; }
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return false;
    }
    return arg_unsigned_long_long(value, out);
}

static COLD status
refuse(PyObject *type, const char *format, int limit)
{
    PyErr_Format(type, format, limit);
    return -1;
}

static MUST_USE status
check_settings(const variant *v, const settings *s)
{
    if (s->digest_size <= 0 || s->digest_size > v->digest_size) {
        return refuse(PyExc_ValueError, "digest_size must be between 1 and %d bytes",
                      v->digest_size);
    }
    if (s->salt->len > v->salt_size) {
        return refuse(PyExc_ValueError, "maximum salt length is %d bytes", v->salt_size);
    }
    if (s->person->len > v->person_size) {
        return refuse(PyExc_ValueError, "maximum person length is %d bytes", v->person_size);
    }
    if (s->fanout < 0 || s->fanout > 255) {
        return refuse(PyExc_ValueError, "fanout must be between 0 and %d", 255);
    }
    if (s->depth <= 0 || s->depth > 255) {
        return refuse(PyExc_ValueError, "depth must be between 1 and %d", 255);
    }
    if (s->leaf_size > UINT32_MAX) {
        return refuse(PyExc_OverflowError, "leaf_size is too large", 0);
    }
    if (v->offset_bits < 64 && s->node_offset >> v->offset_bits) {
        return refuse(PyExc_OverflowError, "node_offset is too large", 0);
    }
    if (s->node_depth < 0 || s->node_depth > 255) {
        return refuse(PyExc_ValueError, "node_depth must be between 0 and %d", 255);
    }
    if (s->inner_size < 0 || s->inner_size > v->digest_size) {
        return refuse(PyExc_ValueError, "inner_size must be between 0 and is %d",
                      v->digest_size);
    }
    if (s->key->len > v->key_size) {
        return refuse(PyExc_ValueError, "maximum key length is %d bytes", v->key_size);
    }
    return 0;
}

/* A key is hashed first, as a whole block. */
static void
feed_key(blake2_object *self, const Py_buffer *key)
{
    uint8_t block[BLAKE2B_BLOCKBYTES] = {0};
    memcpy(block, key->buf, (size_t)key->len);
    self->variant->feed(&self->state, block, (size_t)self->variant->block_size);
    explicit_bzero(block, sizeof block);
}

static MUST_USE status
feed(blake2_object *self, PyObject *data)
{
    Py_buffer view;
    if (hob_digest_buffer(data, &view) < 0) { return -1; }
    if (!self->lock && view.len >= DIGEST_GIL_MIN) { self->lock = PyThread_allocate_lock(); }
    if (self->lock) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        self->variant->feed(&self->state, view.buf, (size_t)view.len);
        PyThread_release_lock(self->lock);
        Py_END_ALLOW_THREADS
    }
    else { self->variant->feed(&self->state, view.buf, (size_t)view.len); }
    PyBuffer_Release(&view);
    return 0;
}

static MUST_USE blake2_object *
object_new(PyTypeObject *type, const variant *v, int digest_size)
{
    blake2_object *self = (blake2_object *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->variant = v;
    self->digest_size = digest_size;
    return self;
}

static MUST_USE PyObject *
make(PyTypeObject *type, const variant *v, PyObject *data, const settings *s)
{
    own blake2_object *self = object_new(type, v, s->digest_size);
    if (!self || check_settings(v, s) < 0) { return NULL; }
    if (v->begin(&self->state, s) < 0) {
        PyErr_SetString(PyExc_RuntimeError, "error initializing hash state");
        return NULL;
    }
    if (s->key->len) { feed_key(self, s->key); }
    if (data && feed(self, data) < 0) { return NULL; }
    return (PyObject *)take(self);
}

/** blake2b.__new__($type, data=b'', /, *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE{64},
 *      key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0,
 *      node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)
 *
 *  A BLAKE2b hash object.
 */
static PyObject *
blake2b_new(PyTypeObject *type, PyObject *data, int digest_size, Py_buffer *key,
            Py_buffer *salt, Py_buffer *person, int fanout, int depth, ulong_arg leaf_size,
            offset_arg node_offset, int node_depth, int inner_size, bool last_node,
            bool usedforsecurity)
{
    settings s = {digest_size, fanout, depth, node_depth, inner_size, leaf_size, node_offset,
                  key, salt, person, last_node};
    return make(type, &variants[BLAKE2B], data, &s);
}

/** blake2s.__new__($type, data=b'', /, *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE{32},
 *      key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0,
 *      node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)
 *
 *  A BLAKE2s hash object.
 */
static PyObject *
blake2s_new(PyTypeObject *type, PyObject *data, int digest_size, Py_buffer *key,
            Py_buffer *salt, Py_buffer *person, int fanout, int depth, ulong_arg leaf_size,
            offset_arg node_offset, int node_depth, int inner_size, bool last_node,
            bool usedforsecurity)
{
    settings s = {digest_size, fanout, depth, node_depth, inner_size, leaf_size, node_offset,
                  key, salt, person, last_node};
    return make(type, &variants[BLAKE2S], data, &s);
}

/* --- methods --- */

static void
blake2_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    blake2_object *self = (blake2_object *)op;
    explicit_bzero(&self->state, sizeof self->state);
    if (self->lock) { PyThread_free_lock(self->lock); }
    type->tp_free(op);
    Py_DECREF(type);
}

/* The state as it is when no thread feeds it. */
static void
copy_state(blake2_object *self, any_state *out)
{
    if (!self->lock) {
        *out = self->state;
        return;
    }
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
    *out = self->state;
    PyThread_release_lock(self->lock);
}

static void
finish(blake2_object *self, unsigned char *out)
{
    any_state copy;
    copy_state(self, &copy);
    self->variant->finish(&copy, out, (size_t)self->digest_size);
    explicit_bzero(&copy, sizeof copy);
}

/** blake2.copy($self, /)
 *
 *  Return a hash object that has been fed the same.
 */
static PyObject *
blake2_copy(PyObject *op)
{
    blake2_object *self = (blake2_object *)op;
    blake2_object *copy = object_new(Py_TYPE(op), self->variant, self->digest_size);
    if (copy) { copy_state(self, &copy->state); }
    return (PyObject *)copy;
}

/** blake2.digest($self, /)
 *
 *  Return the digest of all data fed so far, as bytes.
 */
static PyObject *
blake2_digest(PyObject *op)
{
    unsigned char out[BLAKE2B_OUTBYTES];
    finish((blake2_object *)op, out);
    return PyBytes_FromStringAndSize((char *)out, ((blake2_object *)op)->digest_size);
}

/** blake2.hexdigest($self, /)
 *
 *  Return the digest of all data fed so far, as hexadecimal digits.
 */
static PyObject *
blake2_hexdigest(PyObject *op)
{
    unsigned char out[BLAKE2B_OUTBYTES];
    finish((blake2_object *)op, out);
    return hob_hex(out, (size_t)((blake2_object *)op)->digest_size);
}

/** blake2.update($self, data, /)
 *
 *  Feed a bytes-like object.
 */
static PyObject *
blake2_update(PyObject *op, PyObject *data)
{
    if (feed((blake2_object *)op, data) < 0) { return NULL; }
    Py_RETURN_NONE;
}

static PyObject *
get_name(PyObject *op, void *closure)
{
    return PyUnicode_FromString(((blake2_object *)op)->variant->name);
}

static PyObject *
get_block_size(PyObject *op, void *closure)
{
    return PyLong_FromLong(((blake2_object *)op)->variant->block_size);
}

static PyObject *
get_digest_size(PyObject *op, void *closure)
{
    return PyLong_FromLong(((blake2_object *)op)->digest_size);
}

static PyGetSetDef blake2_getset[] = {
    {"name", get_name, NULL, NULL, NULL},
    {"block_size", get_block_size, NULL, NULL, NULL},
    {"digest_size", get_digest_size, NULL, NULL, NULL},
    {NULL},
};

#include "gen/modules/_hash/blake2.bind.h"

/* --- types and module --- */

/* Add name = value to the type and PREFIX_name = value to the module. */
static MUST_USE status
add_size(PyObject *module, PyTypeObject *type, const char *prefix, const char *name, int value)
{
    own PyObject *number = PyLong_FromLong(value);
    if (!number || PyDict_SetItemString(type->tp_dict, name, number) < 0) { return -1; }
    own PyObject *full = PyUnicode_FromFormat("%s_%s", prefix, name);
    return full ? PyObject_SetAttr(module, full, number) : -1;
}

static MUST_USE status
add_variant(PyObject *module, const variant *v, const char *prefix, newfunc new,
            const char *doc)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, blake2_dealloc},
        {Py_tp_doc, (void *)doc},
        {Py_tp_methods, blake2_methods},
        {Py_tp_getset, blake2_getset},
        {Py_tp_new, new},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = v->type_name, .basicsize = sizeof(blake2_object),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, .slots = slots,
    };
    own PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    if (!type || PyModule_AddObjectRef(module, v->name, (PyObject *)type) < 0
        || add_size(module, type, prefix, "SALT_SIZE", v->salt_size) < 0
        || add_size(module, type, prefix, "PERSON_SIZE", v->person_size) < 0
        || add_size(module, type, prefix, "MAX_KEY_SIZE", v->key_size) < 0
        || add_size(module, type, prefix, "MAX_DIGEST_SIZE", v->digest_size) < 0) {
        return -1;
    }
    PyType_Modified(type);
    return 0;
}

static int
module_exec(PyObject *module)
{
    if (b2_load() < 0) { return -1; }
    if (add_variant(module, &variants[BLAKE2B], "BLAKE2B", blake2b_new__slot,
                    blake2b_new__doc) < 0) {
        return -1;
    }
    return add_variant(module, &variants[BLAKE2S], "BLAKE2S", blake2s_new__slot,
                       blake2s_new__doc);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_blake2",
    .m_doc = "The hash algorithms BLAKE2b and BLAKE2s.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__blake2(void)
{
    return PyModuleDef_Init(&module_def);
}

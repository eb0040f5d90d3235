/* digest.c -- _md5, _sha1, _sha256, _sha512, _sha3: hash objects over libcrypto.
 *
 * One object layout and one set of methods serve all; a type's hob_digest_kind is
 * found in the state of its module, by name.
 * Holds      ctx is never NULL in a finished object.  lock guards ctx while the GIL
 *            is dropped; it is made the first time that long data comes.
 */
#include "modules/_hash/digest.h"

#include <openssl/evp.h>

#include "modules/_hash/lazy.h"

#define CRYPTO(X)                                                               \
    X(EVP_MD_CTX_new) X(EVP_MD_CTX_free) X(EVP_MD_CTX_copy_ex) X(EVP_MD_fetch)  \
    X(EVP_MD_free) X(EVP_DigestInit_ex) X(EVP_DigestUpdate)                     \
    X(EVP_DigestFinal_ex) X(EVP_DigestFinalXOF)
LAZY_LIBRARY(crypto, "libcrypto.so.3", CRYPTO)

typedef struct {
    PyObject_HEAD
    EVP_MD_CTX *ctx;
    PyThread_type_lock lock;
    const hob_digest_kind *kind;
} digest;

/* NULL with an exception: the module of type is gone. */
static const hob_digest_kind *
find_kind(PyTypeObject *type)
{
    hob_digest_module *state = PyType_GetModuleState(type);
    for (size_t i = 0; state && i < state->n; i++) {
        if (strcmp(state->kinds[i].type_name, type->tp_name) == 0) { return &state->kinds[i]; }
    }
    if (!PyErr_Occurred()) { PyErr_BadInternalCall(); }
    return NULL;
}

status
hob_digest_buffer(PyObject *data, Py_buffer *view)
{
    if (PyUnicode_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "Strings must be encoded before hashing");
        return -1;
    }
    if (!PyObject_CheckBuffer(data)) {
        PyErr_SetString(PyExc_TypeError, "object supporting the buffer API required");
        return -1;
    }
    if (PyObject_GetBuffer(data, view, PyBUF_SIMPLE) < 0) { return -1; }
    if (view->ndim > 1) {
        PyErr_SetString(PyExc_BufferError, "Buffer must be single dimension");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

PyObject *
hob_hex(const unsigned char *bytes, size_t n)
{
    PyObject *text = PyUnicode_New((Py_ssize_t)(2 * n), 127);
    if (!text) { return NULL; }
    Py_UCS1 *out = PyUnicode_1BYTE_DATA(text);
    for (size_t i = 0; i < n; i++) {
        *out++ = (Py_UCS1)"0123456789abcdef"[bytes[i] >> 4];
        *out++ = (Py_UCS1)"0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

static COLD PyObject *
crypto_failed(void)
{
    PyErr_SetString(PyExc_ValueError, "the digest failed in libcrypto");
    return NULL;
}

static MUST_USE status
feed(digest *self, PyObject *data)
{
    Py_buffer view;
    if (hob_digest_buffer(data, &view) < 0) { return -1; }
    int done;
    if (!self->lock && view.len >= DIGEST_GIL_MIN) { self->lock = PyThread_allocate_lock(); }
    if (self->lock) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        done = crypto.EVP_DigestUpdate(self->ctx, view.buf, (size_t)view.len);
        PyThread_release_lock(self->lock);
        Py_END_ALLOW_THREADS
    }
    else { done = crypto.EVP_DigestUpdate(self->ctx, view.buf, (size_t)view.len); }
    PyBuffer_Release(&view);
    if (!done) { crypto_failed(); }
    return done ? 0 : -1;
}

static MUST_USE PyObject *
digest_make(PyTypeObject *type, PyObject *data)
{
    const hob_digest_kind *kind = find_kind(type);
    own digest *self = kind ? PyObject_New(digest, type) : NULL;
    if (!self) { return NULL; }
    self->lock = NULL;
    self->kind = kind;
    self->ctx = crypto.EVP_MD_CTX_new();
    if (!self->ctx) { return PyErr_NoMemory(); }
    EVP_MD *md = crypto.EVP_MD_fetch(NULL, kind->evp_name, NULL);
    int done = md && crypto.EVP_DigestInit_ex(self->ctx, md, NULL);
    crypto.EVP_MD_free(md);
    if (!done) { return crypto_failed(); }
    if (data && feed(self, data) < 0) { return NULL; }
    return (PyObject *)take(self);
}

static void
digest_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    digest *self = (digest *)op;
    if (self->lock) { PyThread_free_lock(self->lock); }
    crypto.EVP_MD_CTX_free(self->ctx);
    PyObject_Free(op);
    Py_DECREF(type);
}

static void
lock_if_shared(digest *self)
{
    if (!self->lock || PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) { return; }
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
}

static void
unlock_if_shared(digest *self)
{
    if (self->lock) { PyThread_release_lock(self->lock); }
}

/* A copy of the running digest, so that it can be finished. */
static MAYBE_NULL EVP_MD_CTX *
fork_ctx(digest *self)
{
    EVP_MD_CTX *copy = crypto.EVP_MD_CTX_new();
    if (!copy) { return NULL; }
    lock_if_shared(self);
    int done = crypto.EVP_MD_CTX_copy_ex(copy, self->ctx);
    unlock_if_shared(self);
    if (done) { return copy; }
    crypto.EVP_MD_CTX_free(copy);
    return NULL;
}

static PyObject *
digest_copy(PyObject *op, PyObject *unused)
{
    digest *self = (digest *)op;
    own digest *copy = PyObject_New(digest, Py_TYPE(op));
    if (!copy) { return NULL; }
    copy->lock = NULL;
    copy->kind = self->kind;
    copy->ctx = fork_ctx(self);
    return copy->ctx ? (PyObject *)take(copy) : PyErr_NoMemory();
}

static PyObject *
digest_update(PyObject *op, PyObject *data)
{
    if (feed((digest *)op, data) < 0) { return NULL; }
    Py_RETURN_NONE;
}

static MUST_USE PyObject *
finish(digest *self, size_t n, bool hex)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)n);
    EVP_MD_CTX *ctx = bytes ? fork_ctx(self) : NULL;
    if (!ctx) {
        Py_XDECREF(bytes);
        return PyErr_NoMemory();
    }
    unsigned char *out = (unsigned char *)PyBytes_AS_STRING(bytes);
    int done = self->kind->digest_size ? crypto.EVP_DigestFinal_ex(ctx, out, NULL)
        : n == 0 || crypto.EVP_DigestFinalXOF(ctx, out, n);
    crypto.EVP_MD_CTX_free(ctx);
    if (!done) {
        Py_DECREF(bytes);
        return crypto_failed();
    }
    if (!hex) { return bytes; }
    PyObject *text = hob_hex(out, n);
    Py_DECREF(bytes);
    return text;
}

static PyObject *
digest_digest(PyObject *op, PyObject *unused)
{
    return finish((digest *)op, (size_t)((digest *)op)->kind->digest_size, false);
}

static PyObject *
digest_hexdigest(PyObject *op, PyObject *unused)
{
    return finish((digest *)op, (size_t)((digest *)op)->kind->digest_size, true);
}

static PyObject *
shake_finish(PyObject *op, PyObject *length, bool hex)
{
    own PyObject *index = PyNumber_Index(length);
    if (!index) { return NULL; }
    unsigned long n = PyLong_AsUnsignedLong(index);
    if (n == (unsigned long)-1 && PyErr_Occurred()) {
        if (_PyLong_Sign(index) < 0) {
            PyErr_SetString(PyExc_ValueError, "value must be positive");
        }
        return NULL;
    }
    if (n >= 1UL << 29) {
        PyErr_SetString(PyExc_ValueError, "length is too large");
        return NULL;
    }
    return finish((digest *)op, n, hex);
}

static PyObject *
shake_digest(PyObject *op, PyObject *length)
{
    return shake_finish(op, length, false);
}

static PyObject *
shake_hexdigest(PyObject *op, PyObject *length)
{
    return shake_finish(op, length, true);
}

static PyObject *
get_block_size(PyObject *op, void *closure)
{
    return PyLong_FromLong(((digest *)op)->kind->block_size);
}

static PyObject *
get_digest_size(PyObject *op, void *closure)
{
    return PyLong_FromLong(((digest *)op)->kind->digest_size);
}

static PyObject *
get_name(PyObject *op, void *closure)
{
    return PyUnicode_FromString(((digest *)op)->kind->name);
}

static PyObject *
get_rate_bits(PyObject *op, void *closure)
{
    return PyLong_FromLong(8 * ((digest *)op)->kind->block_size);
}

static PyObject *
get_capacity_bits(PyObject *op, void *closure)
{
    return PyLong_FromLong(1600 - 8 * ((digest *)op)->kind->block_size);
}

static PyObject *
get_suffix(PyObject *op, void *closure)
{
    return PyBytes_FromString(((digest *)op)->kind->digest_size ? "\x06" : "\x1f");
}

#define DOC_COPY "copy($self, /)\n--\n\nA second hash that goes on from the same state."
#define DOC_DIGEST "digest($self, /)\n--\n\nThe hash of all bytes so far."
#define DOC_HEX                                                                                \
    "hexdigest($self, /)\n--\n\nThe hash of all bytes so far, as hexadecimal digits."
#define DOC_UPDATE "\n--\n\nFeed more bytes into the hash."

static PyMethodDef fixed_methods[] = {
    {"copy", digest_copy, METH_NOARGS, DOC_COPY},
    {"digest", digest_digest, METH_NOARGS, DOC_DIGEST},
    {"hexdigest", digest_hexdigest, METH_NOARGS, DOC_HEX},
    {"update", digest_update, METH_O, "update($self, obj, /)" DOC_UPDATE},
    {NULL},
};
static PyMethodDef sha3_methods[] = {
    {"copy", digest_copy, METH_NOARGS, DOC_COPY},
    {"digest", digest_digest, METH_NOARGS, DOC_DIGEST},
    {"hexdigest", digest_hexdigest, METH_NOARGS, DOC_HEX},
    {"update", digest_update, METH_O, "update($self, data, /)" DOC_UPDATE},
    {NULL},
};
static PyMethodDef shake_methods[] = {
    {"copy", digest_copy, METH_NOARGS, DOC_COPY},
    {"digest", shake_digest, METH_O,
     "digest($self, length, /)\n--\n\nThe hash of all bytes so far."},
    {"hexdigest", shake_hexdigest, METH_O,
     "hexdigest($self, length, /)\n--\n\nThe hash of all bytes so far, as hexadecimal digits."},
    {"update", digest_update, METH_O, "update($self, data, /)" DOC_UPDATE},
    {NULL},
};
static PyGetSetDef plain_getset[] = {
    {"block_size", get_block_size, NULL, NULL, NULL}, {"name", get_name, NULL, NULL, NULL},
    {"digest_size", get_digest_size, NULL, NULL, NULL}, {NULL},
};
static PyGetSetDef sha3_getset[] = {
    {"block_size", get_block_size, NULL, NULL, NULL}, {"name", get_name, NULL, NULL, NULL},
    {"digest_size", get_digest_size, NULL, NULL, NULL},
    {"_capacity_bits", get_capacity_bits, NULL, NULL, NULL},
    {"_rate_bits", get_rate_bits, NULL, NULL, NULL}, {"_suffix", get_suffix, NULL, NULL, NULL},
    {NULL},
};

static PyObject *
sha3_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "usedforsecurity", NULL};
    PyObject *data = NULL;
    int secure = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$p", names, &data, &secure)) { return NULL; }
    return digest_make(type, data);
}

/* Functions like md5(string=b'', *, usedforsecurity=True); self is the type. */
static PyObject *
make_function(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"string", "usedforsecurity", NULL};
    PyObject *data = NULL;
    int secure = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$p", names, &data, &secure)) { return NULL; }
    return digest_make((PyTypeObject *)type, data);
}

static MUST_USE PyTypeObject *
make_type(PyObject *module, const hob_digest_kind *kind)
{
    PyMethodDef *methods = !kind->is_sha3 ? fixed_methods : kind->digest_size ? sha3_methods
                                                                              : shake_methods;
    PyType_Slot slots[] = {
        {Py_tp_dealloc, digest_dealloc},
        {Py_tp_methods, methods},
        {Py_tp_getset, kind->is_sha3 ? sha3_getset : plain_getset},
        {kind->is_sha3 ? Py_tp_new : 0, sha3_new},
        {Py_tp_doc, "([data], *, usedforsecurity=True) -> hash object"},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = kind->type_name,
        .basicsize = sizeof(digest),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE
            | (kind->is_sha3 ? 0 : Py_TPFLAGS_DISALLOW_INSTANTIATION),
        .slots = slots,
    };
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}

static MUST_USE status
add_function(PyObject *module, PyTypeObject *type, hob_digest_kind *kind)
{
    snprintf(kind->doc, sizeof kind->doc,
             "%s($module, /, string=b'', *, usedforsecurity=True)\n--\n\n"
             "A %s hash, begun with the bytes of string.",
             kind->name, kind->evp_name);
    kind->function = (PyMethodDef){kind->name, (PyCFunction)(void (*)(void))make_function,
                                   METH_VARARGS | METH_KEYWORDS, kind->doc};
    own PyObject *module_name = PyModule_GetNameObject(module);
    own PyObject *function = module_name
        ? PyCFunction_NewEx(&kind->function, (PyObject *)type, module_name) : NULL;
    return function ? PyModule_AddObjectRef(module, kind->name, function) : -1;
}

status
hob_digest_add(PyObject *module, hob_digest_kind *kinds, size_t n)
{
    if (crypto_load() < 0) { return -1; }
    *(hob_digest_module *)PyModule_GetState(module) = (hob_digest_module){kinds, n};
    for (size_t i = 0; i < n; i++) {
        own PyTypeObject *type = make_type(module, &kinds[i]);
        if (!type) { return -1; }
        const char *name = kinds[i].attribute ? kinds[i].attribute : kinds[i].name;
        if (PyModule_AddObjectRef(module, name, (PyObject *)type) < 0) { return -1; }
        if (kinds[i].attribute && add_function(module, type, &kinds[i]) < 0) { return -1; }
    }
    return 0;
}

/* --- the modules --- */

#define MODULE(name, extra, ...)                                                \
    static hob_digest_kind name##_kinds[] = {__VA_ARGS__};                      \
    static int                                                                  \
    name##_exec(PyObject *module)                                               \
    {                                                                           \
        if (hob_digest_add(module, name##_kinds, ARRAY_LEN(name##_kinds)) < 0) { return -1; } \
        return extra;                                                           \
    }                                                                           \
    static PyModuleDef_Slot name##_slots[] = {{Py_mod_exec, name##_exec}, {0, NULL}}; \
    static struct PyModuleDef name##_def = {                                    \
        PyModuleDef_HEAD_INIT, .m_name = #name, .m_slots = name##_slots,        \
        .m_size = sizeof(hob_digest_module),                                    \
    };                                                                          \
    PyMODINIT_FUNC PyInit_##name(void);                                         \
    PyMODINIT_FUNC PyInit_##name(void) { return PyModuleDef_Init(&name##_def); }

MODULE(_md5, 0, {"_md5.md5", "MD5Type", "MD5", "md5", 64, 16, false})
MODULE(_sha1, 0, {"_sha1.sha1", "SHA1Type", "SHA1", "sha1", 64, 20, false})
MODULE(_sha256, 0, {"_sha256.sha224", "SHA224Type", "SHA224", "sha224", 64, 28, false},
       {"_sha256.sha256", "SHA256Type", "SHA256", "sha256", 64, 32, false})
MODULE(_sha512, 0, {"_sha512.sha384", "SHA384Type", "SHA384", "sha384", 128, 48, false},
       {"_sha512.sha512", "SHA512Type", "SHA512", "sha512", 128, 64, false})
MODULE(_sha3, PyModule_AddStringConstant(module, "implementation", "libcrypto")
                  || PyModule_AddIntConstant(module, "keccakopt", 0) ? -1 : 0,
       {"_sha3.sha3_224", NULL, "SHA3-224", "sha3_224", 144, 28, true},
       {"_sha3.sha3_256", NULL, "SHA3-256", "sha3_256", 136, 32, true},
       {"_sha3.sha3_384", NULL, "SHA3-384", "sha3_384", 104, 48, true},
       {"_sha3.sha3_512", NULL, "SHA3-512", "sha3_512", 72, 64, true},
       {"_sha3.shake_128", NULL, "SHAKE128", "shake_128", 168, 0, true},
       {"_sha3.shake_256", NULL, "SHAKE256", "shake_256", 136, 0, true})

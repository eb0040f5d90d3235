/* _random.c -- the module _random: the Mersenne Twister.
 *
 * M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally
 * equidistributed uniform pseudo-random number generator" (1998), MT19937 with
 * the initialisation of 2002 (by an array of 32-bit words).
 * Holds      index counts the words used of `word`; N means none are left.
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { N = 624, M = 397 };

typedef struct {
    PyObject_HEAD
    int index;
    uint32_t word[N];
} RandomObject;

/* --- the generator --- */

static void
twist(RandomObject *self)
{
    uint32_t *w = self->word;
    for (int i = 0; i < N; i++) {
        uint32_t y = (w[i] & 0x80000000u) | (w[(i + 1) % N] & 0x7fffffffu);
        w[i] = w[(i + M) % N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    self->index = 0;
}

static uint32_t
next_word(RandomObject *self)
{
    if (self->index >= N) { twist(self); }
    uint32_t y = self->word[self->index++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static void
seed_with_word(RandomObject *self, uint32_t seed)
{
    uint32_t *w = self->word;
    w[0] = seed;
    for (uint32_t i = 1; i < N; i++) { w[i] = 1812433253u * (w[i - 1] ^ w[i - 1] >> 30) + i; }
    self->index = N;
}

static void
seed_with_array(RandomObject *self, const uint32_t *key, size_t n)
{
    uint32_t *w = self->word;
    seed_with_word(self, 19650218u);
    size_t i = 1, j = 0;
    for (size_t k = n > N ? n : N; k; k--) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
        if (++i >= N) {
            w[0] = w[N - 1];
            i = 1;
        }
        if (++j >= n) { j = 0; }
    }
    for (size_t k = N - 1; k; k--) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
        if (++i >= N) {
            w[0] = w[N - 1];
            i = 1;
        }
    }
    w[0] = 0x80000000u;
}

/* --- seeds --- */

static status
seed_from_system(RandomObject *self)
{
    uint32_t key[N];
    if (_PyOS_URandomNonblock(key, sizeof key) < 0) { return -1; }
    seed_with_array(self, key, N);
    return 0;
}

static void
seed_from_clock(RandomObject *self)
{
    struct timespec now, run;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_MONOTONIC, &run);
    uint32_t key[] = {(uint32_t)now.tv_nsec, (uint32_t)now.tv_sec, (uint32_t)getpid(),
                      (uint32_t)run.tv_nsec, (uint32_t)run.tv_sec};
    seed_with_array(self, key, ARRAY_LEN(key));
}

/* Seed with the words of a non-negative int, at least one. */
static status
seed_with_int(RandomObject *self, PyObject *number)
{
    size_t bits = _PyLong_NumBits(number);
    if (bits == (size_t)-1 && PyErr_Occurred()) { return -1; }
    size_t n = bits ? (bits - 1) / 32 + 1 : 1;
    uint32_t *key = PyMem_New(uint32_t, n);
    if (!key) {
        PyErr_NoMemory();
        return -1;
    }
    status failed = _PyLong_AsByteArray((PyLongObject *)number, (unsigned char *)key, n * 4,
                                        1, 0);
    if (!failed) { seed_with_array(self, key, n); }
    PyMem_Free(key);
    return failed;
}

static status
seed_with(RandomObject *self, PyObject *n)
{
    if (!n || n == Py_None) {
        if (seed_from_system(self) == 0) { return 0; }
        PyErr_Clear();
        seed_from_clock(self);
        return 0;
    }
    own PyObject *number = NULL;
    if (PyLong_CheckExact(n)) { number = PyNumber_Absolute(n); }
    else if (PyLong_Check(n)) { number = PyLong_Type.tp_as_number->nb_absolute(n); }
    else {
        Py_hash_t hash = PyObject_Hash(n);
        if (hash == -1) { return -1; }
        number = PyLong_FromSize_t((size_t)hash);
    }
    return number ? seed_with_int(self, number) : -1;
}

/* --- methods --- */

/** Random.random($self, /)
 *
 *  random() -> a float in the interval [0, 1).
 */
static PyObject *
random_random(PyObject *op)
{
    RandomObject *self = (RandomObject *)op;
    uint32_t a = next_word(self) >> 5, b = next_word(self) >> 6;
    return PyFloat_FromDouble((a * 67108864.0 + b) * (1.0 / 9007199254740992.0));
}

/** Random.seed($self, n=None, /)
 *
 *  seed([n]) -> None.
 *
 *  Start anew from an int, from the hash of another object, or, with None,
 *  from what the system or the clock gives.
 */
static status
random_seed(PyObject *self, PyObject *n)
{
    return seed_with((RandomObject *)self, n);
}

/** Random.getstate($self, /)
 *
 *  getstate() -> a tuple that setstate() takes.
 */
static PyObject *
random_getstate(PyObject *op)
{
    RandomObject *self = (RandomObject *)op;
    own PyObject *tuple = PyTuple_New(N + 1);
    if (!tuple) { return NULL; }
    for (int i = 0; i <= N; i++) {
        PyObject *item = PyLong_FromUnsignedLong(i < N ? self->word[i]
                                                       : (unsigned long)self->index);
        if (!item) { return NULL; }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return take(tuple);
}

/** Random.setstate($self, state, /)
 *
 *  setstate(state) -> None.  Go back to where getstate() was called.
 */
static status
random_setstate(PyObject *op, PyObject *state)
{
    RandomObject *self = (RandomObject *)op;
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state vector must be a tuple");
        return -1;
    }
    if (PyTuple_GET_SIZE(state) != N + 1) {
        PyErr_SetString(PyExc_ValueError, "state vector is the wrong size");
        return -1;
    }
    uint32_t word[N];
    for (int i = 0; i < N; i++) {
        unsigned long value = PyLong_AsUnsignedLong(PyTuple_GET_ITEM(state, i));
        if (value == (unsigned long)-1 && PyErr_Occurred()) { return -1; }
        word[i] = (uint32_t)value;
    }
    long index = PyLong_AsLong(PyTuple_GET_ITEM(state, N));
    if (index == -1 && PyErr_Occurred()) { return -1; }
    if (index < 0 || index > N) {
        PyErr_SetString(PyExc_ValueError, "invalid state");
        return -1;
    }
    self->index = (int)index;
    memcpy(self->word, word, sizeof word);
    return 0;
}

/** Random.getrandbits($self, k, /)
 *
 *  An int of k random bits, so from 0 to 2**k - 1.
 */
static PyObject *
random_getrandbits(PyObject *op, int k)
{
    RandomObject *self = (RandomObject *)op;
    if (k < 0) {
        PyErr_SetString(PyExc_ValueError, "number of bits must be non-negative");
        return NULL;
    }
    if (k == 0) { return PyLong_FromLong(0); }
    if (k <= 32) { return PyLong_FromUnsignedLong(next_word(self) >> (32 - k)); }
    size_t n = ((size_t)k - 1) / 32 + 1;
    uint32_t *words = PyMem_New(uint32_t, n);
    if (!words) { return PyErr_NoMemory(); }
    for (size_t i = 0; i < n; i++, k -= 32) {           /* least significant first */
        uint32_t word = next_word(self);
        words[i] = k < 32 ? word >> (32 - k) : word;
    }
    PyObject *result = _PyLong_FromByteArray((unsigned char *)words, n * 4, 1, 0);
    PyMem_Free(words);
    return result;
}

#include "gen/modules/_random.bind.h"

/* --- the type --- */

/* What Random(...) or random.seed-like construction is given: false on error. */
static bool
seed_argument(PyObject *args, PyObject **seed)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    *seed = n ? PyTuple_GET_ITEM(args, 0) : NULL;
    if (n <= 1) { return true; }
    PyErr_SetString(PyExc_TypeError, "Random() requires 0 or 1 argument");
    return false;
}

static int
random_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *seed;
    if (!_PyArg_NoKeywords("Random", kwargs) || !seed_argument(args, &seed)) { return -1; }
    return seed_with((RandomObject *)self, seed);
}

static void
random_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(random_doc, "Random(seed): a generator of random numbers, apart from all others.");

static PyType_Slot random_slots[] = {
    {Py_tp_doc, (void *)random_doc},
    {Py_tp_methods, Random_methods},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, random_init},
    {Py_tp_dealloc, random_dealloc},
    {Py_tp_free, PyObject_Free},
    {0, NULL},
};

static PyType_Spec random_spec = {
    "_random.Random", sizeof(RandomObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    random_slots,
};

/* --- the module --- */

static int
module_exec(PyObject *module)
{
    own PyObject *type = PyType_FromModuleAndSpec(module, &random_spec, NULL);
    return type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc, "Random numbers by the Mersenne Twister.");

static struct PyModuleDef random_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_random",
    .m_doc = module_doc,
    .m_size = 0,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__random(void)
{
    return PyModuleDef_Init(&random_module);
}

/* fuzz.c -- libFuzzer drives Hob: one process, one runtime, one target.
 *
 * The targets are Python functions of one bytes object, in targets.py; the
 * environment variable HOB_FUZZ names the one to run.  An input is fine when the
 * target returns or raises an ordinary exception.  SystemError and AssertionError
 * (a check of the target's own) end the process, as a sanitizer's report does.
 *
 * Targets that eat source text get their mutations here too, of whole tokens:
 * what libFuzzer does to bytes rarely leaves text that gets past the tokenizer.
 *
 * Next       run.py, which makes seeds and dictionary and starts this
 */
#include <Python.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/c.h"
#include "memory/own.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static PyObject *target;
static bool eats_source;

/* --- running --- */

static _Noreturn void
give_up(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    if (PyErr_Occurred()) { PyErr_Print(); }
    abort();
}

static void
start_runtime(void)
{
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.allocator = PYMEM_ALLOCATOR_MALLOC;          /* the sanitizer sees every block */
    before.utf8_mode = 1;
    PyConfig config;
    if (PyStatus_Exception(Py_PreInitialize(&before))) { give_up("no runtime"); }
    PyConfig_InitIsolatedConfig(&config);
    config.use_hash_seed = 1;                           /* the same input, the same way */
    config.hash_seed = 0;
    config.site_import = 0;
    if (PyStatus_Exception(Py_InitializeFromConfig(&config))) { give_up("no runtime"); }
}

static PyObject *
load_target(const char *name)
{
    const char *path = getenv("HOB_FUZZ_TARGETS");
    FILE *file = fopen(path ? path : "tests/fuzz/targets.py", "rb");
    if (!file) { give_up("cannot open tests/fuzz/targets.py (HOB_FUZZ_TARGETS)"); }
    own PyObject *globals = PyDict_New();
    if (!globals || PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) < 0) {
        return NULL;
    }
    own PyObject *done = PyRun_FileEx(file, "targets.py", Py_file_input, globals, globals, 1);
    PyObject *targets = done ? PyDict_GetItemString(globals, "TARGETS") : NULL;
    return targets ? Py_XNewRef(PyDict_GetItemString(targets, name)) : NULL;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("HOB_FUZZ");
    start_runtime();
    target = load_target(name ? name : "parse");
    if (!target) { give_up("no such target"); }
    eats_source = PyObject_HasAttrString(target, "eats_source");
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
    if (!bytes) { give_up("no memory"); }
    PyObject *result = PyObject_CallOneArg(target, bytes);
    if (!result) {
        if (PyErr_ExceptionMatches(PyExc_SystemError)
            || PyErr_ExceptionMatches(PyExc_AssertionError)) {
            give_up("a bug, by its exception");
        }
        PyErr_Clear();
    }
    else if (PyErr_Occurred()) {
        give_up("a result and an exception");
    }
    Py_XDECREF(result);
    Py_DECREF(bytes);
    return 0;
}

/* --- mutation of tokens --- */

typedef struct {
    size_t at, length;
} piece;

enum { MAX_PIECES = 4096 };
static piece pieces[MAX_PIECES];
static unsigned int state;

static unsigned int
below(size_t n)
{
    state = state * 1664525u + 1013904223u;
    return n ? (state >> 8) % (unsigned int)n : 0;
}

static bool
is_word(int c)
{
    return isalnum(c) || c == '_' || c >= 128;
}

/* Cut text into words, runs of spaces and single characters; how many. */
static size_t
cut(const uint8_t *text, size_t size)
{
    size_t n = 0, at = 0;
    while (at < size && n < MAX_PIECES) {
        size_t end = at + 1;
        if (is_word(text[at]))     { while (end < size && is_word(text[end])) { end++; } }
        else if (text[at] == ' ')  { while (end < size && text[end] == ' ') { end++; } }
        else if (text[at] == '\n') { while (end < size && text[end] == ' ') { end++; } }
        pieces[n++] = (piece){at, end - at};
        at = end;
    }
    return n;
}

static const char *const words[] = {
    "(", ")", "[", "]", "{", "}", ":", ",", ";", "=", ":=", "->", "*", "**", "/", "@", ".", "...",
    "+", "-", "~", "<", "==", "!=", "|", "not ", " in ", " is ", " and ", " or ", " if ", " else ",
    "lambda ", "lambda x:", "await ", "async ", "yield ", "yield from ", "f'{", "}'", "f'{x!r:{y}}'",
    "b''", "r''", "''", "'''", "\"\"\"", "\\\n", "# type: int\n", "# type: ignore\n", "\n", "\n ",
    "\n    ", "\t", "print ", "match x:\n case ", "case _:\n  pass\n", "except* E:\n", "try:\n",
    "finally:\n", "with (a as b, c):\n", "for x in y:\n", "while 1:\n", "def f(a, /, b=1, *, c):\n",
    "class C(A, m=B):\n", "global x\n", "nonlocal x\n", "del x\n", "import a.b as c\n",
    "from .a import (b as c,)\n", "return ", "raise x from y\n", "assert x, y\n", "pass\n", "0x_f",
    "1e5", "1_0", "1j", "0o7", "0777", "None", "True", "__debug__", "\\N{DIGIT ONE}", "\\u00e9",
    "from __future__ import annotations\n", "elif x:\n", "else:\n", "break\n", "continue\n",
    " for x in y", "*x", "**x", "x=1", "\x0c", "\r", "é", "´", "0", "$", "?", "!", "<>",
};

/* Replace [from, to) of text by what is given; the new size, or the old if it does not fit. */
static size_t
splice(uint8_t *text, size_t size, size_t max, size_t from, size_t to, const void *with,
       size_t length)
{
    if (size - (to - from) + length > max) { return size; }
    uint8_t *copy = malloc(length + 1);
    if (!copy) { return size; }
    memcpy(copy, with, length);
    memmove(text + from + length, text + to, size - to);
    memcpy(text + from, copy, length);
    free(copy);
    return size - (to - from) + length;
}

static size_t
mutate_tokens(uint8_t *text, size_t size, size_t max)
{
    size_t n = cut(text, size);
    if (n == 0) { return size; }
    size_t i = below(n), k = i + below(Py_MIN(n - i, 8)), j = below(n);
    size_t from = pieces[i].at, to = pieces[k].at + pieces[k].length;
    const char *word = words[below(ARRAY_LEN(words))];
    size_t much = below(32);
    switch (below(7)) {
    case 0: return splice(text, size, max, from, to, "", 0);
    case 1: return splice(text, size, max, from, to, word, strlen(word));
    case 2: return splice(text, size, max, from, from, word, strlen(word));
    case 3: return splice(text, size, max, from, to, text + pieces[j].at, pieces[j].length);
    case 4: return splice(text, size, max, pieces[j].at, pieces[j].at, text + from, to - from);
    case 5:                             /* the same, many times: depth */
        while (much-- && size < max) {
            size_t before = size;
            size = splice(text, size, max, from, from, text + from, Py_MIN(to - from, max / 8));
            if (size == before) { break; }
        }
        return size;
    default:                            /* around: ( .. ) */
        size = splice(text, size, max, to, to, &")]}'\""[below(5)], 1);
        return splice(text, size, max, from, from, word, strlen(word));
    }
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    state = seed;
    if (!eats_source || below(3) == 0) { return LLVMFuzzerMutate(data, size, max_size); }
    for (unsigned int i = 1 + below(4); i; i--) { size = mutate_tokens(data, size, max_size); }
    return size;
}

/* _tokenize.c -- module _tokenize: the interpreter's own tokens, one tuple each.
 *
 * TokenizerIter(source) gives (text, type, first line, last line, first column, last
 * column, line); columns count bytes.  Made for tools that compare tokenizers.
 */
#include "memory/own.h"
#include "syntax/tokenizer.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    hob_source source;
    hob_tokenizer tok;
    PyObject *filename;
    bool is_open;
} tokenizer_iter;

static PyObject *
tokenizer_iter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", NULL};
    PyObject *source;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:tokenizeriter", names, &source)) {
        return NULL;
    }
    if (!PyUnicode_Check(source)) {
        _PyArg_BadArgument("tokenizeriter", "argument 'source'", "str", source);
        return NULL;
    }
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(source, &length);
    if (!utf8) { return NULL; }
    if (strlen(utf8) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    own PyObject *filename = PyUnicode_FromString("<string>");
    if (!filename) { return NULL; }
    tokenizer_iter *self = (tokenizer_iter *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    if (hob_source_open_utf8(&self->source, utf8, length, true) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->is_open = true;
    self->filename = take(filename);
    hob_tokenizer_init(&self->tok, &self->source, self->filename);
    return (PyObject *)self;
}

static void
tokenizer_iter_dealloc(tokenizer_iter *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->is_open) { hob_source_close(&self->source); }
    Py_XDECREF(self->filename);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
tokenizer_iter_next(tokenizer_iter *self)
{
    hob_tokenizer *tok = &self->tok;
    Py_ssize_t start, end;
    int type = hob_tokenizer_next(tok, &start, &end);
    if (type == TOK_ERRORTOKEN && PyErr_Occurred()) { return NULL; }
    if (type == TOK_ERRORTOKEN || type == TOK_ENDMARKER) {
        PyErr_SetString(PyExc_StopIteration, "EOF");
        return NULL;
    }
    own PyObject *text = start < 0 ? PyUnicode_New(0, 0)
                                   : PyUnicode_FromStringAndSize(tok->text + start, end - start);
    own PyObject *line = PyUnicode_DecodeUTF8(tok->text + tok->buffer_start,
                                              tok->line_end - tok->buffer_start, "replace");
    if (!text || !line) { return NULL; }
    bool is_string = type == TOK_STRING;
    Py_ssize_t line_start = is_string ? tok->first_line_start : tok->line_start;
    int column = start >= line_start ? (int)(start - line_start) : -1;
    int end_column = end >= tok->line_start ? (int)(end - tok->line_start) : -1;
    return Py_BuildValue("(OiiiiiO)", text, type, is_string ? tok->first_lineno : tok->lineno,
                         tok->lineno, column, end_column, line);
}

static PyType_Slot tokenizer_iter_slots[] = {
    {Py_tp_new, tokenizer_iter_new},
    {Py_tp_dealloc, tokenizer_iter_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, tokenizer_iter_next},
    {0, NULL},
};

static PyType_Spec tokenizer_iter_spec = {
    "_tokenize.TokenizerIter", sizeof(tokenizer_iter), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, tokenizer_iter_slots,
};

static int
tokenize_exec(PyObject *module)
{
    own PyObject *type = PyType_FromModuleAndSpec(module, &tokenizer_iter_spec, NULL);
    return type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
}

static PyModuleDef_Slot tokenize_slots[] = {
    {Py_mod_exec, tokenize_exec},
    {0, NULL},
};

static PyModuleDef tokenize_module = {
    PyModuleDef_HEAD_INIT, .m_name = "_tokenize", .m_size = 0, .m_slots = tokenize_slots,
};

PyMODINIT_FUNC
PyInit__tokenize(void)
{
    return PyModuleDef_Init(&tokenize_module);
}

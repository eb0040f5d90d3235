/* tokenizer.h -- source text to tokens. */
#pragma once
#include <Python.h>

#include "syntax/source.h"

/* Token numbers: those of token.h, then keywords. */
enum {
#define TOKEN(name) TOK_##name,
#include "syntax/tokens.def"
    TOK_N_TOKENS,
    TOK_FIRST_KEYWORD = 100,
    TOK_BEFORE_KEYWORDS = TOK_FIRST_KEYWORD - 1,
#define KEYWORD(word, name) TOK_##name,
#include "syntax/tokens.def"
    TOK_AFTER_KEYWORDS,
};

enum {
    MAX_INDENT = 100,
    MAX_PARENS = 200,
};

/* Why a tokenizer stopped.  STOP_ERROR: an exception is set. */
typedef enum {
    STOP_NOT, STOP_EOF, STOP_ERROR, STOP_TOKEN, STOP_TABS, STOP_DEDENT, STOP_TOO_DEEP,
    STOP_LINE_CONT, STOP_INTERACTIVE,
} hob_stop;

typedef struct {
    hob_source *source;         /* borrowed */
    const char *text;           /* source->text, which may move when it grows */
    PyObject *filename;         /* borrowed */

    Py_ssize_t at;              /* the next byte */
    Py_ssize_t line_end;        /* behind the newline of the current line */
    Py_ssize_t line_start;
    Py_ssize_t buffer_start;    /* first line of the token in progress */
    Py_ssize_t start;           /* of the token in progress, or -1 */
    Py_ssize_t first_line_start;    /* of the line where a string began */
    int lineno;
    int first_lineno;           /* of a string token */
    int level;                  /* open brackets */
    hob_stop stop;
    bool at_line_start;
    bool is_continued;          /* after a backslash */
    bool is_interactive;
    int n_warnings;             /* given so far */
    bool ended_in_string;       /* the text stopped before a closing quote */
    bool type_comments;
    bool async_hacks;           /* async and await are names outside async def */

    int n_pending;              /* INDENT (> 0) or DEDENT (< 0) tokens to give */
    int indent;
    bool in_async_def;
    bool async_def_has_line;
    int async_def_indent;

    int columns[MAX_INDENT];            /* tabs are 8 wide */
    int alt_columns[MAX_INDENT];        /* tabs are 1 wide */
    char parens[MAX_PARENS];
    int paren_lines[MAX_PARENS];
    int paren_columns[MAX_PARENS];      /* in bytes */
} hob_tokenizer;

void hob_tokenizer_init(hob_tokenizer *self, hob_source *source, PyObject *filename);

/* The type of the next token, its text at [*start, *end) or -1 when it has none.
 * Names are NAME even if reserved.  TOK_ERRORTOKEN: see self->stop. */
MUST_USE int hob_tokenizer_next(hob_tokenizer *self, Py_ssize_t *start, Py_ssize_t *end);

/* Raise SyntaxError (or IndentationError ..) about the current line; columns count
 * characters from 1, -1 means where the tokenizer is.  Always TOK_ERRORTOKEN. */
int hob_tokenizer_error(hob_tokenizer *self, const char *format, ...);
int hob_tokenizer_error_range(hob_tokenizer *self, int column, int end_column,
                              const char *format, ...);

/* The reserved word of length bytes, as TOK_..., else TOK_NAME. */
int hob_keyword_find(const char *word, Py_ssize_t length);

/* Spelling of a keyword token. */
const char *hob_keyword_text(int type);

/* tokenize_int: shared by tokenizer.c and number.c */
int hob_tokenizer_char(hob_tokenizer *self);
void hob_tokenizer_back(hob_tokenizer *self, int c);
MUST_USE int hob_tokenizer_number(hob_tokenizer *self, int c);
MUST_USE bool hob_tokenizer_warn(hob_tokenizer *self, PyObject *category, const char *format, ...);

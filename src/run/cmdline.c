/* cmdline.c -- the command line: one table of options. */
#include "run/config.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* What an option does to the config; returns false for a wrong value. */
struct state {
    PyConfig *config;
    const wchar_t *value;               /* of an option that takes one */
    int n_version, n_help;
    PyStatus status;
};

static PyStatus
usage_error(const PyConfig *config)
{
    hob_usage_short(config->program_name ? config->program_name : L"python");
    return PyStatus_Exit(2);
}

static void raise_by_one(int *level) { *level = *level < 0 ? 1 : *level + 1; }

static void opt_b(struct state *s) { raise_by_one(&s->config->bytes_warning); }
static void opt_B(struct state *s) { s->config->write_bytecode = 0; }
static void opt_d(struct state *s) { raise_by_one(&s->config->parser_debug); }
static void opt_E(struct state *s) { s->config->use_environment = 0; }
static void opt_h(struct state *s) { s->n_help++; }
static void
opt_i(struct state *s)
{
    raise_by_one(&s->config->inspect);
    raise_by_one(&s->config->interactive);
}
static void
opt_I(struct state *s)
{
    raise_by_one(&s->config->isolated);
    s->config->use_environment = 0;
}
static void
opt_J(struct state *s)
{
    fputs("-J is reserved for Jython\n", stderr);
    s->status = usage_error(s->config);
}
static void opt_ignored(struct state *s) { (void)s; }
static void opt_O(struct state *s) { raise_by_one(&s->config->optimization_level); }
static void opt_P(struct state *s) { s->config->safe_path = 1; }
static void opt_q(struct state *s) { raise_by_one(&s->config->quiet); }
static void opt_R(struct state *s) { s->config->use_hash_seed = 0; }
static void opt_s(struct state *s) { s->config->user_site_directory = 0; }
static void opt_S(struct state *s) { s->config->site_import = 0; }
static void opt_u(struct state *s) { s->config->buffered_stdio = 0; }
static void opt_v(struct state *s) { raise_by_one(&s->config->verbose); }
static void opt_V(struct state *s) { s->n_version++; }
static void opt_x(struct state *s) { s->config->skip_source_first_line = 1; }

static void
opt_W(struct state *s)
{
    s->status = PyWideStringList_Append(&s->config->warnoptions, s->value);
}

static void
opt_X(struct state *s)
{
    s->status = PyWideStringList_Append(&s->config->xoptions, s->value);
}

static void
opt_c(struct state *s)
{
    wchar_t *with_newline = hob_wide_join(s->value, L"\n");
    if (!with_newline) {
        s->status = PyStatus_NoMemory();
        return;
    }
    PyMem_RawFree(s->config->run_command);
    s->config->run_command = with_newline;
}

static void
opt_m(struct state *s)
{
    s->status = PyConfig_SetString(s->config, &s->config->run_module, s->value);
}

static const struct option {
    wchar_t letter;
    bool takes_value, ends_options;
    void (*apply)(struct state *);
} options[] = {
    {L'b', 0, 0, opt_b}, {L'B', 0, 0, opt_B}, {L'c', 1, 1, opt_c}, {L'd', 0, 0, opt_d},
    {L'E', 0, 0, opt_E}, {L'h', 0, 0, opt_h}, {L'?', 0, 0, opt_h}, {L'i', 0, 0, opt_i},
    {L'I', 0, 0, opt_I}, {L'J', 0, 0, opt_J}, {L'm', 1, 1, opt_m}, {L'O', 0, 0, opt_O},
    {L'P', 0, 0, opt_P}, {L'q', 0, 0, opt_q}, {L'R', 0, 0, opt_R}, {L's', 0, 0, opt_s},
    {L'S', 0, 0, opt_S}, {L't', 0, 0, opt_ignored}, {L'u', 0, 0, opt_u}, {L'v', 0, 0, opt_v},
    {L'V', 0, 0, opt_V}, {L'W', 1, 0, opt_W}, {L'x', 0, 0, opt_x}, {L'X', 1, 0, opt_X},
};

/* A long option at argv[i]; *used is how many words it took. */
static PyStatus
long_option(struct state *s, const PyWideStringList *argv, Py_ssize_t i, Py_ssize_t *used)
{
    const wchar_t *name = argv->items[i] + 2;
    *used = 1;
    if (wcscmp(name, L"help") == 0) { s->n_help++; return PyStatus_Ok(); }
    if (wcscmp(name, L"version") == 0) { s->n_version++; return PyStatus_Ok(); }
    if (wcscmp(name, L"help-env") == 0) { hob_usage_env(); return PyStatus_Exit(0); }
    if (wcscmp(name, L"help-xoptions") == 0) { hob_usage_xoptions(); return PyStatus_Exit(0); }
    if (wcscmp(name, L"help-all") == 0) {
        hob_usage_print(s->config->program_name);
        fputs("\n\n", stdout);
        hob_usage_env();
        fputs("\n\n", stdout);
        hob_usage_xoptions();
        return PyStatus_Exit(0);
    }
    if (wcscmp(name, L"check-hash-based-pycs") == 0) {
        if (i + 1 >= argv->length) {
            fprintf(stderr, "Argument expected for the --%ls option\n", name);
            return usage_error(s->config);
        }
        const wchar_t *mode = argv->items[i + 1];
        *used = 2;
        if (wcscmp(mode, L"always") && wcscmp(mode, L"never") && wcscmp(mode, L"default")) {
            fputs("--check-hash-based-pycs must be one of 'default', 'always', or 'never'\n",
                  stderr);
            return usage_error(s->config);
        }
        return PyConfig_SetString(s->config, &s->config->check_hash_pycs_mode, mode);
    }
    fprintf(stderr, "unknown option %ls\n", argv->items[i]);
    return usage_error(s->config);
}

/* The letters of one word "-bBX"; *used as above, *ended after -c or -m. */
static PyStatus
letters(struct state *s, const PyWideStringList *argv, Py_ssize_t i, Py_ssize_t *used, bool *ended)
{
    *used = 1;
    for (const wchar_t *at = argv->items[i] + 1; *at; at++) {
        const struct option *option = options;
        while (option < options + ARRAY_LEN(options) && option->letter != *at) { option++; }
        if (option == options + ARRAY_LEN(options)) {
            fprintf(stderr, "Unknown option: -%lc\n", (wint_t)*at);
            return usage_error(s->config);
        }
        if (!option->takes_value) {
            option->apply(s);
            if (PyStatus_Exception(s->status)) { return s->status; }
            continue;
        }
        if (at[1]) {
            s->value = at + 1;
        }
        else if (i + 1 < argv->length) {
            s->value = argv->items[i + 1];
            *used = 2;
        }
        else {
            fprintf(stderr, "Argument expected for the -%lc option\n", (wint_t)*at);
            return usage_error(s->config);
        }
        option->apply(s);
        *ended = option->ends_options;
        return s->status;
    }
    return PyStatus_Ok();
}

PyStatus
hob_cmdline_parse(PyConfig *config)
{
    struct state s = {.config = config, .status = PyStatus_Ok()};
    const PyWideStringList *argv = &config->argv;
    Py_ssize_t i = 1;
    bool ended = false;
    if (!config->program_name && argv->length > 0) {
        s.status = PyConfig_SetString(config, &config->program_name, argv->items[0]);
    }
    while (!ended && i < argv->length && !PyStatus_Exception(s.status)) {
        const wchar_t *word = argv->items[i];
        if (word[0] != L'-' || word[1] == 0) { break; }
        if (wcscmp(word, L"--") == 0) { i++; break; }
        Py_ssize_t used;
        s.status = word[1] == L'-' ? long_option(&s, argv, i, &used)
                                   : letters(&s, argv, i, &used, &ended);
        i += used;
    }
    if (PyStatus_Exception(s.status)) { return s.status; }
    if (s.n_help) {
        hob_usage_print(config->program_name);
        return PyStatus_Exit(0);
    }
    if (s.n_version) {
        const char *version = Py_GetVersion();
        printf("Python %s\n", s.n_version > 1 ? version : PY_VERSION);
        return PyStatus_Exit(0);
    }
    /* what is left is sys.argv */
    PyWideStringList rest = {0, NULL};
    if (config->run_command) { s.status = PyWideStringList_Append(&rest, L"-c"); }
    else if (config->run_module) { s.status = PyWideStringList_Append(&rest, L"-m"); }
    else if (i < argv->length && wcscmp(argv->items[i], L"-") != 0) {
        s.status = PyConfig_SetString(config, &config->run_filename, argv->items[i]);
    }
    else if (i >= argv->length) { s.status = PyWideStringList_Append(&rest, L""); }
    for (; i < argv->length && !PyStatus_Exception(s.status); i++) {
        s.status = PyWideStringList_Append(&rest, argv->items[i]);
    }
    _PyWideStringList_Clear(&config->argv);
    config->argv = rest;
    return s.status;
}

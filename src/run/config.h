/* config.h -- from command line and environment to PyConfig. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* wide.c: strings from PyMem_RawMalloc; NULL or -1 when memory ends */
MUST_USE wchar_t *hob_wide_copy(const wchar_t *text);
MUST_USE wchar_t *hob_wide_join(const wchar_t *front, const wchar_t *back);
MUST_USE status   hob_wide_set(wchar_t **slot, const wchar_t *text);

HOB_EXPORT void     _PyWideStringList_Clear(PyWideStringList *list);
HOB_EXPORT int      _PyWideStringList_Copy(PyWideStringList *list, const PyWideStringList *from);
HOB_EXPORT PyStatus _PyWideStringList_Extend(PyWideStringList *list, const PyWideStringList *more);

/* locale.c */
void hob_locale_init(PyPreConfig *pre);         /* set LC_CTYPE; coerce "C"; decide UTF-8 mode */
bool hob_locale_is_c(void);
const char *hob_locale_encoding(void);          /* "utf-8", "ISO-8859-1", ... */

/* cmdline.c: fill config from its argv; exit or error in the status. */
PyStatus hob_cmdline_parse(PyConfig *config);

/* usage.c */
void hob_usage_print(const wchar_t *program);           /* -h */
void hob_usage_short(const wchar_t *program);           /* after an error, to stderr */
void hob_usage_env(void);
void hob_usage_xoptions(void);

/* paths.c: program, prefixes and module search path, into config. */
PyStatus hob_paths_compute(PyConfig *config);
void hob_paths_dump(const PyConfig *config);            /* the report of a failed start */

/* config.c */
status hob_config_copy(PyConfig *to, const PyConfig *from);
const wchar_t *hob_config_xoption(const PyConfig *config, const wchar_t *name);
const char *hob_config_env(const PyConfig *config, const char *name);   /* or NULL, also if "" */
HOB_EXPORT const char *_Py_GetEnv(int use_environment, const char *name);
void hob_config_to_flags(const PyConfig *config);       /* Py_OptimizeFlag and kin */

const PyPreConfig *hob_preconfig(void);                  /* init.c: what start-up was told */

/* main.c's error exit: message and exit code 1, as embedders see it */
PyStatus hob_status_in(const char *func, const char *message);
status hob_paths_apply_set(PyConfig *config);         /* what Py_SetProgramName and kin said */

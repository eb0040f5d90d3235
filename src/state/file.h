/* file.h -- file descriptors and paths for C code: names that the public
 * headers leave out.  A function without _noraise sets OSError; those that may
 * block let go of the GIL and try again after a signal (PEP 475). */
#pragma once
#include <Python.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/c.h"

HOB_EXPORT int _Py_fstat_noraise(int fd, struct stat *status);
HOB_EXPORT int _Py_fstat(int fd, struct stat *status);
HOB_EXPORT int _Py_stat(PyObject *path, struct stat *status);   /* -1 errno, -2 exception */
HOB_EXPORT int _Py_open(const char *path, int flags);
HOB_EXPORT int _Py_open_noraise(const char *path, int flags);
HOB_EXPORT FILE *_Py_wfopen(const wchar_t *path, const wchar_t *mode);
HOB_EXPORT Py_ssize_t _Py_read(int fd, void *buf, size_t count);
HOB_EXPORT Py_ssize_t _Py_write(int fd, const void *buf, size_t count);
HOB_EXPORT Py_ssize_t _Py_write_noraise(int fd, const void *buf, size_t count);
HOB_EXPORT int _Py_wreadlink(const wchar_t *path, wchar_t *buf, size_t size);
HOB_EXPORT wchar_t *_Py_wrealpath(const wchar_t *path, wchar_t *resolved, size_t size);
HOB_EXPORT wchar_t *_Py_wgetcwd(wchar_t *buf, size_t size);
HOB_EXPORT int _Py_get_inheritable(int fd);
HOB_EXPORT int _Py_set_inheritable(int fd, int inheritable, int *atomic_flag_works);
HOB_EXPORT int _Py_set_inheritable_async_safe(int fd, int inheritable, int *atomic_flag_works);
HOB_EXPORT int _Py_dup(int fd);
HOB_EXPORT int _Py_get_blocking(int fd);
HOB_EXPORT int _Py_set_blocking(int fd, int blocking);
HOB_EXPORT void _Py_closerange(int first, int last);
HOB_EXPORT wchar_t *_Py_normpath(wchar_t *path, Py_ssize_t size);
HOB_EXPORT PyObject *_Py_device_encoding(int fd);
HOB_EXPORT PyObject *_Py_GetLocaleEncodingObject(void);
HOB_EXPORT wchar_t *_Py_GetLocaleEncoding(void);

/* Shorten the path of size characters in place, as posixpath.normpath does
 * (but "" stays ""); the new size. */
Py_ssize_t hob_path_normalise(wchar_t *path, Py_ssize_t size);

/* Fill buffer from the system's entropy.  With raise, OSError on failure. */
MUST_USE int hob_entropy(void *buffer, Py_ssize_t size, bool blocking, bool raise);

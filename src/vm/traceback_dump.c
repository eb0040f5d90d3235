/* traceback_dump.c -- tracebacks for when nothing can be trusted any more.
 *
 * Called from signal handlers and fatal errors: no allocation, no locks, no
 * exceptions, no calls of Python; only write(2).  A frame that looks damaged
 * ends the list.
 */
#include "vm/vm.h"

#include <unistd.h>

#include "memory/collect.h"
#include "state/interp.h"

enum { DEPTH_MAX = 100, THREADS_MAX = 100, TEXT_MAX = 500 };

HOB_EXPORT void _Py_DumpDecimal(int fd, size_t value);
HOB_EXPORT void _Py_DumpHexadecimal(int fd, uintptr_t value, Py_ssize_t width);
HOB_EXPORT void _Py_DumpASCII(int fd, PyObject *text);
HOB_EXPORT void _Py_DumpTraceback(int fd, PyThreadState *ts);
HOB_EXPORT const char *_Py_DumpTracebackThreads(int fd, PyInterpreterState *interp,
                                                PyThreadState *current);

static void
put(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

void
_Py_DumpDecimal(int fd, size_t value)
{
    char digits[24], *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    (void)!write(fd, at, (size_t)(digits + sizeof digits - at));
}

/* At least width digits. */
void
_Py_DumpHexadecimal(int fd, uintptr_t value, Py_ssize_t width)
{
    char digits[2 * sizeof value], *end = digits + sizeof digits, *at = end;
    if (width > (Py_ssize_t)sizeof digits) { width = (Py_ssize_t)sizeof digits; }
    do {
        *--at = Py_hexdigits[value & 15];
        value >>= 4;
    } while (value || end - at < width);
    (void)!write(fd, at, (size_t)(end - at));
}

/* A str, with what is not printable ASCII escaped; cut after 500 characters. */
void
_Py_DumpASCII(int fd, PyObject *text)
{
    if (!PyUnicode_Check(text)) { return; }
    const PyASCIIObject *ascii = (const PyASCIIObject *)text;
    if (!ascii->state.ready) { return; }
    Py_ssize_t n = ascii->length;
    int kind = (int)ascii->state.kind;
    const void *data = PyUnicode_DATA(text);
    if (!data) { return; }
    bool cut = n > TEXT_MAX;
    if (cut) { n = TEXT_MAX; }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c >= ' ' && c <= 126) {
            char byte = (char)c;
            (void)!write(fd, &byte, 1);
        }
        else {
            put(fd, c <= 0xff ? "\\x" : c <= 0xffff ? "\\u" : "\\U");
            _Py_DumpHexadecimal(fd, c, c <= 0xff ? 2 : c <= 0xffff ? 4 : 8);
        }
    }
    if (cut) { put(fd, "..."); }
}

static void
dump_frame(int fd, const hob_frame *frame)
{
    PyCodeObject *code = frame->code;
    put(fd, "  File ");
    if (code->co_filename && PyUnicode_Check(code->co_filename)) {
        put(fd, "\"");
        _Py_DumpASCII(fd, code->co_filename);
        put(fd, "\"");
    }
    else {
        put(fd, "???");
    }
    int line = hob_frame_line(frame);
    put(fd, ", line ");
    if (line >= 0) { _Py_DumpDecimal(fd, (size_t)line); }
    else { put(fd, "???"); }
    put(fd, " in ");
    if (code->co_name && PyUnicode_Check(code->co_name)) { _Py_DumpASCII(fd, code->co_name); }
    else { put(fd, "???"); }
    put(fd, "\n");
}

static void
dump_thread_stack(int fd, PyThreadState *ts, bool header)
{
    if (header) { put(fd, "Stack (most recent call first):\n"); }
    const hob_frame *frame = ts->cframe ? ts->cframe->current_frame : NULL;
    if (!frame) {
        put(fd, "  <no Python frame>\n");
        return;
    }
    for (int depth = 0; frame; depth++, frame = frame->previous) {
        if (depth == DEPTH_MAX) {
            put(fd, "  ...\n");
            return;
        }
        if (!frame->code || !PyCode_Check(frame->code)) { return; }
        if (hob_frame_is_incomplete(frame)) { continue; }
        dump_frame(fd, frame);
    }
}

void
_Py_DumpTraceback(int fd, PyThreadState *ts)
{
    dump_thread_stack(fd, ts, true);
}

const char *
_Py_DumpTracebackThreads(int fd, PyInterpreterState *interp, PyThreadState *current)
{
    if (!current) { current = PyGILState_GetThisThreadState(); }
    if (!interp) {
        interp = current ? current->interp : _PyRuntime.main_interp;
        if (!interp) { return "unable to get the interpreter state"; }
    }
    PyThreadState *ts = PyInterpreterState_ThreadHead(interp);
    if (!ts) { return "unable to get the thread head state"; }
    int n = 0;
    for (; ts; ts = PyThreadState_Next(ts)) {
        if (n) { put(fd, "\n"); }
        if (n++ == THREADS_MAX) {
            put(fd, "...\n");
            break;
        }
        put(fd, ts == current ? "Current thread 0x" : "Thread 0x");
        _Py_DumpHexadecimal(fd, ts->thread_id, sizeof ts->thread_id * 2);
        put(fd, " (most recent call first):\n");
        if (ts == current && hob_gc.is_collecting) { put(fd, "  Garbage-collecting\n"); }
        dump_thread_stack(fd, ts, false);
    }
    return NULL;
}

/* For fatal errors: what the running thread is doing. */
void
hob_traceback_dump_current(int fd)
{
    PyThreadState *holder = hob_ts();           /* of the lock; maybe another thread's */
    PyThreadState *own_ts = PyGILState_GetThisThreadState();
    if (!holder && !own_ts) { return; }
    _Py_DumpTracebackThreads(fd, (holder ? holder : own_ts)->interp, own_ts);
}

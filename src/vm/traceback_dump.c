/* traceback_dump.c -- tracebacks for when nothing can be trusted any more.
 *
 * Called from signal handlers and fatal errors: no allocation, no locks, no
 * exceptions, no calls of Python; only write(2).  A frame that looks damaged
 * ends the list.
 *
 * Hazard     faulthandler's watchdog comes without the GIL, while other threads run
 *            and free what is looked at: nothing is read in place, all by peek().
 *            What it prints may then be wrong, as it may be in the reference.
 */
#include "vm/vm.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bytecode/linetable.h"
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

/* Copy n bytes that may not be there any more: false when they are not. */
static bool
peek(void *to, const void *from, size_t n)
{
    if (!from) { return false; }
    int saved = errno;
    struct iovec here = {to, n}, there = {(void *)from, n};
    ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    bool is_forbidden = got < 0 && errno != EFAULT;     /* by a sandbox */
    errno = saved;
    if (is_forbidden) { memcpy(to, from, n); }
    return is_forbidden || got == (ssize_t)n;
}

static bool
is_str(const void *object)
{
    PyObject head;
    unsigned long flags;
    return peek(&head, object, sizeof head)
        && peek(&flags, &head.ob_type->tp_flags, sizeof flags)
        && (flags & Py_TPFLAGS_UNICODE_SUBCLASS);
}

static void
put_character(int fd, Py_UCS4 c)
{
    if (c >= ' ' && c <= 126) {
        char byte = (char)c;
        (void)!write(fd, &byte, 1);
        return;
    }
    put(fd, c <= 0xff ? "\\x" : c <= 0xffff ? "\\u" : "\\U");
    _Py_DumpHexadecimal(fd, c, c <= 0xff ? 2 : c <= 0xffff ? 4 : 8);
}

/* A str, with what is not printable ASCII escaped; cut after 500 characters. */
void
_Py_DumpASCII(int fd, PyObject *text)
{
    PyASCIIObject ascii;
    if (!is_str(text) || !peek(&ascii, text, sizeof ascii) || !ascii.state.ready) { return; }
    const char *data = (const char *)text + sizeof(PyASCIIObject);
    if (!ascii.state.compact) {
        if (!peek(&data, &((PyUnicodeObject *)text)->data, sizeof data)) { return; }
    }
    else if (!ascii.state.ascii) {
        data = (const char *)text + sizeof(PyCompactUnicodeObject);
    }
    size_t kind = ascii.state.kind;
    if (kind > sizeof(Py_UCS4)) { return; }
    bool cut = ascii.length > TEXT_MAX;
    Py_ssize_t n = cut ? TEXT_MAX : ascii.length;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 c = 0;                          /* little-endian: kind is its size */
        if (!peek(&c, data + (size_t)i * kind, kind)) { return; }
        put_character(fd, c);
    }
    if (cut) { put(fd, "..."); }
}

/* The line of the code unit at this byte offset, or -1. */
static int
line_at(const PyCodeObject *code, int offset)
{
    if (offset < 0) { return code->co_firstlineno; }
    enum { LONGEST_ENTRY = 32 };
    uint8_t window[128];
    PyVarObject head;
    if (!peek(&head, code->co_linetable, sizeof head)) { return -1; }
    const char *from = ((PyBytesObject *)code->co_linetable)->ob_sval;
    Py_ssize_t left = head.ob_size;             /* not yet in the window */
    hob_linetable_reader r = {.at = window, .end = window, .line = code->co_firstlineno};
    do {
        if (r.end - r.at < LONGEST_ENTRY && left > 0) {
            from -= r.end - r.at;
            left += r.end - r.at;
            Py_ssize_t n = left < (Py_ssize_t)sizeof window ? left : (Py_ssize_t)sizeof window;
            if (!peek(window, from, (size_t)n)) { return -1; }
            r.at = window;
            r.end = window + n;
            from += n;
            left -= n;
        }
        if (!hob_linetable_next(&r)) { return -1; }
    } while (offset >= r.stop);
    return r.where.line;
}

static void
dump_frame(int fd, const PyCodeObject *code, int offset)
{
    put(fd, "  File ");
    if (is_str(code->co_filename)) {
        put(fd, "\"");
        _Py_DumpASCII(fd, code->co_filename);
        put(fd, "\"");
    }
    else {
        put(fd, "???");
    }
    int line = line_at(code, offset);
    put(fd, ", line ");
    if (line >= 0) { _Py_DumpDecimal(fd, (size_t)line); }
    else { put(fd, "???"); }
    put(fd, " in ");
    if (is_str(code->co_name)) { _Py_DumpASCII(fd, code->co_name); }
    else { put(fd, "???"); }
    put(fd, "\n");
}

/* The frames of a copied thread state. */
static void
dump_thread_stack(int fd, const PyThreadState *ts, bool header)
{
    if (header) { put(fd, "Stack (most recent call first):\n"); }
    _PyCFrame cframe;
    const hob_frame *at = peek(&cframe, ts->cframe, sizeof cframe) ? cframe.current_frame : NULL;
    if (!at) {
        put(fd, "  <no Python frame>\n");
        return;
    }
    hob_frame frame;
    PyCodeObject code;
    for (int depth = 0; at; depth++, at = frame.previous) {
        if (depth == DEPTH_MAX) {
            put(fd, "  ...\n");
            return;
        }
        if (!peek(&frame, at, offsetof(hob_frame, slots))
            || !peek(&code, frame.code, offsetof(PyCodeObject, co_code_adaptive))
            || Py_TYPE(&code) != &PyCode_Type) {
            return;
        }
        int unit = (int)(frame.prev_instr - hob_code_start(frame.code));
        if (frame.owner != OWNED_BY_GENERATOR && unit < code._co_firsttraceable) { continue; }
        dump_frame(fd, &code, unit * (int)sizeof(_Py_CODEUNIT));
    }
}

void
_Py_DumpTraceback(int fd, PyThreadState *ts)
{
    PyThreadState copy;
    if (peek(&copy, ts, sizeof copy)) { dump_thread_stack(fd, &copy, true); }
}

const char *
_Py_DumpTracebackThreads(int fd, PyInterpreterState *interp, PyThreadState *current)
{
    if (!current) { current = PyGILState_GetThisThreadState(); }
    if (!interp) {
        interp = current ? current->interp : _PyRuntime.main_interp;
        if (!interp) { return "unable to get the interpreter state"; }
    }
    PyThreadState *ts;
    if (!peek(&ts, &interp->threads, sizeof ts) || !ts) {
        return "unable to get the thread head state";
    }
    PyThreadState copy;
    int n = 0;
    for (; ts && peek(&copy, ts, sizeof copy); ts = copy.next) {
        if (n) { put(fd, "\n"); }
        if (n++ == THREADS_MAX) {
            put(fd, "...\n");
            break;
        }
        put(fd, ts == current ? "Current thread 0x" : "Thread 0x");
        _Py_DumpHexadecimal(fd, copy.thread_id, sizeof copy.thread_id * 2);
        put(fd, " (most recent call first):\n");
        if (ts == current && hob_gc.is_collecting) { put(fd, "  Garbage-collecting\n"); }
        dump_thread_stack(fd, &copy, false);
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

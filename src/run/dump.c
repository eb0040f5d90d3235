/* dump.c -- `hob -X dump=WHAT[,WHAT] file.py`: what each arrow of the pipeline makes of a
 * program, instead of its running.
 *
 * lib/_hob_dump.py does the work, with the standard library where that can say
 * it.  What no Python program can see is handed to it as two functions: graph()
 * shows the compiler's graphs, running() the instructions as the machine has
 * changed them.
 */
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "bytecode/disasm.h"
#include "compile/assemble.h"
#include "memory/own.h"

static FILE *graphs;                    /* where the compiler shows its graphs meanwhile */

static void
show_graph(const hob_assembly *a, const char *stage)
{
    hob_cfg_show(graphs, a, stage);
}

/* graph(source: bytes, filename) -> str */
static PyObject *
dump_graph(PyObject *unused, PyObject *args)
{
    const char *source;
    PyObject *filename;
    if (!PyArg_ParseTuple(args, "yU", &source, &filename)) { return NULL; }
    char *text = NULL;
    size_t size;
    graphs = open_memstream(&text, &size);
    if (!graphs) { return PyErr_NoMemory(); }
    hob_cfg_watcher = show_graph;
    own PyObject *code = Py_CompileStringObject(source, filename, Py_file_input, NULL, -1);
    hob_cfg_watcher = NULL;
    fclose(graphs);
    PyObject *result = code ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "replace") : NULL;
    free(text);
    return result;
}

/* running(code) -> str */
static PyObject *
dump_running(PyObject *unused, PyObject *code)
{
    if (!PyCode_Check(code)) { return PyErr_Format(PyExc_TypeError, "a code object, please"); }
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) { return PyErr_NoMemory(); }
    status done = hob_disasm((PyCodeObject *)code, out, true);
    fclose(out);
    PyObject *result = done < 0 ? NULL : PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "replace");
    free(text);
    return result;
}

static PyMethodDef functions[] = {
    {"graph", dump_graph, METH_VARARGS, NULL},
    {"running", dump_running, METH_O, NULL},
};

status
hob_dump_script(const wchar_t *filename, const wchar_t *what)
{
    own PyObject *show = _PyImport_GetModuleAttrString("_hob_dump", "show");
    own PyObject *graph = PyCFunction_New(&functions[0], NULL);
    own PyObject *running = PyCFunction_New(&functions[1], NULL);
    if (!show || !graph || !running) { return -1; }
    own PyObject *done = PyObject_CallFunction(show, "uuOO", filename, what, graph, running);
    return done ? 0 : -1;
}

/* version.c -- what Py_GetVersion and its kin answer. */
#include "run/version.h"

#include <Python.h>



const unsigned long Py_Version = PY_VERSION_HEX;

const char *
Py_GetVersion(void)
{
    static char text[128];
    if (!text[0]) {
        snprintf(text, sizeof text, "%s (%s) %s", PY_VERSION, Py_GetBuildInfo(), Py_GetCompiler());
    }
    return text;
}

const char *Py_GetPlatform(void) { return "linux"; }
const char *Py_GetCompiler(void) { return "[GCC " __VERSION__ "]"; }
const char *Py_GetBuildInfo(void) { return "Hob " HOB_VERSION ", " __DATE__ ", " __TIME__; }
const char *_Py_gitidentifier(void) { return ""; }
const char *_Py_gitversion(void) { return ""; }

const char *
Py_GetCopyright(void)
{
    return "Hob is a Python 3.11 runtime of its own.\n"
           "The Python language and its standard library are\n"
           "Copyright (c) 2001-2023 Python Software Foundation.\nAll Rights Reserved.";
}

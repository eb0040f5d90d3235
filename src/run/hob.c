/* hob.c -- the executable's entry; apart, so that the build's `freeze` has its own. */
#include <Python.h>

int
main(int argc, char **argv)
{
    return Py_BytesMain(argc, argv);
}

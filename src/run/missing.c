/* missing.c -- what is behind a name of the C ABI that Hob does not implement.
 *
 * Every name of the surface is exported, so that modules load; tools/gen/abi.py
 * makes a weak stub for each, and the linker prefers Hob's own definition.
 * `make stubs` lists the stubs that are left.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/c.h"

__attribute__((noreturn, cold)) void hob_stub_called(const char *name);

void
hob_stub_called(const char *name)
{
    fflush(stdout);
    fprintf(stderr, "hob: %s is not implemented\n", name);
    abort();
}

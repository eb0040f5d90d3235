/* stress.c -- reading HOB_STRESS; under AddressSanitizer `freelist` is on without it. */
#include "base/stress.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/switches.h"

#ifdef HOB_DEBUG

#ifdef __SANITIZE_ADDRESS__             /* it must see every object go */
uint32_t hob_stress_on = 1u << STRESS_freelist;
#else
uint32_t hob_stress_on;
#endif

bool
hob_stress_start(void)
{
    static const hob_switch kinds[] = {
#define X(name, what) {#name, what},
#include "base/stress.def"
#undef X
    };
    return hob_switches_read("HOB_STRESS", kinds, N_STRESSES, &hob_stress_on);
}

#else

bool
hob_stress_start(void)
{
    if (!secure_getenv("HOB_STRESS")) { return true; }
    fputs("hob: HOB_STRESS needs a debug build (make CONFIG=debug)\n", stderr);
    return false;
}

#endif

/* stress.h -- making rare paths common, in debug builds: HOB_STRESS=gc,switch.
 *
 * A kind is a row of stress.def; STRESSED(kind) asks for it where the rare path
 * is chosen, and is plainly false in a release build.
 */
#pragma once
#include <stdint.h>

#include "base/c.h"

enum {
#define X(name, what) STRESS_##name,
#include "base/stress.def"
#undef X
    N_STRESSES
};

#ifdef HOB_DEBUG
extern uint32_t hob_stress_on;          /* bit by kind */
#  define STRESSED(kind) UNLIKELY(hob_stress_on & (uint32_t)1 << STRESS_##kind)
#else
#  define STRESSED(kind) false
#endif

/* Read the environment; false, with a message on stderr, when it asks for what is not there. */
MUST_USE bool hob_stress_start(void);

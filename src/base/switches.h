/* switches.h -- words of an environment variable that turn parts of Hob on. */
#pragma once
#include <stdint.h>

#include "base/c.h"

typedef struct hob_switch {
    const char *name;
    const char *what;                   /* one line for whoever asks what there is */
} hob_switch;

/* Read a list like `gc,import` from the environment variable into *bits, bit i for
 * table[i]; `all` is every one.  False, with a message on stderr, for a word
 * that is not in the table, and for `help`. */
MUST_USE bool hob_switches_read(const char *variable, const hob_switch *table, int n,
                                uint32_t *bits);

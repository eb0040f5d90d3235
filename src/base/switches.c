/* switches.c -- reading HOB_TRACE, HOB_STRESS and their like. */
#include "base/switches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
list(const hob_switch *table, int n)
{
    for (int i = 0; i < n; i++) { fprintf(stderr, "    %-12s%s\n", table[i].name, table[i].what); }
    fprintf(stderr, "    %-12s%s\n", "all", "every one of these");
}

/* The bits that a word stands for, or 0. */
static uint32_t
bits_of(const char *word, size_t length, const hob_switch *table, int n)
{
    uint32_t every = 0;
    for (int i = 0; i < n; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, word, length) == 0) {
            return (uint32_t)1 << i;
        }
        every |= (uint32_t)1 << i;
    }
    return length == 3 && memcmp(word, "all", 3) == 0 ? every : 0;
}

bool
hob_switches_read(const char *variable, const hob_switch *table, int n, uint32_t *bits)
{
    const char *word = secure_getenv(variable);
    while (word && *word) {
        size_t length = strcspn(word, ",");
        uint32_t found = bits_of(word, length, table, n);
        if (!found && length) {
            bool asks = length == 4 && memcmp(word, "help", 4) == 0;
            if (!asks) { fprintf(stderr, "hob: %s: no '%.*s'; ", variable, (int)length, word); }
            else       { fprintf(stderr, "hob: %s: ", variable); }
            fputs("there are\n", stderr);
            list(table, n);
            return false;
        }
        *bits |= found;
        word += length + (word[length] == ',');
    }
    return true;
}

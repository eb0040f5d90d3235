/* symbols.h -- which variable or function of the executable an address is in. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/c.h"

typedef struct hob_symbol {
    const char *name;           /* as the linker has it, `.0` of a local static and all */
    uintptr_t address;
    size_t size;
} hob_symbol;

/* Read the symbol table of the running executable; false when it has none. */
bool hob_symbols_load(void);

MAYBE_NULL const hob_symbol *hob_symbols_find(uintptr_t address);

/* Every variable, by address. */
void hob_symbols_each(void (*visit)(const hob_symbol *symbol));

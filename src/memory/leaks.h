/* leaks.h -- the account of memory at the end of an audited build's process.
 *
 * HOB_LEAKS=FILE       append the account of each process to FILE, leak or none
 * HOB_LEAKS_STACKS=1   remember where each block was allocated, and say it
 * HOB_LEAKS_WHY=NAME   say by which way types and objects of that type are reached
 * HOB_LEAKS_ALL=1      no limit to the lines
 * Without HOB_LEAKS the account goes to stderr, and only when something leaked.
 */
#pragma once
#include "memory/ledger.h"

#ifdef HOB_AUDITED
void hob_leaks_start(void);             /* audit when the process exits */
void hob_leaks_start_stacks(void);      /* HOB_LEAKS_STACKS; allocators are chosen */
void hob_leaks_tell_stack(const void *block, void (*write)(const char *format, ...));
void *hob_leaks_alloc(size_t size);     /* zeroed, and no part of the account */
void hob_leaks_forget_stacks(void);
#else
static inline void hob_leaks_start(void) { }
static inline void hob_leaks_start_stacks(void) { }
#endif

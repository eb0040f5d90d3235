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

/* The process ends in the middle of something: what the C frames above own is kept. */
extern char *hob_leaks_exit_frame;
#define HOB_LEAKS_EXITING()                                                     \
    char frame_bottom_;                                                         \
    __builtin_unwind_init();            /* saves registers in this frame */     \
    hob_leaks_exit_frame = &frame_bottom_
void hob_leaks_start_stacks(void);      /* HOB_LEAKS_STACKS; allocators are chosen */
void hob_leaks_tell_stack(const void *block, void (*write)(const char *format, ...));
void *hob_leaks_alloc(size_t size);     /* zeroed, and no part of the account */
void hob_leaks_forget_stacks(void);
#else
#define HOB_LEAKS_EXITING() ((void)0)
static inline void hob_leaks_start(void) { }
static inline void hob_leaks_start_stacks(void) { }
#endif

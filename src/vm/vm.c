/* vm.c -- start and end of the machine. */
#include "vm/vm.h"

status
hob_vm_init(void)
{
    if (hob_frame_init_module() < 0) { return -1; }
    return hob_context_init();
}

/* Give back what is kept for reuse; for full collections and the end. */
void
hob_vm_clear_freelists(void)
{
    hob_traceback_clear_freelist();
    hob_asyncgen_clear_freelists();
    hob_context_clear_freelist();
}

void
hob_vm_fini(void)
{
    Py_CLEAR(hob_no_frame.code);
    hob_vm_clear_freelists();
}

/* containers.c -- what the containers offer together. */
#include "objects/containers.h"

#include "objects/dict/dict.h"
#include "objects/list.h"
#include "objects/tuple.h"

void
hob_containers_clear_freelists(void)
{
    hob_dict_clear_freelists();
    hob_list_clear_freelist();
    hob_tuple_clear_freelists();
}

/* containers.h -- what the containers offer together. */
#pragma once

/* Give back the dead dicts, lists and tuples that wait to be used again: for full
 * collections and the end. */
void hob_containers_clear_freelists(void);

/* ids.h -- interned names: ID(append) is the str "append", borrowed, immortal.
 *
 * Writing ID(name) anywhere in C is the declaration: tools/gen/ids.py collects
 * the names.  Usable once hob_ids_init() has run.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "gen/ids.h"            /* struct hob_ids_table, made from every ID() in src/ */

extern struct hob_ids_table hob_ids;

#define ID(name) ((PyObject *)hob_ids.id_##name)

MUST_USE status hob_ids_init(void);

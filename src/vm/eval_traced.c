/* eval_traced.c -- the loop again, for threads that are traced or profiled.
 *
 * Next       eval_loop.h, trace.c
 */
#include "vm/vm.h"

#include <math.h>

#include "bytecode/exctable.h"
#include "gen/bytecode/opcode.h"
#include "gen/vm/eval_targets.h"
#include "objects/call.h"
#include "objects/dict/dict.h"
#include "objects/exceptions/exceptions.h"
#include "objects/float.h"
#include "objects/instance.h"
#include "objects/int/int.h"
#include "objects/iterators.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/scan.h"
#include "objects/str/str.h"
#include "objects/type/type.h"
#include "state/breaker.h"
#include "state/interp.h"
#include "vm/eval.h"
#include "vm/specialize.h"

#define TRACED 1
#include "vm/eval_loop.h"

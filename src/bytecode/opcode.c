/* opcode.c -- the tables of the instruction set, as made from vm/ops/. */
#include "gen/bytecode/opcode.h"

#include "gen/bytecode/opcode_tables.h"

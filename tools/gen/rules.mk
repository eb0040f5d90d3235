# rules.mk -- one rule per generated table; add outputs to MADE.
MADE :=

# syntax: nodes and tables from the abstract grammar
MADE += $(GEN)/syntax/ast.h
$(GEN)/syntax/ast.h $(GEN)/syntax/ast_nodes.c.h &: src/syntax/ast.asdl tools/gen/ast.py
	@mkdir -p $(GEN)/syntax
	@$(PYTHON) tools/gen/ast.py $< $(GEN)/syntax/ast.h $(GEN)/syntax/ast_nodes.c.h

# import: frozen modules of the standard library, compiled by Hob: all of Hob but the
# table and main() is linked as `freeze`, which compiles them
STDLIB ?= /usr/lib/python3.11
FREEZES := $(filter-out %/import/frozen.o %/run/hob.o,$(OBJECTS)) $(BUILD)/obj/freeze.o $(BUILD)/obj/frozen_none.o
$(BUILD)/obj/freeze.o: tools/gen/freeze.c | ids $(MADE)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/obj/frozen_none.o: src/import/frozen.c | ids $(MADE)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -DHOB_FROZEN_NONE -MMD -MP -c $< -o $@
$(BUILD)/freeze: $(FREEZES) $(BUILD)/obj/abi_stubs.o
	@echo "  LD $@"
	@$(COMPILER) $(LDFLAGS) -Wl,--gc-sections $^ $(LIBS) -o $@
$(GEN)/import/frozen.h: $(BUILD)/freeze tools/gen/frozen.py $(STDLIB)/os.py $(wildcard lib/*.py)
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/frozen.py $@ $(STDLIB) lib $<
$(BUILD)/obj/import/frozen.o: $(GEN)/import/frozen.h

OPS := $(sort $(wildcard src/vm/ops/*.ops))
OPCODES := $(GEN)/bytecode/opcode.h $(GEN)/vm/eval_cases.h $(GEN)/bytecode/opcode_tables.h
$(OPCODES) &: tools/gen/ops.py $(OPS)
	@$(PYTHON) tools/gen/ops.py $(OPCODES) $(OPS) && touch $(OPCODES)
MADE += $(OPCODES)
CFLAGS_eval := $(if $(filter gcc,$(COMPILER)),-fno-gcse -fno-crossjumping)    # one indirect jump per instruction

MADE += $(GEN)/modules/stdlib_names.h
$(GEN)/modules/stdlib_names.h: tools/gen/stdlib_names.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/stdlib_names.py $@

# text: the Unicode Character Database
UCD := /usr/share/unicode
MADE += $(GEN)/text/ucd_types.h
$(GEN)/text/ucd_types.h: tools/gen/unicode.py tools/gen/ucd_3_2_0.txt $(UCD)/UnicodeData.txt
	@$(PYTHON) tools/gen/unicode.py $(@D)

MADE += $(GEN)/modules/_sre/constants.h
$(GEN)/modules/_sre/constants.h: tools/gen/sre.py $(STDLIB)/re/_constants.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/sre.py $@ $(STDLIB)

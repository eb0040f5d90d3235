# Hob.  make · make demo · make test · make lint · make oracle · make CONFIG=debug|asan|ubsan|tsan|fuzz|cov
CONFIG  ?= release
PYTHON  ?= /usr/bin/python3.11
COMPILER := $(if $(filter fuzz,$(CONFIG)),clang,gcc)     # only clang has libFuzzer
CC      := $(if $(shell command -v ccache),ccache )$(COMPILER)
BUILD   := build/$(CONFIG)
GEN     := $(BUILD)/gen

WARN    := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
           -Wno-cast-function-type -Wno-sign-compare -Wno-type-limits -Wno-deprecated-declarations
BASE    := -std=gnu11 -g -fwrapv -fno-strict-aliasing -fno-pie -fvisibility=hidden -fexceptions \
           -Isrc -I$(BUILD) -I/usr/include/python3.11 -D_GNU_SOURCE -DPY_SSIZE_T_CLEAN
FLAGS_release := -O2 -DNDEBUG
FLAGS_quick   := -O1 -DNDEBUG
FLAGS_debug   := -O1 -DHOB_DEBUG
FLAGS_deep    := -O1 -DHOB_DEBUG -DHOB_DEEP
FLAGS_asan    := -O1 -DHOB_DEBUG -fsanitize=address -fno-omit-frame-pointer
FLAGS_ubsan   := -O1 -DHOB_DEBUG -DHOB_UBSAN \
                 -fsanitize=undefined,float-cast-overflow -fsanitize-recover=all
FLAGS_fuzz    := -O1 -DHOB_DEBUG -Wno-bitwise-instead-of-logical \
                 -Wno-tautological-constant-out-of-range-compare \
                 -fsanitize=fuzzer-no-link,address,undefined \
                 -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -DHOB_DEBUG -fsanitize=thread
FLAGS_cov     := -O0 -DNDEBUG --coverage -fprofile-update=atomic
CFLAGS  := $(BASE) $(WARN) $(FLAGS_$(CONFIG)) $(EXTRA)
LDFLAGS := -no-pie -rdynamic $(if $(shell command -v mold),-fuse-ld=mold) $(filter -fsanitize=% --coverage,$(FLAGS_$(CONFIG)))
LIBS    := -lgmp -lz -lexpat -ldl -lpthread -lm        # libcrypto and libb2 are loaded when needed
# the sanitizer's crypt() looks for the true one when the process starts
LIBS_asan := -Wl,--no-as-needed -lcrypt

SOURCES := $(sort $(shell find src -name '*.c'))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/obj/%.o)
BOUND   := $(shell grep -lE '^\#include "gen/.*\.bind\.h"' $(SOURCES))
BINDS   := $(BOUND:src/%.c=$(GEN)/%.bind.h)

.PHONY: all demo test units check gil-test model soak soak-gil test-tsan cov bench tour oracle lint clean generated ids force
all: $(BUILD)/hob compile_commands.json

# --- generated headers: everything below $(GEN) ---
include tools/gen/rules.mk
generated: ids $(BINDS) $(MADE)
ids: $(GEN)/ids.h
# made each time but written only when it changed; a file, so that make looks at it again
$(GEN)/ids.h: force
	@mkdir -p $(GEN) && $(PYTHON) tools/gen/ids.py $(GEN)/ids.h src
force:
$(GEN)/%.bind.h: src/%.c tools/gen/bind.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/bind.py $< $@

$(BOUND:src/%.c=$(BUILD)/obj/%.o): $(BUILD)/obj/%.o: $(GEN)/%.bind.h
$(BUILD)/obj/%.o: src/%.c | ids $(MADE)
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) $(CFLAGS_$(notdir $*)) -MMD -MP -c $< -o $@

# every name of the C ABI, weak: the linker takes Hob's own definition where there is one
$(BUILD)/obj/abi_stubs.o: tests/abi/symbols.tsv tools/gen/abi.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/abi.py stubs tests/abi/symbols.tsv $(GEN)/abi_stubs.c
	@gcc -O1 -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	    -fno-builtin -c $(GEN)/abi_stubs.c -o $@

$(BUILD)/hob: $(OBJECTS) $(BUILD)/obj/abi_stubs.o
	@echo "  LD $@"
	@$(COMPILER) $(LDFLAGS) -Wl,--gc-sections $^ $(LIBS) $(LIBS_$(CONFIG)) -o $@

# --- the C ABI: which names are still stubs; is the surface whole? ---
.PHONY: stubs abi
stubs: all
	@$(PYTHON) tools/gen/abi.py list tests/abi/symbols.tsv $(BUILD)/hob
abi: all
	@$(PYTHON) tools/gen/abi.py check tests/abi/symbols.tsv $(BUILD)/hob tests/abi/known_stubs.txt
	@gcc -fsyntax-only -w -I/usr/include/python3.11 tests/abi/layout_check.c && echo "abi: layouts as compiled in"

# --- the two commands ---
PACKAGES := gcc make libpython3.11-dev libpython3.11-stdlib libpython3.11-testsuite python3.11 python3-distutils python3-numpy \
            libgmp-dev zlib1g-dev libexpat1-dev libssl-dev libb2-dev libcrypt-dev unicode-data ccache mold
missing  = $(shell for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done)
.PHONY: packages
packages:
	@if [ -n "$(missing)" ]; then \
	    if [ $$(id -u) = 0 ]; then (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(missing)) >/dev/null; \
	    else echo "missing packages: $(missing)"; exit 1; fi; fi

demo: packages
	@$(MAKE) --no-print-directory -j2 all
	@echo; echo "--- examples/references.py"; $(BUILD)/hob examples/references.py
	@echo; echo "--- examples/inventory.py"; $(BUILD)/hob examples/inventory.py

test: packages
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory abi
	@$(MAKE) --no-print-directory gil-test
	@$(PYTHON) tests/all.py $(BUILD)/hob

# --- units: each a program of one room and those beneath it, so that the linker proves the layering ---
units: unit-base unit-text
unit-%: $(BUILD)/unit/%
	@$<
$(BUILD)/unit/base: $(filter $(BUILD)/obj/base/%,$(OBJECTS))
$(BUILD)/unit/text: $(filter $(BUILD)/obj/base/% $(BUILD)/obj/text/%,$(OBJECTS))
$(BUILD)/unit/%: tests/%/unit.c tests/unit.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -I. $(LDFLAGS) $(filter %.c %.o,$^) -lgmp -lm -o $@

# --- the stove: alone, as a model (needs the package spin), and under everything at once ---
GIL_TEST := tests/gil/gil_test.c src/state/gil.c src/base/os/futex.c src/memory/sanitize.c
$(BUILD)/gil_test: $(GIL_TEST) src/state/gil.h src/state/thread.h src/state/interp.h
	@mkdir -p $(@D)
	@gcc $(CFLAGS) -no-pie $(GIL_TEST) $(filter -fsanitize=%,$(FLAGS_$(CONFIG))) -lpthread -o $@
gil-test: $(BUILD)/gil_test
	@$(BUILD)/gil_test
model:
	@$(PYTHON) tests/gil/model.py
SOAK ?= 600
soak-gil: all $(BUILD)/gil_test
	@$(BUILD)/gil_test 20
	@$(BUILD)/hob -X gil=shake,1 tests/gil/stress.py --switches 1000000
	@$(BUILD)/hob tests/gil/stress.py --seconds $(SOAK)

# the same under ThreadSanitizer; a process with a report ends with 66
THREADED := $(addprefix test_,thread threading_local threading threadsignals threadedtempfile queue sched)
test-tsan:
	@$(MAKE) --no-print-directory -j2 CONFIG=tsan all gil-test
	@$(PYTHON) tests/stdlib/run.py build/tsan/hob $(THREADED)
	@$(PYTHON) tests/run.py build/tsan/hob tests/state
	@build/tsan/hob tests/gil/stress.py --seconds 20
	@build/tsan/hob -X gil=shake,1 tests/gil/stress.py --switches 10000
	@build/tsan/hob tests/gil/mixed.py --subinterpreters
	@build/tsan/hob tests/gil/mixed.py --tracemalloc

oracle:
	@$(PYTHON) tests/run.py $(PYTHON)

# --- more than `make test`: every build; then the long runs; then the clock ---
SANITIZERS := debug asan ubsan
check: test
	@for c in $(SANITIZERS); do \
	    echo "=== $$c"; $(MAKE) --no-print-directory CONFIG=$$c test || exit 1; done

soak: packages
	@$(MAKE) --no-print-directory -j2 CONFIG=debug all
	@$(PYTHON) tests/faults/run.py build/debug/hob
	@$(PYTHON) tests/stress/run.py build/debug/hob
	@$(PYTHON) tests/leaks.py build/debug/hob
	@build/debug/hob tests/stress/long_run.py
	@$(MAKE) --no-print-directory soak-gil
	@if command -v clang >/dev/null; then $(MAKE) --no-print-directory fuzz; \
	else echo "no clang: fuzzing is left out"; fi

# which lines of each room `make test` runs
cov:
	@$(MAKE) --no-print-directory -j2 CONFIG=cov all
	@find build/cov -name '*.gcda' -delete
	@$(PYTHON) tests/all.py build/cov/hob
	@$(PYTHON) tools/coverage.py build/cov/obj

bench: all                                      # also against the last commit: build/last
	@$(PYTHON) bench/run.py $(BUILD)/hob

# for editors and tools; the same for every configuration but its flags
compile_commands.json: $(SOURCES) Makefile
	@$(PYTHON) tools/compile_commands.py $@ "$(CURDIR)" "gcc $(CFLAGS)" $(SOURCES)

tour: all
	@$(PYTHON) tools/tour.py $(BUILD)/hob TOUR.md

lint:
	@$(PYTHON) tools/check_rooms.py && $(PYTHON) tools/check_sizes.py && echo "lint: clean"

# --- fuzzing: make fuzz TARGET=parse SECONDS=600 (tests/fuzz/targets.py; needs clang) ---
TARGET  ?= parse
SECONDS ?= 60
.PHONY: fuzz
fuzz:
	@$(MAKE) --no-print-directory -j2 CONFIG=fuzz build/fuzz/fuzzer
	@$(PYTHON) tests/fuzz/run.py build/fuzz/fuzzer $(TARGET) $(SECONDS) $(OPTIONS)
$(BUILD)/fuzzer: $(filter-out %/run/hob.o,$(OBJECTS)) $(BUILD)/obj/abi_stubs.o tests/fuzz/fuzz.c
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -Wl,--gc-sections $^ $(LIBS) $(LIBS_$(CONFIG)) -o $@

clean:
	rm -rf build

-include $(OBJECTS:.o=.d)

# Hob.  make · make demo · make test · make lint · make oracle · make CONFIG=debug|asan|ubsan|tsan
CONFIG  ?= release
PYTHON  ?= /usr/bin/python3.11
CC      := $(if $(shell command -v ccache),ccache )gcc
BUILD   := build/$(CONFIG)
GEN     := $(BUILD)/gen

WARN    := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
           -Wno-cast-function-type -Wno-sign-compare -Wno-type-limits -Wno-deprecated-declarations
BASE    := -std=gnu11 -g -fwrapv -fno-strict-aliasing -fno-pie -fvisibility=hidden -fexceptions \
           -Isrc -I$(BUILD) -I/usr/include/python3.11 -D_GNU_SOURCE -DPY_SSIZE_T_CLEAN
FLAGS_release := -O2 -DNDEBUG
FLAGS_quick   := -O1 -DNDEBUG
FLAGS_debug   := -O1 -DHOB_DEBUG
FLAGS_asan    := -O1 -DHOB_DEBUG -fsanitize=address -fno-omit-frame-pointer
FLAGS_ubsan   := -O1 -DHOB_DEBUG -fsanitize=undefined -fno-sanitize-recover=undefined
FLAGS_tsan    := -O1 -DHOB_DEBUG -fsanitize=thread
CFLAGS  := $(BASE) $(WARN) $(FLAGS_$(CONFIG)) $(EXTRA)
LDFLAGS := -no-pie -rdynamic $(if $(shell command -v mold),-fuse-ld=mold) $(filter -fsanitize=%,$(FLAGS_$(CONFIG)))
LIBS    := -lgmp -lz -lexpat -lcrypto -lb2 -lcrypt -ldl -lpthread -lm

SOURCES := $(sort $(shell find src -name '*.c'))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/obj/%.o)
BOUND   := $(shell grep -lE '^\#include "gen/.*\.bind\.h"' $(SOURCES))
BINDS   := $(BOUND:src/%.c=$(GEN)/%.bind.h)

.PHONY: all demo test oracle lint clean generated ids
all: $(BUILD)/hob

# --- generated headers: everything below $(GEN) ---
include tools/gen/rules.mk
generated: ids $(BINDS) $(MADE)
ids:
	@mkdir -p $(GEN) && $(PYTHON) tools/gen/ids.py $(GEN)/ids.h src
$(GEN)/%.bind.h: src/%.c tools/gen/bind.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/gen/bind.py $< $@

$(BUILD)/obj/%.o: src/%.c | generated
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) $(CFLAGS_$(notdir $*)) -MMD -MP -c $< -o $@

$(BUILD)/hob: $(OBJECTS)
	@echo "  LD $@"
	@gcc $(LDFLAGS) $(OBJECTS) $(LIBS) -o $@

clean:
	rm -rf build

-include $(OBJECTS:.o=.d)

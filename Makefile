# make          build everything            make test   set up, build, test
# make bench    set up, build, measure      make help   the rest
#
# SAN=address|undefined|thread builds into build/<san>/ beside the plain build.

SAN ?=
B    := build$(if $(SAN),/$(SAN))
BIN  := $(B)/bin
OBJ  := $(B)/obj

CC      ?= cc
VERSION := 0.1.0
OPT     ?= -O2
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wvla -Wconversion
WERROR  ?=
JOBS    ?= $(shell nproc)
CFLAGS  ?= $(OPT) -g
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -DCHAT_VERSION='"$(VERSION)"' -I. $(WARN) \
           $(WERROR) $(CFLAGS) -fno-omit-frame-pointer -pthread -MMD -MP
LDLIBS  := -lev -lcjson -lm

ifeq ($(SAN),address)
ALL_CFLAGS += -fsanitize=address
else ifeq ($(SAN),undefined)
# gcc 12 warns of conversions in what the instrumentation makes of an
# expression; the plain build has them checked.
ALL_CFLAGS += -fsanitize=undefined -fno-sanitize-recover=all -Wno-conversion
else ifeq ($(SAN),thread)
ALL_CFLAGS += -fsanitize=thread
else ifneq ($(SAN),)
$(error SAN takes address, undefined or thread, got '$(SAN)')
endif

# The one list of the models; each is models/NAME/*.c -> chat-NAME.
MODELS  := $(patsubst models/%/server.c,%,$(wildcard models/*/server.c))
SERVERS := $(MODELS:%=chat-%)

# program: the folders whose .c files it is made of
DIRS_chat-client := client
DIRS_chat-load   := bench/load
DIRS_chat-null   := bench/null
DIRS_chat-bench  := bench/run bench/report
DIRS_chat-peer   := bench/peers
TOOLS    := $(foreach p,chat-client chat-load chat-null chat-bench chat-peer,\
            $(if $(wildcard $(DIRS_$(p))/*.c),$(p)))
PROGRAMS := $(SERVERS) $(TOOLS)
$(foreach m,$(MODELS),$(eval DIRS_chat-$(m) := models/$(m)))

LIB := $(B)/libchat.a

# V=1 shows the whole commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all
all: $(PROGRAMS:%=$(BIN)/%)

LIB_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(wildcard common/*.c))
$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

define program_rule
$(BIN)/$(1): $(patsubst %.c,$(OBJ)/%.o,$(wildcard $(DIRS_$(1):%=%/*.c))) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# The suites that `make test` runs; each test folder's .mk adds its own.
# Criterion does not start under ThreadSanitizer.
SUITES_CRITERION :=
SUITES_PLAIN     :=
SUITES = $(if $(filter thread,$(SAN)),,$(SUITES_CRITERION)) $(SUITES_PLAIN)

-include $(shell find build -name '*.d' 2>/dev/null)
-include $(wildcard variants/*.mk tests/*.mk tests/*/*.mk bench/*.mk \
    models/*/examples/*.mk)

.PHONY: clean
clean:
	rm -rf build

# ---- targets for people ----

.PHONY: setup test help format format-check lint
setup:
	@scripts/setup

# Sets up, builds and tests everything there is; SAN= does it sanitized.
test: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory test-all

.PHONY: test-all
test-all: all
	@MAKE='$(MAKE)' scripts/test $(if $(SAN),--san $(SAN)) $(SUITES)

format:
	@scripts/format
format-check:
	@scripts/format --check
lint:
	@scripts/lint

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,4p'
	@echo
	@echo 'make bench [EXPERIMENT=smoke]   measure, plot, print the table'
	@echo 'make report [RESULTS=results/latest]  that run as one HTML page'
	@echo 'make bench PEERS=1              also ngircd, InspIRCd, the real Netty'
	@echo 'make test [SAN=address]         unit, contract and end-to-end tests'
	@echo 'make examples                   run the examples of models/netty'
	@echo 'make variants                   the models with one idea wrong (variants/)'
	@echo 'make format, make lint          clang-format, clang-tidy'
	@echo 'make clean                      remove build/'
	@echo 'V=1 shows the commands; WERROR=-Werror makes warnings errors'

# Tests of chat-load: the program against sound and broken relays.
#
# The driver and the mutant are never sanitized: SAN decides which chat-load,
# chat-null and servers are run.

LOAD_E2E_O := build/load-e2e
LOAD_E2E_SRC := $(wildcard tests/load/*.c)
LOAD_MUTANT_SRC := $(wildcard tests/load/mutant/*.c) common/die.c

$(LOAD_E2E_O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS)) \
	    -c -o $@ $<

build/bin/load-e2e: $(LOAD_E2E_SRC:%.c=$(LOAD_E2E_O)/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ -lcjson

build/bin/load-mutant: $(LOAD_MUTANT_SRC:%.c=$(LOAD_E2E_O)/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^

SUITES_PLAIN += test-load
.PHONY: test-load
test-load: build/bin/load-e2e build/bin/load-mutant \
    $(BIN)/chat-load $(BIN)/chat-null $(BIN)/chat-reactor
	$< $(BIN) build/bin/load-mutant $(LOAD_CASES)

# Parts of chat-load that tests/unit/load_test.c needs beside those named in
# unit.mk.
$(BIN)/unit-test: $(addprefix $(OBJ)/bench/load/,flight.o order.o series.o \
    source.o steady.o)

# Tests of the harness as an instrument: what it says of a server that is
# stopped, broken, killed, and of a generator that is itself too slow.
#
# Shares the driver and the mutant with tests/load, which are never sanitized.

HARNESS_SRC := $(wildcard tests/harness/*.c) tests/load/e2e.c \
    tests/load/program.c

build/bin/harness-e2e: $(HARNESS_SRC:%.c=build/load-e2e/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ -lcjson -lm

SUITES_PLAIN += test-harness
.PHONY: test-harness
test-harness: build/bin/harness-e2e build/bin/load-mutant \
    $(BIN)/chat-load $(BIN)/chat-null
	$< $(BIN) build/bin/load-mutant $(HARNESS_CASES)

# A second instrument looks at the same run. Apart from the suites: it needs
# tshark, the right to capture, and a machine that is not busy otherwise.
.PHONY: test-capture
test-capture: $(BIN)/chat-load $(BIN)/chat-null $(BIN)/chat-reactor
	tests/harness/capture $(BIN)

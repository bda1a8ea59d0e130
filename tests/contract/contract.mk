# The contract suite: build/bin/contract-test drives the server binaries.
#
# The driver itself is never built with a sanitizer (a peer must not be the
# thing under test), so its objects live in a folder of their own and SAN only
# decides which servers test-contract runs it against.

CONTRACT_OBJ := build/contract
CONTRACT_BIN := build/bin/contract-test
CONTRACT_SRC := $(wildcard tests/contract/*.c) common/args.c common/die.c
CONTRACT_O   := $(CONTRACT_SRC:%.c=$(CONTRACT_OBJ)/%.o)

# Sanitizers slow the servers; waits are hang guards, so only scale them.
CONTRACT_TIME_SCALE ?= $(if $(SAN),5,1)
CONTRACT_ARGS       ?=

$(CONTRACT_OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS)) -c -o $@ $<

$(CONTRACT_BIN): $(CONTRACT_O)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -pthread -o $@ $^ -lcjson

all: $(CONTRACT_BIN)

# Every model, and those with handlers on threads of their own as well.
CONTRACT_SERVERS := $(SERVERS:%=$(BIN)/%) '$(BIN)/chat-mainsub --workers 2' \
    '$(BIN)/chat-netty --business 2'

SUITES_PLAIN += test-contract
.PHONY: test-contract
test-contract: $(CONTRACT_BIN) $(SERVERS:%=$(BIN)/%)
	@CONTRACT_TIME_SCALE=$(CONTRACT_TIME_SCALE) \
	    $(CONTRACT_BIN) $(CONTRACT_ARGS) $(CONTRACT_SERVERS)

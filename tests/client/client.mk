# Tests of chat-client.
#
# test-client      the pure parts, with Criterion (not under SAN=thread)
# test-client-e2e  the program, in pipes and on a pseudo-terminal, against a
#                  server of this project

CLIENT_TEST_SRC := $(wildcard tests/client/*.c)
# Everything of the client but its main.
CLIENT_PARTS := $(filter-out client/main.c,$(wildcard client/*.c))

$(BIN)/client-test: $(CLIENT_TEST_SRC:%.c=$(OBJ)/%.o) \
    $(CLIENT_PARTS:%.c=$(OBJ)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDLIBS) -lcriterion

SUITES_CRITERION += test-client
.PHONY: test-client
test-client: $(BIN)/client-test
	scripts/run-criterion $<

# The driver itself is never sanitized: SAN decides which programs it runs.
CLIENT_E2E_SRC := $(wildcard tests/client/e2e/*.c) client/text.c \
    common/die.c common/irc.c
CLIENT_E2E_OBJ := $(CLIENT_E2E_SRC:%.c=build/client-e2e/%.o)

build/client-e2e/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(ALL_CFLAGS)) \
	    -c -o $@ $<

build/bin/client-e2e: $(CLIENT_E2E_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^

SUITES_PLAIN += test-client-e2e
.PHONY: test-client-e2e
test-client-e2e: build/bin/client-e2e $(BIN)/chat-client $(BIN)/chat-reactor
	$< $(BIN)/chat-client $(BIN)/chat-reactor

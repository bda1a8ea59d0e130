# Tests of chat-client.
#
# test-client      the pure parts, with Criterion (not under SAN=thread)
# test-client-e2e  the program, in pipes and on a pseudo-terminal, against a
#                  server of this project

CLIENT_TEST_SRC := $(wildcard tests/client/*_test.c)
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

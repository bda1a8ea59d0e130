# The framework of models/netty as a library, and its tests: one Criterion
# program of all tests/netty/*_test.c. What needs several threads is also run
# by plain programs under ThreadSanitizer, see tests/stress.

NETTY_LIB := $(B)/libnetty.a
NETTY_SRC := $(filter-out models/netty/server.c models/netty/chat_%,\
    $(wildcard models/netty/*.c))
NETTY_TEST_SRC := $(wildcard tests/netty/*.c)

$(NETTY_LIB): $(NETTY_SRC:%.c=$(OBJ)/%.o)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BIN)/netty-test: $(NETTY_TEST_SRC:%.c=$(OBJ)/%.o) $(NETTY_LIB) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDLIBS) -lcriterion

.PHONY: test-netty
test-netty: $(BIN)/netty-test
	scripts/run-criterion $<

STRESS_OBJ_promise := $(NETTY_LIB)
STRESS_OBJ_netty_executor := $(NETTY_LIB)
STRESS_OBJ_netty_channel := $(NETTY_LIB)

# The paranoid leak detector under load. Under a sanitizer it would only be
# slow: there the sanitizer looks for leaks itself.
ifeq ($(SAN),)
SUITES_PLAIN += test-netty-leaks
endif
.PHONY: test-netty-leaks
test-netty-leaks: $(BIN)/chat-netty $(BIN)/chat-load
	@tests/netty/leaks-under-load $^

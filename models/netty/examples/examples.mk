# The examples of models/netty/examples: each example_NAME.c is a program of
# its own, build/examples/NAME, that shows one idea and ends by itself. What it
# prints is in example_NAME.expected beside it, and checked by test-examples;
# what it reads, if anything, in example_NAME.input.
#
#   make examples                     builds and runs all
#   make examples EXAMPLES="promise"  only these
#   make examples-update              takes what they print as expected

EXAMPLES ?= $(sort $(patsubst models/netty/examples/example_%.c,%,\
    $(wildcard models/netty/examples/example_*.c)))
EXAMPLES_BIN := $(B)/examples

$(EXAMPLES_BIN)/%: $(OBJ)/models/netty/examples/example_%.o \
    $(OBJ)/models/netty/examples/say.o $(NETTY_LIB) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDLIBS)

# Else make takes them for means to an end, and removes them.
.SECONDARY: $(EXAMPLES:%=$(OBJ)/models/netty/examples/example_%.o) \
    $(OBJ)/models/netty/examples/say.o

EXAMPLES_RUN = scripts/run-examples $(EXAMPLES_BIN) models/netty/examples

.PHONY: examples examples-update test-examples
examples: $(EXAMPLES:%=$(EXAMPLES_BIN)/%)
	@$(EXAMPLES_RUN) --show $(EXAMPLES)
examples-update: $(EXAMPLES:%=$(EXAMPLES_BIN)/%)
	@$(EXAMPLES_RUN) --update $(EXAMPLES)

# Under SAN too, ThreadSanitizer included: they are plain programs.
SUITES_PLAIN += test-examples
test-examples: $(EXAMPLES:%=$(EXAMPLES_BIN)/%)
	@tests/netty/examples/runner-test
	@$(EXAMPLES_RUN) --test $(EXAMPLES)

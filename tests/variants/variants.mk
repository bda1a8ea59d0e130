# Each variant fails, and its model does not, under the very same drive. Like
# all that drives servers (tests/stress/stress.mk) never sanitized itself.

VARIANTS_TEST := build/bin/variants-test
VARIANTS_MODELS := blocking mainsub pool

$(VARIANTS_TEST): $(patsubst %.c,$(CONTRACT_OBJ)/%.o,\
    $(wildcard tests/variants/*.c)) $(DRIVER_O)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -pthread -o $@ $^ -lcjson

SUITES_PLAIN += test-variants
.PHONY: test-variants
test-variants: $(VARIANTS_TEST) variants $(VARIANTS_MODELS:%=$(BIN)/chat-%)
	@CONTRACT_TIME_SCALE=$(DRIVER_TIME_SCALE) $(VARIANTS_TEST) \
	    $(VARIANTS:%=$(BIN)/variant-%) $(VARIANTS_MODELS:%=$(BIN)/chat-%)

# make bench-micro [MICRO_ARGS=...]   what the parts of models/netty cost
#
# Not part of `all`: it measures the framework, not a server.

MICRO_SRC  := $(wildcard bench/micro/*.c)
MICRO_ARGS ?=

$(OBJ)/bench/micro/main.o: ALL_CFLAGS += \
    -DMICRO_COMPILER='"$(shell $(CC) --version 2>/dev/null | head -n 1)"' \
    -DMICRO_CFLAGS='"$(CFLAGS)$(if $(SAN), -fsanitize=$(SAN))"'

$(BIN)/micro-bench: $(MICRO_SRC:%.c=$(OBJ)/%.o) $(B)/libnetty.a $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: bench-micro
bench-micro: setup
	@$(MAKE) --no-print-directory -j$(JOBS) $(BIN)/micro-bench
	@$(BIN)/micro-bench $(MICRO_ARGS)

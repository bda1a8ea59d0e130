# Unit tests: one Criterion program of all tests/unit/*.c. Criterion runs
# each test in a process of its own. It does not start under ThreadSanitizer:
# there, threads are tested through the servers (contract suite) and by the
# plain programs in tests/stress.

UNIT_SRC := $(wildcard tests/unit/*.c) tests/fuzz/fail_alloc.c
# What is tested besides common/: program parts without a main of their own.
UNIT_PARTS := $(filter-out %/main.c %/server.c,\
    $(wildcard bench/load/hist.c bench/load/payload.c \
    bench/load/timeline.c bench/load/verify.c bench/run/stats.c bench/run/experiment*.c))

$(BIN)/unit-test: $(UNIT_SRC:%.c=$(OBJ)/%.o) $(UNIT_PARTS:%.c=$(OBJ)/%.o) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(FAIL_ALLOC_LINK) $(LDLIBS) -lcriterion

SUITES_CRITERION += test-unit
.PHONY: test-unit
test-unit: $(BIN)/unit-test
	scripts/run-criterion $<

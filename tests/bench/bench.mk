# Tests of chat-bench, the program: interrupted in each phase, killed, out of
# disk, gone on with; two at a time; bad input. SAN decides which programs run.

SUITES_PLAIN += test-bench
.PHONY: test-bench
test-bench: $(BIN)/chat-bench $(BIN)/chat-load $(BIN)/chat-null \
    $(BIN)/chat-reactor
	tests/bench/bench-e2e $(BIN) $(BENCH_CASES)

# Tests of the peers: whichever is installed is started and measured as in a
# benchmark; one that is not is skipped, and said so. The other sanitizers see
# nothing in it that AddressSanitizer does not.
ifeq ($(filter thread undefined,$(SAN)),)
SUITES_PLAIN += test-peers
endif

.PHONY: test-peers
test-peers: peers $(BIN)/chat-bench $(BIN)/chat-load
	@tests/peers/run $(BIN)

# Is every test that docs/netty-semantics.md names really there?

SUITES_PLAIN += test-netty-table
.PHONY: test-netty-table
test-netty-table:
	@tests/netty/semantics-table

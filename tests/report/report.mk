# Tests of the report: made from a real run and from crippled ones, opened in
# headless Chromium where there is one (scripts/setup --ci installs it).

# A minute each time, most of it gnuplot's and Chromium's: of the sanitizers only
# AddressSanitizer looks at chat-bench's part of it.
ifeq ($(filter undefined thread,$(SAN)),)
SUITES_PLAIN += test-report
endif
.PHONY: test-report
test-report: $(BIN)/chat-bench
	tests/report/run-report $<

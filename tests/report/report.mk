# Tests of the report: made from a real run and from crippled ones, opened in
# headless Chromium where there is one (scripts/setup --ci installs it).

SUITES_PLAIN += test-report
.PHONY: test-report
test-report: $(BIN)/chat-bench
	tests/report/run-report $<

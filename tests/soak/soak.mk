# make soak [SAN=thread] [SOAK_SECONDS=60] [SOAK_RATE=200]
#
# Every model under load with guests that come and go (scripts/soak). The
# generator is always the plain one: SAN decides which servers it drives. The
# short form is one of the suites, for what only load brings out.

SOAK_SECONDS ?= 60
SOAK_RATE    ?= 200

SUITES_PLAIN += test-soak
.PHONY: soak test-soak plain-load
soak: plain-load $(SERVERS:%=$(BIN)/%)
	@scripts/soak --seconds $(SOAK_SECONDS) --rate $(SOAK_RATE) \
	    $(CONTRACT_SERVERS)

test-soak: plain-load $(SERVERS:%=$(BIN)/%)
	@scripts/soak --seconds 3 --rate $(SOAK_RATE) $(CONTRACT_SERVERS)

plain-load:
	@$(MAKE) --no-print-directory SAN= build/bin/chat-load

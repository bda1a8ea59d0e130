# make bench [EXPERIMENT=smoke] [BENCH_ARGS=...]   set up, build, measure, plot
# make bench PEERS=1                 also ngircd, InspIRCd, Netty: bench/peers
# make bench-standard [PEERS=1]      figures to be published
# make plots [RESULTS=results/latest]              draw a run's plots again
# make report [RESULTS=results/latest]             and make its page again
# make keep [RESULTS=results/latest]               as results/reference

EXPERIMENT ?= smoke
BENCH_ARGS ?=
RESULTS    ?= results/latest

# The manifest says how the programs were built.
$(OBJ)/bench/run/manifest.o: ALL_CFLAGS += \
    -DBENCH_COMPILER='"$(shell $(CC) --version 2>/dev/null | head -n 1)"' \
    -DBENCH_CFLAGS='"-std=c11 $(WERROR) $(CFLAGS) -fno-omit-frame-pointer -pthread$(if $(SAN), -fsanitize=$(SAN))"'

# The parts of chat-bench that the unit tests need (see tests/unit/unit.mk).
$(BIN)/unit-test: $(patsubst %.c,$(OBJ)/%.o,\
    $(filter-out %/main.c,$(wildcard bench/run/*.c bench/report/*.c)))

.PHONY: bench bench-standard plots report keep
bench:
	@scripts/setup
	$(if $(PEERS),@scripts/setup --peers || \
	    echo "bench: goes on with the peers that are installed")
	@$(MAKE) --no-print-directory -j$(JOBS) all $(if $(PEERS),peers)
	@$(BIN)/chat-bench $(if $(PEERS),--peers) $(BENCH_ARGS) $(EXPERIMENT)

bench-standard:
	@$(MAKE) --no-print-directory bench EXPERIMENT=standard

# A kept run has its rows packed.
.PHONY: unpack
unpack:
	@[ -f $(RESULTS)/rows.csv ] || [ ! -f $(RESULTS)/rows.csv.gz ] || \
	    gunzip -k $(RESULTS)/rows.csv.gz

plots: setup unpack
	@$(MAKE) --no-print-directory -j$(JOBS) $(BIN)/chat-bench
	@$(BIN)/chat-bench --plots $(RESULTS)

report: setup unpack
	@$(MAKE) --no-print-directory -j$(JOBS) $(BIN)/chat-bench
	@$(BIN)/chat-bench --report $(RESULTS)

keep:
	@scripts/keep $(RESULTS) results/reference

# make fuzz [FUZZ_SECONDS=60]   runs each fuzzer for that long
#
# libFuzzer comes with clang; all is built by clang with the address and
# undefined-behaviour sanitizers. What is found along the way is kept in
# build/fuzz/corpus and gone on from; a finding is left in build/fuzz.

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
FUZZ_FLAGS   := -std=c11 -D_GNU_SOURCE -DCHAT_VERSION='"$(VERSION)"' -I. -Wall \
    -Wextra -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZ_SAN     := -fsanitize=fuzzer,address,undefined

FUZZ_inbuf := tests/fuzz/fuzz_inbuf.c common/inbuf.c common/irc.c
FUZZ_chat  := tests/fuzz/fuzz_chat.c tests/fuzz/chat_check.c \
    tests/fuzz/fail_alloc.c $(wildcard common/chat*.c) common/irc.c \
    common/msg.c common/log.c common/stats.c
FAIL_ALLOC_LINK := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
    -Wl,--wrap=strdup,--wrap=strndup,--wrap=asprintf
FUZZ_LINK_chat := -lcjson $(FAIL_ALLOC_LINK)

FUZZERS := inbuf chat

define fuzz_rule
build/fuzz/fuzz-$(1): $$(FUZZ_$(1)) $(wildcard common/*.h tests/*/*.h)
	@mkdir -p $$(@D)
	$$(call say,FUZZ,$$@)
	$$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_SAN) -o $$@ $$(FUZZ_$(1)) $$(FUZZ_LINK_$(1))
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$(f))))

.PHONY: fuzz fuzz-ready
fuzz: fuzz-ready
	@$(MAKE) --no-print-directory $(FUZZERS:%=build/fuzz/fuzz-%)
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)

# Says what is missing, before a page of compiler errors does. The probe goes
# to a file: a linker run by root replaces /dev/null by what it has made.
fuzz-ready:
	@command -v $(FUZZ_CC) >/dev/null || { echo "fuzz: $(FUZZ_CC) is missing;" \
	    "scripts/setup --ci installs it" >&2; exit 1; }
	@echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n);' \
	    'int LLVMFuzzerTestOneInput(const char *d, unsigned long n)' \
	    '{ (void)d; return n > 1UL << 40; }' | \
	    { mkdir -p build/fuzz && \
	    $(FUZZ_CC) $(FUZZ_SAN) -x c -o build/fuzz/probe - 2>/dev/null; } || { \
	    echo "fuzz: $(FUZZ_CC) has no fuzzer and sanitizer runtime" \
	    "(package libclang-rt-14-dev); scripts/setup --ci installs it" >&2; \
	    exit 1; }

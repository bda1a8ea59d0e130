# Stress tests: each tests/stress/NAME_stress.c is a plain program of its own,
# build/bin/NAME-stress, which closes with "N passed, N failed". They are what
# shows ThreadSanitizer the parts that several threads share: Criterion does not
# start under it.
#
# What a stress needs besides: STRESS_OBJ_NAME, more objects or libraries;
# STRESS_ARGS_NAME, its arguments; STRESS_DEPS_NAME, what it runs.

STRESS := $(patsubst tests/stress/%_stress.c,%,\
    $(wildcard tests/stress/*_stress.c))
STRESS_OBJ_bytebuf := $(NETTY_LIB)
STRESS_OBJ_mailbox := $(OBJ)/tests/stress/loops.o
STRESS_OBJ_mailbox_close := $(OBJ)/tests/stress/loops.o

define stress_rule
$(BIN)/$(1)-stress: $(OBJ)/tests/stress/$(1)_stress.o \
    $(OBJ)/tests/stress/stress.o $(STRESS_OBJ_$(1)) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach s,$(STRESS),$(eval $(call stress_rule,$(s))))

SUITES_PLAIN += test-stress
.PHONY: test-stress
test-stress: $(foreach s,$(STRESS),$(BIN)/$(s)-stress $(STRESS_DEPS_$(s)))
	@tests/stress/run-stress \
	    $(foreach s,$(STRESS),'$(BIN)/$(s)-stress $(STRESS_ARGS_$(s))')

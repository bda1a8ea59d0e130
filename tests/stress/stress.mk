# Stress tests: each tests/stress/NAME_stress.c is a plain program of its own,
# build/bin/NAME-stress, which closes with "N passed, N failed". They are what
# shows ThreadSanitizer the parts that several threads share: Criterion does not
# start under it.
#
# What a stress needs besides: STRESS_OBJ_NAME, more objects or libraries.

STRESS := $(filter-out inflight,$(patsubst tests/stress/%_stress.c,%,\
    $(wildcard tests/stress/*_stress.c)))
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

# What drives real servers is made of the contract suite's parts and, like it,
# never sanitized itself: SAN decides which servers it is run against.
DRIVER_O := $(CONTRACT_OBJ)/tests/stress/driver.o \
    $(filter-out $(CONTRACT_OBJ)/tests/contract/contract%,$(CONTRACT_O))
INFLIGHT := build/bin/inflight-stress

$(INFLIGHT): $(CONTRACT_OBJ)/tests/stress/inflight_stress.o $(DRIVER_O)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -pthread -o $@ $^ -lcjson

STRESS_SERVERS ?= $(SERVERS:%=$(BIN)/%)
# Hang guards: a case of these does far more than one of the contract suite.
DRIVER_TIME_SCALE ?= $(if $(SAN),20,5)

SUITES_PLAIN += test-stress
.PHONY: test-stress
test-stress: $(STRESS:%=$(BIN)/%-stress) $(INFLIGHT) $(STRESS_SERVERS)
	@CONTRACT_TIME_SCALE=$(DRIVER_TIME_SCALE) tests/stress/run-stress \
	    $(STRESS:%=$(BIN)/%-stress) '$(INFLIGHT) $(STRESS_SERVERS)'

# Variants: the models with one idea wrong (see variants/README.md). Not part of
# `make`; `make variants` builds build/bin/variant-NAME for each of them.
#
# A variant is a model's own source with some calls swapped: in the files named
# by VARIANT_OF_NAME, each use of LEFT becomes one of RIGHT, which is defined in
# variants/NAME/. Nothing of the model is written twice, and what is wrong
# stands alone. VARIANT_WITH_NAME: what it takes as it is.

VARIANTS := $(sort $(patsubst variants/%/,%,$(dir $(wildcard variants/*/*.c))))

VARIANT_OF_workers-read := models/pool/server.c
VARIANT_SWAP_workers-read := \
    handler_pool_open=workers_read_open \
    conn_start=workers_read_start \
    handler_pool_on_leave=held_on_leave \
    handler_pool_on_drained=conn_resume \
    handler_pool_on_hurry=held_on_hurry
VARIANT_WITH_workers-read := variants/held.c

VARIANT_OF_no-wakeup := common/mailbox.c models/mainsub/server.c
VARIANT_SWAP_no-wakeup := ev_async_send=no_wakeup_async_send

VARIANT_OF_no-order := models/pool/server.c
VARIANT_SWAP_no-order := \
    handler_pool_open=no_order_open \
    handler_pool_on_line=no_order_on_line \
    handler_pool_on_leave=held_on_leave \
    handler_pool_on_drained=conn_resume \
    handler_pool_on_hurry=held_on_hurry
VARIANT_WITH_no-order := variants/held.c

VARIANT_OF_own-first := models/mainsub/server.c
VARIANT_SWAP_own-first := \
    mailbox_enter=own_first_enter \
    mailbox_post=own_first_post

VARIANT_OF_send-locked := models/blocking/client.c models/blocking/server.c
VARIANT_SWAP_send-locked := writer_append=send_locked_append
VARIANT_WITH_send-locked := models/blocking/threads.c models/blocking/writer.c

# Each of them says what it is.
VARIANT_SWAP := options_parse=variant_options_parse \
    acceptor_say_ready=variant_say_ready

define variant_rule
$(OBJ)/variants/$(1)/of/%.o: %.c variants/variants.mk
	@mkdir -p $$(@D)
	$$(call say,CC,'$$< for variant-$(1)')
	$$(Q)$$(CC) $$(ALL_CFLAGS) \
	    $(patsubst %,-D%,$(VARIANT_SWAP) $(VARIANT_SWAP_$(1))) -c -o $$@ $$<

$(BIN)/variant-$(1): $(VARIANT_OF_$(1):%.c=$(OBJ)/variants/$(1)/of/%.o) \
    $(patsubst %.c,$(OBJ)/%.o,$(wildcard variants/$(1)/*.c) \
        $(VARIANT_WITH_$(1)) variants/variant.c) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach v,$(VARIANTS),$(eval $(call variant_rule,$(v))))

.PHONY: variants
variants: $(VARIANTS:%=$(BIN)/variant-%)

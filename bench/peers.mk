# make peers   what the peers need besides their packages: see bench/peers
#
# Their settings are copied for every build; netty-java.jar is made where there
# are a JDK and Netty, and is not missed elsewhere.

PEERS_DIR  := $(B)/peers
PEER_CONFS := $(PEERS_DIR)/ngircd.conf $(PEERS_DIR)/inspircd.conf
PEER_JAR   := $(PEERS_DIR)/netty-java.jar

NETTY_SRC  := $(sort $(wildcard bench/peers/netty/*.java))
NETTY_JARS := $(foreach p,buffer codec common handler resolver transport,\
              /usr/share/java/netty-$(p).jar)
HAVE_NETTY := $(and $(shell command -v javac),$(shell command -v jar),\
              $(filter $(words $(NETTY_JARS)),$(words $(wildcard $(NETTY_JARS)))))

# Parts of chat-bench that chat-peer needs too.
$(BIN)/chat-peer: $(OBJ)/bench/run/child.o $(OBJ)/bench/run/files.o \
    $(OBJ)/bench/run/output.o

# $(1): the peer
define peer_conf_rule
$(PEERS_DIR)/$(1).conf: bench/peers/$(1)/$(1).conf
	@mkdir -p $$(@D)
	$$(Q)cp $$< $$@
endef
$(foreach p,ngircd inspircd,$(eval $(call peer_conf_rule,$(p))))

empty :=
$(PEER_JAR): $(NETTY_SRC)
	@rm -rf $(PEERS_DIR)/netty && mkdir -p $(PEERS_DIR)/netty
	$(call say,JAVA,$@)
	$(Q)javac --release 11 -Xlint:all -Werror \
	    -cp $(subst $(empty) $(empty),:,$(strip $(NETTY_JARS))) \
	    -d $(PEERS_DIR)/netty $(NETTY_SRC)
	$(Q)jar --create --file $@ -C $(PEERS_DIR)/netty .

.PHONY: peers
peers: $(BIN)/chat-peer $(PEER_CONFS) $(if $(HAVE_NETTY),$(PEER_JAR))

all: $(PEER_CONFS)

/*
 * peer - servers of others (ngircd, InspIRCd, Netty) as arms of an experiment.
 *
 * chat-peer starts them and knows all about them; here is what the runner asks
 * it. They keep no stats: figures that come from a server's own counters are
 * absent for them. They take none of our servers' options but --threads.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "bench/run/experiment.h"

/* Is that server a peer, installed or not? */
bool peer_is(const char *server);

/* The names of all. */
struct words peer_names(void);

/*
 * Why it cannot be run, with what would help; NULL if it can be. chat-peer is
 * asked once and the answer kept.
 */
const char *peer_missing(const char *bin_dir, const char *server);

/* What the manifest says of it, the caller's; NULL if it cannot be run. */
cJSON *peer_description(const char *bin_dir, const char *server);

/* Could a peer be measured at `point`, or does that take options of ours? */
bool peer_fits(const struct point *point);

#endif

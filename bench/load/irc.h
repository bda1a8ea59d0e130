/*
 * irc - what a server says: lines out of bytes, and what each means to us.
 *
 * The worker's thread only; nothing blocks, nothing allocates.
 */
#ifndef CHAT_LOAD_IRC_H
#define CHAT_LOAD_IRC_H

#include <stddef.h>
#include <stdint.h>

#include "bench/load/worker.h"

/*
 * Handles every complete line of `data`, which arrived at `now`; returns how
 * many bytes these were. The connection may be closed in the course of it.
 * 16 bytes behind `len` must be readable.
 */
size_t irc_handle(struct worker *w, struct conn *c, const char *data,
                  size_t len, uint64_t now);

#endif

/*
 * handler_logging - Netty's LoggingHandler: says what passes by.
 *
 * Put it between two handlers to see what the one hands the other: each event
 * and each operation becomes a line
 *
 *     [worker-0] [id: 0x00000003, L:127.0.0.1:6667 - R:127.0.0.1:4711] READ: 5B
 *
 * and, with `dump`, the bytes of a ByteBuf below it. Each entry is written
 * whole, with one write, so that threads do not cut into each other's.
 *
 * Sharable: one may serve all channels, and then is its owner's to free (free()
 * once no pipeline has it). Writing to `out` blocks if that does: not for use
 * on a loaded server.
 * Source: io.netty.handler.logging.LoggingHandler.
 */
#ifndef NETTY_HANDLER_LOGGING_H
#define NETTY_HANDLER_LOGGING_H

#include <stdbool.h>
#include <stdio.h>

#include "models/netty/channel_handler.h"

/* NULL: no memory. Keeps `out`. */
struct channel_handler *logging_handler_new(FILE *out, bool dump);

#endif

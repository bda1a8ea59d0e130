/*
 * handler_flush_consolidation - Netty's FlushConsolidationHandler: one flush
 * for many.
 *
 * A flush ends in a system call, and a handler that answers each of ten
 * pipelined messages with write and flush makes ten of them. While a burst is
 * being read this handler keeps flushes back, until channel_read_complete or
 * until `limit` of them have come; so the answers leave in one send. Nothing is
 * kept back across a close, an exception, its own removal, or when the channel
 * becomes unwritable (then only flushing helps).
 *
 * With `when_idle` flushes are gathered outside of bursts, too: the first one
 * queues a task that flushes what has come until it runs. That is for writes
 * from other threads.
 *
 * Add it before the handlers that flush. Not sharable.
 * Source: io.netty.handler.flush.FlushConsolidationHandler.
 */
#ifndef NETTY_HANDLER_FLUSH_CONSOLIDATION_H
#define NETTY_HANDLER_FLUSH_CONSOLIDATION_H

#include <stdbool.h>

#include "models/netty/channel_handler.h"

enum { FLUSH_CONSOLIDATION_LIMIT = 256 };

/* `limit`: FLUSH_CONSOLIDATION_LIMIT unless there is a reason. NULL with errno:
 * ENOMEM; EINVAL for a limit below 1. */
struct channel_handler *flush_consolidation_handler_new(int limit,
                                                        bool when_idle);

#endif

/*
 * handler_idle_state - Netty's IdleStateHandler: tells when nothing happens.
 *
 * It fires a struct idle_state_event as a user event when nothing was read,
 * nothing was written, or neither, for as long as asked; and again each time as
 * long goes by. What to do about it (ping the peer, close) is for a handler
 * behind it:
 *
 *     int user_event_triggered(ctx, event) {
 *         const struct idle_state_event *idle = idle_state_event_of(event);
 *         if (idle && idle->state == IDLE_STATE_READER)
 *             ctx_close(ctx, NULL);
 *
 * Reading: the clock stands still from the first read to channel_read_complete,
 * so that a long burst is not taken for silence. Writing: the clock starts anew
 * when a write completes, that is, when the kernel has taken it, not when it
 * was asked for: so a peer that does not read becomes writer idle. With
 * `observe_output` it does not, as long as the kernel takes some bytes.
 *
 * Time is that of the handler's executor (its ticker): with a mock_ticker, a
 * test is in charge of it. Not sharable.
 * Source: io.netty.handler.timeout.IdleStateHandler.
 */
#ifndef NETTY_HANDLER_IDLE_STATE_H
#define NETTY_HANDLER_IDLE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/netty/channel_handler.h"

enum idle_state {
    IDLE_STATE_READER, /* nothing was read */
    IDLE_STATE_WRITER, /* nothing was written */
    IDLE_STATE_ALL,    /* neither */
};

/* One of six constants. */
struct idle_state_event {
    struct user_event event; /* first */
    enum idle_state state;   /* what did not happen */
    bool first;              /* the first time since it last did */
};

/* A user event that is one of these, else NULL. */
const struct idle_state_event *
idle_state_event_of(const struct user_event *event);

/* Nanoseconds, 0: do not watch. NULL: no memory. */
struct channel_handler *idle_state_handler_new(uint64_t reader_idle_ns,
                                               uint64_t writer_idle_ns,
                                               uint64_t all_idle_ns,
                                               bool observe_output);

#endif

/*
 * embedded - a channel without a socket, a loop without a thread, a clock that
 * stands still: for testing handlers.
 *
 *     struct channel *ch = embedded_channel_new();
 *     channel_pipeline_add_last(channel_pipeline(ch), NULL, "h", handler);
 *     embedded_channel_write_inbound(ch, msg);      // as if it had come in
 *     msg = embedded_channel_read_inbound(ch);      // what came out at the
 * tail embedded_channel_write_outbound(ch, msg);     // through the handlers
 *     msg = embedded_channel_read_outbound(ch);     // what would be sent
 *     cr_assert_not(embedded_channel_finish(ch));   // nothing is left over
 *     embedded_channel_free(ch);
 *
 * The calling thread counts as the event loop. Tasks queue as in a real loop,
 * and run when the outermost embedded_ call returns; after channel_ calls, by
 * embedded_channel_run_pending_tasks. Scheduled tasks run when the clock, which
 * starts at 0, is advanced.
 *
 * One thread. Nothing blocks.
 * Source: io.netty.channel.embedded.EmbeddedChannel.
 */
#ifndef NETTY_EMBEDDED_H
#define NETTY_EMBEDDED_H

#include "models/netty/channel.h"

/* An active channel with an empty pipeline. One reference, the caller's, given
 * back by embedded_channel_free. NULL: no memory. */
struct channel *embedded_channel_new(void);

/* The same, not yet registered: handlers can be added before
 * embedded_channel_register makes it active. */
struct channel *embedded_channel_new_unregistered(void);
void embedded_channel_register(struct channel *ch);

/* Closes it if need be, and releases what has not been read. */
void embedded_channel_free(struct channel *ch);

/* channel_read(msg), channel_read_complete(), then pending tasks. Takes `msg`
 * over. Whether there is something to read_inbound. */
bool embedded_channel_write_inbound(struct channel *ch,
                                    struct reference_counted *msg);

/* The same in two steps. */
void embedded_channel_write_one_inbound(struct channel *ch,
                                        struct reference_counted *msg);
bool embedded_channel_flush_inbound(struct channel *ch);

/* channel_write_and_flush(msg). Whether there is something to read_outbound. */
bool embedded_channel_write_outbound(struct channel *ch,
                                     struct reference_counted *msg);

/* The oldest message that reached the tail, or was sent; the caller's to
 * release. NULL: none. */
struct reference_counted *embedded_channel_read_inbound(struct channel *ch);
struct reference_counted *embedded_channel_read_outbound(struct channel *ch);

/* The first exception that reached the tail since the last call, or NULL: what
 * Netty's would throw. The caller's to release. */
struct exception *embedded_channel_check_exception(struct channel *ch);

/* Closes the channel and runs what that causes. Whether messages are left to be
 * read, either way. */
bool embedded_channel_finish(struct channel *ch);

/* channel_close(), and what it causes. */
void embedded_channel_close(struct channel *ch);

/* Runs what is queued and what is due, until nothing is. */
void embedded_channel_run_pending_tasks(struct channel *ch);
bool embedded_channel_has_pending_tasks(struct channel *ch);

/* Nanoseconds until the next scheduled task; -1: there is none. */
int64_t embedded_channel_next_scheduled(struct channel *ch);

/* Sets the clock ahead and runs what is due then. */
void embedded_channel_advance_time_by(struct channel *ch, uint64_t ns);

/* From now on flushed messages stay in the outbound buffer, as when the kernel
 * takes no more; or are taken again. */
void embedded_channel_set_stuck(struct channel *ch, bool stuck);

#endif

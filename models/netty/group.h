/*
 * group - many channels as one: who is connected, and a word to all of them.
 *
 *     struct channel_group *all = channel_group_new(NULL, false);
 *     channel_group_add(all, ch);              // leaves by itself when closed
 *     future_release(channel_group_write_and_flush(all, msg, NULL, NULL));
 *
 * A channel that is closed leaves its groups by itself. An operation goes to
 * each channel that is in the group as it begins, and returns one future for
 * all: done when all are, failed if any failed, and able to tell which.
 *
 * DOC(netty.group)
 * A message is written to each receiver as a retained duplicate: the bytes are
 * shared, the reader index is each receiver's own. This is Netty's own idiom
 * for a chat (its SecureChat example), and it gives no total order: two threads
 * that write at the same time reach one member in this order and another in
 * that. A server that promises one order for all needs more, see chat_server.h.
 * END
 *
 * Ownership: the group holds a reference to each member. Thread-safe as Netty's
 * DefaultChannelGroup: any thread, nothing blocks, the lock is held for memory
 * only and no handler or listener is called under it.
 *
 * Source: io.netty.channel.group.ChannelGroup, DefaultChannelGroup,
 * ChannelGroupFuture.
 */
#ifndef NETTY_GROUP_H
#define NETTY_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/channel.h"

struct channel_group;

/* Whether an operation is for this channel. Called without a lock, in the
 * thread that asked for the operation. */
typedef bool (*channel_matcher_fn)(struct channel *ch, void *arg);

/* All but the one that `arg` points to: what a chat's sender is to its room. */
bool channel_matcher_is_not(struct channel *ch, void *arg);

/* Listeners of its futures run in `executor`; NULL: in whichever thread
 * completes them. `stay_closed`: once channel_group_close has been called, a
 * channel that is added is closed at once. NULL: no memory. */
struct channel_group *channel_group_new(struct event_executor *executor,
                                        bool stay_closed);

/* Takes all channels out; they stay open. No other call may be under way or
 * come later; channels that close at this moment may. NULL is ignored. */
void channel_group_free(struct channel_group *group);

/* 0; -EEXIST it is in the group already; -ENOMEM. One that is closed leaves
 * again at once. The caller keeps its own reference. */
int channel_group_add(struct channel_group *group, struct channel *ch);

/* Whether it was in the group. */
bool channel_group_remove(struct channel_group *group, struct channel *ch);

bool channel_group_contains(struct channel_group *group,
                            const struct channel *ch);

/* The member with this ch->id, retained: the caller's to release. NULL: none.
 */
struct channel *channel_group_find(struct channel_group *group, uint32_t id);

size_t channel_group_size(struct channel_group *group);

/*
 * Operations on the members that `matcher` (NULL: all) chooses. Each returns a
 * future, the caller's to release; NULL: no memory, and nothing has been done.
 * write takes `msg` over in any case. Server channels are left out of write and
 * flush, and are the first that close, disconnect and deregister reach, so that
 * nobody comes in while the others leave. flush tells nothing: it has no
 * future, as in Netty.
 */
struct future *channel_group_write(struct channel_group *group,
                                   struct reference_counted *msg,
                                   channel_matcher_fn matcher, void *arg);
struct future *channel_group_write_and_flush(struct channel_group *group,
                                             struct reference_counted *msg,
                                             channel_matcher_fn matcher,
                                             void *arg);
void channel_group_flush(struct channel_group *group,
                         channel_matcher_fn matcher, void *arg);
struct future *channel_group_close(struct channel_group *group,
                                   channel_matcher_fn matcher, void *arg);
struct future *channel_group_disconnect(struct channel_group *group,
                                        channel_matcher_fn matcher, void *arg);
struct future *channel_group_deregister(struct channel_group *group,
                                        channel_matcher_fn matcher, void *arg);

/* Done when all that are members now are closed, by whomever. */
struct future *channel_group_new_close_future(struct channel_group *group,
                                              channel_matcher_fn matcher,
                                              void *arg);

/* ---- asking the future of an operation; another's is misuse ---- */

/* How many channels it was for, and how many of them have failed so far. */
size_t channel_group_future_size(const struct future *f);
size_t channel_group_future_failures(const struct future *f);

/* Done, and some, but not all, have succeeded or failed. */
bool channel_group_future_is_partial(const struct future *f);

/* The one channel's part; borrowed, as long as `f`. NULL: it was not for this
 * channel, or there was no memory for it. */
struct future *channel_group_future_find(const struct future *f,
                                         const struct channel *ch);

#endif

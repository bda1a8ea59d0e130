/*
 * pipeline - the handlers of one channel, in order.
 *
 *     head <-> "idle" <-> "framer" <-> "decoder" <-> "chat" <-> tail
 *
 * Inbound events enter at the head, outbound operations at the tail (or at the
 * context of whoever asks, see channel_handler.h). The head is where operations
 * reach the socket; the tail releases messages that nobody wanted, and says so.
 *
 * Threads: a pipeline is changed in its channel's event loop, or before the
 * channel is registered by the thread that made it; anywhere else it is
 * refused with -EPERM (Netty takes a lock there; ours would have to be taken
 * for each event). Firing is allowed to any thread: it hops to the right one.
 *
 * Ownership: a handler that is not sharable belongs to the pipeline once added,
 * and is given back by its ops->destroy some time after it has been removed. A
 * sharable one stays its owner's, and must outlive all pipelines it is in.
 *
 * Source: io.netty.channel.DefaultChannelPipeline.
 */
#ifndef NETTY_PIPELINE_H
#define NETTY_PIPELINE_H

#include "models/netty/channel_handler.h"
#include "models/netty/executor_group.h"

struct pending_callback;
struct pinned_executor;

/* Embedded in the channel; private. */
struct channel_pipeline {
    struct channel_handler_context head; /* the channel's end */
    struct channel_handler_context tail; /* the application's end */

    /* loop thread only: */
    struct pending_callback *pending; /* handler_added before registration */
    struct pinned_executor *pinned; /* one executor a group, for this channel */
    bool registered;                /* has been: callbacks run at once */
};

/*
 * Adds a handler under a name that no other has (a string that stays; NULL
 * makes one up, as "line_decoder#0"). With `group` its callbacks run in one of
 * the group's executors, always the same for this channel; NULL: in the event
 * loop. handler_added() is called before this returns, or, before the channel
 * is registered, when it is; in the handler's executor.
 *
 * 0, or -errno with the handler still the caller's: -EEXIST the name is taken;
 * -EBUSY the handler is not sharable and has been in a pipeline already;
 * -ENOENT there is no such `base`; -EPERM not in the event loop; -ENOMEM.
 * All but the last are logged: they are programmers' mistakes.
 */
int channel_pipeline_add_first(struct channel_pipeline *p,
                               struct event_executor_group *group,
                               const char *name,
                               struct channel_handler *handler);
int channel_pipeline_add_last(struct channel_pipeline *p,
                              struct event_executor_group *group,
                              const char *name,
                              struct channel_handler *handler);
int channel_pipeline_add_before(struct channel_pipeline *p, const char *base,
                                struct event_executor_group *group,
                                const char *name,
                                struct channel_handler *handler);
int channel_pipeline_add_after(struct channel_pipeline *p, const char *base,
                               struct event_executor_group *group,
                               const char *name,
                               struct channel_handler *handler);

/* Takes a handler out; handler_removed() is its last callback. The context
 * may still be used to hand on what the handler holds. 0, -ENOENT, -EPERM. */
int channel_pipeline_remove(struct channel_pipeline *p,
                            struct channel_handler *handler);
int channel_pipeline_remove_name(struct channel_pipeline *p, const char *name);
int channel_pipeline_remove_first(struct channel_pipeline *p);
int channel_pipeline_remove_last(struct channel_pipeline *p);

/* Puts `handler` in the place of `old`, in the same executor: the new one's
 * handler_added() comes before the old one's handler_removed(). 0, or -errno
 * as above and nothing changed. */
int channel_pipeline_replace(struct channel_pipeline *p, const char *old,
                             const char *name, struct channel_handler *handler);

/* ---- looking; loop thread only ---- */

/* NULL: none. */
struct channel_handler *channel_pipeline_get(struct channel_pipeline *p,
                                             const char *name);
struct channel_handler_context *
channel_pipeline_context(struct channel_pipeline *p, const char *name);
struct channel_handler_context *
channel_pipeline_context_of(struct channel_pipeline *p,
                            const struct channel_handler *handler);
struct channel_handler_context *
channel_pipeline_first(struct channel_pipeline *p);
struct channel_handler_context *
channel_pipeline_last(struct channel_pipeline *p);

/* The handlers' names from head to tail, at most `max`; how many there are. */
size_t channel_pipeline_names(struct channel_pipeline *p, const char **names,
                              size_t max);

struct channel *channel_pipeline_channel(struct channel_pipeline *p);

/* ---- inbound events, from the head on; any thread ---- */

void channel_pipeline_fire_channel_registered(struct channel_pipeline *p);
void channel_pipeline_fire_channel_unregistered(struct channel_pipeline *p);
void channel_pipeline_fire_channel_active(struct channel_pipeline *p);
void channel_pipeline_fire_channel_inactive(struct channel_pipeline *p);
void channel_pipeline_fire_channel_read(struct channel_pipeline *p,
                                        struct reference_counted *msg);
void channel_pipeline_fire_channel_read_complete(struct channel_pipeline *p);
void channel_pipeline_fire_user_event_triggered(struct channel_pipeline *p,
                                                const struct user_event *event);
void channel_pipeline_fire_channel_writability_changed(
    struct channel_pipeline *p);
/* Takes over the caller's reference to `cause`. */
void channel_pipeline_fire_exception_caught(struct channel_pipeline *p,
                                            struct exception *cause);

#endif

/*
 * channel_close - how a channel ends, and how it leaves its loop.
 *
 * Two rules keep handlers from being surprised: the events that follow come as
 * a later task, never from within the call; and whatever ends is ended once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/channel_internal.h"
#include "models/netty/promise_combiner.h"

struct exception *channel_error(int err, const char *what)
{
    return exception_new(err, "%s: %s", what, strerror(-err));
}

/* A deregistration that is to come as a task. */
struct deregistration {
    struct channel *channel; /* counted */
    struct promise *promise; /* counted, or NULL */
    bool fire_inactive;      /* it was active and has been closed */
};

static void deregister_now(const struct deregistration *d)
{
    struct channel *ch = d->channel;
    bool was_registered = channel_is_registered(ch);

    if (was_registered)
        ch->ops->do_deregister(ch);
    if (d->fire_inactive)
        channel_pipeline_fire_channel_inactive(&ch->pipeline);
    if (was_registered) {
        atomic_store_explicit(&ch->registered, false, memory_order_release);
        channel_pipeline_fire_channel_unregistered(&ch->pipeline);
        channel_release(ch); /* the registration's */
    }
    promise_succeed(d->promise);
    promise_release(d->promise);
    channel_release(ch);
}

static int deregister_task(void *arg)
{
    struct deregistration d = *(struct deregistration *)arg;

    free(arg);
    deregister_now(&d);
    return 0;
}

static void deregister_later(struct channel *ch, struct promise *promise,
                             bool fire_inactive)
{
    if (!promise_set_uncancellable(promise))
        return;
    if (!channel_is_registered(ch)) {
        promise_succeed(promise);
        return;
    }
    struct deregistration *d = malloc(sizeof(*d));
    const struct deregistration now = {channel_retain(ch),
                                       promise_retain(promise), fire_inactive};
    if (d) {
        *d = now;
        if (event_executor_execute(ch->loop, deregister_task, d) == 0)
            return;
        free(d);
    }
    deregister_now(&now); /* no memory, or no loop any more: now or never */
}

void channel_unsafe_deregister(struct channel *ch, struct promise *promise)
{
    deregister_later(ch, promise, false);
}

void channel_unsafe_close_forcibly(struct channel *ch)
{
    int err = ch->ops->do_close(ch);

    if (err)
        log_info("netty: failed to close a channel: %s", strerror(-err));
}

void channel_unsafe_close_with(struct channel *ch, struct promise *promise,
                               struct exception *cause)
{
    bool was_active = channel_is_active(ch);

    if (!promise_set_uncancellable(promise)) {
        exception_release(cause);
        return;
    }
    if (ch->close_initiated) {
        exception_release(cause);
        if (promise)
            (void)promise_notifier_cascade(channel_close_future(ch), promise);
        return;
    }
    ch->close_initiated = true;
    channel_outbound_buffer_close(ch, cause);
    exception_release(cause);
    int err = ch->ops->do_close(ch);
    promise_try_success(&ch->close_future, NULL);
    if (err)
        promise_fail(promise, channel_error(err, "cannot close"));
    else
        promise_succeed(promise);
    deregister_later(ch, NULL, was_active);
}

void channel_unsafe_close(struct channel *ch, struct promise *promise)
{
    channel_unsafe_close_with(ch, promise, &exception_closed_channel);
}

/*
 * channel_unsafe - the channel's state machine: what its loop does to it.
 * Closing is in channel_close.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/channel_internal.h"
#include "models/netty/pipeline_internal.h"

/* ---- register ---- */

/* It will have no loop: end it, without events. */
static void fail_registration(struct channel *ch, struct promise *promise,
                              struct exception *cause)
{
    ch->close_initiated = true;
    channel_outbound_buffer_close(ch, cause);
    channel_unsafe_close_forcibly(ch);
    promise_try_success(&ch->close_future, NULL);
    promise_fail(promise, cause);
}

static void register_in_loop(struct channel *ch, struct promise *promise)
{
    bool first = !ch->ever_registered;

    if (!promise_set_uncancellable(promise))
        return;
    if (!channel_is_open(ch)) {
        promise_fail(promise, &exception_closed_channel);
        return;
    }
    int err = ch->ops->do_register(ch);
    if (err) {
        fail_registration(ch, promise, channel_error(err, "cannot register"));
        return;
    }
    channel_retain(ch); /* until it is deregistered */
    ch->ever_registered = true;
    atomic_store_explicit(&ch->registered, true, memory_order_release);
    /* Before the promise: its listeners may fire events through handlers. */
    pipeline_invoke_handler_added_if_needed(&ch->pipeline);
    promise_succeed(promise);
    channel_pipeline_fire_channel_registered(&ch->pipeline);
    if (!channel_is_active(ch))
        return;
    if (first)
        channel_pipeline_fire_channel_active(&ch->pipeline);
    else if (channel_is_auto_read(ch))
        channel_unsafe_begin_read(ch);
}

/* A registration on its way to the loop. */
struct registration {
    struct channel *channel; /* counted */
    struct promise *promise; /* counted, or NULL */
};

static int register_task(void *arg)
{
    struct registration r = *(struct registration *)arg;

    free(arg);
    register_in_loop(r.channel, r.promise);
    promise_release(r.promise);
    channel_release(r.channel);
    return 0;
}

void channel_unsafe_register(struct channel *ch, struct event_executor *loop,
                             struct promise *promise)
{
    if (channel_is_registered(ch) || (ch->loop && ch->loop != loop)) {
        promise_fail(promise,
                     exception_new(-EALREADY,
                                   "registered to an event loop already"));
        return;
    }
    if (!ch->ops->is_compatible(loop)) {
        promise_fail(promise, exception_new(-EINVAL,
                                            "incompatible event loop for a %s "
                                            "channel",
                                            ch->ops->name));
        return;
    }
    ch->loop = loop;
    ch->close_future.future.executor = loop;
    if (event_executor_in_event_loop(loop)) {
        register_in_loop(ch, promise);
        return;
    }
    struct registration *r = malloc(sizeof(*r));
    int err = -ENOMEM;
    if (r) {
        *r = (struct registration){channel_retain(ch), promise_retain(promise)};
        err = event_executor_execute(loop, register_task, r);
    }
    if (!err)
        return;
    if (r) {
        promise_release(promise);
        channel_release(ch);
        free(r);
    }
    log_info("netty: a channel is closed: its event loop did not take it: %s",
             err == -ESHUTDOWN ? exception_rejected.text : strerror(-err));
    fail_registration(ch, promise,
                      err == -ESHUTDOWN
                          ? &exception_rejected
                          : channel_error(err, "cannot register"));
}

void channel_register(struct channel *ch, struct event_executor *loop,
                      struct promise *promise)
{
    channel_unsafe_register(ch, loop, promise);
}

/* ---- bind, connect, disconnect ---- */

static int fire_active_task(void *arg)
{
    struct channel *ch = arg;

    channel_pipeline_fire_channel_active(&ch->pipeline);
    return 0;
}

static int fire_inactive_task(void *arg)
{
    struct channel *ch = arg;

    channel_pipeline_fire_channel_inactive(&ch->pipeline);
    return 0;
}

void channel_unsafe_bind(struct channel *ch, const struct socket_address *local,
                         struct promise *promise)
{
    bool was_active = channel_is_active(ch);
    char text[SOCKET_ADDRESS_TEXT];

    if (!promise_set_uncancellable(promise))
        return;
    if (!channel_is_open(ch)) {
        promise_fail(promise, &exception_closed_channel);
        return;
    }
    int err = ch->ops->do_bind(ch, local);
    if (err) {
        promise_fail(promise, exception_new(err, "cannot bind to %s: %s",
                                            socket_address_format(local, text),
                                            strerror(-err)));
        return;
    }
    if (!was_active && channel_is_active(ch))
        (void)channel_execute(ch, fire_active_task, ch);
    promise_succeed(promise);
}

void channel_unsafe_connect(struct channel *ch,
                            const struct socket_address *remote,
                            const struct socket_address *local,
                            struct promise *promise)
{
    /* Not uncancellable: cancelling is how connecting is given up. */
    if (promise && future_is_done(&promise->future))
        return;
    if (!channel_is_open(ch))
        promise_fail(promise, &exception_closed_channel);
    else
        ch->ops->connect(ch, remote, local, promise);
}

void channel_unsafe_disconnect(struct channel *ch, struct promise *promise)
{
    bool was_active = channel_is_active(ch);

    if (!promise_set_uncancellable(promise))
        return;
    int err = ch->ops->do_disconnect(ch);
    if (err == -EOPNOTSUPP) { /* a stream: to disconnect is to close */
        channel_unsafe_close(ch, promise);
        return;
    }
    if (err) {
        promise_fail(promise, channel_error(err, "cannot disconnect"));
        return;
    }
    if (was_active && !channel_is_active(ch))
        (void)channel_execute(ch, fire_inactive_task, ch);
    promise_succeed(promise);
}

/* ---- reading and writing ---- */

void channel_unsafe_begin_read(struct channel *ch)
{
    if (channel_is_active(ch))
        ch->ops->do_begin_read(ch);
}

void channel_unsafe_write(struct channel *ch, struct reference_counted *msg,
                          struct promise *promise)
{
    if (ch->outbound.closed) {
        reference_release(msg);
        promise_fail(promise, &exception_closed_channel);
        return;
    }
    int err = ch->ops->filter_outbound(ch, msg);
    if (err) {
        promise_fail(promise, exception_new(err,
                                            "a %s channel cannot send a %s: "
                                            "no handler has encoded it",
                                            ch->ops->name, msg->type->name));
        reference_release(msg);
        return;
    }
    channel_outbound_buffer_add_message(ch, msg, promise);
}

/* Nothing more can be written, but reading goes on. */
static void shut_output(struct channel *ch, struct exception *cause)
{
    channel_outbound_buffer_close(ch, cause);
    if (ch->ops->do_shutdown_output)
        (void)ch->ops->do_shutdown_output(ch);
    channel_pipeline_fire_user_event_triggered(&ch->pipeline,
                                               &channel_output_shutdown_event);
}

static void on_write_error(struct channel *ch, int err)
{
    struct exception *cause = channel_error(err, "cannot write");

    if (ch->config.auto_close) {
        channel_unsafe_close_with(ch, NULL, cause);
        return;
    }
    shut_output(ch, cause);
    exception_release(cause);
}

void channel_unsafe_force_flush(struct channel *ch)
{
    if (ch->in_flush || channel_outbound_buffer_is_empty(&ch->outbound))
        return;
    ch->in_flush = true;
    if (!channel_is_active(ch)) {
        channel_outbound_buffer_fail_flushed(ch,
                                             channel_is_open(ch)
                                                 ? &exception_not_yet_connected
                                                 : &exception_closed_channel);
    } else {
        int err = ch->ops->do_write(ch);
        if (err)
            on_write_error(ch, err);
    }
    ch->in_flush = false;
}

void channel_unsafe_flush(struct channel *ch)
{
    channel_outbound_buffer_add_flush(ch);
    if (!ch->ops->is_flush_pending || !ch->ops->is_flush_pending(ch))
        channel_unsafe_force_flush(ch);
}

/*
 * server_bootstrap - a server channel, and the handler at the end of its
 * pipeline that registers what it accepts with the workers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/bootstrap.h"
#include "models/netty/bootstrap_internal.h"
#include "models/netty/channel_internal.h"
#include "models/netty/misuse.h"
#include "models/netty/scheduler.h"
#include "models/netty/server_socket_channel.h"

/* ---- the acceptor ---- */

struct acceptor_handler {
    struct channel_handler handler;           /* first */
    const struct server_bootstrap *bootstrap; /* its settings */
};

static void on_child_registered(struct future *f, void *unused)
{
    struct exception *cause = future_cause(f);

    (void)unused;
    if (cause)
        log_info("netty: an accepted channel is closed: %s", cause->text);
}

static int acceptor_read(struct channel_handler_context *ctx,
                         struct reference_counted *msg)
{
    const struct server_bootstrap *b =
        ((struct acceptor_handler *)ctx_handler(ctx))->bootstrap;
    struct channel *child = channel_of(msg);

    if (!child) {
        ctx_fire_channel_read(ctx, msg);
        return 0;
    }
    int err = channel_pipeline_add_last(channel_pipeline(child), NULL, NULL,
                                        b->child_handler);
    bootstrap_set_options(child, &b->child_options);
    struct promise *p = err ? NULL : channel_new_promise(child);
    if (p) {
        (void)future_add_listener(&p->future, on_child_registered, NULL);
        event_loop_group_register(b->workers, child, p);
        promise_release(p);
    } else {
        log_info("netty: an accepted channel is closed: %s",
                 strerror(err ? -err : ENOMEM));
        channel_unsafe_close_forcibly(child);
    }
    channel_release(child);
    return 0;
}

static int go_on_accepting(void *arg)
{
    struct channel *ch = arg;

    channel_set_auto_read(ch, true);
    channel_release(ch);
    return 0;
}

/* accept() failed, most often for want of descriptors: trying again at once
 * would only make the loop spin. */
static int acceptor_exception(struct channel_handler_context *ctx,
                              struct exception *cause)
{
    struct channel *ch = ctx_channel(ctx);

    if (channel_is_auto_read(ch)) {
        channel_set_auto_read(ch, false);
        struct scheduled_future *s =
            event_executor_schedule(ch->loop, go_on_accepting,
                                    channel_retain(ch),
                                    SERVER_BOOTSTRAP_ACCEPT_PAUSE_MS *
                                        (int64_t)TICKER_MS);
        if (!s) {
            channel_set_auto_read(ch, true);
            channel_release(ch);
        }
        scheduled_future_release(s);
    }
    /* For handlers behind that want to know; the tail logs it. */
    ctx_fire_exception_caught(ctx, exception_retain(cause));
    return 0;
}

static void acceptor_destroy(struct channel_handler *handler)
{
    free(handler);
}

static const struct channel_handler_ops acceptor_ops = {
    .name = "server_bootstrap_acceptor",
    .channel_read = acceptor_read,
    .exception_caught = acceptor_exception,
    .destroy = acceptor_destroy,
};

/* ---- the server channel ---- */

void server_bootstrap_init(struct server_bootstrap *b,
                           struct event_executor_group *boss,
                           struct event_executor_group *workers)
{
    *b = (struct server_bootstrap){
        .boss = boss,
        .workers = workers ? workers : boss,
        .factory = server_socket_channel_new,
    };
}

void server_bootstrap_handler(struct server_bootstrap *b,
                              struct channel_handler *handler)
{
    b->handler = handler;
}

void server_bootstrap_child_handler(struct server_bootstrap *b,
                                    struct channel_handler *handler)
{
    b->child_handler = handler;
}

void server_bootstrap_option(struct server_bootstrap *b,
                             enum channel_option option, long value)
{
    bootstrap_add_option(&b->options, option, value);
}

void server_bootstrap_child_option(struct server_bootstrap *b,
                                   enum channel_option option, long value)
{
    bootstrap_add_option(&b->child_options, option, value);
}

/* Behind what the user's handler, an initializer say, has added when the
 * channel was registered. */
static int add_acceptor(const struct server_bootstrap *b, struct channel *ch)
{
    struct acceptor_handler *a = malloc(sizeof(*a));

    if (!a)
        return -ENOMEM;
    channel_handler_init(&a->handler, &acceptor_ops);
    a->bootstrap = b;
    int err = channel_pipeline_add_last(channel_pipeline(ch), NULL, NULL,
                                        &a->handler);
    if (err)
        free(a);
    return err;
}

/* A server channel with options and handlers; NULL with errno. */
static struct channel *make(struct server_bootstrap *b, int family)
{
    struct channel *ch = b->factory(family);

    if (!ch)
        return NULL;
    bootstrap_set_options(ch, &b->options);
    int err = b->handler ? channel_pipeline_add_last(channel_pipeline(ch), NULL,
                                                     NULL, b->handler)
                         : 0;
    if (err) {
        channel_release(ch);
        errno = -err;
        return NULL;
    }
    return ch;
}

static void bind_step(struct channel *ch, const void *arg,
                      const struct socket_address *a, struct promise *promise)
{
    (void)future_add_listener(&promise->future, channel_future_close_on_failure,
                              NULL);
    int err = add_acceptor(arg, ch);
    if (err)
        promise_fail(promise, channel_error(err, "cannot add the acceptor"));
    else
        channel_bind(ch, a, promise);
}

struct future *server_bootstrap_bind(struct server_bootstrap *b,
                                     const struct socket_address *local)
{
    if (!b->child_handler)
        misuse("server_bootstrap_bind: no child handler is set");
    if (!b->child_handler->ops->sharable)
        misuse("server_bootstrap_bind: the child handler \"%s\" is not "
               "sharable: use a channel_initializer",
               b->child_handler->ops->name);
    return bootstrap_start(b->boss, make(b, local->u.any.sa_family), bind_step,
                           b, local);
}

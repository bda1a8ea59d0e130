/*
 * chat_accept - whom the server channel lets in.
 *
 * Before the acceptor of the bootstrap. Beyond --max-clients it refuses with an
 * ERROR line. Out of descriptors it parks the one client too many, says so
 * once, and looks again ten times a second: those who wait stay in the kernel's
 * backlog and nobody else notices. A few descriptors are kept free for the
 * server itself (acceptor.h).
 *
 * The boss's loop only.
 */
#include <string.h>

#include "common/log.h"
#include "common/stats.h"
#include "models/netty/chat_server.h"
#include "models/netty/socket_channel.h"

static const int64_t retry_ns = 100 * (int64_t)TICKER_MS;

static struct channel_handler_context *context; /* the handler's, once added */
static struct channel *parked;         /* accepted beyond the limit, or NULL */
static struct scheduled_future *retry; /* while paused */
static bool said_full;                 /* the --max-clients line was logged */

static void refuse(struct channel *child, const char *reason)
{
    struct socket_address a;
    char text[SOCKET_ADDRESS_TEXT] = "?";

    if (channel_remote_address(child, &a) == 0)
        socket_address_format_host(&a, text);
    acceptor_refuse(socket_channel_detach(child), text, reason);
    channel_release(child);
}

static int on_retry(void *unused);

static void pause_accepting(const char *why)
{
    if (retry)
        return;
    stats_add(STAT_ACCEPT_PAUSES, 1);
    log_info("accepting paused: %s; going on when a connection closes", why);
    channel_set_auto_read(ctx_channel(context), false);
    retry =
        event_executor_schedule_at_fixed_rate(ctx_executor(context), on_retry,
                                              NULL, retry_ns, retry_ns);
    if (!retry)
        channel_set_auto_read(ctx_channel(context), true);
}

static bool is_full(void)
{
    long others =
        atomic_load_explicit(&server.count.open, memory_order_relaxed) -
        (parked ? 1 : 0);

    return others >= server.count.limit;
}

static int on_retry(void *unused)
{
    struct channel *child = parked;

    (void)unused;
    if (is_full())
        return 0;
    log_info("accepting again");
    scheduled_future_cancel(retry);
    scheduled_future_release(retry);
    retry = NULL;
    parked = NULL;
    if (child)
        ctx_fire_channel_read(context, &child->ref);
    channel_set_auto_read(ctx_channel(context), true);
    return 0;
}

/* However it ends, and however far it has come. */
static void on_closed(struct future *f, void *unused)
{
    (void)f;
    (void)unused;
    acceptor_closed(&server.count);
}

static int accept_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    struct channel *child = channel_of(msg);
    bool full = is_full();
    long open = 1 + atomic_fetch_add_explicit(&server.count.open, 1,
                                              memory_order_relaxed);

    (void)future_add_listener(channel_close_future(child), on_closed, NULL);
    if (open > server.opts.max_clients) {
        if (!said_full)
            log_info("refusing clients: there are %ld (--max-clients)",
                     server.opts.max_clients);
        said_full = true;
        refuse(child, "Server is full");
        return 0;
    }
    said_full = false;
    if (full) {
        parked = child;
        pause_accepting("out of descriptors");
        return 0;
    }
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* accept() has failed. */
static int accept_exception(struct channel_handler_context *ctx,
                            struct exception *cause)
{
    (void)ctx;
    pause_accepting(strerror(-cause->code));
    return 0;
}

static int accept_added(struct channel_handler_context *ctx)
{
    context = ctx;
    return 0;
}

static int accept_inactive(struct channel_handler_context *ctx)
{
    if (retry) {
        scheduled_future_cancel(retry);
        scheduled_future_release(retry);
        retry = NULL;
    }
    if (parked)
        refuse(parked, "Server shutting down");
    parked = NULL;
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static const struct channel_handler_ops accept_ops = {
    .name = "accept",
    .handler_added = accept_added,
    .channel_read = accept_read,
    .channel_inactive = accept_inactive,
    .exception_caught = accept_exception,
};

struct channel_handler chat_accept = CHANNEL_HANDLER_INIT(&accept_ops);

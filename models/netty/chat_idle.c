/*
 * chat_idle - who has not been heard for too long.
 *
 * The handler only notes the time of each read; the loop looks at all its
 * clients once a second. Netty's IdleStateHandler schedules a task a channel:
 * with 10,000 idle clients that would be 10,000 entries in the loop's heap.
 */
#include "models/netty/chat_server.h"

static int idle_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    struct client *c = CLIENT_OF(ctx, idle);

    c->last_seen = event_loop_turn_time(event_loop_of(c->loop->executor));
    c->pinged = false;
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* Before any handler behind: nothing need be written to it any more. */
static int idle_inactive(struct channel_handler_context *ctx)
{
    struct client *c = CLIENT_OF(ctx, idle);

    c->deaf = true;
    atomic_store(&c->hurried, true);
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static void idle_destroy(struct channel_handler *h)
{
    client_release(
        (struct client *)((char *)h - offsetof(struct client, idle)));
}

const struct channel_handler_ops chat_idle_ops = {
    .name = "idle",
    .channel_read = idle_read,
    .channel_inactive = idle_inactive,
    .destroy = idle_destroy,
};

/* The kernel had refused, and has taken something since: the peer reads, which
 * is a sign of life too. */
static bool is_reading(struct client *c)
{
    uint64_t sent = c->channel->outbound.sent;
    bool reads = c->stuck_seen && sent != c->sent_seen;

    c->sent_seen = sent;
    c->stuck_seen = client_owed(c) > 0;
    return reads;
}

static void ping(struct client *c)
{
    char line[IRC_LINE_MAX];
    size_t len = chat_format_ping(line, server.opts.name);

    c->pinged = true;
    client_send(c, line, len, false);
}

void client_check_time(struct client *c, uint64_t now)
{
    const struct server_options *o = &server.opts;
    uint64_t interval = (uint64_t)o->ping_interval * TICKER_S;

    if (is_reading(c))
        c->last_seen = now;
    uint64_t silent = now > c->last_seen ? now - c->last_seen : 0;
    if (c->closing) {
        if (now >= c->deadline)
            channel_close(c->channel, NULL);
    } else if (c->pauses & (uint8_t)~PAUSE_DRAIN) {
        /* We do not listen: its silence means nothing. Where we wait for it to
         * read, it does. */
        c->last_seen = now;
    } else if (!atomic_load_explicit(&c->registered, memory_order_relaxed)) {
        if (now >= c->opened + (uint64_t)o->register_timeout * TICKER_S)
            client_ask_to_leave(c, CHAT_REGISTER_TIMEOUT);
    } else if (c->pinged && silent >= 2 * interval) {
        client_ask_to_leave(c, CHAT_PING_TIMEOUT);
    } else if (!c->pinged && silent >= interval) {
        ping(c);
    }
}

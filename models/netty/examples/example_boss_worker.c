/*
 * Boss and workers: who accepts, and who reads.
 *
 * The boss group's loop has one channel, the listening one: its "messages" are
 * the channels it accepts, each of which it gives to the next worker loop. From
 * then on everything that happens on a connection happens on that worker, for
 * the connection's whole life.
 *
 * See three clients, one after the other, and two workers: the third client is
 * the first worker's again. Each sees the events of a channel's life in their
 * order; the end of the input is the last thing that is read.
 */
#include "models/netty/examples/say.h"

static sem_t gone; /* a connection has ended, as the server sees it */

/* ---- the boss's ---- */

static int accepted(struct channel_handler_context *ctx,
                    struct reference_counted *msg)
{
    say("channel_read: a connection, for the next worker");
    ctx_fire_channel_read(ctx, msg); /* to the one that registers it */
    return 0;
}

static const struct channel_handler_ops boss_ops = {.name = "boss",
                                                    .channel_read = accepted};

/* ---- the workers' ---- */

static int registered(struct channel_handler_context *ctx)
{
    say("  channel_registered: it has its loop");
    ctx_fire_channel_registered(ctx);
    return 0;
}

static int active(struct channel_handler_context *ctx)
{
    say("  channel_active: reading begins");
    ctx_fire_channel_active(ctx);
    return 0;
}

static int read_bytes(struct channel_handler_context *ctx,
                      struct reference_counted *msg)
{
    (void)ctx;
    say("  channel_read: \"%.*s\"", SAY_BYTES(bytebuf_of(msg)));
    reference_release(msg);
    return 0;
}

static int inactive(struct channel_handler_context *ctx)
{
    say("  channel_inactive: closed");
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static int unregistered(struct channel_handler_context *ctx)
{
    say("  channel_unregistered: it has no loop any more");
    ctx_fire_channel_unregistered(ctx);
    sem_post(&gone);
    return 0;
}

static const struct channel_handler_ops worker_ops = {
    .name = "worker",
    .sharable = true,
    .channel_registered = registered,
    .channel_active = active,
    .channel_read = read_bytes,
    .channel_inactive = inactive,
    .channel_unregistered = unregistered,
};

int main(void)
{
    static struct channel_handler boss_handler =
        CHANNEL_HANDLER_INIT(&boss_ops);
    static struct channel_handler worker_handler =
        CHANNEL_HANDLER_INIT(&worker_ops);
    struct event_executor_group *boss =
        made(event_loop_group_new(1, "boss"), "the boss");
    struct event_executor_group *workers =
        made(event_loop_group_new(2, "worker"), "the workers");
    struct event_executor_group *clients =
        made(event_loop_group_new(1, "client"), "the clients' loop");
    struct server_bootstrap server;
    struct bootstrap client;
    struct socket_address at;
    static const char *const texts[] = {"one", "two", "three"};

    sem_init(&gone, 0, 0);
    server_bootstrap_init(&server, boss, workers);
    server_bootstrap_handler(&server, &boss_handler);
    server_bootstrap_child_handler(&server, &worker_handler);
    struct future *bound = listen_at(&server, &at);
    bootstrap_init(&client, clients);

    for (int i = 0; i < 3; i++) {
        say("client %s", texts[i]);
        struct future *f = connect_to(&client, &at);
        check(send_text(future_channel(f), texts[i]), "send");
        channel_close(future_channel(f), NULL);
        future_release(f);
        wait_until(&gone);
    }

    future_release(bound);
    event_executor_group_free(clients);
    event_executor_group_free(boss);
    event_executor_group_free(workers);
    sem_destroy(&gone);
    return 0;
}

/*
 * Heavy work in a group of its own: the loop stays free for the others.
 *
 * A handler that blocks or computes for long holds up every channel of its
 * event loop. Added with a group it runs in one of that group's threads
 * instead, always the same one for one channel, so that its events stay in
 * order; the pipeline hands each event over to whichever thread the next
 * handler belongs to, and back again on the way out.
 *
 * See one worker loop with two clients. The first asks for work that cannot
 * end before the second has had an answer: on the worker's own thread, both
 * would wait for ever. See which thread runs which handler.
 */
#include <string.h>

#include "models/netty/channel_initializer.h"
#include "models/netty/examples/say.h"

static struct event_executor_group *heavy; /* where the work is done */
static sem_t begun, ponged, removed;       /* what has happened so far */

/* ---- the server's handlers, from head to tail ---- */

static int show_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    say("writer: on its way to the socket");
    ctx_write(ctx, msg, promise);
    return 0;
}

/* It is the first from the head, so the last to go. */
static int writer_removed(struct channel_handler_context *ctx)
{
    (void)ctx;
    sem_post(&removed);
    return 0;
}

static int light_read(struct channel_handler_context *ctx,
                      struct reference_counted *msg)
{
    if (strcmp(line_text(msg), "ping") != 0) {
        say("light: \"%s\" is work for others", line_text(msg));
        ctx_fire_channel_read(ctx, msg);
        return 0;
    }
    say("light: \"ping\" is answered at once");
    reference_release(msg);
    return write_line(ctx, "pong\n");
}

static int heavy_read(struct channel_handler_context *ctx,
                      struct reference_counted *msg)
{
    say("heavy: begin with \"%s\"", line_text(msg));
    reference_release(msg);
    sem_post(&begun);
    wait_until(&ponged); /* blocks, as work does */
    say("heavy: done");
    return write_line(ctx, "done\n");
}

static const struct channel_handler_ops ops[] = {
    {.name = "writer",
     .sharable = true,
     .handler_removed = writer_removed,
     .write = show_write},
    {.name = "light", .sharable = true, .channel_read = light_read},
    {.name = "heavy", .sharable = true, .channel_read = heavy_read},
};
static struct channel_handler writer = CHANNEL_HANDLER_INIT(&ops[0]);
static struct channel_handler light = CHANNEL_HANDLER_INIT(&ops[1]);
static struct channel_handler worker = CHANNEL_HANDLER_INIT(&ops[2]);

static int init_server(struct channel *ch, void *unused)
{
    struct channel_pipeline *p = channel_pipeline(ch);
    int err = channel_pipeline_add_last(p, NULL, "writer", &writer);

    (void)unused;
    if (!err)
        err = add_line_codec(p);
    if (!err)
        err = channel_pipeline_add_last(p, NULL, "light", &light);
    /* The one difference: a group instead of NULL. */
    return err ? err : channel_pipeline_add_last(p, heavy, "heavy", &worker);
}

/* ---- the client's ---- */

static int client_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    say("client: got \"%s\"", line_text(msg));
    if (strcmp(line_text(msg), "pong") == 0)
        sem_post(&ponged);
    reference_release(msg);
    ctx_close(ctx, NULL);
    return 0;
}

static const struct channel_handler_ops client_ops = {.name = "client",
                                                      .sharable = true,
                                                      .channel_read =
                                                          client_read};
static struct channel_handler client_handler =
    CHANNEL_HANDLER_INIT(&client_ops);

int main(void)
{
    static struct channel_initializer server_init =
        CHANNEL_INITIALIZER(init_server, NULL);
    static struct channel_initializer client_init =
        CHANNEL_INITIALIZER(init_line_channel, &client_handler);
    struct event_executor_group *workers =
        made(event_loop_group_new(1, "worker"), "the worker");
    struct event_executor_group *clients =
        made(event_loop_group_new(1, "client"), "the clients' loop");
    struct server_bootstrap server;
    struct bootstrap client;
    struct socket_address at;

    heavy = made(default_event_executor_group_new(2, "heavy"), "the group");
    sem_init(&begun, 0, 0);
    sem_init(&ponged, 0, 0);
    sem_init(&removed, 0, 0);
    server_bootstrap_init(&server, workers, NULL); /* boss and worker in one */
    server_bootstrap_child_handler(&server, &server_init.handler);
    struct future *bound = listen_at(&server, &at);
    bootstrap_init(&client, clients);
    bootstrap_handler(&client, &client_init.handler);

    struct future *first = connect_to(&client, &at);
    check(send_text(future_channel(first), "a big job\n"), "send");
    wait_until(&begun);
    struct future *second = connect_to(&client, &at);
    check(send_text(future_channel(second), "ping\n"), "send");
    check(future_sync(channel_close_future(future_channel(first))), "wait");
    check(future_sync(channel_close_future(future_channel(second))), "wait");

    future_release(first);
    future_release(second);
    future_release(bound);
    event_executor_group_free(clients);
    /* The loop and the group hand tasks to each other until their channels'
     * last handler is gone: only then may they be freed. */
    wait_until(&removed);
    wait_until(&removed);
    event_executor_group_free(heavy);
    event_executor_group_free(workers);
    sem_destroy(&begun);
    sem_destroy(&ponged);
    sem_destroy(&removed);
    return 0;
}

/*
 * Hello, world: the least server and the least client.
 *
 * Both have the same parts. A group of event loops runs the channels; a
 * bootstrap says what a channel is to be; an initializer fills each channel's
 * pipeline. What the program does is in the last handler of each side, the rest
 * turns bytes into lines and lines into bytes: TCP has no messages, so there is
 * a framer before everything else.
 *
 * See which thread prints: main only starts things and waits for their futures;
 * what happens on a connection, its loop's thread tells.
 */
#include "models/netty/channel_initializer.h"
#include "models/netty/examples/say.h"

/* ---- what the server does ---- */

static int server_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    say("server: got \"%s\"", line_text(msg));
    reference_release(msg); /* the last to use it */
    return write_line(ctx, "hello, client\n");
}

/* Without state, so that one serves all channels. */
static const struct channel_handler_ops server_ops = {.name = "hello_server",
                                                      .sharable = true,
                                                      .channel_read =
                                                          server_read};
static struct channel_handler server_handler =
    CHANNEL_HANDLER_INIT(&server_ops);

/* ---- what the client does ---- */

static int client_active(struct channel_handler_context *ctx)
{
    say("client: connected");
    return write_line(ctx, "hello, world\n");
}

static int client_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    say("client: got \"%s\"", line_text(msg));
    reference_release(msg);
    ctx_close(ctx, NULL);
    return 0;
}

static const struct channel_handler_ops client_ops = {.name = "hello_client",
                                                      .sharable = true,
                                                      .channel_active =
                                                          client_active,
                                                      .channel_read =
                                                          client_read};
static struct channel_handler client_handler =
    CHANNEL_HANDLER_INIT(&client_ops);

/* ---- both ---- */

/* Runs once for each channel. If it fails the channel is closed. */
static int init_channel(struct channel *ch, void *last)
{
    struct channel_pipeline *p = channel_pipeline(ch);
    int err = add_line_codec(p);

    return err ? err : channel_pipeline_add_last(p, NULL, "hello", last);
}

static struct channel_initializer server_init =
    CHANNEL_INITIALIZER(init_channel, &server_handler);
static struct channel_initializer client_init =
    CHANNEL_INITIALIZER(init_channel, &client_handler);

int main(void)
{
    struct event_executor_group *boss =
        made(event_loop_group_new(1, "boss"), "the boss");
    struct event_executor_group *workers =
        made(event_loop_group_new(2, "worker"), "the workers");
    struct event_executor_group *clients =
        made(event_loop_group_new(1, "client"), "the client's loop");
    struct server_bootstrap server;
    struct bootstrap client;
    struct socket_address a = loopback(0);
    char text[SOCKET_ADDRESS_TEXT];

    server_bootstrap_init(&server, boss, workers);
    server_bootstrap_child_handler(&server, &server_init.handler);
    struct future *bound = made(server_bootstrap_bind(&server, &a), "a server");
    check(future_sync(bound), "listen");
    check(channel_local_address(future_channel(bound), &a), "tell the port");
    say("server: listening at %s", socket_address_format(&a, text));

    bootstrap_init(&client, clients);
    bootstrap_handler(&client, &client_init.handler);
    struct future *connected = made(bootstrap_connect(&client, &a), "a client");
    check(future_sync(connected), "connect");
    check(future_sync(channel_close_future(future_channel(connected))), "wait");
    say("client: closed");

    future_release(connected);
    future_release(bound);
    event_executor_group_free(clients); /* closes what is open, joins, frees */
    event_executor_group_free(boss);
    event_executor_group_free(workers);
    return 0;
}

/*
 * A client that sends what is typed, until "q", and ends by its closeFuture.
 *
 * close() only starts to close. What has to come after (a word to the user,
 * giving memory back, ending the program) belongs behind the closeFuture: it
 * completes when the channel is closed, whoever closed it, the user with "q",
 * the server, or the network. So there is one place for the end, not one for
 * each cause.
 *
 * See two ways to be told: a listener, called by the channel's loop, and
 * sync(), in main. Type lines yourself: build/examples/client_lines
 */
#include <stdio.h>
#include <string.h>

#include "models/netty/channel_initializer.h"
#include "models/netty/examples/say.h"

/* ---- the server's side: says what it gets ---- */

static struct promise *server_done; /* its connection has ended */

static int server_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    (void)ctx;
    say("server: \"%s\"", line_text(msg));
    reference_release(msg);
    return 0;
}

static int server_inactive(struct channel_handler_context *ctx)
{
    say("server: the client has gone");
    promise_set_success(server_done, NULL);
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static const struct channel_handler_ops server_ops = {.name = "server",
                                                      .sharable = true,
                                                      .channel_read =
                                                          server_read,
                                                      .channel_inactive =
                                                          server_inactive};
static struct channel_handler server_handler =
    CHANNEL_HANDLER_INIT(&server_ops);

/* ---- the client's ---- */

/* In the channel's loop. `unused` could be what is to be given back now. */
static void on_closed(struct future *f, void *unused)
{
    (void)f;
    (void)unused;
    say("listener: the channel is closed");
}

/* Sends lines until "q", the end of the input, or the end of the channel. */
static void send_lines(struct channel *ch)
{
    char line[256];

    while (fgets(line, sizeof(line), stdin) && strcmp(line, "q\n") != 0) {
        /* Waiting for each is what keeps a fast typist, or a file, from
         * filling the memory. A failure is not reported here: it closes the
         * channel, and that is. */
        if (send_text(ch, line) < 0)
            break;
    }
    say("main: close");
    channel_close(ch, NULL); /* closing twice does no harm */
}

int main(void)
{
    static struct channel_initializer server_init =
        CHANNEL_INITIALIZER(init_line_channel, &server_handler);
    struct event_executor_group *workers =
        made(event_loop_group_new(1, "worker"), "the server's loop");
    struct event_executor_group *clients =
        made(event_loop_group_new(1, "client"), "the client's loop");
    struct server_bootstrap server;
    struct bootstrap client;
    struct socket_address at;

    server_done = made(promise_new(NULL), "a promise");
    server_bootstrap_init(&server, workers, NULL);
    server_bootstrap_child_handler(&server, &server_init.handler);
    struct future *bound = listen_at(&server, &at);

    bootstrap_init(&client, clients);
    struct future *connected = connect_to(&client, &at);
    struct channel *ch = future_channel(connected);
    check(future_add_listener(channel_close_future(ch), on_closed, NULL),
          "add a listener");
    send_lines(ch);
    check(future_sync(channel_close_future(ch)), "wait for the end");
    say("main: the channel is closed: what comes last comes here");
    future_release(connected);

    check(future_await(&server_done->future), "wait for the server");
    event_executor_group_free(clients);
    future_release(bound);
    event_executor_group_free(workers);
    promise_release(server_done);
    return 0;
}

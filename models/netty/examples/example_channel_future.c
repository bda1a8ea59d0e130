/*
 * The channel future: connecting takes time, and who waits for it how.
 *
 * connect(), write(), close() start something and return at once; their futures
 * tell how it ended. There are two ways to go on when it has:
 * - sync() in a thread that may wait, as main;
 * - a listener, called by the channel's loop: nobody waits.
 * Not to wait at all is the mistake: a channel that is not connected yet takes
 * no messages, and the write's future says so.
 *
 * See which thread goes on, and that a failure is not a dead end but a value:
 * sync() returns it, the future's cause says why, a listener may react to it.
 */
#include <string.h>

#include "models/netty/examples/say.h"

static sem_t listened; /* a listener has said all */

static int server_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    (void)ctx;
    say("server: got \"%.*s\"", SAY_BYTES(bytebuf_of(msg)));
    reference_release(msg);
    sem_post(&listened);
    return 0;
}

static const struct channel_handler_ops server_ops = {.name = "server",
                                                      .sharable = true,
                                                      .channel_read =
                                                          server_read};

/* In the channel's loop: to sync() here would be refused. */
static void on_connected(struct future *f, void *text)
{
    if (!future_is_success(f)) {
        say("listener: not connected: %s", future_cause(f)->text);
        sem_post(&listened);
        return;
    }
    say("listener: connected, so write");
    struct bytebuf *buf =
        made(unpooled_copied_buffer(text, strlen(text)), "a buffer");
    channel_write_and_flush(future_channel(f), &buf->ref, NULL);
}

/* Writes to a channel that has a loop, but no connection. */
static void write_too_early(struct bootstrap *b)
{
    struct future *f = made(bootstrap_register(b, AF_INET), "a channel");
    struct bytebuf *buf = made(unpooled_copied_buffer("early", 5), "a buffer");

    check(future_sync(f), "register");
    struct channel *ch = future_channel(f);
    struct promise *written = made(channel_new_promise(ch), "a promise");
    channel_write_and_flush(ch, &buf->ref, written);
    (void)future_await(&written->future);
    say("main: written: %s",
        future_is_success(&written->future) ? "yes" : "no");
    say("main: why: %s", future_cause(&written->future)->text);
    promise_release(written);
    channel_close(ch, NULL);
    future_release(f);
}

int main(void)
{
    static struct channel_handler server_handler =
        CHANNEL_HANDLER_INIT(&server_ops);
    struct event_executor_group *workers =
        made(event_loop_group_new(1, "worker"), "the server's loop");
    struct event_executor_group *clients =
        made(event_loop_group_new(1, "client"), "the client's loop");
    struct server_bootstrap server;
    struct bootstrap client;
    struct socket_address at;

    sem_init(&listened, 0, 0);
    server_bootstrap_init(&server, workers, NULL);
    server_bootstrap_child_handler(&server, &server_handler);
    struct future *bound = listen_at(&server, &at);
    bootstrap_init(&client, clients);

    say("1. sync: main waits until it is connected");
    struct future *f = made(bootstrap_connect(&client, &at), "a channel");
    check(future_sync(f), "connect");
    say("main: connected, so write");
    check(send_text(future_channel(f), "by main"), "send");
    wait_until(&listened);
    future_release(f);

    say("2. a listener: main does not wait");
    f = made(bootstrap_connect(&client, &at), "a channel");
    check(future_add_listener(f, on_connected, "by a listener"), "listen");
    future_release(f); /* the listener is called all the same */
    wait_until(&listened);

    say("3. neither: the write comes too early");
    write_too_early(&client);

    say("4. nobody listens there any more");
    channel_close(future_channel(bound), NULL);
    check(future_sync(channel_close_future(future_channel(bound))), "close");
    f = made(bootstrap_connect(&client, &at), "a channel");
    check(future_add_listener(f, on_connected, NULL), "listen");
    wait_until(&listened);
    say("main: sync returns %s", strerror(-future_sync(f)));

    future_release(f);
    future_release(bound);
    event_executor_group_free(clients);
    event_executor_group_free(workers);
    sem_destroy(&listened);
    return 0;
}

/*
 * A chat by channel group: who is connected, and a word to all but one of them.
 *
 * This is Netty's own idiom for a chat. The server keeps no list: a channel is
 * added when it becomes active and leaves by itself when it is closed, by
 * whomever. What is written to the group is one buffer; each receiver gets a
 * duplicate of it, which shares the bytes and has a reader index of its own.
 *
 * What it does not give is one order for all: with more than one worker, two
 * that speak at the same time may be heard as A, B here and as B, A there. That
 * is why chat-netty posts to its loops under one lock instead (chat_server.h).
 *
 * See that nobody hears himself, and that the room shrinks with nobody asking.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "models/netty/channel_initializer.h"
#include "models/netty/examples/say.h"
#include "models/netty/group.h"

enum { CLIENTS = 3 };

/* ---- the server ---- */

static struct channel_group *room;
static sem_t left; /* somebody's channel is closed */

static int server_active(struct channel_handler_context *ctx)
{
    int err = channel_group_add(room, ctx_channel(ctx));

    if (err)
        return err; /* which closes the channel */
    say("server: %zu in the room", channel_group_size(room));
    return write_line(ctx, "welcome\n");
}

static int server_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    char line[256];

    snprintf(line, sizeof(line), "%s\n", line_text(msg));
    reference_release(msg);
    struct bytebuf *buf = unpooled_copied_buffer(line, strlen(line));
    if (!buf)
        return -ENOMEM;
    struct future *sent =
        channel_group_write_and_flush(room, &buf->ref, channel_matcher_is_not,
                                      ctx_channel(ctx));
    if (!sent)
        return -ENOMEM; /* the buffer is given back in any case */
    say("server: to %zu of %zu", channel_group_future_size(sent),
        channel_group_size(room));
    future_release(sent);
    return 0;
}

static int server_inactive(struct channel_handler_context *ctx)
{
    say("server: one has gone");
    ctx_fire_channel_inactive(ctx);
    sem_post(&left);
    return 0;
}

static const struct channel_handler_ops server_ops = {
    .name = "room",
    .sharable = true,
    .channel_active = server_active,
    .channel_read = server_read,
    .channel_inactive = server_inactive};
static struct channel_handler server_handler =
    CHANNEL_HANDLER_INIT(&server_ops);

/* ---- the clients ---- */

struct client {
    struct channel_handler handler;  /* prints what it hears */
    struct channel_initializer init; /* puts it into the pipeline */
    const char *name;
    struct future *connected; /* has the channel */
    sem_t heard;              /* posted for each line */
};

static int client_read(struct channel_handler_context *ctx,
                       struct reference_counted *msg)
{
    struct client *c = (struct client *)ctx->handler;

    say("%s hears: %s", c->name, line_text(msg));
    reference_release(msg);
    sem_post(&c->heard);
    return 0;
}

static const struct channel_handler_ops client_ops = {.name = "client",
                                                      .sharable = true,
                                                      .channel_read =
                                                          client_read};

/* Comes in, and waits for the welcome. */
static void enter(struct client *c, const char *name,
                  struct event_executor_group *clients,
                  const struct socket_address *at)
{
    struct bootstrap b;

    *c = (struct client){.handler = CHANNEL_HANDLER_INIT(&client_ops),
                         .name = name};
    c->init = (struct channel_initializer)CHANNEL_INITIALIZER(init_line_channel,
                                                              &c->handler);
    sem_init(&c->heard, 0, 0);
    bootstrap_init(&b, clients);
    bootstrap_handler(&b, &c->init.handler);
    c->connected = connect_to(&b, at);
    wait_until(&c->heard);
}

int main(void)
{
    static struct channel_initializer server_init =
        CHANNEL_INITIALIZER(init_line_channel, &server_handler);
    struct event_executor_group *workers =
        made(event_loop_group_new(1, "worker"), "the server's loop");
    struct event_executor_group *clients =
        made(event_loop_group_new(CLIENTS, "client"), "the clients' loops");
    struct client alice, bob, carol;
    struct server_bootstrap server;
    struct socket_address at;

    room = made(channel_group_new(NULL, false), "the room");
    sem_init(&left, 0, 0);
    server_bootstrap_init(&server, workers, NULL);
    server_bootstrap_child_handler(&server, &server_init.handler);
    struct future *bound = listen_at(&server, &at);
    enter(&alice, "alice", clients, &at);
    enter(&bob, "bob", clients, &at);
    enter(&carol, "carol", clients, &at);

    check(send_text(future_channel(alice.connected), "hi, it's alice\n"),
          "speak");
    wait_until(&bob.heard);
    wait_until(&carol.heard);

    channel_close(future_channel(carol.connected), NULL);
    wait_until(&left);
    say("main: %zu in the room", channel_group_size(room));
    check(send_text(future_channel(bob.connected), "where is carol?\n"),
          "speak");
    wait_until(&alice.heard);

    say("main: close the room");
    wait_for(channel_group_close(room, NULL, NULL), "close the room");
    future_release(alice.connected);
    future_release(bob.connected);
    future_release(carol.connected);
    event_executor_group_free(clients);
    future_release(bound);
    event_executor_group_free(workers);
    channel_group_free(room);
    return 0;
}

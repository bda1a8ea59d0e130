#include "tests/unit/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fail_alloc.h"
#include "tests/unit/line_check.h"

enum { KEPT = 4096 }; /* lines that have been looked at and are kept anyway */

struct world world;

static time_t world_now(void)
{
    return world.now;
}

static void drop_all(struct client *c)
{
    for (size_t i = 0; i < c->n_got; i++)
        msg_unref(c->got[i]);
    c->n_got = c->next = 0;
}

static void deliver(void *owner, struct msg *msg)
{
    struct client *c = owner;
    const char *fault = line_fault(msg->data, msg->len);

    if (c->next == c->n_got && c->n_got >= KEPT)
        drop_all(c);
    cr_assert_null(fault, "line %s: %.*s", fault ? fault : "", (int)msg->len,
                   msg->data);
    cr_assert(c->user, "delivery to a client that has left: %.*s",
              (int)msg->len, msg->data);
    if (c->n_got == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 16;
        c->got =
            fail_alloc_exempt_realloc(c->got, c->cap * sizeof(struct msg *));
    }
    c->got[c->n_got++] = msg_ref(msg);
    world.delivered++;
}

void world_start_with(struct chat_config config)
{
    config.deliver = deliver;
    config.now = world_now;
    if (!config.name)
        config.name = "s";
    world = (struct world){.now = WORLD_START};
    world.chat = chat_new(&config);
    cr_assert(world.chat);
}

void world_start(void)
{
    world_start_with((struct chat_config){.name = "s"});
}

void world_end(void)
{
    struct client *c;

    for (c = world.clients; c; c = c->other) {
        if (c->user)
            client_leaves(c, CHAT_SHUTDOWN);
    }
    while ((c = world.clients)) {
        world.clients = c->other;
        drop_all(c);
        free(c->got);
        free(c);
    }
    chat_free(world.chat);
}

struct client *client_connect(const char *host)
{
    struct client *c = calloc(1, sizeof(*c));

    cr_assert(c);
    c->user = chat_connect(world.chat, c, host);
    cr_assert(c->user);
    c->other = world.clients;
    world.clients = c;
    return c;
}

struct client *client_enter(const char *nick)
{
    struct client *c = client_connect("127.0.0.1");

    client_says(c, "NICK %s", nick);
    client_says(c, "USER %s 0 * :Real %s", nick, nick);
    cr_assert(chat_is_registered(c->user), "%s is not registered", nick);
    client_forget(c);
    return c;
}

/* Parses and handles a copy on the heap that ends where the line does, so
 * that a sanitizer sees a step past it. */
static enum chat_result handle(struct client *c, const char *fmt, va_list ap)
{
    char *line;
    struct irc_message m;
    enum chat_result result = CHAT_OK;
    int len = vasprintf(&line, fmt, ap);

    cr_assert_geq(len, 0);
    cr_assert(c->user, "says after having left: %s", line);
    cr_assert_not(c->more, "says within a long reply: %s", line);
    if (irc_parse(line, (size_t)len, &m))
        result = chat_handle(world.chat, c->user, &m);
    free(line);
    c->more = result == CHAT_MORE;
    return result;
}

enum chat_result client_begins(struct client *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    enum chat_result result = handle(c, fmt, ap);
    va_end(ap);
    return result;
}

enum chat_result client_goes_on(struct client *c)
{
    enum chat_result result = chat_continue(world.chat, c->user);

    c->more = result == CHAT_MORE;
    return result;
}

enum chat_result client_says(struct client *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    enum chat_result result = handle(c, fmt, ap);
    va_end(ap);
    while (result == CHAT_MORE)
        result = client_goes_on(c);
    return result;
}

void client_leaves(struct client *c, enum chat_cause cause)
{
    chat_disconnect(world.chat, c->user, cause);
    c->user = NULL;
}

const char *client_next(struct client *c)
{
    static char line[IRC_LINE_MAX + 1];

    if (c->next == c->n_got)
        return "";
    const struct msg *msg = c->got[c->next++];
    memcpy(line, msg->data, msg->len - 2);
    line[msg->len - 2] = '\0';
    return line;
}

void client_forget(struct client *c)
{
    c->next = c->n_got;
}

size_t client_count(const struct client *c, const char *line)
{
    size_t len = strlen(line), n = 0;

    for (size_t i = c->next; i < c->n_got; i++)
        n += c->got[i]->len == len + 2 &&
             memcmp(c->got[i]->data, line, len) == 0;
    return n;
}

size_t client_pending(const struct client *c)
{
    return c->n_got - c->next;
}

void room_join(struct client *c, const char *room)
{
    cr_assert_eq(client_says(c, "JOIN %s", room), CHAT_OK);
    client_forget(c);
}

void room_fill(const char *room, int n, struct client **members)
{
    for (int i = 0; i < n; i++)
        room_join(members[i], room);
    for (int i = 0; i < n; i++)
        client_forget(members[i]);
}

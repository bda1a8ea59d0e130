/*
 * world - a chat without sockets, for tests: clients are plain structs, and
 * what the core hands to one is kept for it to be looked at.
 *
 * Time stands still at WORLD_START unless the test moves world.now. Every line
 * is checked for its form as it is delivered.
 */
#ifndef CHAT_TESTS_WORLD_H
#define CHAT_TESTS_WORLD_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/chat.h"

enum { WORLD_START = 1000000000 }; /* 2001-09-09 01:46:40 UTC */

/* One connection, as its owner. */
struct client {
    struct user *user;    /* NULL once disconnected */
    struct msg **got;     /* messages delivered, one reference each */
    size_t n_got;         /* of them */
    size_t cap;           /* allocated */
    size_t next;          /* the first not yet looked at */
    bool more;            /* a long reply is under way */
    struct client *other; /* the world's next client */
};

struct world {
    struct chat *chat;
    time_t now;              /* what the chat's clock says */
    struct client *clients;  /* all there have been */
    unsigned long delivered; /* calls of deliver, ever */
};

/* The world of the running test; each test has a process of its own. */
extern struct world world;

/* Test fixtures: a server named "s"; every client must be gone at the end, or
 * world_end disconnects it. Frees all. */
void world_start(void);
void world_end(void);

/* The same with a configuration; name, deliver and now are filled in when they
 * are missing. */
void world_start_with(struct chat_config config);

struct client *client_connect(const char *host);

/* Registers as `nick` from 127.0.0.1, ~nick, and forgets the greeting. */
struct client *client_enter(const char *nick);

/* Formats a line without its end, and has the chat handle it. A long reply is
 * seen through to its end. */
enum chat_result client_says(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, but leaves a long reply after its first chunk. */
enum chat_result client_begins(struct client *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One more chunk. */
enum chat_result client_goes_on(struct client *c);

void client_leaves(struct client *c, enum chat_cause cause);

/* The next line without CR LF, "" when there is none. Until the next call. */
const char *client_next(struct client *c);

/* Forgets what has come so far. */
void client_forget(struct client *c);

/* Lines not yet looked at that are equal to `line`. */
size_t client_count(const struct client *c, const char *line);
size_t client_pending(const struct client *c);

/* The next line must be exactly this. */
#define EXPECT(c, line) cr_assert_str_eq(client_next(c), line)

/* Nothing more has come. */
#define QUIET(c)                                                               \
    do {                                                                       \
        if (client_pending(c) > 0)                                             \
            cr_assert_fail("unexpected: %s", client_next(c));                  \
    } while (0)

/* The client says it and is answered with exactly this one line. */
#define ANSWER(c, say, line)                                                   \
    do {                                                                       \
        cr_assert_eq(client_says(c, "%s", say), CHAT_OK);                      \
        EXPECT(c, line);                                                       \
        QUIET(c);                                                              \
    } while (0)

/* Joins, and forgets the answer, and what the others in the room were told. */
void room_fill(const char *room, int n, struct client **members);
void room_join(struct client *c, const char *room);

#endif

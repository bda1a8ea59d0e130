/*
 * The drives that show a server asleep with something left to do: a message or
 * a newcomer that nobody was woken for (no-wakeup), everybody behind a lock
 * whose holder waits for a client (send-locked).
 */
#include "tests/variants/drives.h"

#include <stdio.h>
#include <string.h>

#include "tests/contract/room.h"

/* Its next line, which may have come already, contains this. */
static void expect_in(struct peer *p, const char *line, const char *want)
{
    if (!line)
        line = LINE(p);
    CHECK(line && strstr(line, want), "%s: expected \"%s\", got \"%s\"",
          p->name, want, peer_show(line));
}

/* ---- no-wakeup ---- */

static struct peer *alice, *bob;

/* Round robin: alice is sub-0's, bob sub-1's. */
static void open_two(const struct server *s)
{
    alice = ENTER(s, "alice");
    bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    FENCE(alice);
}

/* Alice speaks; her PONG says that the message is in bob's loop's mailbox. His
 * own PING wakes his loop, if nothing else has. */
static bool message_round(const struct server *s, int number)
{
    char text[64];

    snprintf(text, sizeof(text), "PRIVMSG #a :hello %d", number);
    FENCE(bob);
    SEND(alice, "%s", text);
    FENCE(alice);
    drive_settle(s);
    const char *line = peer_line_now(bob);
    bool stranded = line == NULL;
    if (stranded)
        peer_ping(bob);
    expect_in(bob, line, text);
    return stranded;
}

const struct drive drive_message_without_wakeup = {
    .args = ARGS("--threads", "2"),
    .open = open_two,
    .round = message_round,
    .fault = "a message that its receiver's loop sleeps on",
};

static void open_nobody(const struct server *s)
{
    (void)s;
}

static bool newcomer_round(const struct server *s, int number)
{
    struct peer *p = CONNECT(s);

    SEND(p, "NICK n%d\r\nUSER u 0 * :r", number);
    drive_settle(s);
    const char *line = peer_line_now(p);
    expect_in(p, line, " 001 "); /* at the latest once a timer wakes the loop */
    return line == NULL;
}

const struct drive drive_newcomer_without_wakeup = {
    .args = ARGS("--threads", "2"),
    .open = open_nobody,
    .round = newcomer_round,
    .fault = "a new connection that its loop sleeps on",
};

/* ---- send-locked ---- */

enum {
    FLOOD = 1600,     /* messages: more than the kernel holds for a reader */
    FLOOD_SIZE = 400, /* bytes each, in all less than --sendq */
    FLOOD_LINES = 50, /* sent together */
    SMALL_BUF = 4096, /* of the one who stops reading */
};

static struct peer *talker, *bea, *ben;

static void open_bystanders(const struct server *s)
{
    talker = ENTER(s, "talker");
    JOIN(talker, "#a");
    bea = ENTER(s, "bea");
    ben = ENTER(s, "ben");
    JOIN(bea, "#b");
    JOIN(ben, "#b");
    FENCE(bea);
}

/* What the server takes of it: it may have stopped to. */
static void flood(const struct server *s)
{
    static char lines[FLOOD_LINES * (FLOOD_SIZE + 16)];
    size_t len = 0;

    for (int i = 0; i < FLOOD_LINES; i++)
        len +=
            (size_t)sprintf(lines + len, "PRIVMSG #a :%0*d\r\n", FLOOD_SIZE, i);
    size_t left = 0;
    for (int i = 0; i < FLOOD / FLOOD_LINES; i++) {
        for (left = len; left > 0;) {
            size_t n = peer_try_send(talker, lines + len - left, left);
            left -= n;
            if (n > 0)
                continue;
            drive_settle(s);
            n = peer_try_send(talker, lines + len - left, left);
            left -= n;
            if (n == 0)
                return; /* asleep, and takes no more */
        }
    }
}

/* One stops reading in #a, which is busy. Bea says something to ben in #b. */
static bool stopped_round(const struct server *s, int number)
{
    struct peer *stopped = (CASE_AT, peer_connect(s, SMALL_BUF));
    char nick[16];

    snprintf(nick, sizeof(nick), "s%d", number);
    REGISTER(stopped, nick);
    JOIN(stopped, "#a");
    peer_pause(stopped);
    flood(s);
    SEND(bea, "PRIVMSG #b :are you there, %d", number);
    drive_settle(s);
    const char *line = peer_line_now(ben);
    peer_reset(stopped); /* with the reader gone it comes */
    expect_in(ben, line, " PRIVMSG #b :are you there");
    return line == NULL;
}

const struct drive drive_send_locked = {
    .args = ARGS("--threads", "2"),
    .open = open_bystanders,
    .round = stopped_round,
    .fault = "a room that stands still because of a reader in another",
};

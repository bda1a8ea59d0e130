/*
 * The delivery contract, points 1 and 3: each message to each other member
 * exactly once, everything after 366, nothing after PART. Order is in
 * contract_order.c, slow readers in contract_slow.c.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

static void message_reaches_others_not_sender(void)
{
    struct server *s = START(NULL);
    struct peer *p[3];
    ROOM_FILL(p, 3, s, "u", "#a");
    SEND(p[0], "PRIVMSG #a :hello there");
    EXPECT(p[1], ":u0!~u0@127.0.0.1 PRIVMSG #a :hello there");
    EXPECT(p[2], ":u0!~u0@127.0.0.1 PRIVMSG #a :hello there");
    ALL_QUIET(p[0], p[1], p[2]);
}

static void outsiders_get_nothing(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    struct peer *stranger = ENTER(s, "stranger");
    struct peer *unregistered = CONNECT(s);
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    JOIN(stranger, "#b");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(alice, "PRIVMSG #a :for members");
    SEND(alice, "PRIVMSG bob :for bob");
    EXPECT(bob, ":alice!* PRIVMSG #a :for members");
    EXPECT(bob, ":alice!* PRIVMSG bob :for bob");
    ALL_QUIET(alice, bob, stranger, unregistered);
}

static void everyone_once_in_a_room_of_fifty(void)
{
    struct server *s = START(NULL);
    struct peer *p[50];
    ROOM_FILL(p, 50, s, "u", "#a");
    for (int i = 0; i < 50; i++)
        SEND(p[i], "PRIVMSG #a :from %d", i);
    /* Each fence comes after all messages were handled. */
    for (int i = 0; i < 50; i++)
        peer_ping(p[i]);
    for (int i = 0; i < 50; i++) {
        int seen[50] = {0};
        for (int j = 0; j < 49; j++) {
            const char *line = SKIP_TO(p[i], ":u*!* PRIVMSG #a :from *");
            int from = atoi(strstr(line, ":from ") + 6);
            CHECK(from >= 0 && from < 50 && from != i && !seen[from],
                  "u%d: expected each other's message once, got \"%s\"", i,
                  line);
            seen[from] = 1;
        }
        FENCE(p[i]);
        QUIET(p[i]);
    }
}

static void rooms_do_not_leak(void)
{
    enum { ROOMS = 10, EACH = 3 };
    struct server *s = START(NULL);
    struct peer *p[ROOMS][EACH];
    for (int r = 0; r < ROOMS; r++) {
        char room[16], prefix[16];
        snprintf(room, sizeof(room), "#r%d", r);
        snprintf(prefix, sizeof(prefix), "r%dn", r);
        ROOM_FILL(p[r], EACH, s, prefix, room);
    }
    for (int r = 0; r < ROOMS; r++)
        SEND(p[r][0], "PRIVMSG #r%d :of room %d", r, r);
    for (int r = 0; r < ROOMS; r++) {
        FENCE(p[r][0]);
        for (int i = 1; i < EACH; i++)
            EXPECT(p[r][i], ":r%dn0!* PRIVMSG #r%d :of room %d", r, r, r);
    }
    for (int r = 0; r < ROOMS; r++) {
        for (int i = 0; i < EACH; i++)
            QUIET(p[r][i]);
    }
}

static void message_before_quit_arrives_first(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    SEND(alice, "PRIVMSG #a :last words\r\nQUIT :off\r\nPRIVMSG #a :too late");
    EXPECT(bob, ":alice!* PRIVMSG #a :last words");
    EXPECT(bob, ":alice!* QUIT :Quit: off");
    QUIET(bob);
}

static void message_before_close_arrives(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    FENCE(alice); /* so that nothing unread turns the close into a reset */
    SEND_NUMBERED(alice, "#a", 0, 100, 60);
    peer_close(alice);
    EXPECT_NUMBERED(bob, "alice", 0, 100);
    EXPECT(bob, ":alice!~alice@127.0.0.1 QUIT :*");
    QUIET(bob);
}

/* What bob has seen since his JOIN. */
struct stay {
    long last;  /* the last message's number, -1: none yet */
    long floor; /* the first may not be older than this */
};

/* Takes a line; a numbered message in it must follow the last one. */
static void note(struct stay *stay, const char *line)
{
    CHECK(line, "bob: expected to stay connected");
    long n = room_number(line, NULL);
    if (n < 0)
        return;
    if (stay->last < 0)
        CHECK(n >= stay->floor, "bob: expected message %ld or later, got %ld",
              stay->floor, n);
    else
        CHECK_INT("bob's next message", n, stay->last + 1);
    stay->last = n;
}

/* One session of the churning member, while alice keeps talking: no gap from
 * the first message he gets to his PART, every one after 366, none later. */
static void one_stay(struct peer *alice, struct peer *bob, unsigned *next)
{
    struct stay stay = {-1, (long)*next};
    const char *line;

    SEND_NUMBERED(alice, "#a", *next, 20, 40);
    SEND(bob, "JOIN #a");
    SEND_NUMBERED(alice, "#a", *next + 20, 20, 40);
    EXPECT(bob, ":bob!* JOIN #a");
    do {
        line = LINE(bob);
        note(&stay, line);
    } while (!strstr(line, " 366 "));
    *next += 60;
    SEND_NUMBERED(alice, "#a", *next - 20, 20, 40);
    while (stay.last < (long)*next - 1)
        note(&stay, LINE(bob));

    SEND_NUMBERED(alice, "#a", *next, 20, 40);
    SEND(bob, "PART #a");
    SEND_NUMBERED(alice, "#a", *next + 20, 20, 40);
    *next += 40;
    do {
        line = LINE(bob);
        note(&stay, line);
    } while (!strstr(line, " PART #a"));
    FENCE(alice);
    QUIET(bob);
}

static void all_after_366_none_after_part(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    unsigned next = 0;
    JOIN(alice, "#a");
    for (int i = 0; i < 100; i++)
        one_stay(alice, bob, &next);
}

static void joined_means_included(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    for (int i = 0; i < 200; i++) {
        JOIN(bob, "#a");
        SEND(alice, "PRIVMSG #a :for bob %d", i);
        EXPECT(bob, ":alice!* PRIVMSG #a :for bob %d", i);
        SEND(bob, "PART #a");
        EXPECT(bob, ":bob!* PART #a*");
        SEND(alice, "PRIVMSG #a :not for bob %d", i);
        FENCE(alice);
        QUIET(bob);
    }
}

static const struct contract_case cases[] = {
    CASE(message_reaches_others_not_sender), CASE(outsiders_get_nothing),
    CASE(everyone_once_in_a_room_of_fifty),  CASE(rooms_do_not_leak),
    CASE(message_before_quit_arrives_first), CASE(message_before_close_arrives),
    CASE(all_after_366_none_after_part),     CASE(joined_means_included),
};
CONTRACT_SUITE(delivery)

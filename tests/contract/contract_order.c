/*
 * The delivery contract, point 2: one sender's messages in the order sent, and
 * one order of a room for all its members.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

static void one_sender_in_order(void)
{
    struct server *s = START(NULL);
    struct peer *p[4];
    ROOM_FILL(p, 4, s, "u", "#a");
    SEND_NUMBERED(p[0], "#a", 0, 5000, 60);
    for (int i = 1; i < 4; i++) {
        EXPECT_NUMBERED(p[i], "u0", 0, 5000);
        QUIET(p[i]);
    }
}

static void room_and_private_in_order(void)
{
    struct server *s = START(NULL);
    struct peer *p[2];
    ROOM_FILL(p, 2, s, "u", "#a");
    for (int i = 0; i < 500; i++) {
        SEND(p[0],
             "PRIVMSG #a :room %d\r\nPRIVMSG u1 :private %d\r\n"
             "NOTICE #a :notice %d",
             i, i, i);
    }
    for (int i = 0; i < 500; i++) {
        EXPECT(p[1], ":u0!* PRIVMSG #a :room %d", i);
        EXPECT(p[1], ":u0!* PRIVMSG u1 :private %d", i);
        EXPECT(p[1], ":u0!* NOTICE #a :notice %d", i);
    }
    QUIET(p[1]);
}

enum { TALKERS = 8, EACH = 250 };

/* What one receiver got, in order. */
struct heard {
    int from[TALKERS * EACH]; /* the sender's index */
    long seq[TALKERS * EACH]; /* its number */
    size_t count;             /* of both */
    size_t taken;             /* consumed by the merge */
};

/* All talk at once: in turns of a few lines, so that every batch the server
 * reads holds something of everyone. */
static void all_talk(struct peer **talkers)
{
    for (unsigned n = 0; n < EACH; n += 10) {
        for (int i = 0; i < TALKERS; i++)
            SEND_NUMBERED(talkers[i], "#a", n, 10, 50);
    }
}

static void hear(struct heard *h, struct peer *p, size_t count)
{
    long next[TALKERS] = {0};
    h->count = h->taken = 0;
    while (h->count < count) {
        char who[32];
        const char *line = LINE(p);
        long seq = line ? room_number(line, who) : -1;
        CHECK(seq >= 0, "%s: expected a message, got \"%s\"", p->name,
              peer_show(line));
        int from = atoi(who + 1);
        CHECK(from >= 0 && from < TALKERS, "expected a talker, got %s", who);
        CHECK(seq == next[from], "%s: expected %s's message %ld, got %ld",
              p->name, who, next[from], seq);
        next[from]++;
        h->from[h->count] = from;
        h->seq[h->count++] = seq;
    }
    QUIET(p);
}

static void total_order_for_receivers(void)
{
    struct server *s = START(NULL);
    struct peer *talkers[TALKERS], *receivers[TALKERS];
    static struct heard heard[TALKERS];
    ROOM_FILL(receivers, TALKERS, s, "r", "#a");
    ROOM_FILL(talkers, TALKERS, s, "t", "#a");
    for (int i = 0; i < TALKERS; i++)
        FENCE(receivers[i]);
    all_talk(talkers);
    for (int i = 0; i < TALKERS; i++)
        hear(&heard[i], receivers[i], TALKERS * EACH);
    for (int i = 1; i < TALKERS; i++) {
        for (size_t n = 0; n < TALKERS * EACH; n++)
            CHECK(heard[i].from[n] == heard[0].from[n],
                  "message %zu: r0 heard t%d's, r%d heard t%d's", n,
                  heard[0].from[n], i, heard[i].from[n]);
    }
}

/* The sender whose message every other talker has next, or -1. */
static int next_of_all(const struct heard *heard)
{
    for (int sender = 0; sender < TALKERS; sender++) {
        int agree = 0;
        for (int r = 0; r < TALKERS; r++) {
            const struct heard *h = &heard[r];
            agree += r != sender && h->taken < h->count &&
                     h->from[h->taken] == sender;
        }
        if (agree == TALKERS - 1)
            return sender;
    }
    return -1;
}

/*
 * Each talker hears all but itself, so no two hear the same list. One order of
 * the room exists exactly if the lists can be merged: at each step there is a
 * message that is next for everyone but its sender.
 */
static void total_order_for_talkers(void)
{
    struct server *s = START(NULL);
    struct peer *p[TALKERS];
    static struct heard heard[TALKERS];
    ROOM_FILL(p, TALKERS, s, "t", "#a");
    all_talk(p);
    for (int i = 0; i < TALKERS; i++)
        hear(&heard[i], p[i], (TALKERS - 1) * EACH);
    for (size_t n = 0; n < TALKERS * EACH; n++) {
        int sender = next_of_all(heard);
        CHECK(sender >= 0,
              "after %zu messages the talkers disagree: t0 hears t%d's next, "
              "t1 t%d's, t2 t%d's",
              n, heard[0].from[heard[0].taken], heard[1].from[heard[1].taken],
              heard[2].from[heard[2].taken]);
        for (int r = 0; r < TALKERS; r++)
            heard[r].taken += r != sender;
    }
}

/* Not messages alone: who comes, goes, renames and sets topics as well. */
static void total_order_of_all_events(void)
{
    enum { WATCHERS = 4, CHURNERS = 4, ROUNDS = 40 };
    struct server *s = START(NULL);
    struct peer *watchers[WATCHERS], *churners[CHURNERS];
    ROOM_FILL(watchers, WATCHERS, s, "w", "#a");
    for (int i = 0; i < CHURNERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "c%d", i);
        churners[i] = ENTER(s, nick);
    }
    for (int n = 0; n < ROUNDS; n++) {
        for (int i = 0; i < CHURNERS; i++)
            SEND(churners[i],
                 "JOIN #a\r\nPRIVMSG #a :%d\r\nTOPIC #a :%d of %d\r\n"
                 "NICK c%d%s\r\nPART #a :bye %d",
                 n, n, i, i, n % 2 ? "" : "x", n);
    }
    for (int i = 0; i < CHURNERS; i++)
        FENCE(churners[i]);
    for (int i = 0; i < WATCHERS; i++)
        peer_ping(watchers[i]);
    /* Five lines a round; and the fence differs, so it is not compared. */
    for (int n = 0; n < ROUNDS * CHURNERS * 5; n++) {
        char first[520];
        snprintf(first, sizeof(first), "%s", EXPECT(watchers[0], ":c*!*"));
        for (int i = 1; i < WATCHERS; i++) {
            const char *line = EXPECT(watchers[i], ":c*!*");
            CHECK(!strcmp(line, first),
                  "event %d: w0 saw \"%s\", w%d saw \"%s\"", n,
                  peer_show(first), i, peer_show(line));
        }
    }
    for (int i = 0; i < WATCHERS; i++)
        EXPECT(watchers[i], ":irc.test PONG irc.test :fence-*");
}

static const struct contract_case cases[] = {
    CASE(one_sender_in_order),       CASE(room_and_private_in_order),
    CASE(total_order_for_receivers), CASE(total_order_for_talkers),
    CASE(total_order_of_all_events),
};
CONTRACT_SUITE(order)

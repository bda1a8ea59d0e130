/*
 * The delivery contract, point 5: a slow reader is cut off at --sendq and costs
 * the others nothing; a healthy one is never taken for slow.
 */
#include "tests/contract/contract.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

#define MIB (1024u * 1024u)

/* A small receive buffer, so that the kernel refuses soon. */
static struct peer *enter_slow(struct server *s, const char *nick)
{
    struct peer *p = peer_connect(s, 4096);
    peer_register(p, nick);
    peer_join(p, "#a");
    peer_pause(p);
    return p;
}

/* Reads messages `first` .. `first+count-1` of alice with nothing missing; the
 * number of QUIT lines of a slow reader among them. */
static int read_healthy(struct peer *p, unsigned first, unsigned count)
{
    int quits = 0;
    for (unsigned n = first; n < first + count;) {
        const char *line = LINE(p);
        CHECK(line, "%s: expected message %u, got the end", p->name, n);
        if (!strncmp(line, ":slow", 5) && strstr(line, " QUIT :")) {
            quits++;
        } else {
            CHECK(room_number(line, NULL) == (long)n,
                  "%s: expected message %u, got \"%s\"", p->name, n,
                  peer_show(line));
            n++;
        }
    }
    return quits;
}

/* Sends past `count` slow readers until the healthy one has been told that all
 * of them are gone, and at least `bytes`; how many messages that took. */
static unsigned send_until_cut(struct peer *alice, struct peer *bob, int count,
                               size_t bytes, unsigned burst)
{
    unsigned sent = 0;
    int gone = 0;
    while (gone < count || sent * 400u < bytes) {
        CHECK(sent * 400u < 200 * MIB,
              "expected %d slow readers to be cut off, %d were after 200 MiB",
              count, gone);
        SEND_NUMBERED(alice, "#a", sent, burst, 400);
        gone += read_healthy(bob, sent, burst);
        sent += burst;
    }
    CHECK_INT("QUIT lines for slow readers", gone, count);
    return sent;
}

/* A gapless beginning, then why, then the end. */
static void read_slow(struct peer *slow)
{
    peer_resume(slow);
    long next = 0;
    const char *line;
    while ((line = LINE(slow)) && strncmp(line, "ERROR ", 6) != 0) {
        long n = room_number(line, NULL);
        if (n < 0)
            CHECK(strstr(line, " JOIN ") || strstr(line, " QUIT "),
                  "%s: expected a message, got \"%s\"", slow->name,
                  peer_show(line));
        else
            CHECK(n == next++, "%s: expected message %ld, got %ld", slow->name,
                  next - 1, n);
    }
    CHECK(line, "%s: expected an ERROR line after %ld messages, got the end",
          slow->name, next);
    CHECK(!strcmp(line, "ERROR :Closing Link: SendQ exceeded"),
          "%s: expected \"ERROR :Closing Link: SendQ exceeded\", got \"%s\"",
          slow->name, peer_show(line));
    EXPECT_CLOSE(slow);
}

static void cut_off(const char *sendq, size_t bytes, unsigned burst)
{
    struct server *s = sendq ? START("--sendq", sendq) : START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    struct peer *slow = enter_slow(s, "slow");
    EXPECT(bob, ":slow!* JOIN #a");
    unsigned sent = send_until_cut(alice, bob, 1, bytes, burst);
    read_slow(slow);
    SKIP_TO(alice, ":slow!~slow@127.0.0.1 QUIT :*");
    ALL_QUIET(alice, bob);
    cJSON *stats = STOP(s);
    CHECK_INT("sendq_kills", stats_get(stats, "sendq_kills"), 1);
    CHECK_INT("closed.sendq", stats_get(stats, "closed.sendq"), 1);
    CHECK_INT("messages_in", stats_get(stats, "messages_in"), sent);
    /* It was cut at --sendq: not long before, nor long after. */
    long long limit = sendq ? atoll(sendq) : (long long)MIB;
    long long most = stats_get(stats, "sendq_max_bytes");
    CHECK(most > limit / 2 && most <= 2 * limit,
          "sendq_max_bytes: expected about %lld, got %lld", limit, most);
}

static void cut_off_at_small_sendq(void)
{
    cut_off("65536", 0, 50);
}

static void cut_off_at_default_sendq(void)
{
    cut_off(NULL, 6 * MIB, 500);
}

/* Bob, who reads, is owed most of a --sendq at once, again and again. */
static void cut_off_by_bursts_of_a_sendq(void)
{
    cut_off(NULL, 6 * MIB, 2000);
}

static void several_cut_off_at_once(void)
{
    enum { SLOW = 6 };
    struct server *s = START("--sendq", "65536");
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    struct peer *slow[SLOW];
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    for (int i = 0; i < SLOW; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "slow%d", i);
        slow[i] = enter_slow(s, nick);
        EXPECT(bob, ":%s!* JOIN #a", nick);
    }
    send_until_cut(alice, bob, SLOW, 0, 100);
    for (int i = 0; i < SLOW; i++)
        read_slow(slow[i]);
    QUIET(bob);
    CHECK_INT("sendq_kills", stats_get(STOP(s), "sendq_kills"), SLOW);
}

/* Each distinct peer is told once, whatever they share. */
static void cut_off_in_many_rooms_is_told_once(void)
{
    struct server *s = START("--sendq", "65536");
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    struct peer *slow = peer_connect(s, 4096);
    peer_register(slow, "slow");
    for (int i = 0; i < 5; i++) {
        char room[8];
        snprintf(room, sizeof(room), "#r%d", i);
        JOIN(bob, room);
        JOIN(slow, room);
        EXPECT(bob, ":slow!* JOIN %s", room);
    }
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    JOIN(slow, "#a");
    EXPECT(bob, ":slow!* JOIN #a");
    peer_pause(slow);
    send_until_cut(alice, bob, 1, 0, 100);
    QUIET(bob);
}

/* Behind, but within --sendq: it gets everything once it reads. */
static void late_reader_within_sendq_stays(void)
{
    struct server *s = START("--sendq", "262144");
    struct peer *alice = ENTER(s, "alice");
    JOIN(alice, "#a");
    struct peer *late = enter_slow(s, "late");
    SEND_NUMBERED(alice, "#a", 0, 400, 400); /* 185 KB with the prefixes */
    SKIP_TO(alice, ":late!* JOIN #a");
    QUIET(alice);
    peer_resume(late);
    EXPECT_NUMBERED(late, "alice", 0, 400);
    QUIET(late);
    CHECK_INT("sendq_kills", stats_get(STOP(s), "sendq_kills"), 0);
}

/*
 * Many talk at once to many who all read; each round leaves every member owed
 * somewhat less than --sendq, all rounds together far more. That nobody is owed
 * more than --sendq at any time is what makes all of them healthy for certain,
 * however the machine schedules the driver.
 */
static void busy_room(const char *sendq, unsigned each, int rounds)
{
    enum { MEMBERS = 100, TALKERS = 20 };
    struct server *s = START("--sendq", sendq);
    struct peer *p[MEMBERS];
    ROOM_FILL(p, MEMBERS, s, "u", "#a");
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < TALKERS; i++)
            SEND_NUMBERED(p[i], "#a", 0, each, 400);
        for (int i = 0; i < MEMBERS; i++) {
            unsigned want = (unsigned)(TALKERS - (i < TALKERS)) * each;
            for (unsigned n = 0; n < want; n++) {
                const char *line = LINE(p[i]);
                CHECK(line && room_number(line, NULL) >= 0,
                      "u%d: expected message %u of %u, got \"%s\"", i, n, want,
                      peer_show(line));
            }
        }
    }
    for (int i = 0; i < MEMBERS; i++)
        QUIET(p[i]);
    cJSON *stats = STOP(s);
    CHECK_INT("sendq_kills", stats_get(stats, "sendq_kills"), 0);
    CHECK_INT("deliveries", stats_get(stats, "deliveries"),
              TALKERS * (MEMBERS - 1) * (int)each * rounds);
}

static void busy_room_cuts_nobody_at_small_sendq(void)
{
    busy_room("65536", 6, 15); /* 52 KB a round */
}

static void busy_room_cuts_nobody_in_one_burst(void)
{
    busy_room("1048576", 100, 1); /* 870 KB */
}

/*
 * The server is stopped while everyone talks, so that it finds more for each
 * member in one turn than --sendq holds. The kernel's own buffers would take
 * it all: SO_SNDBUF and the peer's receive window hold 300 KB and more, read
 * or not. So nobody may be called slow.
 */
static void more_than_sendq_in_a_turn_cuts_nobody(void)
{
    enum { MEMBERS = 40, TALKERS = 20, EACH = 16 }; /* 139 KB to each */
    struct server *s = START("--sendq", "65536");
    struct peer *p[MEMBERS];
    ROOM_FILL(p, MEMBERS, s, "u", "#a");
    for (int round = 0; round < 5; round++) {
        kill(s->pid, SIGSTOP);
        for (int i = 0; i < TALKERS; i++)
            SEND_NUMBERED(p[i], "#a", 0, EACH, 400);
        kill(s->pid, SIGCONT);
        for (int i = 0; i < MEMBERS; i++) {
            for (int n = (TALKERS - (i < TALKERS)) * EACH; n > 0; n--)
                EXPECT(p[i], ":u*!* PRIVMSG #a :u*");
        }
    }
    for (int i = 0; i < MEMBERS; i++)
        QUIET(p[i]);
    CHECK_INT("sendq_kills", stats_get(STOP(s), "sendq_kills"), 0);
}

/* Its own replies count too: more of them in one turn than --sendq holds. */
static void replies_over_sendq_reach_a_reader(void)
{
    enum { ASKED = 1500 };
    struct server *s = START("--sendq", "65536");
    struct peer *p[20];
    ROOM_FILL(p, 20, s, "u", "#a");
    static char text[ASKED * 8 + 1];
    for (int i = 0; i < ASKED; i++)
        memcpy(text + i * 8, "WHO #a\r\n", 8);
    peer_send_raw(p[0], text, ASKED * 8);
    for (int i = 0; i < ASKED; i++) {
        for (int n = 0; n < 20; n++)
            EXPECT(p[0], ":irc.test 352 u0 #a *");
        EXPECT(p[0], ":irc.test 315 u0 #a :*");
    }
    QUIET(p[0]);
}

static const struct contract_case cases[] = {
    CASE(cut_off_at_small_sendq),
    CASE(cut_off_at_default_sendq),
    CASE(cut_off_by_bursts_of_a_sendq),
    CASE(several_cut_off_at_once),
    CASE(cut_off_in_many_rooms_is_told_once),
    CASE(late_reader_within_sendq_stays),
    CASE(busy_room_cuts_nobody_at_small_sendq),
    CASE(busy_room_cuts_nobody_in_one_burst),
    CASE(more_than_sendq_in_a_turn_cuts_nobody),
    CASE(replies_over_sendq_reach_a_reader),
};
CONTRACT_SUITE(slow)

/*
 * The delivery contract, point 6: a peer's worst behaviour ends at most its own
 * connection. What a full machine does to it is in contract_limits.c.
 */
#include "tests/contract/contract.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

/* Two who talk throughout: the others must not be able to disturb them. */
struct pair {
    struct peer *alice; /* says so */
    struct peer *bob;   /* hears it */
    unsigned said;      /* how often */
};

static struct pair enter_pair(struct server *s)
{
    struct pair pair = {ENTER(s, "alice"), ENTER(s, "bob"), 0};
    JOIN(pair.alice, "#pair");
    JOIN(pair.bob, "#pair");
    FENCE(pair.alice);
    return pair;
}

static void still_served(struct pair *pair)
{
    SEND_NUMBERED(pair->alice, "#pair", pair->said, 10, 40);
    EXPECT_NUMBERED(pair->bob, "alice", pair->said, 10);
    pair->said += 10;
    QUIET(pair->alice);
    QUIET(pair->bob);
}

static void half_close_with_replies_pending(void)
{
    enum { LINES = 2000 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    struct peer *p = CONNECT(s);
    peer_pause(p);
    SEND(p, "NICK eve\r\nUSER e 0 * :e");
    for (int i = 0; i < LINES; i++)
        SEND(p, "PING %d", i);
    peer_half_close(p);
    still_served(&pair);
    peer_resume(p);
    SKIP_TO(p, ":irc.test 422 eve :*");
    for (int i = 0; i < LINES; i++)
        EXPECT(p, ":irc.test PONG irc.test :%d", i);
    EXPECT(p, "ERROR :Closing Link: *");
    EXPECT_CLOSE(p);
    CHECK_INT("closed.eof", stats_get(STOP(s), "closed.eof"), 1);
}

static void reset_in_mid_line(void)
{
    enum { TIMES = 50 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    for (int i = 0; i < TIMES; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "eve%d", i);
        struct peer *p = ENTER(s, nick);
        JOIN(p, "#pair");
        EXPECT(pair.bob, ":%s!* JOIN #pair", nick);
        peer_send_raw(p, "PRIVMSG #pair :never fini", 25);
        peer_reset(p);
        EXPECT(pair.bob, ":%s!~%s@127.0.0.1 QUIT :*", nick, nick);
    }
    FENCE(pair.alice);
    still_served(&pair);
    cJSON *stats = STOP(s);
    CHECK_INT("accepted", stats_get(stats, "accepted"), TIMES + 2);
    CHECK_INT("closed.error + closed.eof",
              stats_get(stats, "closed.error") + stats_get(stats, "closed.eof"),
              TIMES);
}

/* The reset comes while the server has something to write to it. */
static void reset_while_being_written_to(void)
{
    enum { TIMES = 30 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    for (int i = 0; i < TIMES; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "eve%d", i);
        struct peer *p = ENTER(s, nick);
        JOIN(p, "#pair");
        EXPECT(pair.bob, ":%s!* JOIN #pair", nick);
        SEND_NUMBERED(pair.alice, "#pair", pair.said, 100, 300);
        peer_reset(p);
        int quits = 0;
        for (unsigned n = 0; n < 100 || !quits;) {
            const char *line = LINE(pair.bob);
            CHECK(line, "bob: expected to stay connected");
            bool message = room_number(line, NULL) == (long)pair.said + (long)n;
            n += message;
            quits += !message && strstr(line, " QUIT :") != NULL;
            CHECK(message || strstr(line, " QUIT :"),
                  "bob: expected message %u, got \"%s\"", pair.said + n,
                  peer_show(line));
        }
        CHECK_INT("QUIT lines", quits, 1);
        pair.said += 100;
    }
    FENCE(pair.alice);
    still_served(&pair);
}

static void silence_before_registering(void)
{
    struct server *s = START("--register-timeout", case_seconds(1));
    struct pair pair = enter_pair(s);
    struct peer *mute = CONNECT(s), *half = CONNECT(s), *held = CONNECT(s);
    SEND(half, "NICK half");
    SEND(held, "CAP LS 302\r\nNICK held\r\nUSER h 0 * :h");
    EXPECT(held, ":irc.test CAP * LS :");
    struct peer *late[] = {mute, half, held};
    for (int i = 0; i < 3; i++) {
        EXPECT(late[i], "ERROR :Closing Link: 127.0.0.1 (*)");
        EXPECT_CLOSE(late[i]);
    }
    still_served(&pair);
    ENTER(s, "half"); /* the nick it held is free again */
    cJSON *stats = STOP(s);
    CHECK_INT("closed.register_timeout",
              stats_get(stats, "closed.register_timeout"), 3);
}

static void silence_after_registering(void)
{
    struct server *s = START("--ping-interval", case_seconds(2));
    struct pair pair = enter_pair(s); /* they answer */
    struct peer *mute = ENTER(s, "mute");
    JOIN(mute, "#pair");
    EXPECT(pair.bob, ":mute!* JOIN #pair");
    peer_show_pings(mute);
    EXPECT(mute, "*PING *");
    SKIP_TO(mute, "ERROR :Closing Link: 127.0.0.1 (*)");
    EXPECT_CLOSE(mute);
    EXPECT(pair.bob, ":mute!~mute@127.0.0.1 QUIT :*");
    FENCE(pair.alice);
    still_served(&pair);
    cJSON *stats = STOP(s);
    CHECK_INT("closed.ping_timeout", stats_get(stats, "closed.ping_timeout"),
              1);
}

/* A client that answers is asked again and again, and stays. */
static void answered_pings_keep_the_connection(void)
{
    struct server *s = START("--ping-interval", case_seconds(2));
    struct peer *p = ENTER(s, "alice");
    peer_show_pings(p);
    for (int i = 0; i < 3; i++) {
        const char *line = EXPECT(p, "*PING *");
        SEND(p, "PONG %s", strstr(line, "PING ") + 5);
    }
    cJSON *stats = STOP(s);
    CHECK_INT("closed.ping_timeout", stats_get(stats, "closed.ping_timeout"),
              0);
}

/* xorshift64: the same garbage on every run. */
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void garbage(void)
{
    enum { PEERS = 10, BYTES = 32768 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    static unsigned char noise[BYTES];
    for (int i = 0; i < PEERS; i++) {
        struct peer *p = CONNECT(s);
        if (i % 2) {
            char nick[16];
            snprintf(nick, sizeof(nick), "eve%d", i);
            REGISTER(p, nick);
        }
        for (int n = 0; n < BYTES; n++) {
            uint64_t r = next_random();
            /* All bytes; or mostly line ends; so lines of every length. */
            noise[n] = r % 64 < (uint64_t)(i / 2) * 4
                           ? '\n'
                           : (unsigned char)(r >> 32);
        }
        peer_send_raw(p, noise, BYTES);
        still_served(&pair);
        peer_close(p);
    }
    still_served(&pair);
}

/* Words of the protocol in no order: deeper than bytes can get. */
static void garbled_commands(void)
{
    static const char *const words[] = {
        "NICK",  "USER",   "JOIN", "PART",     "PRIVMSG",  "NOTICE", "TOPIC",
        "NAMES", "LIST",   "WHO",  "WHOIS",    "MODE",     "AWAY",   "USERHOST",
        "ISON",  "LUSERS", "MOTD", "CAP",      "PASS",     "PING",   "PONG",
        "#a",    "#b,#c",  "0",    ":",        "::",       ",",      "#",
        "eve",   "+i",     "-i",   "+b",       "LS 302",   "REQ :a", "END",
        "*",     "@t",     ":x y", "\x80\xff", "#a,#a,#a", "b?*"};
    enum { PEERS = 8, LINES = 400, WORDS = sizeof(words) / sizeof(words[0]) };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    struct peer *p[PEERS];
    for (int i = 0; i < PEERS; i++)
        p[i] = CONNECT(s);
    for (int n = 0; n < LINES; n++) {
        for (int i = 0; i < PEERS; i++) {
            char text[256] = "";
            for (uint64_t left = 1 + next_random() % 5; left > 0; left--) {
                strcat(text, words[next_random() % WORDS]);
                strcat(text, " ");
            }
            SEND(p[i], "%s", text);
        }
    }
    for (int i = 0; i < PEERS; i++)
        SEND(p[i], "QUIT");
    for (int i = 0; i < PEERS; i++)
        WAIT_GONE(p[i]);
    still_served(&pair);
}

/* One sends as fast as it can and never reads; the pair is served meanwhile. */
static void flood_without_reading(void)
{
    struct server *s = START("--sendq", "65536");
    struct pair pair = enter_pair(s);
    struct peer *flooder = ENTER(s, "flooder");
    peer_pause(flooder);
    static char text[65536];
    for (size_t i = 0; i + 8 <= sizeof(text); i += 8)
        memcpy(text + i, "LUSERS\r\n", 8);
    size_t rest = 0; /* where in `text` the last send stopped */
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 8; i++) {
            size_t n = peer_try_send(flooder, text + rest, sizeof(text) - rest);
            rest = (rest + n) % sizeof(text);
        }
        still_served(&pair);
    }
}

/* Takes messages of u0 and u1 until `upto` of each have come, each in order. */
static void hear_both(struct peer *p, unsigned next[2], unsigned upto)
{
    while (next[0] < upto || next[1] < upto) {
        char who[32];
        const char *line = LINE(p);
        long n = line ? room_number(line, who) : -1;
        CHECK(n >= 0, "u2: expected a message, got \"%s\"", peer_show(line));
        unsigned *want = &next[who[1] == '1'];
        CHECK_INT("number of the next message", n, *want);
        (*want)++;
    }
}

/*
 * Hundreds who ask for long replies and do not read them. Together they leave
 * more lines waiting for their turn than a server takes in from all; but a line
 * behind a reply that nobody reads waits for its own client alone.
 */
static void pipelines_without_reading(void)
{
    enum { PIPES = 200, LINES = 100 };
    struct server *s = START("--sendq", "65536");
    struct pair pair = enter_pair(s);
    static char text[LINES * 7 + 1];
    for (int i = 0; i < LINES; i++)
        memcpy(text + i * 7, "WHO *\r\n", 7);
    struct peer *p[PIPES];
    for (int i = 0; i < PIPES; i++) {
        p[i] = peer_connect(s, 4096);
        SEND(p[i], "NICK n%d\r\nUSER u 0 * :%090d", i, i);
        SKIP_TO(p[i], ":irc.test 422 *");
        peer_pause(p[i]);
    }
    for (int i = 0; i < PIPES; i++) {
        peer_send_raw(p[i], text, LINES * 7);
        if (i % 10 == 0)
            still_served(&pair);
    }
    for (int i = 0; i < 20; i++)
        still_served(&pair);
    ENTER(s, "late");
    for (int i = 0; i < PIPES; i++)
        peer_reset(p[i]);
    still_served(&pair);
}

/* The same into a room: everything arrives, the pair is served meanwhile. The
 * reader is never owed more than two rounds, less than --sendq: it is healthy
 * for certain, however the machine schedules the driver. */
static void flood_of_messages(void)
{
    enum { ROUNDS = 40, EACH = 800 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    struct peer *p[3];
    ROOM_FILL(p, 3, s, "u", "#busy");
    unsigned next[2] = {0, 0};
    for (unsigned round = 0; round < ROUNDS; round++) {
        SEND_NUMBERED(p[0], "#busy", round * EACH, EACH, 100);
        SEND_NUMBERED(p[1], "#busy", round * EACH, EACH, 100);
        still_served(&pair);
        hear_both(p[2], next, round * EACH);
    }
    hear_both(p[2], next, ROUNDS * EACH);
}

static void hundreds_come_and_go(void)
{
    enum { WAVES = 10, WAVE = 60 };
    struct server *s = START(NULL);
    struct pair pair = enter_pair(s);
    for (int wave = 0; wave < WAVES; wave++) {
        struct peer *p[WAVE];
        for (int i = 0; i < WAVE; i++)
            p[i] = CONNECT(s);
        for (int i = 0; i < WAVE; i++) {
            if (i % 3)
                SEND(p[i], "NICK n%d\r\nUSER u 0 * :u\r\nJOIN #crowd", i);
        }
        still_served(&pair);
        for (int i = 0; i < WAVE; i++) {
            if (i % 4 == 0)
                peer_reset(p[i]);
            else if (i % 4 == 1)
                peer_close(p[i]);
            else
                peer_half_close(p[i]);
        }
        for (int i = 0; i < WAVE; i++) {
            if (p[i]->fd >= 0)
                WAIT_GONE(p[i]);
            peer_close(p[i]);
        }
    }
    still_served(&pair);
    cJSON *stats = STOP(s);
    /* A reset may come before the server has accepted; the kernel then still
     * hands the connection over, so every one of them is counted. */
    CHECK_INT("accepted", stats_get(stats, "accepted"), WAVES * WAVE + 2);
    CHECK_INT("closed.shutdown", stats_get(stats, "closed.shutdown"), 2);
}

static const struct contract_case cases[] = {
    CASE(half_close_with_replies_pending),
    CASE(reset_in_mid_line),
    CASE(reset_while_being_written_to),
    CASE(silence_before_registering),
    CASE(silence_after_registering),
    CASE(answered_pings_keep_the_connection),
    CASE(garbage),
    CASE(garbled_commands),
    CASE(flood_without_reading),
    CASE(pipelines_without_reading),
    CASE(flood_of_messages),
    CASE(hundreds_come_and_go),
};
CONTRACT_SUITE(hostile)

/*
 * protocol.md: NICK - its grammar, its errors, who hears of a change, and that
 * a nick belongs to one user at a time however many race for it.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <string.h>

#include "tests/contract/glob.h"
#include "tests/contract/room.h"

#define NICK_30 "abcdefghijklmnopqrstuvwxyz0123"
#define NICK_31 "abcdefghijklmnopqrstuvwxyz01234"

static void nick_grammar(void)
{
    static const char *const good[] = {"a", "Z9-x", "[]\\`_^{|}",
                                       "_", "^x",   "`tick",
                                       "|", "{a}",  NICK_30};
    static const char *const bad[] = {"1a",  "-a",   "a!b", "a@b",      "#a",
                                      "a.b", "a:b",  "*",   "a*b",      "a,b",
                                      "a?b", "a~b",  "~a",  "\xc3\xa4", "a\x01",
                                      "a/b", "a=b",  "a+b", "@a",       "+a",
                                      "$a",  NICK_31};
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        SEND(p, "NICK %s", bad[i]);
        EXPECT(p, ":irc.test 432 alice * :*");
        QUIET(p);
    }
    char old[32] = "alice";
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char want[96];
        SEND(p, "NICK %s", good[i]);
        snprintf(want, sizeof(want), ":%s!~alice@127.0.0.1 NICK :%s", old,
                 good[i]);
        const char *line = LINE(p);
        CHECK(line && !strcmp(line, want), "expected \"%s\", got \"%s\"", want,
              peer_show(line));
        snprintf(old, sizeof(old), "%s", good[i]);
    }
    QUIET(p);
}

static void nick_errors(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *p = CONNECT(s);
    SEND(p, "NICK");
    EXPECT(p, ":irc.test 431 \\* :*");
    SEND(p, "NICK :");
    EXPECT(p, ":irc.test 431 \\* :*");
    SEND(p, "NICK 9lives");
    EXPECT(p, ":irc.test 432 \\* 9lives :*");
    SEND(p, "NICK alice");
    EXPECT(p, ":irc.test 433 \\* alice :*");
    REGISTER(p, "bob");
    SEND(p, "NICK");
    EXPECT(p, ":irc.test 431 bob :*");
    SEND(p, "NICK ALICE");
    EXPECT(p, ":irc.test 433 bob ALICE :*");
    ALL_QUIET(p, alice);
}

/* As both irssi and WeeChat do it: everything at once, another nick on 433. */
static void retry_after_433(void)
{
    struct server *s = START(NULL);
    ENTER(s, "alice");
    struct peer *p = CONNECT(s);
    SEND(p, "CAP LS 302\r\nNICK alice\r\nUSER a 0 * :a\r\nCAP END");
    EXPECT(p, ":irc.test CAP \\* LS :");
    EXPECT(p, ":irc.test 433 \\* alice :*");
    SEND(p, "NICK alice_");
    EXPECT(p, ":irc.test 001 alice_ :*");
}

static void nick_case_mapping_is_ascii(void)
{
    struct server *s = START(NULL);
    ENTER(s, "al{ice}");
    struct peer *p = ENTER(s, "al[ice]"); /* the same by rfc1459's mapping */
    SEND(p, "NICK AL{ICE}");
    EXPECT(p, ":irc.test 433 al[ice] AL{ICE} :*");
    SEND(p, "PRIVMSG AL[ICE] :to myself");
    EXPECT(p, ":al[ice]!* PRIVMSG * :to myself");
}

static void nick_change_of_case(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(alice, "NICK ALICE");
    EXPECT(alice, ":alice!~alice@127.0.0.1 NICK :ALICE");
    EXPECT(bob, ":alice!~alice@127.0.0.1 NICK :ALICE");
    SEND(bob, "PRIVMSG aLiCe :still you");
    EXPECT(alice, ":bob!* PRIVMSG * :still you");
    SEND(alice, "NICK ALICE"); /* the same: nothing happens */
    ALL_QUIET(alice, bob);
}

static void nick_change_is_told_once(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *stranger = ENTER(s, "stranger");
    JOIN(stranger, "#elsewhere");
    for (int i = 0; i < 5; i++) {
        char room[8];
        snprintf(room, sizeof(room), "#r%d", i);
        JOIN(alice, room);
        JOIN(bob, room);
        EXPECT(alice, ":bob!* JOIN %s", room);
    }
    SEND(alice, "NICK eve");
    EXPECT(alice, ":alice!~alice@127.0.0.1 NICK :eve");
    EXPECT(bob, ":alice!~alice@127.0.0.1 NICK :eve");
    ALL_QUIET(alice, bob, stranger);
    SEND(bob, "PRIVMSG alice :old\r\nPRIVMSG eve :new");
    EXPECT(bob, ":irc.test 401 bob alice :*");
    EXPECT(alice, ":bob!* PRIVMSG eve :new");
    SEND(alice, "PRIVMSG #r0 :as eve");
    EXPECT(bob, ":eve!~alice@127.0.0.1 PRIVMSG #r0 :as eve");
}

static void freed_nick_can_be_taken(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    struct peer *bob = ENTER(s, "bob");
    SEND(alice, "NICK eve");
    EXPECT(alice, ":alice!* NICK :eve");
    SEND(bob, "NICK alice");
    EXPECT(bob, ":bob!* NICK :alice");
    SEND(bob, "QUIT");
    SKIP_TO_CLOSE(bob);
    ENTER(s, "bob");
    struct peer *again = ENTER(s, "alice");
    QUIET(again);
}

/* A nick taken before USER is given back when that client goes. */
static void unregistered_nick_is_freed(void)
{
    struct server *s = START(NULL);
    for (int i = 0; i < 5; i++) {
        struct peer *p = CONNECT(s);
        SEND(p, "NICK alice");
        QUIET(p);
        SEND(p, "QUIT");
        SKIP_TO_CLOSE(p);
    }
    ENTER(s, "alice");
}

/* Exactly one of `count` gets a 001, all others a 433; who wins. */
static int one_winner(struct peer **p, int count, const char *nick)
{
    int winner = -1;
    for (int i = 0; i < count; i++) {
        const char *line = LINE(p[i]);
        char won[64], lost[64];
        snprintf(won, sizeof(won), ":irc.test 001 %s :*", nick);
        snprintf(lost, sizeof(lost), ":irc.test 433 * %s :*", nick);
        bool is_won = line && glob_match(won, line);
        CHECK(is_won || (line && glob_match(lost, line)),
              "expected 001 or 433 for %s, got \"%s\"", nick, peer_show(line));
        CHECK(!is_won || winner < 0, "expected one winner of %s, got two",
              nick);
        if (is_won)
            winner = i;
    }
    CHECK(winner >= 0, "expected someone to win %s, nobody did", nick);
    return winner;
}

static void race_for_a_nick(void)
{
    enum { RACERS = 40, ROUNDS = 10 };
    struct server *s = START(NULL);
    for (int round = 0; round < ROUNDS; round++) {
        struct peer *p[RACERS];
        char nick[16];
        snprintf(nick, sizeof(nick), "prize%d", round);
        for (int i = 0; i < RACERS; i++)
            p[i] = CONNECT(s);
        for (int i = 0; i < RACERS; i++)
            SEND(p[i], "USER u 0 * :u\r\nNICK %s", nick);
        int winner = one_winner(p, RACERS, nick);
        /* The losers are none the worse for it. */
        for (int i = 0; i < RACERS; i++) {
            if (i == winner)
                continue;
            SEND(p[i], "NICK r%dx%d", round, i);
            EXPECT(p[i], ":irc.test 001 r%dx%d :*", round, i);
        }
        for (int i = 0; i < RACERS; i++)
            peer_close(p[i]);
    }
}

/* Lines up to the PONG of a fresh PING that match the pattern. */
static int count_to_fence(struct peer *p, const char *pattern)
{
    char pong[64];
    int count = 0;
    snprintf(pong, sizeof(pong), ":irc.test PONG irc.test :%s", peer_ping(p));
    for (;;) {
        const char *line = EXPECT(p, ":irc.test *");
        if (glob_match(pong, line))
            return count;
        count += glob_match(pattern, line);
    }
}

/* Before registering too: many say NICK, later all say USER, one gets in. */
static void race_before_registering(void)
{
    enum { RACERS = 20 };
    struct server *s = START(NULL);
    struct peer *p[RACERS];
    int won = 0, lost = 0;
    for (int i = 0; i < RACERS; i++)
        p[i] = CONNECT(s);
    for (int i = 0; i < RACERS; i++)
        SEND(p[i], "NICK Prize");
    for (int i = 0; i < RACERS; i++)
        lost += count_to_fence(p[i], ":irc.test 433 * Prize :*");
    for (int i = 0; i < RACERS; i++)
        SEND(p[i], "USER u 0 * :u");
    for (int i = 0; i < RACERS; i++)
        won += count_to_fence(p[i], ":irc.test 001 Prize :*");
    CHECK_INT("clients with a 001 for one nick", won, 1);
    CHECK_INT("clients with a 433", lost, RACERS - 1);
}

/* The holder leaves while others keep trying: nobody shares it. */
static void race_for_a_freed_nick(void)
{
    enum { RACERS = 20, ROUNDS = 20 };
    struct server *s = START(NULL);
    struct peer *p[RACERS];
    for (int i = 0; i < RACERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "r%d", i);
        p[i] = ENTER(s, nick);
        FENCE(p[i]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        int wins = 0;
        for (int i = 0; i < RACERS; i++)
            SEND(p[i], "NICK prize\r\nNICK r%d", i);
        for (int i = 0; i < RACERS; i++) {
            /* "r -> prize, prize -> r", or 433 and then silence (same nick) */
            const char *line = LINE(p[i]);
            CHECK(line, "r%d: expected to stay connected", i);
            if (glob_match(":irc.test 433 *", line))
                continue;
            CHECK(glob_match(":r*!* NICK :prize", line),
                  "r%d: expected NICK or 433, got \"%s\"", i, peer_show(line));
            EXPECT(p[i], ":prize!* NICK :r%d", i);
            wins++;
        }
        CHECK(wins >= 1, "expected at least one to get the nick, none did");
        for (int i = 0; i < RACERS; i++)
            QUIET(p[i]);
    }
}

static const struct contract_case cases[] = {
    CASE(nick_grammar),
    CASE(nick_errors),
    CASE(retry_after_433),
    CASE(nick_case_mapping_is_ascii),
    CASE(nick_change_of_case),
    CASE(nick_change_is_told_once),
    CASE(freed_nick_can_be_taken),
    CASE(unregistered_nick_is_freed),
    CASE(race_for_a_nick),
    CASE(race_before_registering),
    CASE(race_for_a_freed_nick),
};
CONTRACT_SUITE(nick)

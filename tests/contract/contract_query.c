/*
 * protocol.md: LIST, WHO, WHOIS, MODE, USERHOST, ISON, LUSERS.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/glob.h"
#include "tests/contract/room.h"

static void list(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    SEND(alice, "LIST");
    EXPECT(alice, ":irc.test 321 alice Channel :*");
    EXPECT(alice, ":irc.test 323 alice :*");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    JOIN(bob, "#b");
    SEND(bob, "TOPIC #a :topic of a");
    SKIP_TO(alice, ":bob!* TOPIC #a :topic of a");
    SEND(alice, "LIST");
    EXPECT(alice, ":irc.test 321 alice Channel :*");
    bool seen_a = false, seen_b = false;
    for (int i = 0; i < 2; i++) {
        const char *line = EXPECT(alice, ":irc.test 322 alice #*");
        seen_a |= !strcmp(line, ":irc.test 322 alice #a 2 :topic of a");
        seen_b |= !strcmp(line, ":irc.test 322 alice #b 1 :");
    }
    EXPECT(alice, ":irc.test 323 alice :*");
    CHECK(seen_a && seen_b,
          "322: expected \"#a 2 :topic of a\" and \"#b 1 :\"");
    SEND(alice, "LIST #b,#nosuch");
    EXPECT(alice, ":irc.test 321 alice Channel :*");
    EXPECT(alice, ":irc.test 322 alice #b 1 :");
    EXPECT(alice, ":irc.test 323 alice :*");
    ALL_QUIET(alice);
}

/* Many rooms, in chunks: each once, and others are served in between. */
static void list_of_many_rooms(void)
{
    enum { USERS = 20, EACH = 100 };
    static bool seen[USERS * EACH];
    struct server *s = START("--sendq", "65536");
    struct peer *reader = ENTER(s, "reader");
    for (int i = 0; i < USERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "u%d", i);
        struct peer *p = ENTER(s, nick);
        for (int j = 0; j < EACH; j++)
            SEND(p, "JOIN #a-room-with-a-rather-long-name-%d", i * EACH + j);
        FENCE(p);
    }
    SEND(reader, "LIST\r\nPRIVMSG u0 :meanwhile");
    EXPECT(reader, ":irc.test 321 reader Channel :*");
    for (int i = 0; i < USERS * EACH; i++) {
        const char *line = EXPECT(reader, ":irc.test 322 reader #*-* 1 :");
        char *end;
        long n = strtol(strstr(line, "name-") + 5, &end, 10);
        CHECK(n >= 0 && n < USERS * EACH && !seen[n],
              "322: expected each room once, got \"%s\" again", line);
        seen[n] = true;
    }
    EXPECT(reader, ":irc.test 323 reader :*");
    QUIET(reader);
}

static void who_room_and_nick(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = CONNECT(s);
    SEND(bob, "NICK bob\r\nUSER bo 0 * :Bob B. Bobson");
    peer_name(bob, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(alice, "WHO #a");
    int first = 0, second = 0;
    for (int i = 0; i < 2; i++) {
        const char *line = EXPECT(alice, ":irc.test 352 alice #a *");
        first += !strcmp(line, ":irc.test 352 alice #a ~alice 127.0.0.1 "
                               "irc.test alice H@ :0 alice");
        second += !strcmp(line, ":irc.test 352 alice #a ~bo 127.0.0.1 "
                                "irc.test bob H :0 Bob B. Bobson");
    }
    CHECK(first == 1 && second == 1, "352: expected alice H@ and bob H");
    EXPECT(alice, ":irc.test 315 alice #a :*");
    SEND(alice, "WHO bob");
    EXPECT(alice, ":irc.test 352 alice * ~bo 127.0.0.1 irc.test bob H* "
                  ":0 Bob B. Bobson");
    EXPECT(alice, ":irc.test 315 alice bob :*");
    SEND(alice, "WHO #nosuch\r\nWHO nobody");
    EXPECT(alice, ":irc.test 315 alice #nosuch :*");
    EXPECT(alice, ":irc.test 315 alice nobody :*");
    QUIET(alice);
}

/* WHO `mask`: the nicks it names must be `want`, sorted, each followed by a
 * blank. */
static void expect_who(struct peer *p, const char *mask, const char *want)
{
    static const char *const all[] = {"alice", "bob", "carol", "dan"};
    char got[64] = "";
    bool seen[4] = {false};
    SEND(p, "WHO %s", mask);
    const char *line;
    while (glob_match(":irc.test 352 *", line = LINE(p))) {
        for (int i = 0; i < 4; i++) {
            char entry[64];
            snprintf(entry, sizeof(entry), "* irc.test %s H* :0 *", all[i]);
            if (!glob_match(entry, line))
                continue;
            CHECK(!seen[i], "WHO %s: expected %s once", mask, all[i]);
            seen[i] = true;
        }
    }
    for (int i = 0; i < 4; i++) {
        if (seen[i])
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ",
                     all[i]);
    }
    CHECK(glob_match(":irc.test 315 *", line), "expected 315, got \"%s\"",
          line);
    CHECK(!strcmp(got, want), "WHO %s: expected \"%s\", got \"%s\"", mask, want,
          got);
}

static void who_masks_and_invisible(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *carol = ENTER(s, "carol"), *dan = ENTER(s, "dan");
    expect_who(alice, "*", "alice bob carol dan ");
    expect_who(alice, "c?r*", "carol ");
    expect_who(alice, "B?B", "bob ");
    expect_who(alice, "x*", "");
    SEND(bob, "MODE bob +i");
    EXPECT(bob, ":bob!~bob@127.0.0.1 MODE bob :+i");
    SEND(dan, "MODE dan +i");
    EXPECT(dan, ":dan!~dan@127.0.0.1 MODE dan :+i");
    JOIN(dan, "#a");
    JOIN(carol, "#a");
    expect_who(alice, "*", "alice carol ");
    expect_who(alice, "b*", "");
    expect_who(carol, "*", "alice carol dan ");
    SEND(bob, "MODE bob -i");
    EXPECT(bob, ":bob!~bob@127.0.0.1 MODE bob :-i");
    expect_who(alice, "b*", "bob ");
}

static void who_all_of_hundreds(void)
{
    enum { USERS = 300 };
    struct server *s = START("--sendq", "65536");
    static struct peer *p[USERS];
    ROOM_FILL(p, USERS, s, "u", "#a");
    struct peer *reader = ENTER(s, "reader");
    static bool seen[USERS];
    SEND(reader, "WHO *");
    int self = 0, others = 0;
    const char *line;
    while (glob_match(":irc.test 352 *", line = LINE(reader))) {
        int n;
        const char *at = strstr(line, " irc.test u");
        if (at && sscanf(at, " irc.test u%d H", &n) == 1) {
            CHECK(n >= 0 && n < USERS && !seen[n], "expected u%d once", n);
            seen[n] = true;
            others++;
        } else {
            self++;
        }
    }
    CHECK(glob_match(":irc.test 315 reader \\* :*", line),
          "expected 315, got \"%s\"", peer_show(line));
    CHECK_INT("users in WHO *", others, USERS);
    CHECK_INT("oneself in WHO *", self, 1);
    QUIET(reader);
}

static void whois(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = CONNECT(s);
    SEND(bob, "NICK bob\r\nUSER bo 0 * :Bob B. Bobson");
    peer_name(bob, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#b");
    static const char *const forms[] = {"bob", "irc.test bob", "BOB BOB"};
    for (int i = 0; i < 3; i++) {
        SEND(alice, "WHOIS %s", forms[i]);
        EXPECT(alice, ":irc.test 311 alice bob ~bo 127.0.0.1 \\* "
                      ":Bob B. Bobson");
        EXPECT(alice, ":irc.test 319 alice bob :@#b*");
        EXPECT(alice, ":irc.test 312 alice bob irc.test :*");
        const char *line = EXPECT(alice, ":irc.test 317 alice bob * * :*");
        long idle, since;
        CHECK(sscanf(line, ":irc.test 317 alice bob %ld %ld :", &idle,
                     &since) == 2 &&
                  idle >= 0 && idle < 3600 && since > 1500000000,
              "317: expected seconds idle and the sign-on time, got \"%s\"",
              line);
        EXPECT(alice, ":irc.test 318 alice %s :*", i == 2 ? "*" : "bob");
    }
    SEND(bob, "PART #b");
    EXPECT(bob, ":bob!* PART #b*");
    SEND(alice, "WHOIS bob");
    EXPECT(alice, ":irc.test 311 *");
    EXPECT(alice, ":irc.test 312 *"); /* in no room: no 319 */
    SKIP_TO(alice, ":irc.test 318 *");
    SEND(alice, "WHOIS nobody");
    EXPECT(alice, ":irc.test 401 alice nobody :*");
    EXPECT(alice, ":irc.test 318 alice nobody :*");
    SEND(alice, "WHOIS");
    EXPECT(alice, ":irc.test 431 alice :*");
    QUIET(alice);
}

static void whois_of_a_hundred_rooms(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    for (int i = 0; i < 100; i++)
        SEND(bob, "JOIN #a-room-with-a-long-name-so-that-lines-fill-%d", i);
    FENCE(bob);
    SEND(alice, "WHOIS bob");
    EXPECT(alice, ":irc.test 311 alice bob *");
    int rooms = 0;
    const char *line;
    while ((line = LINE(alice)) &&
           glob_match(":irc.test 319 alice bob :*", line)) {
        for (const char *at = line; (at = strstr(at, "@#a-room")); at++)
            rooms++;
    }
    CHECK_INT("rooms in 319", rooms, 100);
    SKIP_TO(alice, ":irc.test 318 alice bob :*");
}

static void mode_of_a_room(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *stranger = ENTER(s, "stranger");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(bob, "MODE #a");
    EXPECT(bob, ":irc.test 324 bob #a +n*");
    const char *line = EXPECT(bob, ":irc.test 329 bob #a *");
    CHECK(atoll(strrchr(line, ' ')) > 1500000000,
          "329: expected the time of creation, got \"%s\"", peer_show(line));
    SEND(bob, "MODE #a b\r\nMODE #a +b");
    EXPECT(bob, ":irc.test 368 bob #a :*");
    EXPECT(bob, ":irc.test 368 bob #a :*");
    SEND(bob, "MODE #a +o bob");
    EXPECT(bob, ":irc.test 482 bob #a :*");
    SEND(bob, "MODE #a -n");
    EXPECT(bob, ":irc.test 482 bob #a :*");
    SEND(bob, "MODE #a +Z");
    EXPECT(bob, ":irc.test 472 bob Z :*");
    SEND(stranger, "MODE #a -n");
    EXPECT(stranger, ":irc.test 442 stranger #a :*");
    SEND(stranger, "MODE #nosuch");
    EXPECT(stranger, ":irc.test 403 stranger #nosuch :*");
    ALL_QUIET(alice, bob, stranger);
}

static void mode_of_a_user(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    ENTER(s, "bob");
    SEND(alice, "MODE alice");
    EXPECT(alice, ":irc.test 221 alice +");
    SEND(alice, "MODE alice +i");
    EXPECT(alice, ":alice!~alice@127.0.0.1 MODE alice :+i");
    SEND(alice, "MODE ALICE");
    EXPECT(alice, ":irc.test 221 alice +i");
    SEND(alice, "MODE alice -i");
    EXPECT(alice, ":alice!~alice@127.0.0.1 MODE alice :-i");
    SEND(alice, "MODE alice +Z");
    EXPECT(alice, ":irc.test 501 alice :*");
    SEND(alice, "MODE bob +i");
    EXPECT(alice, ":irc.test 502 alice :*");
    SEND(alice, "MODE nobody +i");
    EXPECT(alice, ":irc.test 401 alice nobody :*");
    SEND(alice, "MODE alice");
    EXPECT(alice, ":irc.test 221 alice +");
    QUIET(alice);
}

static void userhost_and_ison(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice");
    ENTER(s, "bob");
    SEND(alice, "USERHOST bob nobody alice");
    EXPECT(alice, ":irc.test 302 alice :bob=+~bob@127.0.0.1 "
                  "alice=+~alice@127.0.0.1*");
    SEND(alice, "USERHOST nobody");
    EXPECT(alice, ":irc.test 302 alice :");
    SEND(alice, "USERHOST");
    EXPECT(alice, ":irc.test 461 alice USERHOST :*");
    SEND(alice, "ISON bob nobody ALICE");
    EXPECT(alice, ":irc.test 303 alice :bob alice*");
    SEND(alice, "ISON :alice bob");
    EXPECT(alice, ":irc.test 303 alice :alice bob*");
    SEND(alice, "ISON nobody");
    EXPECT(alice, ":irc.test 303 alice :");
    SEND(alice, "ISON");
    EXPECT(alice, ":irc.test 461 alice ISON :*");
    QUIET(alice);
}

static void lusers(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *unregistered = CONNECT(s);
    FENCE(unregistered);
    JOIN(alice, "#a");
    JOIN(alice, "#b");
    SEND(bob, "MODE bob +i");
    EXPECT(bob, ":bob!* MODE bob :+i");
    SEND(alice, "LUSERS");
    EXPECT(alice, ":irc.test 251 alice :There are 1 users and 1 invisible on "
                  "1 server*");
    EXPECT(alice, ":irc.test 252 alice 0 :*");
    EXPECT(alice, ":irc.test 253 alice 1 :*");
    EXPECT(alice, ":irc.test 254 alice 2 :*");
    EXPECT(alice, ":irc.test 255 alice :I have 2 clients and * server*");
    EXPECT(alice, ":irc.test 265 alice *2*");
    EXPECT(alice, ":irc.test 266 alice *2*");
    QUIET(alice);
}

static const struct contract_case cases[] = {
    CASE(list),
    CASE(list_of_many_rooms),
    CASE(who_room_and_nick),
    CASE(who_masks_and_invisible),
    CASE(who_all_of_hundreds),
    CASE(whois),
    CASE(whois_of_a_hundred_rooms),
    CASE(mode_of_a_room),
    CASE(mode_of_a_user),
    CASE(userhost_and_ison),
    CASE(lusers),
};
CONTRACT_SUITE(query)

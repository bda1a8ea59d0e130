/*
 * protocol.md: PRIVMSG, NOTICE and AWAY.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/room.h"

static void privmsg_forms(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(alice, "PRIVMSG #a oneword");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a :oneword");
    SEND(alice, "privmsg #a ::-) : a  b ");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a ::-) : a  b ");
    SEND(alice, "PRIVMSG   #a   :blanks");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a :blanks");
    SEND(alice, "PRIVMSG #a,bob :both ways");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG #a :both ways");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG bob :both ways");
    SEND(alice, "PRIVMSG bob :\001ACTION waves\001");
    EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG bob :\001ACTION waves\001");
    SEND(alice, "PRIVMSG alice :note to self");
    EXPECT(alice, ":alice!~alice@127.0.0.1 PRIVMSG alice :note to self");
    ALL_QUIET(alice, bob);
}

static void tags_and_prefix_are_skipped(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    SEND(alice, "@label=x;+y=z PRIVMSG bob :1");
    SEND(alice, ":mallory!m@evil PRIVMSG bob :2");
    SEND(alice, "@a :bob PRIVMSG bob :3");
    SEND(alice, ":alice   PRIVMSG bob :4");
    for (int i = 1; i <= 4; i++)
        EXPECT(bob, ":alice!~alice@127.0.0.1 PRIVMSG bob :%d", i);
    SEND(alice, "@only-tags\r\n:only-prefix\r\n@both :of\r\nPING on");
    SKIP_TO(alice, ":irc.test PONG irc.test :on");
    ALL_QUIET(alice, bob);
}

static void privmsg_errors(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(bob, "#b");
    JOIN(alice, "#a");
    SEND(alice, "PRIVMSG");
    EXPECT(alice, ":irc.test 411 alice :*");
    SEND(alice, "PRIVMSG #a");
    EXPECT(alice, ":irc.test 412 alice :*");
    SEND(alice, "PRIVMSG #a :");
    EXPECT(alice, ":irc.test 412 alice :*");
    SEND(alice, "PRIVMSG nobody :x");
    EXPECT(alice, ":irc.test 401 alice nobody :*");
    SEND(alice, "PRIVMSG #nosuch :x");
    EXPECT(alice, ":irc.test 403 alice #nosuch :*");
    SEND(alice, "PRIVMSG #b :x");
    EXPECT(alice, ":irc.test 404 alice #b :*");
    SEND(alice, "PRIVMSG nobody,bob,#b,#nosuch :partly");
    EXPECT(alice, ":irc.test 401 alice nobody :*");
    EXPECT(alice, ":irc.test 404 alice #b :*");
    EXPECT(alice, ":irc.test 403 alice #nosuch :*");
    EXPECT(bob, ":alice!* PRIVMSG bob :partly");
    ALL_QUIET(alice, bob);
}

/* Nothing between two commas: the rest is served; every reply is well-formed,
 * which peer.c checks. */
static void empty_list_items(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    SEND(alice, "JOIN ,#a,,#b,");
    SKIP_TO(alice, ":irc.test 366 alice #a :*");
    SKIP_TO(alice, ":irc.test 366 alice #b :*");
    SEND(alice, "PRIVMSG ,bob,, :hello\r\nLIST ,#a,,\r\nPART ,#a,,#b,");
    EXPECT(bob, ":alice!* PRIVMSG bob :hello");
    SKIP_TO(alice, ":irc.test 322 alice #a 1 :");
    SKIP_TO(alice, ":alice!* PART #b*");
    SEND(alice, "WHO :\r\nWHOIS :\r\nMODE :\r\nNAMES :\r\nTOPIC :\r\n"
                "USERHOST :\r\nISON :\r\nCAP :\r\nLIST :\r\nJOIN :");
    FENCE(alice);
    QUIET(bob);
}

/* 407 beyond what TARGMAX announces; up to it all is well. */
static void too_many_targets_is_407(void)
{
    struct server *s = START(NULL);
    struct peer *bob = ENTER(s, "bob");
    struct peer *alice = CONNECT(s);
    SEND(alice, "NICK alice\r\nUSER alice 0 * :a");
    const char *line = SKIP_TO(alice, ":irc.test 005 * TARGMAX=*");
    const char *at = strstr(strstr(line, "TARGMAX="), "PRIVMSG:");
    CHECK(at, "expected TARGMAX=...PRIVMSG:N, got \"%s\"", peer_show(line));
    int limit = atoi(at + 8);
    CHECK(limit > 0 && limit < 90, "expected a limit for PRIVMSG, got %d",
          limit);
    FENCE(alice);
    char targets[500] = "bob";
    for (int i = 1; i < limit; i++)
        strcat(targets, ",bob");
    SEND(alice, "PRIVMSG %s :fine", targets);
    EXPECT(bob, ":alice!* PRIVMSG bob :fine");
    QUIET(alice);
    FENCE(bob);
    SEND(alice, "PRIVMSG %s,nobody :too many", targets);
    SKIP_TO(alice, ":irc.test 407 alice *");
    FENCE(alice);
    SEND(alice, "NOTICE %s,nobody :too many", targets);
    QUIET(alice);
}

static void notice_is_never_answered(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(bob, "#b");
    SEND(bob, "AWAY :not here");
    EXPECT(bob, ":irc.test 306 bob :*");
    SEND(alice, "NOTICE\r\nNOTICE bob\r\nNOTICE bob :\r\nNOTICE nobody :x\r\n"
                "NOTICE #nosuch :x\r\nNOTICE #b :x");
    ALL_QUIET(alice, bob);
    JOIN(alice, "#b");
    EXPECT(bob, ":alice!* JOIN #b");
    SEND(alice, "NOTICE bob :to bob\r\nNOTICE #b,bob :to both");
    EXPECT(bob, ":alice!~alice@127.0.0.1 NOTICE bob :to bob");
    EXPECT(bob, ":alice!~alice@127.0.0.1 NOTICE #b :to both");
    EXPECT(bob, ":alice!~alice@127.0.0.1 NOTICE bob :to both");
    ALL_QUIET(alice, bob);
}

static void away(void)
{
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    EXPECT(alice, ":bob!* JOIN #a");
    SEND(bob, "AWAY :gone fishing");
    EXPECT(bob, ":irc.test 306 bob :*");
    SEND(alice, "PRIVMSG bob :are you there");
    EXPECT(alice, ":irc.test 301 alice bob :gone fishing");
    EXPECT(bob, ":alice!* PRIVMSG bob :are you there");
    SEND(alice, "PRIVMSG #a :rooms do not answer");
    EXPECT(bob, ":alice!* PRIVMSG #a :rooms do not answer");
    SEND(alice, "USERHOST bob");
    EXPECT(alice, ":irc.test 302 alice :bob=-~bob@127.0.0.1");
    SEND(alice, "WHOIS bob");
    SKIP_TO(alice, ":irc.test 301 alice bob :gone fishing");
    SKIP_TO(alice, ":irc.test 318 *");
    SEND(alice, "WHO bob");
    EXPECT(alice, ":irc.test 352 alice * ~bob 127.0.0.1 irc.test bob G* :*");
    EXPECT(alice, ":irc.test 315 alice bob :*");
    SEND(bob, "AWAY");
    EXPECT(bob, ":irc.test 305 bob :*");
    SEND(alice, "PRIVMSG bob :again");
    EXPECT(bob, ":alice!* PRIVMSG bob :again");
    SEND(bob, "AWAY :x\r\nAWAY :");
    EXPECT(bob, ":irc.test 306 bob :*");
    EXPECT(bob, ":irc.test 305 bob :*");
    ALL_QUIET(alice, bob);
}

static const struct contract_case cases[] = {
    CASE(privmsg_forms),
    CASE(tags_and_prefix_are_skipped),
    CASE(privmsg_errors),
    CASE(empty_list_items),
    CASE(too_many_targets_is_407),
    CASE(notice_is_never_answered),
    CASE(away),
};
CONTRACT_SUITE(talk)

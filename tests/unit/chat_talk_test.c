/*
 * chat_talk_test - PRIVMSG, NOTICE, AWAY: who hears what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats.h"
#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(talk, .init = world_start, .fini = world_end);

static const struct {
    const char *say, *answer;
} errors[] = {
    {"PRIVMSG", ":s 411 a :No recipient given (PRIVMSG)"},
    {"PRIVMSG :", ":s 411 a :No recipient given (PRIVMSG)"},
    {"PRIVMSG b", ":s 412 a :No text to send"},
    {"PRIVMSG b :", ":s 412 a :No text to send"},
    {"PRIVMSG nobody :x", ":s 401 a nobody :No such nick/channel"},
    {"PRIVMSG #none :x", ":s 403 a #none :No such channel"},
    {"PRIVMSG #theirs :x", ":s 404 a #theirs :Cannot send to channel"},
    {"PRIVMSG #THEIRS :x", ":s 404 a #theirs :Cannot send to channel"},
    {"PRIVMSG 1234567890123456789012345678901 :x",
     ":s 401 a 1234567890123456789012345678901 :No such nick/channel"},
};

Test(talk, errors_and_none_for_notice)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(b, "#theirs");
    for (size_t i = 0; i < COUNT(errors); i++) {
        ANSWER(a, errors[i].say, errors[i].answer);
        client_says(a, "NOTICE%s", errors[i].say + strlen("PRIVMSG"));
        QUIET(a);
    }
    QUIET(b);
}

Test(talk, to_a_room_reaches_all_but_the_sender)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *c = client_enter("c"), *out = client_enter("out");

    room_fill("#Room", 3, (struct client *[]){a, b, c});
    client_says(b, "PRIVMSG #rOOM :hi: there  ");
    EXPECT(a, ":b!~b@127.0.0.1 PRIVMSG #Room :hi: there  ");
    EXPECT(c, ":b!~b@127.0.0.1 PRIVMSG #Room :hi: there  ");
    client_says(c, "NOTICE #Room word");
    EXPECT(a, ":c!~c@127.0.0.1 NOTICE #Room :word");
    EXPECT(b, ":c!~c@127.0.0.1 NOTICE #Room :word");
    QUIET(a);
    QUIET(b);
    QUIET(c);
    QUIET(out);
}

Test(talk, alone_in_a_room_says_nothing_to_anyone)
{
    struct client *a = client_enter("a");

    room_join(a, "#r");
    client_says(a, "PRIVMSG #r :echo?");
    QUIET(a);
}

Test(talk, between_join_and_part_only)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(a, "#r");
    client_says(a, "PRIVMSG #r :too early");
    client_says(b, "JOIN #r");
    client_forget(b);
    client_says(a, "PRIVMSG #r :now");
    EXPECT(b, ":a!~a@127.0.0.1 PRIVMSG #r :now");
    client_says(b, "PART #r");
    client_forget(b);
    client_says(a, "PRIVMSG #r :too late");
    QUIET(b);
}

Test(talk, to_a_nick)
{
    struct client *a = client_enter("a"), *b = client_enter("Bob");

    client_says(a, "PRIVMSG bob :psst");
    EXPECT(b, ":a!~a@127.0.0.1 PRIVMSG Bob :psst");
    client_says(a, "NOTICE BOB :psst");
    EXPECT(b, ":a!~a@127.0.0.1 NOTICE Bob :psst");
    QUIET(a);
    QUIET(b);
    ANSWER(a, "PRIVMSG a :me", ":a!~a@127.0.0.1 PRIVMSG a :me");
}

Test(talk, to_a_list_of_four_at_most)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *c = client_enter("c"), *d = client_enter("d");

    room_fill("#r", 2, (struct client *[]){a, c});
    client_says(a, "PRIVMSG b,#r,nobody,d,b,c :x");
    EXPECT(b, ":a!~a@127.0.0.1 PRIVMSG b :x");
    QUIET(b);
    EXPECT(c, ":a!~a@127.0.0.1 PRIVMSG #r :x");
    QUIET(c);
    EXPECT(d, ":a!~a@127.0.0.1 PRIVMSG d :x");
    EXPECT(a, ":s 401 a nobody :No such nick/channel");
    EXPECT(a, ":s 407 a b :Too many recipients");
    QUIET(a);
    client_says(a, "NOTICE b,b,b,b,b :y");
    cr_expect_eq(client_count(b, ":a!~a@127.0.0.1 NOTICE b :y"), 4);
    QUIET(a);
}

/* 8-bit clean, CTCP included. */
Test(talk, any_byte_is_passed_on)
{
    struct client *a = client_enter("a"), *b = client_enter("b");
    char text[256], want[400];
    size_t n = 0;

    for (int c = 1; c < 256; c++) {
        if (c != '\r' && c != '\n')
            text[n++] = (char)c;
    }
    text[n] = '\0';
    client_says(a, "PRIVMSG b :%s", text);
    snprintf(want, sizeof(want), ":a!~a@127.0.0.1 PRIVMSG b :%s", text);
    EXPECT(b, want);
}

/* A line of 512 bytes grows by its prefix: it is cut at 510, at a character,
 * and is the same for all. */
Test(talk, long_lines_are_cut)
{
    struct client *a = client_enter("a"), *b = client_enter("b");
    char text[500], want[600];
    size_t room_left = 510 - strlen(":a!~a@127.0.0.1 PRIVMSG b :");

    for (size_t len = room_left - 5; len < 498; len++) {
        memset(text, 'x', len);
        text[len] = '\0';
        client_says(a, "PRIVMSG b :%s", text);
        snprintf(want, sizeof(want), ":a!~a@127.0.0.1 PRIVMSG b :%.*s",
                 (int)(len < room_left ? len : room_left), text);
        EXPECT(b, want);
        /* The same with a euro sign across the limit, at each of its bytes. */
        for (size_t k = 0; k < 3 && len > room_left + 3; k++) {
            memset(text, 'x', len);
            memcpy(text + room_left - k, "\xE2\x82\xAC", 3);
            client_says(a, "PRIVMSG b :%s", text);
            want[510 - k] = '\0';
            EXPECT(b, want);
            want[510 - k] = 'x';
        }
    }
}

Test(talk, counts_messages_and_deliveries)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *c = client_enter("c");
    struct stats_set set;

    room_fill("#r", 3, (struct client *[]){a, b, c});
    stats_attach(&set);
    client_says(a, "PRIVMSG #r :x");
    cr_expect_eq(stats_read(STAT_MESSAGES_IN), 1);
    cr_expect_eq(stats_read(STAT_DELIVERIES), 2);
    client_says(a, "NOTICE b,#r,nobody :x");
    cr_expect_eq(stats_read(STAT_MESSAGES_IN), 3);
    cr_expect_eq(stats_read(STAT_DELIVERIES), 5);
    client_says(a, "PRIVMSG #none :x");
    cr_expect_eq(stats_read(STAT_MESSAGES_IN), 3);
    stats_detach();
}

/* ---- AWAY ---- */

Test(talk, away_is_told_to_who_writes)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    ANSWER(b, "AWAY :at lunch", ":s 306 b :You have been marked as being away");
    client_says(a, "PRIVMSG B :hi");
    EXPECT(a, ":s 301 a b :at lunch");
    QUIET(a);
    EXPECT(b, ":a!~a@127.0.0.1 PRIVMSG b :hi");
    client_says(a, "NOTICE b :hi");
    QUIET(a);
    room_fill("#r", 2, (struct client *[]){a, b});
    client_says(a, "PRIVMSG #r :hi");
    QUIET(a);
    client_forget(b);
    ANSWER(b, "AWAY", ":s 305 b :You are no longer marked as being away");
    ANSWER(b, "AWAY x", ":s 306 b :You have been marked as being away");
    ANSWER(b, "AWAY :", ":s 305 b :You are no longer marked as being away");
    client_says(a, "PRIVMSG b :hi");
    QUIET(a);
}

Test(talk, away_is_cut)
{
    struct client *a = client_enter("a"), *b = client_enter("b");
    char text[301], want[400];

    memset(text, 'x', 300);
    text[300] = '\0';
    client_says(b, "AWAY :%s", text);
    client_says(a, "PRIVMSG b :hi");
    snprintf(want, sizeof(want), ":s 301 a b :%.200s", text);
    EXPECT(a, want);
}

/*
 * chat_room_test - JOIN, PART, TOPIC, NAMES and the modes of rooms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(room, .init = world_start, .fini = world_end);

static const struct {
    const char *say, *answer;
} errors[] = {
    {"JOIN", ":s 461 a JOIN :Not enough parameters"},
    {"JOIN :", ":s 461 a JOIN :Not enough parameters"},
    {"JOIN a", ":s 403 a a :No such channel"},
    {"JOIN #", ":s 403 a # :No such channel"},
    {"JOIN &a", ":s 403 a &a :No such channel"},
    {"JOIN #a:b", ":s 403 a #a:b :No such channel"},
    {"JOIN #a\x07", ":s 403 a #a\x07 :No such channel"},
    {"JOIN #23456789012345678901234567890123456789012345678901",
     ":s 403 a #23456789012345678901234567890123456789012345678901 "
     ":No such channel"},
    {"PART", ":s 461 a PART :Not enough parameters"},
    {"PART :", ":s 461 a PART :Not enough parameters"},
    {"PART #none", ":s 403 a #none :No such channel"},
    {"PART #theirs", ":s 442 a #theirs :You're not on that channel"},
    {"PART #THEIRS", ":s 442 a #theirs :You're not on that channel"},
    {"TOPIC", ":s 461 a TOPIC :Not enough parameters"},
    {"TOPIC #none", ":s 403 a #none :No such channel"},
    {"TOPIC #none :x", ":s 403 a #none :No such channel"},
    {"TOPIC #theirs :x", ":s 442 a #theirs :You're not on that channel"},
    {"TOPIC #theirs :", ":s 442 a #theirs :You're not on that channel"},
    {"MODE", ":s 461 a MODE :Not enough parameters"},
    {"MODE #none", ":s 403 a #none :No such channel"},
    {"MODE #none +m", ":s 403 a #none :No such channel"},
    {"MODE #theirs +m", ":s 442 a #theirs :You're not on that channel"},
    {"MODE #theirs +o a", ":s 442 a #theirs :You're not on that channel"},
    {"MODE #theirs +b *!*@*", ":s 442 a #theirs :You're not on that channel"},
    {"MODE #mine +o a", ":s 482 a #mine :You're not channel operator"},
    {"MODE #mine -n", ":s 482 a #mine :You're not channel operator"},
    {"MODE #mine +b *!*@*", ":s 482 a #mine :You're not channel operator"},
    {"MODE #mine +nx", ":s 472 a x :is unknown mode char to me"},
    {"NAMES", ":s 366 a * :End of /NAMES list."},
    {"NAMES :", ":s 366 a * :End of /NAMES list."},
    {"NAMES #none", ":s 366 a #none :End of /NAMES list."},
    {"NAMES a", ":s 366 a a :End of /NAMES list."},
};

Test(room, errors)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(b, "#theirs");
    room_join(a, "#mine");
    for (size_t i = 0; i < COUNT(errors); i++)
        ANSWER(a, errors[i].say, errors[i].answer);
    QUIET(b);
}

Test(room, join_is_told_to_all_and_answered_with_names)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    client_says(a, "JOIN #r");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN #r");
    EXPECT(a, ":s 353 a = #r :@a");
    EXPECT(a, ":s 366 a #r :End of /NAMES list.");
    QUIET(a);
    client_says(b, "JOIN #R key"); /* the name is as the first one wrote it */
    EXPECT(b, ":b!~b@127.0.0.1 JOIN #r");
    EXPECT(b, ":s 353 b = #r :@a b");
    EXPECT(b, ":s 366 b #r :End of /NAMES list.");
    QUIET(b);
    EXPECT(a, ":b!~b@127.0.0.1 JOIN #r");
    QUIET(a);
    client_says(b, "JOIN #r");
    QUIET(b);
    QUIET(a);
}

Test(room, join_of_a_list_goes_on_after_an_error)
{
    struct client *a = client_enter("a");

    client_says(a, "JOIN #x,bad,#X,#y");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN #x");
    EXPECT(a, ":s 353 a = #x :@a");
    EXPECT(a, ":s 366 a #x :End of /NAMES list.");
    EXPECT(a, ":s 403 a bad :No such channel");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN #y");
    EXPECT(a, ":s 353 a = #y :@a");
    EXPECT(a, ":s 366 a #y :End of /NAMES list.");
    QUIET(a);
}

Test(room, join_at_the_limits_of_a_name)
{
    static const char longest[] =
        "#2345678901234567890123456789012345678901234567890";
    struct client *a = client_enter("a");
    char want[200];

    cr_assert_eq(strlen(longest), 50);
    client_says(a, "JOIN %s", longest);
    snprintf(want, sizeof(want), ":a!~a@127.0.0.1 JOIN %s", longest);
    EXPECT(a, want);
    client_forget(a);
    client_says(a, "JOIN #\xC3\xA9@!");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN #\xC3\xA9@!");
    client_forget(a);
    client_says(a, "JOIN ##");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN ##");
}

Test(room, join_of_more_than_a_hundred)
{
    struct client *a = client_enter("a"), *b = client_enter("b");
    char room[16];

    for (int i = 0; i < 100; i++) {
        snprintf(room, sizeof(room), "#%d", i);
        room_join(a, room);
    }
    room_join(b, "#b");
    ANSWER(a, "JOIN #b", ":s 405 a #b :You have joined too many channels");
    ANSWER(a, "JOIN #new", ":s 405 a #new :You have joined too many channels");
    ANSWER(a, "MODE #new", ":s 403 a #new :No such channel");
    client_says(a, "JOIN #7"); /* already in: silent as ever */
    QUIET(a);
    client_says(a, "PART #7");
    client_forget(a);
    client_says(a, "JOIN #b");
    EXPECT(a, ":a!~a@127.0.0.1 JOIN #b");
    EXPECT(b, ":a!~a@127.0.0.1 JOIN #b");
}

Test(room, part_is_told_to_all_with_the_reason)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_fill("#r", 2, (struct client *[]){a, b});
    client_says(b, "PART #R :so long");
    EXPECT(a, ":b!~b@127.0.0.1 PART #r :so long");
    EXPECT(b, ":b!~b@127.0.0.1 PART #r :so long");
    ANSWER(b, "PART #r", ":s 442 b #r :You're not on that channel");
    ANSWER(a, "PART #r", ":a!~a@127.0.0.1 PART #r");
    ANSWER(a, "PART #r", ":s 403 a #r :No such channel");
    QUIET(b);
}

Test(room, part_of_a_list)
{
    struct client *a = client_enter("a");

    room_join(a, "#x");
    room_join(a, "#y");
    client_says(a, "PART #x,#none,#y :bye");
    EXPECT(a, ":a!~a@127.0.0.1 PART #x :bye");
    EXPECT(a, ":s 403 a #none :No such channel");
    EXPECT(a, ":a!~a@127.0.0.1 PART #y :bye");
    QUIET(a);
}

Test(room, join_0_leaves_all)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_fill("#x", 2, (struct client *[]){a, b});
    room_fill("#y", 2, (struct client *[]){b, a});
    room_join(a, "#z");
    client_says(a, "JOIN 0");
    cr_expect_eq(client_count(a, ":a!~a@127.0.0.1 PART #x"), 1);
    cr_expect_eq(client_count(a, ":a!~a@127.0.0.1 PART #y"), 1);
    cr_expect_eq(client_count(a, ":a!~a@127.0.0.1 PART #z"), 1);
    cr_expect_eq(client_pending(a), 3);
    cr_expect_eq(client_count(b, ":a!~a@127.0.0.1 PART #x"), 1);
    cr_expect_eq(client_count(b, ":a!~a@127.0.0.1 PART #y"), 1);
    cr_expect_eq(client_pending(b), 2);
    client_forget(a);
    client_says(a, "JOIN 0");
    QUIET(a);
    ANSWER(a, "MODE #z", ":s 403 a #z :No such channel");
}

/* A room ends with its last member: topic, founder and age are new ones. */
Test(room, ends_when_empty)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(a, "#r");
    client_says(a, "TOPIC #r :old");
    client_leaves(a, CHAT_EOF);
    world.now += 10;
    client_says(b, "JOIN #R");
    EXPECT(b, ":b!~b@127.0.0.1 JOIN #R");
    EXPECT(b, ":s 353 b = #R :@b");
    EXPECT(b, ":s 366 b #R :End of /NAMES list.");
    client_says(b, "MODE #r");
    EXPECT(b, ":s 324 b #R +n");
    EXPECT(b, ":s 329 b #R 1000000010");
    ANSWER(b, "TOPIC #r", ":s 331 b #R :No topic is set");
}

/* The founder's '@' is not passed on. */
Test(room, founder_is_marked_until_he_leaves)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_fill("#r", 2, (struct client *[]){a, b});
    client_says(a, "PART #r");
    client_says(a, "JOIN #r");
    client_forget(a);
    client_says(a, "NAMES #r");
    EXPECT(a, ":s 353 a = #r :b a");
    EXPECT(a, ":s 366 a #r :End of /NAMES list.");
}

/* ---- TOPIC ---- */

Test(room, topic_is_told_shown_and_cleared)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *c = client_enter("c");

    room_fill("#r", 2, (struct client *[]){a, b});
    world.now += 5;
    client_says(b, "TOPIC #R :of interest ");
    EXPECT(a, ":b!~b@127.0.0.1 TOPIC #r :of interest ");
    EXPECT(b, ":b!~b@127.0.0.1 TOPIC #r :of interest ");
    QUIET(c);
    client_says(c, "TOPIC #r");
    EXPECT(c, ":s 332 c #r :of interest ");
    EXPECT(c, ":s 333 c #r b!~b@127.0.0.1 1000000005");
    client_says(c, "JOIN #r");
    EXPECT(c, ":c!~c@127.0.0.1 JOIN #r");
    EXPECT(c, ":s 332 c #r :of interest ");
    EXPECT(c, ":s 333 c #r b!~b@127.0.0.1 1000000005");
    EXPECT(c, ":s 353 c = #r :@a b c");
    EXPECT(c, ":s 366 c #r :End of /NAMES list.");
    QUIET(c);
    client_forget(a);
    client_says(c, "TOPIC #r :");
    EXPECT(a, ":c!~c@127.0.0.1 TOPIC #r :");
    client_forget(c);
    ANSWER(c, "TOPIC #r", ":s 331 c #r :No topic is set");
}

Test(room, topic_is_cut_at_a_character)
{
    struct client *a = client_enter("a");
    char text[401], want[512];

    room_join(a, "#r");
    memset(text, 'x', 400);
    text[400] = '\0';
    memcpy(text + 306, "\xC3\xA9", 2); /* bytes 307 and 308 */
    client_says(a, "TOPIC #r :%s", text);
    snprintf(want, sizeof(want), ":a!~a@127.0.0.1 TOPIC #r :%.306s", text);
    EXPECT(a, want);
    client_says(a, "TOPIC #r");
    snprintf(want, sizeof(want), ":s 332 a #r :%.306s", text);
    EXPECT(a, want);
}

/* ---- MODE ---- */

Test(room, mode_is_shown_to_anyone)
{
    struct client *a = client_enter("a"), *b = client_enter("b");

    room_join(a, "#R");
    world.now += 100;
    client_says(b, "MODE #r");
    EXPECT(b, ":s 324 b #R +n");
    EXPECT(b, ":s 329 b #R 1000000000");
    QUIET(b);
    ANSWER(b, "MODE #r b", ":s 368 b #R :End of channel ban list");
    ANSWER(b, "MODE #r +b", ":s 368 b #R :End of channel ban list");
    QUIET(a);
}

/* ---- NAMES ---- */

/* Every nick once, over as many 353 lines as it takes; nothing else. */
static void check_names(struct client *c, const char *room, int n)
{
    bool *seen = calloc((size_t)n, sizeof(bool));
    char line[600], head[100], nick[40];

    cr_assert(seen);
    snprintf(head, sizeof(head), ":s 353 %s = %s :", chat_nick(c->user), room);
    for (int found = 0; found < n;) {
        snprintf(line, sizeof(line), "%s", client_next(c));
        cr_assert_eq(strncmp(line, head, strlen(head)), 0, "%s", line);
        for (char *p = strtok(line + strlen(head), " "); p;
             p = strtok(NULL, " "), found++) {
            int i = atoi(p + strcspn(p, "0123456789"));
            snprintf(nick, sizeof(nick), "%sa_rather_long_nick_%d",
                     i == 0 ? "@" : "", i);
            cr_assert_str_eq(p, nick);
            cr_assert(i >= 0 && i < n && !seen[i], "%s twice", nick);
            seen[i] = true;
        }
    }
    snprintf(line, sizeof(line), ":s 366 %s %s :End of /NAMES list.",
             chat_nick(c->user), room);
    EXPECT(c, line);
    QUIET(c);
    free(seen);
}

/* Room sizes around those where a line of 512 bytes is full, and names of the
 * room so long that each line ends at every place once. */
Test(room, names_are_split_at_512)
{
    struct client *c[60];
    char name[64] = "#r";

    for (int n = 0; n < 60; n++) {
        snprintf(name, sizeof(name), "a_rather_long_nick_%d", n);
        c[n] = client_enter(name);
        client_says(c[n], "JOIN #r");
        client_next(c[n]);
        check_names(c[n], "#r", n + 1);
        client_says(c[n], "NAMES #r");
        check_names(c[n], "#r", n + 1);
    }
    strcpy(name, "#");
    for (int len = 2; len < 40; len++) {
        strcat(name, "x");
        room_fill(name, 60, c);
        client_says(c[59], "NAMES %s", name);
        check_names(c[59], name, 60);
    }
}

Test(room, names_hide_the_invisible_from_outsiders)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *out = client_enter("out");

    room_fill("#r", 2, (struct client *[]){a, b});
    client_says(a, "MODE a +i");
    client_forget(a);
    client_says(out, "NAMES #R");
    EXPECT(out, ":s 353 out = #r :b");
    EXPECT(out, ":s 366 out #r :End of /NAMES list.");
    client_says(b, "NAMES #r");
    EXPECT(b, ":s 353 b = #r :@a b");
    client_says(b, "MODE b +i");
    ANSWER(out, "NAMES #r", ":s 366 out #r :End of /NAMES list.");
}

Test(room, names_of_a_list)
{
    struct client *a = client_enter("a");

    room_join(a, "#x");
    client_says(a, "NAMES #x,#none");
    EXPECT(a, ":s 353 a = #x :@a");
    EXPECT(a, ":s 366 a #x :End of /NAMES list.");
    EXPECT(a, ":s 366 a #none :End of /NAMES list.");
    QUIET(a);
}

/* Or one line could ask a hundred times for the same ten thousand names. */
Test(room, names_of_four_rooms_at_most)
{
    struct client *a = client_enter("a");

    room_join(a, "#x");
    client_says(a, "NAMES #x,#x,#x,#x,#x,#x");
    cr_expect_eq(client_count(a, ":s 353 a = #x :@a"), 4);
    cr_expect_eq(client_count(a, ":s 366 a #x :End of /NAMES list."), 4);
    cr_expect_eq(client_count(a, ":s 407 a #x :Too many targets"), 1);
    cr_expect_eq(client_pending(a), 9);
}

/* Commas too many are nobody's name. */
Test(room, lists_skip_what_is_empty)
{
    struct client *a = client_enter("a");

    client_says(a, "JOIN ,#x,,#y,");
    cr_expect_eq(client_count(a, ":a!~a@127.0.0.1 JOIN #x"), 1);
    cr_expect_eq(client_count(a, ":a!~a@127.0.0.1 JOIN #y"), 1);
    cr_expect_eq(client_pending(a), 6);
    client_forget(a);
    ANSWER(a, "NAMES ,#none,", ":s 366 a #none :End of /NAMES list.");
    ANSWER(a, "PART ,#x,", ":a!~a@127.0.0.1 PART #x");
    ANSWER(a, "PRIVMSG ,,,,,a,, :x", ":a!~a@127.0.0.1 PRIVMSG a :x");
}

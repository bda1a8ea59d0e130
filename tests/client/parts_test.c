/* The small parts: back-off, names, rooms, fences. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/backoff.h"
#include "client/fence.h"
#include "client/names.h"
#include "client/rooms.h"

Test(backoff, doubles_to_a_minute)
{
    static const double steps[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct backoff low = {0};
    struct backoff high = {0};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        /* Equal jitter: from half of the step to all of it. */
        double least = backoff_next(&low, 0.0);
        cr_expect_float_eq(least, steps[i] / 2, 1e-9);
        double most = backoff_next(&high, 0.999999);
        cr_expect(most < steps[i] && most > steps[i] * 0.9999);
    }
}

Test(backoff, starts_again_after_a_good_connection)
{
    struct backoff b = {0};

    backoff_next(&b, 0.5);
    backoff_next(&b, 0.5);
    backoff_reset(&b);
    double wait = backoff_next(&b, 0.5);
    cr_expect_float_eq(wait, 0.75, 1e-9);
}

Test(names, makes_a_login_a_nick)
{
    static const char *const pairs[][2] = {
        {"alice", "alice"},     {"al.ice@x", "alicex"}, {"1st", "_1st"},
        {"", "guest"},          {"...", "guest"},       {"-dash", "dash"},
        {"J\xC3\xBCrg", "Jrg"},
    };
    char nick[IRC_NICK_MAX + 1];

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        names_from_login(pairs[i][0], nick);
        cr_expect_str_eq(nick, pairs[i][1]);
        cr_expect(irc_is_nick(nick, strlen(nick)));
    }
    names_from_login("a234567890123456789012345678901234567890", nick);
    cr_expect_eq(strlen(nick), IRC_NICK_MAX);
}

/* Every retry is a legal nick of its own, even for the longest. */
static void check_retries(const char *wanted)
{
    char seen[NAMES_RETRIES + 2][IRC_NICK_MAX + 1];
    int n = 0;

    strcpy(seen[n++], wanted);
    while (names_retry(wanted, n, seen[n])) {
        cr_expect(irc_is_nick(seen[n], strlen(seen[n])), "%s", seen[n]);
        for (int i = 0; i < n; i++)
            cr_expect_str_neq(seen[i], seen[n]);
        n++;
    }
    cr_expect_eq(n, NAMES_RETRIES + 1);
}

Test(names, retries_differ_and_are_legal)
{
    char nick[IRC_NICK_MAX + 1];

    check_retries("alice");
    check_retries("a");
    check_retries("a23456789012345678901234567890");
    check_retries("a2345678901234567890123456789");
    cr_expect(names_retry("alice", 1, nick));
    cr_expect_str_eq(nick, "alice_");
    cr_expect(names_retry("elizabeth1", 4, nick));
    cr_expect_leq(strlen(nick), 9, "RFC 1459 servers take 9");
}

Test(names, puts_the_hash_in_front)
{
    char room[IRC_ROOM_MAX + 1];
    char longest[IRC_ROOM_MAX + 1];

    cr_expect(names_room("lobby", 5, room));
    cr_expect_str_eq(room, "#lobby");
    cr_expect(names_room("#lobby", 6, room));
    cr_expect_str_eq(room, "#lobby");
    cr_expect_not(names_room("", 0, room));
    cr_expect_not(names_room("#", 1, room));
    cr_expect_not(names_room("a b", 3, room));
    cr_expect_not(names_room("a:b", 3, room));
    memset(longest, 'x', sizeof(longest));
    cr_expect(names_room(longest, 49, room));
    cr_expect_eq(strlen(room), IRC_ROOM_MAX);
    cr_expect_not(names_room(longest, 50, room));
}

Test(rooms, the_first_one_wanted_is_current)
{
    struct rooms r = {0};

    cr_expect_null(rooms_target(&r));
    rooms_add(&r, "#a");
    rooms_add(&r, "#b");
    rooms_add(&r, "#A");
    cr_expect_eq(r.n, 2, "names differ in case only once");
    cr_expect_null(rooms_target(&r), "wanted is not joined");
    rooms_set_joined(&r, "#b");
    cr_expect_str_eq(rooms_target(&r), "#b", "the only one we are in");
    rooms_set_joined(&r, "#a");
    cr_expect_str_eq(rooms_target(&r), "#a");
    cr_expect_eq(rooms_count_joined(&r), 2);
    rooms_select(&r, "#B");
    cr_expect_str_eq(rooms_target(&r), "#B");
    rooms_remove(&r, "#b");
    cr_expect_str_eq(rooms_target(&r), "#a");
    rooms_free(&r);
}

Test(rooms, outlive_the_connection_unless_refused)
{
    struct rooms r = {0};

    rooms_set_joined(&r, "#a");
    rooms_set_joined(&r, "#b");
    rooms_set_joined(&r, "#c");
    rooms_leave_all(&r);
    cr_expect_eq(r.n, 3);
    cr_expect_null(rooms_target(&r));
    rooms_set_joined(&r, "#b");
    rooms_forget_refused(&r);
    cr_expect_eq(r.n, 1);
    cr_expect_str_eq(r.all[0].name, "#b");
    cr_expect_str_eq(rooms_target(&r), "#b");
    rooms_remove(&r, "#nowhere");
    rooms_free(&r);
}

Test(fence, one_on_its_way_at_a_time)
{
    struct fence f = {0};
    unsigned n = 0;

    cr_expect(fence_is_settled(&f));
    fence_add_line(&f, "one", 3);
    cr_expect_eq(fence_want(&f), 1);
    cr_expect(fence_take(&f, &n));
    cr_expect_eq(n, 1);
    fence_add_line(&f, "two", 3);
    fence_add_line(&f, "three", 5);
    cr_expect_eq(fence_want(&f), 2);
    cr_expect_not(fence_take(&f, &n), "the first has not been answered");

    fence_answer(&f, 1);
    cr_expect_eq(f.n_lines, 2);
    cr_expect_str_eq(f.lines[0].text, "two");
    cr_expect_not(fence_is_settled(&f));
    cr_expect(fence_take(&f, &n));
    cr_expect_eq(n, 2);
    fence_answer(&f, 2);
    cr_expect_eq(f.n_lines, 0);
    cr_expect(fence_is_settled(&f));
    cr_expect_not(fence_take(&f, &n), "nothing is wanted");
    fence_free(&f);
}

Test(fence, ignores_answers_that_were_not_asked_for)
{
    struct fence f = {0};
    unsigned n = 0;

    fence_add_line(&f, "one", 3);
    fence_answer(&f, 1);
    cr_expect_eq(f.n_lines, 1, "a number that was never sent");
    fence_want(&f);
    fence_take(&f, &n);
    fence_answer(&f, 7);
    cr_expect_eq(f.n_lines, 1);
    fence_answer(&f, 1);
    fence_answer(&f, 1);
    cr_expect_eq(f.n_lines, 0);
    fence_free(&f);
}

Test(fence, the_last_one_does_not_wait)
{
    struct fence f = {0};
    unsigned n = 0;

    fence_want(&f);
    fence_take(&f, &n);
    fence_add_line(&f, "late", 4);
    fence_want(&f);
    cr_expect(fence_take_last(&f, &n));
    cr_expect_eq(n, 2);
    fence_answer(&f, 1);
    cr_expect_eq(f.n_lines, 1);
    fence_answer(&f, 2);
    cr_expect_eq(f.n_lines, 0);
    fence_add_line(&f, "in doubt", 8);
    fence_reset(&f);
    cr_expect_eq(f.n_lines, 0);
    cr_expect(fence_is_settled(&f));
    fence_free(&f);
}

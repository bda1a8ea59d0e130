/*
 * chat_leave_test - QUIT and every other way to go: what the one who leaves is
 * told, and each peer exactly once.
 */
#include <stdio.h>
#include <string.h>

#include "common/stats.h"
#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(leave, .init = world_start, .fini = world_end);

static void quit(struct client *c, const char *line)
{
    cr_assert_eq(client_says(c, "%s", line), CHAT_CLOSE);
    client_leaves(c, CHAT_QUIT);
}

Test(leave, quit_before_001)
{
    struct client *c = client_connect("10.0.0.1"), *d = client_connect("h");

    quit(c, "QUIT :bye now");
    EXPECT(c, "ERROR :Closing Link: 10.0.0.1 (Quit: bye now)");
    QUIET(c);
    client_says(d, "NICK dave");
    quit(d, "QUIT");
    EXPECT(d, "ERROR :Closing Link: h (Quit: dave)");
}

Test(leave, quit_is_told_with_the_message)
{
    struct client *a = client_enter("a"), *b = client_enter("b"),
                  *stranger = client_enter("c");

    room_fill("#r", 2, (struct client *[]){a, b});
    quit(a, "QUIT :see you");
    EXPECT(a, "ERROR :Closing Link: 127.0.0.1 (Quit: see you)");
    QUIET(a);
    EXPECT(b, ":a!~a@127.0.0.1 QUIT :Quit: see you");
    QUIET(b);
    QUIET(stranger);
    quit(b, "QUIT");
    EXPECT(b, "ERROR :Closing Link: 127.0.0.1 (Quit: b)");
}

Test(leave, quit_message_is_cut_at_a_character)
{
    struct client *a = client_enter("a"), *b = client_enter("b");
    char text[401], want[400];

    /* "Quit: " and 249 bytes are 255; the 249th is the middle of an e-acute. */
    for (size_t i = 0; i < 400; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[400] = '\0';
    room_fill("#r", 2, (struct client *[]){a, b});
    cr_assert_eq(client_says(a, "QUIT :%s", text), CHAT_CLOSE);
    client_leaves(a, CHAT_QUIT);
    snprintf(want, sizeof(want), ":a!~a@127.0.0.1 QUIT :Quit: %.248s", text);
    EXPECT(b, want);
}

/* What each cause says to the one who leaves, if anything, and to the others,
 * and which counter it adds to. */
static const struct {
    enum chat_cause cause;
    enum stat_id counter;
    const char *error, *quit;
} causes[] = {
    {CHAT_EOF, STAT_CLOSED_EOF, "Connection closed", "Connection closed"},
    {CHAT_ERROR, STAT_CLOSED_ERROR, NULL, "Connection reset"},
    {CHAT_PING_TIMEOUT, STAT_CLOSED_PING_TIMEOUT, "Ping timeout",
     "Ping timeout"},
    {CHAT_SENDQ, STAT_CLOSED_SENDQ, NULL, "SendQ exceeded"},
    {CHAT_SHUTDOWN, STAT_CLOSED_SHUTDOWN, NULL, NULL},
};

Test(leave, each_cause_has_its_words_and_its_counter)
{
    struct client *b = client_enter("b");
    struct stats_set set;
    char want[100];

    stats_attach(&set);
    for (size_t i = 0; i < COUNT(causes); i++) {
        struct client *a = client_enter("a");
        room_fill("#r", 2, (struct client *[]){b, a});
        client_leaves(a, causes[i].cause);
        snprintf(want, sizeof(want), "ERROR :Closing Link: 127.0.0.1 (%s)",
                 causes[i].error);
        EXPECT(a, causes[i].error ? want : "");
        QUIET(a);
        snprintf(want, sizeof(want), ":a!~a@127.0.0.1 QUIT :%s",
                 causes[i].quit);
        EXPECT(b, causes[i].quit ? want : "");
        QUIET(b);
        cr_expect_eq(stats_read(causes[i].counter), 1);
    }
    quit(client_enter("q"), "QUIT");
    cr_expect_eq(stats_read(STAT_CLOSED_QUIT), 1);
    client_leaves(client_connect("h"), CHAT_REGISTER_TIMEOUT);
    cr_expect_eq(stats_read(STAT_CLOSED_REGISTER_TIMEOUT), 1);
    cr_expect_eq(stats_read(STAT_CLOSED_REFUSED), 0);
    stats_detach();
}

Test(leave, register_timeout_is_told)
{
    struct client *c = client_connect("h");

    client_leaves(c, CHAT_REGISTER_TIMEOUT);
    EXPECT(c, "ERROR :Closing Link: h (Registration timed out)");
}

/* A hundred rooms shared by the same people: each is told once, of the change
 * of nick as of the end. */
Test(leave, peers_of_a_hundred_rooms_are_told_once)
{
    enum { N = 5, ROOMS = 100 };
    struct client *c[N], *other = client_enter("other");
    char nick[8], room[8];

    for (int i = 0; i < N; i++) {
        snprintf(nick, sizeof(nick), "n%d", i);
        c[i] = client_enter(nick);
    }
    for (int r = 0; r < ROOMS; r++) {
        snprintf(room, sizeof(room), "#%d", r);
        room_fill(room, N, c);
    }
    room_join(other, "#lonely");
    client_says(c[0], "NICK zero");
    for (int i = 0; i < N; i++) {
        EXPECT(c[i], ":n0!~n0@127.0.0.1 NICK :zero");
        QUIET(c[i]);
    }
    quit(c[0], "QUIT :x");
    for (int i = 1; i < N; i++) {
        EXPECT(c[i], ":zero!~n0@127.0.0.1 QUIT :Quit: x");
        QUIET(c[i]);
    }
    QUIET(other);
    client_leaves(c[1], CHAT_ERROR);
    for (int i = 2; i < N; i++) {
        EXPECT(c[i], ":n1!~n1@127.0.0.1 QUIT :Connection reset");
        QUIET(c[i]);
    }
    /* And all rooms are left, so that these two are alone there. */
    client_says(c[2], "PRIVMSG #57 :still here?");
    EXPECT(c[3], ":n2!~n2@127.0.0.1 PRIVMSG #57 :still here?");
    client_leaves(c[2], CHAT_EOF);
    client_leaves(c[3], CHAT_EOF);
    client_leaves(c[4], CHAT_EOF);
    ANSWER(other, "MODE #57", ":s 403 other #57 :No such channel");
}

/* A model may see the connection end before it has read that its user quits:
 * counted is one cause, and the peers are told what the user said. */
Test(leave, who_has_quit_is_counted_once_whatever_happens_then)
{
    struct stats_set set;

    stats_attach(&set);
    for (int cause = CHAT_QUIT; cause <= CHAT_SHUTDOWN; cause++) {
        struct client *a = client_enter("a"), *b = client_enter("b");
        room_fill("#r", 2, (struct client *[]){a, b});
        cr_assert_eq(client_says(a, "QUIT :bye"), CHAT_CLOSE);
        client_leaves(a, (enum chat_cause)cause);
        EXPECT(b, ":a!~a@127.0.0.1 QUIT :Quit: bye");
        QUIET(b);
        client_leaves(b, CHAT_EOF);
        for (int id = STAT_CLOSED_QUIT; id <= STAT_CLOSED_SHUTDOWN; id++) {
            uint64_t want = id == STAT_CLOSED_QUIT || id == STAT_CLOSED_EOF
                                ? (uint64_t)cause + 1
                                : 0;
            cr_expect_eq(stats_read((enum stat_id)id), want);
        }
    }
    stats_detach();
}

/* Different people in different rooms: a star. */
Test(leave, peers_of_different_rooms_are_told_once)
{
    struct client *hub = client_enter("hub"), *a = client_enter("a"),
                  *b = client_enter("b"), *both = client_enter("both");

    room_fill("#a", 3, (struct client *[]){hub, a, both});
    room_fill("#b", 3, (struct client *[]){both, b, hub});
    room_fill("#c", 2, (struct client *[]){a, b});
    client_leaves(hub, CHAT_EOF);
    EXPECT(hub, "ERROR :Closing Link: 127.0.0.1 (Connection closed)");
    EXPECT(a, ":hub!~hub@127.0.0.1 QUIT :Connection closed");
    EXPECT(b, ":hub!~hub@127.0.0.1 QUIT :Connection closed");
    EXPECT(both, ":hub!~hub@127.0.0.1 QUIT :Connection closed");
    QUIET(hub);
    QUIET(a);
    QUIET(b);
    QUIET(both);
}

/* One message for all receivers: as many references as there are keepers. */
Test(leave, one_message_is_shared_by_its_receivers)
{
    enum { N = 20 };
    struct client *c[N];
    char nick[8];

    for (int i = 0; i < N; i++) {
        snprintf(nick, sizeof(nick), "n%d", i);
        c[i] = client_enter(nick);
    }
    room_fill("#r", N, c);
    client_says(c[0], "PRIVMSG #r :x");
    struct msg *m = c[1]->got[c[1]->n_got - 1];
    for (int i = 2; i < N; i++)
        cr_expect_eq(c[i]->got[c[i]->n_got - 1], m);
    cr_expect_eq(atomic_load(&m->refs), N - 1);
    client_leaves(c[0], CHAT_EOF);
    m = c[1]->got[c[1]->n_got - 1];
    cr_expect_eq(atomic_load(&m->refs), N - 1);
    m = c[0]->got[c[0]->n_got - 1];
    cr_expect_eq(atomic_load(&m->refs), 1);
}

/* ---- lines without a chat ---- */

Test(leave, error_and_ping_lines_by_themselves)
{
    char line[IRC_LINE_MAX];
    size_t len = chat_format_error(line, "::1", "Server is full");

    cr_expect_eq(len, 43);
    cr_expect_eq(memcmp(line, "ERROR :Closing Link: ::1 (Server is full)\r\n",
                        43),
                 0);
    len = chat_format_ping(line, "s");
    cr_expect_eq(len, 9);
    cr_expect_eq(memcmp(line, "PING :s\r\n", 9), 0);
}

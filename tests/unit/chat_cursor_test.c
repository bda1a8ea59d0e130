/*
 * chat_cursor_test - WHO and LIST in chunks, while the world goes on.
 *
 * However people come, go and are renamed between two chunks: who was there
 * all the time is listed exactly once, who left at most once, and the reply
 * ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/random.h"
#include "tests/unit/world.h"

enum {
    N = 150,    /* users or rooms: three chunks */
    CHUNK = 64, /* lines at a time, as chat_internal.h has it */
};

TestSuite(cursor, .init = world_start, .fini = world_end);

static struct client *asker;
static struct client *users[N]; /* nick "u17", and "x17" once renamed */

static struct client *enter_number(int i)
{
    char nick[16];

    snprintf(nick, sizeof(nick), "u%d", i);
    return client_enter(nick);
}

/* N users; with a room, all of them and the asker are in it. */
static void fill(const char *room)
{
    asker = client_enter("asker");
    if (room)
        room_join(asker, room);
    for (int i = 0; i < N; i++) {
        users[i] = enter_number(i);
        if (room)
            room_join(users[i], room);
    }
    for (int i = 0; i < N; i++)
        client_forget(users[i]);
    client_forget(asker);
}

/* The number after the letters: 17 of "u17", "x17", "#17"; -1 when none. */
static int number_of(const char *word)
{
    const char *digits = word + strcspn(word, "0123456789");

    return *digits ? atoi(digits) : -1;
}

/* Reads the asker's lines up to the end of the reply; how often each number
 * came, into times[0..N). What others did meanwhile is no part of it. */
static void tally(const char *numeric, const char *end, int times[N])
{
    char nick[64], got[8];
    const char *line;

    memset(times, 0, N * sizeof(times[0]));
    while (line = client_next(asker), strncmp(line, end, strlen(end)) != 0) {
        cr_assert(*line, "the reply has no end");
        if (strncmp(line, ":s ", 3) != 0)
            continue;
        if (strcmp(numeric, "352") == 0)
            cr_assert_eq(sscanf(line, ":s %7s %*s %*s %*s %*s s %63s", got,
                                nick),
                         2, "%s", line);
        else
            cr_assert_eq(sscanf(line, ":s %7s %*s %63s", got, nick), 2, "%s",
                         line);
        if (strcmp(got, "321") == 0)
            continue;
        cr_assert_str_eq(got, numeric);
        int i = number_of(nick);
        if (i >= 0 && i < N)
            times[i]++;
    }
    QUIET(asker);
}

/* ---- chunks ---- */

static void expect_chunks(const char *ask)
{
    enum chat_result result = client_begins(asker, "%s", ask);
    size_t before = 0;

    cr_expect_eq(result, CHAT_MORE);
    while (result == CHAT_MORE) {
        cr_expect_leq(client_pending(asker) - before, CHUNK + 1);
        before = client_pending(asker);
        result = client_goes_on(asker);
    }
    cr_expect_leq(client_pending(asker) - before, CHUNK + 1);
    cr_expect_eq(client_goes_on(asker), CHAT_OK, "nothing is under way");
}

static void expect_each_once(const int times[N])
{
    for (int i = 0; i < N; i++)
        cr_assert_eq(times[i], 1, "number %d came %d times", i, times[i]);
}

Test(cursor, who_of_everybody_comes_in_chunks)
{
    int times[N];

    fill(NULL);
    expect_chunks("WHO *");
    tally("352", ":s 315 asker * ", times);
    expect_each_once(times);
}

Test(cursor, who_of_a_room_comes_in_chunks)
{
    int times[N];

    fill("#r");
    expect_chunks("WHO #r");
    tally("352", ":s 315 asker #r ", times);
    expect_each_once(times);
}

static void fill_rooms(void)
{
    char room[16];

    fill(NULL);
    for (int i = 0; i < N; i++) {
        snprintf(room, sizeof(room), "#%d", i);
        room_join(users[i], room);
    }
}

Test(cursor, list_comes_in_chunks)
{
    int times[N];

    fill_rooms();
    expect_chunks("LIST");
    tally("322", ":s 323 asker ", times);
    expect_each_once(times);
}

/* ---- what may happen to user i between two chunks ---- */

static void leave(int i)
{
    client_leaves(users[i], CHAT_EOF);
}

static void rename_user(int i)
{
    client_says(users[i], "NICK x%d", i);
}

static void part(int i)
{
    client_says(users[i], "PART #r");
}

static void rejoin(int i)
{
    client_says(users[i], "JOIN 0");
    client_says(users[i], "JOIN #r");
}

/* Asks; after the first chunk `event` happens to user i, for each i in a new
 * world; the rest of the reply must be right. `stays`: the user must still be
 * listed exactly once. */
static void try_each(const char *ask, const char *end, void (*event)(int),
                     bool stays)
{
    bool room = strchr(ask, '#') != NULL, list = strcmp(ask, "LIST") == 0;
    int times[N];

    for (int i = 0; i < N; i++) {
        if (list)
            fill_rooms();
        else
            fill(room ? "#r" : NULL);
        cr_assert_eq(client_begins(asker, "%s", ask), CHAT_MORE);
        event(i);
        while (client_goes_on(asker) == CHAT_MORE)
            ;
        tally(list ? "322" : "352", end, times);
        for (int k = 0; k < N; k++)
            if (k != i || stays)
                cr_assert_eq(times[k], 1, "%s, %d hit: %d came %d times", ask,
                             i, k, times[k]);
        cr_assert_leq(times[i], 1);
        world_end();
        world_start();
    }
}

Test(cursor, who_while_one_leaves)
{
    try_each("WHO *", ":s 315 asker * ", leave, false);
}

Test(cursor, who_while_one_is_renamed)
{
    try_each("WHO *", ":s 315 asker * ", rename_user, true);
}

Test(cursor, who_of_a_room_while_one_leaves)
{
    try_each("WHO #r", ":s 315 asker #r ", leave, false);
}

Test(cursor, who_of_a_room_while_one_parts)
{
    try_each("WHO #r", ":s 315 asker #r ", part, false);
}

Test(cursor, list_while_a_room_ends)
{
    try_each("LIST", ":s 323 asker ", leave, false);
}

/* Who goes and comes back is new: not listed twice. */
Test(cursor, who_of_a_room_while_all_rejoin)
{
    int times[N];

    fill("#r");
    cr_assert_eq(client_begins(asker, "WHO #r"), CHAT_MORE);
    for (int i = 0; i < N; i++) {
        rejoin(i);
        client_forget(users[i]);
    }
    while (client_goes_on(asker) == CHAT_MORE)
        ;
    tally("352", ":s 315 asker #r ", times);
    for (int i = 0; i < N; i++)
        cr_assert_leq(times[i], 1);
}

/* ---- endings ---- */

/* Newcomers are not waited for: else a busy server's reply never ended. */
Test(cursor, who_ends_while_ever_more_come, .timeout = 60)
{
    int chunks = 0, number = 1000;

    fill(NULL);
    cr_assert_eq(client_begins(asker, "WHO *"), CHAT_MORE);
    do {
        for (int i = 0; i < 2 * CHUNK; i++)
            enter_number(number++);
        cr_assert_lt(++chunks, 10);
    } while (client_goes_on(asker) == CHAT_MORE);
}

Test(cursor, who_ends_while_all_are_renamed, .timeout = 60)
{
    int chunks = 0, times[N];

    fill(NULL);
    cr_assert_eq(client_begins(asker, "WHO *"), CHAT_MORE);
    do {
        for (int i = 0; i < N; i++)
            client_says(users[i], "NICK %c%d", 'a' + chunks, i);
        cr_assert_lt(++chunks, 10);
    } while (client_goes_on(asker) == CHAT_MORE);
    tally("352", ":s 315 asker * ", times);
    expect_each_once(times);
}

Test(cursor, list_ends_while_ever_more_rooms_come, .timeout = 60)
{
    int chunks = 0, number = 1000;

    fill_rooms();
    cr_assert_eq(client_begins(asker, "LIST"), CHAT_MORE);
    do {
        struct client *c = enter_number(number);
        for (int i = 0; i < 90; i++)
            client_says(c, "JOIN #%d", number++);
        cr_assert_lt(++chunks, 10);
    } while (client_goes_on(asker) == CHAT_MORE);
}

Test(cursor, all_leave_in_the_middle)
{
    static const char *const asks[] = {"WHO *", "WHO #r", "LIST"};

    for (int k = 0; k < 3; k++) {
        fill("#r");
        for (int i = 0; k == 2 && i < N; i++)
            client_says(users[i], "JOIN #%d", i);
        cr_assert_eq(client_begins(asker, "%s", asks[k]), CHAT_MORE);
        client_forget(asker);
        for (int i = 0; i < N; i++)
            client_leaves(users[i], CHAT_EOF);
        client_forget(asker);
        cr_expect_eq(client_goes_on(asker), CHAT_OK);
        cr_expect_leq(client_pending(asker), 2);
        world_end();
        world_start();
    }
}

/* The room itself ends under the reply: the asker was the last. */
Test(cursor, who_of_a_room_that_ends)
{
    fill("#r");
    cr_assert_eq(client_begins(asker, "WHO #r"), CHAT_MORE);
    for (int i = 0; i < N; i++)
        client_says(users[i], "PART #r");
    client_forget(asker);
    asker->more = false; /* only the test's own guard */
    client_says(asker, "PART #r");
    client_forget(asker);
    cr_expect_eq(client_goes_on(asker), CHAT_OK);
    EXPECT(asker, ":s 315 asker #r :End of /WHO list.");
    QUIET(asker);
}

Test(cursor, asker_leaves_in_the_middle)
{
    struct client *other;
    int times[N];

    fill("#r");
    other = client_enter("other");
    client_begins(other, "WHO *");
    cr_assert_eq(client_begins(asker, "WHO *"), CHAT_MORE);
    client_leaves(other, CHAT_EOF);
    while (client_goes_on(asker) == CHAT_MORE)
        ;
    tally("352", ":s 315 asker * ", times);
    expect_each_once(times);
}

/* ---- many at a time ---- */

/* Several askers, each somewhere else, while users come, go and are renamed at
 * random. */
Test(cursor, several_at_once_while_anything_happens)
{
    enum { ASKERS = 4 };
    uint64_t x = 6;

    for (int round = 0; round < 40; round++) {
        struct client *askers[ASKERS];
        bool busy[ASKERS] = {false}, touched[N] = {false};
        fill(NULL);
        askers[0] = asker;
        for (int i = 1; i < ASKERS; i++) {
            char nick[16];
            snprintf(nick, sizeof(nick), "asker_%c", 'a' + i);
            askers[i] = client_enter(nick);
        }
        for (int i = 0; i < ASKERS; i++)
            busy[i] = client_begins(askers[i], "WHO *") == CHAT_MORE;
        for (int left = ASKERS; left > 0;) {
            int i = (int)(next_random(&x) % N), a = (int)(next_random(&x) % 4);
            if (next_random(&x) % 2 && users[i]->user) {
                client_leaves(users[i], CHAT_EOF);
                touched[i] = true;
            } else if (users[i]->user) {
                client_says(users[i], "NICK n%c%d",
                            'a' + (int)(next_random(&x) % 26), i);
            }
            if (busy[a] && next_random(&x) % 8 == 0 &&
                client_goes_on(askers[a]) == CHAT_OK) {
                busy[a] = false;
                left--;
            }
        }
        for (int a = 0; a < ASKERS; a++) {
            char end[40];
            int times[N];
            asker = askers[a];
            snprintf(end, sizeof(end), ":s 315 %s * ", chat_nick(asker->user));
            tally("352", end, times);
            for (int i = 0; i < N; i++)
                cr_assert(touched[i] ? times[i] <= 1 : times[i] == 1,
                          "%d came %d times", i, times[i]);
        }
        world_end();
        world_start();
    }
}

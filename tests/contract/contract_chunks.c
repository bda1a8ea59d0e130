/*
 * Long replies come in chunks, in turns with everybody else: LIST, WHO and
 * NAMES to a reader that stops for a while, when what they list changes, or
 * when the reader leaves in the middle.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/glob.h"
#include "tests/contract/room.h"

enum { KEEPERS = 10, EACH = 100, ROOMS = KEEPERS * EACH };

/* ROOMS rooms with long topics: their LIST is far more than the kernel and a
 * --sendq of 64 KB hold together. */
static void fill_rooms(struct server *s, struct peer **keepers)
{
    char topic[301];
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    for (int i = 0; i < KEEPERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "keeper%d", i);
        keepers[i] = ENTER(s, nick);
        for (int n = i * EACH; n < (i + 1) * EACH; n++)
            SEND(keepers[i], "JOIN #room-%d\r\nTOPIC #room-%d :%s", n, n,
                 topic);
    }
    for (int i = 0; i < KEEPERS; i++)
        FENCE(keepers[i]);
}

static struct peer *enter_reader(struct server *s, const char *nick, int rcvbuf)
{
    struct peer *p = peer_connect(s, rcvbuf);
    REGISTER(p, nick);
    return p;
}

/* Different buffers, so that replies to them stop at different places. */
static const int rcvbufs[] = {4096, 16384, 40960, 81920};
enum { READERS = sizeof(rcvbufs) / sizeof(rcvbufs[0]) };

/* 322 lines up to 323: how often each room of `times` was listed. */
static void read_list(struct peer *p, int *times)
{
    const char *line;
    while ((line = LINE(p)) && (glob_match(":irc.test 321 *", line) ||
                                glob_match(":irc.test 322 *", line))) {
        const char *room = strstr(line, " #room-");
        if (!room)
            continue;
        int n = atoi(room + 7);
        CHECK(n >= 0 && n < ROOMS, "expected a room of ours, got \"%s\"",
              peer_show(line));
        times[n]++;
    }
    CHECK(glob_match(":irc.test 323 *", line), "expected 323, got \"%s\"",
          peer_show(line));
}

/* The few that nothing happens to: whatever place a long reply has stopped at
 * (after a power of two, say), most likely it is one that goes away. */
static bool stays(int n)
{
    return n % 8 == 3;
}

/* Rooms vanish, and some come again, while LIST waits for its readers: those
 * that stay are listed once, those that vanish at most once. */
static void list_while_rooms_change(void)
{
    static int times[ROOMS];
    struct server *s = START("--sendq", "65536");
    struct peer *keepers[KEEPERS], *readers[READERS];
    fill_rooms(s, keepers);
    for (int i = 0; i < READERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "reader%d", i);
        readers[i] = enter_reader(s, nick, rcvbufs[i]);
        peer_pause(readers[i]);
        SEND(readers[i], "LIST");
    }
    for (int i = 0; i < 50; i++)
        FENCE(keepers[0]);
    for (int n = 0; n < ROOMS; n++) {
        if (!stays(n))
            SEND(keepers[n / EACH], "PART #room-%d\r\nJOIN #new-%d", n, n);
        if (!stays(n) && n % 2)
            SEND(keepers[n / EACH], "PART #new-%d\r\nJOIN #room-%d", n, n);
    }
    for (int i = 0; i < KEEPERS; i++)
        FENCE(keepers[i]);
    for (int i = 0; i < READERS; i++) {
        memset(times, 0, sizeof(times));
        peer_resume(readers[i]);
        read_list(readers[i], times);
        QUIET(readers[i]);
        for (int n = 0; n < ROOMS; n++) {
            int most = !stays(n) && n % 2 ? 2 : 1;
            CHECK(times[n] <= most && times[n] >= stays(n),
                  "322: expected #room-%d, which %s, once, got it %d times", n,
                  stays(n) ? "stayed" : "went", times[n]);
        }
    }
}

/* One WHO reply: each user that stays once. A room's list may say twice who was
 * moved meanwhile (`most`); it must not leave anybody out. */
static void read_who(struct peer *p, int users, int most)
{
    int seen[256] = {0};
    const char *line;
    while (glob_match(":irc.test 352 *", line = LINE(p))) {
        const char *nick = strstr(line, " irc.test u");
        if (nick)
            seen[atoi(nick + 11) % 256]++;
    }
    CHECK(glob_match(":irc.test 315 *", line), "expected 315, got \"%s\"",
          peer_show(line));
    for (int n = 0; n < users; n++) {
        if (stays(n))
            CHECK(seen[n] >= 1 && seen[n] <= most,
                  "352: expected u%d, which stayed, once, got it %d times", n,
                  seen[n]);
    }
}

/* Users leave, rename and move while WHO waits for its readers: half of them in
 * lists of all, half in a room's. */
static void who_while_users_change(void)
{
    enum { USERS = 256, ASKED = 30 };
    static struct peer *p[USERS];
    struct server *s = START("--sendq", "65536");
    struct peer *readers[2 * READERS];
    ROOM_FILL(p, USERS, s, "u", "#a");
    for (int i = 0; i < 2 * READERS; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "reader%d", i);
        readers[i] = enter_reader(s, nick, rcvbufs[i / 2]);
        peer_pause(readers[i]);
        for (int n = 0; n < ASKED; n++)
            SEND(readers[i], "WHO %s", i % 2 ? "#a" : "*");
    }
    for (int i = 0; i < 50; i++)
        FENCE(p[0]);
    for (int i = 0; i < USERS; i++) {
        if (i % 8 == 1)
            SEND(p[i], "NICK renamed%d", i);
        else if (i % 8 == 2)
            SEND(p[i], "PART #a\r\nJOIN #b\r\nJOIN #a");
        else if (!stays(i))
            SEND(p[i], "QUIT");
    }
    for (int i = 0; i < USERS; i++) {
        if (stays(i) || i % 8 == 1 || i % 8 == 2)
            FENCE(p[i]);
        else
            SKIP_TO_CLOSE(p[i]);
    }
    for (int i = 0; i < 2 * READERS; i++) {
        peer_resume(readers[i]);
        for (int n = 0; n < ASKED; n++)
            read_who(readers[i], USERS, i % 2 ? 2 : 1);
        QUIET(readers[i]);
    }
}

/* The reader goes away in mid-list, in each way there is. */
static void reader_leaves_in_mid_list(void)
{
    struct server *s = START("--sendq", "65536");
    struct peer *keepers[KEEPERS];
    fill_rooms(s, keepers);
    for (int i = 0; i < 20; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "reader%d", i);
        struct peer *reader = enter_reader(s, nick, 4096);
        peer_pause(reader);
        SEND(reader, "LIST\r\nWHO *\r\nLIST");
        FENCE(keepers[0]);
        if (i % 4 == 0)
            peer_reset(reader);
        else if (i % 4 == 1)
            peer_half_close(reader);
        else if (i % 4 == 2)
            SEND(reader, "QUIT");
        else
            peer_close(reader);
        FENCE(keepers[0]);
        /* One that only ended its input may read on and gets all of it. */
        if (i % 4 == 1) {
            peer_resume(reader);
            for (int n = 0; n < 2; n++) {
                static int times[ROOMS];
                memset(times, 0, sizeof(times));
                if (n)
                    SKIP_TO(reader, ":irc.test 315 *");
                read_list(reader, times);
                for (int room = 0; room < ROOMS; room++)
                    CHECK_INT("times a room was listed", times[room], 1);
            }
            EXPECT(reader, "ERROR :Closing Link: *");
            EXPECT_CLOSE(reader);
        }
    }
}

/* Commands behind a long reply wait for it, messages of others do not. */
static void order_behind_a_long_reply(void)
{
    static int times[ROOMS];
    struct server *s = START("--sendq", "65536");
    struct peer *keepers[KEEPERS];
    fill_rooms(s, keepers);
    struct peer *reader = enter_reader(s, "reader", 4096);
    peer_pause(reader);
    SEND(reader, "LIST\r\nPRIVMSG keeper1 :after the list\r\nNICK after");
    FENCE(keepers[0]);
    peer_resume(reader);
    read_list(reader, times);
    EXPECT(reader, ":reader!* NICK :after");
    EXPECT(keepers[1], ":reader!* PRIVMSG keeper1 :after the list");
    QUIET(reader);
}

static const struct contract_case cases[] = {
    CASE(list_while_rooms_change),
    CASE(who_while_users_change),
    CASE(reader_leaves_in_mid_list),
    CASE(order_behind_a_long_reply),
};
CONTRACT_SUITE(chunks)

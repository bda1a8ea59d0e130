/*
 * The drives that show an order to be lost: of one client's lines (no-order,
 * workers-read), of a room (own-first).
 */
#include "tests/variants/drives.h"

#include <stdio.h>
#include <string.h>

#include "tests/contract/room.h"

/* ---- one client's lines ---- */

enum {
    SLOW_LINES = 200,  /* a round of no-order */
    BULK_LINES = 1000, /* a round of workers-read */
    BULK_SIZE = 300,   /* bytes of a message there: many pieces to read */
};

static struct peer *talker, *listener;
static unsigned n_sent; /* numbered messages of the talker */

static void open_two(const struct server *s)
{
    talker = ENTER(s, "talker");
    listener = ENTER(s, "listener");
    JOIN(listener, "#a");
    JOIN(talker, "#a");
    FENCE(listener);
}

/* Whether the next `count` messages come otherwise than sent: another one, a
 * line that nobody sent, or the server has done and not all have come. */
static bool is_disturbed(const struct server *s, unsigned count)
{
    const char *line;
    unsigned last = n_sent + count;

    while (n_sent < last) {
        while (n_sent < last && (line = peer_line_now(listener))) {
            if (room_number(line, NULL) != (long)n_sent)
                return true;
            n_sent++;
        }
        if (n_sent == last || peer_line_now(talker))
            break; /* the talker is told of nothing but its errors */
        drive_settle(s);
        if (!(line = peer_line_now(listener)))
            return true;
        if (room_number(line, NULL) != (long)n_sent)
            return true;
        n_sent++;
    }
    return n_sent < last;
}

static bool slow_round(const struct server *s, int number)
{
    (void)number;
    SEND_NUMBERED(talker, "#a", n_sent, SLOW_LINES, 0);
    return is_disturbed(s, SLOW_LINES);
}

static bool bulk_round(const struct server *s, int number)
{
    (void)number;
    SEND_NUMBERED(talker, "#a", n_sent, BULK_LINES, BULK_SIZE);
    return is_disturbed(s, BULK_LINES);
}

/* Half of the messages are held up, so the other half overtakes them. */
const struct drive drive_no_order = {
    .args = ARGS("--threads", "4", "--work", "sleep:2000@50"),
    .open = open_two,
    .round = slow_round,
    .fault = "a client's messages in another order than sent",
};

const struct drive drive_workers_read = {
    .args = ARGS("--threads", "4", "--work", "sleep:200"),
    .open = open_two,
    .round = bulk_round,
    .fault = "a client's stream in another order than sent",
};

/* ---- a room ---- */

static struct peer *alice, *bob, *carol, *dave;

/* Round robin: alice and carol are sub-0's, bob and dave sub-1's. */
static void open_four(const struct server *s)
{
    struct peer **all[] = {&alice, &bob, &carol, &dave};
    static const char *const names[] = {"alice", "bob", "carol", "dave"};

    for (size_t i = 0; i < 4; i++) {
        *all[i] = ENTER(s, names[i]);
        JOIN(*all[i], "#a");
    }
    for (size_t i = 0; i < 4; i++)
        FENCE(*all[i]);
}

/*
 * Alice says two things, bob one, at the same time; each takes a while. Bob's
 * comes to sub-0's mailbox while that handles alice's second, which on the
 * short way gets to carol first. Dave, beside bob, sees it the other way round.
 */
static bool room_round(const struct server *s, int number)
{
    char seen[3][520];
    bool differ = false;

    (void)s;
    SEND(alice, "PRIVMSG #a :a%d\r\nPRIVMSG #a :b%d", number, number);
    SEND(bob, "PRIVMSG #a :c%d", number);
    for (int i = 0; i < 3; i++)
        snprintf(seen[i], sizeof(seen[i]), "%s",
                 EXPECT(carol, ":*!* PRIVMSG #a :*"));
    for (int i = 0; i < 3; i++)
        differ |= strcmp(EXPECT(dave, ":*!* PRIVMSG #a :*"), seen[i]) != 0;
    FENCE(alice);
    FENCE(bob);
    return differ;
}

const struct drive drive_own_first = {
    .args = ARGS("--threads", "2", "--work", "sleep:40000"),
    .open = open_four,
    .round = room_round,
    .fault = "two members who see a room's messages in different orders",
};

/* What is wrong with the mutant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/load/mutant/mutant.h"

enum {
    PAUSE_MS = 500,   /* of the fault "pause" */
    HOLE_DEPTH = 200, /* deliveries between a hole and the close */
    LATE_HEARD = 30,  /* deliveries that a late guest does not get */
    HOLE_HEARD = 20   /* the one that each guest misses */
};

enum fault {
    SOUND,
    LOSE,       /* one delivery is dropped */
    DUPLICATE,  /* one is made twice */
    SWAP,       /* two of one sender come in the wrong order */
    DISORDER,   /* two of two senders do, at one receiver */
    HALVES,     /* each half of a room hears its own half first */
    CORRUPT,    /* a byte is changed */
    ECHO,       /* one goes back to its sender */
    STRAY,      /* one goes to another room as well */
    CLOSE,      /* a receiver is closed */
    RESET,      /* the same by RST */
    HOLE,       /* one is dropped, and its receiver closed a little later */
    STALL,      /* nothing is done any more */
    PAUSE,      /* nothing is done for PAUSE_MS */
    DEAF,       /* one sender is heard no more */
    REFUSE,     /* an error reply in place of a relay */
    SLOW_HOLE,  /* one is dropped for a receiver that lags; then it is closed */
    SLOW_RESET, /* who lags is reset, and not closed */
    GUEST_LOSE, /* a word of a guest is dropped for one steady member */
    GUEST_TWICE, /* one is delivered twice */
    GUEST_SWAP,  /* two of a guest come in the wrong order */
    GUEST_HOLE,  /* a message to each guest is dropped */
    GUEST_LATE,  /* guests get nothing for a while after their JOIN */
    NO_JOIN,     /* JOIN is not answered */
    NO_PONG,     /* PING is not */
    NO_CLOSE     /* QUIT is not */
};

static const char *const names[] = {
    [SOUND] = "sound",
    [LOSE] = "lose",
    [DUPLICATE] = "duplicate",
    [SWAP] = "swap",
    [DISORDER] = "disorder",
    [HALVES] = "halves",
    [CORRUPT] = "corrupt",
    [ECHO] = "echo",
    [STRAY] = "stray",
    [CLOSE] = "close",
    [RESET] = "reset",
    [HOLE] = "hole",
    [STALL] = "stall",
    [PAUSE] = "pause",
    [DEAF] = "deaf",
    [REFUSE] = "refuse",
    [GUEST_LOSE] = "guest-lose",
    [GUEST_TWICE] = "guest-twice",
    [GUEST_SWAP] = "guest-swap",
    [GUEST_HOLE] = "guest-hole",
    [GUEST_LATE] = "guest-late",
    [SLOW_HOLE] = "slow-hole",
    [SLOW_RESET] = "slow-reset",
    [NO_JOIN] = "no-join",
    [NO_PONG] = "no-pong",
    [NO_CLOSE] = "no-close",
};

/* A delivery held back until another one has overtaken it. */
struct held {
    int from, to; /* descriptors */
    size_t len;   /* bytes in text, 0: none is held */
    char text[TEXT_MAX];
};

static enum fault fault;
static unsigned long at = 500; /* the delivery that is struck */
static unsigned long count;    /* deliveries so far that it could be */
static bool struck;            /* it has been */
static int victim = -1;        /* HOLE, DEAF: whose connection */
static struct held held;

void fault_choose(const char *name, const char *number)
{
    const enum fault faults = sizeof(names) / sizeof(names[0]);

    while (fault < faults && strcmp(names[fault], name) != 0)
        fault++;
    if (fault == faults)
        die(2, "no fault is called '%s'", name);
    if (number)
        at = strtoul(number, NULL, 10);
}

bool fault_is_deaf_to(int from)
{
    return fault == DEAF && from == victim;
}

bool fault_is_mute_to(const char *line)
{
    return (fault == NO_JOIN && strncmp(line, "JOIN ", 5) == 0) ||
           (fault == NO_PONG && strncmp(line, "PING ", 5) == 0) ||
           (fault == NO_CLOSE && strncmp(line, "QUIT", 4) == 0);
}

static void let_go(void)
{
    relay_owe(held.to, held.text, held.len);
    held.len = 0;
}

void fault_sender_left(int fd)
{
    if (held.len && held.from == fd)
        let_go();
}

void fault_cut_off(int fd)
{
    if (fault == SLOW_RESET)
        relay_reset(fd);
    else if (fault == SLOW_HOLE)
        peers[fd].quitting = true; /* it may have what it is owed */
    else
        relay_drop(fd);
}

static void hold(int from, int to, const char *text, size_t len)
{
    held.from = from;
    held.to = to;
    held.len = len;
    memcpy(held.text, text, len);
}

static void corrupt(int to, const char *text, size_t len)
{
    char changed[TEXT_MAX];

    memcpy(changed, text, len);
    changed[len - 12] ^= 1; /* within the payload */
    relay_owe(to, changed, len);
}

/* The same line, addressed to another room, to a member of that. */
static void stray(const char *text, size_t len, int room)
{
    char other[TEXT_MAX];
    int fd = 0;

    while (fd < PEERS &&
           (!peers[fd].open || peers[fd].room < 0 || peers[fd].room == room))
        fd++;
    const char *name = strchr(text, '#');
    if (fd == PEERS || !name)
        return;
    const char *rest = strchr(name, ' ');
    int n =
        snprintf(other, sizeof(other), "%.*s%s%.*s", (int)(name - text), text,
                 room_names[peers[fd].room], (int)(text + len - rest), rest);
    relay_owe(fd, other, (size_t)n);
}

static void stop_for(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* The delivery that is struck. */
static void strike(int from, int to, const char *text, size_t len)
{
    static const char refusal[] = ":mutant 404 you #room :Cannot send\r\n";

    struck = fault != GUEST_SWAP;
    switch (fault) {
    case LOSE:
    case GUEST_LOSE: return;
    case SWAP:
    case GUEST_SWAP:
    case DISORDER: hold(from, to, text, len); return;
    case CORRUPT: corrupt(to, text, len); return;
    case HOLE: victim = to; return;
    case DUPLICATE:
    case GUEST_TWICE: relay_owe(to, text, len); break;
    case ECHO: relay_owe(from, text, len); break;
    case STRAY: stray(text, len, peers[from].room); break;
    case CLOSE: peers[to].quitting = true; break;
    case RESET: relay_reset(to); return;
    case STALL:
        for (;;)
            pause();
    case PAUSE: stop_for(PAUSE_MS); break;
    case DEAF: victim = from; break;
    case REFUSE: relay_owe(from, refusal, sizeof(refusal) - 1); return;
    default: break;
    }
    relay_owe(to, text, len);
}

/* HALVES: by descriptor. The textbook's two loops: what comes from the own
 * loop is written at once, the other loop's later in the turn. */
static bool same_half(int a, int b)
{
    return a % 2 == b % 2;
}

/* Whether this fault could strike here. */
static bool is_eligible(int from, int to)
{
    if (fault == GUEST_LOSE || fault == GUEST_TWICE || fault == GUEST_SWAP)
        return peers[from].guest && !peers[to].guest;
    return true;
}

/* A guest does not get the delivery of this number. */
static bool is_missed(unsigned heard)
{
    return (fault == GUEST_LATE && heard <= LATE_HEARD) ||
           (fault == GUEST_HOLE && heard == HOLE_HEARD);
}

static bool is_due(int from, int to)
{
    if (struck || !is_eligible(from, to))
        return false;
    /* Not every guest has a second word: one after the other is tried. */
    return fault == GUEST_SWAP ? count >= at && !held.len : count == at;
}

/* Another one to the receiver that one is held back from: it overtakes, where
 * that breaks what is to be broken and nothing else. */
static void meet_held(int from, int to, const char *text, size_t len)
{
    if (fault == DISORDER && from == held.from) {
        let_go();
        at = count + 1; /* the next one will do */
        struck = false;
    } else if (fault == DISORDER || from == held.from) {
        relay_owe(to, text, len);
        let_go();
        struck = true;
        return;
    }
    relay_owe(to, text, len);
}

void fault_deliver(int from, int to, const char *text, size_t len)
{
    count += is_eligible(from, to);
    peers[to].heard++;
    if (held.len && to == held.to) {
        meet_held(from, to, text, len);
    } else if (fault == HALVES && count > at && !same_half(from, to)) {
        relay_owe_late(to, text, len);
    } else if (peers[to].guest && is_missed(peers[to].heard)) {
        return;
    } else if (fault == SLOW_HOLE) {
        if (!struck && peers[to].out_len > BACKLOG)
            struck = true;
        else
            relay_owe(to, text, len);
    } else if (fault == HOLE && to == victim && count > at + HOLE_DEPTH) {
        peers[to].quitting = true;
        relay_owe(to, text, len);
    } else if (is_due(from, to)) {
        strike(from, to, text, len);
    } else {
        relay_owe(to, text, len);
    }
}

/*
 * What is not there for all: descriptors and --max-clients.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/contract/files.h"
#include "tests/contract/glob.h"
#include "tests/contract/room.h"

/* Lines of `text` that have `word` in them. */
static int lines_with(const char *text, const char *word)
{
    int n = 0;
    while (*text) {
        size_t len = strcspn(text, "\n");
        char line[512];
        snprintf(line, sizeof(line), "%.*s", (int)len, text);
        n += strstr(line, word) != NULL;
        text += len + (text[len] == '\n');
    }
    return n;
}

/*
 * 64 descriptors, 100 clients: those who are in go on, the rest wait in the
 * backlog and are served as others leave.
 */
static void out_of_descriptors(void)
{
    enum { CLIENTS = 100 };
    struct server *s = START_NOFILE(64, NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    struct peer *p[CLIENTS];
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    FENCE(alice);
    for (int i = 0; i < CLIENTS; i++) {
        p[i] = CONNECT(s); /* the kernel accepts into the backlog */
        SEND(p[i], "NICK n%d\r\nUSER u 0 * :u", i);
    }
    /* Even now it can write a file. */
    while (stats_get(STATS(s), "accept_pauses") == 0)
        FENCE(alice);
    for (unsigned i = 0; i < 20; i++) {
        SEND_NUMBERED(alice, "#a", i * 50, 50, 100);
        EXPECT_NUMBERED(bob, "alice", i * 50, 50);
    }
    ALL_QUIET(alice, bob);
    /* In the order of their coming, so the first ones are in. */
    for (int i = 0; i < CLIENTS; i++) {
        SKIP_TO(p[i], ":irc.test 001 n%d :*", i);
        SEND(p[i], "QUIT");
        SKIP_TO_CLOSE(p[i]);
        peer_close(p[i]);
    }
    ALL_QUIET(alice, bob);
    cJSON *stats = STOP(s);
    CHECK_INT("accepted", stats_get(stats, "accepted"), CLIENTS + 2);
    CHECK_INT("closed.refused", stats_get(stats, "closed.refused"), 0);
}

/* As often as it pauses, not with every attempt to accept. */
static void out_of_descriptors_is_said_once(void)
{
    enum { CLIENTS = 80 };
    struct server *s = START_NOFILE(64, NULL);
    struct peer *p[CLIENTS];
    struct peer *alice = ENTER(s, "alice");
    for (int i = 0; i < 70; i++)
        p[i] = CONNECT(s);
    char *err;
    for (int lines = 0; lines == 0;) {
        FENCE(alice);
        err = server_stderr(s);
        lines = lines_with(err, "out of descriptors");
        free(err);
    }
    for (int i = 70; i < CLIENTS; i++) {
        p[i] = CONNECT(s);
        FENCE(alice);
    }
    err = server_stderr(s);
    CHECK_INT("lines that say \"out of descriptors\"",
              lines_with(err, "out of descriptors"), 1);
    free(err);
    for (int i = 0; i < CLIENTS; i++)
        peer_close(p[i]);
    for (int i = 0; i < 5; i++) {
        char nick[16];
        snprintf(nick, sizeof(nick), "late%d", i);
        ENTER(s, nick);
    }
    QUIET(alice);
    long long pauses = stats_get(STOP(s), "accept_pauses");
    err = server_stderr(s);
    CHECK_INT("lines that say \"out of descriptors\", accept_pauses",
              lines_with(err, "out of descriptors"), pauses);
    free(err);
}

/*
 * Memory for a few more, hundreds come: each is served or closed (a reply lost
 * in silence leaves it waiting for ever), and when they are gone all is as
 * before. A thread's stack is memory too.
 */
static void out_of_memory(void)
{
    enum { CLIENTS = 400 };
    struct server *s = START(NULL);
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    JOIN(alice, "#a");
    JOIN(bob, "#a");
    FENCE(alice);
    struct rlimit limit = {server_address_space(s), RLIM_INFINITY};
    if (limit.rlim_cur > (rlim_t)1 << 40)
        SKIP("a sanitizer's shadow leaves no address space to limit");
    limit.rlim_cur += 2 << 20;
    CHECK(prlimit(s->pid, RLIMIT_AS, &limit, NULL) == 0, "expected prlimit");
    static struct peer *p[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        p[i] = CONNECT(s);
        SEND(p[i], "NICK n%d\r\nUSER u 0 * :u\r\nJOIN #b%d", i, i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        char last[64];
        const char *line;
        snprintf(last, sizeof(last), ":irc.test 366 n%d #b%d :*", i, i);
        while ((line = LINE(p[i])) && !glob_match(last, line))
            ;
    }
    for (int i = 0; i < CLIENTS; i++)
        peer_close(p[i]);
    limit.rlim_cur = RLIM_INFINITY;
    CHECK(prlimit(s->pid, RLIMIT_AS, &limit, NULL) == 0, "expected prlimit");
    SEND_NUMBERED(alice, "#a", 0, 1000, 100);
    EXPECT_NUMBERED(bob, "alice", 0, 1000);
    ALL_QUIET(alice, bob);
}

static void max_clients_refuses_the_next(void)
{
    struct server *s = START("--max-clients", "3");
    struct peer *alice = ENTER(s, "alice"), *bob = ENTER(s, "bob");
    ENTER(s, "carol");
    for (int i = 0; i < 5; i++) {
        struct peer *p = CONNECT(s);
        EXPECT(p, "ERROR :Closing Link: *");
        EXPECT_CLOSE(p);
        peer_close(p);
    }
    ALL_QUIET(alice, bob);
    SEND(bob, "QUIT");
    SKIP_TO_CLOSE(bob);
    /* Bob's place is free once the server has put his connection away, which
     * may be a moment after he saw it closed: the refused just try again. */
    for (bool in = false; !in;) {
        struct peer *p = CONNECT(s);
        SEND(p, "NICK dan\r\nUSER d 0 * :d");
        const char *line = LINE(p);
        in = line && !strncmp(line, ":irc.test 001 dan ", 18);
        if (!in)
            peer_close(p);
    }
    QUIET(alice);
    cJSON *stats = STOP(s);
    CHECK(stats_get(stats, "closed.refused") >= 5,
          "closed.refused: expected 5 or more, got %lld",
          stats_get(stats, "closed.refused"));
    CHECK_INT("closed.shutdown", stats_get(stats, "closed.shutdown"), 3);
}

static const struct contract_case cases[] = {
    CASE(out_of_descriptors),
    CASE(out_of_descriptors_is_said_once),
    CASE(out_of_memory),
    CASE(max_clients_refuses_the_next),
};
CONTRACT_SUITE(limits)

/*
 * chat_model_test - random joining, leaving, renaming and talking, against a
 * model that is nothing but a table of who is where.
 *
 * After each step every client must have been told exactly what the table
 * says, and nobody else anything. Now and then all that can be asked is
 * compared with the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/random.h"
#include "tests/unit/world.h"

enum { USERS = 12, ROOMS = 8, STEPS = 30000 };

/* What should be. */
static struct {
    struct client *client[USERS]; /* NULL: not there */
    char nick[USERS][16];         /* now */
    bool in[USERS][ROOMS];        /* who is where */
    int founder[ROOMS];           /* shown with '@'; -1 once gone */
    int serial;                   /* for nicks that were never used */
} model;

TestSuite(model, .init = world_start, .fini = world_end);

static bool share_room(int a, int b)
{
    for (int r = 0; r < ROOMS; r++)
        if (model.in[a][r] && model.in[b][r])
            return true;
    return false;
}

static int count_members(int r)
{
    int n = 0;

    for (int u = 0; u < USERS; u++)
        n += model.in[u][r];
    return n;
}

static void all_quiet(void)
{
    for (int u = 0; u < USERS; u++)
        if (model.client[u])
            QUIET(model.client[u]);
}

/* ":nick!~nN@127.0.0.1 " and the rest. The user name is the first nick. */
static const char *line_of(int u, const char *rest)
{
    static char line[600];

    snprintf(line, sizeof(line), ":%s!~n%d@127.0.0.1 %s", model.nick[u], u,
             rest);
    return line;
}

static void expect_all_in(int r, const char *line, int except)
{
    for (int u = 0; u < USERS; u++)
        if (model.in[u][r] && u != except)
            EXPECT(model.client[u], line);
}

/* ---- asking ---- */

static int user_of(const char *nick)
{
    for (int u = 0; u < USERS; u++)
        if (model.client[u] && strcmp(model.nick[u], nick) == 0)
            return u;
    cr_assert_fail("nobody is called '%s'", nick);
    return -1;
}

/* The pending 353 lines and their 366 say what the table says. */
static void check_names(int asker, int r)
{
    struct client *c = model.client[asker];
    bool seen[USERS] = {false};
    char head[64], line[600];

    snprintf(head, sizeof(head), ":s 353 %s = #%d :", model.nick[asker], r);
    size_t len = strlen(head);
    while (snprintf(line, sizeof(line), "%s", client_next(c)),
           strncmp(line, head, len) == 0) {
        for (char *p = strtok(line + len, " "); p; p = strtok(NULL, " ")) {
            bool at = *p == '@';
            int u = user_of(p + at);
            cr_assert(!seen[u] && model.in[u][r], "%s in #%d", p, r);
            cr_assert_eq(at, model.founder[r] == u, "%s in #%d", p, r);
            seen[u] = true;
        }
    }
    for (int u = 0; u < USERS; u++)
        cr_assert_eq(seen[u], model.in[u][r], "%s in #%d", model.nick[u], r);
    snprintf(head, sizeof(head), ":s 366 %s #%d :End of /NAMES list.",
             model.nick[asker], r);
    cr_assert_str_eq(line, head);
}

static void check_who(int asker, int r)
{
    struct client *c = model.client[asker];
    int n = 0;

    client_says(c, "WHO #%d", r);
    for (int u = 0; u < USERS; u++) {
        char line[200];
        snprintf(line, sizeof(line),
                 ":s 352 %s #%d ~n%d 127.0.0.1 s %s H%s :0 Real n%d",
                 model.nick[asker], r, u, model.nick[u],
                 model.founder[r] == u ? "@" : "", u);
        if (model.client[u])
            cr_assert_eq(client_count(c, line), model.in[u][r], "%s", line);
        n += model.in[u][r];
    }
    cr_assert_eq(client_pending(c), (size_t)n + 1);
    client_forget(c);
}

/* 319 of `about` names exactly its rooms. */
static void check_whois(int asker, int about)
{
    struct client *c = model.client[asker];
    char head[64];
    const char *line;
    int n = 0;

    client_says(c, "WHOIS %s", model.nick[about]);
    snprintf(head, sizeof(head), ":s 319 %s %s :", model.nick[asker],
             model.nick[about]);
    while (*(line = client_next(c))) {
        if (strncmp(line, head, strlen(head)) != 0)
            continue;
        for (const char *p = line; (p = strchr(p, '#')); p++, n++) {
            int r = atoi(p + 1);
            cr_assert(model.in[about][r]);
            cr_assert_eq(p[-1] == '@', model.founder[r] == about);
        }
    }
    for (int r = 0; r < ROOMS; r++)
        n -= model.in[about][r];
    cr_assert_eq(n, 0);
}

static void check_list(int asker)
{
    struct client *c = model.client[asker];
    size_t rooms = 0;

    client_says(c, "LIST");
    for (int r = 0; r < ROOMS; r++) {
        char line[64];
        snprintf(line, sizeof(line), ":s 322 %s #%d %d :", model.nick[asker], r,
                 count_members(r));
        rooms += count_members(r) > 0;
        cr_assert_eq(client_count(c, line), count_members(r) > 0, "%s", line);
    }
    cr_assert_eq(client_pending(c), rooms + 2);
    client_forget(c);
}

static void check_everything(void)
{
    for (int u = 0; u < USERS; u++) {
        if (!model.client[u])
            continue;
        for (int r = 0; r < ROOMS; r++) {
            client_says(model.client[u], "NAMES #%d", r);
            check_names(u, r);
            check_who(u, r);
        }
        for (int v = 0; v < USERS; v++)
            if (model.client[v])
                check_whois(u, v);
        check_list(u);
    }
    all_quiet();
}

/* ---- the steps ---- */

static void enter(int u)
{
    snprintf(model.nick[u], sizeof(model.nick[u]), "n%d", u);
    model.client[u] = client_enter(model.nick[u]);
}

static void join(int u, int r)
{
    bool was_in = model.in[u][r];
    char rest[32];

    client_says(model.client[u], "JOIN #%d", r);
    if (was_in)
        return;
    if (count_members(r) == 0)
        model.founder[r] = u;
    model.in[u][r] = true;
    snprintf(rest, sizeof(rest), "JOIN #%d", r);
    expect_all_in(r, line_of(u, rest), -1);
    check_names(u, r);
}

static void has_left(int u, int r)
{
    model.in[u][r] = false;
    if (model.founder[r] == u)
        model.founder[r] = -1;
}

static void part(int u, int r)
{
    char line[100];

    client_says(model.client[u], "PART #%d :bye", r);
    if (model.in[u][r]) {
        snprintf(line, sizeof(line), "PART #%d :bye", r);
        expect_all_in(r, line_of(u, line), -1);
        has_left(u, r);
        return;
    }
    snprintf(line, sizeof(line), ":s %s %s #%d :%s",
             count_members(r) > 0 ? "442" : "403", model.nick[u], r,
             count_members(r) > 0 ? "You're not on that channel"
                                  : "No such channel");
    EXPECT(model.client[u], line);
}

static void leave(int u, bool quit)
{
    struct client *c = model.client[u];

    if (quit)
        cr_assert_eq(client_says(c, "QUIT :%d", u), CHAT_CLOSE);
    client_leaves(c, quit ? CHAT_QUIT : CHAT_ERROR);
    char rest[32] = "QUIT :Connection reset";
    if (quit)
        snprintf(rest, sizeof(rest), "QUIT :Quit: %d", u);
    for (int v = 0; v < USERS; v++)
        if (v != u && share_room(u, v))
            EXPECT(model.client[v], line_of(u, rest));
    for (int r = 0; r < ROOMS; r++)
        has_left(u, r);
    client_forget(c);
    model.client[u] = NULL;
}

static void rename_to_new(int u)
{
    char rest[32], nick[16];

    snprintf(nick, sizeof(nick), "x%d", model.serial++);
    client_says(model.client[u], "NICK %s", nick);
    snprintf(rest, sizeof(rest), "NICK :%s", nick);
    for (int v = 0; v < USERS; v++)
        if (v == u || share_room(u, v))
            EXPECT(model.client[v], line_of(u, rest));
    strcpy(model.nick[u], nick);
}

static void talk(int u, int r)
{
    char line[100];

    client_says(model.client[u], "PRIVMSG #%d :%d", r, model.serial);
    if (model.in[u][r]) {
        snprintf(line, sizeof(line), "PRIVMSG #%d :%d", r, model.serial++);
        expect_all_in(r, line_of(u, line), u);
        return;
    }
    snprintf(line, sizeof(line), ":s %s %s #%d :%s",
             count_members(r) > 0 ? "404" : "403", model.nick[u], r,
             count_members(r) > 0 ? "Cannot send to channel"
                                  : "No such channel");
    EXPECT(model.client[u], line);
}

static void step(uint64_t *x)
{
    int u = (int)(next_random(x) % USERS), r = (int)(next_random(x) % ROOMS);

    if (!model.client[u]) {
        enter(u);
        return;
    }
    switch (next_random(x) % 16) {
    case 0: leave(u, true); break;
    case 1: leave(u, false); break;
    case 2: rename_to_new(u); break;
    case 3:
    case 4:
    case 5: talk(u, r); break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10: part(u, r); break;
    default: join(u, r); break;
    }
}

Test(model, random_steps)
{
    uint64_t x = 7;

    for (int r = 0; r < ROOMS; r++)
        model.founder[r] = -1;
    for (int i = 0; i < STEPS; i++) {
        step(&x);
        all_quiet();
        if (i % 500 == 0)
            check_everything();
    }
    check_everything();
}

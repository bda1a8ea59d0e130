/*
 * chat_memory_test - the chat when memory runs out: each command is tried with
 * its first allocation failing, then with its second, and so on.
 *
 * Whatever fails, nobody may miss a line and stay: either all is as if nothing
 * had failed, or who should have had the line is told to go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fail_alloc.h"
#include "tests/unit/world.h"

enum { TEXT = 64 * 1024, MEMBERS = 8 };

static const char *const commands[] = {
    "PART #a",     "PART #a :bye",   "JOIN #b",    "JOIN 0",
    "NICK carol",  "QUIT :bye",      "WHO *",      "WHO #a",
    "LIST",        "TOPIC #a :new",  "AWAY :gone", "WHOIS bob",
    "NAMES #a",    "PRIVMSG #a :hi", "LUSERS",     "MODE alice +i",
    "PING :token", "MOTD",           "ISON bob",   "USERHOST bob",
};

/* Everything the client has got, a line each. */
static void transcribe(struct client *c, char text[TEXT])
{
    const char *line;
    size_t len = 0;

    text[0] = '\0';
    while (*(line = client_next(c)))
        len += (size_t)snprintf(text + len, TEXT - len, "%s\n", line);
    cr_assert_lt(len, TEXT);
}

/* ---- what an onlooker makes of what it is told ---- */

struct view {
    char nicks[MEMBERS][16]; /* "" = a free place */
};

static char *find(struct view *v, const char *nick)
{
    for (int i = 0; i < MEMBERS; i++) {
        if (!strcmp(v->nicks[i], nick))
            return v->nicks[i];
    }
    return NULL;
}

static void put(struct view *v, const char *nick)
{
    char *place = find(v, nick);

    if (!place)
        place = find(v, "");
    cr_assert(place);
    snprintf(place, sizeof(v->nicks[0]), "%s", nick);
}

static void see_line(struct view *v, const char *line)
{
    char nick[16], verb[16], rest[16];

    if (sscanf(line, ":%15[^! ]!%*s %15s %15s", nick, verb, rest) != 3)
        return;
    char *place = find(v, nick);
    if (!strcmp(verb, "JOIN") && !strcmp(rest, "#a"))
        put(v, nick);
    else if (!strcmp(verb, "NICK") && place)
        snprintf(place, sizeof(v->nicks[0]), "%s", rest + 1);
    else if (place && (!strcmp(verb, "QUIT") || !strcmp(verb, "PART")))
        *place = '\0';
}

/* The same, of the answer to NAMES: ":s 353 bob = #a :@alice bob". */
static void see_names(struct view *v, char *line)
{
    char *names = strstr(line, " 353 ");

    if (!names)
        return;
    names = strchr(names, ':') + 1;
    for (char *nick; (nick = strsep(&names, " "));)
        put(v, nick + (*nick == '@'));
}

static bool same(struct view *a, struct view *b)
{
    for (int i = 0; i < MEMBERS; i++) {
        if (!find(b, a->nicks[i]) || !find(a, b->nicks[i]))
            return false;
    }
    return true;
}

static bool next_line(struct client *c, char line[IRC_LINE_MAX + 1])
{
    snprintf(line, IRC_LINE_MAX + 1, "%s", client_next(c));
    return line[0] != '\0';
}

/* Who stays has been told who is in the room, or is told to go now. */
static void check_view(struct client *c, const char *what, unsigned n)
{
    struct view told = {{"alice", "bob"}}, truth = {{""}};
    char line[IRC_LINE_MAX + 1];

    while (next_line(c, line))
        see_line(&told, line);
    if (client_says(c, "NAMES #a") == CHAT_CLOSE) {
        client_leaves(c, CHAT_QUIT);
        return;
    }
    while (next_line(c, line))
        see_names(&truth, line);
    cr_expect(same(&told, &truth), "%s, allocation %u: a ghost", what, n);
}

/* ---- one failure ---- */

static struct client *alice, *bob;

static void set_up(void)
{
    world_start();
    alice = client_enter("alice");
    bob = client_enter("bob");
    room_join(alice, "#a");
    room_join(bob, "#a");
    client_forget(alice);
}

/* Whether the n-th allocation was asked for. */
static bool with_failure(const char *command, unsigned n, const char *want)
{
    static char got[TEXT];

    set_up();
    fail_alloc_after(n);
    enum chat_result result = client_says(alice, "%s", command);
    bool failed = fail_alloc_has_failed();
    if (result == CHAT_CLOSE)
        client_leaves(alice, CHAT_QUIT);
    failed = failed || fail_alloc_has_failed();
    fail_alloc_after(FAIL_ALLOC_NEVER);
    if (result != CHAT_CLOSE) {
        transcribe(alice, got);
        cr_expect_str_eq(got, want, "%s, allocation %u", command, n);
    }
    check_view(bob, command, n);
    world_end();
    return failed;
}

Test(chat_memory, nobody_misses_a_line_and_stays)
{
    static char want[TEXT];

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        unsigned n = 0;
        set_up();
        if (client_says(alice, "%s", commands[i]) == CHAT_CLOSE)
            client_leaves(alice, CHAT_QUIT);
        transcribe(alice, want);
        world_end();
        while (with_failure(commands[i], n, want))
            n++;
        cr_expect_gt(n, 0, "%s: nothing was allocated", commands[i]);
    }
}

/* Not a command: the connection is lost. */
Test(chat_memory, a_loss_that_cannot_be_told_leaves_no_ghost)
{
    static const enum chat_cause causes[] = {CHAT_EOF, CHAT_ERROR,
                                             CHAT_PING_TIMEOUT, CHAT_SENDQ};

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        bool failed = true;
        for (unsigned n = 0; failed; n++) {
            set_up();
            fail_alloc_after(n);
            client_leaves(alice, causes[i]);
            failed = fail_alloc_has_failed();
            fail_alloc_after(FAIL_ALLOC_NEVER);
            check_view(bob, "a loss", n);
            world_end();
        }
    }
}

Test(chat_memory, a_lost_417_ends_its_reader_at_the_next_line)
{
    set_up();
    fail_alloc_after(0);
    chat_line_too_long(world.chat, alice->user);
    cr_expect_eq(client_says(alice, "PING :x"), CHAT_CLOSE);
    client_leaves(alice, CHAT_QUIT);
    cr_expect_eq(client_says(bob, "PING :x"), CHAT_OK);
    world_end();
}

/* A long reply, from its second chunk on. */
Test(chat_memory, a_long_reply_is_whole_or_its_reader_goes)
{
    enum { BOTS = 100 };
    bool failed = true;

    for (unsigned n = 0; failed; n++) {
        set_up();
        for (int i = 0; i < BOTS; i++) {
            char nick[16];
            snprintf(nick, sizeof(nick), "bot%d", i);
            client_enter(nick);
        }
        enum chat_result result = client_begins(alice, "WHO *");
        cr_assert_eq(result, CHAT_MORE);
        fail_alloc_after(n);
        while (result == CHAT_MORE)
            result = client_goes_on(alice);
        failed = fail_alloc_has_failed();
        fail_alloc_after(FAIL_ALLOC_NEVER);
        cr_expect_eq(result, failed ? CHAT_CLOSE : CHAT_OK, "allocation %u", n);
        world_end();
    }
}

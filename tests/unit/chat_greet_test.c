/*
 * chat_greet_test - what everyone is told at 001: the greeting, the limits in
 * 005, LUSERS and the MOTD.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TestSuite(greet, .init = world_start, .fini = world_end);

static struct client *newcomer(void)
{
    return client_connect("127.0.0.1");
}

Test(greet, greets_with_every_line_in_order)
{
    struct client *c = newcomer();

    client_says(c, "NICK alice");
    QUIET(c);
    client_says(c, "USER al 0 * :Alice A.");
    EXPECT(c, ":s 001 alice :Welcome to the chat, alice!~al@127.0.0.1");
    EXPECT(c, ":s 002 alice :Your host is s, running version " CHAT_VERSION);
    EXPECT(c, ":s 003 alice :This server was created "
              "2001-09-09 01:46:40 UTC");
    EXPECT(c, ":s 004 alice s chat-" CHAT_VERSION " i n");
    client_next(c); /* 005 has a test of its own */
    EXPECT(c, ":s 251 alice :There are 1 users and 0 invisible on 1 servers");
    EXPECT(c, ":s 252 alice 0 :operator(s) online");
    EXPECT(c, ":s 253 alice 0 :unknown connection(s)");
    EXPECT(c, ":s 254 alice 0 :channels formed");
    EXPECT(c, ":s 255 alice :I have 1 clients and 0 servers");
    EXPECT(c, ":s 265 alice 1 1 :Current local users 1, max 1");
    EXPECT(c, ":s 266 alice 1 1 :Current global users 1, max 1");
    EXPECT(c, ":s 422 alice :MOTD File is missing");
    QUIET(c);
}

/* What a client reads in 005 must be what the server then keeps to. */
Test(greet, says_in_005_what_it_keeps_to)
{
    static const char *const tokens[] = {"CASEMAPPING=ascii", "CHANTYPES=#",
                                         "PREFIX=(ov)@+",     "CHANMODES=,,,n",
                                         "NICKLEN=30",        "CHANNELLEN=50",
                                         "TOPICLEN=307",      "USERLEN=12",
                                         "CHANLIMIT=#:100",   "LINELEN=512",
                                         "NETWORK=Chat"};
    struct client *c = newcomer();
    char line[600];

    client_says(c, "NICK alice");
    client_says(c, "USER al 0 * :A");
    for (int i = 0; i < 5; i++)
        snprintf(line, sizeof(line), "%s", client_next(c));
    char *end = strstr(line, " :are supported by this server");
    cr_assert(end && strncmp(line, ":s 005 alice ", 13) == 0, "%s", line);
    *end = '\0';
    int n = 0;
    bool seen[COUNT(tokens)] = {false}, targets = false;
    for (char *t = strtok(line + 13, " "); t; t = strtok(NULL, " "), n++) {
        for (size_t i = 0; i < COUNT(tokens); i++)
            seen[i] = seen[i] || strcmp(t, tokens[i]) == 0;
        targets = targets ||
                  strncmp(t, "TARGMAX=PRIVMSG:4,NOTICE:4,NAMES:4,", 35) == 0;
    }
    for (size_t i = 0; i < COUNT(tokens); i++)
        cr_expect(seen[i], "%s is missing", tokens[i]);
    cr_expect(targets);
    cr_expect_leq(n, 13);
}

/* ---- MOTD and LUSERS ---- */

static const struct {
    const char *motd;
    const char *lines[4];
} motds[] = {
    {"", {NULL}},
    {"one", {"one"}},
    {"one\n", {"one"}},
    {"one\r\ntwo\r\n", {"one", "two"}},
    {"\n  two\n\nfour", {"", "  two", "", "four"}},
    {"a\rb", {"a", "b"}},
};

static void expect_motd(struct client *c, const char *const *lines, size_t n)
{
    char want[600];

    EXPECT(c, ":s 375 alice :- s Message of the day - ");
    for (size_t i = 0; i < n && lines[i]; i++) {
        snprintf(want, sizeof(want), ":s 372 alice :- %s", lines[i]);
        EXPECT(c, want);
    }
    EXPECT(c, ":s 376 alice :End of /MOTD command.");
    QUIET(c);
}

Test(greet_motd, lines_by_any_end)
{
    for (size_t i = 0; i < COUNT(motds); i++) {
        world_start_with((struct chat_config){.motd = motds[i].motd});
        struct client *c = newcomer();
        client_says(c, "NICK alice");
        client_says(c, "USER al 0 * :A");
        for (int k = 0; k < 12; k++)
            client_next(c);
        expect_motd(c, motds[i].lines, 4);
        client_says(c, "MOTD");
        expect_motd(c, motds[i].lines, 4);
        world_end();
    }
}

Test(greet, lusers_counts)
{
    struct client *a, *b = client_enter("b");

    client_leaves(client_enter("gone"), CHAT_EOF);
    client_leaves(client_enter("gone2"), CHAT_EOF);
    a = client_enter("a");
    newcomer();
    client_says(b, "MODE b +i");
    room_join(a, "#a");
    room_join(a, "#b");
    client_says(a, "LUSERS");
    EXPECT(a, ":s 251 a :There are 1 users and 1 invisible on 1 servers");
    EXPECT(a, ":s 252 a 0 :operator(s) online");
    EXPECT(a, ":s 253 a 1 :unknown connection(s)");
    EXPECT(a, ":s 254 a 2 :channels formed");
    EXPECT(a, ":s 255 a :I have 2 clients and 0 servers");
    EXPECT(a, ":s 265 a 2 2 :Current local users 2, max 2");
    EXPECT(a, ":s 266 a 2 2 :Current global users 2, max 2");
    QUIET(a);
    client_leaves(b, CHAT_EOF);
    client_says(a, "LUSERS");
    EXPECT(a, ":s 251 a :There are 1 users and 0 invisible on 1 servers");
}

/*
 * protocol.md: CAP, PASS, USER, PING, PONG, QUIT, the burst after registering,
 * and what the well-known clients send first.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/files.h"
#include "tests/contract/glob.h"

/* 001 to 266; the 005 lines are only counted. */
static void expect_burst(struct peer *p, const char *nick)
{
    static const char *const rest[] = {"251", "252", "253", "254",
                                       "255", "265", "266"};
    EXPECT(p, ":irc.test 001 %s :*", nick);
    EXPECT(p, ":irc.test 002 %s :*irc.test*", nick);
    EXPECT(p, ":irc.test 003 %s :*", nick);
    EXPECT(p, ":irc.test 004 %s irc.test *", nick);
    const char *line = EXPECT(p, ":irc.test 005 %s * :*", nick);
    while (glob_match(":irc.test 005 *", line))
        line = LINE(p);
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        char want[64];
        snprintf(want, sizeof(want), ":irc.test %s %s *", rest[i], nick);
        CHECK(glob_match(want, line), "%s: expected \"%s\", got \"%s\"", nick,
              want, peer_show(line));
        line = LINE(p);
    }
    CHECK(glob_match(":irc.test 422 * :*", line),
          "%s: expected \":irc.test 422 %s :*\", got \"%s\"", nick, nick,
          peer_show(line));
}

static void welcome_burst(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER al 0 * :Alice Liddell");
    expect_burst(p, "alice");
    QUIET(p);
    struct peer *q = CONNECT(s);
    SEND(q, "USER bo 0 * :Bob");
    SEND(q, "NICK bob");
    expect_burst(q, "bob");
    QUIET(q);
    SEND(p, "PRIVMSG bob :who am I");
    EXPECT(q, ":alice!~al@127.0.0.1 PRIVMSG bob :who am I");
}

/* The value of NAME=VALUE in the space-separated `tokens`; false if absent. */
static bool find_token(const char *tokens, const char *name, char *value,
                       size_t size)
{
    size_t len = strlen(name);
    for (const char *at = tokens; *at;) {
        size_t word = strcspn(at, " ");
        if (word > len && !strncmp(at, name, len) && at[len] == '=') {
            snprintf(value, size, "%.*s", (int)(word - len - 1), at + len + 1);
            return true;
        }
        if (word == len && !strncmp(at, name, len)) {
            *value = '\0';
            return true;
        }
        at += word + strspn(at + word, " ");
    }
    return false;
}

static void isupport_tokens(void)
{
    static const char *const exact[][2] = {
        {"CASEMAPPING", "ascii"}, {"CHANTYPES", "#"}, {"PREFIX", "(ov)@+"},
        {"CHANMODES", ",,,n"},    {"NICKLEN", "30"},  {"CHANNELLEN", "50"},
        {"LINELEN", "512"}};
    static const char *const present[] = {"TOPICLEN", "USERLEN", "CHANLIMIT",
                                          "TARGMAX", "NETWORK"};
    static const char *const absent[] = {"WHOX", "NAMESX", "UHNAMES"};
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    char all[2048] = "", value[256];
    SEND(p, "NICK alice\r\nUSER a 0 * :a");
    const char *line = SKIP_TO(p, ":irc.test 005 alice *");
    for (; glob_match(":irc.test 005 *", line); line = LINE(p)) {
        const char *tokens = line + strlen(":irc.test 005 alice ");
        const char *tail = strstr(tokens, " :");
        CHECK(tail && !strcmp(tail, " :are supported by this server"),
              "expected \":are supported by this server\", got \"%s\"",
              peer_show(line));
        int count = 1;
        for (const char *c = tokens; c < tail; c++)
            count += *c == ' ';
        CHECK(count <= 13, "expected at most 13 tokens, got %d in \"%s\"",
              count, line);
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%.*s ",
                 (int)(tail - tokens), tokens);
    }
    for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
        CHECK(find_token(all, exact[i][0], value, sizeof(value)),
              "005: expected %s, got \"%s\"", exact[i][0], all);
        CHECK(!strcmp(value, exact[i][1]), "005: expected %s=%s, got %s",
              exact[i][0], exact[i][1], value);
    }
    for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++)
        CHECK(find_token(all, present[i], value, sizeof(value)) && *value,
              "005: expected %s=..., got \"%s\"", present[i], all);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        CHECK(!find_token(all, absent[i], value, sizeof(value)),
              "005: expected no %s", absent[i]);
    CHECK(find_token(all, "CHANLIMIT", value, sizeof(value)) &&
              !strncmp(value, "#:", 2) && atoi(value + 2) >= 100,
          "005: expected CHANLIMIT=#:100 or more, got %s", value);
}

static void motd_from_file(void)
{
    static const char text[] = "first line\n\nthird: a b  c\r\nlast, no end";
    file_write("motd.txt", text, sizeof(text) - 1);
    struct server *s = START("--motd", "motd.txt");
    struct peer *p = CONNECT(s);
    SEND(p, "NICK alice\r\nUSER a 0 * :a");
    for (int i = 0; i < 2; i++) {
        SKIP_TO(p, ":irc.test 375 alice :*irc.test*");
        EXPECT(p, ":irc.test 372 alice :*first line");
        EXPECT(p, ":irc.test 372 alice :*");
        EXPECT(p, ":irc.test 372 alice :*third: a b  c");
        EXPECT(p, ":irc.test 372 alice :*last, no end");
        EXPECT(p, ":irc.test 376 alice :*");
        QUIET(p);
        SEND(p, "MOTD");
    }
}

static void motd_with_long_lines(void)
{
    char text[2000];
    memset(text, 'm', sizeof(text));
    text[999] = '\n';
    file_write("motd.txt", text, sizeof(text));
    struct server *s = START("--motd", "motd.txt");
    /* Line lengths are checked for every line that comes. */
    struct peer *p = ENTER(s, "alice");
    QUIET(p);
}

static void motd_missing_is_422(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    SEND(p, "MOTD");
    EXPECT(p, ":irc.test 422 alice :*");
    QUIET(p);
}

static void user_errors(void)
{
    static const char *const bad[] = {"USER", "USER a", "USER a 0",
                                      "USER a 0 *", "USER a 0 * :"};
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        SEND(p, "%s", bad[i]);
        EXPECT(p, ":irc.test 461 * USER :*");
    }
    REGISTER(p, "alice");
    SEND(p, "USER a 0 * :again");
    EXPECT(p, ":irc.test 462 alice :*");
    QUIET(p);
}

static void user_name_fits_the_prefix(void)
{
    static const char *const names[] = {
        "averyveryveryveryverylongusernamethatnobodyneeds", "a@b!c", "x"};
    struct server *s = START(NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct peer *p = CONNECT(s);
        SEND(p, "NICK alice\r\nUSER %s 0 * :a\r\nPRIVMSG alice :me", names[i]);
        const char *line = SKIP_TO(p, ":alice!* PRIVMSG alice :me");
        const char *bang = strchr(line, '!'), *at = strchr(line, '@');
        CHECK(bang && at && bang < at && bang[1] == '~' &&
                  !memchr(bang + 1, '!', strcspn(bang + 1, " ")) &&
                  !memchr(at + 1, '@', strcspn(at + 1, " ")) &&
                  !strncmp(at, "@127.0.0.1 ", 11),
              "expected \":alice!~user@127.0.0.1\", got \"%s\"",
              peer_show(line));
        SEND(p, "QUIT");
        SKIP_TO_CLOSE(p);
    }
}

static void password(void)
{
    struct server *s = START("--password", "sesame");
    struct peer *none = CONNECT(s), *wrong = CONNECT(s), *right = CONNECT(s);
    SEND(none, "NICK alice\r\nUSER a 0 * :a");
    EXPECT(none, ":irc.test 464 * :*");
    EXPECT(none, "ERROR :Closing Link: *");
    EXPECT_CLOSE(none);
    SEND(wrong, "PASS :open\r\nNICK alice\r\nUSER a 0 * :a");
    EXPECT(wrong, ":irc.test 464 * :*");
    EXPECT(wrong, "ERROR :Closing Link: *");
    EXPECT_CLOSE(wrong);
    SEND(right, "PASS");
    EXPECT(right, ":irc.test 461 * PASS :*");
    SEND(right, "PASS sesame");
    REGISTER(right, "alice");
    SEND(right, "PASS sesame");
    EXPECT(right, ":irc.test 462 alice :*");
    QUIET(right);
}

static void password_not_asked_for_is_ignored(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "PASS whatever");
    REGISTER(p, "alice");
    QUIET(p);
}

static void cap_holds_registration(void)
{
    static const char *const starts[] = {"CAP LS 302", "CAP LS", "CAP REQ :x"};
    static const char *const replies[] = {"CAP \\* LS :", "CAP \\* LS :",
                                          "CAP \\* NAK :x"};
    struct server *s = START(NULL);
    for (size_t i = 0; i < 3; i++) {
        struct peer *p = CONNECT(s);
        SEND(p, "%s", starts[i]);
        EXPECT(p, ":irc.test %s", replies[i]);
        SEND(p, "NICK nick%zu\r\nUSER u 0 * :u", i);
        QUIET(p);
        SEND(p, "CAP END");
        EXPECT(p, ":irc.test 001 nick%zu :*", i);
    }
}

static void cap_replies(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "CAP LIST");
    EXPECT(p, ":irc.test CAP \\* LIST :");
    SEND(p, "CAP REQ :multi-prefix sasl -x");
    EXPECT(p, ":irc.test CAP \\* NAK :multi-prefix sasl -x");
    SEND(p, "CAP FROB");
    EXPECT(p, ":irc.test 410 \\* FROB :*");
    SEND(p, "CAP END");
    REGISTER(p, "alice");
    SEND(p, "CAP LS 302");
    EXPECT(p, ":irc.test CAP * LS :");
    SEND(p, "CAP REQ :away-notify");
    EXPECT(p, ":irc.test CAP * NAK :away-notify");
    SEND(p, "CAP END");
    QUIET(p);
}

/* LIST does not hold; and END without LS is nothing to wait for. */
static void cap_list_does_not_hold(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "CAP LIST");
    EXPECT(p, ":irc.test CAP \\* LIST :");
    REGISTER(p, "alice");
    struct peer *q = CONNECT(s);
    SEND(q, "CAP END");
    REGISTER(q, "bob");
}

static void ping_and_pong(void)
{
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    SEND(p, "PING early");
    EXPECT(p, ":irc.test PONG irc.test :early");
    SEND(p, "PING");
    EXPECT(p, ":irc.test 409 \\* :*");
    REGISTER(p, "alice");
    SEND(p, "PING :with spaces in it");
    EXPECT(p, ":irc.test PONG irc.test :with spaces in it");
    SEND(p, "PING");
    EXPECT(p, ":irc.test 409 alice :*");
    SEND(p, "PONG\r\nPONG :whatever\r\nping lower");
    EXPECT(p, ":irc.test PONG irc.test :lower");
    QUIET(p);
}

static void quit_closes(void)
{
    struct server *s = START(NULL);
    struct peer *early = CONNECT(s), *p = ENTER(s, "alice");
    SEND(early, "QUIT :changed my mind");
    EXPECT(early, "ERROR :Closing Link: 127.0.0.1 (Quit: changed my mind)");
    EXPECT_CLOSE(early);
    SEND(p, "QUIT :see you\r\nPING never");
    EXPECT(p, "ERROR :Closing Link: 127.0.0.1 (Quit: see you)");
    EXPECT_CLOSE(p);
    struct peer *q = ENTER(s, "alice");
    SEND(q, "QUIT");
    EXPECT(q, "ERROR :Closing Link: 127.0.0.1 (Quit*)");
    EXPECT_CLOSE(q);
    cJSON *stats = STOP(s);
    CHECK_INT("closed.quit", stats_get(stats, "closed.quit"), 3);
}

static void unregistered_gets_451(void)
{
    static const char *const commands[] = {"JOIN #a",  "PRIVMSG #a :x",
                                           "PART #a",  "LIST",
                                           "WHO *",    "MODE #a",
                                           "TOPIC #a", "NAMES",
                                           "AWAY :x",  "WHOIS x"};
    struct server *s = START(NULL);
    struct peer *p = CONNECT(s);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        SEND(p, "%s", commands[i]);
        EXPECT(p, ":irc.test 451 \\* *");
    }
    REGISTER(p, "alice");
    QUIET(p);
}

static void unknown_command_is_421(void)
{
    struct server *s = START(NULL);
    struct peer *p = ENTER(s, "alice");
    SEND(p, "FROBNICATE all the things");
    EXPECT(p, ":irc.test 421 alice FROBNICATE :*");
    SEND(p, "999");
    EXPECT(p, ":irc.test 421 alice 999 :*");
    SEND(p, "joinx #a");
    EXPECT(p, ":irc.test 421 alice joinx :*");
    QUIET(p);
}

static const struct contract_case cases[] = {
    CASE(welcome_burst),
    CASE(isupport_tokens),
    CASE(motd_from_file),
    CASE(motd_with_long_lines),
    CASE(motd_missing_is_422),
    CASE(user_errors),
    CASE(user_name_fits_the_prefix),
    CASE(password),
    CASE(password_not_asked_for_is_ignored),
    CASE(cap_holds_registration),
    CASE(cap_replies),
    CASE(cap_list_does_not_hold),
    CASE(ping_and_pong),
    CASE(quit_closes),
    CASE(unregistered_gets_451),
    CASE(unknown_command_is_421),
};
CONTRACT_SUITE(register)

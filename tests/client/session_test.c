/* The conversation with a server, played without one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "client/session.h"

static struct session s;
static struct text sent;  /* lines to the server, their CR LF as "|" */
static struct text shown; /* lines to the user, each ended by a newline */

static void on_send(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    cr_assert(len > 2 && len <= IRC_LINE_MAX);
    cr_assert(memcmp(line + len - 2, "\r\n", 2) == 0);
    cr_assert_null(memchr(line, '\n', len - 2));
    text_add(&sent, line, len - 2);
    text_adds(&sent, "|");
}

static void on_show(void *ctx, const struct view *v)
{
    (void)ctx;
    cr_assert_neq(v->kind, VIEW_NONE);
    for (size_t at = 0, n; at < v->text.len; at += n) {
        uint32_t cp = 0;
        n = utf8_decode(v->text.data + at, v->text.len - at, &cp);
        cr_assert(n > 0 && utf8_is_safe(cp));
    }
    text_addf(&shown, "%s\n", v->text.data);
}

static void begin(bool piped)
{
    static const struct session_ops ops = {on_send, on_show};
    struct session_config config = {.nick = "alice",
                                    .nick_chosen = true,
                                    .user = "al",
                                    .piped = piped,
                                    .echo = !piped};

    session_init(&s, &config, &ops, NULL);
    text_adds(&sent, "");
    text_adds(&shown, "");
}

static void set_up(void)
{
    begin(false);
}

static void tear_down(void)
{
    session_free(&s);
    text_free(&sent);
    text_free(&shown);
}

TestSuite(session, .init = set_up, .fini = tear_down);

static void hear(const char *line)
{
    char bytes[600];
    struct irc_message m;

    cr_assert_lt(strlen(line), sizeof(bytes));
    strcpy(bytes, line);
    cr_assert(irc_parse(bytes, strlen(bytes), &m));
    session_on_message(&s, &m);
}

static void type(const char *line)
{
    session_input(&s, line, strlen(line));
}

/* What was sent since the last look. */
static void check_sent(const char *want)
{
    cr_expect_str_eq(sent.data, want);
    text_clear(&sent);
}

static void check_shown(const char *part)
{
    cr_expect(strstr(shown.data, part), "'%s' is not in:\n%s", part,
              shown.data);
    text_clear(&shown);
}

/* Connected, in #a, nothing in doubt. */
static void go_online(void)
{
    rooms_add(&s.rooms, "#a");
    session_start(&s);
    hear(":s 001 alice :Welcome");
    hear(":alice!~al@127.0.0.1 JOIN #a");
    hear(":s PONG s :fence-1");
    cr_assert(session_is_settled(&s));
    text_clear(&sent);
    text_clear(&shown);
}

Test(session, registers_joins_and_fences)
{
    rooms_add(&s.rooms, "#a");
    rooms_add(&s.rooms, "#b");
    session_start(&s);
    check_sent("NICK alice|USER al 0 * :alice|");
    hear("PING :early");
    check_sent("PONG :early|");
    hear(":s 001 alice :Welcome");
    check_sent("JOIN #a,#b|PING :fence-1|");
    cr_expect_not(session_is_ready(&s), "the rooms have not answered");
    hear(":alice!~al@127.0.0.1 JOIN #a");
    hear(":s 403 alice #b :No such channel");
    hear(":s PONG s :fence-1");
    cr_expect(session_is_ready(&s));
    cr_expect_eq(s.rooms.n, 1, "#b is not asked for again");
    cr_expect_eq(s.n_errors, 1);
    type("hi");
    check_sent("PRIVMSG #a :hi|PING :fence-2|");
    check_shown("<alice> hi\n");
}

Test(session, sends_the_password_first)
{
    s.config.password = "open sesame";
    session_start(&s);
    check_sent("PASS :open sesame|NICK alice|USER al 0 * :alice|");
    hear(":s 464 * :Password incorrect");
    cr_expect(s.refused);
    check_shown("Password incorrect");
}

Test(session, takes_another_nick_and_says_so)
{
    session_start(&s);
    text_clear(&sent);
    hear(":s 433 * alice :Nickname is already in use");
    check_sent("NICK alice_|");
    check_shown("-- the nick alice is taken, trying alice_\n");
    hear(":s 433 * alice_ :Nickname is already in use");
    check_sent("NICK alice__|");
    hear(":s 001 alice__ :Welcome");
    cr_expect_str_eq(s.nick, "alice__");
    /* After a reconnect the wanted one is tried again. */
    session_lost(&s);
    text_clear(&sent);
    session_start(&s);
    check_sent("NICK alice|USER al 0 * :alice|");
}

Test(session, gives_up_when_no_nick_is_left)
{
    int tries = 0;

    session_start(&s);
    while (!s.refused && tries++ < 100)
        hear(":s 433 * x :Nickname is already in use");
    cr_expect_eq(tries, 9);
    cr_expect(s.refused);
}

Test(session, a_chosen_nick_that_is_illegal_is_refused)
{
    session_start(&s);
    hear(":s 432 * alice :Erroneous nickname");
    cr_expect(s.refused);
}

Test(session, a_login_that_is_too_long_is_cut)
{
    s.config.nick_chosen = false;
    session_start(&s);
    text_clear(&sent);
    hear(":s 432 * alice :Nickname too long, max. 9 characters");
    check_sent("NICK alice_2|");
    cr_expect_not(s.refused);
}

Test(session, an_error_before_the_welcome_is_a_refusal)
{
    session_start(&s);
    hear("ERROR :Closing Link: too many connections");
    cr_expect(s.refused);
    check_shown("too many connections");
}

Test(session, unless_we_were_in_before)
{
    go_online();
    session_lost(&s);
    session_start(&s);
    hear("ERROR :Server shutting down");
    cr_expect_not(s.refused, "it will be back");
}

Test(session, rejoins_after_a_reconnect)
{
    go_online();
    type("/join #b");
    check_sent("JOIN #b|PING :fence-2|");
    cr_expect_not(session_is_ready(&s));
    hear(":alice!~al@127.0.0.1 JOIN #b");
    hear(":s PONG s :fence-2");
    type("one");
    check_sent("PRIVMSG #b :one|PING :fence-3|");
    hear(":s PONG s :fence-3");

    session_lost(&s);
    session_start(&s);
    text_clear(&sent);
    hear(":s 001 alice :Welcome");
    check_sent("JOIN #a,#b|PING :fence-1|");
    hear(":alice!~al@127.0.0.1 JOIN #a");
    hear(":alice!~al@127.0.0.1 JOIN #b");
    hear(":s PONG s :fence-1");
    type("two");
    check_sent("PRIVMSG #b :two|PING :fence-2|"); /* still the current one */
}

Test(session, tells_which_lines_are_in_doubt)
{
    go_online();
    type("taken");
    hear(":s PONG s :fence-2");
    type("in doubt");
    session_lost(&s);
    check_shown("!! may not have reached the server: in doubt\n");
    cr_expect_eq(s.n_unsent, 1);
    cr_expect_null(strstr(shown.data, "taken"));
}

Test(session, tells_what_was_not_sent)
{
    go_online();
    session_lost(&s);
    text_clear(&sent);
    type("hello?");
    check_shown("!! not sent, there is no connection: hello?\n");
    type("/msg bob hello?");
    check_shown("not sent");
    type("/topic x");
    check_shown("not sent");
    check_sent("");
    cr_expect_eq(s.n_unsent, 3);
}

Test(session, prepares_the_next_connection_while_offline)
{
    go_online();
    session_lost(&s);
    type("/join b");
    type("/part #a");
    type("/nick carol");
    type("/help");
    check_shown("/topic");
    session_start(&s);
    check_sent("NICK carol|USER al 0 * :carol|");
    hear(":s 001 carol :Welcome");
    check_sent("JOIN #b|PING :fence-1|");
}

Test(session, has_a_hint_for_the_roomless)
{
    session_start(&s);
    hear(":s 001 alice :Welcome");
    hear(":s PONG s :fence-1");
    text_clear(&sent);
    type("hi");
    check_shown("you are in no room; /join #ROOM first");
    type("/names");
    check_shown("you are in no room");
    check_sent("");
}

Test(session, sends_each_command)
{
    go_online();
    type("/me waves");
    check_sent("PRIVMSG #a :\001ACTION waves\001|PING :fence-2|");
    check_shown("* alice waves\n");
    hear(":s PONG s :fence-2");
    type("/msg bob psst");
    check_sent("PRIVMSG bob :psst|PING :fence-3|");
    check_shown("[to bob] <alice> psst\n");
    hear(":s PONG s :fence-3");
    type("//me");
    check_sent("PRIVMSG #a :/me|PING :fence-4|");
    hear(":s PONG s :fence-4");
    type("/names");
    check_sent("NAMES #a|PING :fence-5|");
    type("/who");
    type("/topic");
    type("/topic a b");
    type("/topic #b c");
    type("/topic -delete");
    check_sent("WHO #a|TOPIC #a|TOPIC #a :a b|TOPIC #b :c|TOPIC #a :|");
    hear(":s PONG s :fence-5");
    check_sent("PING :fence-6|");
    type("/nick bob");
    type("/part #a so long");
    check_sent("NICK bob|PART #a :so long|");
    type("/quit bye");
    check_sent("PING :fence-7|QUIT :bye|");
    cr_expect_eq(s.state, SESSION_LEAVING);
}

Test(session, follows_its_own_nick_and_rooms)
{
    go_online();
    hear(":alice!~al@127.0.0.1 NICK :bob");
    cr_expect_str_eq(s.nick, "bob");
    hear(":alice!~al@127.0.0.1 JOIN #b"); /* somebody else by now */
    cr_expect_not(rooms_is_joined(&s.rooms, "#b"));
    hear(":bob!~al@127.0.0.1 JOIN #b");
    cr_expect_str_eq(rooms_target(&s.rooms), "#b");
    hear(":bob!~al@127.0.0.1 PART #b");
    cr_expect_str_eq(rooms_target(&s.rooms), "#a");
    hear(":carol!x@y KICK #a Bob :out");
    cr_expect_null(rooms_target(&s.rooms));
    type("hi");
    check_shown("you are in no room");
}

Test(session, no_line_can_carry_another)
{
    go_online();
    session_input(&s, "a\rQUIT\0b\nc", 10);
    check_sent("PRIVMSG #a :a QUIT b c|PING :fence-2|");
    type("/msg :x y");
    check_shown("not sent");
    type("/nick :x");
    check_shown("colon");
    check_sent("");
}

/*
 * Long lines arrive whole, in pieces that the server need not cut when it puts
 * our prefix in front.
 */
static void check_long(const char *format, size_t bytes, const char *head,
                       const char *tail)
{
    struct text text = {0};
    struct text line = {0};
    struct text got = {0};
    size_t prefix = strlen(":alice!~al@127.0.0.1 ");

    while (text.len < bytes)
        text_adds(&text, "wörter€ 🦀");
    text_addf(&line, format, text.data);
    text_clear(&sent);
    session_input(&s, line.data, line.len);
    for (char *p = sent.data; strncmp(p, head, strlen(head)) == 0;) {
        char *end = strchr(p, '|');
        cr_assert_leq((size_t)(end - p) + prefix + 2, IRC_LINE_MAX);
        cr_assert(strncmp(end - strlen(tail), tail, strlen(tail)) == 0);
        text_add(&got, p + strlen(head),
                 (size_t)(end - p) - strlen(head) - strlen(tail));
        p = end + 1;
    }
    cr_expect_str_eq(got.data, text.data);
    text_free(&text);
    text_free(&line);
    text_free(&got);
}

Test(session, splits_long_lines_without_loss)
{
    go_online();
    check_long("%s", 400, "PRIVMSG #a :", "");
    check_long("%s", 500, "PRIVMSG #a :", "");
    check_long("%s", 20000, "PRIVMSG #a :", "");
    check_long("/me %s", 3000, "PRIVMSG #a :\001ACTION ", "\001");
    check_long("/msg bob %s", 3000, "PRIVMSG bob :", "");
    s.address_len = 0; /* not known yet: the worst is assumed */
    check_long("%s", 3000, "PRIVMSG #a :", "");
}

Test(session, says_when_a_line_cannot_be_split)
{
    char line[700] = "/topic ";

    go_online();
    memset(line + strlen(line), 'x', 600);
    type(line);
    check_shown("too long");
    memcpy(line, "/msg x", 6);
    memset(line + 6, 'x', 600);
    memcpy(line + 606, " hi", 4);
    type(line);
    check_shown("not sent");
    check_sent("PING :fence-2|"); /* the topic's, harmless */
}

Test(session, a_pipe_waits_and_keeps_a_window)
{
    session_free(&s);
    begin(true);
    cr_expect_not(session_is_ready(&s), "no connection");
    session_start(&s);
    cr_expect_not(session_is_ready(&s), "no welcome");
    session_lost(&s);
    go_online();
    cr_expect(session_is_ready(&s));
    for (int i = 0; i < SESSION_WINDOW; i++) {
        cr_expect(session_is_ready(&s));
        type("line");
    }
    cr_expect_not(session_is_ready(&s), "the window is full");
    cr_expect_null(strstr(shown.data, "<alice>"), "no echo in a pipe");
    hear(":s PONG s :fence-2"); /* behind the first line only */
    cr_expect(session_is_ready(&s));
    cr_expect_not(session_is_settled(&s));
    hear(":s PONG s :fence-3");
    cr_expect(session_is_settled(&s));
}

Test(session, forgets_a_room_that_refuses)
{
    go_online();
    type("/join #full");
    hear(":s 405 alice #full :You have joined too many channels");
    hear(":s PONG s :fence-2");
    cr_expect_eq(s.rooms.n, 1);
    type("still here");
    check_shown("<alice> still here");
}

Test(session, joining_twice_only_switches)
{
    go_online();
    hear(":alice!~al@127.0.0.1 JOIN #b");
    text_clear(&sent);
    type("/join #A");
    check_shown("you talk in #A now");
    check_sent("PING :fence-2|");
    type("hi");
    check_shown("#A <alice> hi");
}

Test(session, other_pongs_answer_nothing)
{
    go_online();
    type("hi");
    hear(":s PONG s :something");
    hear(":s PONG s :fence-99");
    hear("PONG");
    cr_expect_not(session_is_settled(&s));
    cr_expect_eq(s.fence.n_lines, 1);
}

/* xorshift: the same bytes in every run. */
static unsigned random_below(unsigned n)
{
    static unsigned x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % n;
}

/* A line made of the words that mean something, and of noise. */
static size_t random_line(char *line, size_t size)
{
    static const char *const words[] = {
        "/join ",        "/msg ",     "/me ",   "/topic ", "/part ",
        "/nick ",        "/who ",     "/help ", "//",      "PING ",
        ":alice!~al@h ", ":bob!b@h ", ":s ",    "JOIN ",   "PART ",
        "NICK ",         "PRIVMSG ",  "KICK ",  "TOPIC ",  "433 ",
        "001 ",          "353 ",      "352 ",   "366 ",    "333 ",
        "alice ",        "#a ",       "#a",     ":",       "\001",
        "PONG ",         "fence-1",   " ",      "\033[",   "\003",
        "\xC2",          "@",         ",",      "MODE ",   "INVITE "};
    size_t len = 0;

    for (unsigned n = 1 + random_below(12); n > 0; n--) {
        const char *word =
            words[random_below(sizeof(words) / sizeof(words[0]))];
        for (; *word && len + 1 < size; word++)
            line[len++] = *word;
        char noise = (char)random_below(256);
        if (random_below(4) == 0 && len + 1 < size && noise != '\n')
            line[len++] = noise;
    }
    return len;
}

/* No server and no user can make it fall over, send what is no line, or show
 * what is no text (on_send and on_show look at each). */
Test(session, survives_anything)
{
    char line[IRC_LINE_MAX];
    struct irc_message m;

    for (int i = 0; i < 30000; i++) {
        if (s.state == SESSION_OFFLINE || random_below(500) == 0) {
            session_lost(&s);
            s.refused = false;
            session_start(&s);
        }
        size_t len = random_line(line, sizeof(line) - 1);
        if (random_below(3) > 0 && irc_parse(line, len, &m))
            session_on_message(&s, &m);
        else if (session_is_ready(&s))
            session_input(&s, line, len);
        text_clear(&sent);
        text_clear(&shown);
    }
}

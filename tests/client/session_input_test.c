/* The conversation with a server: what the user does. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/client/session_play.h"

TestSuite(session_input, .init = play_set_up, .fini = play_tear_down);

Test(session_input, tells_which_lines_are_in_doubt)
{
    go_online();
    type("taken");
    hear(":s PONG s :fence-2");
    type("in doubt");
    session_lost(&s);
    cr_expect_null(strstr(shown.data, "server: taken"));
    check_shown("!! may not have reached the server: in doubt\n");
    cr_expect_eq(s.n_unsent, 1);
}

Test(session_input, tells_what_was_not_sent)
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

Test(session_input, prepares_the_next_connection_while_offline)
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

Test(session_input, has_a_hint_for_the_roomless)
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

Test(session_input, sends_each_command)
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

Test(session_input, no_line_can_carry_another)
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

Test(session_input, splits_long_lines_without_loss)
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

Test(session_input, says_when_a_line_cannot_be_split)
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

Test(session_input, a_pipe_waits_and_keeps_a_window)
{
    session_free(&s);
    play_begin(true);
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

Test(session_input, joining_twice_only_switches)
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
Test(session_input, survives_anything)
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

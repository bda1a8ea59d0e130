#include "tests/client/session_play.h"

#include <criterion/criterion.h>
#include <string.h>

struct session s;
struct text sent;  /* lines to the server, their CR LF as "|" */
struct text shown; /* lines to the user, each ended by a newline */

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

void play_begin(bool piped)
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

void play_set_up(void)
{
    play_begin(false);
}

void play_tear_down(void)
{
    session_free(&s);
    text_free(&sent);
    text_free(&shown);
}

void hear(const char *line)
{
    char bytes[600];
    struct irc_message m;

    cr_assert_lt(strlen(line), sizeof(bytes));
    strcpy(bytes, line);
    cr_assert(irc_parse(bytes, strlen(bytes), &m));
    session_on_message(&s, &m);
}

void type(const char *line)
{
    session_input(&s, line, strlen(line));
}

/* What was sent since the last look. */
void check_sent(const char *want)
{
    cr_expect_str_eq(sent.data, want);
    text_clear(&sent);
}

void check_shown(const char *part)
{
    cr_expect(strstr(shown.data, part), "'%s' is not in:\n%s", part,
              shown.data);
    text_clear(&shown);
}

/* Connected, in #a, nothing in doubt. */
void go_online(void)
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

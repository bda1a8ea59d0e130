/*
 * What the lines say: expecting, skipping, fences, closes. The same functions
 * serve the steps every case takes (register, join).
 */
#include "tests/contract/peer_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/contract/glob.h"

#define PATTERN_MAX 2048

const char *peer_show(const char *text)
{
    static char out[4][200];
    static unsigned turn;
    char *to = out[turn++ % 4];
    size_t n = 0;
    if (!text)
        return strcpy(to, "the end");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (n > 160)
            return strcpy(to + n, "..."), to;
        if (c >= ' ' && c < 0x7f)
            to[n++] = (char)c;
        else
            n += (size_t)snprintf(to + n, 8, "\\x%02x", c);
    }
    to[n] = '\0';
    return to;
}

const char *peer_line_now(struct peer *p)
{
    if (p->taken == p->checked)
        return NULL;
    const char *line = p->in + p->taken;
    /* check_input() left "text NUL NUL" where "text CR LF" was. */
    p->taken += strlen(line) + 2;
    return line;
}

static const char *line_or_end(struct peer *p, const char *what)
{
    double deadline = case_now_s() + case_wait_s();
    for (;;) {
        const char *line = peer_line_now(p);
        if (line || p->eof)
            return line;
        peer_wait_some(p, NULL, deadline, what);
    }
}

const char *peer_line(struct peer *p)
{
    return line_or_end(p, "a line or a close");
}

static const char *how_it_ended(const struct peer *p)
{
    if (p->reset)
        return "a reset connection";
    return p->in_len > p->checked ? "a close in mid-line" : "a close";
}

/* The next line, which must come. */
static const char *need_line(struct peer *p, const char *pattern)
{
    char what[PATTERN_MAX + 8];
    snprintf(what, sizeof(what), "\"%s\"", pattern);
    const char *line = line_or_end(p, what);
    if (!line)
        case_fail("%s: expected \"%s\", got %s", p->name, pattern,
                  how_it_ended(p));
    return line;
}

const char *peer_expect(struct peer *p, const char *fmt, ...)
{
    char pattern[PATTERN_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(pattern, sizeof(pattern), fmt, ap);
    va_end(ap);
    const char *line = need_line(p, pattern);
    if (!glob_match(pattern, line))
        case_fail("%s: expected \"%s\", got \"%s\"", p->name,
                  peer_show(pattern), peer_show(line));
    return line;
}

const char *peer_skip_to(struct peer *p, const char *fmt, ...)
{
    char pattern[PATTERN_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(pattern, sizeof(pattern), fmt, ap);
    va_end(ap);
    for (;;) {
        const char *line = need_line(p, pattern);
        if (glob_match(pattern, line))
            return line;
    }
}

const char *peer_ping(struct peer *p)
{
    static unsigned fence;
    static char token[4][24];
    char *text = token[fence % 4];
    snprintf(text, sizeof(token[0]), "fence-%u", ++fence);
    peer_send(p, "PING %s", text);
    return text;
}

void peer_fence(struct peer *p)
{
    peer_skip_to(p, ":%s PONG %s :%s", SERVER_NAME, SERVER_NAME, peer_ping(p));
}

void peer_quiet(struct peer *p)
{
    char want[96];
    snprintf(want, sizeof(want), ":%s PONG %s :%s", SERVER_NAME, SERVER_NAME,
             peer_ping(p));
    const char *line = need_line(p, want);
    if (strcmp(line, want) != 0)
        case_fail("%s: expected nothing more, got \"%s\"", p->name,
                  peer_show(line));
}

void peer_all_quiet(struct peer *p, ...)
{
    va_list ap;
    /* Twice: only when all have been handled has everything been relayed. The
     * first PONG is looked for among what came, and nothing else may. */
    for (int round = 0; round < 2; round++) {
        peer_quiet(p);
        va_start(ap, p);
        for (struct peer *q; (q = va_arg(ap, struct peer *)) != NULL;)
            peer_quiet(q);
        va_end(ap);
    }
}

void peer_skip_to_close(struct peer *p)
{
    while (line_or_end(p, "the server to close"))
        ;
    if (p->reset || p->in_len > p->checked)
        case_fail("%s: expected an orderly close, got %s", p->name,
                  how_it_ended(p));
}

void peer_expect_close(struct peer *p)
{
    const char *line = line_or_end(p, "the server to close");
    if (line)
        case_fail("%s: expected a close, got \"%s\"", p->name, peer_show(line));
    peer_skip_to_close(p);
}

void peer_wait_gone(struct peer *p)
{
    while (line_or_end(p, "the connection to end"))
        ;
}

void peer_register(struct peer *p, const char *nick)
{
    peer_name(p, nick);
    peer_send(p, "NICK %s", nick);
    peer_send(p, "USER %s 0 * :%s", nick, nick);
    peer_expect(p, ":%s 001 %s :*", SERVER_NAME, nick);
    for (;;) {
        const char *line = peer_expect(p, ":%s *", SERVER_NAME);
        if (glob_match(":* 376 *", line) || glob_match(":* 422 *", line))
            return;
    }
}

struct peer *peer_enter(const struct server *s, const char *nick)
{
    struct peer *p = peer_connect(s, 0);
    peer_register(p, nick);
    return p;
}

void peer_join(struct peer *p, const char *room)
{
    peer_send(p, "JOIN %s", room);
    peer_skip_to(p, ":%s!* JOIN %s", p->name, room);
    peer_skip_to(p, ":%s 366 %s %s :*", SERVER_NAME, p->name, room);
}

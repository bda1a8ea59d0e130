/*
 * Nearly every line under load is a message of this run, whose layout is known:
 * take_message() finds its end without looking for it. Whatever it does not
 * recognise goes the general way, which takes any server's spelling.
 */
#include "bench/load/irc.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bench/load/conn.h"
#include "bench/load/guest.h"
#include "bench/load/room.h"

/* A line taken apart: command and up to three parameters. */
struct words {
    const char *at[4]; /* command, first parameter ... */
    size_t len[4];
    int count;
};

/* Past "@tags " and ":prefix ", then words; one with ':' takes the rest. */
static void split(const char *line, size_t len, struct words *words)
{
    const char *p = line, *end = line + len;

    words->count = 0;
    while (p < end && (*p == '@' || *p == ':')) {
        while (p < end && *p != ' ')
            p++;
        while (p < end && *p == ' ')
            p++;
    }
    while (p < end && words->count < 4) {
        const char *from = p;
        if (*p == ':' && words->count > 0) {
            from++;
            p = end;
        }
        while (p < end && *p != ' ')
            p++;
        words->at[words->count] = from;
        words->len[words->count++] = (size_t)(p - from);
        while (p < end && *p == ' ')
            p++;
    }
}

static bool is(const struct words *words, int i, const char *text)
{
    return i < words->count && words->len[i] == strlen(text) &&
           strncasecmp(words->at[i], text, words->len[i]) == 0;
}

/* A line for people: cut to fit, control characters left out. */
static void keep(char *to, size_t size, const char *line, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < size; i++)
        if ((unsigned char)line[i] >= ' ')
            to[n++] = line[i];
    to[n] = '\0';
}

static void on_numeric(struct worker *w, struct conn *c, int numeric,
                       const struct words *words, const char *line, size_t len)
{
    if (numeric == 1 && c->state == CONN_REGISTERING) {
        if (c->role == ROLE_GUEST) {
            guest_on_welcome(w, c);
            return;
        }
        c->state = CONN_REGISTERED;
        w->count.registered++;
        w->opening--;
    } else if (numeric == 366 && c->state == CONN_JOINING &&
               is(words, 2, c->room->name)) {
        if (c->role == ROLE_GUEST) {
            guest_on_joined(w, c);
            return;
        }
        c->state = CONN_JOINED;
        w->count.joined++;
        w->opening--;
        room_gained_member(c->room, c);
    } else if (numeric >= 400 && numeric < 600 && numeric != 422) {
        /* 422, no message of the day, is part of a welcome. */
        char text[400];
        keep(text, sizeof(text), line, len);
        if (w->phase <= PHASE_JOIN)
            worker_fail(w, "%s refused: %s", w->run->target, text);
        else if (w->phase < PHASE_QUIT && w->count.refused++ == 0)
            snprintf(w->refusal, sizeof(w->refusal), "%s", text);
    }
}

static void answer_ping(struct worker *w, struct conn *c,
                        const struct words *words)
{
    char text[600];

    if (words->count < 2)
        return;
    int n =
        snprintf(text, sizeof(text), "PONG :%.*s\r\n",
                 words->len[1] < 500 ? (int)words->len[1] : 500, words->at[1]);
    conn_send(w, c, text, (size_t)n);
}

static void on_line(struct worker *w, struct conn *c, const char *line,
                    size_t len, uint64_t now)
{
    struct words words;

    split(line, len, &words);
    if (words.count == 0)
        return;
    if (is(&words, 0, "PRIVMSG")) {
        if (is(&words, 1, c->room->name) && words.count > 2)
            room_on_message(w, c, words.at[2], words.len[2], now);
    } else if (is(&words, 0, "PING")) {
        answer_ping(w, c, &words);
    } else if (is(&words, 0, "PONG")) {
        if (w->phase == PHASE_BARRIER && !c->ponged) {
            c->ponged = true;
            w->count.pongs++;
        }
    } else if (is(&words, 0, "ERROR")) {
        if (c->state != CONN_QUITTING)
            keep(w->farewell, sizeof(w->farewell), line, len);
    } else if (words.len[0] == 3 && words.at[0][0] >= '0' &&
               words.at[0][0] <= '9') {
        int numeric = (words.at[0][0] - '0') * 100 +
                      (words.at[0][1] - '0') * 10 + (words.at[0][2] - '0');
        on_numeric(w, c, numeric, &words, line, len);
    }
}

/*
 * ":prefix PRIVMSG #room :payload" CRLF, with our room and our payload's
 * length. Returns the byte after it, or NULL to go the general way.
 */
static inline const char *take_message(struct worker *w, struct conn *c,
                                       const char *p, const char *end,
                                       uint64_t now)
{
    const struct room *r = c->room;
    size_t size = w->run->opt->size;

    if (*p != ':')
        return NULL;
    const char *space = memchr(p, ' ', (size_t)(end - p));
    if (!space || (size_t)(end - space) < r->head_len + size + 3)
        return NULL;
    const char *text = space + 1 + r->head_len;
    if (memcmp(space + 1, r->head, r->head_len) != 0 || text[size] != '\r' ||
        text[size + 1] != '\n')
        return NULL;
    room_on_message(w, c, text, size, now);
    return text + size + 2;
}

size_t irc_handle(struct worker *w, struct conn *c, const char *data,
                  size_t len, uint64_t now)
{
    const char *p = data, *end = data + len;

    while (p < end) {
        const char *next = take_message(w, c, p, end, now);
        if (next) {
            p = next;
            continue;
        }
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        if (!lf)
            break;
        size_t line = (size_t)(lf - p);
        if (line && p[line - 1] == '\r')
            line--;
        on_line(w, c, p, line, now);
        p = lf + 1;
        if (c->fd < 0)
            break;
    }
    return (size_t)(p - data);
}

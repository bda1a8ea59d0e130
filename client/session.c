/*
 * session - the connection's side: registration, rooms, fences.
 * What is typed is handled in session_input.c.
 */
#include "client/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/names.h"
#include "client/session_internal.h"
#include "common/die.h"

#define FENCE_TOKEN "fence-"

void session_init(struct session *s, const struct session_config *config,
                  const struct session_ops *ops, void *ctx)
{
    *s = (struct session){.config = *config, .ops = ops, .ctx = ctx};
    memcpy(s->nick, config->nick, sizeof(s->nick));
    s->words.nick = s->nick;
}

void session_free(struct session *s)
{
    fence_free(&s->fence);
    rooms_free(&s->rooms);
    view_free(&s->view);
}

void session_note(struct session *s, enum view_kind kind, const char *fmt, ...)
{
    va_list ap;
    char *line;

    va_start(ap, fmt);
    if (vasprintf(&line, fmt, ap) < 0)
        die(1, "cannot format a text");
    va_end(ap);
    view_note(&s->view, kind, "%s", line);
    free(line);
    s->ops->show(s->ctx, &s->view);
}

int session_send(struct session *s, const char *fmt, ...)
{
    char line[IRC_LINE_MAX + 1];
    va_list ap;

    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (len < 0 || len > IRC_LINE_MAX - 2)
        return -EMSGSIZE;
    memcpy(line + len, "\r\n", 2);
    s->ops->send(s->ctx, line, (size_t)len + 2);
    return 0;
}

static void send_fence(struct session *s, unsigned number)
{
    session_send(s, "PING :" FENCE_TOKEN "%u", number);
}

static void send_due_fence(struct session *s)
{
    unsigned number;

    if (fence_take(&s->fence, &number))
        send_fence(s, number);
}

unsigned session_send_fence(struct session *s)
{
    unsigned number = fence_want(&s->fence);

    send_due_fence(s);
    return number;
}

void session_start(struct session *s)
{
    s->state = SESSION_REGISTERING;
    s->attempt = 0;
    s->address_len = 0;
    s->hold = 0;
    fence_reset(&s->fence);
    memcpy(s->nick, s->config.nick, sizeof(s->nick));
    if (s->config.password)
        session_send(s, "PASS :%s", s->config.password);
    session_send(s, "NICK %s", s->nick);
    session_send(s, "USER %s 0 * :%s", s->config.user, s->config.nick);
}

void session_send_joins(struct session *s)
{
    struct text line = {0};

    for (size_t i = 0; i < s->rooms.n; i++) {
        const struct room_entry *room = &s->rooms.all[i];
        if (room->joined)
            continue;
        if (line.len + strlen(room->name) > IRC_LINE_MAX - 16) {
            session_send(s, "JOIN %s", line.data);
            text_clear(&line);
        }
        text_addf(&line, "%s%s", line.len > 0 ? "," : "", room->name);
    }
    if (line.len > 0)
        session_send(s, "JOIN %s", line.data);
    text_free(&line);
}

static void on_welcome(struct session *s, const struct irc_message *m)
{
    s->state = SESSION_ONLINE;
    s->registered_once = true;
    if (m->n_params > 0 && irc_is_nick(m->params[0].ptr, m->params[0].len))
        snprintf(s->nick, sizeof(s->nick), "%s", m->params[0].ptr);
    s->joining = true;
    session_send_joins(s);
    s->hold = session_send_fence(s);
}

static void refuse(struct session *s, const char *why)
{
    session_note(s, VIEW_ERROR, "the server refused us: %s", why);
    s->refused = true;
}

/* 433 and its kin: tries the next nick and says so. */
static void on_nick_refused(struct session *s, int numeric, const char *why)
{
    char refused[IRC_NICK_MAX + 1];
    bool malformed = numeric == 432;

    memcpy(refused, s->nick, sizeof(refused));
    if (malformed && s->attempt == 0 && s->config.nick_chosen) {
        refuse(s, why);
        return;
    }
    /* Too long, most likely: skip the names that are longer still. */
    s->attempt = malformed && s->attempt < 3 ? 4 : s->attempt + 1;
    if (!names_retry(s->config.nick, s->attempt, s->nick)) {
        refuse(s, why);
        return;
    }
    session_note(s, VIEW_INFO, "the nick %s is %s, trying %s", refused,
                 malformed ? "not allowed here" : "taken", s->nick);
    session_send(s, "NICK %s", s->nick);
}

/* True: the message was part of registration and has been dealt with. */
static bool on_registering(struct session *s, const struct irc_message *m,
                           int numeric)
{
    const char *last = m->n_params ? m->params[m->n_params - 1].ptr : "";

    switch (numeric) {
    case 1: on_welcome(s, m); return false;
    case 432:
    case 433:
    case 436:
    case 437: on_nick_refused(s, numeric, last); return true;
    case 464:
    case 465: refuse(s, last); return true;
    default: break;
    }
    /* A server that is just going down also says ERROR; somebody who was in
     * before comes back later. */
    if (irc_equals(m->command.ptr, "ERROR") &&
        (!s->registered_once || s->config.piped)) {
        refuse(s, last);
        return true;
    }
    return false;
}

static void on_pong(struct session *s, const struct irc_message *m)
{
    const char *token = m->n_params ? m->params[m->n_params - 1].ptr : "";
    size_t len = strlen(FENCE_TOKEN);

    if (strncmp(token, FENCE_TOKEN, len) != 0)
        return;
    fence_answer(&s->fence, (unsigned)strtoul(token + len, NULL, 10));
    send_due_fence(s);
    if (s->state == SESSION_ONLINE && s->fence.answered >= s->hold) {
        s->joining = false;
        rooms_forget_refused(&s->rooms);
    }
}

static void on_own_join(struct session *s, const char *room)
{
    rooms_set_joined(&s->rooms, room);
    if (!s->joining)
        rooms_select(&s->rooms, room);
}

/* What we have just done, or what was done to us. */
static void on_own(struct session *s, const struct irc_message *m)
{
    const char *command = m->command.ptr;
    const char *first = m->params[0].ptr;
    size_t nick_len = irc_view_nick_length(&m->prefix);

    if (m->prefix.len > nick_len)
        s->address_len = m->prefix.len - nick_len;
    if (irc_equals(command, "JOIN")) {
        on_own_join(s, first);
    } else if (irc_equals(command, "PART")) {
        rooms_remove(&s->rooms, first);
    } else if (irc_equals(command, "NICK") &&
               irc_is_nick(first, m->params[0].len)) {
        memcpy(s->nick, first, m->params[0].len + 1);
        memcpy(s->config.nick, s->nick, sizeof(s->nick));
    }
}

void session_on_message(struct session *s, const struct irc_message *m)
{
    int numeric = irc_view_numeric(m);

    if (s->state == SESSION_REGISTERING && on_registering(s, m, numeric))
        return;
    if (irc_equals(m->command.ptr, "PING")) {
        session_send(s, "PONG :%s", m->n_params ? m->params[0].ptr : "");
        return;
    }
    if (irc_equals(m->command.ptr, "PONG")) {
        on_pong(s, m);
        return;
    }
    if (s->state == SESSION_LEAVING)
        return; /* the server's last words are about our own QUIT */
    s->words.show_rooms = rooms_count_joined(&s->rooms) > 1;
    irc_view(&s->words, m, &s->view);
    if (s->view.kind != VIEW_NONE)
        s->ops->show(s->ctx, &s->view);
    if (s->state == SESSION_ONLINE && irc_view_is_error(numeric))
        s->n_errors++;
    if (m->n_params > 0 && irc_view_is_from(m, s->nick))
        on_own(s, m);
    else if (m->n_params > 1 && irc_equals(m->command.ptr, "KICK") &&
             irc_equals(m->params[1].ptr, s->nick))
        rooms_remove(&s->rooms, m->params[0].ptr);
}

void session_lost(struct session *s)
{
    enum { SHOWN = 10 }; /* more than that is a flood of its own */
    struct fence *f = &s->fence;

    if (s->state != SESSION_LEAVING)
        s->state = SESSION_OFFLINE;
    rooms_leave_all(&s->rooms);
    s->joining = false;
    for (size_t i = 0; i < f->n_lines && i < SHOWN; i++)
        session_note(s, VIEW_ERROR, "may not have reached the server: %s",
                     f->lines[i].text);
    if (f->n_lines > SHOWN)
        session_note(s, VIEW_ERROR, "nor may %zu lines more",
                     f->n_lines - SHOWN);
    s->n_unsent += (unsigned)f->n_lines;
    fence_reset(f);
}

bool session_is_ready(const struct session *s)
{
    bool held = s->state == SESSION_ONLINE && s->fence.answered < s->hold;

    if (!s->config.piped)
        return !held;
    return s->state == SESSION_ONLINE && !held &&
           s->fence.n_lines < SESSION_WINDOW;
}

bool session_is_settled(const struct session *s)
{
    return s->state == SESSION_ONLINE && fence_is_settled(&s->fence);
}

void session_ping(struct session *s)
{
    if (s->state == SESSION_ONLINE)
        session_send_fence(s);
}

void session_quit(struct session *s, const char *why, size_t len)
{
    unsigned number;

    if (s->state == SESSION_ONLINE && fence_take_last(&s->fence, &number))
        send_fence(s, number);
    if (s->state == SESSION_ONLINE || s->state == SESSION_REGISTERING)
        session_send(s, "QUIT :%.*s",
                     (int)irc_cut(why, len, len < 300 ? len : 300), why);
    s->state = SESSION_LEAVING;
}

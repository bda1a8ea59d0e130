/*
 * chat_reply - lines from the chat to its users.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/chat_internal.h"
#include "common/stats.h"

struct msg *chat_new_msg(struct chat *chat, const char *bytes, size_t len)
{
    struct msg *msg = msg_new(bytes, len);

    if (!msg)
        chat->out_of_memory = true;
    return msg;
}

void chat_send_line(struct chat *chat, struct user *to, struct irc_line *l)
{
    irc_line_end(l);
    struct msg *msg = chat_new_msg(chat, l->text, l->len);
    if (!msg)
        return;
    chat->config.deliver(to->owner, msg);
    msg_unref(msg);
}

static void add_formatted(struct irc_line *l, const char *fmt, va_list ap)
{
    size_t room = sizeof(l->text) - l->len;
    int n = vsnprintf(l->text + l->len, room, fmt, ap);

    if (n > 0)
        l->len += (size_t)n < room ? (size_t)n : room - 1;
}

void chat_reply(struct chat *chat, struct user *to, const char *numeric,
                const char *fmt, ...)
{
    struct irc_line l = {.len = 0};
    va_list ap;

    irc_line_addf(&l, ":%s %s %s ", chat->config.name, numeric, chat_nick(to));
    va_start(ap, fmt);
    add_formatted(&l, fmt, ap);
    va_end(ap);
    chat_send_line(chat, to, &l);
}

void chat_reply_plain(struct chat *chat, struct user *to, const char *fmt, ...)
{
    struct irc_line l = {.len = 0};
    va_list ap;

    va_start(ap, fmt);
    add_formatted(&l, fmt, ap);
    va_end(ap);
    chat_send_line(chat, to, &l);
}

const char *chat_word(const char *text)
{
    return !*text || *text == ':' || strchr(text, ' ') ? "*" : text;
}

struct msg *chat_format(struct chat *chat, const char *fmt, ...)
{
    struct irc_line l = {.len = 0};
    va_list ap;

    va_start(ap, fmt);
    add_formatted(&l, fmt, ap);
    va_end(ap);
    irc_line_end(&l);
    return chat_new_msg(chat, l.text, l.len);
}

void chat_send_room(struct chat *chat, struct room *room, struct msg *msg,
                    const struct user *except)
{
    chat_deliver_fn deliver = chat->config.deliver;

    for (uint32_t i = 0; i < room->n_members; i++) {
        struct user *to = room->members[i].user;
        if (to != except)
            deliver(to->owner, msg);
    }
}

void chat_send_peers(struct chat *chat, struct user *user, struct msg *msg)
{
    uint64_t visit = ++chat->visit;

    user->seen = visit;
    for (uint32_t r = 0; r < user->n_rooms; r++) {
        const struct room *room = user->rooms[r]->key.room;
        for (uint32_t i = 0; i < room->n_members; i++) {
            struct user *to = room->members[i].user;
            if (to->seen == visit)
                continue;
            to->seen = visit;
            if (msg)
                chat->config.deliver(to->owner, msg);
            else
                to->missed = true;
        }
    }
}

enum chat_result chat_need_more_params(struct chat *chat, struct user *user,
                                       const char *command)
{
    chat_reply(chat, user, "461", "%s :Not enough parameters", command);
    return CHAT_OK;
}

static size_t end_into(char line[IRC_LINE_MAX], struct irc_line *l)
{
    irc_line_end(l);
    memcpy(line, l->text, l->len);
    return l->len;
}

size_t chat_format_error(char line[IRC_LINE_MAX], const char *host,
                         const char *reason)
{
    struct irc_line l = {.len = 0};

    irc_line_addf(&l, "ERROR :Closing Link: %s (%s)", host, reason);
    return end_into(line, &l);
}

size_t chat_format_ping(char line[IRC_LINE_MAX], const char *server)
{
    struct irc_line l = {.len = 0};

    irc_line_addf(&l, "PING :%s", server);
    return end_into(line, &l);
}

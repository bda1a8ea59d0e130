/*
 * chat_cursor - WHO and LIST, whose replies may be long.
 *
 * WHO * on a busy server is a hundred thousand lines. Formatted in one go,
 * they would hold the lock or the loop for everybody; so they come in chunks,
 * and between two the model does other work and lets the receiver's queue
 * drain. A cursor remembers where to go on: at an element of a list, and who
 * takes that element off the list moves the cursor (chat_cursors_skip).
 *
 * The lists are kept newest first. So a cursor, which goes towards the oldest,
 * never meets who came after it began: every reply ends, however many come.
 * Nothing moves within a list, a user who changes nick neither; so who is
 * there all the time is told of exactly once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"

/* What comes behind the element the cursor is at. */
static void *after(const struct cursor *c)
{
    switch (c->kind) {
    case CURSOR_WHO: return ((const struct user *)c->at)->next;
    case CURSOR_WHO_ROOM: return ((const struct membership *)c->at)->next;
    default: return ((const struct room *)c->at)->next;
    }
}

void chat_cursors_skip(struct chat *chat, const void *element)
{
    for (struct cursor *c = chat->cursors; c; c = c->next) {
        if (c->at == element)
            c->at = after(c);
    }
}

static void finish(struct chat *chat, struct user *user)
{
    const struct cursor *c = user->cursor;

    if (c->kind != CURSOR_LIST)
        chat_reply(chat, user, "315", "%s :End of /WHO list.",
                   chat_word(c->mask));
    else
        chat_reply(chat, user, "323", ":End of /LIST");
    chat_cursor_end(chat, user);
}

void chat_cursor_end(struct chat *chat, struct user *user)
{
    struct cursor **link = &chat->cursors;

    if (!user->cursor)
        return;
    while (*link != user->cursor)
        link = &(*link)->next;
    *link = user->cursor->next;
    free(user->cursor->mask);
    free(user->cursor);
    user->cursor = NULL;
}

static void who_line(struct chat *chat, struct user *to,
                     const struct user *about, const struct room *room,
                     bool first)
{
    chat_reply(chat, to, "352", "%s %s %s %s %s %c%s :0 %s",
               room ? room->name : "*", about->name, about->host,
               chat->config.name, about->nick, about->away ? 'G' : 'H',
               first ? "@" : "", about->real_name ? about->real_name : "");
}

/* A mask is held against everything that WHO shows of a user. */
static bool who_matches(struct chat *chat, struct user *to, struct user *about,
                        const char *mask)
{
    if (!about->registered)
        return false;
    if (about->invisible && about != to && !chat_shares_room(chat, to, about))
        return false;
    return irc_match(mask, about->nick) || irc_match(mask, about->name) ||
           irc_match(mask, about->host) || irc_match(mask, chat->config.name) ||
           (about->real_name && irc_match(mask, about->real_name));
}

static void list_line(struct chat *chat, struct user *to,
                      const struct room *room)
{
    chat_reply(chat, to, "322", "%s %u :%s", room->name, room->n_members,
               room->topic ? room->topic : "");
}

/* The part of the user's long reply that is about one element. */
static void tell(struct chat *chat, struct user *user, const struct cursor *c)
{
    switch (c->kind) {
    case CURSOR_WHO: {
        struct user *about = c->at;
        if (who_matches(chat, user, about, c->mask))
            who_line(chat, user, about, NULL, false);
        break;
    }
    case CURSOR_WHO_ROOM: {
        const struct membership *ms = c->at;
        if (!ms->key.user->invisible ||
            chat_find_member(chat, ms->key.room, user))
            who_line(chat, user, ms->key.user, ms->key.room, ms->first);
        break;
    }
    case CURSOR_LIST: list_line(chat, user, c->at); break;
    }
}

static enum chat_result tell_chunk(struct chat *chat, struct user *user)
{
    struct cursor *c = user->cursor;

    for (int i = 0; i < CHUNK; i++) {
        if (!c->at) {
            finish(chat, user);
            return CHAT_OK;
        }
        tell(chat, user, c);
        c->at = after(c);
    }
    return CHAT_MORE;
}

enum chat_result chat_cursor_start(struct chat *chat, struct user *user,
                                   int kind, const char *mask, void *at)
{
    struct cursor *c = calloc(1, sizeof(*c));
    char *copy = mask ? strdup(mask) : NULL;

    chat_cursor_end(chat, user); /* one that its user did not wait for */
    if (!c || (mask && !copy)) {
        free(c);
        free(copy);
        chat->out_of_memory = true;
        return CHAT_OK;
    }
    c->kind = kind;
    c->mask = copy;
    c->at = at;
    c->next = chat->cursors;
    chat->cursors = c;
    user->cursor = c;
    return tell_chunk(chat, user);
}

enum chat_result chat_continue(struct chat *chat, struct user *user)
{
    chat->out_of_memory = false;
    enum chat_result result = user->cursor ? tell_chunk(chat, user) : CHAT_OK;
    return chat_check_memory(chat, user, result);
}

enum chat_result chat_cmd_list(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    chat_reply(chat, user, "321", "Channel :Users  Name");
    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_cursor_start(chat, user, CURSOR_LIST, NULL,
                                 chat->room_list);
    char *list = m->params[0].ptr;
    while (list) {
        const char *name = strsep(&list, ",");
        struct room *room = chat_find_room(chat, name, strlen(name));
        if (room)
            list_line(chat, user, room);
    }
    chat_reply(chat, user, "323", ":End of /LIST");
    return CHAT_OK;
}

enum chat_result chat_cmd_who(struct chat *chat, struct user *user,
                              struct irc_message *m)
{
    const char *mask = m->n_params > 0 && m->params[0].len > 0 &&
                               strcmp(m->params[0].ptr, "0") != 0
                           ? m->params[0].ptr
                           : "*";

    /* "WHO mask o" asks for operators only, and there are none. */
    bool operators = m->n_params > 1 && irc_equals(m->params[1].ptr, "o");
    if (mask[0] == '#') {
        struct room *room = chat_find_room(chat, mask, strlen(mask));
        if (room && !operators)
            return chat_cursor_start(chat, user, CURSOR_WHO_ROOM, mask,
                                     room->member_list);
    } else if (!strpbrk(mask, "*?")) {
        struct user *about = chat_find_user(chat, mask);
        if (about && about->registered && !operators)
            who_line(chat, user, about, NULL, false);
    } else if (!operators) {
        return chat_cursor_start(chat, user, CURSOR_WHO, mask, chat->user_list);
    }
    chat_reply(chat, user, "315", "%s :End of /WHO list.", chat_word(mask));
    return CHAT_OK;
}

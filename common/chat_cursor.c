/*
 * chat_cursor - WHO and LIST, whose replies may be long.
 *
 * WHO * on a busy server is a hundred thousand lines. Formatted in one go,
 * they would hold the lock or the loop for everybody; so they come in chunks,
 * and between two the model does other work and lets the receiver's queue
 * drain. A cursor remembers where to go on. Tables keep the order of insertion,
 * so a cursor is a pointer to the next element, and removing an element first
 * moves the cursors that point to it (chat_cursors_skip).
 */
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"

static struct user *user_after(const struct user *u)
{
    return u->hh.next;
}

static struct room *room_after(const struct room *r)
{
    return r->hh.next;
}

void chat_cursors_skip(struct chat *chat, const struct user *user,
                       const struct room *room)
{
    for (struct cursor *c = chat->cursors; c; c = c->next) {
        if (user && c->next_user == user)
            c->next_user = user_after(user);
        if (room && c->next_room == room)
            c->next_room = room_after(room);
    }
}

static void finish(struct chat *chat, struct user *user)
{
    const struct cursor *c = user->cursor;

    if (c->kind == CURSOR_WHO)
        chat_reply(chat, user, "315", "%s :End of /WHO list.", c->mask);
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

enum chat_result chat_cursor_start(struct chat *chat, struct user *user,
                                   int kind, char *mask)
{
    struct cursor *c = calloc(1, sizeof(*c));

    if (!c) {
        free(mask);
        return CHAT_OK;
    }
    c->kind = kind;
    c->mask = mask;
    c->user = user;
    c->next_user = kind == CURSOR_WHO ? chat->users : NULL;
    c->next_room = kind == CURSOR_LIST ? chat->rooms : NULL;
    c->next = chat->cursors;
    chat->cursors = c;
    user->cursor = c;
    return chat_continue(chat, user);
}

void chat_who_line(struct chat *chat, struct user *to, struct user *about,
                   struct room *room, bool first)
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

static void list_line(struct chat *chat, struct user *to, struct room *room)
{
    chat_reply(chat, to, "322", "%s %u :%s", room->name, room->n_members,
               room->topic ? room->topic : "");
}

/* One step of the user's long reply. False at its end. */
static bool step(struct chat *chat, struct user *user, struct cursor *c)
{
    if (c->kind == CURSOR_LIST) {
        struct room *room = c->next_room;
        if (!room)
            return false;
        c->next_room = room_after(room);
        list_line(chat, user, room);
        return true;
    }
    struct user *about = c->next_user;
    if (!about)
        return false;
    c->next_user = user_after(about);
    if (who_matches(chat, user, about, c->mask))
        chat_who_line(chat, user, about, NULL, false);
    return true;
}

enum chat_result chat_continue(struct chat *chat, struct user *user)
{
    struct cursor *c = user->cursor;

    if (!c)
        return CHAT_OK;
    for (int i = 0; i < CHUNK; i++) {
        if (!step(chat, user, c)) {
            finish(chat, user);
            return CHAT_OK;
        }
    }
    return CHAT_MORE;
}

enum chat_result chat_cmd_list(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    chat_reply(chat, user, "321", "Channel :Users  Name");
    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_cursor_start(chat, user, CURSOR_LIST, NULL);
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

static void who_room(struct chat *chat, struct user *user, struct room *room)
{
    bool inside = chat_find_member(chat, room, user) != NULL;

    for (uint32_t i = 0; i < room->n_members; i++) {
        struct user *about = room->members[i].user;
        if (inside || !about->invisible)
            chat_who_line(chat, user, about, room,
                          room->members[i].membership->first);
    }
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
            who_room(chat, user, room);
    } else if (!strpbrk(mask, "*?")) {
        struct user *about = chat_find_user(chat, mask);
        if (about && about->registered && !operators)
            chat_who_line(chat, user, about, NULL, false);
    } else if (!operators) {
        char *copy = strdup(mask);
        if (copy)
            return chat_cursor_start(chat, user, CURSOR_WHO, copy);
    }
    chat_reply(chat, user, "315", "%s :End of /WHO list.", mask);
    return CHAT_OK;
}

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
            c->next_room = c->kind == CURSOR_LIST ? room_after(room) : NULL;
    }
}

static void finish(struct chat *chat, struct user *user)
{
    const struct cursor *c = user->cursor;

    if (c->kind != CURSOR_LIST)
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
                                   int kind, const char *mask,
                                   struct room *room)
{
    struct cursor *c = calloc(1, sizeof(*c));
    char *copy = mask ? strdup(mask) : NULL;

    chat_cursor_end(chat, user); /* one that its user did not wait for */
    if (!c || (mask && !copy)) {
        free(c);
        free(copy);
        return CHAT_OK;
    }
    c->kind = kind;
    c->mask = copy;
    c->user = user;
    c->next_user = kind == CURSOR_WHO ? chat->users : NULL;
    c->next_room = kind == CURSOR_LIST ? chat->rooms : room;
    c->n_left = room ? room->n_members : 0;
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

static bool step_list(struct chat *chat, struct user *user, struct cursor *c)
{
    struct room *room = c->next_room;

    if (!room)
        return false;
    c->next_room = room_after(room);
    list_line(chat, user, room);
    return true;
}

/* From the end of the member list to its front. Who leaves is replaced by the
 * last member (chat_remove_member), so that nobody moves from those still to
 * come to those done: at worst one is told of twice. */
static bool step_who_room(struct chat *chat, struct user *user,
                          struct cursor *c)
{
    struct room *room = c->next_room;

    if (room && c->n_left > room->n_members)
        c->n_left = room->n_members;
    if (!room || c->n_left == 0)
        return false;
    const struct member *m = &room->members[--c->n_left];
    if (!m->user->invisible || chat_find_member(chat, room, user))
        chat_who_line(chat, user, m->user, room, m->membership->first);
    return true;
}

static bool step_who(struct chat *chat, struct user *user, struct cursor *c)
{
    struct user *about = c->next_user;
    if (!about)
        return false;
    c->next_user = user_after(about);
    if (who_matches(chat, user, about, c->mask))
        chat_who_line(chat, user, about, NULL, false);
    return true;
}

/* One step of the user's long reply. False at its end. */
static bool step(struct chat *chat, struct user *user, struct cursor *c)
{
    switch (c->kind) {
    case CURSOR_WHO: return step_who(chat, user, c);
    case CURSOR_WHO_ROOM: return step_who_room(chat, user, c);
    default: return step_list(chat, user, c);
    }
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
        return chat_cursor_start(chat, user, CURSOR_LIST, NULL, NULL);
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
            return chat_cursor_start(chat, user, CURSOR_WHO_ROOM, mask, room);
    } else if (!strpbrk(mask, "*?")) {
        struct user *about = chat_find_user(chat, mask);
        if (about && about->registered && !operators)
            chat_who_line(chat, user, about, NULL, false);
    } else if (!operators) {
        return chat_cursor_start(chat, user, CURSOR_WHO, mask, NULL);
    }
    chat_reply(chat, user, "315", "%s :End of /WHO list.", mask);
    return CHAT_OK;
}

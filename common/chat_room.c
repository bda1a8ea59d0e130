/*
 * chat_room - rooms and their members: JOIN, PART, TOPIC, NAMES.
 *
 * A room exists while it has members. Its member list is a dense array, since
 * relaying walks it for each message; a table over (room, user) finds one
 * membership. Both ends know their index in the other's array, so that leaving
 * moves the last element into the gap: O(1), whatever the size.
 */
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"
#include "common/log.h"

struct room *chat_find_room(struct chat *chat, const char *name, size_t len)
{
    char key[IRC_ROOM_MAX + 1];
    struct room *room;

    if (len > IRC_ROOM_MAX)
        return NULL;
    irc_fold_text(key, name, len);
    HASH_FIND(hh, chat->rooms, key, (unsigned)len, room);
    return room;
}

struct membership *chat_find_member(struct chat *chat, struct room *room,
                                    struct user *user)
{
    struct membership *ms, probe = {.key = {room, user}};

    HASH_FIND(hh, chat->memberships, &probe.key, sizeof(probe.key), ms);
    return ms;
}

bool chat_shares_room(struct chat *chat, struct user *a, struct user *b)
{
    struct user *fewer = a->n_rooms < b->n_rooms ? a : b;
    struct user *other = fewer == a ? b : a;

    for (uint32_t i = 0; i < fewer->n_rooms; i++) {
        if (chat_find_member(chat, fewer->rooms[i]->key.room, other))
            return true;
    }
    return false;
}

static void free_room(struct room *room)
{
    free(room->key);
    free(room->name);
    free(room->topic);
    free(room->topic_by);
    free(room->members);
    free(room);
}

static struct room *new_room(struct chat *chat, const struct irc_text *name)
{
    struct room *room = calloc(1, sizeof(*room));

    if (!room)
        return NULL;
    room->key = malloc(name->len + 1);
    room->name = strdup(name->ptr);
    if (!room->key || !room->name) {
        free_room(room);
        return NULL;
    }
    irc_fold_text(room->key, name->ptr, name->len);
    room->created = chat->config.now();
    HASH_ADD_KEYPTR(hh, chat->rooms, room->key, (unsigned)name->len, room);
    if (!room->hh.tbl) {
        free_room(room);
        return NULL;
    }
    DL_PREPEND(chat->room_list, room);
    return room;
}

static void drop_if_empty(struct chat *chat, struct room *room)
{
    if (room->n_members > 0)
        return;
    chat_cursors_skip(chat, room);
    DL_DELETE(chat->room_list, room);
    HASH_DEL(chat->rooms, room);
    free_room(room);
}

/* Makes room for one more in an array that doubles. */
static bool reserve(void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t grown_cap = *cap ? *cap * 2 : 2;
    void *grown = realloc(*array, grown_cap * size);
    if (!grown)
        return false;
    *array = grown;
    *cap = grown_cap;
    return true;
}

static struct membership *add_member(struct chat *chat, struct room *room,
                                     struct user *user)
{
    void *members = room->members, *rooms = user->rooms;
    bool ok =
        reserve(&members, room->n_members, &room->cap, sizeof(*room->members));
    room->members = members;
    ok = ok && reserve(&rooms, user->n_rooms, &user->rooms_cap,
                       sizeof(struct membership *));
    user->rooms = rooms;
    struct membership *ms = ok ? calloc(1, sizeof(*ms)) : NULL;
    if (!ms)
        return NULL;
    ms->key.room = room;
    ms->key.user = user;
    ms->first = room->n_members == 0;
    HASH_ADD(hh, chat->memberships, key, sizeof(ms->key), ms);
    if (!ms->hh.tbl) {
        free(ms);
        return NULL;
    }
    ms->index_in_room = room->n_members;
    ms->index_in_user = user->n_rooms;
    room->members[room->n_members++] = (struct member){user, ms};
    user->rooms[user->n_rooms++] = ms;
    DL_PREPEND(room->member_list, ms);
    return ms;
}

void chat_remove_member(struct chat *chat, struct membership *ms)
{
    struct room *room = ms->key.room;
    struct user *user = ms->key.user;

    struct member *gap = &room->members[ms->index_in_room];
    *gap = room->members[--room->n_members];
    gap->membership->index_in_room = ms->index_in_room;
    struct membership **own_gap = &user->rooms[ms->index_in_user];
    *own_gap = user->rooms[--user->n_rooms];
    (*own_gap)->index_in_user = ms->index_in_user;

    chat_cursors_skip(chat, ms);
    DL_DELETE(room->member_list, ms);
    HASH_DEL(chat->memberships, ms);
    free(ms);
    drop_if_empty(chat, room);
}

/* Splits the next name off a comma list, past empty ones; false at its end.
 * The list is cut up in place. */
static bool next_name(char **list, struct irc_text *name)
{
    do {
        if (!*list)
            return false;
        name->ptr = strsep(list, ",");
    } while (!*name->ptr);
    name->len = strlen(name->ptr);
    return true;
}

static void join_room(struct chat *chat, struct user *user,
                      const struct irc_text *name)
{
    if (!irc_is_room(name->ptr, name->len)) {
        chat_reply(chat, user, "403", "%s :No such channel",
                   chat_word(name->ptr));
        return;
    }
    struct room *room = chat_find_room(chat, name->ptr, name->len);
    if (room && chat_find_member(chat, room, user))
        return;
    if (user->n_rooms == ROOMS_MAX) {
        chat_reply(chat, user, "405", "%s :You have joined too many channels",
                   chat_word(name->ptr));
        return;
    }
    if (!room)
        room = new_room(chat, name);
    struct msg *msg =
        room ? chat_format(chat, ":%s JOIN %s", user->prefix, room->name)
             : NULL;
    if (!msg || !add_member(chat, room, user)) {
        if (room)
            drop_if_empty(chat, room);
        if (msg)
            msg_unref(msg);
        chat->out_of_memory = true;
        return;
    }
    chat_send_room(chat, room, msg, NULL);
    msg_unref(msg);
    log_step("%s joined %s", user->nick, room->name);
    if (room->topic)
        chat_send_topic(chat, user, room);
    chat_send_names(chat, user, room);
}

/* False: no memory to say so, and the user is still in. */
static bool part_room(struct chat *chat, struct membership *ms, const char *why)
{
    struct room *room = ms->key.room;
    struct user *user = ms->key.user;
    struct msg *msg =
        why ? chat_format(chat, ":%s PART %s :%s", user->prefix, room->name,
                          why)
            : chat_format(chat, ":%s PART %s", user->prefix, room->name);

    if (!msg)
        return false;
    chat_send_room(chat, room, msg, NULL);
    msg_unref(msg);
    log_step("%s left %s", user->nick, room->name);
    chat_remove_member(chat, ms);
    return true;
}

enum chat_result chat_cmd_join(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    struct irc_text name;

    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "JOIN");
    if (strcmp(m->params[0].ptr, "0") == 0) {
        while (user->n_rooms > 0 &&
               part_room(chat, user->rooms[user->n_rooms - 1], NULL))
            ;
        return CHAT_OK;
    }
    char *list = m->params[0].ptr;
    while (next_name(&list, &name))
        join_room(chat, user, &name);
    return CHAT_OK;
}

/* The user's membership of the named room; NULL after a 403 or 442. */
static struct membership *require_member(struct chat *chat, struct user *user,
                                         const struct irc_text *name)
{
    struct room *room = chat_find_room(chat, name->ptr, name->len);

    if (!room) {
        chat_reply(chat, user, "403", "%s :No such channel",
                   chat_word(name->ptr));
        return NULL;
    }
    struct membership *ms = chat_find_member(chat, room, user);
    if (!ms)
        chat_reply(chat, user, "442", "%s :You're not on that channel",
                   room->name);
    return ms;
}

enum chat_result chat_cmd_part(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    struct irc_text name;

    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "PART");
    char *list = m->params[0].ptr;
    while (next_name(&list, &name)) {
        struct membership *ms = require_member(chat, user, &name);
        if (ms &&
            !part_room(chat, ms, m->n_params > 1 ? m->params[1].ptr : NULL))
            break;
    }
    return CHAT_OK;
}

void chat_send_topic(struct chat *chat, struct user *to, struct room *room)
{
    chat_reply(chat, to, "332", "%s :%s", room->name, room->topic);
    chat_reply(chat, to, "333", "%s %s %lld", room->name,
               room->topic_by ? room->topic_by : chat->config.name,
               (long long)room->topic_at);
}

/* Without memory to tell the room, the topic stays. */
static void set_topic(struct chat *chat, struct user *user, struct room *room,
                      const struct irc_text *topic)
{
    int len = (int)irc_cut(topic->ptr, topic->len, TOPIC_MAX);
    struct msg *msg = chat_format(chat, ":%s TOPIC %s :%.*s", user->prefix,
                                  room->name, len, topic->ptr);

    if (!msg)
        return;
    if (chat_set_text(&room->topic_by, user->prefix, IRC_LINE_MAX) &&
        chat_set_text(&room->topic, topic->ptr, TOPIC_MAX)) {
        room->topic_at = chat->config.now();
        chat_send_room(chat, room, msg, NULL);
        log_step("%s set the topic of %s", user->nick, room->name);
    } else {
        chat->out_of_memory = true;
    }
    msg_unref(msg);
}

enum chat_result chat_cmd_topic(struct chat *chat, struct user *user,
                                struct irc_message *m)
{
    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "TOPIC");
    if (m->n_params == 1) {
        struct room *room =
            chat_find_room(chat, m->params[0].ptr, m->params[0].len);
        if (!room)
            chat_reply(chat, user, "403", "%s :No such channel",
                       chat_word(m->params[0].ptr));
        else if (room->topic)
            chat_send_topic(chat, user, room);
        else
            chat_reply(chat, user, "331", "%s :No topic is set", room->name);
        return CHAT_OK;
    }
    struct membership *ms = require_member(chat, user, &m->params[0]);
    if (!ms)
        return CHAT_OK;
    set_topic(chat, user, ms->key.room, &m->params[1]);
    return CHAT_OK;
}

/* 353 lines of at most 512 bytes each, then 366. */
void chat_send_names(struct chat *chat, struct user *to, struct room *room)
{
    struct irc_line l = {.len = 0};
    size_t head;
    bool inside = chat_find_member(chat, room, to) != NULL;

    irc_line_addf(&l, ":%s 353 %s = %s :", chat->config.name, chat_nick(to),
                  room->name);
    head = l.len;
    for (uint32_t i = 0; i < room->n_members; i++) {
        const struct user *u = room->members[i].user;
        if (u->invisible && !inside)
            continue;
        size_t len = strlen(u->nick);
        if (l.len + len + 2 > IRC_LINE_MAX - 2) {
            chat_send_line(chat, to, &l);
            l.len = head;
        }
        if (l.len > head)
            irc_line_add(&l, " ", 1);
        if (room->members[i].membership->first)
            irc_line_add(&l, "@", 1);
        irc_line_add(&l, u->nick, len);
    }
    if (l.len > head)
        chat_send_line(chat, to, &l);
    chat_reply(chat, to, "366", "%s :End of /NAMES list.", room->name);
}

enum chat_result chat_cmd_names(struct chat *chat, struct user *user,
                                struct irc_message *m)
{
    struct irc_text name;

    if (m->n_params == 0 || m->params[0].len == 0) {
        chat_reply(chat, user, "366", "* :End of /NAMES list.");
        return CHAT_OK;
    }
    char *list = m->params[0].ptr;
    for (int n = 0; next_name(&list, &name); n++) {
        /* One line must not ask for the same large room a hundred times. */
        if (n == TARGETS_MAX) {
            chat_reply(chat, user, "407", "%s :Too many targets",
                       chat_word(name.ptr));
            break;
        }
        struct room *room = chat_find_room(chat, name.ptr, name.len);
        if (room)
            chat_send_names(chat, user, room);
        else
            chat_reply(chat, user, "366", "%s :End of /NAMES list.",
                       chat_word(name.ptr));
    }
    return CHAT_OK;
}

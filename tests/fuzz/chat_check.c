#include "tests/fuzz/chat_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/chat_internal.h"

#define CHECK(truth)                                                           \
    do {                                                                       \
        if (!(truth)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,         \
                    #truth);                                                   \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void check_room(struct chat *chat, struct room *room)
{
    unsigned n = 0, first = 0;
    const struct membership *ms;

    CHECK(room->n_members > 0 && room->n_members <= room->cap);
    CHECK(chat_find_room(chat, room->name, strlen(room->name)) == room);
    for (uint32_t i = 0; i < room->n_members; i++) {
        const struct member *m = &room->members[i];
        CHECK(m->membership->key.room == room);
        CHECK(m->membership->key.user == m->user);
        CHECK(m->membership->index_in_room == i);
        CHECK(chat_find_member(chat, room, m->user) == m->membership);
        first += m->membership->first;
    }
    CHECK(first <= 1);
    for (ms = room->member_list; ms; ms = ms->next)
        n++;
    CHECK(n == room->n_members);
    CHECK(!room->topic || room->topic[0]);
}

static void check_user(struct chat *chat, struct user *user)
{
    CHECK(user->n_rooms <= user->rooms_cap && user->n_rooms <= ROOMS_MAX);
    for (uint32_t i = 0; i < user->n_rooms; i++) {
        CHECK(user->rooms[i]->key.user == user);
        CHECK(user->rooms[i]->index_in_user == i);
    }
    CHECK((user->nick[0] == '\0') == (user->key[0] == '\0'));
    CHECK(!user->nick[0] || chat_find_user(chat, user->nick) == user);
    CHECK(user->registered || (user->n_rooms == 0 && !user->invisible));
    if (user->registered)
        CHECK(user->nick[0] && user->name[0] && user->prefix);
}

static void check_cursors(const struct chat *chat)
{
    const struct user *u;
    size_t of_users = 0, listed = 0;

    for (u = chat->user_list; u; u = u->next)
        of_users += u->cursor != NULL;
    for (const struct cursor *c = chat->cursors; c; c = c->next)
        listed++;
    CHECK(listed == of_users);
}

void chat_check(struct chat *chat)
{
    uint32_t n = 0, registered = 0, invisible = 0, rooms = 0;
    uint64_t memberships = 0, of_users = 0, nicks = 0;

    for (struct user *u = chat->user_list; u; u = u->next) {
        check_user(chat, u);
        n++;
        nicks += u->nick[0] != '\0';
        registered += u->registered;
        invisible += u->invisible;
        of_users += u->n_rooms;
    }
    for (struct room *r = chat->room_list; r; r = r->next) {
        check_room(chat, r);
        rooms++;
        memberships += r->n_members;
    }
    CHECK(n == chat->n_connections);
    CHECK(registered == chat->n_registered);
    CHECK(registered <= chat->max_registered);
    CHECK(invisible == chat->n_invisible);
    CHECK(nicks == HASH_COUNT(chat->users));
    CHECK(rooms == HASH_COUNT(chat->rooms));
    CHECK(memberships == of_users);
    CHECK(memberships == HASH_COUNT(chat->memberships));
    check_cursors(chat);
}

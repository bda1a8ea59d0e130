/*
 * rooms - the rooms we are in or want to be in, and the one we talk in.
 *
 * Pure. A handful of rooms: a plain array, searched from the front.
 */
#ifndef CHAT_ROOMS_H
#define CHAT_ROOMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/irc.h"

struct room_entry {
    char name[IRC_ROOM_MAX + 1]; /* as the user or the server wrote it */
    bool joined;                 /* the server has let us in */
};

/* Zeroed is empty. */
struct rooms {
    struct room_entry *all;         /* malloc'ed, in the order wanted */
    size_t n;                       /* how many */
    char current[IRC_ROOM_MAX + 1]; /* plain lines go there; "": none yet */
};

void rooms_free(struct rooms *r);

/* Wants a room (once). The first one becomes the current one. */
void rooms_add(struct rooms *r, const char *name);

/* Forgets a room; another joined one becomes current if it was. */
void rooms_remove(struct rooms *r, const char *name);

/* The server says that we are in `name`, wanted or not. */
void rooms_set_joined(struct rooms *r, const char *name);
bool rooms_is_joined(const struct rooms *r, const char *name);
void rooms_select(struct rooms *r, const char *name);

/* The connection is gone: in none of them, but they stay wanted. */
void rooms_leave_all(struct rooms *r);

/* All answers are in: forgets the rooms that did not let us in. */
void rooms_forget_refused(struct rooms *r);

/* Where a plain line goes: the current room if we are in it, else the first
 * one we are in, else NULL. */
const char *rooms_target(const struct rooms *r);
size_t rooms_count_joined(const struct rooms *r);

#endif

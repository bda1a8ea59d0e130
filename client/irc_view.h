/*
 * irc_view - a line from the server, as the user is to see it.
 *
 * Pure: message in, view out. What the line does to the client's own state
 * (nick, rooms, fences) is session's.
 */
#ifndef CHAT_IRC_VIEW_H
#define CHAT_IRC_VIEW_H

#include <stdbool.h>

#include "client/view.h"
#include "common/irc.h"

/* What the wording depends on. Zeroed and given a nick, it is ready. */
struct irc_view {
    const char *nick; /* ours now: "you joined", not "alice joined" */
    bool show_rooms;  /* name the room in front of what is said: several */
    bool listed;      /* a row of NAMES or WHO has come since the last end */
};

/* Words `m` into `out`; out->kind is VIEW_NONE where there is nothing to say
 * (PING, the end of a list). */
void irc_view(struct irc_view *iv, const struct irc_message *m,
              struct view *out);

/* The nick within a prefix "nick!user@host": its length. */
size_t irc_view_nick_length(const struct irc_text *prefix);

/* Whether the message comes from `nick`. */
bool irc_view_is_from(const struct irc_message *m, const char *nick);

/* The numeric of a reply (1 to 999), 0 for a command. */
int irc_view_numeric(const struct irc_message *m);

/* Whether the numeric says that something we asked for was refused. 422 (no
 * message of the day) is none of that. */
bool irc_view_is_error(int numeric);

#endif

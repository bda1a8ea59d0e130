/*
 * names - nicks and room names: made legal, made different.
 *
 * Pure.
 */
#ifndef CHAT_NAMES_H
#define CHAT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/irc.h"

/* How many other nicks names_retry() knows. */
enum { NAMES_RETRIES = 8 };

/* A legal nick that resembles the login name; "guest" when nothing is left. */
void names_from_login(const char *login, char nick[IRC_NICK_MAX + 1]);

/*
 * The nick to try after `wanted` was taken, `attempt` from 1 to NAMES_RETRIES:
 * alice_ alice__ alice___, then alice_2 ... alice_6. The latter cut `wanted`
 * to 7 bytes: RFC 1459 servers take 9. False: none is left.
 */
bool names_retry(const char *wanted, int attempt, char nick[IRC_NICK_MAX + 1]);

/* Copies a room's name and puts the '#' in front that a shell may have eaten.
 * False: it is no legal name even so. */
bool names_room(const char *text, size_t len, char room[IRC_ROOM_MAX + 1]);

/* Whether two names are the same (ASCII letters without case). */
bool names_equal(const char *a, const char *b);

#endif

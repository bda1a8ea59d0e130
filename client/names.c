#include "client/names.h"

#include <stdio.h>
#include <string.h>

void names_from_login(const char *login, char nick[IRC_NICK_MAX + 1])
{
    size_t n = 0;

    for (const char *p = login; *p && n < IRC_NICK_MAX; p++) {
        nick[n] = *p;
        if (irc_is_nick(nick, n + 1)) {
            n++;
        } else if (n == 0 && *p >= '0' && *p <= '9') {
            nick[n++] = '_'; /* a nick may not start with a digit */
            nick[n++] = *p;
        }
    }
    nick[n] = '\0';
    if (n == 0)
        snprintf(nick, IRC_NICK_MAX + 1, "guest");
}

bool names_retry(const char *wanted, int attempt, char nick[IRC_NICK_MAX + 1])
{
    static const char tails[] = "___";

    if (attempt < 1 || attempt > NAMES_RETRIES)
        return false;
    if (attempt <= 3 && strlen(wanted) + (size_t)attempt <= IRC_NICK_MAX)
        snprintf(nick, IRC_NICK_MAX + 1, "%s%.*s", wanted, attempt, tails);
    else
        snprintf(nick, IRC_NICK_MAX + 1, "%.7s_%d", wanted,
                 attempt > 3 ? attempt - 2 : attempt + 6);
    return true;
}

bool names_room(const char *text, size_t len, char room[IRC_ROOM_MAX + 1])
{
    size_t hash = len > 0 && text[0] != '#';

    if (len + hash > IRC_ROOM_MAX)
        return false;
    room[0] = '#';
    memcpy(room + hash, text, len);
    room[len + hash] = '\0';
    return irc_is_room(room, len + hash);
}

bool names_equal(const char *a, const char *b)
{
    return irc_equals(a, b);
}

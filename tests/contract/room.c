#include "tests/contract/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void room_fill(struct peer **out, size_t count, const struct server *s,
               const char *prefix, const char *room)
{
    for (size_t i = 0; i < count; i++) {
        char nick[32];
        snprintf(nick, sizeof(nick), "%s%zu", prefix, i);
        out[i] = peer_connect(s, 0);
        peer_name(out[i], nick);
        peer_send(out[i], "NICK %s\r\nUSER %s 0 * :%s\r\nJOIN %s", nick, nick,
                  nick, room);
    }
    for (size_t i = 0; i < count; i++)
        peer_skip_to(out[i], ":%s 366 %s %s :*", SERVER_NAME, out[i]->name,
                     room);
    /* The last one's 366 has been sent, so all JOINs are on their way. */
    for (size_t i = 0; i < count; i++)
        peer_fence(out[i]);
}

void room_send_numbered(struct peer *p, const char *room, unsigned first,
                        unsigned count, size_t size)
{
    static char batch[65536];
    static char pad[512];
    size_t used = 0;
    if (!pad[0])
        memset(pad, '.', sizeof(pad) - 1);
    for (unsigned i = first; i < first + count; i++) {
        if (sizeof(batch) - used < 600) {
            peer_send_raw(p, batch, used);
            used = 0;
        }
        char text[96];
        int n = snprintf(text, sizeof(text), "%s %u ", p->name, i);
        int padding = (int)size > n ? (int)size - n : 0;
        used += (size_t)snprintf(batch + used, sizeof(batch) - used,
                                 "PRIVMSG %s :%s%.*s\r\n", room, text, padding,
                                 pad);
    }
    peer_send_raw(p, batch, used);
}

long room_number(const char *line, char *who)
{
    const char *text = strstr(line, " PRIVMSG ");
    if (*line != ':' || !text || !(text = strstr(text, " :")))
        return -1;
    char name[32];
    long number;
    if (sscanf(text, " :%31s %ld ", name, &number) != 2)
        return -1;
    /* What it says and who the server says sent it must agree. */
    size_t len = strlen(name);
    if (strncmp(line + 1, name, len) != 0 || line[1 + len] != '!')
        case_fail("expected a message of %s, got \"%s\"", name,
                  peer_show(line));
    if (who)
        memcpy(who, name, len + 1);
    return number;
}

void room_expect_numbered(struct peer *p, const char *sender, unsigned first,
                          unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        const char *line = peer_line(p);
        char who[32] = "";
        if (!line)
            case_fail("%s: expected message %u of %s, got the end", p->name, i,
                      sender);
        if (room_number(line, who) != (long)i || strcmp(who, sender) != 0)
            case_fail("%s: expected message %u of %s, got \"%s\"", p->name, i,
                      sender, peer_show(line));
    }
}

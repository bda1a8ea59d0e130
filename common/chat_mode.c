/*
 * chat_mode - MODE of rooms, which nobody can change, and of oneself.
 */
#include <string.h>

#include "common/chat_internal.h"

/* The first letter of a change that we do not know; '\0' when all are known. */
static char unknown_letter(const char *modes, const char *known)
{
    for (; *modes; modes++) {
        if (*modes != '+' && *modes != '-' && !strchr(known, *modes))
            return *modes;
    }
    return '\0';
}

static void room_mode(struct chat *chat, struct user *user,
                      struct irc_message *m)
{
    struct room *room =
        chat_find_room(chat, m->params[0].ptr, m->params[0].len);

    if (!room) {
        chat_reply(chat, user, "403", "%s :No such channel",
                   chat_word(m->params[0].ptr));
        return;
    }
    const char *modes = m->n_params > 1 ? m->params[1].ptr : "";
    if (!*modes) {
        chat_reply(chat, user, "324", "%s +n", room->name);
        chat_reply(chat, user, "329", "%s %lld", room->name,
                   (long long)room->created);
        return;
    }
    if (m->n_params == 2 && (!strcmp(modes, "b") || !strcmp(modes, "+b"))) {
        chat_reply(chat, user, "368", "%s :End of channel ban list",
                   room->name);
        return;
    }
    char unknown = unknown_letter(modes, "bnov");
    if (!chat_find_member(chat, room, user))
        chat_reply(chat, user, "442", "%s :You're not on that channel",
                   room->name);
    else if (unknown)
        chat_reply(chat, user, "472", "%c :is unknown mode char to me",
                   unknown > ' ' && unknown != ':' ? unknown : '?');
    else
        chat_reply(chat, user, "482", "%s :You're not channel operator",
                   room->name);
}

static void set_invisible(struct chat *chat, struct user *user, bool on)
{
    if (user->invisible == on)
        return;
    user->invisible = on;
    if (on)
        chat->n_invisible++;
    else
        chat->n_invisible--;
    chat_reply_plain(chat, user, ":%s MODE %s :%ci", user->prefix, user->nick,
                     on ? '+' : '-');
}

static void own_mode(struct chat *chat, struct user *user,
                     struct irc_message *m)
{
    bool on = true, wanted = user->invisible;

    if (m->n_params == 1 || m->params[1].len == 0) {
        chat_reply(chat, user, "221", "+%s", user->invisible ? "i" : "");
        return;
    }
    for (const char *p = m->params[1].ptr; *p; p++) {
        if (*p == '+' || *p == '-')
            on = *p == '+';
        else if (*p == 'i')
            wanted = on;
    }
    set_invisible(chat, user, wanted);
    if (unknown_letter(m->params[1].ptr, "i"))
        chat_reply(chat, user, "501", ":Unknown MODE flag");
}

enum chat_result chat_cmd_mode(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "MODE");
    if (m->params[0].ptr[0] == '#') {
        room_mode(chat, user, m);
        return CHAT_OK;
    }
    struct user *target = chat_find_user(chat, m->params[0].ptr);
    if (target == user)
        own_mode(chat, user, m);
    else if (target && target->registered)
        chat_reply(chat, user, "502", ":Cannot change mode for other users");
    else
        chat_reply(chat, user, "401", "%s :No such nick/channel",
                   chat_word(m->params[0].ptr));
    return CHAT_OK;
}

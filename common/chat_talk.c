/*
 * chat_talk - PRIVMSG, NOTICE and AWAY: the hot path is here.
 */
#include <string.h>

#include "common/chat_internal.h"
#include "common/log.h"
#include "common/stats.h"

/* What is being said, by whom, and whether errors are answered. */
struct talk {
    const char *verb;            /* "PRIVMSG" or "NOTICE" */
    struct user *from;           /* the sender */
    const struct irc_text *text; /* what is said */
    bool answers;                /* PRIVMSG: errors and 301 go back */
};

/* ":prefix VERB target :text", by copying: printf costs more than the rest of
 * the relay. */
static struct msg *format_talk(struct chat *chat, const struct talk *t,
                               const char *target)
{
    struct irc_line l = {.len = 0};

    irc_line_add(&l, ":", 1);
    irc_line_add(&l, t->from->prefix, strlen(t->from->prefix));
    irc_line_add(&l, " ", 1);
    irc_line_add(&l, t->verb, strlen(t->verb));
    irc_line_add(&l, " ", 1);
    irc_line_add(&l, target, strlen(target));
    irc_line_add(&l, " :", 2);
    irc_line_add(&l, t->text->ptr, t->text->len);
    irc_line_end(&l);
    return chat_new_msg(chat, l.text, l.len);
}

static void talk_to_room(struct chat *chat, const struct talk *t,
                         struct room *room)
{
    struct msg *msg = format_talk(chat, t, room->name);

    if (!msg)
        return;
    chat_send_room(chat, room, msg, t->from);
    msg_unref(msg);
    stats_add(STAT_MESSAGES_IN, 1);
    stats_add(STAT_DELIVERIES, room->n_members - 1);
    log_step("%s to %s: %zu bytes to %u", t->from->nick, room->name,
             t->text->len, room->n_members - 1);
}

static void talk_to_user(struct chat *chat, const struct talk *t,
                         struct user *to)
{
    struct msg *msg = format_talk(chat, t, to->nick);

    if (!msg)
        return;
    chat->config.deliver(to->owner, msg);
    msg_unref(msg);
    stats_add(STAT_MESSAGES_IN, 1);
    stats_add(STAT_DELIVERIES, 1);
    log_step("%s to %s: %zu bytes", t->from->nick, to->nick, t->text->len);
    if (to->away && t->answers)
        chat_reply(chat, t->from, "301", "%s :%s", to->nick, to->away);
}

static void talk_to(struct chat *chat, const struct talk *t, const char *target)
{
    if (target[0] == '#') {
        struct room *room = chat_find_room(chat, target, strlen(target));
        if (room && chat_find_member(chat, room, t->from))
            talk_to_room(chat, t, room);
        else if (t->answers && room)
            chat_reply(chat, t->from, "404", "%s :Cannot send to channel",
                       room->name);
        else if (t->answers)
            chat_reply(chat, t->from, "403", "%s :No such channel",
                       chat_word(target));
        return;
    }
    struct user *to = chat_find_user(chat, target);
    if (to && to->registered)
        talk_to_user(chat, t, to);
    else if (t->answers)
        chat_reply(chat, t->from, "401", "%s :No such nick/channel",
                   chat_word(target));
}

static enum chat_result talk(struct chat *chat, struct talk *t,
                             struct irc_message *m)
{
    if (m->n_params == 0 || m->params[0].len == 0) {
        if (t->answers)
            chat_reply(chat, t->from, "411", ":No recipient given (%s)",
                       t->verb);
        return CHAT_OK;
    }
    if (m->n_params == 1 || m->params[1].len == 0) {
        if (t->answers)
            chat_reply(chat, t->from, "412", ":No text to send");
        return CHAT_OK;
    }
    t->text = &m->params[1];
    t->from->last_talk = chat->config.now();
    char *list = m->params[0].ptr;
    for (int n = 0; list;) {
        char *target = strsep(&list, ",");
        if (!*target)
            continue;
        if (n++ == TARGETS_MAX) {
            if (t->answers)
                chat_reply(chat, t->from, "407", "%s :Too many recipients",
                           chat_word(target));
            break;
        }
        talk_to(chat, t, target);
    }
    return CHAT_OK;
}

enum chat_result chat_cmd_privmsg(struct chat *chat, struct user *user,
                                  struct irc_message *m)
{
    struct talk t = {.verb = "PRIVMSG", .from = user, .answers = true};

    return talk(chat, &t, m);
}

enum chat_result chat_cmd_notice(struct chat *chat, struct user *user,
                                 struct irc_message *m)
{
    struct talk t = {.verb = "NOTICE", .from = user, .answers = false};

    /* Never answered, so not with 451 either. */
    return user->registered ? talk(chat, &t, m) : CHAT_OK;
}

enum chat_result chat_cmd_away(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (!chat_set_text(&user->away, m->n_params > 0 ? m->params[0].ptr : NULL,
                       AWAY_MAX))
        chat->out_of_memory = true;
    else if (user->away)
        chat_reply(chat, user, "306", ":You have been marked as being away");
    else
        chat_reply(chat, user, "305",
                   ":You are no longer marked as being away");
    return CHAT_OK;
}

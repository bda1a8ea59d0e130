/*
 * chat_query - the greeting, and the questions with short answers: LUSERS,
 * MOTD, WHOIS, USERHOST, ISON. WHO and LIST are in chat_cursor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"

enum chat_result chat_cmd_lusers(struct chat *chat, struct user *user,
                                 struct irc_message *m)
{
    uint32_t n = chat->n_registered, max = chat->max_registered;

    (void)m;
    chat_reply(chat, user, "251",
               ":There are %u users and %u invisible on 1 servers",
               n - chat->n_invisible, chat->n_invisible);
    chat_reply(chat, user, "252", "0 :operator(s) online");
    chat_reply(chat, user, "253", "%u :unknown connection(s)",
               chat->n_connections - n);
    chat_reply(chat, user, "254", "%u :channels formed",
               HASH_COUNT(chat->rooms));
    chat_reply(chat, user, "255", ":I have %u clients and 0 servers", n);
    chat_reply(chat, user, "265", "%u %u :Current local users %u, max %u", n,
               max, n, max);
    chat_reply(chat, user, "266", "%u %u :Current global users %u, max %u", n,
               max, n, max);
    return CHAT_OK;
}

enum chat_result chat_cmd_motd(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    const char *line = chat->config.motd;

    (void)m;
    if (!line) {
        chat_reply(chat, user, "422", ":MOTD File is missing");
        return CHAT_OK;
    }
    chat_reply(chat, user, "375", ":- %s Message of the day - ",
               chat->config.name);
    while (*line) {
        size_t len = strcspn(line, "\r\n");
        chat_reply(chat, user, "372", ":- %.*s", (int)len, line);
        line += len;
        line += *line == '\r';
        line += *line == '\n';
    }
    chat_reply(chat, user, "376", ":End of /MOTD command.");
    return CHAT_OK;
}

void chat_greet(struct chat *chat, struct user *user)
{
    const char *server = chat->config.name;
    char date[64];
    struct tm tm;

    gmtime_r(&chat->started, &tm);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
    chat_reply(chat, user, "001", ":Welcome to the chat, %s", user->prefix);
    chat_reply(chat, user, "002", ":Your host is %s, running version %s",
               server, CHAT_VERSION);
    chat_reply(chat, user, "003", ":This server was created %s", date);
    chat_reply(chat, user, "004", "%s chat-%s i n", server, CHAT_VERSION);
    chat_reply(chat, user, "005",
               "CASEMAPPING=ascii CHANTYPES=# PREFIX=(ov)@+ CHANMODES=,,,n "
               "NICKLEN=%d CHANNELLEN=%d TOPICLEN=%d USERLEN=%d "
               "CHANLIMIT=#:%d LINELEN=%d NETWORK=Chat "
               "TARGMAX=PRIVMSG:%d,NOTICE:%d,NAMES:%d,JOIN:,PART:,LIST: "
               ":are supported by this server",
               IRC_NICK_MAX, IRC_ROOM_MAX, TOPIC_MAX, USER_MAX, ROOMS_MAX,
               IRC_LINE_MAX, TARGETS_MAX, TARGETS_MAX, TARGETS_MAX);
    chat_cmd_lusers(chat, user, NULL);
    chat_cmd_motd(chat, user, NULL);
}

/* 319: the rooms of `about` that `to` may know of. */
static void whois_rooms(struct chat *chat, struct user *to, struct user *about)
{
    struct irc_line l = {.len = 0};

    irc_line_addf(&l, ":%s 319 %s %s :", chat->config.name, chat_nick(to),
                  about->nick);
    size_t head = l.len;
    for (uint32_t i = 0; i < about->n_rooms; i++) {
        const struct membership *ms = about->rooms[i];
        struct room *room = ms->key.room;
        if (about->invisible && about != to &&
            !chat_find_member(chat, room, to))
            continue;
        if (l.len + strlen(room->name) + 2 > IRC_LINE_MAX - 2) {
            chat_send_line(chat, to, &l);
            l.len = head;
        }
        irc_line_addf(&l, "%s%s%s", l.len > head ? " " : "",
                      ms->first ? "@" : "", room->name);
    }
    if (l.len > head)
        chat_send_line(chat, to, &l);
}

enum chat_result chat_cmd_whois(struct chat *chat, struct user *user,
                                struct irc_message *m)
{
    /* WHOIS nick, or WHOIS server nick. */
    const struct irc_text *nick =
        m->n_params > 1 ? &m->params[1] : &m->params[0];

    if (m->n_params == 0 || nick->len == 0) {
        chat_reply(chat, user, "431", ":No nickname given");
        return CHAT_OK;
    }
    struct user *about = chat_find_user(chat, nick->ptr);
    if (!about || !about->registered) {
        chat_reply(chat, user, "401", "%s :No such nick/channel",
                   chat_word(nick->ptr));
    } else {
        const char *n = about->nick;
        chat_reply(chat, user, "311", "%s %s %s * :%s", n, about->name,
                   about->host, about->real_name ? about->real_name : "");
        whois_rooms(chat, user, about);
        chat_reply(chat, user, "312", "%s %s :chat %s", n, chat->config.name,
                   CHAT_VERSION);
        if (about->away)
            chat_reply(chat, user, "301", "%s :%s", n, about->away);
        chat_reply(chat, user, "317", "%s %lld %lld :seconds idle, signon time",
                   n, (long long)(chat->config.now() - about->last_talk),
                   (long long)about->connected);
    }
    chat_reply(chat, user, "318", "%s :End of /WHOIS list.",
               chat_word(nick->ptr));
    return CHAT_OK;
}

/* Adds to a list that began at `head`, whole or not at all: a nick cut off at
 * the line's end would be somebody else's. */
static void add_entry(struct irc_line *l, size_t head, const char *entry)
{
    size_t len = strlen(entry);

    if (l->len + 1 + len > IRC_LINE_MAX - 2)
        return;
    if (l->len > head)
        irc_line_add(l, " ", 1);
    irc_line_add(l, entry, len);
}

enum chat_result chat_cmd_userhost(struct chat *chat, struct user *user,
                                   struct irc_message *m)
{
    struct irc_line l = {.len = 0};

    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "USERHOST");
    irc_line_addf(&l, ":%s 302 %s :", chat->config.name, chat_nick(user));
    size_t head = l.len;
    for (int i = 0; i < m->n_params && i < 5; i++) {
        const struct user *u = chat_find_user(chat, m->params[i].ptr);
        char entry[IRC_NICK_MAX + USER_MAX + NET_HOST_MAX + 4];
        if (!u || !u->registered)
            continue;
        snprintf(entry, sizeof(entry), "%s=%c%s@%s", u->nick,
                 u->away ? '-' : '+', u->name, u->host);
        add_entry(&l, head, entry);
    }
    chat_send_line(chat, user, &l);
    return CHAT_OK;
}

enum chat_result chat_cmd_ison(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    struct irc_line l = {.len = 0};

    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "ISON");
    irc_line_addf(&l, ":%s 303 %s :", chat->config.name, chat_nick(user));
    size_t head = l.len;
    for (int i = 0; i < m->n_params; i++) {
        /* The nicks may stand in one parameter or in several. */
        char *rest = m->params[i].ptr;
        while (rest) {
            const struct user *u = chat_find_user(chat, strsep(&rest, " "));
            if (u && u->registered)
                add_entry(&l, head, u->nick);
        }
    }
    chat_send_line(chat, user, &l);
    return CHAT_OK;
}

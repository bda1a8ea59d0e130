/*
 * chat_user - connecting, registering, changing nicks, leaving.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"
#include "common/log.h"
#include "common/stats.h"

const char *chat_nick(const struct user *user)
{
    return user->nick[0] ? user->nick : "*";
}

bool chat_is_registered(const struct user *user)
{
    return user->registered;
}

struct user *chat_find_user(struct chat *chat, const char *nick)
{
    char key[IRC_NICK_MAX + 1];
    size_t len = strlen(nick);
    struct user *found;

    if (len == 0 || len > IRC_NICK_MAX)
        return NULL;
    irc_fold_text(key, nick, len);
    HASH_FIND(hh, chat->users, key, (unsigned)len, found);
    return found;
}

bool chat_set_text(char **text, const char *value, size_t max)
{
    char *copy = NULL;

    if (value && value[0]) {
        copy = strndup(value, irc_cut(value, strlen(value), max));
        if (!copy)
            return false;
    }
    free(*text);
    *text = copy;
    return true;
}

struct user *chat_connect(struct chat *chat, void *owner, const char *host)
{
    struct user *user = calloc(1, sizeof(*user));

    if (!user)
        return NULL;
    user->owner = owner;
    snprintf(user->host, sizeof(user->host), "%s", host);
    user->password_ok = !chat->config.password;
    user->connected = chat->config.now();
    user->last_talk = user->connected;
    DL_PREPEND(chat->user_list, user);
    chat->n_connections++;
    log_step("%s connected", host);
    return user;
}

/* The prefix is written once, not for each message relayed. */
static bool make_prefix(struct user *user)
{
    char *prefix;

    if (asprintf(&prefix, "%s!%s@%s", user->nick, user->name, user->host) < 0)
        return false;
    free(user->prefix);
    user->prefix = prefix;
    return true;
}

/* Gives the user the nick, which must be free or its own. False: no memory. */
bool chat_rename(struct chat *chat, struct user *user, const char *nick)
{
    size_t len = strlen(nick);

    if (user->key[0])
        HASH_DEL(chat->users, user);
    memcpy(user->nick, nick, len + 1);
    irc_fold_text(user->key, nick, len);
    HASH_ADD(hh, chat->users, key, (unsigned)len, user);
    if (!user->hh.tbl) {
        user->key[0] = user->nick[0] = '\0';
        return false;
    }
    return !user->registered || make_prefix(user);
}

enum chat_result chat_refuse(struct user *user, const char *why)
{
    (void)chat_set_text(&user->quit_text, why, QUIT_MAX); /* or "Quit" */
    stats_add(STAT_CLOSED_REFUSED, 1);
    user->leaving = true;
    return CHAT_CLOSE;
}

enum chat_result chat_check_memory(struct chat *chat, struct user *user,
                                   enum chat_result result)
{
    if (result == CHAT_CLOSE || !(chat->out_of_memory || user->missed))
        return result;
    return chat_refuse(user, "Out of memory");
}

/* Completes the registration once nothing is missing. */
static enum chat_result try_register(struct chat *chat, struct user *user)
{
    if (user->registered || !user->nick[0] || !user->name[0] ||
        user->negotiating)
        return CHAT_OK;
    if (!user->password_ok) {
        chat_reply(chat, user, "464", ":Password incorrect");
        return chat_refuse(user, "Bad password");
    }
    if (!make_prefix(user))
        return chat_refuse(user, "Out of memory");
    user->registered = true;
    chat->n_registered++;
    if (chat->n_registered > chat->max_registered)
        chat->max_registered = chat->n_registered;
    log_step("%s registered from %s", user->nick, user->host);
    chat_greet(chat, user);
    return CHAT_OK;
}

enum chat_result chat_cmd_cap(struct chat *chat, struct user *user,
                              struct irc_message *m)
{
    const char *server = chat->config.name;
    const char *who = chat_nick(user);

    if (m->n_params == 0)
        return chat_need_more_params(chat, user, "CAP");
    const char *sub = m->params[0].ptr;
    if (irc_equals(sub, "LS") || irc_equals(sub, "REQ")) {
        user->negotiating = !user->registered;
        if (irc_equals(sub, "LS"))
            chat_reply_plain(chat, user, ":%s CAP %s LS :", server, who);
        else
            chat_reply_plain(chat, user, ":%s CAP %s NAK :%s", server, who,
                             m->n_params > 1 ? m->params[1].ptr : "");
    } else if (irc_equals(sub, "LIST")) {
        chat_reply_plain(chat, user, ":%s CAP %s LIST :", server, who);
    } else if (irc_equals(sub, "END")) {
        user->negotiating = false;
        return try_register(chat, user);
    } else {
        chat_reply(chat, user, "410", "%s :Invalid CAP command",
                   chat_word(sub));
    }
    return CHAT_OK;
}

enum chat_result chat_cmd_pass(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (user->registered) {
        chat_reply(chat, user, "462", ":You may not reregister");
        return CHAT_OK;
    }
    if (m->n_params == 0 || m->params[0].len == 0)
        return chat_need_more_params(chat, user, "PASS");
    if (chat->config.password)
        user->password_ok =
            strcmp(m->params[0].ptr, chat->config.password) == 0;
    return CHAT_OK;
}

enum chat_result chat_cmd_nick(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (m->n_params == 0 || m->params[0].len == 0) {
        chat_reply(chat, user, "431", ":No nickname given");
        return CHAT_OK;
    }
    const char *nick = m->params[0].ptr;
    if (!irc_is_nick(nick, m->params[0].len)) {
        chat_reply(chat, user, "432", "%s :Erroneous nickname",
                   chat_word(nick));
        return CHAT_OK;
    }
    struct user *holder = chat_find_user(chat, nick);
    if (holder && holder != user) {
        chat_reply(chat, user, "433", "%s :Nickname is already in use", nick);
        return CHAT_OK;
    }
    if (strcmp(nick, user->nick) == 0)
        return CHAT_OK;

    struct msg *msg = NULL;
    if (user->registered) {
        msg = chat_format(chat, ":%s NICK :%s", user->prefix, nick);
        if (!msg)
            return CHAT_OK; /* it goes, by the name it is known by */
        log_step("%s is now known as %s", user->nick, nick);
    }
    if (!chat_rename(chat, user, nick)) {
        if (msg)
            msg_unref(msg);
        return chat_refuse(user, "Out of memory");
    }
    if (msg) {
        chat->config.deliver(user->owner, msg);
        chat_send_peers(chat, user, msg);
        msg_unref(msg);
    }
    return try_register(chat, user);
}

/* The user name, with the '~' of one that nobody vouches for. */
static void set_user_name(struct user *user, const char *name)
{
    size_t n = 0;

    user->name[n++] = '~';
    for (; *name && n < USER_MAX; name++) {
        unsigned char c = (unsigned char)*name;
        if (c > ' ' && c < 0x7F && c != '@' && c != '!' && c != ':' &&
            c != '*' && c != '?')
            user->name[n++] = (char)c;
    }
    if (n == 1)
        n += (size_t)snprintf(user->name + n, USER_MAX, "user");
    user->name[n] = '\0';
}

enum chat_result chat_cmd_user(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (user->registered) {
        chat_reply(chat, user, "462", ":You may not reregister");
        return CHAT_OK;
    }
    if (m->n_params < 4 || m->params[0].len == 0 || m->params[3].len == 0)
        return chat_need_more_params(chat, user, "USER");
    set_user_name(user, m->params[0].ptr);
    if (!chat_set_text(&user->real_name, m->params[3].ptr, REAL_NAME_MAX))
        chat->out_of_memory = true;
    return try_register(chat, user);
}

enum chat_result chat_cmd_quit(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    char text[QUIT_MAX + 8];
    const char *why = m->n_params > 0 ? m->params[0].ptr : chat_nick(user);

    (void)chat;
    snprintf(text, sizeof(text), "Quit: %s", why);
    (void)chat_set_text(&user->quit_text, text, QUIT_MAX); /* or "Quit" */
    stats_add(STAT_CLOSED_QUIT, 1);
    user->leaving = true;
    return CHAT_CLOSE;
}

enum chat_result chat_cmd_ping(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    if (m->n_params == 0 || m->params[0].len == 0)
        chat_reply(chat, user, "409", ":No origin specified");
    else
        chat_reply_plain(chat, user, ":%s PONG %s :%s", chat->config.name,
                         chat->config.name, m->params[0].ptr);
    return CHAT_OK;
}

enum chat_result chat_cmd_pong(struct chat *chat, struct user *user,
                               struct irc_message *m)
{
    /* Any input counts as a sign of life; the model has noted it. */
    (void)chat;
    (void)user;
    (void)m;
    return CHAT_OK;
}

static const struct {
    const char *text;     /* NULL: what chat_handle decided */
    enum stat_id counter; /* STAT_COUNT: counted when decided */
    bool told;            /* an ERROR line goes to the user itself */
} causes[] = {
    [CHAT_QUIT] = {NULL, STAT_COUNT, true},
    [CHAT_EOF] = {"Connection closed", STAT_CLOSED_EOF, true},
    [CHAT_ERROR] = {"Connection reset", STAT_CLOSED_ERROR, false},
    [CHAT_PING_TIMEOUT] = {"Ping timeout", STAT_CLOSED_PING_TIMEOUT, true},
    [CHAT_REGISTER_TIMEOUT] = {"Registration timed out",
                               STAT_CLOSED_REGISTER_TIMEOUT, true},
    [CHAT_SENDQ] = {"SendQ exceeded", STAT_CLOSED_SENDQ, false},
    [CHAT_SHUTDOWN] = {"Server shutting down", STAT_CLOSED_SHUTDOWN, false},
};

static void free_user(struct user *user)
{
    free(user->prefix);
    free(user->real_name);
    free(user->away);
    free(user->quit_text);
    free(user->rooms);
    free(user);
}

void chat_disconnect(struct chat *chat, struct user *user,
                     enum chat_cause cause)
{
    /* Who was to go already goes for that reason, whatever a model that reads
     * and handles on different threads has seen of the connection since. */
    if (user->leaving)
        cause = CHAT_QUIT;
    const char *why = causes[cause].text;
    if (!why)
        why = user->quit_text ? user->quit_text : "Quit";
    if (causes[cause].counter != STAT_COUNT)
        stats_add(causes[cause].counter, 1);
    log_step("%s left (%s)", chat_nick(user), why);
    if (causes[cause].told) {
        char line[IRC_LINE_MAX];
        size_t len = chat_format_error(line, user->host, why);
        struct msg *msg = msg_new(line, len);
        if (msg) {
            chat->config.deliver(user->owner, msg);
            msg_unref(msg);
        }
    }
    if (user->n_rooms > 0 && cause != CHAT_SHUTDOWN) {
        struct msg *msg = chat_format(chat, ":%s QUIT :%s", user->prefix, why);
        chat_send_peers(chat, user, msg);
        if (msg)
            msg_unref(msg);
    }
    while (user->n_rooms > 0)
        chat_remove_member(chat, user->rooms[user->n_rooms - 1]);
    chat_cursor_end(chat, user);
    chat_cursors_skip(chat, user);
    DL_DELETE(chat->user_list, user);
    if (user->key[0])
        HASH_DEL(chat->users, user);
    chat->n_connections--;
    chat->n_registered -= user->registered;
    chat->n_invisible -= user->invisible;
    free_user(user);
}

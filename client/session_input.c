/*
 * session - the user's side: what is typed becomes protocol lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "client/names.h"
#include "client/session_internal.h"
#include "common/die.h"

/* Until we have seen our own prefix: as long as a server may make it. */
enum { HOST_BYTES_MAX = 63 };

void session_drop_input(struct session *s, const char *line, size_t len)
{
    s->n_unsent++;
    session_note(s, VIEW_ERROR, "not sent, there is no connection: %.*s",
                 (int)(len < 2000 ? len : 2000), line);
}

static void not_sent(struct session *s, const char *why)
{
    s->n_unsent++;
    session_note(s, VIEW_ERROR, "not sent: %s", why);
}

/*
 * How many bytes of text a PRIVMSG may carry. The limit that counts is that of
 * the line the others get, which has our prefix in front; a server cuts what
 * does not fit there, silently. 0: the receiver's name takes all the room.
 */
static size_t text_room(const struct session *s, size_t to_len, bool action)
{
    size_t address = s->address_len;
    size_t used;

    if (address == 0)
        address = strlen("!~@") + strlen(s->config.user) + HOST_BYTES_MAX;
    used = strlen(":") + strlen(s->nick) + address + strlen(" PRIVMSG ") +
           to_len + strlen(" :\r\n");
    if (action)
        used += strlen("\001ACTION \001");
    return used < IRC_LINE_MAX ? IRC_LINE_MAX - used : 0;
}

static void say(struct session *s, const char *to, bool action,
                const char *text, size_t len)
{
    size_t max = text_room(s, strlen(to), action);
    bool to_room = to[0] == '#';

    /* Each piece is to hold at least a few characters. */
    if (max < 16 || to[0] == ':') {
        not_sent(s, "that is no name to send to");
        return;
    }
    while (len > 0) {
        size_t n = command_piece(text, len, max);
        session_send(s, "PRIVMSG %s :%s%.*s%s", to, action ? "\001ACTION " : "",
                     (int)n, text, action ? "\001" : "");
        fence_add_line(&s->fence, text, n);
        if (s->config.echo) {
            bool show_room = to_room && rooms_count_joined(&s->rooms) > 1;
            view_own(&s->view, s->nick, show_room ? to : NULL,
                     to_room ? NULL : to, action, text, n);
            s->ops->show(s->ctx, &s->view);
        }
        text += n;
        len -= n;
    }
    session_send_fence(s);
}

/* The room that a command is about: the one named, else where we talk. NULL,
 * and the user is told, when there is none. */
static const char *room_of(struct session *s, const char *word)
{
    const char *room = word[0] ? word : rooms_target(&s->rooms);

    if (!room)
        not_sent(s, "you are in no room; /join #ROOM first");
    return room;
}

static void send_or_say(struct session *s, int err)
{
    if (err)
        not_sent(s, "that is too long for one line of the protocol");
}

/* /join: what we are in already becomes the current room, the rest is asked
 * for. Offline it is remembered for later. */
static void join(struct session *s, const char *names, size_t len)
{
    static const char between[] = ", ";
    char *copy = xcalloc(1, len + 1);
    char *rest = NULL;

    memcpy(copy, names, len);
    for (char *name = strtok_r(copy, between, &rest); name;
         name = strtok_r(NULL, between, &rest)) {
        char room[IRC_ROOM_MAX + 1];
        if (!names_room(name, strlen(name), room)) {
            s->n_unsent++;
            session_note(s, VIEW_ERROR, "not a room's name: %s", name);
        } else if (rooms_is_joined(&s->rooms, room)) {
            rooms_select(&s->rooms, room);
            session_note(s, VIEW_INFO, "you talk in %s now", room);
        } else {
            rooms_add(&s->rooms, room);
            if (s->state != SESSION_ONLINE)
                session_note(s, VIEW_INFO, "will join %s when connected", room);
        }
    }
    free(copy);
    if (s->state == SESSION_ONLINE) {
        session_send_joins(s);
        s->hold = session_send_fence(s);
    }
}

static void part(struct session *s, const char *room, const char *why,
                 size_t len)
{
    if (s->state != SESSION_ONLINE) {
        session_note(s, VIEW_INFO, "will not join %s again", room);
        rooms_remove(&s->rooms, room);
        return;
    }
    if (len > 0)
        send_or_say(s, session_send(s, "PART %s :%.*s", room, (int)len, why));
    else
        send_or_say(s, session_send(s, "PART %s", room));
    s->hold = session_send_fence(s);
}

static void nick(struct session *s, const char *name)
{
    if (s->state == SESSION_ONLINE) {
        send_or_say(s, session_send(s, "NICK %s", name));
        s->hold = session_send_fence(s);
    } else if (irc_is_nick(name, strlen(name))) {
        snprintf(s->config.nick, sizeof(s->config.nick), "%s", name);
        s->config.nick_chosen = true;
        session_note(s, VIEW_INFO, "will be %s when connected", name);
    } else {
        session_note(s, VIEW_ERROR, "not a legal nick: %s", name);
    }
}

static void topic(struct session *s, const char *room, const char *text,
                  size_t len)
{
    if (len == 0)
        send_or_say(s, session_send(s, "TOPIC %s", room));
    else if (len == strlen("-delete") && memcmp(text, "-delete", len) == 0)
        send_or_say(s, session_send(s, "TOPIC %s :", room));
    else
        send_or_say(s, session_send(s, "TOPIC %s :%.*s", room, (int)len, text));
    session_send_fence(s);
}

static void help(struct session *s, const char *name, size_t len)
{
    struct text lines = {0};
    char *rest = NULL;

    if (command_help(&lines, name, len) == 0)
        session_note(s, VIEW_ERROR, "no such command: %.*s", (int)len, name);
    else
        for (char *line = strtok_r(lines.data, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest))
            session_note(s, VIEW_INFO, "%s", line);
    text_free(&lines);
}

/* The commands that ask one room or one name something. */
static void ask(struct session *s, const struct command *c, const char *word)
{
    const char *room = room_of(s, word);

    if (!room)
        return;
    if (c->kind == COMMAND_PART) {
        char name[IRC_LINE_MAX]; /* rooms_remove moves what `room` points at */
        snprintf(name, sizeof(name), "%s", room);
        part(s, name, c->text, c->text_len);
    } else if (c->kind == COMMAND_TOPIC) {
        topic(s, room, c->text, c->text_len);
    } else {
        const char *verb = c->kind == COMMAND_WHO ? "WHO" : "NAMES";
        send_or_say(s, session_send(s, "%s %s", verb, room));
        session_send_fence(s);
    }
}

/* What only makes sense while a server listens. */
static bool needs_server(enum command_kind kind)
{
    return kind == COMMAND_SAY || kind == COMMAND_ACTION ||
           kind == COMMAND_MSG || kind == COMMAND_NAMES ||
           kind == COMMAND_WHO || kind == COMMAND_TOPIC;
}

static void run(struct session *s, const struct command *c)
{
    char word[IRC_LINE_MAX]; /* longer ones fit no line anyway */
    const char *room;

    snprintf(word, sizeof(word), "%.*s", (int)c->word_len, c->word);
    if (word[0] == ':') {
        not_sent(s, "no name starts with a colon");
        return;
    }
    switch (c->kind) {
    case COMMAND_NOTHING: break;
    case COMMAND_SAY:
    case COMMAND_ACTION:
        room = room_of(s, "");
        if (room)
            say(s, room, c->kind == COMMAND_ACTION, c->text, c->text_len);
        break;
    case COMMAND_MSG: say(s, word, false, c->text, c->text_len); break;
    case COMMAND_NICK: nick(s, word); break;
    case COMMAND_JOIN: join(s, c->text, c->text_len); break;
    case COMMAND_PART:
    case COMMAND_NAMES:
    case COMMAND_WHO:
    case COMMAND_TOPIC: ask(s, c, word); break;
    case COMMAND_QUIT: session_quit(s, c->text, c->text_len); break;
    case COMMAND_HELP: help(s, c->word, c->word_len); break;
    case COMMAND_BAD:
        s->n_unsent++;
        session_note(s, VIEW_ERROR, "%s", c->error);
        break;
    }
}

void session_input(struct session *s, const char *line, size_t len)
{
    struct command c;
    char *copy = xcalloc(1, len + 1);

    /* A CR or NUL inside would end the protocol line there. */
    for (size_t i = 0; i < len; i++)
        copy[i] =
            line[i] == '\r' || line[i] == '\n' || !line[i] ? ' ' : line[i];
    command_parse(copy, len, &c);
    if (s->state != SESSION_ONLINE && needs_server(c.kind))
        session_drop_input(s, copy, len);
    else
        run(s, &c);
    free(copy);
}

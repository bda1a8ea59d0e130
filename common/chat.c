/*
 * chat - the chat's life and its table of commands. The commands themselves
 * are in chat_user, chat_room, chat_talk, chat_mode and chat_query.
 */
#include "common/chat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/chat_internal.h"

typedef enum chat_result (*command_fn)(struct chat *, struct user *,
                                       struct irc_message *);

/* The most frequent first: the table is searched from the front. */
static const struct command {
    const char *name;
    command_fn run;
    bool unregistered; /* allowed before 001 */
} commands[] = {
    {"PRIVMSG", chat_cmd_privmsg, false},
    {"PING", chat_cmd_ping, true},
    {"PONG", chat_cmd_pong, true},
    {"JOIN", chat_cmd_join, false},
    {"PART", chat_cmd_part, false},
    {"NICK", chat_cmd_nick, true},
    {"USER", chat_cmd_user, true},
    {"NOTICE", chat_cmd_notice, true},
    {"CAP", chat_cmd_cap, true},
    {"PASS", chat_cmd_pass, true},
    {"QUIT", chat_cmd_quit, true},
    {"MODE", chat_cmd_mode, false},
    {"WHO", chat_cmd_who, false},
    {"WHOIS", chat_cmd_whois, false},
    {"NAMES", chat_cmd_names, false},
    {"TOPIC", chat_cmd_topic, false},
    {"LIST", chat_cmd_list, false},
    {"AWAY", chat_cmd_away, false},
    {"ISON", chat_cmd_ison, false},
    {"USERHOST", chat_cmd_userhost, false},
    {"LUSERS", chat_cmd_lusers, false},
    {"MOTD", chat_cmd_motd, false},
};

/* The coarse clock is a memory read; a second is all that is shown. */
static time_t wall_clock(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);
    return ts.tv_sec;
}

struct chat *chat_new(const struct chat_config *config)
{
    struct chat *chat = calloc(1, sizeof(*chat));

    if (!chat)
        return NULL;
    chat->config = *config;
    if (!chat->config.now)
        chat->config.now = wall_clock;
    chat->started = chat->config.now();
    return chat;
}

void chat_free(struct chat *chat)
{
    if (!chat)
        return;
    assert(chat->n_connections == 0 && !chat->rooms && !chat->cursors);
    free(chat);
}

static enum chat_result run_command(struct chat *chat, struct user *user,
                                    struct irc_message *m)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *c = &commands[i];
        if (!irc_equals(m->command.ptr, c->name))
            continue;
        if (!user->registered && !c->unregistered)
            break;
        return c->run(chat, user, m);
    }
    if (!user->registered)
        chat_reply(chat, user, "451", ":You have not registered");
    else
        chat_reply(chat, user, "421", "%s :Unknown command",
                   chat_word(m->command.ptr));
    return CHAT_OK;
}

enum chat_result chat_handle(struct chat *chat, struct user *user,
                             struct irc_message *m)
{
    chat->out_of_memory = false;
    enum chat_result result = run_command(chat, user, m);
    return chat_check_memory(chat, user, result);
}

void chat_line_too_long(struct chat *chat, struct user *user)
{
    chat->out_of_memory = false;
    chat_reply(chat, user, "417", ":Input line was too long");
    user->missed |= chat->out_of_memory;
}

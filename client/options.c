#include "client/options.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/names.h"
#include "common/args.h"

const char *argp_program_version = "chat-client " CHAT_VERSION;

enum {
    KEY_NICK = 'n',
    KEY_ROOM = 'r',
    KEY_PORT = 'p',
    KEY_HOST = 0x100, /* not -h: many expect help there */
    KEY_PASSWORD,
    KEY_LINGER,
    KEY_NO_RECONNECT,
    KEY_NO_COLOR,
};

static const struct argp_option table[] = {
    {"nick", KEY_NICK, "NICK", 0,
     "The nick to take (default: the login name; NICK_ and so on if taken)", 0},
    {"room", KEY_ROOM, "ROOM[,ROOM...]", 0,
     "Join ROOM; may be repeated. What is typed goes to the first. The # may "
     "be left out",
     0},
    {"host", KEY_HOST, "HOST", 0, "The server (default: 127.0.0.1)", 0},
    {"port", KEY_PORT, "N", 0, "Its port (default: 6667)", 0},
    {"password", KEY_PASSWORD, "TEXT", 0,
     "The server's password; other users of this machine can see it in ps", 0},
    {"linger", KEY_LINGER, "SECONDS", 0,
     "Stay so long after the end of the input (default: 0, leave as soon as "
     "the server has taken everything)",
     0},
    {"no-reconnect", KEY_NO_RECONNECT, NULL, 0,
     "End when the connection cannot be made or is lost", 0},
    {"no-color", KEY_NO_COLOR, NULL, 0,
     "No colours (nor with NO_COLOR in the environment)", 0},
    {0},
};

static const char doc[] =
    "Talk in the rooms of an IRC server: one of this project's, or any other."
    "\v"
    "Lines are said to the current room; /help lists the commands. In a pipe "
    "the lines wait until the rooms are joined, and output is plain:\n"
    "  printf 'hi\\n' | chat-client --room '#a'\n"
    "\n"
    "On a terminal a lost connection is made anew, after 1 s, 2 s and so on up "
    "to 60 s, with jitter. Ctrl-C and Ctrl-D leave.\n"
    "\n"
    "Exit status:\n"
    "  0  the user left, or the input ended and all of it was sent\n"
    "  1  no connection, or it was lost (with --no-reconnect, or in a pipe);\n"
    "     in a pipe also: some of the input was not sent\n"
    "  2  a bad option\n"
    "  3  refused by the server: password, nick, or ERROR before the welcome;\n"
    "     in a pipe also: it answered something with an error";

static void add_rooms(struct client_options *o, const char *list)
{
    const char *p = list;

    do {
        char room[IRC_ROOM_MAX + 1];
        size_t len = strcspn(p, ",");
        if (!names_room(p, len, room))
            args_bad("--room",
                     "names of rooms (# and 1 to 49 bytes, no space, "
                     "colon or comma), separated by commas",
                     list);
        rooms_add(&o->rooms, room);
        p += len;
    } while (*p++ == ',');
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct client_options *o = state->input;

    switch (key) {
    case KEY_NICK:
        if (!irc_is_nick(arg, strlen(arg)))
            args_bad("--nick",
                     "a nick (a letter or one of []\\`_^{|}, then also digits "
                     "and -, 30 at most)",
                     arg);
        snprintf(o->nick, sizeof(o->nick), "%s", arg);
        o->nick_chosen = true;
        return 0;
    case KEY_ROOM: add_rooms(o, arg); return 0;
    case KEY_HOST:
        if (!arg[0])
            args_bad("--host", "a name or an address", arg);
        o->host = arg;
        return 0;
    case KEY_PORT:
        o->port = (int)args_int("--port", "a port", arg, 1, 65535);
        return 0;
    case KEY_PASSWORD:
        if (!arg[0] || strlen(arg) > 400 || strpbrk(arg, "\r\n"))
            args_bad("--password", "1 to 400 bytes on one line", arg);
        o->password = arg;
        return 0;
    case KEY_LINGER:
        o->linger_s = args_double("--linger", "seconds", arg, 0, 1e6);
        return 0;
    case KEY_NO_RECONNECT: o->reconnect = false; return 0;
    case KEY_NO_COLOR: o->colors = false; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void client_options_parse(struct client_options *o, int argc, char **argv)
{
    static const struct argp argp = {.options = table,
                                     .parser = parse,
                                     .doc = doc};
    const struct passwd *user = getpwuid(getuid());

    *o = (struct client_options){.host = "127.0.0.1",
                                 .port = 6667,
                                 .reconnect = true,
                                 .colors = true};
    names_from_login(user ? user->pw_name : "", o->login);
    memcpy(o->nick, o->login, sizeof(o->nick));
    args_parse(&argp, argc, argv, o);
}

void client_options_free(struct client_options *o)
{
    rooms_free(&o->rooms);
}

/*
 * session - the client's side of the conversation with a server.
 *
 * Registers, answers PING, keeps nick and rooms, turns typed lines into
 * protocol lines, and knows what the server has taken. No sockets, clocks or
 * terminals: it is told what happens and calls back with what to send and show.
 * The same session lives through reconnects.
 *
 *     OFFLINE --start--> REGISTERING --001--> ONLINE --lost--> OFFLINE
 *        any of them --quit--> LEAVING (for good)
 *
 * Nothing said is lost silently: a line is either taken by the server (a fence
 * behind it was answered), or shown as not sent, or as in doubt.
 */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "client/fence.h"
#include "client/irc_view.h"
#include "client/rooms.h"
#include "client/view.h"
#include "common/irc.h"

/* How many said lines may be on their way when a pipe feeds them: the rest
 * stays in the pipe, instead of overrunning the server's patience. */
enum { SESSION_WINDOW = 64 };

enum session_state {
    SESSION_OFFLINE,     /* no connection */
    SESSION_REGISTERING, /* connected, not welcomed yet */
    SESSION_ONLINE,      /* welcomed */
    SESSION_LEAVING,     /* QUIT sent, or to be forgotten */
};

/* What the session asks of its owner. Neither may call the session back. */
struct session_ops {
    void (*send)(void *ctx, const char *line, size_t len); /* with CR LF */
    void (*show)(void *ctx, const struct view *v); /* lives for the call */
};

struct session_config {
    char nick[IRC_NICK_MAX + 1]; /* wanted; follows the user's /nick */
    bool nick_chosen;            /* by the user: not to be given up silently */
    char user[IRC_NICK_MAX + 1]; /* the user name, for USER */
    const char *password;        /* for PASS, or NULL; the caller's */
    bool piped;                  /* lines come from a pipe: hold, count */
    bool echo;                   /* show what we say ourselves */
};

struct session {
    /* set once: */
    struct session_config config;  /* a copy; nick follows /nick */
    const struct session_ops *ops; /* the caller's */
    void *ctx;                     /* for ops */

    /* of this connection: */
    enum session_state state;    /* see above */
    char nick[IRC_NICK_MAX + 1]; /* what the server calls us */
    int attempt;                 /* which nick is being tried, 0: the wanted */
    size_t address_len;          /* of "!user@host" in our prefix; 0: unknown */
    unsigned hold;               /* typed lines wait for this fence */
    bool joining;                /* the wanted rooms are being entered */
    struct fence fence;          /* what the server has taken */

    /* of the whole run: */
    struct rooms rooms;    /* wanted and joined */
    struct irc_view words; /* how lines are worded */
    struct view view;      /* scratch */
    bool registered_once;  /* some connection got as far as ONLINE */
    bool refused;          /* the server will not have us: give up */
    unsigned n_errors;     /* error replies while online */
    unsigned n_unsent;     /* typed lines not sent, or in doubt */
};

void session_init(struct session *s, const struct session_config *config,
                  const struct session_ops *ops, void *ctx);
void session_free(struct session *s);

/* The connection stands: registers. */
void session_start(struct session *s);

/* A line from the server. */
void session_on_message(struct session *s, const struct irc_message *m);

/* The connection is gone: says which lines are in doubt. */
void session_lost(struct session *s);

/*
 * Whether session_input may be called now. False: the line has to wait, for
 * the answer to a JOIN, or (piped) for the connection or room in the window.
 */
bool session_is_ready(const struct session *s);

/* A typed line, without its end, of any length. */
void session_input(struct session *s, const char *line, size_t len);

/* Says that a line was not sent, and counts it. */
void session_drop_input(struct session *s, const char *line, size_t len);

/* Registered, and everything sent has been taken by the server. */
bool session_is_settled(const struct session *s);

/* Asks the server for a sign of life. */
void session_ping(struct session *s);

/* Sends QUIT if there is anybody to send it to; the state is LEAVING then. */
void session_quit(struct session *s, const char *why, size_t len);

#endif

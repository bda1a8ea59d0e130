/*
 * client - everything tied to one libev loop: terminal or pipe, server, clocks.
 *
 *     stdin --keys--> term/edit --lines--> session --lines--> uplink --> server
 *     stdout <--- term <---views--- session <---messages--- uplink <--- server
 *
 * Callbacks of the loop only change state; once a turn, before the loop sleeps
 * again, on_turn draws the consequences: hands typed lines on, decides
 * whether we are done, draws the terminal, sends what is queued. So a burst of
 * lines costs one write to the terminal and one to the socket.
 *
 * One thread; one client for each process (it owns 0, 1 and the signals).
 */
#ifndef CHAT_CLIENT_H
#define CHAT_CLIENT_H

#include <ev.h>
#include <stdbool.h>

#include "client/backoff.h"
#include "client/options.h"
#include "client/session.h"
#include "client/term.h"
#include "client/text.h"
#include "client/uplink.h"

/* How a run ends; part of the user interface. */
enum client_status {
    CLIENT_LEFT = 0,    /* the user quit, or all input was sent */
    CLIENT_LOST = 1,    /* no connection, or not everything was sent */
    CLIENT_REFUSED = 3, /* the server would not have us (2: bad options) */
};

/* client.c's own; input.c works on the fields under "input". */
struct client {
    /* set once: */
    const struct client_options *options; /* the caller's */
    struct ev_loop *loop;                 /* the default loop */
    char server[300];                     /* "host:port", for the user */
    bool piped;                           /* standard input is not a terminal */

    struct uplink uplink;   /* the connection */
    struct session session; /* what is said over it */
    struct term term;       /* what the user sees */
    struct view view;       /* scratch for what client itself says */
    struct backoff backoff; /* how long until the next attempt */

    /* clocks: */
    struct ev_timer retry;     /* connect again */
    struct ev_timer steady;    /* the connection has held: forget the backoff */
    struct ev_timer welcome;   /* how long registration may take */
    struct ev_timer heartbeat; /* notices a server that has gone silent */
    struct ev_timer linger;    /* stay after the end of the input */
    struct ev_timer farewell;  /* how long the server may take over our QUIT */
    bool lingered;             /* linger has been started */

    /* input: */
    struct ev_io keys; /* standard input, while it may be read */
    struct text input; /* bytes read and not handed on */
    bool input_ended;  /* end of file */
    bool skipping;     /* within a line that is too long to keep */

    /* the end: */
    bool leaving;              /* QUIT is sent, or there is nobody to send to */
    enum client_status status; /* what to exit with */
    char last_words[512];      /* why, for stderr; "" where it is plain */

    struct ev_prepare turn;      /* runs on_turn */
    struct ev_signal signals[6]; /* see client_signals.c */
};

/*
 * Runs until the user leaves, the input ends or the connection does; blocks
 * first while the name is resolved. Returns the exit status.
 */
int client_run(const struct client_options *options);

/* For input.c and client_signals.c: */

/* Says QUIT and ends the loop when the server has answered, or after 2 s. The
 * second call does not wait. */
void client_leave(struct client *c, enum client_status status, const char *why);

/* Shows a line of the client's own. */
void client_note(struct client *c, enum view_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* input.c: starts to watch standard input; */
void input_start(struct client *c);
/* hands on the lines that the session takes now, and reads on if it may; */
void input_pump(struct client *c);
/* whether all of it has been handed on and no more will come. */
bool input_is_done(const struct client *c);

/* client_signals.c: Ctrl-C and its kin leave, Ctrl-Z stops politely, the
 * window's size is followed. */
void client_signals_start(struct client *c);
void client_signals_stop(struct client *c);

#endif

/*
 * session_play - a conversation with a server, played without one.
 */
#ifndef CLIENT_SESSION_PLAY_H
#define CLIENT_SESSION_PLAY_H

#include <stdbool.h>

#include "client/session.h"

extern struct session s;  /* under test: alice, who wants that nick */
extern struct text sent;  /* lines to the server, their CR LF as "|" */
extern struct text shown; /* lines to the user, each ended by a newline */

/* For TestSuite: .init and .fini. The session is that of a terminal. */
void play_set_up(void);
void play_tear_down(void);

/* Begins a session, fed by a pipe or by a terminal. */
void play_begin(bool piped);

void hear(const char *line);       /* a line from the server */
void type(const char *line);       /* a line from the user */
void check_sent(const char *want); /* all that was sent since the last look */
void check_shown(const char *part);

/* Connected, in #a, nothing in doubt. */
void go_online(void);

#endif

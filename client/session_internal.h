/*
 * session_internal - what session.c and session_input.c share.
 */
#ifndef CHAT_SESSION_INTERNAL_H
#define CHAT_SESSION_INTERNAL_H

#include "client/session.h"

/* Shows a line of the client's own. */
void session_note(struct session *s, enum view_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Sends a line; CR LF is appended. -EMSGSIZE, and nothing is sent, if it would
 * pass IRC's 512 bytes.
 */
int session_send(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends JOIN for the rooms wanted and not joined, as many to a line as fit. */
void session_send_joins(struct session *s);

/* Asks for a fence behind what was just sent; its number. */
unsigned session_send_fence(struct session *s);

#endif

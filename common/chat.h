/*
 * chat - users, rooms and commands: who is told what.
 *
 * A passive monitor. It knows no socket, no lock and no thread; it decides, and
 * calls deliver(owner, msg) for each receiver. A model decides who may call it
 * (one thread at a time: a model with more threads holds its lock around each
 * call) and what deliver does.
 *
 * DOC(chat.deliver)
 * deliver() must only note the message: append it to a buffer or a mailbox and
 * mark who has to be woken. It is called while members are being walked, so it
 * must not call back into the chat and must remove nobody. A model that finds
 * a receiver too slow marks it doomed, ignores further deliveries to it, and
 * calls chat_disconnect for it later.
 * END
 *
 * Nothing here blocks. Joining, leaving and relaying cost O(1) a member.
 * Source: protocol.md; RFC 1459, RFC 2812, modern.ircdocs.horse.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/irc.h"
#include "common/msg.h"

struct chat;
struct user;

/* Hands `msg` to the connection `owner`; takes a reference to keep it. */
typedef void (*chat_deliver_fn)(void *owner, struct msg *msg);

struct chat_config {
    const char *name;        /* the server's name; the pointer is kept */
    const char *password;    /* NULL = none; the pointer is kept */
    const char *motd;        /* text, NULL = none; the pointer is kept */
    chat_deliver_fn deliver; /* called for each receiver of each message */
    time_t (*now)(void);     /* wall clock in seconds, for what is shown;
                              * NULL: the system's */
};

enum chat_result {
    CHAT_OK,    /* done; go on with the user's next line */
    CHAT_MORE,  /* a long reply is not finished: chat_continue before the
                 * user's next line, at best once its queue has drained */
    CHAT_CLOSE, /* the user is to go: chat_disconnect, then close */
};

/* Why a connection ends: the counter in the stats, and the default text. */
enum chat_cause {
    CHAT_QUIT,             /* chat_handle answered CHAT_CLOSE */
    CHAT_EOF,              /* the peer closed */
    CHAT_ERROR,            /* reset, or another socket error */
    CHAT_PING_TIMEOUT,     /* no answer to a PING */
    CHAT_REGISTER_TIMEOUT, /* never said who it is */
    CHAT_SENDQ,            /* stopped reading */
    CHAT_SHUTDOWN,         /* the server ends: nobody is told */
};

/* NULL: no memory. */
struct chat *chat_new(const struct chat_config *config);

/* Frees the chat. Every user must have been disconnected. NULL is ignored. */
void chat_free(struct chat *chat);

/*
 * A connection has been accepted. `owner` is what deliver gets; `host` (its
 * address, copied) is shown to others. NULL: no memory. The user lives until
 * chat_disconnect.
 */
struct user *chat_connect(struct chat *chat, void *owner, const char *host);

/* Handles one parsed line of the user. May write into the message's text. */
enum chat_result chat_handle(struct chat *chat, struct user *user,
                             struct irc_message *m);

/* The user's line passed 512 bytes (INBUF_TOO_LONG): answers 417. */
void chat_line_too_long(struct chat *chat, struct user *user);

/* Goes on with a long reply: at most a chunk of it, so that neither a lock nor
 * a loop is held for long. CHAT_CLOSE: no memory for it. */
enum chat_result chat_continue(struct chat *chat, struct user *user);

/*
 * The user leaves, for `cause` (once CHAT_CLOSE was answered, for that one,
 * whatever is given): an ERROR line to itself (except after
 * errors, when nobody reads it, and CHAT_SENDQ, when the model writes it past
 * the queue), a QUIT line once to each peer, and the user is freed.
 */
void chat_disconnect(struct chat *chat, struct user *user,
                     enum chat_cause cause);

/* Whether the user has completed NICK and USER. */
bool chat_is_registered(const struct user *user);

/* The user's nick, or "*" before there is one. Until the next chat_ call. */
const char *chat_nick(const struct user *user);

/* The text of the ERROR line that refuses or ends a connection without the
 * core's help, with CR LF, into `line`; returns its length. Pure. */
size_t chat_format_error(char line[IRC_LINE_MAX], const char *host,
                         const char *reason);

/* The same for "PING :server". */
size_t chat_format_ping(char line[IRC_LINE_MAX], const char *server);

#endif

/*
 * client - one connection of the blocking model: a reader thread, a writer
 * thread, and the queue between the rest of the server and the writer.
 *
 *     other readers --deliver--> queue --writer--> socket --> peer
 *     peer --> socket --reader--> chat (under its lock)
 *
 * DOC(blocking.shutdown)
 * How a client ends, in this order, whatever the cause:
 *   1. its reader returns from recv() (end of input, error, time-out, or
 *      another thread's shutdown(SHUT_RD)) and takes the user out of the chat
 *      under the lock: after that no thread finds the client any more;
 *   2. it marks the queue closing and waits, WRITER_LINGER seconds at most,
 *      for the writer to flush; a writer still stuck in send() is woken by
 *      shutdown(SHUT_RDWR) - not by close(), which would leave it asleep and
 *      free the descriptor's number for a stranger;
 *   3. it joins the writer and gives its reference back. The last reference
 *      closes the descriptor and frees: who has yet to wake the writer holds
 *      one.
 * END
 */
#ifndef BLOCKING_CLIENT_H
#define BLOCKING_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/acceptor.h"
#include "common/chat.h"
#include "common/lock.h"
#include "common/options.h"
#include "common/outbuf.h"

struct client;

/* What all threads of the server share. */
struct server {
    /* set once: */
    struct server_options opts;  /* the command line */
    struct chat *chat;           /* users and rooms; guarded by lock */
    struct acceptor_count count; /* connections; counts its own */
    int listen_fd;               /* blocking */

    struct lock lock; /* taken before a client's own */

    /* guarded by lock: */
    struct client *clients; /* all of them, by client.next */
    size_t n_clients;       /* whose reader has not ended yet */
    bool stopping;          /* the server ends */
    pthread_cond_t empty;   /* n_clients has become 0 */
};

extern struct server server;

/* chat_deliver_fn: appends to the client's queue, and notes that its writer
 * has to be woken once the lock is released. */
void client_deliver(void *owner, struct msg *msg);

/*
 * Starts the reader of a new connection and hands it the socket; it starts the
 * writer. Called by the acceptor. When a thread cannot be had, the connection
 * gets an ERROR line and is closed, and the log says which limit it may be.
 */
void client_start(int fd, const char *host);

/* Asks all clients to end. Called by main; server.empty tells when they have.
 */
void client_stop_all(void);

#endif

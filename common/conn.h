/*
 * conn - a client's connection on a libev loop: reading, framing, sending.
 *
 * The I/O half of every model that has a loop. It knows bytes and lines, when
 * to flush and whom the kernel refuses; it does not know the chat. What a line
 * means and which thread may say so is the model's: see struct conn_ops.
 *
 * Everything here is called by the loop's own thread only. Nothing blocks.
 *
 * A connection's life, each step once and in this order:
 *   open     conn_open: reads, sends.
 *   leaving  conn_leave, from here (EOF, error, time-out, doomed) or from the
 *            model (QUIT): reading stops; ops->on_leave is asked to take the
 *            user out of the chat. Deliveries may still come in.
 *   closing  conn_gone, by the model: no deliverer knows the connection any
 *            more. What is owed is sent, for CONN_LINGER seconds at most.
 *   freed    the descriptor is closed and the memory given back, here only, so
 *            that no number is reused under a sender's hands.
 */
#ifndef CHAT_CONN_H
#define CHAT_CONN_H

#include <ev.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/chat.h"
#include "common/inbuf.h"
#include "common/options.h"
#include "common/outbuf.h"

enum {
    /* Bytes taken from one connection in one turn of the loop, so that one
     * that floods cannot starve the rest. */
    CONN_READ_SIZE = 16 * 1024,
    CONN_LINES = 64, /* and lines of it handled in one turn */
    CONN_LINGER = 2, /* seconds to flush a connection that is to be closed */
};

struct conn;
struct conn_loop;

/* What the model does about it. Called in the loop's thread. */
struct conn_ops {
    /* A line came in; line[len] may be overwritten; valid during the call.
     * line == NULL: a line passed the limit. */
    void (*on_line)(struct conn *c, char *line, size_t len);
    /* conn_pause was called with `until_drained`, and the queue has drained. */
    void (*on_drained)(struct conn *c);
    /* Take the user out of the chat, then call conn_gone, now or later. */
    void (*on_leave)(struct conn *c, enum chat_cause cause);
    /* It is leaving (at the end of its input, say) and now it is clear that
     * nobody will read what it still waits for. NULL: it never waits. */
    void (*on_hurry)(struct conn *c);
    /* A connection has been freed. */
    void (*on_freed)(struct conn_loop *loop);
    /* The turn's events have been handled and its queues are about to be
     * flushed: the last moment to add to them. True: something was added, ask
     * again after flushing. NULL: nothing to do. */
    bool (*on_turn_end)(struct conn_loop *loop);
};

struct conn {
    /* set once: */
    struct conn_loop *loop; /* the loop that owns it */
    int fd;                 /* its socket, non-blocking */
    ev_tstamp opened;       /* when, in the loop's time */

    /* the model's: */
    struct user *user;      /* in the chat; NULL once it has left */
    void *job;              /* a model's own state, or NULL */
    atomic_bool registered; /* set by who runs the handlers; time-outs differ */

    /* loop thread only: */
    ev_io readable;          /* active while we read */
    ev_io writable;          /* active while the kernel refuses */
    struct inbuf in;         /* what is left of the input */
    struct outbuf out;       /* what we still owe */
    struct conn *next_dirty; /* in loop->dirty */
    struct conn *next;       /* in loop->conns */
    struct conn **link;      /* what points to us there */
    ev_tstamp last_seen;     /* last input */
    ev_tstamp deadline;      /* closing: when to give up flushing */
    bool dirty : 1;          /* in the dirty list: flush at the turn's end */
    bool paused : 1;         /* the model asked for no more lines */
    bool until_drained : 1;  /* resume once the queue has drained */
    bool tell_drained : 1;   /* and tell the model instead of resuming */
    bool held : 1;           /* paused by conn_hold */
    bool pinged : 1;         /* a PING is unanswered */
    bool deaf : 1;           /* doomed, reset or told goodbye: deliveries are
                              * dropped */
    bool doomed : 1;         /* too slow: to leave at the turn's end */
    bool leaving : 1;        /* conn_leave has been called */
    bool closing : 1;        /* conn_gone has been called */
};

/*
 * The connection whose line the calling thread is handling, or NULL. What goes
 * to it meanwhile are its own replies: they never doom it, since its reading
 * stops while much is owed, which bounds them. Set by conn for its own calls of
 * on_line and on_drained; by who handles lines elsewhere, for theirs.
 */
extern _Thread_local struct conn *conn_current;

/* One loop and its connections. Embed it; the fields are read-only outside. */
struct conn_loop {
    /* set once: */
    struct ev_loop *ev;                /* the libev loop */
    const struct conn_ops *ops;        /* the model's part */
    const struct server_options *opts; /* limits and time-outs */
    size_t half_sendq;                 /* flush before a queue grows past it */
    void *owner;                       /* the model's, for its callbacks */
    void (*free_job)(void *job);       /* frees a connection's job */

    /* loop thread only: */
    ev_prepare flush;   /* runs after the turn's events, before polling */
    ev_timer sweep;     /* once a second: time-outs */
    struct conn *conns; /* all of them */
    struct conn *dirty; /* with something to flush or to finish */
    size_t n_conns;     /* in conns */
    bool holding;       /* who becomes readable is held, not read */
    char scratch[INBUF_HEADROOM + CONN_READ_SIZE]; /* what was just read */
};

/* Prepares a loop of its own (epoll). Exits when it cannot: set-up only. */
void conn_loop_init(struct conn_loop *loop, const struct conn_ops *ops,
                    const struct server_options *opts, struct ev_loop *ev);

/* Ends all connections still there, without ceremony, and the watchers. The
 * users must have left the chat. */
void conn_loop_free(struct conn_loop *loop);

/*
 * Takes over the connected socket `fd` and reads from it from the next turn
 * on. NULL: no memory, and fd is closed.
 */
struct conn *conn_open(struct conn_loop *loop, int fd);

/* Starts the reading, once the model has set up its part. */
void conn_start(struct conn *c);

void conn_append(struct conn *c, const char *bytes, size_t len);

/*
 * Sends whole lines: they are copied behind what is owed already and flushed
 * with one send at the end of the loop's turn. A peer that is owed --sendq and
 * whom the kernel refuses is doomed: it leaves at the turn's end.
 */
static inline void conn_send(struct conn *c, const char *bytes, size_t len)
{
    if (!c->deaf)
        conn_append(c, bytes, len);
}

/* No more lines from this connection for now: what has been read is kept, what
 * comes stays in the kernel. Until conn_resume; or, with `until_drained`,
 * until ops->on_drained has been called and the model resumes. */
void conn_pause(struct conn *c, bool until_drained);

/*
 * Backpressure for the whole loop: from now on no connection of it is read;
 * the ones with input are paused one by one as they become readable. What has
 * been queued is still flushed. conn_loop_release goes on with all of them.
 */
void conn_loop_hold(struct conn_loop *loop);
void conn_loop_release(struct conn_loop *loop);

/* The same for one connection in the midst of its lines: stops after the
 * current one, until conn_loop_release. */
void conn_hold(struct conn *c);

/* Handles the lines kept, then reads on; may be paused again meanwhile. */
void conn_resume(struct conn *c);

/* The connection is to end. A later call with another cause than CHAT_EOF only
 * hurries it. */
void conn_leave(struct conn *c, enum chat_cause cause);

/* The chat knows the connection no more: flush and close it. */
void conn_gone(struct conn *c);

/* Tells all connections that the server ends, and nothing after that. The model
 * still has to take each user out (conn_leave) and call conn_gone. */
void conn_loop_say_goodbye(struct conn_loop *loop);

#endif

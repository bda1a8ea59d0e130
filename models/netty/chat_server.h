/*
 * chat_server - what the files of chat-netty share: the server, its loops, and
 * the client, which is a channel with its handlers and a user in the chat.
 *
 *     head - idle - framer - decoder - encoder - [gate] - chat - tail
 *
 *     idle     notes when the peer was last heard (chat_idle.c)
 *     framer   bytes to lines: the framework's own (codec_line.h)
 *     decoder  lines to commands (chat_codec.c)
 *     encoder  messages to bytes, gathered until flush (chat_codec.c)
 *     gate     with --business: counts the commands on their way, and stops
 *              reading while there are too many (chat_gate.c)
 *     chat     runs the chat under its lock (chat_handler.c); with --business
 *              in an executor of its own group
 *
 * DOC(netty.path)
 * From one client to another: chat_handler takes the lock and runs the chat;
 * deliver() appends (client, message) to the mailbox of the receiver's loop,
 * the own loop included. After unlocking, each loop whose mailbox was empty is
 * given one task. That task takes the whole mailbox, writes each message to its
 * channel, where the encoder gathers them, and flushes each channel once. So
 * every enqueue is in the order of the lock, a room is totally ordered, and a
 * batch costs one task a loop and one send a connection, whatever its size.
 * END
 */
#ifndef NETTY_CHAT_SERVER_H
#define NETTY_CHAT_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/acceptor.h"
#include "common/chat.h"
#include "common/irc.h"
#include "common/lock.h"
#include "common/options.h"
#include "models/netty/channel.h"
#include "models/netty/executor_group.h"
#include "models/netty/scheduler.h"

struct chat_loop;
struct client;

enum {
    /* Of a line without its end, LF alone: with CR LF the decoder counts. */
    CHAT_LINE_MAX = IRC_LINE_MAX - 1,
    CHAT_READ_SIZE = 16 * 1024,    /* bytes taken from one client in one turn */
    CHAT_LINES = 64,               /* and lines of it handled in one turn */
    CHAT_LINGER_S = 2,             /* to flush a client that is to be closed */
    CHAT_MAILBOX_MARK = 16 * 1024, /* entries: then those who feed it wait */
    CHAT_GATE_HIGH = 64, /* commands on their way to an executor: then the */
    CHAT_GATE_LOW = 16,  /* client is not read until so few are left */
};

/* ---- messages of the pipeline ---- */

/* From the decoder: a command, in memory of its own. */
struct command {
    struct reference_counted ref; /* first */
    struct bytebuf *line;         /* what `m` points into; NULL: too long */
    struct command *next;         /* in a client's queue */
    struct irc_message m;         /* parsed */
};

extern const struct reference_counted_type command_type;

/* To the encoder: a whole line, on loan for the length of the write. Nobody can
 * keep it: the bytes have to be copied. */
struct chat_line {
    struct reference_counted ref; /* first */
    const char *bytes;            /* borrowed, with CR LF */
    size_t len;                   /* of them */
};

extern const struct reference_counted_type chat_line_type;

/* ---- mailbox: see chat_mailbox.c ---- */

struct mail {
    struct client *to; /* whom it is for */
    struct msg *msg;   /* what; see mailbox_post for its reference */
    bool reply;        /* to who is being handled: never dooms */
};

struct mail_array {
    struct mail *items; /* malloc'ed */
    size_t n;           /* in use */
    size_t cap;         /* allocated */
};

struct mailbox {
    struct chat_loop *loop; /* set once: who drains it */

    /* guarded by server.lock: */
    struct mail_array mail;    /* messages, oldest first */
    struct client *notes;      /* clients with something to be noted */
    struct client **last_note; /* where the next goes */
    bool marked;               /* a drain is on its way */
    bool release;              /* the hold on this loop is over */
    bool is_held;              /* in another's `held` */
    struct mailbox *held;      /* loops held back by this one */
    struct mailbox *next_held; /* in another's `held` */
    unsigned n_blocked;        /* executors waiting for `room` */
    pthread_cond_t room;       /* it has been drained */

    /* loop thread only: */
    struct mail_array batch; /* being handled */
};

/* What is noted about a client, under the lock; behind all messages to it. */
enum note {
    NOTE_MORE = 1, /* a long reply goes on once its queue has drained */
    NOTE_LOST = 2, /* there was no memory for a message to it */
    NOTE_GONE = 4, /* it has left the chat: nothing names it any more */
};

/* ---- a worker loop, and a client ---- */

struct chat_loop {
    /* set once: */
    struct event_executor *executor; /* the event loop */
    struct promise *ended;           /* stopping, and the last client gone */

    struct mailbox box; /* see there */

    /* loop thread only: */
    struct client *clients;         /* all of this loop */
    size_t n_clients;               /* how many */
    struct client *dirty;           /* written to and not yet flushed */
    struct scheduled_future *sweep; /* looks at the clock once a second */
    bool holding;                   /* no client of this loop is read */
    bool stopping;                  /* the server ends */
};

/* Why a client is not read. */
enum pause {
    PAUSE_DRAIN = 1, /* it has much to read first; resumed when drained */
    PAUSE_TURN = 2,  /* it has said enough for this turn */
    PAUSE_HELD = 4,  /* a mailbox it feeds is over its mark */
    PAUSE_GATE = 8,  /* too many of its commands wait for the executor */
    PAUSE_END = 16,  /* it is to be closed */
};

struct client {
    /* its handlers, embedded: one allocation, freed when the last is removed */
    struct channel_handler idle;
    struct channel_handler encoder;
    struct channel_handler gate;
    struct channel_handler chat;

    /* set once: */
    struct channel *channel;         /* counted */
    struct chat_loop *loop;          /* that owns the channel */
    struct event_executor *executor; /* that runs the chat handler */

    /* atomic: */
    _Atomic uint32_t refs;   /* handlers, the chat's, tasks under way */
    atomic_bool registered;  /* has a nick: other time-outs */
    atomic_uint in_flight;   /* commands between gate and chat */
    atomic_bool gate_closed; /* PAUSE_GATE is to be lifted by the executor */
    atomic_bool hurried;     /* nobody reads any more: do not wait for it */
    atomic_int cause;        /* why the loop has asked it to leave */

    /* guarded by server.lock: */
    struct client *next_note; /* in a mailbox */
    unsigned notes;           /* enum note */

    /* the chat handler's executor only: */
    struct user *user;             /* in the chat; NULL before and after */
    struct command *queue;         /* commands that have to wait */
    struct command **last_command; /* where the next goes */
    unsigned n_handled;            /* commands in this turn */
    bool more;                     /* a long reply is under way: others wait */
    bool end_of_input;             /* the last command is in the queue */
    bool left;                     /* has left the chat: commands are dropped */

    /* loop thread only: */
    struct client *next_taken; /* in a drain's notes */
    unsigned taken;            /* enum note: what the drain is to see to */
    struct client *next;       /* in loop->clients */
    struct client **link;      /* what points to us there; NULL: not there */
    struct client *next_dirty; /* in loop->dirty */
    struct bytebuf *out;       /* written and not yet handed to the channel */
    uint64_t opened;           /* when, by the loop's clock */
    uint64_t last_seen;        /* when it was last heard */
    uint64_t deadline;         /* closing: when to give up flushing */
    uint64_t sent_seen;        /* bytes sent at the last sweep */
    uint8_t pauses;            /* enum pause */
    bool dirty;                /* in loop->dirty */
    bool tell_drained;         /* the chat handler waits for the drain */
    bool drained;              /* it will be told at the turn's end */
    bool lost;                 /* there was no memory for a line */
    bool pinged;               /* a PING is unanswered */
    bool stuck_seen;           /* the kernel refused at the last sweep */
    bool deaf;                 /* doomed, closed or told goodbye: messages are
                                * dropped */
    bool doomed;               /* too slow: to leave once all is settled */
    bool leaving;              /* it has been asked to leave */
    bool closing;              /* gone: closed when flushed */
    bool last_write;           /* its completion will close the channel */
    bool closed;               /* the channel has no loop any more */
};

struct chat_server {
    /* set once: */
    struct server_options opts;            /* the command line */
    int n_business;                        /* --business */
    struct event_executor_group *boss;     /* accepts */
    struct event_executor_group *workers;  /* do the I/O */
    struct event_executor_group *business; /* run the chat; or NULL */
    struct chat_loop *loops;               /* one for each worker */
    struct acceptor_count count;           /* connections */

    struct lock lock; /* around the chat and all mailboxes */

    struct chat *chat; /* guarded by lock */
};

extern struct chat_server server;

/* ---- chat_client.c: life, any thread unless said otherwise ---- */

/* channel_initializer's: gives an accepted channel its handlers. */
int client_init_channel(struct channel *ch, void *unused);

void client_retain(struct client *c);
void client_release(struct client *c);

/* Runs run(c) as a task of `ex`, the client kept until then. */
void client_execute(struct client *c, struct event_executor *ex, task_fn run);

/* ---- chat_mailbox.c ---- */

void mailbox_init(struct mailbox *box, struct chat_loop *loop);
void mailbox_free(struct mailbox *box);

/* chat_deliver_fn. Under the lock. */
void mailbox_deliver(void *owner, struct msg *msg);

/* Has `note` seen to by the client's loop. Under the lock; never fails. */
void mailbox_note(struct client *c, enum note note);

/* After unlocking, by whoever has delivered or noted: gives each loop concerned
 * its task. Where a mailbox is over its mark a loop is put on hold; an executor
 * blocks until it has been drained. */
void mailbox_after_unlock(void);

/* Loop thread: drains what no task could be queued for. */
void mailbox_check(struct mailbox *box);

/* The client whose command the calling thread is handling; or NULL. */
extern _Thread_local struct client *client_current;

/* ---- chat_loop.c: loop thread only ---- */

void chat_loop_init(struct chat_loop *loop, struct event_executor *executor);
void chat_loop_free(struct chat_loop *loop);

/* task_fn: the server ends. `arg` is the struct chat_loop. */
int chat_loop_stop(void *arg);

/* What mailbox_drain has for a client. */
void client_send(struct client *c, const char *bytes, size_t len, bool reply);
void client_take_note(struct client *c, unsigned notes);
void chat_loop_flush_dirty(struct chat_loop *loop);

/* From now on who is read is paused after its command; and goes on. */
void chat_loop_hold(struct chat_loop *loop);
void chat_loop_release(struct chat_loop *loop);

/* The kernel has taken all that the channel was given. */
void client_on_writable(struct client *c);

/* Stops or goes on reading the client, each for its reasons. */
void client_pause(struct client *c, enum pause reason);
void client_resume(struct client *c, enum pause reason);

/* Bytes written to the client that the kernel has not taken. */
size_t client_owed(const struct client *c);

/* Takes the client out of the chat for `cause`. */
void client_ask_to_leave(struct client *c, enum chat_cause cause);

/* The channel has no loop any more, or the chat no such client. */
void client_forget_if_over(struct client *c);

/* ---- chat_idle.c: loop thread only ---- */

/* Looks at the client's clock. */
void client_check_time(struct client *c, uint64_t now);

/* ---- chat_handler.c: the client's executor only ---- */

/* Goes on with the commands that have waited. */
void client_go_on(struct client *c);

/* Goes on with the long reply. task_fn, `arg` the client. */
int client_continue_reply(void *arg);

/* Takes the client out of the chat, once. */
void client_leave(struct client *c, enum chat_cause cause);

/* ---- the handlers' classes ---- */

extern const struct channel_handler_ops chat_idle_ops;
extern const struct channel_handler_ops chat_encoder_ops;
extern const struct channel_handler_ops chat_gate_ops;
extern const struct channel_handler_ops chat_handler_ops;
extern struct channel_handler chat_decoder; /* sharable: has no state */
extern struct channel_handler chat_accept;  /* the server channel's */

/* The client that a handler is part of. */
#define CLIENT_OF(ctx, member)                                                 \
    ((struct client *)((char *)ctx_handler(ctx) -                              \
                       offsetof(struct client, member)))

#endif

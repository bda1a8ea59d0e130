/*
 * worker - one generator thread: its connections, rooms, clock and counters.
 *
 * All members of a room belong to one worker, so that one thread sees a whole
 * conversation and one clock times it. Workers share nothing with each other.
 * The director (director.h) tells them the phase of the run and reads their
 * boards; what they counted is summed after they have ended (total.h).
 * Functions below run on the worker's own thread and never block, unless they
 * say otherwise.
 */
#ifndef CHAT_LOAD_WORKER_H
#define CHAT_LOAD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench/load/flight.h"
#include "bench/load/hist.h"
#include "bench/load/options.h"
#include "bench/load/order.h"
#include "bench/load/series.h"
#include "bench/load/sysstat.h"
#include "bench/load/timeline.h"
#include "bench/load/verify.h"

enum {
    NICK_MAX = 9,            /* RFC 1459's limit: fits every server */
    ROOM_MAX = 16,           /* bytes of a room's name with its NUL */
    SCRATCH_MAX = 256 << 10, /* one read, behind the line carried over */
    CARRY_MAX = 16 << 10 /* an unfinished line longer than this is a fault */
};

/* The course of a run. The director leads, one phase after the other; WARMUP to
 * DRAIN the workers enter by the clock, all at the same instants. */
enum phase {
    PHASE_CONNECT,  /* until the last connect */
    PHASE_REGISTER, /* until the last 001 */
    PHASE_JOIN,     /* until the last 366 */
    PHASE_HOLD,     /* --hold */
    PHASE_WARMUP,   /* under load, untimed, until the rate is steady */
    PHASE_SETTLED,  /* the same, and it is known when measuring begins */
    PHASE_MEASURE,  /* under load, timed */
    PHASE_DRAIN,    /* until all that was sent has come */
    PHASE_BARRIER,  /* until all have answered a last PING: no more comes */
    PHASE_QUIT,     /* until the server has closed all */
    PHASE_DONE
};

/* What all workers share. */
struct run {
    const struct options *opt;    /* set once */
    struct sockaddr_storage addr; /* set once: the server */
    socklen_t addr_len;           /* set once */
    char target[128];             /* set once: "host:port" for people */
    uint32_t id;                  /* set once: marks this run's messages */
    char tag[4];                  /* set once: the same in nicks and rooms */
    uint64_t epoch; /* set once: ns, zero of the payload's times */
    int report_fd;  /* set once: eventfd that wakes the director */

    /* Set before `phase` becomes WARMUP, then read-only; ns: */
    uint64_t load_at; /* sending begins */

    /* Set before `phase` becomes SETTLED, then read-only; ns: */
    uint64_t measure_at; /* messages intended from here on are timed ... */
    uint64_t stop_at;    /* ... to here; sending ends */

    atomic_int phase; /* enum phase; release: what is set before it */
};

/* What the director may see of a worker while it runs. Relaxed, but for what
 * says so; counters lag by a turn of the loop. */
struct board {
    _Alignas(64) atomic_int done; /* the last phase done; release: done_at */
    atomic_bool failed;           /* the worker's part cannot go on */
    _Atomic uint64_t done_at;     /* ns */
    _Atomic uint64_t connected;   /* sockets */
    _Atomic uint64_t registered;  /* 001 received */
    _Atomic uint64_t joined;      /* 366 received */
    _Atomic uint64_t received;    /* deliveries of all kinds */
    _Atomic uint64_t outstanding; /* deliveries that have yet to come */
    _Atomic uint64_t pulse;       /* changes whenever anything moves */
};

enum conn_state {
    CONN_NEW,         /* no socket yet */
    CONN_CONNECTING,  /* until the handshake is done */
    CONN_REGISTERING, /* until 001 */
    CONN_REGISTERED,  /* until it is its turn to JOIN */
    CONN_JOINING,     /* until 366 */
    CONN_JOINED,      /* takes part */
    CONN_QUITTING,    /* QUIT sent, until the server closes */
    CONN_CLOSED,      /* no socket any more */
    CONN_CUT          /* the same, and that before a QUIT */
};

enum conn_role {
    ROLE_STEADY, /* reads all the time, may speak */
    ROLE_SLOW,   /* stops reading for the measured window, never speaks */
    ROLE_GUEST   /* comes and goes: guest.h */
};

/* One user. 64 bytes: one cache line for each read. */
struct conn {
    int fd;                   /* -1 without a socket */
    uint8_t state;            /* enum conn_state */
    uint8_t role;             /* set once: enum conn_role */
    uint8_t watched;          /* EPOLLIN, EPOLLOUT: what epoll is to report */
    bool ponged;              /* has answered the final PING */
    uint8_t sample;           /* set once: place in room->order + 1; 0: none */
    uint16_t carry_len;       /* bytes in carry */
    uint32_t owed_len;        /* bytes in owed */
    uint32_t index;           /* over all workers; the sender in payloads */
    uint32_t seq;             /* messages it has sent */
    struct room *room;        /* its one room */
    struct verify_slot *seen; /* one for each sender of the room */
    uint64_t received;        /* distinct messages */
    char *carry;              /* unfinished line, malloc'ed; NULL: none */
    char *owed;               /* what the kernel refused, malloc'ed */
};

struct room {
    struct conn *members;   /* set once: room_size of them, side by side */
    uint32_t size;          /* set once: how many */
    uint32_t first;         /* set once: index of the first member */
    uint32_t head_len;      /* set once: bytes in head */
    char head[40];          /* set once: "PRIVMSG #room :" */
    char name[ROOM_MAX];    /* set once */
    struct order *order;    /* set once: its total order; NULL: unchecked */
    struct flights flights; /* messages under way */
    uint32_t number;        /* of the next message; not gapless */
    uint32_t turn;          /* place of the next sender */
    uint32_t speakers;      /* set once: members in front that may speak */
    uint32_t live;          /* members with a socket */
    uint32_t readers;       /* of these, the ones a message is timed by */
    bool idle;              /* set once: nobody ever speaks here */
    bool listed;            /* in worker.ready */
    uint64_t messages;      /* sent to the room so far */
};

struct counters {
    uint64_t connected;         /* sockets connected */
    uint64_t registered;        /* 001 received */
    uint64_t joined;            /* 366 received */
    uint64_t sent;              /* messages */
    uint64_t achieved;          /* due and sent in the measured window */
    uint64_t unsent;            /* due in it, and never sent */
    uint64_t expected;          /* deliveries these must give */
    uint64_t received;          /* distinct, correct deliveries */
    uint64_t abandoned;         /* expected at receivers that were closed */
    uint64_t gaps;              /* missing there before what they had */
    uint64_t duplicates;        /* copies too many */
    uint64_t reordered;         /* came after a later one of its sender */
    uint64_t corrupt;           /* lines to the room that are no message */
    uint64_t misrouted;         /* back at the sender, or of another room */
    uint64_t refused;           /* error numerics while under load */
    uint64_t unexpected_closes; /* connections the server ended */
    uint64_t slow_cut;          /* slow by design, and ended by the server */
    uint64_t pongs;             /* answers to the final PING */
    uint64_t closed;            /* connections closed, for whatever reason */
    uint64_t guest_heard;       /* what guests said, at steady members */
    uint64_t guest_received;    /* messages at guests */
    uint64_t guest_lost;        /* what guests said, where it did not come */
    uint64_t guests_gone;       /* guests closed, for whatever reason */
    uint64_t reads;             /* recv calls */
    uint64_t writes;            /* send calls for messages */
};

/* Counters at one instant, to take the difference of two. */
struct snapshot {
    uint64_t at;        /* ns; 0: not taken */
    uint64_t sent;      /* counters.sent */
    uint64_t received;  /* deliveries of all kinds */
    uint64_t backlog;   /* deliveries yet to come */
    struct sys_cpu cpu; /* of this thread */
};

struct worker {
    /* set once: */
    struct run *run;
    uint32_t index; /* of the workers */
    struct conn *conns;
    uint32_t conns_count;
    struct room *rooms;
    uint32_t rooms_count;
    struct room **busy; /* those of them in which somebody speaks */
    uint32_t busy_count;
    double share; /* of all rooms in which somebody speaks */
    int epfd;
    int wake_fd;   /* eventfd: the director has a new phase */
    char *scratch; /* SCRATCH_MAX bytes and a little slack */

    /* read by the director: */
    struct board board;

    /* its own thread: */
    enum phase phase;
    uint32_t next_connect; /* conns from here on have not been started */
    uint32_t next_join;    /* the same for JOIN */
    uint32_t opening;      /* places of the connect window taken */
    bool sending;          /* between the starts of WARMUP and DRAIN */
    bool failed;           /* `fault` says why the run is over */
    struct timeline clock; /* open loop: when */
    struct rng pick;       /* open loop: which room */
    uint32_t next_room;    /* fixed arrivals: rooms in turn */
    struct room **ready;   /* closed loop: rooms with a place free */
    uint32_t ready_count;
    struct guests *guests;  /* the churn; NULL: none */
    uint64_t stop_at;       /* ns: sending ends; UINT64_MAX: not known yet */
    uint64_t window_begin;  /* ns: messages intended from here on ... */
    uint64_t window_length; /* ns: ... for this long are timed */

    /* results: */
    struct counters count;
    struct snapshot begin; /* of the measured window */
    struct snapshot end;   /* of the measured window */
    struct order_findings order;
    struct hist *latency;     /* from the intended send time */
    struct hist *uncorrected; /* from the actual one; open loop only */
    struct hist *lag;         /* actual less intended; open loop only */
    struct hist *first;       /* until a message's first reader had it */
    struct hist *last;        /* until the last had it */
    struct hist *spread;      /* from the first to the last */
    struct series series;     /* over the measured window */
    char fault[512];          /* the first fault that ended the run */
    char refusal[512];        /* the first error line while under load */
    char farewell[512];       /* the last ERROR line seen */
};

/* Worker `index` with `rooms` rooms from `first` on. Called by the main thread,
 * as worker_free() is. Never NULL. */
struct worker *worker_new(struct run *run, uint32_t index, uint32_t first,
                          uint32_t rooms);
void worker_free(struct worker *w);

/* The whole run, from the first connect to the last close; the thread's main
 * function. Blocks. */
void *worker_run(void *worker);

/* Deliveries of all kinds so far. */
uint64_t worker_received(const struct worker *w);

/* Ends the run early; the first reason is kept. */
void worker_fail(struct worker *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t now_ns(void); /* CLOCK_MONOTONIC */

#endif

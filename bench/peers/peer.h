/*
 * peer - one server of others: what it is, how it is run, what to know of it.
 *
 * chat-peer gives each the manners of ours: it takes --port 0, prints
 * "ready NAME ADDR:PORT" once it answers a registration, and ends on SIGTERM.
 * The peer runs in chat-peer's own process (exec), so that its CPU time and
 * memory are those of the process that was started.
 */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How the peer gets its port. */
enum peer_socket {
    PEER_INHERITS, /* takes our listening socket, as systemd's */
    PEER_BINDS     /* is told the port */
};

struct peer {
    const char *name;           /* "ngircd" */
    const char *title;          /* "InspIRCd" */
    const char *package;        /* Debian's */
    const char *program;        /* where that package puts it */
    const char *needs[8];       /* files besides; NULL-terminated */
    const char *built;          /* ours, in build/peers/; NULL: none */
    const char *conf;           /* its settings, there; NULL: none */
    enum peer_socket socket;    /* see above */
    bool threads;               /* --threads means something to it */
    double warmup_s;            /* its CPU time under load before it is ready */
    const char *flags[24];      /* its fixed arguments; NULL-terminated */
    const char *version_option; /* makes it print its version */
    const char *caveats[10];    /* to be printed with figures; NULL-ended */
};

/* NULL if there is none of that name. */
const struct peer *peer_find(const char *name);

/* The `index`-th peer; NULL behind the last. */
const struct peer *peer_at(size_t index);

/*
 * 0 if all it takes is there; else -1 and what is missing, with what installs
 * it, in `why`. `data_dir` is build/peers.
 */
int peer_check(const struct peer *p, const char *data_dir, char *why,
               size_t size);

/* What the manifest says of it. The caller deletes it. */
cJSON *peer_describe(const struct peer *p, const char *data_dir);

/* What the command line asks for. */
struct launch {
    const struct peer *peer; /* which */
    const char *bin_dir;     /* where chat-load is, for the warm-up */
    const char *data_dir;    /* build/peers */
    int port;                /* 0: any */
    int threads;             /* 0: its cores */
    double warmup_s;         /* its CPU time under load before; 0: none */
};

/*
 * Becomes the peer; a small process beside it prints the ready line and ends.
 * Returns only by exit: 1 with a line on stderr if that cannot be done.
 */
_Noreturn void launch_run(const struct launch *l);

/* The arguments it is run with; NULL-terminated, owned by the caller. */
char **launch_argv(const struct launch *l, int port, const char *conf);

/* Its settings with the port filled in, newly allocated; NULL if it has none
 * or, with errno, if they cannot be read. */
char *launch_settings(const struct launch *l, int port);

/*
 * Waits until the server, process `pid`, registers a client on `port`, warms it
 * up, and prints the ready line on `out`. Exits; in between it ends with the
 * server. The server is stopped if it does not come to that.
 */
_Noreturn void probe_run(const struct launch *l, pid_t pid, int pidfd, int port,
                         int out);

#endif

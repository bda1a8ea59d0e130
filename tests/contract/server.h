/*
 * server - the server processes of one test case.
 *
 * Each is started with `--port 0 --name irc.test --stats FILE` and whatever the
 * case adds, on a port of its own, in the case's process group and folder.
 * When the case ends, every server still running is stopped with SIGTERM and
 * must exit 0, write whole stats, and leave no sanitizer report on stderr.
 * All calls block; all run in the case's thread.
 */
#ifndef CONTRACT_SERVER_H
#define CONTRACT_SERVER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "tests/contract/case.h"

#define SERVER_NAME "irc.test"

struct server {
    pid_t pid;           /* the process */
    int pidfd;           /* readable once it has ended */
    int out_fd;          /* our end of its stdout, or -1 */
    bool running;        /* not yet waited for */
    int status;          /* as waitpid() gives it, once !running */
    int port;            /* from the ready line */
    char host[64];       /* from the ready line, without brackets */
    char ready[160];     /* the ready line, without its newline */
    char err_path[32];   /* its stderr, a file in the case's folder */
    char stats_path[32]; /* its --stats file, in the case's folder */
};

/* Starts a server with these further arguments (a NULL ends them) and waits
 * for its ready line. At most `nofile` descriptors, a limit even root keeps; 0
 * for the limit as it is. Never returns NULL; the server is the module's. */
struct server *server_start(int nofile, const char *const *args);

/* Nothing but the arguments given: no --port, --name or --stats. */
struct server *server_start_bare(const char *const *args);

/* Waits until it has ended, keeping the peers' sockets read; the wait status */
int server_wait(struct server *s);

/* SIGTERM, wait, the checks named above. The stats: the caller may delete. */
cJSON *server_stop(struct server *s);

/* The checks of a server that was told to stop by other means. */
cJSON *server_ended(struct server *s);

/* SIGUSR1, wait until the stats file has been replaced, parse it. */
cJSON *server_stats(struct server *s);

/* A number of the stats; "closed.eof" looks inside. Missing fails the case. */
long long stats_get(const cJSON *stats, const char *key);

/* Its address space now, in bytes. */
rlim_t server_address_space(const struct server *s);

/* All of its stderr so far; the caller frees. */
char *server_stderr(const struct server *s);

/* server_stop() for each one still running. The runner calls it. */
void server_stop_all(void);

/* After a failure: what became of each server, its reports; then kills it. */
void server_post_mortem(void);

/* What a program run to its end left behind. */
struct run {
    int status; /* exit status, or 128 + signal */
    char *out;  /* its stdout */
    char *err;  /* its stderr */
};

/* Runs the binary with just these arguments (a NULL ends them) to its end. A
 * server that becomes ready instead fails the case. run_free() the result. */
struct run server_run(const char *const *args);
void run_free(struct run *run);

/* START(NULL), START("--sendq", "65536"), ... */
#define ARGS(...)            ((const char *const[]){__VA_ARGS__, NULL})
#define START(...)           (CASE_AT, server_start(0, ARGS(__VA_ARGS__)))
#define START_NOFILE(n, ...) (CASE_AT, server_start(n, ARGS(__VA_ARGS__)))
#define START_BARE(...)      (CASE_AT, server_start_bare(ARGS(__VA_ARGS__)))
#define RUN(...)             (CASE_AT, server_run(ARGS(__VA_ARGS__)))
#define STOP(s)              (CASE_AT, server_stop(s))
#define STATS(s)             (CASE_AT, server_stats(s))

#endif

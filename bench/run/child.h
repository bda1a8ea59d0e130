/*
 * child - the processes of a trial: started pinned, waited for, always ended.
 *
 * Each child leads its own process group, so that a Ctrl-C on the terminal
 * reaches chat-bench alone, which then ends them in order; and the kernel
 * kills them should chat-bench itself be killed (PR_SET_PDEATHSIG). They are
 * known by pidfd: a recycled process id can be neither signalled nor awaited.
 * Single-threaded, like all of chat-bench: the death signal follows the thread
 * that forked. Errors are -errno unless said otherwise.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The descriptor number under which a child finds its `pass_fd`. */
enum { CHILD_PASS_FD = 3 };

struct child_spec {
    char *const *argv;     /* argv[0] is the file to run, no PATH search */
    const cpu_set_t *cpus; /* where it may run; NULL: anywhere */
    int out_fd;            /* its stdout; -1: /dev/null */
    int err_fd;            /* its stderr; -1: as ours */
    int pass_fd;           /* its descriptor CHILD_PASS_FD; -1: none */
};

struct child {
    pid_t pid;  /* 0: none was started */
    int pidfd;  /* readable once it ended; -1: none */
    bool ended; /* it was reaped and `status` is valid */
    int status; /* as of waitpid() */
};

/*
 * Starts a process. Returns once it runs the new program: a program that
 * cannot be executed is an error here, not an exit status later.
 */
int child_start(struct child *c, const struct child_spec *spec);

/*
 * Reaps it if it has ended, and kills what is left of its process group (a
 * wrapper's own children); true if it has ended, now or before.
 */
bool child_reap(struct child *c);

/* Does nothing to a child that ended or never was. */
void child_signal(const struct child *c, int sig);

/*
 * Ends it: SIGTERM, up to `grace_ms` for an orderly end, then SIGKILL. Blocks;
 * returns true if SIGTERM was enough. Frees the pidfd.
 */
bool child_stop(struct child *c, int grace_ms);

/* "exited with status 3", "was killed by SIGSEGV" */
void child_describe(const struct child *c, char *text, size_t size);

/* It ended by itself with status 0. */
bool child_succeeded(const struct child *c);

#endif

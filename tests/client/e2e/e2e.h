/*
 * e2e - what the end-to-end cases of chat-client share.
 *
 * Each case runs in a process of its own, the leader of a process group: what
 * it leaves behind is killed with it. Nothing sleeps: every wait is for
 * something expected, and ends the case with what was seen instead when it does
 * not come within E2E_GUARD_S.
 */
#ifndef CLIENT_E2E_H
#define CLIENT_E2E_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "client/text.h"

enum { E2E_GUARD_S = 60 }; /* only ever reached by a failure */

/* Paths of the binaries under test; set by main. */
extern const char *e2e_client;
extern const char *e2e_server;

/* ---- e2e.c ---- */

struct e2e_case {
    const char *name;
    void (*run)(void);
};

/* Each list ends with an entry without a name. */
extern const struct e2e_case e2e_pipe_cases[];
extern const struct e2e_case e2e_refusal_cases[];
extern const struct e2e_case e2e_tty_cases[];

/* Called before a case ends as failed, to print what was seen; or NULL. */
extern void (*e2e_on_fail)(void);

/* Ends the case as failed. */
_Noreturn void e2e_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define FAIL(...) e2e_fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond)                                                            \
    do {                                                                       \
        if (!(cond))                                                           \
            FAIL("not true: %s", #cond);                                       \
    } while (0)

/* Waits until fd can be read; ends the case when it takes too long. */
void e2e_wait_readable(int fd, const char *what);

/* ---- proc.c: programs, in pipes or on a pseudo-terminal ---- */

struct proc {
    pid_t pid;
    int in;          /* its standard input, -1 when closed */
    int out;         /* its standard output; on a terminal the same as in */
    int err;         /* its standard error: a file, read when it has ended */
    struct text got; /* what it has written and was not expected yet */
    bool ended;      /* no more will come */
};

/* An argument list for proc_start, without the program's name. */
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct proc *proc_start(const char *program, const char *const *args);

/* On a pseudo-terminal of 100 columns, stderr included, the terminal's
 * foreground job. A job-control shell in miniature is its parent: when the job
 * stops, it writes "STOPPED cooked" or "STOPPED raw" by the terminal's state,
 * and continues it; when it ends, "ENDED n cooked" with its exit status (128 +
 * n for a signal). */
struct proc *proc_start_tty(const char *program, const char *const *args);

void proc_write(struct proc *p, const char *bytes, size_t len);
void proc_type(struct proc *p, const char *text);
void proc_close_input(struct proc *p);
void proc_signal(struct proc *p, int signal_number);

/* Reads until `text` has come, and takes everything up to its end. */
void proc_expect(struct proc *p, const char *text);

/* Reads more, whatever it is; false at the end. */
bool proc_read(struct proc *p);

/* Waits for its end; the exit status, or 128 + signal. got: all that was left
 * of its output. */
int proc_end(struct proc *p);

/* How many lines it wrote to stderr, after proc_end; *text is all of it. */
int proc_errors(struct proc *p, struct text *text);

/* ---- peer.c: the other end, a raw socket ---- */

struct peer {
    int fd;
    struct text got; /* received, not yet taken */
};

/* A socket bound to a free port of 127.0.0.1, listening or (nobody home) not;
 * *port is the port. */
int peer_listen(bool listening, int *port);
struct peer *peer_accept(int listen_fd);

/* Connects, registers as `nick` and joins `room`. */
struct peer *peer_join(int port, const char *nick, const char *room);

void peer_send(struct peer *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line, without its end; valid until the next call. NULL at EOF. */
const char *peer_line(struct peer *p);

/* The next line must be this. */
void peer_expect(struct peer *p, const char *line);

/* Takes lines up to one that contains `part`; returns it. */
const char *peer_wait_for(struct peer *p, const char *part);

/* As a server: takes NICK and USER, welcomes `nick`, answers its JOIN of `room`
 * and the fence behind it. */
void peer_welcome(struct peer *p, const char *nick, const char *room);

/* Answers the fence that must come next. */
void peer_answer_fence(struct peer *p);

void peer_close(struct peer *p);

/* ---- server.c: a server of this project ---- */

/* Starts it on `port` (0: any) with further arguments (or NULL), and waits
 * until it is ready. */
struct proc *server_start(int port, const char *const *args);
int server_port(const struct proc *server);
const char *server_port_text(const struct proc *server);

/* ---- screen.c: what a terminal would show ---- */

struct screen {
    struct proc *proc;  /* whose output it is */
    struct text *rows;  /* malloc'ed; all that ever scrolled by */
    size_t n_rows;      /* how many */
    size_t column;      /* of the cursor, in the last row */
    struct text escape; /* an unfinished escape sequence */
    size_t seen;        /* rows before this one have been expected already */
};

void screen_init(struct screen *s, struct proc *p);

/* Reads until a row that was not expected yet matches the pattern (`*`, `?`),
 * above the typed one. */
void screen_expect(struct screen *s, const char *pattern);

/* Reads until the last row is `row`, with the cursor behind column `column`. */
void screen_expect_last(struct screen *s, const char *row, size_t column);

#endif

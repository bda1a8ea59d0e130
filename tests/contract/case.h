/*
 * case - one test case in its own process: where it stands and how it ends.
 *
 * A case is a plain function. It returns when it passed; a failed check prints
 * one line, "file:line: server suite/case: what was expected and received",
 * stops the servers it started and ends the process. Everything here runs in
 * the case's one thread. The checks are macros only to record the line.
 */
#ifndef CONTRACT_CASE_H
#define CONTRACT_CASE_H

#include <stdbool.h>
#include <stddef.h>

/* How a case's process ends; CASE_SKIPPED as in automake. */
enum { CASE_PASSED = 0, CASE_FAILED = 1, CASE_SKIPPED = 77 };

/* The last check begun. Lies in memory shared with the runner, which names it
 * when it has to kill a case that hangs. */
struct case_where {
    const char *file; /* a literal, valid in the runner as well (fork) */
    int line;         /* 0 before the first check */
};

/* Called by the runner in the new process. `command` is "PATH OPTIONS". Keeps
 * the other two pointers. */
void case_begin(const char *command, const char *name,
                struct case_where *where);

/* Remembers the line of the check that follows; use CASE_AT. */
void case_at(const char *file, int line);
#define CASE_AT case_at(__FILE__, __LINE__)

/* The server under test: its path; that one's last component; the options that
 * each run of it is given before all others (a NULL ends them). */
const char *case_binary(void);
const char *case_server_name(void);
const char *const *case_options(void);

/* Where the options begin (the blank) in "PATH OPTIONS", or its end. They hold
 * no slash. */
const char *case_find_options(const char *command);

/* Print the failure (or why it cannot run here), clean up, end the process. */
_Noreturn void case_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void case_skip(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* As case_fail for an errno value of the driver's own system calls. */
_Noreturn void case_broken(int err, const char *what);

/*
 * Hang guards. Seconds multiplied by CONTRACT_TIME_SCALE (default 1); nothing
 * is ever judged by them but "it did not come at all".
 */
double case_scale(void);
double case_wait_s(void);  /* one wait for one thing */
double case_guard_s(void); /* a whole case */
double case_now_s(void);   /* CLOCK_MONOTONIC, in seconds */

/* A server's time option for a test: `s` seconds scaled, as text. Static
 * buffer, one for each of the last four calls. */
const char *case_seconds(int s);

/* Prints `text` indented under the failure; at most `lines` lines. */
void case_print_indented(const char *text, int lines);

#define FAIL(...) (CASE_AT, case_fail(__VA_ARGS__))
#define SKIP(...) (CASE_AT, case_skip(__VA_ARGS__))

/* CHECK(n == 3, "expected 3, got %d", n) */
#define CHECK(cond, ...)                                                       \
    do {                                                                       \
        CASE_AT;                                                               \
        if (!(cond))                                                           \
            case_fail(__VA_ARGS__);                                            \
    } while (0)

/* CHECK_INT("sendq_kills", got, want) */
#define CHECK_INT(what, got, want)                                             \
    (CASE_AT, case_check_int(what, (long long)(got), (long long)(want)))
void case_check_int(const char *what, long long got, long long want);

#endif

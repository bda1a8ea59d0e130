/*
 * e2e - what the end-to-end cases of chat-load share.
 *
 * A case runs in a process and a process group of its own, several at a time;
 * what it leaves behind is killed with it. Nothing sleeps: a case waits for
 * programs to end and reads what they said, and GUARD_S only ever ends a case
 * that has failed already.
 */
#ifndef LOAD_E2E_H
#define LOAD_E2E_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum { GUARD_S = 120, ARGS_MAX = 48, TEXT_MAX = 8192 };

/* The folder with chat-load and chat-null, and the mutant; set by main. */
extern const char *e2e_bin;
extern const char *e2e_mutant;

struct e2e_case {
    const char *name;
    void (*run)(const void *arg); /* returns when it has passed */
    const void *arg;              /* passed on */
};

/* Ends the case as failed. */
_Noreturn void e2e_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define FAIL(...) e2e_fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond)                                                            \
    do {                                                                       \
        if (!(cond))                                                           \
            FAIL("not true: %s", #cond);                                       \
    } while (0)

/* A program's end: what it said, and how it went. */
struct outcome {
    int status;         /* exit status, or 128 + the signal */
    char out[TEXT_MAX]; /* the start of its standard output */
    char err[TEXT_MAX]; /* the start of its standard error */
};

/* A program started. */
struct program {
    pid_t pid;
    FILE *out; /* a pipe from its stdout */
    int err;   /* a file: what it wrote to stderr */
};

/* Starts `path` with the arguments in `words`, split at spaces. */
struct program program_start(const char *path, const char *words);

/* Reads its stdout up to a line that starts with `start`, into `line`. */
void program_expect(struct program *p, const char *start, char line[256]);

/* Waits for its end and takes what it said besides. */
void program_wait(struct program *p, struct outcome *o);

/* Starts a server ("null", "reactor" from e2e_bin, or "mutant FAULT [AT]") and
 * waits for its ready line; returns its port. It is killed with the case;
 * `p`, unless NULL, is there to end it before. */
int server_start(const char *words, struct program *p);

/* Runs chat-load with --port and --json of its own and `words` to its end.
 * The result is NULL if it left none; the caller deletes it. */
cJSON *load_run(int port, const char *words, struct outcome *o);

/* The same, but not waited for; load_end() does that. */
struct load {
    struct program program;
    char json[64]; /* the result's file */
};
void load_start(struct load *l, int port, const char *words);
cJSON *load_end(struct load *l, struct outcome *o);

/* Reads a JSON file, and removes it; NULL if there is none. */
cJSON *json_take(const char *path);

/* A number of the result by its path, "latency_us.p99"; fails if absent. */
double result_number(const cJSON *result, const char *path);

/* The suite's lists of cases, NULL the last; each list ends with an entry
 * without a name. */
extern const struct e2e_case *const e2e_lists[];
extern const struct e2e_case load_cases[];

#endif

/*
 * contract-test - runs every test case against every server binary given.
 *
 *     contract-test [--jobs N] [--filter GLOB] [--list] SERVER_BINARY...
 *
 * Options and the list of jobs; the work is in runner.c, the cases in
 * contract_NAME.c. Exit status 0 when nothing failed, 1 when something did,
 * 2 for a bad command line, 130 when interrupted.
 */
#include "tests/contract/contract.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/args.h"
#include "common/die.h"
#include "tests/contract/program.h"

const char *argp_program_version = "contract-test " CHAT_VERSION;

#define CONTRACT_POINTER(name) &contract_##name,
static const struct contract_suite *const suites[] = {
    CONTRACT_SUITES(CONTRACT_POINTER)};
#define SUITE_COUNT (sizeof(suites) / sizeof(suites[0]))

enum { KEY_LIST = 256, KEY_KEEP };

struct options {
    int jobs;           /* cases run together */
    const char *filter; /* fnmatch pattern for suite/case, NULL: all */
    bool list;          /* print the names and stop */
    bool keep;          /* leave the cases' folders behind */
    char **binaries;    /* the servers */
    int binary_count;   /* of binaries */
};

static const struct argp_option argp_options[] = {
    {"jobs", 'j', "N", 0, "Run N cases at a time (default: twice the cores)",
     0},
    {"filter", 'f', "GLOB", 0, "Only cases whose SUITE/CASE matches GLOB", 0},
    {"list", KEY_LIST, NULL, 0, "Print the names of the cases and stop", 0},
    {"keep-logs", KEY_KEEP, NULL, 0,
     "Keep each case's folder (server's stderr, stats) and say where", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'j':
        o->jobs = (int)args_int("--jobs", "a number of cases", arg, 1, 1024);
        return 0;
    case 'f': o->filter = arg; return 0;
    case KEY_LIST: o->list = true; return 0;
    case KEY_KEEP: o->keep = true; return 0;
    case ARGP_KEY_ARGS:
        o->binaries = state->argv + state->next;
        o->binary_count = state->argc - state->next;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Calls back nothing: fills `jobs` with the cases that match, or counts them
 * when it is NULL. */
static size_t collect(const struct options *o, const char *binary,
                      struct runner_job *jobs)
{
    size_t n = 0;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        for (size_t j = 0; j < suites[i]->count; j++) {
            const struct contract_case *test = &suites[i]->cases[j];
            char *name = xasprintf("%s/%s", suites[i]->name, test->name);
            bool wanted = !o->filter || fnmatch(o->filter, name, 0) == 0;
            if (wanted && jobs)
                jobs[n] = (struct runner_job){binary, test, name};
            else
                free(name);
            n += wanted;
        }
    }
    return n;
}

static int list_cases(const struct options *o)
{
    size_t count = collect(o, NULL, NULL);
    struct runner_job *jobs = xcalloc(count, sizeof(*jobs));
    collect(o, NULL, jobs);
    for (size_t i = 0; i < count; i++) {
        puts(jobs[i].name);
        free(jobs[i].name);
    }
    free(jobs);
    return 0;
}

static int run(const struct options *o)
{
    size_t each = collect(o, NULL, NULL);
    if (each == 0)
        args_bad("--filter", "a pattern that matches a case (see --list)",
                 o->filter);
    size_t count = 0;
    struct runner_job *jobs =
        xcalloc(each * (size_t)o->binary_count, sizeof(*jobs));
    for (int i = 0; i < o->binary_count; i++)
        count += collect(o, program_find(o->binaries[i]), jobs + count);

    return program_run(jobs, count, o->jobs, o->keep);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = argp_options,
        .parser = parse,
        .args_doc = "SERVER_BINARY...",
        .doc = "Run the contract suite: every test case against every server "
               "binary, each case with servers of its own on free ports. "
               "'chat-mainsub --workers 2', as one word, runs a server with "
               "options.",
    };
    struct options o = {.jobs = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN)};
    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &o);
    if (o.list)
        return list_cases(&o);
    if (o.binary_count == 0)
        args_fail("SERVER_BINARY takes at least one server to test, got none");
    return run(&o);
}

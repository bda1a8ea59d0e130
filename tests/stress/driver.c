#include "tests/stress/driver.h"

#include <argp.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/args.h"
#include "common/die.h"
#include "tests/contract/program.h"

enum { KEY_LIST = 256 };

struct options {
    const char *filter; /* fnmatch pattern for a case's name, NULL: all */
    bool list;          /* print the names and stop */
    char **binaries;    /* the servers */
    int n_binaries;     /* of binaries */
};

static const struct argp_option argp_options[] = {
    {"filter", 'f', "GLOB", 0, "Only cases whose name matches GLOB", 0},
    {"list", KEY_LIST, NULL, 0, "Print the names of the cases and stop", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'f': o->filter = arg; return 0;
    case KEY_LIST: o->list = true; return 0;
    case ARGP_KEY_ARGS:
        o->binaries = state->argv + state->next;
        o->n_binaries = state->argc - state->next;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Whether the row is for this server: by its name, or as one of the rest. */
static bool is_for(const struct driver_row *rows, size_t count,
                   const struct driver_row *row, const char *server)
{
    if (row->server)
        return strcmp(row->server, server) == 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].server && strcmp(rows[i].server, server) == 0)
            return false;
    }
    return true;
}

static int list(const struct driver_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s: %s\n", rows[i].server ? rows[i].server : "others",
               rows[i].test.name);
    return 0;
}

int driver_main(const struct driver_row *rows, size_t count, const char *doc,
                int argc, char **argv)
{
    const struct argp argp = {.options = argp_options,
                              .parser = parse,
                              .args_doc = "SERVER_BINARY...",
                              .doc = doc};
    struct options o = {0};
    size_t n = 0;

    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &o);
    if (o.list)
        return list(rows, count);
    if (o.n_binaries == 0)
        args_fail("SERVER_BINARY takes at least one server to test, got none");
    struct runner_job *jobs =
        xcalloc(count * (size_t)o.n_binaries, sizeof(*jobs));
    for (int i = 0; i < o.n_binaries; i++) {
        char *path = program_find(o.binaries[i]);
        for (size_t k = 0; k < count; k++) {
            const char *name = rows[k].test.name;
            if (is_for(rows, count, &rows[k], last_component(path)) &&
                (!o.filter || fnmatch(o.filter, name, 0) == 0))
                jobs[n++] =
                    (struct runner_job){path, &rows[k].test, (char *)name};
        }
    }
    if (n == 0)
        args_fail("no case for these servers%s (see --list)",
                  o.filter ? " matches --filter" : "");
    int status = program_run(jobs, n, 1, false);
    free(jobs);
    return status;
}

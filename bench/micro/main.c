/*
 * micro-bench - what the parts of models/netty cost, in nanoseconds.
 *
 * Goals are printed beside what was measured; missing one is no failure of the
 * program, whose exit status only says whether it could measure.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/micro/micro.h"
#include "common/args.h"
#include "common/die.h"

const char *argp_program_version = "micro-bench " CHAT_VERSION;

struct options {
    int trials;       /* samples of each benchmark */
    double sample_ms; /* how long one takes */
    const char *only; /* run those whose group or name contains it */
    const char *json; /* where to write the figures, or NULL */
};

/* One benchmark and its samples. */
struct row {
    const struct micro *micro;
    uint64_t n;      /* operations in a sample */
    double *samples; /* ns an operation, sorted in the end */
    int count;       /* samples taken */
};

enum { KEY_TRIALS = 1, KEY_SAMPLE, KEY_ONLY, KEY_JSON };

static const struct argp_option option_table[] = {
    {"trials", KEY_TRIALS, "N", 0, "Samples of each benchmark (15)", 0},
    {"sample", KEY_SAMPLE, "MS", 0, "Milliseconds a sample takes (10)", 0},
    {"only", KEY_ONLY, "TEXT", 0,
     "Only benchmarks whose group or name contains TEXT", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the figures as JSON; - is stdout", 0},
    {0},
};

static const char doc[] =
    "Measures what the parts of the Netty-style framework cost."
    "\v"
    "Samples of all benchmarks are taken in turn, so that a disturbance hits "
    "them alike. The table shows the median in nanoseconds an operation, the "
    "least and the most, and the factor to what stands beside it; all of it "
    "CPU time. Ctrl-C ends the run and prints what there is.";

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *opt = state->input;

    switch (key) {
    case KEY_TRIALS:
        opt->trials =
            (int)args_int("--trials", "a number of samples", arg, 1, 10000);
        return 0;
    case KEY_SAMPLE:
        opt->sample_ms =
            args_double("--sample", "milliseconds", arg, 0.1, 10000);
        return 0;
    case KEY_ONLY: opt->only = arg; return 0;
    case KEY_JSON: opt->json = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void add_rows(struct row **rows, size_t *count,
                     const struct micro *table, const struct options *opt)
{
    for (const struct micro *m = table; m->name; m++) {
        if (opt->only && !strstr(m->group, opt->only) &&
            !strstr(m->name, opt->only))
            continue;
        *rows = xrealloc(*rows, (*count + 1) * sizeof(**rows));
        (*rows)[(*count)++] = (struct row){
            .micro = m,
            .n = 64,
            .samples = xcalloc((size_t)opt->trials, sizeof(double)),
        };
    }
}

/* Doubles n until a sample is long enough; that warms up, too. */
static void calibrate(struct row *row, double sample_ns)
{
    double ns = 0;

    while (!interrupted &&
           (ns = row->micro->run(row->n, row->micro->arg)) < sample_ns / 2)
        row->n *= 2;
}

static void measure(struct row *rows, size_t count, const struct options *opt)
{
    bool live = isatty(STDERR_FILENO);

    for (size_t i = 0; i < count; i++)
        calibrate(&rows[i], opt->sample_ms * 1e6);
    for (int trial = 0; trial < opt->trials; trial++) {
        if (live)
            fprintf(stderr, "\rtrial %d of %d ", trial + 1, opt->trials);
        for (size_t i = 0; i < count && !interrupted; i++) {
            struct row *r = &rows[i];
            double ns = r->micro->run(r->n, r->micro->arg);
            r->samples[r->count++] = ns / (double)r->n;
        }
    }
    if (live)
        fprintf(stderr, "\r                       \r");
    for (size_t i = 0; i < count; i++)
        qsort(rows[i].samples, (size_t)rows[i].count, sizeof(double), compare);
}

/* ---- printing ---- */

static double median(const struct row *row)
{
    int n = row->count;

    return n % 2 ? row->samples[n / 2]
                 : (row->samples[n / 2 - 1] + row->samples[n / 2]) / 2;
}

static const struct row *beside(const struct row *rows, size_t count,
                                const struct row *row)
{
    for (size_t i = 0; i < count && row->micro->beside; i++) {
        if (rows[i].count > 0 &&
            strcmp(rows[i].micro->group, row->micro->group) == 0 &&
            strcmp(rows[i].micro->name, row->micro->beside) == 0)
            return &rows[i];
    }
    return NULL;
}

static void print_row(const struct row *rows, size_t count,
                      const struct row *row)
{
    const struct micro *m = row->micro;
    const struct row *other = beside(rows, count, row);

    printf("  %-26s %9.1f %9.1f %9.1f", m->name, median(row), row->samples[0],
           row->samples[row->count - 1]);
    if (other)
        printf("  %.2f times %s", median(row) / median(other), m->beside);
    if (m->goal_ns > 0)
        printf("  goal: under %g, %s", m->goal_ns,
               median(row) < m->goal_ns ? "met" : "MISSED");
    putchar('\n');
}

static void print_table(const struct row *rows, size_t count)
{
    const char *group = "";

    printf("%s %s\n", MICRO_COMPILER, MICRO_CFLAGS);
    printf("%-28s %9s %9s %9s\n", "ns an operation", "median", "least", "most");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].count == 0)
            continue;
        if (strcmp(group, rows[i].micro->group) != 0) {
            group = rows[i].micro->group;
            printf("%s\n", group);
        }
        print_row(rows, count, &rows[i]);
    }
}

static cJSON *to_json(const struct row *rows, size_t count)
{
    cJSON *all = cJSON_CreateArray();

    for (size_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        if (r->count == 0)
            continue;
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "group", r->micro->group);
        cJSON_AddStringToObject(o, "name", r->micro->name);
        cJSON_AddNumberToObject(o, "median_ns", median(r));
        cJSON_AddNumberToObject(o, "least_ns", r->samples[0]);
        cJSON_AddNumberToObject(o, "most_ns", r->samples[r->count - 1]);
        cJSON_AddNumberToObject(o, "samples", r->count);
        cJSON_AddNumberToObject(o, "operations", (double)r->n);
        if (r->micro->goal_ns > 0)
            cJSON_AddNumberToObject(o, "goal_ns", r->micro->goal_ns);
        cJSON_AddItemToArray(all, o);
    }
    return all;
}

/* Whole or not at all: written beside, then renamed. */
static void write_json(const struct row *rows, size_t count, const char *path)
{
    cJSON *all = to_json(rows, count);
    char *text = cJSON_Print(all);
    bool to_stdout = strcmp(path, "-") == 0;
    char *temp = to_stdout ? NULL : xasprintf("%s.%d.tmp", path, getpid());
    FILE *out = to_stdout ? stdout : fopen(temp, "w");

    if (!text)
        die(1, "no memory");
    if (!out)
        die_errno(errno, "cannot write %s", temp);
    fprintf(out, "%s\n", text);
    if (fflush(out) != 0 || ferror(out))
        die_errno(errno, "cannot write %s", path);
    if (!to_stdout && (fclose(out) != 0 || rename(temp, path) != 0))
        die_errno(errno, "cannot write %s", path);
    free(temp);
    free(text);
    cJSON_Delete(all);
}

int main(int argc, char **argv)
{
    const struct argp argp = {.options = option_table,
                              .parser = parse,
                              .doc = doc};
    struct options opt = {.trials = 15, .sample_ms = 10};
    struct row *rows = NULL;
    size_t count = 0;

    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &opt);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    add_rows(&rows, &count, micro_bytebuf, &opt);
    add_rows(&rows, &count, micro_pipeline, &opt);
    add_rows(&rows, &count, micro_execute, &opt);
    if (count == 0)
        args_fail("--only takes a part of a group's or benchmark's name, got "
                  "'%s'",
                  opt.only);
    measure(rows, count, &opt);
    /* Figures on stdout are for programs, the table is then in the way. */
    if (!opt.json || strcmp(opt.json, "-") != 0)
        print_table(rows, count);
    if (opt.json)
        write_json(rows, count, opt.json);
    for (size_t i = 0; i < count; i++)
        free(rows[i].samples);
    free(rows);
    return 0;
}

/*
 * chat-bench - runs an experiment over the chat servers and shows what came of
 * it. One thread; see run.h for the course of a run and trial.h for a trial.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/run/progress.h"
#include "bench/run/run.h"
#include "bench/run/show.h"
#include "common/args.h"
#include "common/die.h"

const char *argp_program_version = "chat-bench " CHAT_VERSION;

enum {
    KEY_LIST = 1,
    KEY_DRY,
    KEY_PLOTS,
    KEY_REPORT,
    KEY_NO_PLOTS,
    KEY_SERVERS,
    KEY_RESULTS,
    KEY_SEED,
    KEY_BLOCKS,
    KEY_PIN,
    KEY_BIN,
    KEY_SOURCE
};

static const struct argp_option table[] = {
    {"list", KEY_LIST, NULL, 0, "List the experiments", 1},
    {"dry-run", KEY_DRY, NULL, 0, "Print the plan and do nothing", 1},
    {"plots", KEY_PLOTS, "DIR", 0, "Print and draw the results in DIR again",
     1},
    {"report", KEY_REPORT, "DIR", 0,
     "Draw the results in DIR again and make DIR/report.html of them", 1},
    {"servers", KEY_SERVERS, "LIST", 0,
     "Measure only these, as in null,reactor (all that are built)", 2},
    {"blocks", KEY_BLOCKS, "N", 0, "Blocks in place of the experiment's", 2},
    {"seed", KEY_SEED, "N", 0, "Seed in place of the experiment's", 2},
    {"pin", KEY_PIN, "KIND", 0,
     "split: server and generator on cores of their own; shared (split)", 2},
    {"no-plots", KEY_NO_PLOTS, NULL, 0, "Do not draw", 3},
    {"results", KEY_RESULTS, "DIR", 0, "Make the run's folder in DIR (results)",
     3},
    {"bin", KEY_BIN, "DIR", 0, "Where the programs are (beside chat-bench)", 4},
    {"source", KEY_SOURCE, "DIR", 0,
     "Where bench/ is (found upwards from chat-bench)", 4},
    {0},
};

static const char doc[] =
    "Runs EXPERIMENT (smoke if none is named): starts each server afresh for "
    "each trial, drives it with chat-load, and writes figures, tables and "
    "plots into a new folder. EXPERIMENT is a name that --list prints, or a "
    "file."
    "\v"
    "Exit status: 0; 1 if a trial failed or something could not be written; "
    "2 for a bad option or experiment, when nothing was started; 130 after "
    "Ctrl-C, which keeps what is done and leaves no process behind.";

struct cli {
    struct run_options run; /* for run_experiment() */
    const char *experiment; /* name or file */
    const char *plots_of;   /* --plots, --report; NULL: not given */
    long long seed;         /* --seed; -1: not given */
    int blocks;             /* --blocks; 0: not given */
    bool list;              /* --list */
};

static struct words split_commas(const char *text)
{
    char *copy = xstrdup(text);

    for (char *c = copy; *c; c++)
        *c = *c == ',' ? ' ' : *c;
    struct words w = words_split(copy);
    free(copy);
    return w;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli *cli = state->input;

    switch (key) {
    case KEY_LIST: cli->list = true; return 0;
    case KEY_DRY: cli->run.dry = true; return 0;
    case KEY_PLOTS:
    case KEY_REPORT: cli->plots_of = arg; return 0;
    case KEY_NO_PLOTS: cli->run.plots = false; return 0;
    case KEY_RESULTS: cli->run.results_root = arg; return 0;
    case KEY_BIN: cli->run.bin_dir = arg; return 0;
    case KEY_SOURCE: cli->run.root = arg; return 0;
    case KEY_SERVERS:
        words_free(&cli->run.servers);
        cli->run.servers = split_commas(arg);
        if (cli->run.servers.count == 0)
            args_bad("--servers", "a list of servers, as in null,reactor", arg);
        return 0;
    case KEY_BLOCKS:
        cli->blocks =
            (int)args_int("--blocks", "a number of blocks", arg, 1, 1000);
        return 0;
    case KEY_SEED:
        cli->seed =
            args_int("--seed", "a whole number", arg, 0, 999999999999999);
        return 0;
    case KEY_PIN:
        if (strcmp(arg, "split") != 0 && strcmp(arg, "shared") != 0)
            args_bad("--pin", "split or shared", arg);
        cli->run.shared = strcmp(arg, "shared") == 0;
        return 0;
    case ARGP_KEY_ARG:
        if (cli->experiment)
            args_fail("takes one experiment, got '%s' and '%s'",
                      cli->experiment, arg);
        cli->experiment = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* The folder chat-bench itself is in; the caller frees. */
static char *own_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n < 0)
        die_errno(errno, "cannot read /proc/self/exe");
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return xstrdup(path);
}

/* Upwards from `dir` to where bench/plots/palette is; the caller frees. */
static char *find_source(const char *dir)
{
    char *at = xstrdup(dir);

    for (;;) {
        char *palette = xasprintf("%s/bench/plots/palette", at);
        bool here = access(palette, R_OK) == 0;
        free(palette);
        if (here)
            return at;
        char *slash = strrchr(at, '/');
        if (!slash)
            die(1, "bench/ is not in or above %s; name its place with --source",
                dir);
        *slash = '\0';
    }
}

static int is_conf(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');

    return dot && strcmp(dot, ".conf") == 0;
}

/* One line an experiment; broken ones say what is wrong. */
static int list_experiments(const char *root)
{
    char *dir = xasprintf("%s/bench/experiments", root);
    struct dirent **names;
    int n = scandir(dir, &names, is_conf, alphasort), status = 0;

    if (n < 0)
        die_errno(errno, "cannot read %s", dir);
    for (int i = 0; i < n; i++) {
        char *path = xasprintf("%s/%s", dir, names[i]->d_name);
        char why[512];
        struct experiment *e = experiment_load(path, why, sizeof(why));
        if (e)
            printf("%-12s  %s\n", e->name, e->title);
        else
            fprintf(stderr, "%s: %s\n", die_program(), why);
        status = e ? status : 2;
        experiment_free(e);
        free(path);
        free(names[i]);
    }
    free(names);
    free(dir);
    return status;
}

/* By name or by file; a bad one ends the program with status 2. */
static struct experiment *load(const char *root, const char *name)
{
    bool file = strchr(name, '/') || strstr(name, ".conf");
    char *path = file ? xstrdup(name)
                      : xasprintf("%s/bench/experiments/%s.conf", root, name);
    char why[512];

    if (!file && access(path, R_OK) != 0)
        args_fail("EXPERIMENT takes a name that --list prints, or a file, got "
                  "'%s'",
                  name);
    struct experiment *e = experiment_load(path, why, sizeof(why));
    if (!e)
        die(2, "%s", why);
    free(path);
    return e;
}

/* Points that run in every block follow; shorter ones are only cut. */
static void set_blocks(struct experiment *e, int blocks)
{
    for (size_t i = 0; i < e->point_count; i++) {
        struct point *p = &e->points[i];
        if (p->blocks == e->blocks || p->blocks > blocks)
            p->blocks = blocks;
    }
    e->blocks = blocks;
}

int main(int argc, char **argv)
{
    const struct argp argp = {.options = table,
                              .parser = parse,
                              .doc = doc,
                              .args_doc = "[EXPERIMENT]"};
    struct cli cli = {.run = {.results_root = "results", .plots = true},
                      .seed = -1};
    int status;

    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &cli);
    char *bin = own_dir();
    if (!cli.run.bin_dir)
        cli.run.bin_dir = bin;
    char *root = cli.run.root ? xstrdup(cli.run.root) : find_source(bin);
    cli.run.root = root;
    if (cli.list) {
        status = list_experiments(root);
    } else if (cli.plots_of) {
        status = show_folder(root, cli.plots_of);
    } else {
        struct experiment *e =
            load(root, cli.experiment ? cli.experiment : "smoke");
        if (cli.blocks)
            set_blocks(e, cli.blocks);
        if (cli.seed >= 0)
            e->seed = (uint64_t)cli.seed;
        status = run_experiment(&cli.run, e);
        experiment_free(e);
    }
    words_free(&cli.run.servers);
    free(root);
    free(bin);
    if (fflush(stdout) != 0)
        die_errno(errno, "cannot write to standard output");
    return status;
}

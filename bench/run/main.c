/*
 * chat-bench - runs an experiment over the chat servers and shows what came of
 * it. One thread; see run.h for the course of a run and trial.h for a trial.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/run/files.h"
#include "bench/run/progress.h"
#include "bench/run/resume.h"
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
    KEY_PEERS,
    KEY_RESULTS,
    KEY_SEED,
    KEY_BLOCKS,
    KEY_PIN,
    KEY_BIN,
    KEY_SOURCE,
    KEY_RESUME,
    KEY_BESIDE
};

static const struct argp_option table[] = {
    {"list", KEY_LIST, NULL, 0, "List the experiments", 1},
    {"dry-run", KEY_DRY, NULL, 0, "Print the plan and do nothing", 1},
    {"plots", KEY_PLOTS, "DIR", 0, "Print and draw the results in DIR again",
     1},
    {"report", KEY_REPORT, "DIR", 0,
     "Draw the results in DIR again and make DIR/report.html of them", 1},
    {"resume", KEY_RESUME, "DIR", OPTION_ARG_OPTIONAL,
     "Go on with the unfinished run in DIR (the latest one) as it was begun; "
     "refused when commit, programs, experiment or machine have changed",
     1},
    {"servers", KEY_SERVERS, "LIST", 0,
     "Measure only these, as in null,reactor (all that are built)", 2},
    {"peers", KEY_PEERS, NULL, 0,
     "Also measure ngircd, InspIRCd and Netty where installed", 2},
    {"blocks", KEY_BLOCKS, "N", 0, "Blocks in place of the experiment's", 2},
    {"seed", KEY_SEED, "N", 0, "Seed in place of the experiment's", 2},
    {"pin", KEY_PIN, "KIND", 0,
     "split: server and generator on cores of their own; shared (split)", 2},
    {"beside", KEY_BESIDE, NULL, 0,
     "Run also while another chat-bench is measuring: the figures of both are "
     "marked as disturbed",
     2},
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
    "Ctrl-C, which keeps what is done and leaves no process behind; --resume "
    "goes on from there.";

struct cli {
    struct run_options run; /* for run_experiment() */
    const char *experiment; /* name or file */
    const char *plots_of;   /* --plots, --report; NULL: not given */
    const char *resume;     /* --resume's folder; NULL: none named */
    bool resuming;          /* --resume */
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
    case KEY_BESIDE: cli->run.beside = true; return 0;
    case KEY_RESUME:
        cli->resuming = true;
        cli->resume = arg;
        return 0;
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
    case KEY_PEERS: cli->run.peers = true; return 0;
    case KEY_BLOCKS:
        cli->run.blocks =
            (int)args_int("--blocks", "a number of blocks", arg, 1, 1000);
        return 0;
    case KEY_SEED:
        cli->run.seed =
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

/* The command line as it could be typed again, but for the program's folder. */
static char *command_line(int argc, char **argv)
{
    struct words w = {NULL, 0};

    words_add(&w, "chat-bench");
    for (int i = 1; i < argc; i++)
        words_add(&w, argv[i]);
    char *text = words_join(&w, " ");
    words_free(&w);
    return text;
}

/* The experiment asked for. */
static int run_new(struct cli *cli, const char *root)
{
    struct experiment *e =
        load(root, cli->experiment ? cli->experiment : "smoke");
    int status = run_experiment(&cli->run, e, NULL);

    experiment_free(e);
    return status;
}

/* --resume DIR, --resume=DIR, or root/latest. */
static int run_resumed(struct cli *cli)
{
    char *dir = cli->resume ? xstrdup(cli->resume)
                : cli->experiment
                    ? xstrdup(cli->experiment)
                    : xasprintf("%s/latest", cli->run.results_root);
    const struct run_options *opt = &cli->run;
    struct resume r;

    if (cli->resume && cli->experiment)
        args_fail("--resume takes one folder, got '%s' and '%s'", cli->resume,
                  cli->experiment);
    if (opt->servers.count || opt->blocks || opt->seed >= 0 || opt->shared)
        args_fail("--resume goes on as the run was begun: it takes no "
                  "--servers, --blocks, --seed or --pin");
    int status = resume_load(&r, dir, &cli->run);
    if (!status && r.e)
        status = run_experiment(&cli->run, r.e, &r);
    resume_clear(&r);
    free(dir);
    return status;
}

int main(int argc, char **argv)
{
    const struct argp argp = {.options = table,
                              .parser = parse,
                              .doc = doc,
                              .args_doc = "[EXPERIMENT]"};
    struct cli cli = {
        .run = {.results_root = "results", .plots = true, .seed = -1}};
    int status;

    die_set_program(argv[0]);
    char *command = command_line(argc, argv);
    cli.run.command = command;
    args_parse(&argp, argc, argv, &cli);
    char *bin = file_own_dir();
    if (!cli.run.bin_dir)
        cli.run.bin_dir = bin;
    char *root = cli.run.root ? xstrdup(cli.run.root) : find_source(bin);
    cli.run.root = root;
    if (cli.list) {
        status = list_experiments(root);
    } else if (cli.plots_of) {
        status = show_folder(root, cli.plots_of);
    } else {
        status = cli.resuming ? run_resumed(&cli) : run_new(&cli, root);
    }
    words_free(&cli.run.servers);
    free(command);
    free(root);
    free(bin);
    if (fflush(stdout) != 0)
        die_errno(errno, "cannot write to standard output");
    return status;
}

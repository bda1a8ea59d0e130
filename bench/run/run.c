#include "bench/run/run.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/run/alone.h"
#include "bench/run/run_impl.h"
#include "bench/run/server.h"
#include "bench/run/show.h"
#include "bench/run/summary.h"
#include "common/die.h"

static int check_tools(const struct run *r)
{
    char *load = xasprintf("%s/chat-load", r->opt->bin_dir);
    int status = 0;

    if (access(load, X_OK) != 0) {
        fprintf(stderr, "%s: cannot run %s: %s; build it with make\n",
                die_program(), load, strerror(errno));
        status = 1;
    } else if (r->plan.count == 0) {
        fprintf(stderr, "%s: no server of this experiment is in %s\n",
                die_program(), r->opt->bin_dir);
        status = 2;
    }
    free(load);
    return status;
}

/* ---- running it ---- */

static void write_manifest(struct run *r, const char *state)
{
    r->manifest.state = state;
    r->manifest.done = r->done_before + r->progress.done;
    r->manifest.failed = summary_failed(&r->rows);
    cJSON *o = manifest_json(&r->manifest);
    char *printed = cJSON_Print(o);
    char *text = xasprintf("%s\n", printed ? printed : "{}");
    results_write(&r->results, "manifest.json", text);
    free(text);
    free(printed);
    cJSON_Delete(o);
}

int run_step(struct run *r, const struct step *step, double rate,
             struct outcome *o)
{
    struct evidence ev;
    size_t first = r->rows.count;

    progress_trial(&r->progress, step);
    int err;
    if (step->point->mode == MODE_KNEE) {
        err = run_knee_trial(r, step, &rate, &ev, o);
    } else {
        err = trial_run(&r->session, step, rate, &ev);
        if (!err)
            outcome_judge(o, &ev);
    }
    if (!err) {
        rows_add_outcome(&r->rows, step, rate, o);
        err = results_add(&r->results, &r->rows, first, r->e->name, step, &ev);
        progress_done(&r->progress, step, o);
    }
    evidence_clear(&ev);
    return err;
}

/* All of the plan; as run_step(). */
static int run_plan(struct run *r)
{
    struct outcome o;
    int err = 0;

    for (size_t i = 0; i < r->plan.count && !err; i++) {
        const struct step *step = &r->plan.steps[i];
        double rate = r->rates[step->point - r->e->points];
        if (r->done && r->done[i])
            continue;
        if (step->point->mode == MODE_OPEN && !isfinite(rate))
            continue; /* run_calibrate() has said why */
        err = run_step(r, step, rate, &o);
    }
    return err;
}

static double plan_seconds(const struct run *r)
{
    double s = 0;

    for (size_t i = 0; i < r->plan.count; i++)
        if (!r->done || !r->done[i])
            s += point_seconds(r->plan.steps[i].point);
    return s;
}

/* Those of the plan that are left. */
static size_t steps_left(const struct run *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->plan.count; i++)
        n += !r->done || !r->done[i];
    return n;
}

/* What is about to be done; returns how many trials. */
static size_t announce(const struct run *r, double *ahead_s)
{
    double calibration_s = 0;
    size_t trials = steps_left(r);
    if (!r->manifest.calibrated)
        trials += run_calibration_trials(r, &calibration_s);
    const struct pinning *pin = &r->session.pinning;

    *ahead_s = plan_seconds(r) + calibration_s;
    double about = *ahead_s + (double)trials * progress_trial_s(0);
    printf("%s: %s\n", r->e->name, r->e->title);
    if (r->resume)
        printf("going on after %zu trials\n", r->done_before);
    printf("%zu trials, about %d:%02d; server on CPU %s, generator on CPU %s "
           "(%s)\n",
           trials, (int)about / 60, (int)about % 60, pin->server_list,
           pin->load_list, pin->name);
    if (!r->opt->dry)
        printf("results in %s\n", r->results.dir);
    fflush(stdout);
    return trials;
}

static void print_plan(const struct run *r)
{
    for (size_t i = 0; i < r->plan.count; i++) {
        const struct step *s = &r->plan.steps[i];
        char text[256];
        point_describe(s->point, NAN, text, sizeof(text));
        printf("block %d  %-10s  %s: %s\n", s->block, s->arm->name,
               s->point->id, text);
    }
}

/* Servers and generator inherit it: room for what the points ask for. */
static void raise_descriptors(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return;
    l.rlim_cur = l.rlim_max;
    /* Not fatal: a trial that lacks descriptors says so itself. */
    setrlimit(RLIMIT_NOFILE, &l);
}

/*
 * The samples are to be taken when the window opens and closes, however busy
 * the cores are. Children do not inherit it; without the right to it the lag
 * of the samples, which is measured, is longer.
 */
static void sample_promptly(void)
{
    struct sched_param param = {.sched_priority = 1};

    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

/* Why it ended before its time, and how to go on. */
static void say_broken_off(const struct run *r, int err)
{
    const char *what = err == -EINTR ? "interrupted" : "broken off";

    fprintf(stderr,
            "%s: %s after %zu of %zu trials; what is done is kept. To go on:\n"
            "  chat-bench --resume %s\n",
            die_program(), what, r->done_before + r->progress.done,
            r->done_before + r->progress.total, r->results.dir);
}

/* The tables and pictures of what there is; returns the exit status. */
static int finish(struct run *r, int err)
{
    size_t failed = summary_failed(&r->rows);

    progress_clear(&r->progress);
    r->manifest.alone = r->manifest.alone && !alone_is_disturbed(r->alone_fd);
    write_manifest(r, err == -EINTR ? "interrupted"
                      : err         ? "broken off"
                                    : "complete");
    if (err)
        say_broken_off(r, err);
    if (err == -EINTR)
        show_signal_taken(r->session.signal_fd);
    int shown = show_results(r->opt->root, r->results.dir, r->e, &r->rows,
                             r->opt->plots, r->session.signal_fd);
    printf("  %s/rows.csv, manifest.json, trials.jsonl, summary.txt\n",
           r->results.dir);
    if (failed)
        fprintf(stderr, "%s: %zu of %zu trials FAILED\n", die_program(), failed,
                r->plan.count);
    if (!r->manifest.alone)
        fprintf(stderr,
                "%s: another chat-bench ran at the same time: the "
                "figures of both are disturbed\n",
                die_program());
    if (err == -EINTR || shown == -EINTR)
        return 130;
    return err || shown || failed ? 1 : 0;
}

/* Calibrates unless that has been done, and keeps what came of it. */
static int calibrate(struct run *r)
{
    if (r->manifest.calibrated)
        return 0;
    int err = run_calibrate(r);
    if (!err) {
        r->manifest.calibrated = true;
        write_manifest(r, "running");
    }
    return err;
}

/* The folder is open: does what is to be done. */
static int run_all(struct run *r)
{
    double ahead_s;
    int err = 0;

    r->session.dir = r->results.dir;
    r->session.temp_dir = r->results.temp_dir;
    r->manifest.run = r->results.run;
    size_t trials = announce(r, &ahead_s);
    progress_start(&r->progress, trials, ahead_s);
    r->manifest.planned = r->done_before + trials;
    if (r->progress.terminal) {
        r->session.tick = progress_tick;
        r->session.tick_arg = &r->progress;
    }
    if (!r->resume)
        err = run_write_experiment(r);
    write_manifest(r, "running");
    if (!err)
        err = calibrate(r);
    if (!err)
        err = run_plan(r);
    return finish(r, err);
}

/* A new folder, or the one to go on with. 0, or an exit status. */
static int open_results(struct run *r)
{
    if (r->resume)
        return run_reopen(r);
    return results_open(&r->results, r->opt->results_root, r->manifest.commit)
               ? 1
               : 0;
}

/* No other run may be under way, unless the user wants that. */
static int take_machine(struct run *r)
{
    pid_t other;

    r->alone_fd = alone_take(r->opt->beside, &other);
    r->manifest.alone = r->alone_fd >= 0 && other == 0;
    if (r->alone_fd != -EBUSY)
        return 0; /* what cannot be known does not stop a run */
    fprintf(stderr,
            "%s: another chat-bench (process %ld) is measuring on this "
            "machine, and the figures of both would be void; wait for its "
            "end, or give --beside\n",
            die_program(), (long)other);
    return 1;
}

/* Points that share the cores do; --pin shared, or one core, makes all. */
static void choose_cores(struct run *r)
{
    pinning_choose(&r->session.pinning, !r->opt->shared);
    pinning_choose(&r->session.shared, false);
    if (strcmp(r->session.pinning.name, r->session.shared.name) != 0)
        return;
    for (size_t i = 0; i < r->e->point_count; i++)
        r->e->points[i].shared = true;
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

/* What a resumed run must be begun with again; newly allocated. */
static cJSON *options_json(const struct run_options *opt)
{
    cJSON *o = cJSON_CreateObject();

    if (opt->servers.count) {
        char *text = words_join(&opt->servers, " ");
        cJSON_AddStringToObject(o, "servers", text);
        free(text);
    }
    if (opt->blocks)
        cJSON_AddNumberToObject(o, "blocks", opt->blocks);
    if (opt->seed >= 0)
        cJSON_AddNumberToObject(o, "seed", (double)opt->seed);
    if (opt->shared)
        cJSON_AddStringToObject(o, "pin", "shared");
    return o;
}

/* What is to be done, as far as it is known without doing it. */
static int prepare(struct run *r, const char *commit, const cJSON *options)
{
    struct experiment *e = r->e;
    int status;

    if (r->opt->blocks)
        set_blocks(e, r->opt->blocks);
    if (r->opt->seed >= 0)
        e->seed = (uint64_t)r->opt->seed;
    status = run_choose_arms(r);
    if (!status) {
        r->plan = plan_make(e, r->arms, r->arm_count, e->seed);
        status = check_tools(r);
    }
    r->rates = xcalloc(e->point_count, sizeof(*r->rates));
    for (size_t i = 0; i < e->point_count; i++)
        r->rates[i] = NAN;
    r->session.bin_dir = r->opt->bin_dir;
    r->session.seed = e->seed;
    choose_cores(r);
    r->manifest = (struct manifest){.commit = commit,
                                    .bin_dir = r->opt->bin_dir,
                                    .e = e,
                                    .arms = r->arms,
                                    .arm_count = r->arm_count,
                                    .pinning = &r->session.pinning,
                                    .rates = r->rates,
                                    .command = r->opt->command,
                                    .options = options,
                                    .seed = e->seed,
                                    .alone = true};
    r->manifest.at_start = machine_time();
    manifest_time(r->manifest.started, sizeof(r->manifest.started));
    return status;
}

static int measure(struct run *r)
{
    int status = take_machine(r);

    if (status)
        return status;
    raise_descriptors();
    sample_promptly();
    /* A limit on a file's size is to end as a full disk does: with an error
     * that is said, and with what is done kept. */
    signal(SIGXFSZ, SIG_IGN);
    r->session.signal_fd = show_signals();
    status = open_results(r);
    if (!status)
        status = run_all(r);
    int err = results_close(&r->results);
    close(r->session.signal_fd);
    if (r->alone_fd >= 0)
        close(r->alone_fd);
    return status ? status : err ? 1 : 0;
}

int run_experiment(const struct run_options *opt, struct experiment *e,
                   const struct resume *resume)
{
    struct run r = {.opt = opt,
                    .e = e,
                    .resume = resume,
                    .alone_fd = -1,
                    .results = {.rows.fd = -1, .trials.fd = -1}};
    if (!run_leave_out(e))
        return 0; /* it has said what is missing */
    char *commit = manifest_commit(opt->root);
    cJSON *options = options_json(opt);
    double ahead_s;

    int status = prepare(&r, commit, options);
    if (!status && opt->dry) {
        announce(&r, &ahead_s);
        print_plan(&r);
    } else if (!status) {
        status = measure(&r);
    }
    plan_free(&r.plan);
    rows_free(&r.rows);
    cJSON_Delete(r.resumed);
    cJSON_Delete(options);
    free(r.arms);
    free(r.done);
    free(r.rates);
    free(commit);
    return status;
}

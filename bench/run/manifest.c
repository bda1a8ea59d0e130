#include "bench/run/manifest.h"

#include <errno.h>
#include <ev.h>
#include <gnu/libc-version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/run/files.h"
#include "bench/run/outcome.h"
#include "bench/run/output.h"
#include "bench/run/peer.h"
#include "common/die.h"

/* bench.mk says how the programs were built. */
#ifndef BENCH_COMPILER
#define BENCH_COMPILER "unknown"
#endif
#ifndef BENCH_CFLAGS
#define BENCH_CFLAGS "unknown"
#endif

void manifest_time(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(text, size, "%Y-%m-%dT%H:%M:%S%z", &tm);
}

/*
 * Not `git describe --dirty`: that locks the index, and killed with us it would
 * leave the lock behind, so that the user's next commit failed.
 */
static bool is_dirty(const char *root)
{
    char *argv[] = {"/usr/bin/env",
                    "git",
                    "--no-optional-locks",
                    "-C",
                    (char *)(uintptr_t)root,
                    "status",
                    "--porcelain",
                    "--untracked-files=no",
                    NULL};
    char *change = output_first_line(argv);
    bool dirty = *change != '\0';

    free(change);
    return dirty;
}

char *manifest_commit(const char *root)
{
    char *argv[] = {"/usr/bin/env", "git",
                    "-C",           (char *)(uintptr_t)root,
                    "rev-parse",    "--short=7",
                    "HEAD",         NULL};
    char *commit = output_first_line(argv);
    char *name = !*commit         ? xstrdup("nogit")
                 : is_dirty(root) ? xasprintf("%s-dirty", commit)
                                  : xstrdup(commit);

    free(commit);
    return name;
}

static cJSON *versions(void)
{
    cJSON *o = cJSON_CreateObject();
    char *argv[] = {"/usr/bin/env", "gnuplot", "--version", NULL};
    char *gnuplot = output_first_line(argv);
    char libev[32];

    snprintf(libev, sizeof(libev), "%d.%d", ev_version_major(),
             ev_version_minor());
    cJSON_AddStringToObject(o, "chat", CHAT_VERSION);
    cJSON_AddStringToObject(o, "libc", gnu_get_libc_version());
    cJSON_AddStringToObject(o, "libev", libev);
    cJSON_AddStringToObject(o, "cjson", cJSON_Version());
    cJSON_AddStringToObject(o, "gnuplot", *gnuplot ? gnuplot : "none");
    free(gnuplot);
    return o;
}

/* The fingerprint tells two builds of one commit apart. */
static void add_program(cJSON *list, const char *bin_dir, const struct arm *arm)
{
    const char *program = arm->server, *args = arm->args;
    char *path =
        xasprintf("%s/chat-%s", bin_dir, peer_is(program) ? "peer" : program);
    cJSON *o = cJSON_CreateObject();
    struct stat st;
    char built[40] = "";

    cJSON_AddStringToObject(o, "name", arm->name);
    if (arm->control_of)
        cJSON_AddStringToObject(o, "control_of", arm->control_of);
    /* Its name alone: where it lay says nothing to who repeats the run. */
    cJSON_AddStringToObject(o, "program", strrchr(path, '/') + 1);
    if (peer_is(program))
        cJSON_AddItemToObject(o, "peer", peer_description(bin_dir, program));
    if (args)
        cJSON_AddStringToObject(o, "args", args);
    if (stat(path, &st) == 0) {
        struct tm tm;
        localtime_r(&st.st_mtime, &tm);
        strftime(built, sizeof(built), "%Y-%m-%dT%H:%M:%S%z", &tm);
        cJSON_AddNumberToObject(o, "bytes", (double)st.st_size);
        cJSON_AddStringToObject(o, "built", built);
        cJSON_AddStringToObject(o, "fingerprint", file_fingerprint(path).text);
    }
    cJSON_AddItemToArray(list, o);
    free(path);
}

static cJSON *points(const struct manifest *m)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < m->e->point_count; i++) {
        const struct point *p = &m->e->points[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "id", p->id);
        cJSON_AddStringToObject(o, "mode", mode_name(p->mode));
        cJSON_AddNumberToObject(o, "blocks", p->blocks);
        cJSON_AddStringToObject(o, "placement",
                                p->shared ? "shared" : m->pinning->name);
        for (int k = 0; k < PARAM_COUNT; k++)
            if (isfinite(p->param[k]))
                cJSON_AddNumberToObject(o, param_info[k].column, p->param[k]);
        if (p->mode == MODE_OPEN && isfinite(m->rates[i]))
            cJSON_AddNumberToObject(o, "rate", m->rates[i]);
        if (p->server_args)
            cJSON_AddStringToObject(o, "server_args", p->server_args);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* Stolen since the start, of all cores' time. */
static double steal_percent(const struct manifest *m)
{
    struct machine_time now = machine_time();
    double all = now.all_s - m->at_start.all_s;

    return all > 0 ? (now.steal_s - m->at_start.steal_s) / all * 100 : 0;
}

static void add_run(cJSON *o, const struct manifest *m)
{
    char now[40];
    char *load = file_read("/proc/loadavg");

    manifest_time(now, sizeof(now));
    cJSON_AddStringToObject(o, "run", m->run);
    cJSON_AddStringToObject(o, "state", m->state);
    cJSON_AddStringToObject(o, "started", m->started);
    if (cJSON_GetArraySize(m->resumed))
        cJSON_AddItemToObject(o, "resumed", cJSON_Duplicate(m->resumed, true));
    cJSON_AddStringToObject(o, "written", now);
    if (m->command)
        cJSON_AddStringToObject(o, "command", m->command);
    if (m->options)
        cJSON_AddItemToObject(o, "options", cJSON_Duplicate(m->options, true));
    cJSON_AddStringToObject(o, "commit", m->commit);
    cJSON_AddStringToObject(o, "experiment", m->e->name);
    cJSON_AddStringToObject(o, "experiment_fingerprint",
                            text_fingerprint(m->e->text).text);
    cJSON_AddStringToObject(o, "title", m->e->title);
    cJSON_AddStringToObject(o, "expected", m->e->expect);
    cJSON_AddNumberToObject(o, "seed", (double)m->seed);
    cJSON_AddNumberToObject(o, "blocks", m->e->blocks);
    cJSON_AddStringToObject(o, "order",
                            "Williams design within each block "
                            "and point");
    cJSON_AddNumberToObject(o, "trials_planned", (double)m->planned);
    cJSON_AddNumberToObject(o, "trials_done", (double)m->done);
    cJSON_AddNumberToObject(o, "trials_failed", (double)m->failed);
    cJSON_AddBoolToObject(o, "calibrated", m->calibrated);
    cJSON_AddBoolToObject(o, "alone", m->alone);
    cJSON_AddNumberToObject(o, "steal_percent", steal_percent(m));
    if (load) {
        load[strcspn(load, "\n")] = '\0';
        cJSON_AddStringToObject(o, "load_average", load);
    }
    free(load);
}

static void add_bounds(cJSON *o)
{
    cJSON *b = cJSON_AddObjectToObject(o, "validity_bounds");

    cJSON_AddNumberToObject(b, "steal_percent_voids_latency",
                            OUTCOME_STEAL_VOIDS_LATENCY);
    cJSON_AddNumberToObject(b, "steal_percent_voids_trial",
                            OUTCOME_STEAL_VOIDS_TRIAL);
    cJSON_AddNumberToObject(b, "median_lag_share_voids_latency",
                            OUTCOME_LAG_VOIDS_LATENCY);
    cJSON_AddNumberToObject(b, "median_lag_us_never_voids",
                            OUTCOME_LAG_FLOOR_US);
    cJSON_AddNumberToObject(b, "delivered_share_below_is_past_knee",
                            OUTCOME_KEPT_UP);
    cJSON_AddNumberToObject(b, "generator_share_voids_throughput",
                            OUTCOME_GENERATOR_BOUND);
    cJSON_AddNumberToObject(b, "achieved_share_below_voids_rate",
                            OUTCOME_ACHIEVED);
}

cJSON *manifest_json(const struct manifest *m)
{
    static const struct arm load = {.name = "load", .server = "load"};
    cJSON *o = cJSON_CreateObject(), *servers, *pin, *build;

    add_run(o, m);
    cJSON_AddItemToObject(o, "points", points(m));
    servers = cJSON_AddArrayToObject(o, "servers");
    for (size_t i = 0; i < m->arm_count; i++)
        add_program(servers, m->bin_dir, &m->arms[i]);
    add_program(servers, m->bin_dir, &load);
    pin = cJSON_AddObjectToObject(o, "pinning");
    cJSON_AddStringToObject(pin, "placement", m->pinning->name);
    cJSON_AddStringToObject(pin, "server_cpus", m->pinning->server_list);
    cJSON_AddStringToObject(pin, "generator_cpus", m->pinning->load_list);
    add_bounds(o);
    build = cJSON_AddObjectToObject(o, "build");
    cJSON_AddStringToObject(build, "compiler", BENCH_COMPILER);
    cJSON_AddStringToObject(build, "flags", BENCH_CFLAGS);
    cJSON_AddItemToObject(o, "versions", versions());
    cJSON_AddItemToObject(o, "machine", machine_json());
    return o;
}

#include "bench/run/results_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/die.h"

int results_complain(int err, const char *what, const char *path)
{
    fprintf(stderr, "%s: cannot %s %s: %s\n", die_program(), what, path,
            strerror(-err));
    return err;
}

/* A folder of that date and commit that nobody else has. */
static int make_dir(struct results *r, const char *root, const char *commit)
{
    time_t now = time(NULL);
    struct tm tm;
    char date[32];

    localtime_r(&now, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H%M", &tm);
    if (mkdir(root, 0755) != 0 && errno != EEXIST)
        return results_complain(-errno, "create", root);
    for (int n = 1; n < 1000; n++) {
        r->run = n == 1 ? xasprintf("%s-%s", date, commit)
                        : xasprintf("%s-%s-%d", date, commit, n);
        r->dir = xasprintf("%s/%s", root, r->run);
        if (mkdir(r->dir, 0755) == 0)
            return 0;
        if (errno != EEXIST)
            return results_complain(-errno, "create", r->dir);
        free(r->run);
        free(r->dir);
        r->run = r->dir = NULL;
    }
    return results_complain(-EEXIST, "create a folder in", root);
}

static int make_folder(const struct results *r, const char *name)
{
    char *path = xasprintf("%s/%s", r->dir, name);
    int err = mkdir(path, 0755) == 0 || errno == EEXIST
                  ? 0
                  : results_complain(-errno, "create", path);

    free(path);
    return err;
}

int results_make_inner(const struct results *r)
{
    static const char *const names[] = {"hgrm", "logs", "plots", "tmp"};
    int err = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++)
        err = make_folder(r, names[i]);
    return err;
}

int results_open_growing(const struct results *r, struct growing *g,
                         const char *name)
{
    char *path = xasprintf("%s/%s", r->dir, name);
    int err = growing_open(g, path);

    if (err)
        results_complain(err, "write", path);
    free(path);
    return err;
}

/* root/latest names the newest run; that it may fail is no loss. */
static void point_latest(const struct results *r, const char *root)
{
    char *temp = xasprintf("%s/.latest.%ld", root, (long)getpid());
    char *latest = xasprintf("%s/latest", root);

    if (symlink(r->run, temp) == 0 && rename(temp, latest) != 0)
        unlink(temp);
    free(temp);
    free(latest);
}

int results_open(struct results *r, const char *root, const char *commit)
{
    memset(r, 0, sizeof(*r));
    r->rows.fd = r->trials.fd = -1;
    int err = make_dir(r, root, commit);
    if (err)
        return err;
    r->temp_dir = xasprintf("%s/tmp", r->dir);
    char *head = rows_csv_head();
    if ((err = results_make_inner(r)) == 0 &&
        (err = results_open_growing(r, &r->rows, "rows.csv")) == 0 &&
        (err = results_open_growing(r, &r->trials, "trials.jsonl")) == 0 &&
        (err = growing_append(&r->rows, head)) != 0)
        results_complain(err, "write rows.csv in", r->dir);
    free(head);
    /* Whoever goes on with this folder meanwhile is to be refused. */
    if (!err && flock(r->rows.fd, LOCK_EX | LOCK_NB) != 0)
        err = results_complain(-errno, "lock rows.csv in", r->dir);
    if (!err)
        point_latest(r, root);
    return err;
}

static void add_moment(cJSON *to, const char *name, const struct moment *m)
{
    cJSON *o;

    if (!m->taken)
        return;
    o = cJSON_AddObjectToObject(to, name);
    cJSON_AddNumberToObject(o, "at_ns", (double)m->server.at_ns);
    cJSON_AddNumberToObject(o, "lag_us", m->lag_us);
    cJSON_AddNumberToObject(o, "server_cpu_ns", (double)m->server.cpu_ns);
    cJSON_AddNumberToObject(o, "server_user_ticks", m->server.user_ticks);
    cJSON_AddNumberToObject(o, "server_sys_ticks", m->server.sys_ticks);
    cJSON_AddNumberToObject(o, "generator_cpu_ns", (double)m->load.cpu_ns);
    cJSON_AddNumberToObject(o, "machine_busy_s", m->machine.busy_s);
    cJSON_AddNumberToObject(o, "machine_steal_s", m->machine.steal_s);
}

static void add_memory(cJSON *to, const char *name,
                       const struct memory_sample *m)
{
    cJSON *o = cJSON_AddObjectToObject(to, name);

    cJSON_AddNumberToObject(o, "rss_kib", m->rss_kib);
    cJSON_AddNumberToObject(o, "anon_kib", m->anon_kib);
    cJSON_AddNumberToObject(o, "page_table_kib", m->page_table_kib);
    cJSON_AddNumberToObject(o, "threads", m->threads);
}

/* All there is of a trial, on one line. */
static char *trial_json(const struct results *r, const struct step *step,
                        const struct evidence *ev, size_t rows_end)
{
    const struct {
        const char *name;
        cJSON *object;
    } parts[] = {{"load", ev->load},
                 {"stats_before", ev->stats_before},
                 {"stats_after", ev->stats_after},
                 {"stats_exit", ev->stats_exit}};
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "run", r->run);
    cJSON_AddNumberToObject(o, "block", step->block);
    cJSON_AddNumberToObject(o, "order", step->order);
    cJSON_AddStringToObject(o, "server", step->arm->name);
    cJSON_AddStringToObject(o, "point", step->point->id);
    if (isfinite(ev->rate))
        cJSON_AddNumberToObject(o, "rate", ev->rate);
    cJSON_AddNumberToObject(o, "rows_end", (double)rows_end);
    if (ev->server_command)
        cJSON_AddStringToObject(o, "server_command", ev->server_command);
    if (ev->load_command)
        cJSON_AddStringToObject(o, "load_command", ev->load_command);
    cJSON_AddStringToObject(o, "failure", ev->failure);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].object)
            cJSON_AddItemReferenceToObject(o, parts[i].name, parts[i].object);
    add_moment(o, "measure", &ev->measure);
    add_moment(o, "stop", &ev->stop);
    if (ev->memory_taken) {
        add_memory(o, "empty", &ev->empty);
        add_memory(o, "full", &ev->full);
        cJSON_AddNumberToObject(o, "kernel_stack_kib", ev->kernel_stack_kib);
    }
    char *printed = cJSON_PrintUnformatted(o);
    char *line = xasprintf("%s\n", printed ? printed : "{}");
    free(printed);
    cJSON_Delete(o);
    return line;
}

int results_add(struct results *r, const struct rows *rows, size_t first,
                const char *experiment, const struct step *step,
                const struct evidence *ev)
{
    off_t before = r->rows.whole;
    char *csv = rows_csv(rows, first, r->run, experiment, step);
    char *json = trial_json(r, step, ev, (size_t)before + strlen(csv));
    int err = growing_append(&r->rows, csv);

    if (err) {
        results_complain(err, "write rows.csv in", r->dir);
    } else if ((err = growing_append(&r->trials, json)) != 0) {
        results_complain(err, "write trials.jsonl in", r->dir);
        /* Both or neither: a trial without its line counts as not done. */
        growing_cut(&r->rows, before);
    }
    free(csv);
    free(json);
    return err;
}

int results_write(const struct results *r, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", r->dir, name);
    int err = file_write_whole(path, text);

    if (err)
        results_complain(err, "write", path);
    free(path);
    return err;
}

/* The temporary files have fixed names: there is nothing else in there. */
static void remove_temp(const struct results *r)
{
    static const char *const names[] = {"stats.json", "load.json"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = xasprintf("%s/%s", r->temp_dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(r->temp_dir);
}

int results_close(struct results *r)
{
    int err = growing_close(&r->rows);
    int err2 = growing_close(&r->trials);

    err = err ? err : err2;
    if (err)
        results_complain(err, "write the rows in", r->dir);
    if (r->temp_dir)
        remove_temp(r);
    free(r->dir);
    free(r->run);
    free(r->temp_dir);
    return err;
}

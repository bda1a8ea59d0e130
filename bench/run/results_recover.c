/*
 * Opening a folder again, and what a killed run left half-written.
 *
 * A trial's rows go into rows.csv first, then its line into trials.jsonl, which
 * says how long rows.csv was by then: the trial is there once that line is
 * whole. What lies behind the last such trial in either file is cut off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/run/results.h"
#include "bench/run/results_impl.h"
#include "common/die.h"

/* Where both files end once only whole trials are in them. */
struct whole {
    size_t rows;   /* length of rows.csv */
    size_t trials; /* of trials.jsonl */
    size_t count;  /* trials */
};

/* What a trial's line says; 0 if it is not one. */
static size_t rows_end_of(const char *line, size_t len)
{
    cJSON *o = cJSON_ParseWithLength(line, len);
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "rows_end");
    double end = cJSON_IsNumber(v) ? v->valuedouble : 0;

    cJSON_Delete(o);
    return end > 0 ? (size_t)end : 0;
}

static struct whole find_whole(const char *rows, const char *trials)
{
    size_t rows_len = strlen(rows);
    const char *head_end = strchr(rows, '\n');
    struct whole w = {.rows = head_end ? (size_t)(head_end + 1 - rows) : 0};
    const char *line = trials, *end;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        size_t to = rows_end_of(line, (size_t)(end - line));
        if (to <= w.rows || to > rows_len || rows[to - 1] != '\n')
            break;
        w.rows = to;
        w.trials = (size_t)(end + 1 - trials);
        w.count++;
    }
    return w;
}

/* Cuts to whole trials; says what had to go. */
static int cut_to_whole(struct results *r, const char *rows, const char *trials)
{
    struct whole w = find_whole(rows, trials);
    char *head = rows_csv_head();
    int err = 0;

    if (w.rows > 0 && strncmp(rows, head, strlen(head)) != 0)
        err = -EINVAL;
    else if (w.rows < strlen(rows) || w.trials < strlen(trials))
        fprintf(stderr,
                "%s: dropped what was left of an unfinished trial: %zu bytes "
                "of rows.csv, %zu of trials.jsonl\n",
                die_program(), strlen(rows) - w.rows,
                strlen(trials) - w.trials);
    if (!err)
        err = growing_cut(&r->rows, (off_t)w.rows);
    if (!err && w.rows == 0)
        err = growing_append(&r->rows, head);
    if (!err)
        err = growing_cut(&r->trials, (off_t)w.trials);
    r->recovered = w.count;
    free(head);
    return err;
}

/* A file of the folder; "" if there is none. */
static char *read_or_empty(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    char *text = file_read(path);

    free(path);
    return text ? text : xstrdup("");
}

/* Two that go on with the same folder would write into each other's rows. */
static int lock_rows(const struct results *r)
{
    if (flock(r->rows.fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    fprintf(stderr, "%s: cannot go on with %s: another chat-bench writes it\n",
            die_program(), r->dir);
    return -EBUSY;
}

int results_reopen(struct results *r, const char *dir, const char *run)
{
    char *rows, *trials;

    memset(r, 0, sizeof(*r));
    r->rows.fd = r->trials.fd = -1;
    r->dir = xstrdup(dir);
    r->run = xstrdup(run);
    int err = results_open_growing(r, &r->rows, "rows.csv");
    if (!err)
        err = lock_rows(r);
    if (err)
        return err;
    /* Only now: what is in tmp/ could be another's. */
    r->temp_dir = xasprintf("%s/tmp", dir);
    err = results_make_inner(r);
    if (!err)
        err = results_open_growing(r, &r->trials, "trials.jsonl");
    if (err)
        return err;
    rows = read_or_empty(dir, "rows.csv");
    trials = read_or_empty(dir, "trials.jsonl");
    err = cut_to_whole(r, rows, trials);
    if (err == -EINVAL)
        fprintf(stderr,
                "%s: cannot go on with %s: its rows.csv is not of this "
                "version\n",
                die_program(), dir);
    else if (err)
        results_complain(err, "cut the rows in", dir);
    free(rows);
    free(trials);
    return err;
}

int results_forget(struct results *r)
{
    char *head = rows_csv_head();
    int err = growing_cut(&r->rows, (off_t)strlen(head));

    if (!err)
        err = growing_cut(&r->trials, 0);
    if (err)
        results_complain(err, "cut the rows in", r->dir);
    r->recovered = 0;
    free(head);
    return err;
}

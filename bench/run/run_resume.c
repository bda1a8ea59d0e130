/* Going on with a run: is it the same one, and how far had it come? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/resume.h"
#include "bench/run/run_impl.h"
#include "common/die.h"

static int refuse(const struct run *r, const char *why)
{
    fprintf(stderr,
            "%s: cannot go on with %s: %s; the two would be mixed under one "
            "name. Begin a new run\n",
            die_program(), r->resume->dir, why);
    return 2;
}

static int check_same_run(const struct run *r)
{
    cJSON *is = manifest_json(&r->manifest);
    char why[512];
    bool same = manifest_same_run(r->resume->manifest, is, why, sizeof(why));

    cJSON_Delete(is);
    return same ? 0 : refuse(r, why);
}

/* When it was begun and gone on with, what it was begun with, its rates. */
static void take_over(struct run *r)
{
    const cJSON *was = r->resume->manifest;
    const cJSON *started = cJSON_GetObjectItemCaseSensitive(was, "started");
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(was, "command");
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(was, "resumed");

    r->resumed = before ? cJSON_Duplicate(before, true) : cJSON_CreateArray();
    cJSON_AddItemToArray(r->resumed, cJSON_CreateString(r->manifest.started));
    r->manifest.resumed = r->resumed;
    if (cJSON_IsString(started))
        snprintf(r->manifest.started, sizeof(r->manifest.started), "%s",
                 started->valuestring);
    if (cJSON_IsString(command))
        r->manifest.command = command->valuestring;
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(was, "alone")))
        r->manifest.alone = false;
    r->manifest.calibrated =
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(was, "calibrated"));
    for (size_t i = 0; i < r->e->point_count && r->manifest.calibrated; i++)
        r->rates[i] = manifest_rate(was, r->e->points[i].id);
}

static int read_rows(struct run *r)
{
    char *path = xasprintf("%s/rows.csv", r->results.dir);
    char why[512];
    int status = rows_read(&r->rows, path, why, sizeof(why)) ? 2 : 0;

    free(path);
    if (status)
        return refuse(r, why);
    struct done d = resume_done(&r->plan, &r->rows);
    r->done = d.step;
    r->done_before = r->results.recovered;
    if (d.strays == 0)
        return 0;
    snprintf(why, sizeof(why), "%zu of its trials are not of this plan",
             d.strays);
    return refuse(r, why);
}

int run_reopen(struct run *r)
{
    int status = check_same_run(r);

    if (status)
        return status;
    if (results_reopen(&r->results, r->resume->dir, r->resume->run))
        return 1;
    take_over(r);
    /* Half a calibration is none: the yardsticks are measured anew. */
    if (!r->manifest.calibrated && results_forget(&r->results))
        return 1;
    return read_rows(r);
}

#include "bench/run/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/files.h"
#include "common/die.h"

static const char *string_of(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static char *read_in(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    char *text = file_read(path);

    if (!text)
        fprintf(stderr, "%s: cannot go on with %s: cannot read %s: %s\n",
                die_program(), dir, path, strerror(errno));
    free(path);
    return text;
}

static int refuse(const struct resume *r, const char *why)
{
    fprintf(stderr, "%s: cannot go on with %s: %s\n", die_program(), r->dir,
            why);
    return 2;
}

static int load_manifest(struct resume *r)
{
    char *text = read_in(r->dir, "manifest.json");

    if (!text)
        return 2;
    r->manifest = cJSON_Parse(text);
    free(text);
    r->run = string_of(r->manifest, "run");
    if (!r->run || !string_of(r->manifest, "experiment") ||
        !string_of(r->manifest, "experiment_fingerprint"))
        return refuse(r, "its manifest.json is not that of a run");
    return 0;
}

/* The experiment's own file, where its name says it is, may have changed. */
static bool source_has_changed(const struct resume *r, const char *root)
{
    const char *want = string_of(r->manifest, "experiment_fingerprint");
    char *path = xasprintf("%s/bench/experiments/%s.conf", root,
                           string_of(r->manifest, "experiment"));
    struct fingerprint is = file_fingerprint(path);

    free(path);
    return *is.text && strcmp(is.text, want) != 0;
}

static int load_experiment(struct resume *r, const char *root)
{
    const char *want = string_of(r->manifest, "experiment_fingerprint");
    char *text = read_in(r->dir, "experiment.conf");
    char why[512];

    if (!text)
        return 2;
    struct fingerprint is = text_fingerprint(text);
    /* Its name goes into each row; what it includes lies beside it. */
    char *name =
        xasprintf("%s/%s.conf", r->dir, string_of(r->manifest, "experiment"));
    r->e = experiment_parse(name, text, why, sizeof(why));
    free(name);
    free(text);
    if (!r->e)
        return refuse(r, why);
    if (strcmp(is.text, want) != 0)
        return refuse(r, "its experiment.conf was changed after the run began");
    if (source_has_changed(r, root))
        return refuse(r, "the experiment in bench/experiments has changed "
                         "since; begin a new run");
    return 0;
}

static void take_options(const struct resume *r, struct run_options *opt)
{
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(r->manifest, "options");
    const cJSON *blocks = cJSON_GetObjectItemCaseSensitive(o, "blocks");
    const cJSON *seed = cJSON_GetObjectItemCaseSensitive(o, "seed");
    const char *servers = string_of(o, "servers");
    const char *pin = string_of(o, "pin");

    if (servers) {
        words_free(&opt->servers);
        opt->servers = words_split(servers);
    }
    opt->blocks = cJSON_IsNumber(blocks) ? blocks->valueint : 0;
    opt->seed = cJSON_IsNumber(seed) ? (long long)seed->valuedouble : -1;
    opt->shared = pin && strcmp(pin, "shared") == 0;
}

int resume_load(struct resume *r, const char *dir, struct run_options *opt)
{
    size_t len = strlen(dir);
    int status;

    memset(r, 0, sizeof(*r));
    while (len > 1 && dir[len - 1] == '/')
        len--;
    r->dir = xasprintf("%.*s", (int)len, dir);
    status = load_manifest(r);
    if (status)
        return status;
    const char *state = string_of(r->manifest, "state");
    if (state && strcmp(state, "complete") == 0) {
        printf("%s is complete: nothing is left to do\n", r->dir);
        return 0;
    }
    status = load_experiment(r, opt->root);
    if (!status)
        take_options(r, opt);
    return status;
}

void resume_clear(struct resume *r)
{
    experiment_free(r->e);
    cJSON_Delete(r->manifest);
    free(r->dir);
    memset(r, 0, sizeof(*r));
}

/* The rows that sum a trial up: one for each. Returns how many. */
static size_t trial_rows(const struct rows *rows, const struct row **list)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (rows->v[i].block > 0 &&
            strcmp(rows->v[i].metric->name, "trial") == 0)
            list[n++] = &rows->v[i];
    return n;
}

struct done resume_done(const struct plan *plan, const struct rows *rows)
{
    const struct row **trials = xcalloc(rows->count + 1, sizeof(*trials));
    struct done d = {.step = xcalloc(plan->count + 1, sizeof(*d.step))};
    size_t n = trial_rows(rows, trials);

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *s = &plan->steps[i];
        for (size_t k = 0; k < n && !d.step[i]; k++)
            d.step[i] = trials[k]->block == s->block &&
                        trials[k]->order == s->order &&
                        strcmp(trials[k]->server, s->arm->name) == 0 &&
                        strcmp(trials[k]->point, s->point->id) == 0;
        d.count += d.step[i];
    }
    d.strays = n - d.count;
    free(trials);
    return d;
}

/* Whether a run may be gone on with: what must not have changed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/manifest.h"
#include "common/die.h"

/* A value as a person reads it; the caller frees. */
static char *value_text(const cJSON *v)
{
    if (!v)
        return xstrdup("unknown");
    if (cJSON_IsString(v))
        return xstrdup(v->valuestring);
    char *printed = cJSON_PrintUnformatted(v);
    char *text = xstrdup(printed ? printed : "unknown");
    free(printed);
    return text;
}

static bool same_value(const char *what, const cJSON *was, const cJSON *is,
                       char *why, size_t size)
{
    if ((!was && !is) || cJSON_Compare(was, is, true))
        return true;
    char *before = value_text(was), *now = value_text(is);
    snprintf(why, size, "%s was %s and is %s", what, before, now);
    free(before);
    free(now);
    return false;
}

/* The same key of both, or of objects in both. */
static bool same_key(const char *what, const cJSON *was, const cJSON *is,
                     const char *outer, const char *key, char *why, size_t size)
{
    if (outer) {
        was = cJSON_GetObjectItemCaseSensitive(was, outer);
        is = cJSON_GetObjectItemCaseSensitive(is, outer);
    }
    return same_value(what, cJSON_GetObjectItemCaseSensitive(was, key),
                      cJSON_GetObjectItemCaseSensitive(is, key), why, size);
}

/* The programs by name and content; when they were linked does not matter. */
static bool same_programs(const cJSON *was, const cJSON *is, char *why,
                          size_t size)
{
    static const char *const keys[] = {"name", "args", "fingerprint"};
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(was, "servers");
    const cJSON *b = cJSON_GetObjectItemCaseSensitive(is, "servers");
    int n = cJSON_GetArraySize(a);

    if (n != cJSON_GetArraySize(b)) {
        snprintf(why, size, "there were %d programs to run and are %d", n,
                 cJSON_GetArraySize(b));
        return false;
    }
    for (int i = 0; i < n; i++) {
        const cJSON *x = cJSON_GetArrayItem(a, i);
        const cJSON *y = cJSON_GetArrayItem(b, i);
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(x, "name");
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            char *what = xasprintf("the %s of %s", keys[k],
                                   cJSON_IsString(name) ? name->valuestring
                                                        : "a program");
            bool same = same_key(what, x, y, NULL, keys[k], why, size);
            free(what);
            if (!same)
                return false;
        }
    }
    return true;
}

bool manifest_same_run(const cJSON *was, const cJSON *is, char *why,
                       size_t size)
{
    static const struct {
        const char *outer, *key, *what;
    } list[] = {{NULL, "commit", "the commit"},
                {NULL, "experiment", "the experiment"},
                {NULL, "experiment_fingerprint",
                 "the experiment's fingerprint"},
                {NULL, "seed", "the seed"},
                {NULL, "blocks", "the number of blocks"},
                {"pinning", "placement", "the placement"},
                {"pinning", "server_cpus", "the server's CPUs"},
                {"pinning", "generator_cpus", "the generator's CPUs"},
                {"machine", "line", "the machine"},
                {"build", "compiler", "the compiler"},
                {"build", "flags", "the compiler's flags"}};

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (!same_key(list[i].what, was, is, list[i].outer, list[i].key, why,
                      size))
            return false;
    return same_programs(was, is, why, size);
}

double manifest_rate(const cJSON *manifest, const char *point)
{
    const cJSON *p;

    cJSON_ArrayForEach (p,
                        cJSON_GetObjectItemCaseSensitive(manifest, "points")) {
        const cJSON *id = cJSON_GetObjectItemCaseSensitive(p, "id");
        const cJSON *rate = cJSON_GetObjectItemCaseSensitive(p, "rate");
        if (cJSON_IsString(id) && strcmp(id->valuestring, point) == 0)
            return cJSON_IsNumber(rate) ? rate->valuedouble : NAN;
    }
    return NAN;
}

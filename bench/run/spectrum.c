#include "bench/run/spectrum.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/files.h"
#include "common/die.h"

static void add_step(struct spectrum *s, double value, double at_most)
{
    /* The format repeats a value for each percentile it stands for. */
    if (s->count && s->value[s->count - 1] == value) {
        s->at_most[s->count - 1] = at_most;
        return;
    }
    s->value = xrealloc(s->value, (s->count + 1) * sizeof(*s->value));
    s->at_most = xrealloc(s->at_most, (s->count + 1) * sizeof(*s->at_most));
    s->value[s->count] = value;
    s->at_most[s->count++] = at_most;
}

int spectrum_parse(struct spectrum *s, const char *text)
{
    double value, percentile, total;

    memset(s, 0, sizeof(*s));
    while (*text) {
        /* Value, Percentile, TotalCount, 1/(1-Percentile) */
        if (sscanf(text, " %lf %lf %lf", &value, &percentile, &total) == 3)
            add_step(s, value, total);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return s->count ? 0 : -1;
}

int spectrum_read(struct spectrum *s, const char *path)
{
    char *text = file_read(path);

    memset(s, 0, sizeof(*s));
    if (!text)
        return -errno;
    int err = spectrum_parse(s, text) ? -EINVAL : 0;
    free(text);
    return err;
}

struct spectrum spectrum_add(const struct spectrum *s, size_t n)
{
    struct spectrum sum = {NULL, NULL, 0};
    size_t *next = xcalloc(n + 1, sizeof(*next));

    for (;;) {
        double value = INFINITY, total = 0;
        for (size_t i = 0; i < n; i++)
            if (next[i] < s[i].count && s[i].value[next[i]] < value)
                value = s[i].value[next[i]];
        if (!isfinite(value))
            break;
        for (size_t i = 0; i < n; i++) {
            if (next[i] < s[i].count && s[i].value[next[i]] == value)
                next[i]++;
            total += next[i] ? s[i].at_most[next[i] - 1] : 0;
        }
        add_step(&sum, value, total);
    }
    free(next);
    return sum;
}

double spectrum_quantile(const struct spectrum *s, double q)
{
    double total = s->count ? s->at_most[s->count - 1] : 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->at_most[i] >= q * total)
            return s->value[i];
    return NAN;
}

void spectrum_free(struct spectrum *s)
{
    free(s->value);
    free(s->at_most);
    memset(s, 0, sizeof(*s));
}

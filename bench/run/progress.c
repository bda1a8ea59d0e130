#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/sample.h"

/* Starting, joining, draining and stopping, until it has been measured. */
#define AROUND_S 0.6

double progress_trial_s(double own_s)
{
    return own_s + AROUND_S;
}

void progress_start(struct progress *p, size_t total, double ahead_s)
{
    memset(p, 0, sizeof(*p));
    p->terminal = isatty(STDERR_FILENO);
    p->total = total;
    p->ahead_s = ahead_s;
}

void progress_more(struct progress *p, size_t trials, double seconds)
{
    p->total += trials;
    p->ahead_s += seconds;
}

void progress_clear(struct progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\r\033[K");
    p->drawn = false;
}

static void time_left(const struct progress *p, char *text, size_t size)
{
    double around =
        p->done ? (p->spent_s - p->nominal_s) / (double)p->done : AROUND_S;
    double left = p->ahead_s + fmax(around, 0) * (double)(p->total - p->done);

    if (p->step) /* the trial under way is partly done */
        left -= fmin((double)(sample_now() - p->trial_ns) / 1e9,
                     point_seconds(p->step->point) + fmax(around, 0));
    snprintf(text, size, "%d:%02d left", (int)left / 60, (int)left % 60);
}

static void describe(const struct step *step, char *text, size_t size)
{
    char block[32] = "calibration";

    if (step->block)
        snprintf(block, sizeof(block), "block %d", step->block);
    snprintf(text, size, "%s, %s, %s", block, step->point->id, step->arm->name);
}

void progress_trial(struct progress *p, const struct step *step)
{
    p->trial_ns = sample_now();
    p->step = step;
    if (p->terminal)
        progress_tick(p);
}

void progress_tick(void *arg)
{
    struct progress *p = arg;
    char what[160], left[32];

    describe(p->step, what, sizeof(what));
    time_left(p, left, sizeof(left));
    fprintf(stderr, "\r\033[K%zu/%zu  %s  %s", p->done + 1, p->total, left,
            what);
    fflush(stderr);
    p->drawn = true;
}

/* The figure a reader would look for first. */
static void headline(const struct step *step, const struct outcome *o,
                     char *text, size_t size)
{
    static const char *const names[MODE_COUNT][2] = {
        [MODE_CLOSED] = {"deliveries_per_s", "cpu_us_per_delivery"},
        [MODE_OPEN] = {"latency_p99_us", "cpu_us_per_delivery"},
        [MODE_KNEE] = {"knee_per_s", "cpu_us_per_delivery"},
        [MODE_HOLD] = {"rss_kib_per_conn", "setup_s"}};
    size_t len = 0;

    text[0] = '\0';
    for (int i = 0; i < 2; i++) {
        const char *name = names[step->point->mode][i];
        const char *doubt = outcome_reason(o, metric_find(name));
        char number[32];
        metric_format(outcome_value(o, name), number, sizeof(number));
        int n =
            snprintf(text + len, size - len, "%s%s %s%s", len ? ", " : "",
                     metric_find(name)->head, number, doubt ? " (void)" : "");
        if (n < 0 || (size_t)n >= size - len)
            return;
        len += (size_t)n;
    }
}

void progress_done(struct progress *p, const struct step *step,
                   const struct outcome *o)
{
    char what[160], left[32], text[640];
    double own = point_seconds(step->point);

    p->done++;
    p->step = NULL;
    p->spent_s += (double)(sample_now() - p->trial_ns) / 1e9;
    p->nominal_s += own;
    p->ahead_s = fmax(p->ahead_s - own, 0);
    if (p->terminal && !o->failed)
        return;
    progress_clear(p);
    describe(step, what, sizeof(what));
    time_left(p, left, sizeof(left));
    if (o->failed)
        snprintf(text, sizeof(text), "FAILED: %s", o->failure);
    else
        headline(step, o, text, sizeof(text));
    fprintf(stderr, "%zu/%zu  %s  %s: %s\n", p->done, p->total, left, what,
            text);
}

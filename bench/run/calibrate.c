/* The rates of the open loops, as shares of what a yardstick can do. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/run/knee.h"
#include "bench/run/run_impl.h"
#include "bench/run/stats.h"
#include "common/die.h"

enum { CLOSED_TRIALS = 3 }; /* their median: one may fall into a hiccup */

static bool same_layout(const struct point *a, const struct point *b)
{
    for (int i = 0; i < PARAM_COUNT; i++)
        if (a->param[i] != b->param[i] &&
            !(isnan(a->param[i]) && isnan(b->param[i])))
            return false;
    return true;
}

/* Is the yardstick of point `b` the one that point `a` takes? */
static bool same_yardstick(const struct point *a, const struct point *b)
{
    const struct rate *x = &a->rate, *y = &b->rate;

    if (x->kind != y->kind || strcmp(x->server, y->server) != 0)
        return false;
    if (x->kind == RATE_OF_CLOSED)
        return strcmp(x->point, y->point) == 0;
    return same_layout(a, b);
}

/* An earlier point that has the same yardstick; NULL: it is to be measured. */
static const struct point *measured_before(const struct run *r, size_t index)
{
    const struct point *points = r->e->points;

    for (size_t i = 0; i < index; i++)
        if (points[i].rate.kind >= RATE_OF_CLOSED &&
            same_yardstick(&points[i], &points[index]))
            return &points[i];
    return NULL;
}

size_t run_calibration_trials(const struct run *r, double *seconds)
{
    size_t trials = 0;

    *seconds = 0;
    for (size_t i = 0; i < r->e->point_count; i++) {
        const struct point *p = &r->e->points[i];
        size_t n = 0;
        if (p->rate.kind < RATE_OF_CLOSED || measured_before(r, i))
            continue;
        n = CLOSED_TRIALS +
            (p->rate.kind == RATE_OF_KNEE ? KNEE_TRIES_EXPECTED : 0);
        trials += n;
        *seconds += (double)n * point_seconds(p);
    }
    return trials;
}

/* Messages/s in the closed loop at `point`; NAN if no trial counts. */
static int closed_rate(struct run *r, const char *server,
                       const struct point *point, double *rate)
{
    struct arm arm = run_arm(r, server);
    double rates[CLOSED_TRIALS];
    size_t n = 0;

    for (int i = 1; i <= CLOSED_TRIALS; i++) {
        struct step step = {point, &arm, 0, i};
        struct outcome o;
        int err = run_step(r, &step, NAN, &o);
        if (err)
            return err;
        double v = outcome_value(&o, "messages_per_s");
        if (!o.failed && isfinite(v))
            rates[n++] = v;
    }
    *rate = stats_median(rates, n);
    return 0;
}

bool run_carried(const struct run *r, const struct outcome *o)
{
    /* Doubts apart (a late send, some steal), the backlog must not grow. */
    return !o->failed && !o->doubt[METRIC_COST][0] &&
           outcome_value(o, "latency_p99_us") <= r->e->knee_p99_ms * 1000;
}

/* The knee of the yardstick in the layout of an open point. */
static int knee_rate(struct run *r, const struct point *point, double *rate)
{
    struct arm arm = run_arm(r, point->rate.server);
    struct point guess = *point;
    int err;

    guess.mode = MODE_CLOSED;
    guess.param[PARAM_WINDOW] = KNEE_GUESS_WINDOW;
    err = closed_rate(r, arm.name, &guess, rate);
    if (err)
        return err;
    if (!(*rate > 0)) { /* starved, or no trial counts: nowhere to begin */
        *rate = NAN;
        return 0;
    }
    struct knee k = knee_start(knee_rounded(*rate * KNEE_GUESS_SHARE));
    while (!knee_is_found(&k)) {
        struct step step = {point, &arm, 0, CLOSED_TRIALS + k.tries + 1};
        struct outcome o;
        double next = knee_rounded(knee_next(&k));
        if (k.tries >= KNEE_TRIES_EXPECTED)
            progress_more(&r->progress, 1, point_seconds(point));
        err = run_step(r, &step, next, &o);
        if (err)
            return err;
        knee_report(&k, next, run_carried(r, &o));
    }
    *rate = k.passed > 0 ? k.passed : NAN;
    return 0;
}

int run_calibrate(struct run *r)
{
    for (size_t i = 0; i < r->e->point_count; i++) {
        const struct point *p = &r->e->points[i];
        const struct point *before;
        double yard = NAN;
        int err = 0;
        if (p->rate.kind == RATE_FIXED)
            r->rates[i] = p->rate.value;
        if (p->rate.kind < RATE_OF_CLOSED)
            continue;
        before = measured_before(r, i);
        if (before)
            yard = r->rates[before - r->e->points] / before->rate.value;
        else if (p->rate.kind == RATE_OF_CLOSED)
            err = closed_rate(r, p->rate.server,
                              experiment_point(r->e, p->rate.point), &yard);
        else
            err = knee_rate(r, p, &yard);
        if (err)
            return err;
        if (isfinite(yard))
            r->rates[i] = knee_rounded(yard * p->rate.value);
        else
            fprintf(stderr,
                    "%s: point %s is left out: its rate is a share of what "
                    "chat-%s does, and that could not be measured\n",
                    die_program(), p->id, p->rate.server);
    }
    return 0;
}

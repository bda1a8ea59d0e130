#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/guest.h"
#include "bench/load/report.h"
#include "common/die.h"

/* First guesses, to be set from the runner's A/A arm. */
static const double steal_limit_percent = 5;
static const double core_limit = 0.85;
static const double rate_limit = 0.99;    /* of the drawn schedule */
static const double lag_limit = 0.10;     /* of the latency, medians */
static const double backlog_limit = 0.05; /* of what came, as it grows */

__attribute__((format(printf, 2, 3))) static void reason(struct verdict *v,
                                                         const char *fmt, ...)
{
    va_list ap;

    if (v->reason_count == REPORT_LINES)
        return;
    va_start(ap, fmt);
    if (vasprintf(&v->reasons[v->reason_count++], fmt, ap) < 0)
        die(1, "out of memory");
    va_end(ap);
}

__attribute__((format(printf, 2, 3))) static void warning(struct verdict *v,
                                                          const char *fmt, ...)
{
    va_list ap;

    if (v->warning_count == REPORT_LINES)
        return;
    va_start(ap, fmt);
    if (vasprintf(&v->warnings[v->warning_count++], fmt, ap) < 0)
        die(1, "out of memory");
    va_end(ap);
}

static void judge_deliveries(struct verdict *v, const struct total *t)
{
    const struct counters *n = &t->count;

    uint64_t expected = n->expected - n->abandoned;

    if (expected > n->received)
        reason(v, "lost: %ju of %ju deliveries did not come",
               (uintmax_t)(expected - n->received), (uintmax_t)expected);
    if (n->guest_lost)
        reason(v, "lost: %ju deliveries of what guests said did not come",
               (uintmax_t)n->guest_lost);
    if (n->received > expected)
        reason(v, "received %ju deliveries, %ju more than were sent",
               (uintmax_t)n->received, (uintmax_t)(n->received - expected));
    if (n->gaps)
        reason(v,
               "gaps: %ju messages are missing before later ones at receivers "
               "that were closed",
               (uintmax_t)n->gaps);
    if (n->duplicates)
        reason(v, "duplicates: %ju", (uintmax_t)n->duplicates);
    if (n->reordered)
        reason(v, "reordered: %ju came after a later one of their sender",
               (uintmax_t)n->reordered);
    if (t->order.violations)
        reason(v,
               "order: %ju of %ju messages compared came to one member of a "
               "room in another order than to another",
               (uintmax_t)t->order.violations, (uintmax_t)t->order.compared);
    if (n->corrupt)
        reason(v, "corrupt: %ju lines to our rooms are no message of this run",
               (uintmax_t)n->corrupt);
    if (n->misrouted)
        reason(v, "misrouted: %ju came back to their sender or to another room",
               (uintmax_t)n->misrouted);
    if (n->refused)
        reason(v, "refused: %ju error replies under load, the first: %s",
               (uintmax_t)n->refused, t->refusal);
    if (n->unexpected_closes && !t->failed)
        reason(v, "unexpected closes: %ju connections (%s)",
               (uintmax_t)n->unexpected_closes, t->farewell);
    if (t->run->opt->hold_s < 0 && t->times.stop && n->sent == 0)
        reason(v, "nothing was sent: the window is shorter than a gap");
}

static void judge_churn(struct verdict *v, const struct total *t)
{
    const struct guest_counters *n = &t->guests.count;

    if (n->failed)
        reason(v, "churn: %ju connects failed, the first: %s",
               (uintmax_t)n->failed, t->guests.failure);
    if (n->stuck)
        reason(v, "churn: %ju connections that left were not closed",
               (uintmax_t)n->stuck);
    if (n->late)
        warning(v,
                "churn: %ju connects were put off, too many guests were there",
                (uintmax_t)n->late);
}

/* Open loop: whether the load offered was the one asked for, and whether the
 * server kept up with it. */
static void judge_schedule(struct verdict *v, const struct total *t)
{
    const struct rates *r = &t->rates;
    double came = r->deliveries_per_s * r->seconds;
    uint64_t scheduled = t->lag->total + t->count.unsent;

    if ((double)t->count.achieved < rate_limit * (double)scheduled)
        warning(v,
                "only %ju of %ju messages due in the window were sent in it: "
                "the rate offered was lower",
                (uintmax_t)t->count.achieved, (uintmax_t)scheduled);
    if (t->count.unsent)
        reason(v,
               "the generator was saturated: %ju messages due in the window "
               "were not even sent a second after it",
               (uintmax_t)t->count.unsent);
    if (t->run->opt->rate > 0 && r->backlog_end > r->backlog_begin &&
        (double)(r->backlog_end - r->backlog_begin) > backlog_limit * came)
        warning(v,
                "the backlog grew from %ju to %ju deliveries: past what the "
                "server keeps up with, latency tells how long the run was",
                (uintmax_t)r->backlog_begin, (uintmax_t)r->backlog_end);
}

static void judge_figures(struct verdict *v, const struct total *t)
{
    const struct rates *r = &t->rates;

    if (r->steal_percent > steal_limit_percent)
        warning(v,
                "steal %.1f %%: other machines took our processors; "
                "latencies and rates are theirs too",
                r->steal_percent);
    if (r->core_share > core_limit)
        warning(v,
                "the generator used %.0f %% of a core: the rate may be its "
                "limit, not the server's",
                r->core_share * 100);
    else if (r->core_wanted > core_limit)
        warning(v,
                "the generator used %.0f %% of a core and waited for one "
                "%.0f %% of the time: others took it, the rate may be its "
                "limit",
                r->core_share * 100, (r->core_wanted - r->core_share) * 100);
    double lag = (double)hist_percentile(t->lag, 50);
    double latency = (double)hist_percentile(t->latency, 50);
    if (lag > lag_limit * latency)
        warning(v,
                "median send lag %.1f us is over %.0f %% of the median "
                "latency: the generator was late",
                lag / 1e3, lag_limit * 100);
    judge_schedule(v, t);
    if (t->run->opt->no_verify)
        warning(v, "not verified, only counted (--no-verify)");
    if (t->latency->overflow)
        warning(v, "%ju latencies are over 60 s, counted as 60 s",
                (uintmax_t)t->latency->overflow);
}

void verdict_judge(struct verdict *v, const struct total *t)
{
    *v = (struct verdict){0};
    if (t->interrupted)
        reason(v, "interrupted");
    if (t->failed)
        reason(v, "%s", t->fault);
    judge_deliveries(v, t);
    judge_churn(v, t);
    judge_figures(v, t);
}

void verdict_clear(struct verdict *v)
{
    for (int i = 0; i < v->reason_count; i++)
        free(v->reasons[i]);
    for (int i = 0; i < v->warning_count; i++)
        free(v->warnings[i]);
}

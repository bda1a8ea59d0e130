#include "bench/report/contest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/peer.h"
#include "bench/run/summary.h"
#include "common/die.h"

enum role role_of(const struct experiment *e, const char *server)
{
    const struct variant *v = experiment_variant(e, server);
    const char *program = v ? v->program : server;

    if (strcmp(program, "null") == 0)
        return ROLE_FLOOR;
    if (peer_is(program))
        return ROLE_PEER;
    return ROLE_MODEL;
}

static int by_rank(const void *x, const void *y, void *arg)
{
    const struct contender *a = x, *b = y;
    const struct contest *c = arg;

    if (!a->own.count || !b->own.count)
        return (a->own.count == 0) - (b->own.count == 0);
    double order = a->own.median - b->own.median;
    if (!c->metric->less_is_better)
        order = -order;
    return order < 0 ? -1 : order > 0;
}

/* Does its figure not count because it is past its knee? */
static bool broken(const struct contest *c, const struct rows *rows,
                   const char *server)
{
    struct voids v = summary_voids(rows, c->point->id, server);
    const char *why = v.why[c->metric->class];

    return why &&
           strncmp(why, OUTCOME_PAST_KNEE, strlen(OUTCOME_PAST_KNEE)) == 0;
}

static void gather(struct contest *c, const struct experiment *e,
                   const struct rows *rows, const struct words *servers)
{
    double *values = xcalloc(rows->count + 1, sizeof(*values));

    c->contenders = xcalloc(servers->count + 1, sizeof(*c->contenders));
    for (size_t i = 0; i < servers->count; i++) {
        struct contender who = {.server = servers->word[i]};
        size_t trials;
        size_t n = rows_values(rows, who.server, c->point->id, c->metric->name,
                               values, NULL, &trials);
        if (trials == 0)
            continue;
        who.role = role_of(e, who.server);
        who.own = stats_estimate(values, n, SUMMARY_SEED);
        if (n == 0 && broken(c, rows, who.server))
            who.standing = STAND_BROKEN;
        c->contenders[c->count++] = who;
    }
    free(values);
    qsort_r(c->contenders, c->count, sizeof(*c->contenders), by_rank, c);
    for (size_t i = 0; i < c->count && !c->winner; i++)
        if (c->contenders[i].role == ROLE_MODEL && c->contenders[i].own.count)
            c->winner = &c->contenders[i];
}

/* All pairs on one side of 1, and further off than the noise floor. */
static bool one_sided(const struct estimate *ratio, double floor)
{
    double low = isfinite(ratio->low) ? ratio->low : ratio->min;
    double high = isfinite(ratio->high) ? ratio->high : ratio->max;
    double least = fmax(isfinite(floor) ? floor : 0, STATS_LEAST_EFFECT);

    return ratio->count > 1 && (low > 1 || high < 1) &&
           fabs(log(ratio->median)) > log(1 + least);
}

static struct estimate inverse(const struct estimate *e)
{
    return (struct estimate){1 / e->median, 1 / e->high, 1 / e->low,
                             1 / e->max,    1 / e->min,  e->count};
}

/* What one comparison says of the one in it that is not the winner. */
static void judge(struct contest *c, const struct comparison *pair)
{
    const char *best = c->winner->server;
    bool first = strcmp(pair->b, best) == 0;
    const char *other = first ? pair->a : pair->b;

    if (!first && strcmp(pair->a, best) != 0)
        return;
    for (size_t i = 0; i < c->count; i++) {
        struct contender *who = &c->contenders[i];
        if (strcmp(who->server, other) != 0 || who->own.count == 0)
            continue;
        who->ratio = first ? pair->ratio : inverse(&pair->ratio);
        who->standing = STAND_LEVEL;
        if (pair->verdict == VERDICT_HIGHER || pair->verdict == VERDICT_LOWER)
            who->standing = STAND_DIFFERS;
        else if (pair->verdict == VERDICT_UNSURE &&
                 one_sided(&pair->ratio, c->noise.floor))
            who->standing = STAND_INDICATED;
    }
}

struct contest contest_hold(const struct experiment *e, const struct rows *rows,
                            const struct words *servers,
                            const struct point *point,
                            const struct metric *metric)
{
    struct contest c = {.point = point, .metric = metric};
    struct words measured = {NULL, 0};
    struct comparison *pairs;

    gather(&c, e, rows, servers);
    c.noise = compare_noise(rows, metric->name, point->id);
    if (!c.winner)
        return c;
    for (size_t i = 0; i < c.count; i++) {
        words_add(&measured, c.contenders[i].server);
        if (&c.contenders[i] == c.winner)
            c.contenders[i].standing = STAND_BEST;
    }
    size_t n =
        compare_all(rows, metric, point->id, &measured, &c.noise, &pairs);
    for (size_t i = 0; i < n; i++)
        judge(&c, &pairs[i]);
    free(pairs);
    words_free(&measured);
    return c;
}

void contest_free(struct contest *c)
{
    free(c->contenders);
    c->contenders = NULL;
    c->winner = NULL;
    c->count = 0;
}

bool contest_decided(const struct contest *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct contender *who = &c->contenders[i];
        if (who->role != ROLE_MODEL || who->standing == STAND_BROKEN ||
            who == c->winner)
            continue;
        if (who->standing == STAND_VOID || who->ratio.count < 2)
            return false;
    }
    return c->winner != NULL;
}

bool contest_take(const struct contender *who)
{
    return who->role == ROLE_MODEL &&
           (who->standing == STAND_BEST || who->standing == STAND_LEVEL);
}

#include "bench/run/plan.h"

#include <stdlib.h>
#include <string.h>

#include "bench/run/peer.h"
#include "bench/run/random.h"
#include "common/die.h"

/* 0, n-1, 1, n-2, 2, ...: neighbours differ by every step once. */
static size_t zigzag(size_t n, size_t i)
{
    return i % 2 == 0 ? i / 2 : n - 1 - i / 2;
}

void plan_williams(size_t n, size_t row, size_t *out)
{
    bool mirrored = n % 2 == 1 && (row / n) % 2 == 1;

    for (size_t i = 0; i < n; i++) {
        size_t place = mirrored ? n - 1 - i : i;
        out[place] = (zigzag(n, i) + row) % n;
    }
}

bool plan_takes(const struct experiment *e, const struct point *point,
                const char *name)
{
    const struct variant *v = experiment_variant(e, name);

    if (peer_is(v ? v->program : name) && !peer_fits(point))
        return false;
    if (point->servers.count)
        return words_have(&point->servers, name);
    return e->servers.count == 0 || words_have(&e->servers, name);
}

/* The arms a point measures, in an order drawn once for the whole run. */
static size_t point_arms(const struct experiment *e, const struct point *point,
                         const struct arm *arms, size_t arm_count,
                         struct random *r, const struct arm **out)
{
    size_t n = 0;

    for (size_t i = 0; i < arm_count; i++)
        if (plan_takes(e, point,
                       arms[i].control_of ? arms[i].control_of : arms[i].name))
            out[n++] = &arms[i];
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(r, i);
        const struct arm *swap = out[i - 1];
        out[i - 1] = out[j];
        out[j] = swap;
    }
    return n;
}

struct plan plan_make(const struct experiment *e, const struct arm *arms,
                      size_t arm_count, uint64_t seed)
{
    struct plan plan = {NULL, 0};
    const struct arm **of_point =
        xcalloc(e->point_count * (arm_count + 1), sizeof(*of_point));
    size_t *counts = xcalloc(e->point_count, sizeof(*counts));
    size_t *row = xcalloc(arm_count + 1, sizeof(*row));
    struct random r = {seed};

    for (size_t p = 0; p < e->point_count; p++)
        counts[p] = point_arms(e, &e->points[p], arms, arm_count, &r,
                               of_point + p * (arm_count + 1));
    for (int b = 1; b <= e->blocks; b++) {
        for (size_t p = 0; p < e->point_count; p++) {
            if (counts[p] == 0 || b > e->points[p].blocks)
                continue;
            plan_williams(counts[p], (size_t)b - 1, row);
            for (size_t i = 0; i < counts[p]; i++) {
                plan.steps = xrealloc(plan.steps,
                                      (plan.count + 1) * sizeof(*plan.steps));
                plan.steps[plan.count++] =
                    (struct step){&e->points[p],
                                  of_point[p * (arm_count + 1) + row[i]], b,
                                  (int)i + 1};
            }
        }
    }
    free(of_point);
    free(counts);
    free(row);
    return plan;
}

void plan_free(struct plan *plan)
{
    free(plan->steps);
    plan->steps = NULL;
    plan->count = 0;
}

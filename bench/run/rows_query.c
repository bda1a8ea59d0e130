/* What the rows say of one figure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/rows.h"
#include "common/die.h"

size_t rows_values(const struct rows *rows, const char *server,
                   const char *point, const char *metric, double *values,
                   int *blocks, size_t *trials)
{
    size_t n = 0, all = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct row *r = &rows->v[i];
        if (r->block == 0 || strcmp(r->server, server) != 0 ||
            strcmp(r->point, point) != 0)
            continue;
        all += strcmp(r->metric->name, "trial") == 0;
        if (strcmp(r->metric->name, metric) != 0 || !r->valid ||
            !isfinite(r->value))
            continue;
        if (blocks)
            blocks[n] = r->block;
        values[n++] = r->value;
    }
    if (trials)
        *trials = all;
    /* What voids a trial (a generator at its limit) goes with its value: the
     * few that are left of many are not a sample of them. */
    return 2 * n < all ? 0 : n;
}

size_t rows_pairs(const struct rows *rows, const char *metric,
                  const char *server_a, const char *point_a,
                  const char *server_b, const char *point_b, double *a,
                  double *b)
{
    size_t room = rows->count + 1, pairs = 0;
    double *all_a = xcalloc(room, sizeof(*all_a));
    double *all_b = xcalloc(room, sizeof(*all_b));
    int *block_a = xcalloc(room, sizeof(*block_a));
    int *block_b = xcalloc(room, sizeof(*block_b));
    size_t n =
        rows_values(rows, server_a, point_a, metric, all_a, block_a, NULL);
    size_t m =
        rows_values(rows, server_b, point_b, metric, all_b, block_b, NULL);

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (block_a[i] != block_b[j])
                continue;
            a[pairs] = all_a[i];
            b[pairs++] = all_b[j];
        }
    }
    free(all_a);
    free(all_b);
    free(block_a);
    free(block_b);
    return pairs;
}

bool rows_lack(const struct rows *rows, const char *point, const char *metric,
               const char *server)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *r = &rows->v[i];
        if (r->block == 0 || strcmp(r->server, server) != 0 ||
            strcmp(r->point, point) != 0)
            continue;
        if (strcmp(r->metric->name, metric) == 0 ||
            (strcmp(r->metric->name, "trial") == 0 && !r->valid))
            return false;
    }
    return true;
}

const char *rows_control_of(const struct rows *rows, const char *server)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->v[i].server, server) == 0)
            return rows->v[i].control_of;
    return NULL;
}

double rows_rate(const struct rows *rows, const char *point)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->v[i].block > 0 && strcmp(rows->v[i].point, point) == 0)
            return rows->v[i].rate;
    return NAN;
}

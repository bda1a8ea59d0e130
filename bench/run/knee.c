#include "bench/run/knee.h"

#include <math.h>

struct knee knee_start(double first)
{
    return (struct knee){0, INFINITY, first, 0};
}

bool knee_is_found(const struct knee *k)
{
    return k->tries >= KNEE_TRIES ||
           (k->passed > 0 && k->failed <= k->passed * KNEE_PRECISION);
}

double knee_next(const struct knee *k)
{
    if (k->passed > 0 && isfinite(k->failed))
        return sqrt(k->passed * k->failed);
    if (k->passed > 0)
        return k->passed * 1.3;
    return isfinite(k->failed) ? k->failed / 1.5 : k->first;
}

/*
 * A machine that hiccups may fail a rate below one that passed. The pass
 * stands: it has been carried, and the failure says nothing of the rate.
 */
void knee_report(struct knee *k, double rate, bool passed)
{
    k->tries++;
    if (passed && rate > k->passed)
        k->passed = rate;
    if (!passed && rate > k->passed && rate < k->failed)
        k->failed = rate;
    if (k->failed <= k->passed)
        k->failed = INFINITY;
}

double knee_rounded(double rate)
{
    double unit = pow(10, floor(log10(rate)) - 2);

    return round(rate / unit) * unit;
}

#include "bench/load/steady.h"

#include <math.h>
#include <string.h>

void steady_add(struct steady *s, uint64_t deliveries)
{
    if (s->filled == STEADY_WINDOWS)
        memmove(s->count, s->count + 1,
                (STEADY_WINDOWS - 1) * sizeof(s->count[0]));
    else
        s->filled++;
    s->count[s->filled - 1] = (double)deliveries;
}

bool steady_is_reached(const struct steady *s)
{
    double mean = 0, slope = 0, spread = 0, squares = 0;

    for (unsigned i = 0; i < s->filled; i++)
        mean += s->count[i] / STEADY_WINDOWS;
    if (s->filled < STEADY_WINDOWS || mean <= 0)
        return false;
    for (unsigned i = 0; i < STEADY_WINDOWS; i++) {
        double x = i - (STEADY_WINDOWS - 1) / 2.0, y = s->count[i] - mean;
        slope += x * y;
        squares += x * x;
        spread += y * y;
    }
    double rise = fabs(slope / squares * (STEADY_WINDOWS - 1)) / mean;
    double scatter = sqrt(spread / (STEADY_WINDOWS - 1)) / mean;
    /* Two standard deviations of a count of `mean`; of the line's rise the
     * standard deviation is 3/sqrt(5), about 1.34, times that. */
    double luck = 2 / sqrt(mean);
    return rise <= STEADY_SLOPE + 1.34 * luck &&
           scatter <= STEADY_SCATTER + luck;
}

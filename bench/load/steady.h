/*
 * steady - has a server warmed up?
 *
 * Deliveries are counted in windows of 500 ms. The rate is steady when the last
 * STEADY_WINDOWS of them neither rise or fall by more than STEADY_SLOPE from
 * the first to the last (a least-squares line) nor scatter by more than
 * STEADY_SCATTER (standard deviation over mean). Few deliveries scatter by
 * their number alone: what a Poisson process of that rate would do is allowed
 * on top. Pure.
 */
#ifndef CHAT_LOAD_STEADY_H
#define CHAT_LOAD_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#define STEADY_SLOPE   0.05
#define STEADY_SCATTER 0.05

enum {
    STEADY_WINDOWS = 4,     /* looked at: 2 s */
    STEADY_WINDOW_MS = 500, /* each */
    STEADY_LEAD_MS = 250,   /* from the decision to the measurement */
    STEADY_MAX_S = 10       /* then it is measured all the same */
};

struct steady {
    double count[STEADY_WINDOWS]; /* deliveries; the oldest first */
    unsigned filled;              /* windows so far, at most all */
};

/* Deliveries in the next window. */
void steady_add(struct steady *s, uint64_t deliveries);

/* False until there are STEADY_WINDOWS, or while nothing is delivered. */
bool steady_is_reached(const struct steady *s);

#endif

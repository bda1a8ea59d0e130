/*
 * backoff - how long to wait before the next attempt to connect.
 *
 * Doubling from 1 s to 60 s keeps a dead server from being hammered; jitter
 * keeps a thousand clients, all cut off in the same instant, from coming back
 * in the same instant. Equal jitter: half of the step is kept, the other half
 * is drawn, so that a wait is never near zero.
 * See M. Brooker, "Exponential Backoff And Jitter", AWS, 2015.
 *
 * Pure: the caller brings the chance.
 */
#ifndef CHAT_BACKOFF_H
#define CHAT_BACKOFF_H

#define BACKOFF_FIRST_S 1.0
#define BACKOFF_MAX_S   60.0

/* Zeroed is the start. */
struct backoff {
    double step; /* the last wait's upper bound in seconds, 0 at the start */
};

/* Seconds to wait now; `chance` is uniform in [0, 1). */
double backoff_next(struct backoff *b, double chance);

/* The connection held: start from the first step again. */
void backoff_reset(struct backoff *b);

#endif

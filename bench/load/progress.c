#include "bench/load/progress.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define INTERVAL_NS 200000000ull

static bool shown;

static double seconds_left(const struct director *d, uint64_t now)
{
    double left =
        d->deadline > now ? ceil((double)(d->deadline - now) / 1e9) : 0;

    if (d->phase == PHASE_WARMUP || d->phase == PHASE_SETTLED)
        left += d->run->opt->measure_s;
    return left;
}

static void describe(const struct director *d, const struct tally *t,
                     uint64_t now, double rate, char *text, size_t size)
{
    double left = seconds_left(d, now);

    switch (d->phase) {
    case PHASE_CONNECT:
    case PHASE_REGISTER:
    case PHASE_JOIN:
        snprintf(text, size, "%ju connected, %ju registered, %ju joined of %u",
                 (uintmax_t)t->connected, (uintmax_t)t->registered,
                 (uintmax_t)t->joined, d->run->opt->conns);
        break;
    case PHASE_HOLD: snprintf(text, size, "holding, %.0f s left", left); break;
    case PHASE_WARMUP:
    case PHASE_SETTLED:
    case PHASE_MEASURE:
        snprintf(text, size, "%s, %.0f deliveries/s, %.0f s left",
                 d->phase == PHASE_MEASURE ? "measuring" : "warming up", rate,
                 left);
        break;
    case PHASE_DRAIN:
    case PHASE_BARRIER:
        snprintf(text, size, "draining, %ju to come",
                 (uintmax_t)t->outstanding);
        break;
    case PHASE_QUIT:
    case PHASE_DONE: snprintf(text, size, "quitting"); break;
    }
}

void progress_show(const struct director *d, const struct tally *t,
                   uint64_t now)
{
    static int terminal = -1;
    static uint64_t last_at, last_received;
    char text[128];

    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    if (!terminal || now - last_at < INTERVAL_NS)
        return;
    double rate = last_at ? (double)(t->received - last_received) /
                                ((double)(now - last_at) / 1e9)
                          : 0;
    last_at = now;
    last_received = t->received;
    describe(d, t, now, rate, text, sizeof(text));
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    shown = true;
}

void progress_clear(void)
{
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}

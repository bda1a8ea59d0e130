/*
 * ticker - where an executor gets its time from.
 *
 * The system's monotonic clock, or one that a test sets: with it, "an hour
 * later" is a call, and nothing ever sleeps. Nanoseconds throughout.
 * Source: io.netty.util.concurrent.Ticker, MockTicker.
 */
#ifndef NETTY_TICKER_H
#define NETTY_TICKER_H

#include <stdatomic.h>
#include <stdint.h>

struct ticker {
    /* Nanoseconds since some fixed moment. Any thread. */
    uint64_t (*now)(const struct ticker *ticker);
};

/* A clock that stands still until it is advanced. Embed it where needed. */
struct mock_ticker {
    struct ticker ticker;  /* what executors are given */
    _Atomic uint64_t time; /* atomic: what it shows */
};

/* CLOCK_MONOTONIC. */
extern const struct ticker ticker_system;

static inline uint64_t ticker_now(const struct ticker *ticker)
{
    return ticker->now(ticker);
}

/* Starts at 0. */
void mock_ticker_init(struct mock_ticker *mock);

/* Any thread. A sleeping executor does not notice: wake it up. */
void mock_ticker_advance(struct mock_ticker *mock, uint64_t ns);

/* Durations, to be read as they are meant. */
#define TICKER_MS UINT64_C(1000000)
#define TICKER_S  UINT64_C(1000000000)

#endif

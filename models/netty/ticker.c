#include "models/netty/ticker.h"

#include <time.h>

static uint64_t system_now(const struct ticker *ticker)
{
    struct timespec ts;

    (void)ticker;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * TICKER_S + (uint64_t)ts.tv_nsec;
}

const struct ticker ticker_system = {system_now};

static uint64_t mock_now(const struct ticker *ticker)
{
    const struct mock_ticker *mock = (const struct mock_ticker *)ticker;

    return atomic_load_explicit(&mock->time, memory_order_acquire);
}

void mock_ticker_init(struct mock_ticker *mock)
{
    mock->ticker.now = mock_now;
    atomic_init(&mock->time, 0);
}

void mock_ticker_advance(struct mock_ticker *mock, uint64_t ns)
{
    atomic_fetch_add_explicit(&mock->time, ns, memory_order_acq_rel);
}

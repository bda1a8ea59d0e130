/*
 * promise - completing, waiting and looking. The listeners are in
 * promise_listeners.c.
 */
#include "models/netty/promise.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "models/netty/event_executor.h"
#include "models/netty/misuse.h"
#include "models/netty/monitor.h"
#include "models/netty/promise_internal.h"

static void free_future(struct future *f)
{
    free(f);
}

void promise_init(struct promise *p, struct event_executor *executor,
                  void (*destroy)(struct future *f))
{
    struct future *f = &p->future;

    *f = (struct future){.executor = executor, .destroy = destroy};
    atomic_init(&f->refs, 1);
    atomic_init(&f->state, FUTURE_PENDING);
}

struct promise *promise_new(struct event_executor *executor)
{
    struct promise *p = malloc(sizeof(*p));

    if (p)
        promise_init(p, executor, free_future);
    return p;
}

struct future *future_retain(struct future *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void future_release(struct future *f)
{
    if (!f)
        return;
    uint32_t old = atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel);
    assert(old > 0);
    if (old > 1)
        return;
    if (future_get_state(f) >= FUTURE_FAILED)
        exception_release(f->outcome.cause);
    free(f->more);
    if (f->destroy)
        f->destroy(f);
}

/* ---- completing ---- */

/* Ends the pending state, if it still lasts and may be ended so. */
static bool complete(struct future *f, enum future_state state, void *outcome)
{
    struct monitor *m = monitor_enter(f);
    enum future_state old = future_get_state(f);
    bool ok = old == FUTURE_PENDING ||
              (old == FUTURE_UNCANCELLABLE && state != FUTURE_CANCELLED);

    if (ok) {
        if (state == FUTURE_SUCCESS)
            f->outcome.result = outcome;
        else
            f->outcome.cause = outcome;
        atomic_store_explicit(&f->state, (uint8_t)state, memory_order_release);
        if (f->n_waiting > 0)
            monitor_notify_all(m);
    }
    bool notify = ok && f->first.fn;
    /* A waiter may release the last reference as soon as it sees the state. */
    if (notify)
        future_retain(f);
    monitor_exit(m);
    if (notify) {
        future_notify_listeners(f);
        future_release(f);
    }
    return ok;
}

bool promise_try_success(struct promise *p, void *result)
{
    return complete(&p->future, FUTURE_SUCCESS, result);
}

bool promise_try_failure(struct promise *p, struct exception *cause)
{
    bool ok = complete(&p->future, FUTURE_FAILED, cause);

    if (!ok)
        exception_release(cause);
    return ok;
}

void promise_set_success(struct promise *p, void *result)
{
    if (!promise_try_success(p, result))
        misuse("promise_set_success: the promise is complete already");
}

void promise_set_failure(struct promise *p, struct exception *cause)
{
    if (!promise_try_failure(p, cause))
        misuse("promise_set_failure: the promise is complete already");
}

void promise_succeed(struct promise *p)
{
    if (p && !promise_try_success(p, NULL) && !future_is_cancelled(&p->future))
        log_info("netty: a promise could not be marked as success: it is "
                 "complete already");
}

void promise_fail(struct promise *p, struct exception *cause)
{
    if (!p) {
        exception_release(cause);
        return;
    }
    if (!promise_try_failure(p, cause) && !future_is_cancelled(&p->future))
        log_info("netty: a promise could not be marked as failure: it is "
                 "complete already");
}

bool promise_set_uncancellable(struct promise *p)
{
    if (!p)
        return true;
    struct monitor *m = monitor_enter(&p->future);
    enum future_state state = future_get_state(&p->future);

    if (state == FUTURE_PENDING)
        atomic_store_explicit(&p->future.state, FUTURE_UNCANCELLABLE,
                              memory_order_release);
    monitor_exit(m);
    return state != FUTURE_CANCELLED;
}

bool future_cancel(struct future *f)
{
    return complete(f, FUTURE_CANCELLED, &exception_cancelled);
}

/* ---- looking ---- */

struct exception *future_cause(const struct future *f)
{
    return future_get_state(f) >= FUTURE_FAILED ? f->outcome.cause : NULL;
}

void *future_get_now(const struct future *f)
{
    return future_is_success(f) ? f->outcome.result : NULL;
}

/* ---- waiting ---- */

static int await_until(struct future *f, uint64_t until_ns)
{
    if (future_is_done(f))
        return 0;
    if (f->executor && event_executor_in_event_loop(f->executor)) {
        log_info("netty: await or sync on a future in its own event loop "
                 "refused: it would wait for itself; add a listener instead");
        return -EDEADLK;
    }
    struct monitor *m = monitor_enter(f);
    f->n_waiting++;
    while (!future_is_done(f) && ticker_now(&ticker_system) < until_ns)
        monitor_wait(m, until_ns);
    f->n_waiting--;
    monitor_exit(m);
    return future_is_done(f) ? 0 : -ETIMEDOUT;
}

int future_await(struct future *f)
{
    return await_until(f, UINT64_MAX);
}

int future_await_for(struct future *f, uint64_t ns)
{
    uint64_t now = ticker_now(&ticker_system);

    return await_until(f, ns > UINT64_MAX - now ? UINT64_MAX : now + ns);
}

int future_get(struct future *f, void **result)
{
    int err = future_await(f);

    if (err)
        return err;
    *result = future_get_now(f);
    return future_is_success(f) ? 0 : f->outcome.cause->code;
}

int future_sync(struct future *f)
{
    void *result;

    return future_get(f, &result);
}

/*
 * promise - a result that is not there yet.
 *
 * Two views of one object: a `struct promise` is what the producer completes,
 * once; a `struct future` is what everybody else looks at. It starts pending
 * and ends as success (with a result), failure (with an exception) or
 * cancelled (a failure too, with exception_cancelled).
 *
 *     producer                            consumer
 *     promise_set_success(p, result)      future_add_listener(f, fn, arg)
 *     promise_set_failure(p, exception)   future_await(f), future_sync(f)
 *
 * DOC(netty.promise)
 * Listeners are the way to wait in an event loop: they run in the future's
 * executor, once each, in the order they were added; one added late runs too.
 * await and sync are for threads that may block. On the executor's own thread
 * they would wait for themselves: there they are refused with -EDEADLK.
 * END
 *
 * Ownership: futures are counted. Who creates a promise, or gets one from a
 * function that "returns a future", holds a reference and gives it back with
 * future_release. Functions that take a promise keep a reference of their own
 * for as long as they need it; NULL instead of a promise says that nobody wants
 * to know (Netty's voidPromise, without its events). A result is the
 * producer's: the promise only carries the pointer.
 *
 * Any thread, unless said otherwise. Nothing blocks but await, sync and get.
 * Source: io.netty.util.concurrent.Promise, DefaultPromise.
 */
#ifndef NETTY_PROMISE_H
#define NETTY_PROMISE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/exception.h"

struct channel;
struct event_executor;
struct future;

enum {
    /* Listeners that complete promises whose listeners complete promises...
     * nest this deep; then the rest becomes a task. */
    FUTURE_MAX_LISTENER_DEPTH = 8,
};

/* The future is done. Called in its executor; valid during the call. */
typedef void (*future_listener_fn)(struct future *f, void *arg);

enum future_state {
    FUTURE_PENDING,
    FUTURE_UNCANCELLABLE, /* pending, and cancel comes too late */
    FUTURE_SUCCESS,       /* from here on: done */
    FUTURE_FAILED,
    FUTURE_CANCELLED,
};

struct future_listener {
    future_listener_fn fn; /* NULL: none */
    void *arg;             /* the listener's own */
};

/* Embedding it is the point; the fields are private all the same. */
struct future {
    /* set once: */
    struct event_executor *executor; /* runs the listeners; NULL: whichever
                                      * thread completes or adds */
    struct channel *channel;         /* a channel's future, or NULL; borrowed */
    void (*destroy)(struct future *f); /* the last reference is gone */

    /* atomic: */
    _Atomic uint32_t refs; /* references held */
    _Atomic uint8_t state; /* enum future_state; written under the monitor,
                            * released after the outcome */

    /* guarded by the monitor; the outcome is constant once done: */
    bool notifying;     /* some thread is calling listeners */
    uint16_t n_waiting; /* threads in await */
    union {
        void *result;            /* FUTURE_SUCCESS */
        struct exception *cause; /* FUTURE_FAILED, FUTURE_CANCELLED; owned */
    } outcome;
    struct future_listener first; /* most have one */
    struct future_listener *more; /* the others, in order; malloc'ed */
    uint32_t n_more;              /* in more */
    uint32_t cap_more;            /* allocated */
};

struct promise {
    struct future future; /* what the others see */
};

/* ---- the producer's side ---- */

/* A pending one with one reference, the caller's. NULL: no memory. */
struct promise *promise_new(struct event_executor *executor);

/* The same in memory of the caller's, which `destroy` gives back (NULL: it is
 * static, or part of what the caller frees). */
void promise_init(struct promise *p, struct event_executor *executor,
                  void (*destroy)(struct future *f));

/* Completing a promise that is done already is a misuse: these end the program
 * with a text. The try_ forms answer false instead. `cause` is taken over in
 * any case. */
void promise_set_success(struct promise *p, void *result);
bool promise_try_success(struct promise *p, void *result);
void promise_set_failure(struct promise *p, struct exception *cause);
bool promise_try_failure(struct promise *p, struct exception *cause);

/* From now on cancel comes too late. False: it was cancelled before; do not
 * begin. True for NULL. */
bool promise_set_uncancellable(struct promise *p);

/* Nothing to do with NULL: for the functions that take a promise or NULL. The
 * first is done already: logged, for it is a handler's mistake. */
void promise_succeed(struct promise *p);
void promise_fail(struct promise *p, struct exception *cause);

/* ---- the consumer's side ---- */

static inline enum future_state future_get_state(const struct future *f)
{
    /* Acquire: who sees it done sees the outcome. */
    return (enum future_state)atomic_load_explicit(&f->state,
                                                   memory_order_acquire);
}

static inline bool future_is_done(const struct future *f)
{
    return future_get_state(f) >= FUTURE_SUCCESS;
}

static inline bool future_is_success(const struct future *f)
{
    return future_get_state(f) == FUTURE_SUCCESS;
}

static inline bool future_is_cancelled(const struct future *f)
{
    return future_get_state(f) == FUTURE_CANCELLED;
}

static inline bool future_is_cancellable(const struct future *f)
{
    return future_get_state(f) == FUTURE_PENDING;
}

/* Why it failed; NULL when pending or successful. As long as the future. */
struct exception *future_cause(const struct future *f);

/* The result; NULL when there is none (yet). */
void *future_get_now(const struct future *f);

/* True: it is cancelled now. False: it was done or uncancellable. */
bool future_cancel(struct future *f);

/* 0, or -ENOMEM and fn will not be called. `arg` stays the caller's. */
int future_add_listener(struct future *f, future_listener_fn fn, void *arg);

/* Takes the first such listener out. False: there is none; it has been called,
 * or is being called by another thread. */
bool future_remove_listener(struct future *f, future_listener_fn fn, void *arg);

/* Blocks until done. 0 whatever the outcome; -EDEADLK on the executor's own
 * thread while pending (logged). */
int future_await(struct future *f);

/* The same for `ns` nanoseconds at most: -ETIMEDOUT. */
int future_await_for(struct future *f, uint64_t ns);

/* Blocks until done; 0, or the failure's code: sync re-raises, await does
 * not. -EDEADLK as await. */
int future_sync(struct future *f);

/* The same, with the result. */
int future_get(struct future *f, void **result);

/* Returns `f`. */
struct future *future_retain(struct future *f);

/* NULL is ignored. */
void future_release(struct future *f);

static inline struct promise *promise_retain(struct promise *p)
{
    if (p)
        future_retain(&p->future);
    return p;
}

static inline void promise_release(struct promise *p)
{
    if (p)
        future_release(&p->future);
}

#endif

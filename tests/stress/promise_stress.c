/*
 * promise_stress - what promise.h promises, with many threads at one promise:
 * completing, cancelling, awaiting, listening, letting go.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "models/netty/event_executor.h"
#include "models/netty/executor_group.h"
#include "models/netty/promise.h"
#include "models/netty/promise_combiner.h"
#include "models/netty/single_thread_executor.h"
#include "tests/stress/stress.h"

enum { THREADS = 6, ROUNDS = 3000, LISTENERS = 3 };

/* All threads have one promise a round; the last to let go frees it. */
struct round {
    struct promise *promise;
    atomic_size_t n_here;   /* threads that have come */
    atomic_size_t n_won;    /* completions that counted */
    atomic_size_t n_told;   /* listener calls */
    uint32_t last[THREADS]; /* listener of each adder called last; plain: */
                            /* listeners of one future never overlap */
};

static struct round *rounds;
static struct event_executor *executor; /* the promises'; or NULL */

static void open_rounds(void)
{
    rounds = calloc(ROUNDS, sizeof(*rounds));
    if (!rounds)
        abort();
    for (size_t i = 0; i < ROUNDS; i++) {
        rounds[i].promise = promise_new(executor);
        for (size_t t = 1; t < THREADS; t++)
            promise_retain(rounds[i].promise);
    }
}

/* Waits until all threads are at this round, so that they collide. */
static struct round *meet(size_t i)
{
    struct round *r = &rounds[i];

    atomic_fetch_add(&r->n_here, 1);
    while (atomic_load(&r->n_here) < THREADS)
        sched_yield();
    return r;
}

/* ---- one wins ---- */

static void complete_or_cancel(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct round *r = meet(i);
        struct future *f = &r->promise->future;
        bool won = false;

        switch (number % 3) {
        case 0: won = promise_try_success(r->promise, r); break;
        case 1:
            won =
                promise_try_failure(r->promise,
                                    exception_new(-EIO, "thread %zu", number));
            break;
        default: won = future_cancel(f); break;
        }
        atomic_fetch_add(&r->n_won, won);
        CHECK(future_is_done(f));
        CHECK(future_is_success(f) ? future_get_now(f) == r
                                   : future_cause(f)->code < 0);
        future_release(f);
    }
}

static void one_completion_counts(void)
{
    executor = NULL;
    open_rounds();
    stress_threads(complete_or_cancel, THREADS);
    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(atomic_load(&rounds[i].n_won) == 1);
    free(rounds);
}

/* ---- set_uncancellable against cancel ---- */

static void begin_or_cancel(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct round *r = meet(i);

        if (number == 0 && promise_set_uncancellable(r->promise)) {
            atomic_fetch_add(&r->n_won, 1);
            promise_set_success(r->promise, NULL);
        } else if (number > 0) {
            atomic_fetch_add(&r->n_won, future_cancel(&r->promise->future));
        }
        promise_release(r->promise);
    }
}

static void what_has_begun_cannot_be_cancelled(void)
{
    executor = NULL;
    open_rounds();
    stress_threads(begin_or_cancel, THREADS);
    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(atomic_load(&rounds[i].n_won) == 1);
    free(rounds);
}

/* ---- listeners ---- */

struct listener {
    struct round *round;
    size_t thread;   /* that added it */
    uint32_t number; /* of this thread's, from 1 */
};

static void on_done(struct future *f, void *arg)
{
    struct listener *l = arg;
    struct round *r = l->round;

    CHECK(future_is_done(f));
    CHECK(l->number == r->last[l->thread] + 1); /* in the order added */
    r->last[l->thread] = l->number;
    atomic_fetch_add(&r->n_told, 1);
    free(l);
}

static void listen_and_complete(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct round *r = meet(i);

        for (uint32_t n = 1; n <= LISTENERS; n++) {
            struct listener *l = malloc(sizeof(*l));
            if (!l)
                abort();
            *l = (struct listener){r, number, n};
            future_add_listener(&r->promise->future, on_done, l);
            if (n == 2 && number == i % THREADS)
                promise_set_success(r->promise, NULL);
        }
        promise_release(r->promise);
    }
}

static void check_told(void)
{
    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(atomic_load(&rounds[i].n_told) == THREADS * LISTENERS);
    free(rounds);
}

static void each_listener_is_called_once_in_order(void)
{
    executor = NULL;
    open_rounds();
    stress_threads(listen_and_complete, THREADS);
    check_told();
}

static void in_an_executor_too(void)
{
    executor = default_executor_new(NULL, NULL, "t");
    open_rounds();
    stress_threads(listen_and_complete, THREADS);
    future_await(event_executor_shutdown_gracefully(executor, 0, 0));
    check_told();
    single_thread_executor_free(single_thread_executor_of(executor));
}

static void take_out_or_complete(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct round *r = meet(i);
        struct future *f = &r->promise->future;

        if (number == 0) {
            promise_set_success(r->promise, NULL);
        } else {
            struct listener *l = malloc(sizeof(*l));
            if (!l)
                abort();
            *l = (struct listener){r, number, 1};
            future_add_listener(f, on_done, l);
            if (future_remove_listener(f, on_done, l)) {
                atomic_fetch_add(&r->n_told, 1); /* will not be called */
                free(l);
            }
        }
        future_release(f);
    }
}

static void a_listener_is_called_or_taken_out(void)
{
    executor = NULL;
    open_rounds();
    stress_threads(take_out_or_complete, THREADS);
    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(atomic_load(&rounds[i].n_told) == THREADS - 1);
    free(rounds);
}

/* ---- waiting ---- */

static void await_or_complete(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        struct round *r = meet(i);
        struct future *f = &r->promise->future;
        void *result = NULL;

        if (number == 0) {
            promise_set_success(r->promise, r);
        } else if (number == 1) {
            int err = future_await_for(f, 1 + i % 5000);
            CHECK(err == 0 || err == -ETIMEDOUT);
        } else {
            CHECK(future_get(f, &result) == 0);
            CHECK(result == r);
        }
        future_release(f); /* while others are still in their await */
    }
}

static void all_who_wait_wake_up(void)
{
    executor = NULL;
    open_rounds();
    stress_threads(await_or_complete, THREADS);
    free(rounds);
}

/* ---- several futures ---- */

static struct promise *all;

static int combine(void *arg)
{
    struct promise_combiner *c = promise_combiner_new(arg);

    for (size_t i = 0; i < ROUNDS; i++)
        CHECK(promise_combiner_add(c, &rounds[i].promise->future) == 0);
    promise_combiner_finish(c, all);
    return 0;
}

static void complete_some(size_t number)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        if (i % THREADS == number)
            promise_set_success(rounds[i].promise, NULL);
    }
}

static void a_combiner_waits_for_all(void)
{
    executor = default_executor_new(NULL, NULL, "t");
    open_rounds();
    all = promise_new(NULL);
    CHECK(event_executor_execute(executor, combine, executor) == 0);
    stress_threads(complete_some, THREADS);
    CHECK(future_sync(&all->future) == 0);
    future_await(event_executor_shutdown_gracefully(executor, 0, 0));
    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t t = 0; t < THREADS; t++)
            promise_release(rounds[i].promise);
    }
    promise_release(all);
    free(rounds);
    single_thread_executor_free(single_thread_executor_of(executor));
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"one_completion_counts", one_completion_counts},
        {"what_has_begun_cannot_be_cancelled",
         what_has_begun_cannot_be_cancelled},
        {"each_listener_is_called_once_in_order",
         each_listener_is_called_once_in_order},
        {"in_an_executor_too", in_an_executor_too},
        {"a_listener_is_called_or_taken_out",
         a_listener_is_called_or_taken_out},
        {"all_who_wait_wake_up", all_who_wait_wake_up},
        {"a_combiner_waits_for_all", a_combiner_waits_for_all},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

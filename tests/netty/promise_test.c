/*
 * Promises: completed once, listeners once each and in order, await and sync.
 * What only happens between threads is in tests/stress/promise_stress.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#include "models/netty/executor_group.h"
#include "models/netty/promise.h"
#include "models/netty/promise_combiner.h"
#include "models/netty/single_thread_executor.h"

/* Notes who was called, in order. */
struct trace {
    int calls[64]; /* numbers of listeners */
    int n;         /* used */
};

struct mark {
    struct trace *trace; /* where to note */
    int number;          /* what */
};

static void note(struct future *f, void *arg)
{
    struct mark *mark = arg;

    cr_assert(future_is_done(f));
    mark->trace->calls[mark->trace->n++] = mark->number;
}

Test(promise, starts_pending)
{
    struct promise *p = promise_new(NULL);

    cr_assert_not(future_is_done(&p->future));
    cr_assert_not(future_is_success(&p->future));
    cr_assert(future_is_cancellable(&p->future));
    cr_assert_null(future_cause(&p->future));
    cr_assert_null(future_get_now(&p->future));
    promise_release(p);
}

Test(promise, success_carries_the_result_and_comes_once)
{
    struct promise *p = promise_new(NULL);
    int result = 7;
    void *got = NULL;

    promise_set_success(p, &result);
    cr_assert(future_is_success(&p->future));
    cr_assert_eq(future_get_now(&p->future), &result);
    cr_assert_eq(future_get(&p->future, &got), 0);
    cr_assert_eq(got, &result);
    cr_assert_not(promise_try_success(p, NULL));
    cr_assert_not(
        promise_try_failure(p, exception_new(-EIO, "released by the try")));
    cr_assert_not(future_cancel(&p->future));
    cr_assert_eq(future_get_now(&p->future), &result);
    promise_release(p);
}

Test(promise, failure_carries_the_cause)
{
    struct promise *p = promise_new(NULL);

    promise_set_failure(p, exception_new(-EIO, "disk %d is on fire", 3));
    cr_assert(future_is_done(&p->future));
    cr_assert_not(future_is_success(&p->future));
    cr_assert_eq(future_cause(&p->future)->code, -EIO);
    cr_assert_str_eq(future_cause(&p->future)->text, "disk 3 is on fire");
    cr_assert_not(promise_try_success(p, NULL));
    promise_release(p);
}

Test(promise, second_set_success_is_misuse, .signal = SIGABRT)
{
    struct promise *p = promise_new(NULL);

    promise_set_success(p, NULL);
    promise_set_success(p, NULL);
}

Test(promise, set_failure_after_success_is_misuse, .signal = SIGABRT)
{
    struct promise *p = promise_new(NULL);

    promise_set_success(p, NULL);
    promise_set_failure(p, &exception_closed_channel);
}

Test(promise, cancelled_is_a_failure)
{
    struct promise *p = promise_new(NULL);

    cr_assert(future_cancel(&p->future));
    cr_assert(future_is_done(&p->future));
    cr_assert(future_is_cancelled(&p->future));
    cr_assert_not(future_is_success(&p->future));
    cr_assert_eq(future_cause(&p->future), &exception_cancelled);
    cr_assert_not(future_cancel(&p->future));
    cr_assert_not(promise_try_success(p, NULL));
    cr_assert_not(promise_set_uncancellable(p));
    cr_assert_eq(future_sync(&p->future), -ECANCELED);
    promise_release(p);
}

Test(promise, uncancellable_cannot_be_cancelled)
{
    struct promise *p = promise_new(NULL);

    cr_assert(promise_set_uncancellable(p));
    cr_assert(promise_set_uncancellable(p));
    cr_assert_not(future_is_cancellable(&p->future));
    cr_assert_not(future_cancel(&p->future));
    cr_assert_not(future_is_done(&p->future));
    promise_set_success(p, NULL);
    cr_assert(promise_set_uncancellable(p), "done, and not cancelled");
    promise_release(p);
}

Test(promise, listeners_run_once_in_order)
{
    struct promise *p = promise_new(NULL);
    struct trace trace = {.n = 0};
    struct mark marks[10];

    for (int i = 0; i < 10; i++) {
        marks[i] = (struct mark){&trace, i};
        cr_assert_eq(future_add_listener(&p->future, note, &marks[i]), 0);
    }
    cr_assert_eq(trace.n, 0);
    promise_set_success(p, NULL);
    cr_assert_eq(trace.n, 10);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(trace.calls[i], i);
    promise_release(p);
}

Test(promise, late_listeners_run_too)
{
    struct promise *p = promise_new(NULL);
    struct trace trace = {.n = 0};
    struct mark first = {&trace, 1}, late = {&trace, 2};

    future_add_listener(&p->future, note, &first);
    promise_set_failure(p, exception_new(-EIO, "no"));
    future_add_listener(&p->future, note, &late);
    cr_assert_eq(trace.n, 2);
    cr_assert_eq(trace.calls[1], 2);
    promise_release(p);
}

Test(promise, removed_listeners_do_not_run)
{
    struct promise *p = promise_new(NULL);
    struct trace trace = {.n = 0};
    struct mark marks[5];

    for (int i = 0; i < 5; i++) {
        marks[i] = (struct mark){&trace, i};
        future_add_listener(&p->future, note, &marks[i]);
    }
    future_remove_listener(&p->future, note, &marks[0]);
    future_remove_listener(&p->future, note, &marks[2]);
    future_remove_listener(&p->future, note, &marks[4]);
    promise_set_success(p, NULL);
    cr_assert_eq(trace.n, 2);
    cr_assert_eq(trace.calls[0], 1);
    cr_assert_eq(trace.calls[1], 3);
    promise_release(p);
}

/* A listener that adds two more while it is being called. */
struct adder {
    struct trace *trace; /* where all note */
    struct mark more[2]; /* what is added */
};

static void add_two(struct future *f, void *arg)
{
    struct adder *adder = arg;

    adder->trace->calls[adder->trace->n++] = 0;
    future_add_listener(f, note, &adder->more[0]);
    future_add_listener(f, note, &adder->more[1]);
    cr_assert_eq(adder->trace->n, 1, "not from within a listener");
}

Test(promise, listeners_added_by_a_listener_run_after_it_in_order)
{
    struct promise *p = promise_new(NULL);
    struct trace trace = {.n = 0};
    struct adder adder = {&trace, {{&trace, 2}, {&trace, 3}}};
    struct mark one = {&trace, 1};

    future_add_listener(&p->future, add_two, &adder);
    future_add_listener(&p->future, note, &one);
    promise_set_success(p, NULL);
    cr_assert_eq(trace.n, 4);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(trace.calls[i], i);
    promise_release(p);
}

/* A chain: each listener completes the next promise. */
enum { CHAIN = 1000 };

struct link {
    struct promise *next; /* completed by the listener of the one before */
    int *depth;           /* how many listeners are on the stack */
    int *deepest;         /* the most there were */
};

static void complete_next(struct future *f, void *arg)
{
    struct link *link = arg;

    (void)f;
    if (++*link->depth > *link->deepest)
        *link->deepest = *link->depth;
    if (link->next)
        promise_set_success(link->next, NULL);
    --*link->depth;
}

/* Runs the chain in the calling thread; the deepest nesting. */
static int run_chain(struct event_executor *ex)
{
    struct promise *chain[CHAIN];
    struct link links[CHAIN];
    int depth = 0, deepest = 0;

    for (int i = 0; i < CHAIN; i++)
        chain[i] = promise_new(ex);
    for (int i = 0; i < CHAIN; i++) {
        links[i] = (struct link){i + 1 < CHAIN ? chain[i + 1] : NULL, &depth,
                                 &deepest};
        future_add_listener(&chain[i]->future, complete_next, &links[i]);
    }
    promise_set_success(chain[0], NULL);
    cr_assert(future_is_done(&chain[CHAIN - 1]->future));
    for (int i = 0; i < CHAIN; i++)
        promise_release(chain[i]);
    return deepest;
}

Test(promise, listener_recursion_is_bounded)
{
    int deepest = run_chain(NULL);

    cr_assert_gt(deepest, 1);
    cr_assert_leq(deepest, FUTURE_MAX_LISTENER_DEPTH);
}

Test(promise, await_with_a_limit_gives_up)
{
    struct promise *p = promise_new(NULL);

    cr_assert_eq(future_await_for(&p->future, 1), -ETIMEDOUT);
    promise_set_success(p, NULL);
    cr_assert_eq(future_await_for(&p->future, 1), 0);
    promise_release(p);
}

Test(promise, sync_raises_the_failure_await_does_not)
{
    struct promise *p = promise_new(NULL);

    promise_set_failure(p, exception_new(-EIO, "no"));
    cr_assert_eq(future_await(&p->future), 0);
    cr_assert_eq(future_sync(&p->future), -EIO);
    promise_release(p);
}

/* ---- with an executor ---- */

static int await_in_loop(void *arg, void **result)
{
    struct promise *p = arg;

    *result = NULL;
    cr_assert_eq(future_await(&p->future), -EDEADLK);
    cr_assert_eq(future_sync(&p->future), -EDEADLK);
    cr_assert_eq(future_await_for(&p->future, 1), -EDEADLK);
    promise_set_success(p, NULL);
    cr_assert_eq(future_await(&p->future), 0, "allowed once done");
    cr_assert_eq(future_sync(&p->future), 0);
    return 0;
}

Test(promise, await_in_its_own_executor_is_refused)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "own");
    struct promise *p = promise_new(ex);
    struct future *f = event_executor_submit(ex, await_in_loop, p);

    cr_assert_eq(future_sync(f), 0);
    future_release(f);
    promise_release(p);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* Which thread was a listener called in? */
struct where {
    struct event_executor *expected; /* should be */
    bool right;                      /* was */
    struct promise *called;          /* completed by the listener */
};

static void check_where(struct future *f, void *arg)
{
    struct where *where = arg;

    (void)f;
    where->right = event_executor_in_event_loop(where->expected);
    promise_set_success(where->called, NULL);
}

Test(promise, listeners_run_in_the_executor)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "own");
    struct promise *p = promise_new(ex);

    for (int late = 0; late < 2; late++) {
        struct where where = {ex, false, promise_new(NULL)};
        future_add_listener(&p->future, check_where, &where);
        promise_try_success(p, NULL);
        future_await(&where.called->future);
        cr_assert(where.right, "late: %d", late);
        promise_release(where.called);
    }
    promise_release(p);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    single_thread_executor_free(single_thread_executor_of(ex));
}

Test(promise, without_its_executor_listeners_are_given_up)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "gone");
    struct promise *p = promise_new(ex);
    struct trace trace = {.n = 0};
    struct mark mark = {&trace, 1};

    future_add_listener(&p->future, note, &mark);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    promise_set_success(p, NULL);
    cr_assert_eq(trace.n, 0);
    promise_release(p);
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* ---- combining ---- */

Test(promise_combiner, succeeds_when_all_have)
{
    struct promise_combiner *c = promise_combiner_new(NULL);
    struct promise *p[3], *all = promise_new(NULL);

    for (int i = 0; i < 3; i++) {
        p[i] = promise_new(NULL);
        cr_assert_eq(promise_combiner_add(c, &p[i]->future), 0);
    }
    promise_set_success(p[1], NULL);
    promise_combiner_finish(c, all);
    promise_set_success(p[0], NULL);
    cr_assert_not(future_is_done(&all->future));
    promise_set_success(p[2], NULL);
    cr_assert(future_is_success(&all->future));
    for (int i = 0; i < 3; i++)
        promise_release(p[i]);
    promise_release(all);
}

Test(promise_combiner, fails_with_the_first_failure_when_all_are_done)
{
    struct promise_combiner *c = promise_combiner_new(NULL);
    struct promise *p[3], *all = promise_new(NULL);

    for (int i = 0; i < 3; i++) {
        p[i] = promise_new(NULL);
        promise_combiner_add(c, &p[i]->future);
    }
    promise_combiner_finish(c, all);
    promise_set_failure(p[2], exception_new(-EIO, "first"));
    promise_set_failure(p[0], exception_new(-ENOENT, "second"));
    cr_assert_not(future_is_done(&all->future), "waits for all");
    promise_set_success(p[1], NULL);
    cr_assert_eq(future_cause(&all->future)->code, -EIO);
    for (int i = 0; i < 3; i++)
        promise_release(p[i]);
    promise_release(all);
}

Test(promise_combiner, of_nothing_succeeds)
{
    struct promise_combiner *c = promise_combiner_new(NULL);
    struct promise *all = promise_new(NULL);

    promise_combiner_finish(c, all);
    cr_assert(future_is_success(&all->future));
    promise_release(all);
}

Test(promise_combiner, adding_after_finish_is_misuse, .signal = SIGABRT)
{
    struct promise_combiner *c = promise_combiner_new(NULL);
    struct promise *p = promise_new(NULL), *all = promise_new(NULL);

    promise_combiner_add(c, &p->future);
    promise_combiner_finish(c, all);
    promise_combiner_add(c, &p->future);
}

Test(promise_notifier, hands_the_outcome_on)
{
    struct promise *from = promise_new(NULL), *to = promise_new(NULL);
    int result = 1;

    cr_assert_eq(promise_notifier_cascade(&from->future, to), 0);
    promise_set_success(from, &result);
    cr_assert_eq(future_get_now(&to->future), &result);
    promise_release(from);
    promise_release(to);

    from = promise_new(NULL);
    to = promise_new(NULL);
    promise_notifier_cascade(&from->future, to);
    promise_set_failure(from, exception_new(-EIO, "handed on"));
    cr_assert_str_eq(future_cause(&to->future)->text, "handed on");
    promise_release(from);
    promise_release(to);
}

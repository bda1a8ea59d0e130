/*
 * Executors and groups: execute, submit, shutdown, the chooser. Each test runs
 * for a default executor and for an event loop: they promise the same.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "common/stats.h"
#include "models/netty/event_loop.h"
#include "models/netty/executor_group.h"

/* What the parameter counts. (Not itself the parameter: Criterion's processes
 * do not share addresses.) */
static const executor_factory_fn kinds[] = {default_executor_new,
                                            event_loop_new};
static int both[] = {0, 1};

#define FOR_BOTH(suite, test)                                                  \
    ParameterizedTestParameters(suite, test)                                   \
    {                                                                          \
        return cr_make_param_array(int, both, 2);                              \
    }                                                                          \
    ParameterizedTest(int *kind, suite, test)

static void end(struct event_executor *ex)
{
    cr_assert_eq(future_await(event_executor_shutdown_gracefully(ex, 0, 0)), 0);
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* Blocks until the executor has run all that was queued before. */
static int nothing(void *arg, void **result)
{
    *result = arg;
    return 0;
}

static void wait_for_queue(struct event_executor *ex)
{
    struct future *f = event_executor_submit(ex, nothing, NULL);

    cr_assert_eq(future_sync(f), 0);
    future_release(f);
}

static int ran[1024]; /* numbers, in order; the executor's */
static int n_ran;

static int note(void *arg)
{
    ran[n_ran++] = (int)(intptr_t)arg;
    return 0;
}

static void *number(int i)
{
    return (void *)(intptr_t)i;
}

FOR_BOTH(executor, fifo)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    for (int i = 0; i < 1000; i++)
        cr_assert_eq(event_executor_execute(ex, note, number(i)), 0);
    wait_for_queue(ex);
    cr_assert_eq(n_ran, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(ran[i], i);
    end(ex);
}

static int execute_in_loop(void *arg)
{
    struct event_executor *ex = arg;

    cr_assert(event_executor_in_event_loop(ex));
    event_executor_execute(ex, note, number(2));
    cr_assert_eq(n_ran, 0, "execute queues, it never runs at once");
    return note(number(1));
}

FOR_BOTH(executor, in_loop_execute_queues)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    cr_assert_not(event_executor_in_event_loop(ex));
    event_executor_execute(ex, execute_in_loop, ex);
    wait_for_queue(ex);
    wait_for_queue(ex);
    cr_assert_eq(n_ran, 2);
    cr_assert_eq(ran[0], 1);
    end(ex);
}

static int fail(void *arg)
{
    (void)arg;
    return -EIO;
}

FOR_BOTH(executor, survives_a_failing_task)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    event_executor_execute(ex, fail, NULL);
    event_executor_execute(ex, note, number(1));
    wait_for_queue(ex);
    cr_assert_eq(n_ran, 1);
    end(ex);
}

FOR_BOTH(executor, starts_lazily)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct single_thread_executor *ste = single_thread_executor_of(ex);

    cr_assert_eq(single_thread_executor_state(ste), EXECUTOR_NOT_STARTED);
    cr_assert_not(ste->has_thread);
    wait_for_queue(ex);
    cr_assert_eq(single_thread_executor_state(ste), EXECUTOR_STARTED);
    end(ex);
}

static int answer(void *arg, void **result)
{
    *result = arg;
    return 0;
}

static int refuse(void *arg, void **result)
{
    (void)arg;
    (void)result;
    return -EACCES;
}

FOR_BOTH(executor, submit)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct future *f = event_executor_submit(ex, answer, ran);
    void *result;

    cr_assert_eq(future_get(f, &result), 0);
    cr_assert_eq(result, ran);
    future_release(f);
    f = event_executor_submit(ex, refuse, NULL);
    cr_assert_eq(future_sync(f), -EACCES);
    future_release(f);
    end(ex);
}

FOR_BOTH(executor, schedules_from_other_threads)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct scheduled_future *s =
        event_executor_schedule(ex, note, number(1), 1000);
    struct scheduled_future *never =
        event_executor_schedule(ex, note, number(2), 3600 * (int64_t)TICKER_S);

    cr_assert_eq(future_sync(&s->promise.future), 0);
    cr_assert_eq(n_ran, 1);
    cr_assert(scheduled_future_cancel(never));
    wait_for_queue(ex);
    cr_assert_eq(single_thread_executor_of(ex)->scheduler.n, 0u,
                 "cancel takes it out of the heap");
    scheduled_future_release(s);
    scheduled_future_release(never);
    end(ex);
}

/* Blocks the executor until told; meanwhile it is awake. */
static pthread_barrier_t gate;

static int hold(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    return 0;
}

FOR_BOTH(executor, wakes_only_sleepers)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct stats_set stats;

    stats_attach(&stats);
    pthread_barrier_init(&gate, NULL, 2);
    event_executor_execute(ex, hold, NULL);
    pthread_barrier_wait(&gate);
    uint64_t before = stats_read(STAT_WAKEUPS);
    for (int i = 0; i < 1000; i++)
        event_executor_execute(ex, note, number(i));
    cr_assert_eq(stats_read(STAT_WAKEUPS), before, "it was awake");
    pthread_barrier_wait(&gate);
    wait_for_queue(ex);
    cr_assert_eq(n_ran, 1000);
    end(ex);
    stats_detach();
}

/* ---- shutting down ---- */

FOR_BOTH(shutdown, rejects_afterwards)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    wait_for_queue(ex);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    cr_assert_eq(event_executor_execute(ex, note, NULL), -ESHUTDOWN);
    cr_assert_null(event_executor_submit(ex, answer, NULL));
    cr_assert_eq(errno, ESHUTDOWN);
    cr_assert_null(event_executor_schedule(ex, note, NULL, 0));
    cr_assert_eq(errno, ESHUTDOWN);
    cr_assert_eq(n_ran, 0);
    cr_assert(future_is_done(event_executor_shutdown_gracefully(ex, 0, 0)));
    end(ex);
}

FOR_BOTH(shutdown, runs_what_is_queued)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    pthread_barrier_init(&gate, NULL, 2);
    event_executor_execute(ex, hold, NULL);
    pthread_barrier_wait(&gate);
    for (int i = 0; i < 500; i++)
        event_executor_execute(ex, note, number(i));
    struct future *f = event_executor_shutdown_gracefully(ex, 0, 0);
    for (int i = 500; i < 1000; i++)
        cr_assert_eq(event_executor_execute(ex, note, number(i)), 0,
                     "still taken while shutting down");
    pthread_barrier_wait(&gate);
    future_await(f);
    cr_assert_eq(n_ran, 1000);
    end(ex);
}

FOR_BOTH(shutdown, never_started)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct future *f = event_executor_shutdown_gracefully(ex, 0, 0);

    cr_assert_eq(future_await(f), 0);
    cr_assert_eq(event_executor_execute(ex, note, NULL), -ESHUTDOWN);
    single_thread_executor_free(single_thread_executor_of(ex));
}

static int come_back(void *arg)
{
    n_ran++;
    return event_executor_execute(arg, come_back, arg) ? -ESHUTDOWN : 0;
}

FOR_BOTH(shutdown, a_task_that_comes_back_for_ever_is_refused_in_the_end)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");

    event_executor_execute(ex, come_back, ex);
    end(ex);
    cr_assert_gt(n_ran, 1);
}

Test(shutdown, timeout_below_the_quiet_period_is_an_error)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "t");

    cr_assert_null(event_executor_shutdown_gracefully(ex, 2, 1));
    cr_assert_eq(errno, EINVAL);
    end(ex);
}

/* Sets the clock ahead and lets the executor look at it. */
static void advance(struct event_executor *ex, struct mock_ticker *clock,
                    uint64_t ns)
{
    mock_ticker_advance(clock, ns);
    single_thread_executor_wake_up(single_thread_executor_of(ex));
}

/* Sets it ahead until the executor has ended. Once may be too early: the thread
 * notes the time of its last task after whoever waits for the task goes on. */
static void advance_to_the_end(struct event_executor *ex,
                               struct mock_ticker *clock, uint64_t ns,
                               struct future *f)
{
    do {
        advance(ex, clock, ns);
    } while (future_await_for(f, TICKER_MS) == -ETIMEDOUT);
}

FOR_BOTH(shutdown, quiet_period)
{
    struct mock_ticker clock;
    mock_ticker_init(&clock);
    struct event_executor *ex = kinds[*kind](NULL, &clock.ticker, "t");
    struct future *f;

    wait_for_queue(ex);
    f = event_executor_shutdown_gracefully(ex, 1000 * TICKER_S,
                                           100000 * TICKER_S);
    wait_for_queue(ex);
    for (int i = 0; i < 5; i++) {
        advance(ex, &clock, 900 * TICKER_S);
        wait_for_queue(ex); /* a task: the quiet period starts again */
        cr_assert_not(future_is_done(f));
    }
    advance_to_the_end(ex, &clock, 1000 * TICKER_S, f);
    single_thread_executor_free(single_thread_executor_of(ex));
}

FOR_BOTH(shutdown, timeout_caps_the_quiet_period)
{
    struct mock_ticker clock;
    mock_ticker_init(&clock);
    struct event_executor *ex = kinds[*kind](NULL, &clock.ticker, "t");
    struct future *f;

    wait_for_queue(ex);
    f = event_executor_shutdown_gracefully(ex, 1000 * TICKER_S,
                                           1500 * TICKER_S);
    wait_for_queue(ex);
    advance(ex, &clock, 900 * TICKER_S);
    wait_for_queue(ex);
    cr_assert_not(future_is_done(f));
    advance_to_the_end(ex, &clock, 600 * TICKER_S, f);
    single_thread_executor_free(single_thread_executor_of(ex));
}

FOR_BOTH(shutdown, cancels_scheduled_tasks)
{
    struct event_executor *ex = kinds[*kind](NULL, NULL, "t");
    struct scheduled_future *s =
        event_executor_schedule(ex, note, NULL, 3600 * (int64_t)TICKER_S);

    wait_for_queue(ex);
    future_await(event_executor_shutdown_gracefully(ex, 0, 0));
    cr_assert(future_is_cancelled(&s->promise.future));
    cr_assert_eq(n_ran, 0);
    scheduled_future_release(s);
    single_thread_executor_free(single_thread_executor_of(ex));
}

/* ---- groups ---- */

Test(group, takes_its_children_in_turn)
{
    for (size_t n = 1; n <= 9; n++) {
        struct event_executor_group *g =
            default_event_executor_group_new(n, "t");
        for (size_t i = 0; i < 4 * n; i++)
            cr_assert_eq(event_executor_group_next(g), g->children[i % n],
                         "%zu children, turn %zu", n, i);
        event_executor_group_free(g);
    }
}

Test(group, has_twice_the_cores_by_default)
{
    struct event_executor_group *g = event_loop_group_new(0, "t");

    cr_assert_eq(g->n, 2 * (size_t)sysconf(_SC_NPROCESSORS_ONLN));
    event_executor_group_free(g);
}

static int wait_at_gate(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&gate);
    return 0;
}

Test(group, terminates_when_all_children_have)
{
    struct event_executor_group *g = event_loop_group_new(3, "t");

    pthread_barrier_init(&gate, NULL, 2);
    event_executor_execute(g->children[1], wait_at_gate, NULL);
    wait_for_queue(g->children[0]);
    struct future *f = event_executor_group_shutdown_gracefully(g, 0, 0);
    cr_assert_eq(f, event_executor_group_termination_future(g));
    cr_assert_not(future_is_done(f), "one child is busy");
    pthread_barrier_wait(&gate);
    cr_assert_eq(future_await(f), 0);
    event_executor_group_free(g);
}

Test(group, children_have_names_and_a_parent)
{
    struct event_executor_group *g = default_event_executor_group_new(2, "w");

    cr_assert_str_eq(single_thread_executor_of(g->children[1])->name, "w-1");
    cr_assert_eq(g->children[1]->parent, g);
    event_executor_group_free(g);
}

Test(event_loop, io_ratio_is_checked)
{
    struct event_executor_group *g = event_loop_group_new(2, "t");

    cr_assert_eq(event_loop_group_set_io_ratio(g, 0), -EINVAL);
    cr_assert_eq(event_loop_group_set_io_ratio(g, 101), -EINVAL);
    cr_assert_eq(event_loop_group_set_io_ratio(g, 100), 0);
    cr_assert_eq(event_loop_group_set_io_ratio(g, 1), 0);
    event_executor_group_free(g);
}

/* With a budget of nothing, 64 tasks run between two looks at the clock. */
Test(event_loop, tasks_are_limited_by_a_budget)
{
    struct event_executor *ex = default_executor_new(NULL, NULL, "t");
    struct single_thread_executor *ste = single_thread_executor_of(ex);

    event_executor_current = ex;
    for (int i = 0; i < 200; i++)
        task_queue_offer(&ste->tasks, note, number(i));
    cr_assert(single_thread_executor_run_all_tasks(ste, 0));
    cr_assert_eq(n_ran, EXECUTOR_TASKS_A_CLOCK);
    single_thread_executor_run_all_tasks(ste, UINT64_MAX);
    cr_assert_eq(n_ran, 200);
    event_executor_current = NULL;
    single_thread_executor_free(ste);
}

/*
 * Scheduled tasks: order, periods and cancelling, on a clock that the tests
 * set. The heap belongs to one thread; schedule() from others is in
 * event_loop_test.c and tests/stress.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/executor_group.h"
#include "models/netty/scheduler.h"
#include "models/netty/single_thread_executor.h"

/* An executor that never runs: all calls are made as if from its thread. */
static struct single_thread_executor *ste;
static struct event_executor *ex;
static struct mock_ticker clock_;

static void setup(void)
{
    mock_ticker_init(&clock_);
    ex = default_executor_new(NULL, &clock_.ticker, "test");
    ste = single_thread_executor_of(ex);
    event_executor_current = ex;
}

static void teardown(void)
{
    event_executor_current = NULL;
    single_thread_executor_free(ste);
}

TestSuite(scheduler, .init = setup, .fini = teardown);

/* What ran, in order. */
static int ran[4096];
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

/* Schedules and forgets the handle. */
static void after(int64_t delay_ns, int i)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, note, number(i), delay_ns);
    cr_assert_not_null(s);
    scheduled_future_release(s);
}

static void advance(uint64_t ns)
{
    mock_ticker_advance(&clock_, ns);
    single_thread_executor_run_all_tasks(ste, UINT64_MAX);
}

Test(scheduler, runs_by_deadline)
{
    after(30, 3);
    after(10, 1);
    after(20, 2);
    advance(9);
    cr_assert_eq(n_ran, 0);
    advance(1);
    cr_assert_eq(n_ran, 1);
    advance(20);
    cr_assert_eq(n_ran, 3);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(ran[i], i + 1);
}

Test(scheduler, ties_run_in_the_order_scheduled)
{
    for (int i = 0; i < 100; i++)
        after(10, i);
    advance(10);
    cr_assert_eq(n_ran, 100);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(ran[i], i);
}

Test(scheduler, random_deadlines_and_cancels_keep_the_order)
{
    enum { N = 2000 };
    static struct scheduled_future *handles[N];
    static uint64_t deadline[N];
    int n_cancelled = 0;

    srand(1);
    for (int i = 0; i < N; i++) {
        deadline[i] = (uint64_t)(rand() % 100);
        handles[i] =
            event_executor_schedule(ex, note, number(i), (int64_t)deadline[i]);
    }
    for (int i = 0; i < N; i += 3) {
        cr_assert(scheduled_future_cancel(handles[i]));
        n_cancelled++;
    }
    cr_assert_eq(ste->scheduler.n, (size_t)(N - n_cancelled));
    advance(100);
    cr_assert_eq(n_ran, N - n_cancelled);
    for (int i = 1; i < n_ran; i++) {
        cr_assert(ran[i] % 3 != 0);
        cr_assert(
            deadline[ran[i - 1]] < deadline[ran[i]] ||
            (deadline[ran[i - 1]] == deadline[ran[i]] && ran[i - 1] < ran[i]));
    }
    for (int i = 0; i < N; i++)
        scheduled_future_release(handles[i]);
}

Test(scheduler, a_negative_delay_is_none)
{
    after(-5, 1);
    advance(0);
    cr_assert_eq(n_ran, 1);
}

Test(scheduler, due_tasks_run_before_queued_ones)
{
    task_queue_offer(&ste->tasks, note, number(2));
    after(0, 1);
    advance(0);
    cr_assert_eq(ran[0], 1);
    cr_assert_eq(ran[1], 2);
}

Test(scheduler, the_future_tells_the_end)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, note, number(1), 10);
    cr_assert_not(future_is_done(&s->promise.future));
    advance(10);
    cr_assert(future_is_success(&s->promise.future));
    cr_assert_not(scheduled_future_cancel(s), "too late");
    scheduled_future_release(s);
}

static int fail(void *arg)
{
    note(arg);
    return -EIO;
}

Test(scheduler, a_failing_task_fails_its_future)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, fail, number(1), 10);
    advance(10);
    cr_assert_eq(future_cause(&s->promise.future)->code, -EIO);
    scheduled_future_release(s);
}

Test(scheduler, cancelled_tasks_do_not_run_and_leave_the_heap)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, note, number(1), 10);
    cr_assert(scheduled_future_cancel(s));
    cr_assert_eq(ste->scheduler.n, 0u);
    cr_assert(future_is_cancelled(&s->promise.future));
    advance(10);
    cr_assert_eq(n_ran, 0);
    scheduled_future_release(s);
}

Test(scheduler, cancelling_the_bare_future_is_enough)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, note, number(1), 10);
    cr_assert(future_cancel(&s->promise.future));
    advance(10);
    cr_assert_eq(n_ran, 0);
    cr_assert_eq(ste->scheduler.n, 0u);
    scheduled_future_release(s);
}

Test(scheduler, fixed_rate_makes_up_for_lateness)
{
    struct scheduled_future *s =
        event_executor_schedule_at_fixed_rate(ex, note, number(1), 10, 10);
    advance(10);
    cr_assert_eq(n_ran, 1);
    /* 35 later: due at 20, 30 and 40. One in each round. */
    advance(35);
    advance(0);
    advance(0);
    cr_assert_eq(n_ran, 4);
    advance(0);
    cr_assert_eq(n_ran, 4, "the next is due at 50");
    advance(5);
    cr_assert_eq(n_ran, 5);
    cr_assert(scheduled_future_cancel(s));
    scheduled_future_release(s);
}

Test(scheduler, fixed_delay_counts_from_the_end)
{
    struct scheduled_future *s =
        event_executor_schedule_with_fixed_delay(ex, note, number(1), 10, 10);
    advance(45);
    advance(0);
    cr_assert_eq(n_ran, 1);
    advance(9);
    cr_assert_eq(n_ran, 1);
    advance(1);
    cr_assert_eq(n_ran, 2);
    cr_assert(scheduled_future_cancel(s));
    advance(100);
    cr_assert_eq(n_ran, 2);
    scheduled_future_release(s);
}

Test(scheduler, a_failing_periodic_task_ends)
{
    struct scheduled_future *s =
        event_executor_schedule_at_fixed_rate(ex, fail, number(1), 0, 10);
    advance(0);
    advance(100);
    cr_assert_eq(n_ran, 1);
    cr_assert_eq(future_cause(&s->promise.future)->code, -EIO);
    cr_assert_eq(ste->scheduler.n, 0u);
    scheduled_future_release(s);
}

/* A periodic task that cancels itself in its third run. */
static struct scheduled_future *self;

static int cancel_self(void *arg)
{
    note(arg);
    if (n_ran == 3)
        cr_assert(scheduled_future_cancel(self));
    return 0;
}

Test(scheduler, a_periodic_task_may_cancel_itself)
{
    self = event_executor_schedule_at_fixed_rate(ex, cancel_self, number(1), 0,
                                                 10);
    for (int i = 0; i < 10; i++)
        advance(10);
    cr_assert_eq(n_ran, 3);
    scheduled_future_release(self);
}

Test(scheduler, a_period_must_be_positive)
{
    static const int64_t bad[] = {0, -1};

    for (int i = 0; i < 2; i++) {
        errno = 0;
        cr_assert_null(event_executor_schedule_at_fixed_rate(ex, note,
                                                             number(1), 0,
                                                             bad[i]));
        cr_assert_eq(errno, EINVAL);
        errno = 0;
        cr_assert_null(event_executor_schedule_with_fixed_delay(ex, note,
                                                                number(1), 0,
                                                                bad[i]));
        cr_assert_eq(errno, EINVAL);
    }
}

/* Schedules itself again at once, for ever. */
static int again(void *arg)
{
    note(arg);
    after(0, 9);
    struct scheduled_future *s = event_executor_schedule(ex, again, arg, 0);
    scheduled_future_release(s);
    return 0;
}

Test(scheduler, a_task_that_reschedules_itself_keeps_nobody)
{
    struct scheduled_future *s =
        event_executor_schedule(ex, again, number(1), 0);
    scheduled_future_release(s);
    advance(0);
    cr_assert_eq(n_ran, 1);
    advance(0);
    cr_assert_eq(n_ran, 3);
}

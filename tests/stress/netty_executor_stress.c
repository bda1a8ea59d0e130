/*
 * netty_executor_stress - executors and event loops under many threads: the
 * task queue's order, sleeping and closing; scheduling and cancelling; shutting
 * down while others go on asking. Each case runs on both kinds.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "models/netty/event_loop.h"
#include "models/netty/executor_group.h"
#include "models/netty/scheduler.h"
#include "models/netty/task_queue.h"
#include "tests/stress/stress.h"

enum { THREADS = 4, TASKS = 20000, TIMERS = 3000 };

static struct event_executor *ex;

static void end(void)
{
    CHECK(future_await(event_executor_shutdown_gracefully(ex, 0, 0)) == 0);
    single_thread_executor_free(single_thread_executor_of(ex));
}

static void on_both(void (*run)(void))
{
    ex = default_executor_new(NULL, NULL, "t");
    run();
    ex = event_loop_new(NULL, NULL, "t");
    run();
}

/* ---- the queue by itself ---- */

static struct task_queue queue;
static uint32_t next[THREADS]; /* the consumer's: number to come */
static atomic_size_t n_taken;

static int take_number(void *arg)
{
    uint32_t thread = (uint32_t)((uintptr_t)arg % THREADS);
    uint32_t number = (uint32_t)((uintptr_t)arg / THREADS);

    CHECK(number == next[thread]++);
    atomic_fetch_add(&n_taken, 1);
    return 0;
}

static void *number(size_t thread, size_t i)
{
    return (void *)(uintptr_t)(i * THREADS + thread);
}

/* Thread 0 consumes, as if it slept whenever it may; its sleep is a flag. */
static atomic_bool asleep;

static void offer_or_poll(size_t thread)
{
    struct task t;

    if (thread > 0) {
        for (size_t i = 0; i < TASKS; i++) {
            int r = task_queue_offer(&queue, take_number, number(thread, i));
            CHECK(r >= 0);
            if (r == 1)
                atomic_store(&asleep, false); /* once too often is fine */
        }
        return;
    }
    while (atomic_load(&n_taken) < (THREADS - 1) * TASKS) {
        while (task_queue_poll(&queue, &t))
            t.run(t.arg);
        if (atomic_load(&n_taken) == (THREADS - 1) * TASKS)
            break;
        atomic_store(&asleep, true); /* before: who wakes must find it */
        if (task_queue_prepare_sleep(&queue)) {
            while (atomic_load(&asleep)) /* a lost wakeup hangs here */
                sched_yield();
            task_queue_awake(&queue);
        }
    }
}

static void the_queue_keeps_order_and_wakes_its_sleeper(void)
{
    task_queue_init(&queue);
    atomic_store(&n_taken, 0);
    for (size_t i = 0; i < THREADS; i++)
        next[i] = 0;
    stress_threads(offer_or_poll, THREADS);
    for (size_t i = 1; i < THREADS; i++)
        CHECK(next[i] == TASKS);
    CHECK(!task_queue_has_tasks(&queue));
    task_queue_free(&queue);
}

static atomic_size_t n_accepted;

static void offer_or_close(size_t thread)
{
    struct task t;
    size_t n = 0;

    if (thread > 0) {
        while (task_queue_offer(&queue, take_number, NULL) >= 0)
            n++;
        atomic_fetch_add(&n_accepted, n);
        return;
    }
    do {
        while (task_queue_poll(&queue, &t))
            n++;
    } while (n < TASKS || !task_queue_close(&queue));
    CHECK(!task_queue_poll(&queue, &t));
    atomic_store(&n_taken, n);
}

static void what_a_closing_queue_accepts_is_run(void)
{
    task_queue_init(&queue);
    atomic_store(&n_accepted, 0);
    stress_threads(offer_or_close, THREADS);
    CHECK(atomic_load(&n_accepted) == atomic_load(&n_taken));
    task_queue_free(&queue);
}

/* ---- execute ---- */

static void execute_all(size_t thread)
{
    for (size_t i = 0; i < TASKS; i++) {
        CHECK(event_executor_execute(ex, take_number, number(thread, i)) == 0);
        if (i % 500 == 0) /* let it fall asleep now and then */
            sched_yield();
    }
}

static void run_execute(void)
{
    for (size_t i = 0; i < THREADS; i++)
        next[i] = 0;
    stress_threads(execute_all, THREADS);
    end();
    for (size_t i = 0; i < THREADS; i++)
        CHECK(next[i] == TASKS);
}

static void tasks_run_in_each_threads_order(void)
{
    on_both(run_execute);
}

/* ---- schedule and cancel ---- */

static atomic_size_t n_ran, n_cancelled;

static int count(void *arg)
{
    (void)arg;
    atomic_fetch_add(&n_ran, 1);
    return 0;
}

static void schedule_some(size_t thread)
{
    uint64_t random = thread + 1;

    for (size_t i = 0; i < TIMERS; i++) {
        struct scheduled_future *s =
            event_executor_schedule(ex, count, NULL,
                                    stress_draw(&random, 200000));
        if (!s)
            abort();
        if (stress_draw(&random, 2) == 0)
            atomic_fetch_add(&n_cancelled, scheduled_future_cancel(s));
        else if (stress_draw(&random, 4) == 0)
            CHECK(future_sync(&s->promise.future) == 0);
        scheduled_future_release(s);
    }
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void run_schedule(void)
{
    atomic_store(&n_ran, 0);
    atomic_store(&n_cancelled, 0);
    stress_threads(schedule_some, THREADS);
    /* Due behind all others; those come from the same thread or earlier. */
    struct scheduled_future *last =
        event_executor_schedule(ex, nothing, NULL, 300000);
    CHECK(future_sync(&last->promise.future) == 0);
    scheduled_future_release(last);
    CHECK(atomic_load(&n_ran) + atomic_load(&n_cancelled) ==
          (size_t)THREADS * TIMERS);
    end();
}

static void a_timer_runs_or_is_cancelled(void)
{
    on_both(run_schedule);
}

/* ---- shutting down ---- */

static void ask_until_refused(size_t thread)
{
    size_t accepted = 0;

    if (thread == 0) {
        while (atomic_load(&n_ran) < 1000)
            sched_yield();
        event_executor_shutdown_gracefully(ex, 0, 0);
        return;
    }
    if (thread == 1) { /* a second who wants the end */
        while (atomic_load(&n_ran) < 1000)
            sched_yield();
        event_executor_shutdown_gracefully(ex, 1000, 1000);
        return;
    }
    for (;;) {
        int err = event_executor_execute(ex, count, NULL);
        if (err) {
            CHECK(err == -ESHUTDOWN);
            break;
        }
        accepted++;
        struct scheduled_future *s =
            event_executor_schedule(ex, nothing, NULL, 1000);
        if (!s)
            CHECK(errno == ESHUTDOWN);
        else
            scheduled_future_release(s);
    }
    atomic_fetch_add(&n_accepted, accepted);
}

static void run_shutdown(void)
{
    atomic_store(&n_ran, 0);
    atomic_store(&n_accepted, 0);
    stress_threads(ask_until_refused, THREADS + 2);
    end();
    CHECK(atomic_load(&n_ran) == atomic_load(&n_accepted));
}

static void what_is_accepted_while_shutting_down_is_run(void)
{
    on_both(run_shutdown);
}

static struct event_executor_group *group;

static void start_lazily(size_t thread)
{
    (void)thread;
    for (int i = 0; i < 100; i++) {
        struct event_executor *child = event_executor_group_next(group);
        CHECK(event_executor_execute(child, count, NULL) == 0);
    }
}

static void a_group_starts_and_ends_each_child_once(void)
{
    for (int i = 0; i < 20; i++) {
        atomic_store(&n_ran, 0);
        group = event_loop_group_new(3, "loop");
        stress_threads(start_lazily, THREADS);
        event_executor_group_free(group);
        CHECK(atomic_load(&n_ran) == THREADS * 100);
    }
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"the_queue_keeps_order_and_wakes_its_sleeper",
         the_queue_keeps_order_and_wakes_its_sleeper},
        {"what_a_closing_queue_accepts_is_run",
         what_a_closing_queue_accepts_is_run},
        {"tasks_run_in_each_threads_order", tasks_run_in_each_threads_order},
        {"a_timer_runs_or_is_cancelled", a_timer_runs_or_is_cancelled},
        {"what_is_accepted_while_shutting_down_is_run",
         what_is_accepted_while_shutting_down_is_run},
        {"a_group_starts_and_ends_each_child_once",
         a_group_starts_and_ends_each_child_once},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

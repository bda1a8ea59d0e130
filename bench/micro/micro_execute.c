/*
 * execute(): handing a task to a loop that is busy anyway.
 *
 * From another thread, while the loop never sleeps: what is timed is the
 * thread that hands over, and, apart, the whole way of a task (wall time, with
 * both threads working). A loop that sleeps is woken with a system call, which
 * costs a thousand times more; that is measured where it matters, in a server.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "bench/micro/micro.h"
#include "common/die.h"
#include "models/netty/event_loop.h"

/* Tasks handed over and not yet run are kept below this, as a server's are by
 * the connections it has: an endless queue would measure the allocation of
 * memory. */
enum { IN_FLIGHT = 4096 };

static _Atomic uint64_t done; /* tasks run */
static atomic_bool busy;      /* the loop is to be kept busy */

static int count_task(void *arg)
{
    (void)arg;
    /* The loop is the only writer. */
    atomic_store_explicit(&done,
                          atomic_load_explicit(&done, memory_order_relaxed) + 1,
                          memory_order_release);
    return 0;
}

/* Queues itself again: the loop has always something to do. */
static int keep_busy(void *arg)
{
    if (atomic_load_explicit(&busy, memory_order_relaxed))
        return event_executor_execute(arg, keep_busy, arg);
    return 0;
}

static void wait_for(uint64_t n)
{
    while (atomic_load_explicit(&done, memory_order_acquire) < n)
        ;
}

static struct event_executor_group *start_loop(struct event_executor **loop)
{
    struct event_executor_group *group = event_loop_group_new(1, "micro");

    if (!group)
        die(1, "cannot make an event loop");
    *loop = event_executor_group_next(group);
    atomic_store(&done, 0);
    atomic_store(&busy, true);
    event_executor_execute(*loop, keep_busy, *loop);
    event_executor_execute(*loop, count_task, NULL);
    wait_for(1);
    atomic_store(&done, 0);
    return group;
}

static void stop_loop(struct event_executor_group *group)
{
    atomic_store(&busy, false);
    event_executor_group_free(group);
}

/* Nanoseconds for n tasks, by the given clock, waiting left out for CPU. */
static double hand_over(uint64_t n, bool wall)
{
    struct event_executor *loop;
    struct event_executor_group *group = start_loop(&loop);
    double ns = 0, begin = micro_wall();

    for (uint64_t sent = 0; sent < n;) {
        uint64_t batch = n - sent < IN_FLIGHT ? n - sent : IN_FLIGHT;
        double start = micro_cpu();
        for (uint64_t i = 0; i < batch; i++)
            event_executor_execute(loop, count_task, NULL);
        ns += micro_cpu() - start;
        sent += batch;
        /* Half may still be under way when the next batch begins. */
        wait_for(sent - batch / 2);
    }
    wait_for(n);
    double all = micro_wall() - begin;
    stop_loop(group);
    return wall ? all : ns;
}

static double execute_cpu(uint64_t n, size_t arg)
{
    (void)arg;
    return hand_over(n, false);
}

static double execute_wall(uint64_t n, size_t arg)
{
    (void)arg;
    return hand_over(n, true);
}

const struct micro micro_execute[] = {
    {"execute() to a busy loop, from another thread", "handing over (CPU)",
     NULL, 150, false, execute_cpu, 0},
    {"execute() to a busy loop, from another thread", "handed over and run",
     NULL, 150, true, execute_wall, 0},
    {0},
};

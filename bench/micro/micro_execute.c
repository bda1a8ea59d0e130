/*
 * execute(): handing a task to a loop that is busy anyway.
 *
 * From another thread, while the loop never sleeps. What a task costs is the
 * sum of two: what the thread spends that hands it over, with the loop taking
 * tasks meanwhile, and what the loop spends to take it and run it. Both in CPU
 * time: the time between the two depends on what else the machine does. A loop
 * that sleeps is woken with a system call, which costs a hundred times more;
 * that is measured where it matters, in a server.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bench/micro/micro.h"
#include "common/die.h"
#include "models/netty/event_loop.h"

/* Tasks handed over and not yet run are kept below this, as a server's are by
 * the connections it has: an endless queue would measure the allocation of
 * memory. */
enum { IN_FLIGHT = 4096 };

static _Atomic uint64_t done; /* tasks run; the loop writes */
static atomic_bool busy;      /* the loop is to be kept busy */

static int count_task(void *arg)
{
    (void)arg;
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

static int post(void *semaphore)
{
    sem_post(semaphore);
    return 0;
}

static void hand_over(struct event_executor *loop, task_fn task, void *arg)
{
    int err = event_executor_execute(loop, task, arg);

    if (err)
        die_errno(-err, "cannot queue a task");
}

/* Until the loop has run all that is queued. */
static void wait_for(struct event_executor *loop)
{
    sem_t reached;

    sem_init(&reached, 0, 0);
    hand_over(loop, post, &reached);
    sem_wait(&reached);
    sem_destroy(&reached);
}

static struct event_executor_group *start_loop(struct event_executor **loop)
{
    struct event_executor_group *group = event_loop_group_new(1, "micro");

    if (!group)
        die(1, "cannot make an event loop");
    *loop = event_executor_group_next(group);
    wait_for(*loop);
    return group;
}

/* ---- the thread that hands over ---- */

static double handing_over(uint64_t n, size_t arg)
{
    struct event_executor *loop;
    struct event_executor_group *group = start_loop(&loop);
    double ns = 0;

    (void)arg;
    atomic_store(&busy, true);
    hand_over(loop, keep_busy, loop);
    for (uint64_t sent = 0; sent < n; sent += IN_FLIGHT) {
        uint64_t batch = n - sent < IN_FLIGHT ? n - sent : IN_FLIGHT;
        double start = micro_cpu();
        for (uint64_t i = 0; i < batch; i++)
            hand_over(loop, count_task, NULL);
        ns += micro_cpu() - start;
        wait_for(loop);
    }
    atomic_store(&busy, false);
    event_executor_group_free(group);
    return ns;
}

/* ---- the loop ---- */

/* The loop is held in a task until all are queued behind it; what it spends
 * from there to the last of them is what they cost it. */
struct held {
    sem_t entered;  /* the loop is held */
    sem_t go;       /* all are queued */
    double started; /* when it went on, in the loop's CPU time */
    double ns;      /* the sum of what they cost */
};

static int hold(void *arg)
{
    struct held *h = arg;

    sem_post(&h->entered);
    sem_wait(&h->go);
    h->started = micro_cpu();
    return 0;
}

static int let_go(void *arg)
{
    struct held *h = arg;

    h->ns += micro_cpu() - h->started;
    return 0;
}

static double running(uint64_t n, size_t arg)
{
    struct event_executor *loop;
    struct event_executor_group *group = start_loop(&loop);
    struct held h = {0};

    (void)arg;
    sem_init(&h.entered, 0, 0);
    sem_init(&h.go, 0, 0);
    for (uint64_t sent = 0; sent < n; sent += IN_FLIGHT) {
        uint64_t batch = n - sent < IN_FLIGHT ? n - sent : IN_FLIGHT;
        hand_over(loop, hold, &h);
        sem_wait(&h.entered);
        for (uint64_t i = 0; i < batch; i++)
            hand_over(loop, count_task, NULL);
        hand_over(loop, let_go, &h);
        sem_post(&h.go);
        wait_for(loop);
    }
    event_executor_group_free(group);
    sem_destroy(&h.entered);
    sem_destroy(&h.go);
    return h.ns;
}

#define GROUP "execute() to a busy loop, from another thread"

const struct micro micro_execute[] = {
    {GROUP, "handing a task over", NULL, 150, handing_over, 0},
    {GROUP, "taking and running it", NULL, 150, running, 0},
    {0},
};

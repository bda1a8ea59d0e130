/*
 * executor_stress - what executor.h promises, with many threads; parking apart,
 * which is in executor_park_stress.c.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/executor.h"
#include "tests/stress/stress.h"

enum { WORKERS = 4, PRODUCERS = 4 };

static struct executor *ex;

static void start(int workers)
{
    ex = executor_start("worker", workers, NULL);
    if (!ex) {
        fprintf(stderr, "cannot start %d workers\n", workers);
        exit(1);
    }
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        abort();
    return memory;
}

/* ---- order within a queue, one task at a time, nothing lost ---- */

/* A queue that knows what should come next. Its tasks write plain fields: were
 * two of them run at once, ThreadSanitizer would say so as well. */
struct checked {
    struct serial serial;
    atomic_bool busy;         /* a task of it is being run */
    uint32_t next[PRODUCERS]; /* what each producer's next task is */
};

struct numbered {
    struct task task;
    size_t producer;
    uint32_t number; /* of this producer's tasks in this queue */
};

static struct checked *queues;
static size_t n_queues;
static uint32_t n_each; /* tasks of each producer for each queue */
static atomic_size_t n_run;

static enum task_result run_numbered(struct task *task)
{
    struct numbered *n = (struct numbered *)task;
    struct checked *q = (struct checked *)task->serial;

    CHECK(!atomic_exchange(&q->busy, true));
    CHECK(n->number == q->next[n->producer]++);
    atomic_store(&q->busy, false);
    free(n);
    atomic_fetch_add(&n_run, 1);
    return TASK_DONE;
}

/* Batches go over several queues, as those of a loop's turn do. */
static void submit_numbered(size_t producer)
{
    struct executor_batch batch = {0};
    uint64_t random = producer + 1;

    for (uint32_t number = 0; number < n_each; number++) {
        for (size_t q = 0; q < n_queues; q++) {
            struct numbered *n = allocate(sizeof(*n));
            *n = (struct numbered){.task.run = run_numbered,
                                   .producer = producer,
                                   .number = number};
            executor_add(&batch, &queues[q].serial, &n->task);
            if (stress_draw(&random, 10) == 0)
                executor_submit(ex, &batch);
        }
    }
    executor_submit(ex, &batch);
}

static void keep_order(size_t count, uint32_t each)
{
    queues = allocate(count * sizeof(*queues));
    n_queues = count;
    n_each = each;
    atomic_store(&n_run, 0);
    start(WORKERS);
    stress_threads(submit_numbered, PRODUCERS);
    executor_stop(ex); /* while much still waits */
    CHECK(atomic_load(&n_run) == count * each * PRODUCERS);
    for (size_t q = 0; q < count; q++) {
        CHECK(atomic_load(&queues[q].serial.pending) == 0);
        for (size_t p = 0; p < PRODUCERS; p++)
            CHECK(queues[q].next[p] == each);
    }
    free(queues);
}

static void one_queue_keeps_its_order(void)
{
    keep_order(1, 10000);
}

static void as_many_queues_as_workers_keep_theirs(void)
{
    keep_order(WORKERS, 5000);
}

static void thousands_of_queues_keep_theirs(void)
{
    keep_order(3000, 10);
}

/* ---- in parallel ---- */

static pthread_barrier_t barrier;

static enum task_result run_meeting(struct task *task)
{
    pthread_barrier_wait(&barrier);
    free(task);
    return TASK_DONE;
}

/* Each worker waits within a task of its own queue for all the others. */
static void queues_run_in_parallel(void)
{
    static struct serial meeting[WORKERS];
    struct executor_batch batch = {0};

    pthread_barrier_init(&barrier, NULL, WORKERS);
    start(WORKERS);
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < WORKERS; i++) {
            struct task *t = allocate(sizeof(*t));
            t->run = run_meeting;
            executor_add(&batch, &meeting[i], t);
        }
        executor_submit(ex, &batch);
    }
    executor_stop(ex);
    pthread_barrier_destroy(&barrier);
}

static sem_t blocked, unblock, all_run;

static enum task_result run_blocked(struct task *task)
{
    sem_post(&blocked);
    sem_wait(&unblock);
    free(task);
    return TASK_DONE;
}

static enum task_result run_counted(struct task *task)
{
    free(task);
    if (atomic_fetch_sub(&n_run, 1) == 1)
        sem_post(&all_run);
    return TASK_DONE;
}

/* All workers but one are stuck in a queue; what waits behind them there must
 * wait, everything else must not. */
static void stuck_queues_hold_up_nobody_else(void)
{
    enum { OTHERS = 1000, EACH = 10 };
    struct serial stuck[WORKERS - 1] = {0};
    struct serial *others = allocate(OTHERS * sizeof(*others));
    struct executor_batch batch = {0};

    sem_init(&blocked, 0, 0);
    sem_init(&unblock, 0, 0);
    sem_init(&all_run, 0, 0);
    atomic_store(&n_run, OTHERS * EACH);
    start(WORKERS);
    for (int i = 0; i < 2 * (WORKERS - 1); i++) {
        struct task *t = allocate(sizeof(*t));
        t->run = run_blocked;
        executor_add(&batch, &stuck[i % (WORKERS - 1)], t);
    }
    executor_submit(ex, &batch);
    for (int i = 0; i < WORKERS - 1; i++)
        sem_wait(&blocked);
    for (int i = 0; i < OTHERS * EACH; i++) {
        struct task *t = allocate(sizeof(*t));
        t->run = run_counted;
        executor_add(&batch, &others[i % OTHERS], t);
    }
    executor_submit(ex, &batch);
    sem_wait(&all_run);
    CHECK(sem_trywait(&blocked) != 0);
    for (int i = 0; i < 2 * (WORKERS - 1); i++)
        sem_post(&unblock);
    executor_stop(ex);
    free(others);
}

/* ---- waking ---- */

struct ball {
    struct task task;
    enum task_result result; /* what it returns */
    sem_t back;              /* it has been run */
};

/* The last one says so: whoever waits for it frees its queue at once. */
static enum task_result run_ball(struct task *task)
{
    struct ball *ball = (struct ball *)task;
    enum task_result result = ball->result;

    sem_post(&ball->back);
    return result;
}

/* One task at a time, so that workers sleep in between: a wake-up lost once
 * hangs. */
static void play(size_t number)
{
    struct serial serial = {0};
    struct executor_batch batch = {0};
    struct ball ball = {.task.run = run_ball, .result = TASK_DONE};

    (void)number;
    sem_init(&ball.back, 0, 0);
    for (int left = 5000; left > 0; left--) {
        if (left == 1)
            ball.result = TASK_LAST;
        executor_add(&batch, &serial, &ball.task);
        executor_submit(ex, &batch);
        sem_wait(&ball.back);
        /* The task is linked in anew: not before the worker has let go. */
        while (left > 1 && atomic_load(&serial.pending) > 0)
            sched_yield();
    }
    sem_destroy(&ball.back);
}

static void no_wakeup_is_lost(void)
{
    start(WORKERS);
    play(0);
    stress_threads(play, 3); /* fewer than workers */
    executor_stop(ex);
    start(2);
    stress_threads(play, 6); /* more */
    executor_stop(ex);
}

/* ---- the end ---- */

static enum task_result run_last(struct task *task)
{
    free(task->serial);
    free(task);
    atomic_fetch_add(&n_run, 1);
    return TASK_LAST;
}

static enum task_result run_plain(struct task *task)
{
    free(task);
    return TASK_DONE;
}

static void make_short_lives(size_t number)
{
    struct executor_batch batch = {0};

    for (size_t i = 0; i < 5000; i++) {
        struct serial *serial = allocate(sizeof(*serial));
        for (size_t k = 0; k < (i + number) % 12; k++) {
            struct task *t = allocate(sizeof(*t));
            t->run = run_plain;
            executor_add(&batch, serial, t);
            if (k % 5 == 4)
                executor_submit(ex, &batch);
        }
        struct task *t = allocate(sizeof(*t));
        t->run = run_last;
        executor_add(&batch, serial, t);
        executor_submit(ex, &batch);
    }
}

static void the_last_task_frees_its_queue(void)
{
    atomic_store(&n_run, 0);
    start(WORKERS);
    stress_threads(make_short_lives, PRODUCERS);
    executor_stop(ex);
    CHECK(atomic_load(&n_run) == PRODUCERS * 5000);
}

/* Stopped with nearly everything still waiting, many times. */
static void stopping_runs_all_that_waits(void)
{
    for (int i = 0; i < 50; i++)
        keep_order(100, 5);
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"one_queue_keeps_its_order", one_queue_keeps_its_order},
        {"as_many_queues_as_workers_keep_theirs",
         as_many_queues_as_workers_keep_theirs},
        {"thousands_of_queues_keep_theirs", thousands_of_queues_keep_theirs},
        {"queues_run_in_parallel", queues_run_in_parallel},
        {"stuck_queues_hold_up_nobody_else", stuck_queues_hold_up_nobody_else},
        {"no_wakeup_is_lost", no_wakeup_is_lost},
        {"the_last_task_frees_its_queue", the_last_task_frees_its_queue},
        {"stopping_runs_all_that_waits", stopping_runs_all_that_waits},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

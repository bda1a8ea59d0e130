/*
 * executor_park_stress - queues that are parked, unparked and told to leave
 * from another thread, as handler_pool does.
 *
 * A loop's thread feeds its queues, each up to a bound; a task parks its queue
 * and tells the loop, which unparks it with a task that is to run before all
 * that waits; and a queue may be told to leave at any time, also while it is
 * parked.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/executor.h"
#include "tests/stress/stress.h"

enum {
    WORKERS = 4,
    LOOPS = 2,
    TALKERS = 300,  /* of each loop */
    LINES = 3000,   /* of each talker */
    CHUNKS_MAX = 3, /* of a long reply */
    WAITING = 16,   /* lines of a talker at once */
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        abort();
    return memory;
}

struct talker {
    struct serial serial;
    struct loop *loop;   /* set once: who feeds it, and frees it */
    struct task more;    /* goes on with a long reply */
    struct task leave;   /* the last */
    atomic_bool leaving; /* `leave` is on its way: do not park */

    /* loop only: */
    uint32_t said; /* lines */
    uint32_t end;  /* it leaves after so many */

    /* workers, one at a time: */
    uint64_t random; /* what decides on parking */
    uint32_t next;   /* line to come */
    uint32_t chunks; /* of a long reply, still to come */

    /* guarded by loop->lock: */
    struct talker *next_parked; /* in loop->parked */
    struct talker *next_gone;   /* in loop->gone */
};

struct loop {
    pthread_mutex_t lock;
    struct talker *parked; /* guarded by lock: those to unpark */
    struct talker *gone;   /* guarded by lock: those to free */
};

struct spoken {
    struct task task;
    struct talker *talker;
    uint32_t number; /* of the line */
};

static struct executor *ex;
static struct loop loops[LOOPS];
static atomic_size_t n_parks;

/* As note_result_locked does. */
static enum task_result park_or_go_on(struct talker *t)
{
    if (t->chunks == 0 || atomic_load(&t->leaving))
        return TASK_DONE;
    pthread_mutex_lock(&t->loop->lock);
    t->next_parked = t->loop->parked;
    t->loop->parked = t;
    pthread_mutex_unlock(&t->loop->lock);
    atomic_fetch_add(&n_parks, 1);
    return TASK_PARK;
}

static enum task_result run_spoken(struct task *task)
{
    struct spoken *s = (struct spoken *)task;
    struct talker *t = s->talker;

    CHECK(s->number == t->next++);
    free(s);
    CHECK(t->chunks == 0 || atomic_load(&t->leaving));
    if (stress_draw(&t->random, 4) == 0)
        t->chunks = 1 + stress_draw(&t->random, CHUNKS_MAX);
    return park_or_go_on(t);
}

static enum task_result run_more(struct task *task)
{
    struct talker *t =
        (struct talker *)((char *)task - offsetof(struct talker, more));

    CHECK(t->chunks > 0);
    t->chunks--;
    return park_or_go_on(t);
}

/* From its end on the loop may free the talker, and the queue with it. */
static enum task_result run_leave(struct task *task)
{
    struct talker *t =
        (struct talker *)((char *)task - offsetof(struct talker, leave));
    struct loop *loop = t->loop;

    CHECK(atomic_load(&t->leaving));
    pthread_mutex_lock(&loop->lock);
    t->next_gone = loop->gone;
    loop->gone = t;
    pthread_mutex_unlock(&loop->lock);
    return TASK_LAST;
}

/* What the workers have told the loop. Returns how many are gone. */
static size_t handle_mail(struct loop *loop)
{
    size_t n = 0;

    pthread_mutex_lock(&loop->lock);
    struct talker *parked = loop->parked, *gone = loop->gone;
    loop->parked = loop->gone = NULL;
    pthread_mutex_unlock(&loop->lock);
    for (struct talker *t = parked; t; t = parked) {
        parked = t->next_parked;
        if (!atomic_load(&t->leaving))
            executor_unpark(ex, &t->serial, &t->more);
    }
    for (struct talker *t = gone; t; t = gone) {
        gone = t->next_gone;
        free(t);
        n++;
    }
    return n;
}

static void say_goodbye(struct talker *t, struct executor_batch *batch)
{
    atomic_store(&t->leaving, true);
    executor_add(batch, &t->serial, &t->leave);
    executor_unpark(ex, &t->serial, NULL);
}

static void speak(struct talker *t, struct executor_batch *batch)
{
    struct spoken *s = allocate(sizeof(*s));

    *s = (struct spoken){.task.run = run_spoken,
                         .talker = t,
                         .number = t->said++};
    executor_add(batch, &t->serial, &s->task);
}

static struct talker *new_talker(struct loop *loop, uint64_t seed)
{
    struct talker *t = allocate(sizeof(*t));

    t->loop = loop;
    t->more.run = run_more;
    t->leave.run = run_leave;
    t->random = seed;
    t->end =
        stress_draw(&t->random, 2) ? LINES : stress_draw(&t->random, LINES);
    return t;
}

/* One turn: whoever has room says a few lines, or leaves. */
static void take_turn(struct talker **talkers, uint64_t *random)
{
    struct executor_batch batch = {0};

    for (size_t i = 0; i < TALKERS; i++) {
        struct talker *t = talkers[i];
        if (!t)
            continue;
        for (uint32_t k = stress_draw(random, WAITING); k > 0; k--) {
            if (t->said < t->end && atomic_load(&t->serial.pending) < WAITING)
                speak(t, &batch);
        }
        if (t->said == t->end) {
            say_goodbye(t, &batch);
            talkers[i] = NULL;
        }
    }
    executor_submit(ex, &batch);
}

static void run_loop(size_t number)
{
    struct loop *loop = &loops[number];
    struct talker *talkers[TALKERS];
    uint64_t random = number + 1;

    for (size_t i = 0; i < TALKERS; i++)
        talkers[i] = new_talker(loop, number * TALKERS + i + 1);
    for (size_t gone = 0; gone < TALKERS; gone += handle_mail(loop)) {
        take_turn(talkers, &random);
        sched_yield();
    }
}

static void parking_races_with_unparking(void)
{
    for (int i = 0; i < LOOPS; i++) {
        pthread_mutex_init(&loops[i].lock, NULL);
        loops[i].parked = loops[i].gone = NULL;
    }
    atomic_store(&n_parks, 0);
    ex = executor_start("worker", WORKERS, NULL);
    if (!ex)
        abort();
    stress_threads(run_loop, LOOPS);
    executor_stop(ex);
    CHECK(atomic_load(&n_parks) > LOOPS * TALKERS * LINES / 8);
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"parking_races_with_unparking", parking_races_with_unparking},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

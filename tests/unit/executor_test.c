/*
 * executor_test - the order of tasks, with one worker, so that it is decided.
 *
 * A task writes its letter; the whole is read once the executor has been
 * stopped. What several workers do to each other is in tests/stress.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "common/executor.h"

enum { MAX_LETTERS = 256 };

/* A task that writes a letter. */
struct letter {
    struct task task;
    char c;                  /* what it writes */
    enum task_result result; /* what it returns */
    struct letter *first;    /* unparks its queue with it, before returning */
    struct serial *unparks;  /* or unparks this queue, with nothing */
};

static struct executor *ex;
static struct executor_batch batch;
static struct serial a, b;
static char written[MAX_LETTERS + 1]; /* the one worker's, until it ended */
static size_t n_written;
static sem_t reached, gate; /* the worker is in the gate; it may go on */

static enum task_result run_letter(struct task *task)
{
    struct letter *l = (struct letter *)task;
    enum task_result result = l->result;

    cr_assert_lt(n_written, MAX_LETTERS);
    written[n_written++] = l->c;
    if (l->first)
        executor_unpark(ex, task->serial, &l->first->task);
    if (l->unparks)
        executor_unpark(ex, l->unparks, NULL);
    if (result == TASK_LAST)
        free(task->serial);
    free(l);
    return result;
}

static struct letter *letter(char c, enum task_result result)
{
    struct letter *l = calloc(1, sizeof(*l));

    cr_assert(l);
    l->task.run = run_letter;
    l->c = c;
    l->result = result;
    return l;
}

static size_t add(struct serial *s, char c)
{
    return executor_add(&batch, s, &letter(c, TASK_DONE)->task);
}

static void add_parking(struct serial *s, char c)
{
    executor_add(&batch, s, &letter(c, TASK_PARK)->task);
}

static void add_text(struct serial *s, const char *text)
{
    for (; *text; text++)
        add(s, *text);
}

static void submit(void)
{
    executor_submit(ex, &batch);
}

/* Stops the executor; what has been written must be this. */
static void expect(const char *text)
{
    executor_stop(ex);
    ex = NULL;
    cr_expect_str_eq(written, text);
}

/* ---- holding the worker ---- */

static enum task_result run_gate(struct task *task)
{
    sem_post(&reached);
    sem_wait(&gate);
    free(task);
    return TASK_DONE;
}

/* The worker will stay in a task of `s` until open_gate(). */
static void add_gate(struct serial *s)
{
    struct task *t = calloc(1, sizeof(*t));

    cr_assert(t);
    t->run = run_gate;
    executor_add(&batch, s, t);
}

/* Submits, and waits until the worker is in the gate. */
static void submit_up_to_gate(void)
{
    submit();
    sem_wait(&reached);
}

static void open_gate(void)
{
    sem_post(&gate);
}

static void start(void)
{
    sem_init(&reached, 0, 0);
    sem_init(&gate, 0, 0);
    ex = executor_start("worker", 1, NULL);
    cr_assert(ex);
}

static void end(void)
{
    if (ex)
        executor_stop(ex);
}

TestSuite(executor, .init = start, .fini = end);

Test(executor, stops_without_ever_having_had_a_task)
{
    expect("");
}

Test(executor, an_empty_batch_is_nothing)
{
    submit();
    expect("");
}

Test(executor, counts_what_a_queue_waits_for)
{
    cr_expect_eq(add(&a, 'x'), 1);
    cr_expect_eq(add(&a, 'y'), 2);
    cr_expect_eq(add(&b, 'z'), 1);
    submit();
    cr_expect_null(batch.head);
    cr_expect_null(batch.tail);
    expect("xyz");
    cr_expect_eq(atomic_load(&a.pending), 0);
    cr_expect_eq(atomic_load(&b.pending), 0);
}

Test(executor, keeps_the_order_of_a_queue_over_batches)
{
    add_gate(&a);
    add_text(&a, "one");
    submit_up_to_gate();
    add_text(&a, "two");
    submit();
    open_gate();
    expect("onetwo");
}

/* A queue with much to do goes to the end after 8 tasks. */
Test(executor, a_busy_queue_does_not_starve_another)
{
    add_gate(&a);
    add_text(&a, "aaaaaaaaaaaaaaaaaaaa");
    add_text(&b, "bbbbbbbbbbbb");
    submit();
    open_gate();
    expect("aaaaaaa" /* and the gate */
           "bbbbbbbb"
           "aaaaaaaa"
           "bbbb"
           "aaaaa");
}

Test(executor, a_parked_queue_waits_and_the_others_go_on)
{
    add_parking(&a, 'p');
    add_text(&a, "never");
    add_text(&b, "b");
    submit();
    expect("pb");
    cr_expect_eq(atomic_load(&a.pending), 5);
    for (struct task *t = a.head, *next; t; t = next) {
        next = t->next;
        free(t);
    }
}

/* Parks `a` with 1 and 2 behind it; the worker is then held by `b`. */
static void park_and_hold(void)
{
    add_parking(&a, 'p');
    add_text(&a, "12");
    add_gate(&b);
    submit_up_to_gate();
}

Test(executor, what_is_added_to_a_parked_queue_waits_behind)
{
    park_and_hold();
    add_text(&a, "34");
    submit();
    struct letter *l = letter('u', TASK_DONE);
    l->unparks = &a;
    executor_add(&batch, &b, &l->task);
    submit();
    open_gate();
    expect("pu1234");
}

Test(executor, unparked_with_a_task_that_one_is_the_first)
{
    park_and_hold();
    executor_unpark(ex, &a, &letter('f', TASK_DONE)->task);
    cr_expect_eq(atomic_load(&a.pending), 3);
    open_gate();
    expect("pf12");
}

Test(executor, unparked_when_nothing_waits)
{
    add_parking(&a, 'p');
    add_gate(&b);
    submit_up_to_gate();
    executor_unpark(ex, &a, NULL);
    add(&a, '1');
    submit();
    open_gate();
    expect("p1");
}

/* The other thread was faster: it unparks before the worker has got round to
 * parking. The worker still holds what it took with the task, and this must not
 * get in front. */
Test(executor, unparked_before_it_was_parked)
{
    add_gate(&a);
    struct letter *p = letter('p', TASK_PARK);
    p->first = letter('f', TASK_DONE);
    executor_add(&batch, &a, &p->task);
    add_text(&a, "123");
    submit();
    open_gate();
    expect("pf123");
}

Test(executor, parks_again_and_again)
{
    struct letter *p = letter('p', TASK_PARK);
    p->first = letter('q', TASK_PARK);
    p->first->first = letter('r', TASK_PARK);
    p->first->first->first = letter('s', TASK_DONE);
    add(&a, '0');
    executor_add(&batch, &a, &p->task);
    add_text(&a, "123456789");
    submit();
    expect("0pqrs123456789");
}

/* Unparking a queue that is not parked says nothing about a park to come. */
Test(executor, an_early_unpark_is_not_kept)
{
    add_gate(&b);
    add_parking(&a, 'p');
    add(&a, '1');
    submit_up_to_gate();
    executor_unpark(ex, &a, NULL); /* submitted, but not begun */
    open_gate();
    expect("p");
    free(a.head);
}

/* The memory sanitizer sees what is touched after the last task. */
Test(executor, the_last_task_may_free_its_queue)
{
    struct serial *s = calloc(1, sizeof(*s));

    cr_assert(s);
    add_text(s, "1234567890");
    executor_add(&batch, s, &letter('L', TASK_LAST)->task);
    add_text(&a, "ab");
    submit();
    expect("12345678"
           "ab"
           "90L");
}

Test(executor, stopping_finishes_what_waits)
{
    add_gate(&a);
    add_text(&a, "aaaaaaaaaaaaaaaaaaaaaaaaa");
    submit_up_to_gate();
    open_gate();
    executor_stop(ex);
    ex = NULL;
    cr_expect_eq(n_written, 25);
}

/* A stack that no address space holds. */
Test(executor, says_when_a_thread_cannot_be_had)
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    cr_assert_eq(pthread_attr_setstacksize(&attr, (size_t)1 << 46), 0);
    cr_assert_eq(pthread_setattr_default_np(&attr), 0);
    errno = 0;
    cr_expect_null(executor_start("worker", 2, NULL));
    cr_expect_neq(errno, 0);
}

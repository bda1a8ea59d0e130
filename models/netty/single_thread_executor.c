#include "models/netty/single_thread_executor.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/thread.h"
#include "models/netty/misuse.h"
#include "models/netty/monitor.h"

_Thread_local struct event_executor *event_executor_current;

static uint64_t now_of(const struct single_thread_executor *ste)
{
    return ticker_now(ste->executor.ticker);
}

/* ---- running tasks ---- */

bool single_thread_executor_run_all_tasks(struct single_thread_executor *ste,
                                          uint64_t budget_ns)
{
    uint64_t now =
        ste->scheduler.n > 0 || budget_ns != UINT64_MAX ? now_of(ste) : 0;
    uint64_t until =
        budget_ns < UINT64_MAX - now ? now + budget_ns : UINT64_MAX;
    size_t n = 0;
    struct task task;

    if (ste->scheduler.n > 0)
        n = scheduler_run_due(&ste->scheduler, ste->executor.ticker, now);
    while (task_queue_poll(&ste->tasks, &task)) {
        event_executor_run_task(task.run, task.arg);
        if (++n % EXECUTOR_TASKS_A_CLOCK == 0 && until != UINT64_MAX &&
            now_of(ste) >= until)
            break;
    }
    /* Only a shutdown asks when. */
    if (n > 0 && ste->shutdown_since)
        ste->last_task = now_of(ste);
    return n > 0;
}

/* ---- the end ---- */

/* Whether the thread may end, and until when to wait if not. */
static bool confirm_shutdown(struct single_thread_executor *ste,
                             uint64_t *until_ns)
{
    struct monitor *m = monitor_enter(ste);
    uint64_t quiet = ste->quiet_ns, timeout = ste->timeout_ns;

    monitor_exit(m);
    scheduler_cancel_all(&ste->scheduler);
    uint64_t now = now_of(ste);
    if (!ste->shutdown_since) {
        ste->shutdown_since = now ? now : 1;
        ste->last_task = now;
    }
    single_thread_executor_run_all_tasks(ste, EXECUTOR_TURN_NS);
    now = now_of(ste);
    uint64_t quiet_end = ste->last_task + quiet;
    uint64_t timeout_end = ste->shutdown_since + timeout;
    if (now >= timeout_end || now >= quiet_end)
        return true;
    *until_ns = quiet_end < timeout_end ? quiet_end : timeout_end;
    return false;
}

/* Tasks that came meanwhile are still run; then no more are taken. Who is asked
 * for more than it can do gets others' refused first, and a task that queues
 * itself again and again is refused in the end. */
static void drain(struct single_thread_executor *ste)
{
    static void (*const harder[])(struct task_queue *) = {task_queue_refuse,
                                                          task_queue_end};

    for (size_t i = 0; !task_queue_close(&ste->tasks); i++) {
        single_thread_executor_run_all_tasks(ste, EXECUTOR_TURN_NS);
        if (i < sizeof(harder) / sizeof(harder[0]))
            harder[i](&ste->tasks);
    }
}

static void run_until_terminated(struct single_thread_executor *ste)
{
    uint64_t until = UINT64_MAX;

    for (;;) {
        ste->kind->run_once(ste, until);
        if (single_thread_executor_state(ste) < EXECUTOR_SHUTTING_DOWN)
            continue;
        if (ste->kind->shutting_down)
            ste->kind->shutting_down(ste);
        if (confirm_shutdown(ste, &until))
            break;
    }
    drain(ste);
    scheduler_cancel_all(&ste->scheduler);
}

static void terminate(struct single_thread_executor *ste)
{
    struct monitor *m = monitor_enter(ste);
    atomic_store_explicit(&ste->state, EXECUTOR_TERMINATED,
                          memory_order_release);
    monitor_exit(m);
    promise_try_success(&ste->terminated, NULL);
}

static void *run_thread(void *arg)
{
    struct single_thread_executor *ste = arg;

    thread_enter(&ste->stats, "%s", ste->name);
    event_executor_current = &ste->executor;
    run_until_terminated(ste);
    event_executor_current = NULL;
    thread_leave();
    /* The last that touches *ste: who waits for it may join and free. */
    terminate(ste);
    return NULL;
}

/* Starts the thread, unless it has been; 0 or -errno. */
static int start_thread(struct single_thread_executor *ste)
{
    int err = 0;
    struct monitor *m = monitor_enter(ste);

    if (single_thread_executor_state(ste) == EXECUTOR_NOT_STARTED) {
        err = pthread_create(&ste->thread, NULL, run_thread, ste);
        if (!err) {
            ste->has_thread = true;
            atomic_store_explicit(&ste->state, EXECUTOR_STARTED,
                                  memory_order_release);
        }
    }
    monitor_exit(m);
    if (err)
        log_info("netty: cannot start thread %s: %s", ste->name, strerror(err));
    return -err;
}

/* ---- what any thread may call ---- */

static int execute(struct event_executor *ex, task_fn run, void *arg)
{
    struct single_thread_executor *ste = single_thread_executor_of(ex);

    if (single_thread_executor_state(ste) == EXECUTOR_NOT_STARTED) {
        int err = start_thread(ste);
        if (err)
            return err;
    }
    int result = task_queue_offer(&ste->tasks, run, arg);
    if (result == -ESHUTDOWN && event_executor_in_event_loop(ex))
        return task_queue_offer_own(&ste->tasks, run, arg);
    if (result <= 0)
        return result;
    ste->kind->wake_up(ste);
    return 0;
}

/* Runs in the thread; the task holds a reference. */
static int add_scheduled_task(void *arg)
{
    struct scheduled_future *s = arg;
    struct single_thread_executor *ste =
        single_thread_executor_of(s->promise.future.executor);

    if (ste->shutdown_since)
        future_cancel(&s->promise.future);
    else if (!future_is_done(&s->promise.future) &&
             scheduler_add(&ste->scheduler, s) < 0)
        promise_try_failure(&s->promise, &exception_out_of_memory);
    promise_release(&s->promise);
    return 0;
}

static int remove_scheduled_task(void *arg)
{
    struct scheduled_future *s = arg;
    struct single_thread_executor *ste =
        single_thread_executor_of(s->promise.future.executor);

    scheduler_remove(&ste->scheduler, s);
    promise_release(&s->promise);
    return 0;
}

static int add_scheduled(struct event_executor *ex, struct scheduled_future *s)
{
    struct single_thread_executor *ste = single_thread_executor_of(ex);

    if (event_executor_in_event_loop(ex))
        return ste->shutdown_since ? -ESHUTDOWN
                                   : scheduler_add(&ste->scheduler, s);
    promise_retain(&s->promise);
    int err = event_executor_execute(ex, add_scheduled_task, s);
    if (err)
        promise_release(&s->promise);
    return err;
}

static void remove_scheduled(struct event_executor *ex,
                             struct scheduled_future *s)
{
    struct single_thread_executor *ste = single_thread_executor_of(ex);

    if (event_executor_in_event_loop(ex)) {
        scheduler_remove(&ste->scheduler, s);
        return;
    }
    promise_retain(&s->promise);
    /* Refused: the executor has ended and cancelled all it had. */
    if (event_executor_execute(ex, remove_scheduled_task, s) < 0)
        promise_release(&s->promise);
}

static struct future *shutdown_gracefully(struct event_executor *ex,
                                          uint64_t quiet_ns,
                                          uint64_t timeout_ns)
{
    struct single_thread_executor *ste = single_thread_executor_of(ex);
    struct monitor *m = monitor_enter(ste);
    enum executor_state state = single_thread_executor_state(ste);

    if (state < EXECUTOR_TERMINATED) {
        ste->quiet_ns = quiet_ns;
        ste->timeout_ns = timeout_ns;
    }
    if (state == EXECUTOR_NOT_STARTED) {
        /* Nothing to wait for, and no thread to do it. */
        bool closed = task_queue_close(&ste->tasks);
        assert(closed);
        atomic_store_explicit(&ste->state, EXECUTOR_TERMINATED,
                              memory_order_release);
    } else if (state == EXECUTOR_STARTED) {
        atomic_store_explicit(&ste->state, EXECUTOR_SHUTTING_DOWN,
                              memory_order_release);
    }
    monitor_exit(m);
    if (state == EXECUTOR_NOT_STARTED)
        promise_try_success(&ste->terminated, NULL);
    else
        ste->kind->wake_up(ste);
    return &ste->terminated.future;
}

static const struct event_executor_ops executor_ops = {
    .execute = execute,
    .add_scheduled = add_scheduled,
    .remove_scheduled = remove_scheduled,
    .shutdown_gracefully = shutdown_gracefully,
};

bool single_thread_executor_is_one(const struct event_executor *ex)
{
    return ex->ops == &executor_ops;
}

/* ---- set-up ---- */

void single_thread_executor_init(struct single_thread_executor *ste,
                                 const struct single_thread_executor_ops *kind,
                                 struct event_executor_group *parent,
                                 const struct ticker *ticker, const char *name)
{
    *ste = (struct single_thread_executor){
        .executor = {.ops = &executor_ops,
                     .parent = parent,
                     .ticker = ticker ? ticker : &ticker_system},
        .kind = kind,
    };
    snprintf(ste->name, sizeof(ste->name), "%s", name);
    task_queue_init(&ste->tasks);
    promise_init(&ste->terminated, NULL, NULL);
    atomic_init(&ste->state, EXECUTOR_NOT_STARTED);
}

void single_thread_executor_free(struct single_thread_executor *ste)
{
    enum executor_state state = single_thread_executor_state(ste);

    if (state != EXECUTOR_TERMINATED && state != EXECUTOR_NOT_STARTED)
        misuse("event executor %s freed before it has terminated", ste->name);
    if (ste->has_thread && pthread_equal(ste->thread, pthread_self()))
        misuse("event executor %s freed by its own thread", ste->name);
    if (ste->has_thread)
        pthread_join(ste->thread, NULL);
    task_queue_free(&ste->tasks);
    scheduler_free(&ste->scheduler);
    ste->kind->destroy(ste);
}

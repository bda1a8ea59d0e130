#include "models/netty/event_loop.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/stats.h"

enum { DEFAULT_IO_RATIO = 50, NO_LIMIT_RATIO = 100 };

/* Waking does nothing: it ends the poll, which is all there is to it. */
static void on_wakeup(struct ev_loop *ev, ev_async *w, int revents)
{
    (void)ev;
    (void)w;
    (void)revents;
}

static void on_alarm(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct event_loop *loop = w->data;

    (void)ev;
    (void)revents;
    loop->alarm_at = 0;
}

/* The poll has returned; I/O comes next. */
static void on_awake(struct ev_loop *ev, ev_check *w, int revents)
{
    struct event_loop *loop = w->data;

    (void)ev;
    (void)revents;
    task_queue_awake(&loop->base.tasks);
    loop->io_since = ticker_now(&ticker_system);
}

/* Has the poll end by `deadline`, in the executor's time. */
static void set_alarm(struct event_loop *loop, uint64_t deadline, uint64_t now)
{
    if (deadline == loop->alarm_at)
        return;
    ev_timer_stop(loop->ev, &loop->alarm);
    loop->alarm_at = 0;
    if (deadline == UINT64_MAX)
        return;
    ev_now_update(loop->ev);
    ev_timer_set(&loop->alarm, (double)(deadline - now) / (double)TICKER_S, 0);
    ev_timer_start(loop->ev, &loop->alarm);
    loop->alarm_at = deadline;
}

static void poll_and_do_io(struct event_loop *loop, uint64_t until_ns)
{
    struct single_thread_executor *ste = &loop->base;
    uint64_t deadline = scheduler_next_deadline(&ste->scheduler);
    uint64_t now = 0;

    if (deadline > until_ns)
        deadline = until_ns;
    if (deadline != UINT64_MAX)
        now = ticker_now(ste->executor.ticker);
    log_flush();
    if (deadline > now && loop->tail.n == 0 &&
        task_queue_prepare_sleep(&ste->tasks)) {
        set_alarm(loop, deadline, now);
        ev_run(loop->ev, EVRUN_ONCE);
    } else {
        ev_run(loop->ev, EVRUN_NOWAIT);
    }
}

/* What is added meanwhile is for the next turn. */
static void run_tail_tasks(struct event_loop *loop)
{
    struct task_array tail = loop->tail;

    loop->tail = (struct task_array){0};
    for (size_t i = 0; i < tail.n; i++)
        event_executor_run_task(tail.items[i].run, tail.items[i].arg);
    free(tail.items);
}

int event_loop_execute_after_iteration(struct event_loop *loop, task_fn run,
                                       void *arg)
{
    return task_array_append(&loop->tail, (struct task){run, arg});
}

static void run_once(struct single_thread_executor *ste, uint64_t until_ns)
{
    struct event_loop *loop = (struct event_loop *)ste;

    poll_and_do_io(loop, until_ns);
    stats_add(STAT_LOOP_ITERATIONS, 1);
    uint64_t ratio =
        (uint64_t)atomic_load_explicit(&loop->io_ratio, memory_order_relaxed);
    uint64_t budget = UINT64_MAX;
    if (ratio != NO_LIMIT_RATIO) {
        uint64_t io = ticker_now(&ticker_system) - loop->io_since;
        budget = io * (NO_LIMIT_RATIO - ratio) / ratio;
    }
    single_thread_executor_run_all_tasks(ste, budget);
    if (loop->tail.n > 0)
        run_tail_tasks(loop);
}

static void wake_up(struct single_thread_executor *ste)
{
    struct event_loop *loop = (struct event_loop *)ste;

    stats_add(STAT_WAKEUPS, 1);
    ev_async_send(loop->ev, &loop->wakeup);
}

static void shutting_down(struct single_thread_executor *ste)
{
    struct event_loop *loop = (struct event_loop *)ste;
    struct event_loop_member *next;

    /* Closing takes a channel out of the list, at once or as a task. */
    for (struct event_loop_member *m = loop->members; m; m = next) {
        next = m->next;
        m->close(m);
    }
}

static void destroy(struct single_thread_executor *ste)
{
    struct event_loop *loop = (struct event_loop *)ste;

    ev_async_stop(loop->ev, &loop->wakeup);
    ev_timer_stop(loop->ev, &loop->alarm);
    ev_check_stop(loop->ev, &loop->awake);
    ev_loop_destroy(loop->ev);
    free(loop->tail.items);
    free(loop);
}

static const struct single_thread_executor_ops kind = {
    .run_once = run_once,
    .wake_up = wake_up,
    .shutting_down = shutting_down,
    .destroy = destroy,
};

bool event_executor_is_event_loop(const struct event_executor *ex)
{
    const struct single_thread_executor *ste =
        (const struct single_thread_executor *)ex;

    return single_thread_executor_is_one(ex) && ste->kind == &kind;
}

void event_loop_add_member(struct event_loop *loop, struct event_loop_member *m)
{
    m->next = loop->members;
    m->link = &loop->members;
    if (m->next)
        m->next->link = &m->next;
    loop->members = m;
    loop->n_members++;
}

void event_loop_remove_member(struct event_loop *loop,
                              struct event_loop_member *m)
{
    *m->link = m->next;
    if (m->next)
        m->next->link = m->link;
    m->next = NULL;
    m->link = NULL;
    loop->n_members--;
}

struct event_executor *event_loop_new(struct event_executor_group *parent,
                                      const struct ticker *ticker,
                                      const char *name)
{
    struct event_loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return NULL;
    loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!loop->ev) {
        int err = errno;
        free(loop);
        errno = err ? err : ENOMEM;
        return NULL;
    }
    single_thread_executor_init(&loop->base, &kind, parent, ticker, name);
    atomic_init(&loop->io_ratio, DEFAULT_IO_RATIO);
    ev_async_init(&loop->wakeup, on_wakeup);
    ev_async_start(loop->ev, &loop->wakeup);
    ev_timer_init(&loop->alarm, on_alarm, 0, 0);
    ev_check_init(&loop->awake, on_awake);
    ev_set_priority(&loop->awake, EV_MAXPRI);
    ev_check_start(loop->ev, &loop->awake);
    loop->alarm.data = loop->awake.data = loop;
    return &loop->base.executor;
}

struct event_executor_group *event_loop_group_new(size_t n, const char *name)
{
    return event_executor_group_new(n, name, NULL, event_loop_new);
}

int event_loop_set_io_ratio(struct event_executor *ex, int percent)
{
    if (percent < 1 || percent > NO_LIMIT_RATIO)
        return -EINVAL;
    atomic_store_explicit(&event_loop_of(ex)->io_ratio, percent,
                          memory_order_relaxed);
    return 0;
}

int event_loop_group_set_io_ratio(struct event_executor_group *group,
                                  int percent)
{
    int err = 0;

    for (size_t i = 0; i < group->n && !err; i++)
        err = event_loop_set_io_ratio(group->children[i], percent);
    return err;
}

#include "models/netty/embedded_event_loop.h"

#include <errno.h>

static struct embedded_event_loop *of(struct event_executor *ex)
{
    return (struct embedded_event_loop *)ex;
}

static int execute(struct event_executor *ex, task_fn run, void *arg)
{
    int result = task_queue_offer(&of(ex)->tasks, run, arg);

    return result > 0 ? 0 : result;
}

static int add_scheduled(struct event_executor *ex, struct scheduled_future *s)
{
    return scheduler_add(&of(ex)->scheduler, s);
}

static void remove_scheduled(struct event_executor *ex,
                             struct scheduled_future *s)
{
    scheduler_remove(&of(ex)->scheduler, s);
}

static struct future *shutdown_gracefully(struct event_executor *ex,
                                          uint64_t quiet_ns,
                                          uint64_t timeout_ns)
{
    (void)ex;
    (void)quiet_ns;
    (void)timeout_ns;
    errno = EOPNOTSUPP; /* it ends with its channel */
    return NULL;
}

static const struct event_executor_ops embedded_ops = {
    .execute = execute,
    .add_scheduled = add_scheduled,
    .remove_scheduled = remove_scheduled,
    .shutdown_gracefully = shutdown_gracefully,
};

void embedded_event_loop_init(struct embedded_event_loop *loop)
{
    mock_ticker_init(&loop->clock);
    loop->executor = (struct event_executor){
        .ops = &embedded_ops,
        .ticker = &loop->clock.ticker,
        .everywhere = true,
    };
    task_queue_init(&loop->tasks);
    loop->scheduler = (struct scheduler){0};
}

void embedded_event_loop_free(struct embedded_event_loop *loop)
{
    struct task task;

    while (task_queue_poll(&loop->tasks, &task))
        ;
    task_queue_free(&loop->tasks);
    scheduler_free(&loop->scheduler);
}

void embedded_event_loop_run_tasks(struct embedded_event_loop *loop)
{
    struct task task;
    size_t n;

    do {
        n = scheduler_run_due(&loop->scheduler, &loop->clock.ticker,
                              ticker_now(&loop->clock.ticker));
        while (task_queue_poll(&loop->tasks, &task)) {
            event_executor_run_task(task.run, task.arg);
            n++;
        }
    } while (n > 0);
}

bool embedded_event_loop_has_tasks(struct embedded_event_loop *loop)
{
    return task_queue_has_tasks(&loop->tasks) ||
           scheduler_next_deadline(&loop->scheduler) <=
               ticker_now(&loop->clock.ticker);
}

int64_t embedded_event_loop_next_scheduled(struct embedded_event_loop *loop)
{
    uint64_t deadline = scheduler_next_deadline(&loop->scheduler);
    uint64_t now = ticker_now(&loop->clock.ticker);

    if (deadline == UINT64_MAX)
        return -1;
    return deadline > now ? (int64_t)(deadline - now) : 0;
}

#include "models/netty/executor_group.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "models/netty/single_thread_executor.h"

enum { DEFAULT_PER_CORE = 2 };

struct event_executor *
event_executor_group_next(struct event_executor_group *group)
{
    /* Relaxed: who gets which child is fairness, nothing is published. */
    uint64_t turn =
        atomic_fetch_add_explicit(&group->turn, 1, memory_order_relaxed);
    size_t n = group->n;

    return group->children[(n & (n - 1)) == 0 ? turn & (n - 1) : turn % n];
}

static void on_child_terminated(struct future *f, void *arg)
{
    struct event_executor_group *group = arg;

    (void)f;
    /* Acquire and release: the last sees all that the others did. */
    if (atomic_fetch_sub_explicit(&group->n_running, 1, memory_order_acq_rel) ==
        1)
        promise_set_success(&group->terminated, NULL);
}

static int add_child(struct event_executor_group *group, const char *name,
                     const struct ticker *ticker, executor_factory_fn factory)
{
    char full[64];

    snprintf(full, sizeof(full), "%s-%zu", name, group->n);
    struct event_executor *child = factory(group, ticker, full);
    if (!child)
        return -errno;
    group->children[group->n++] = child;
    return future_add_listener(single_thread_executor_termination_future(
                                   single_thread_executor_of(child)),
                               on_child_terminated, group);
}

struct event_executor_group *
event_executor_group_new(size_t n, const char *name,
                         const struct ticker *ticker,
                         executor_factory_fn factory)
{
    if (n == 0)
        n = DEFAULT_PER_CORE * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    struct event_executor_group *group =
        malloc(sizeof(*group) + n * sizeof(struct event_executor *));
    if (!group)
        return NULL;
    group->n = 0;
    promise_init(&group->terminated, NULL, NULL);
    atomic_init(&group->turn, 0);
    atomic_init(&group->n_running, n);
    while (group->n < n) {
        int err = add_child(group, name, ticker, factory);
        if (err) {
            /* None has a thread yet. */
            while (group->n > 0)
                single_thread_executor_free(
                    single_thread_executor_of(group->children[--group->n]));
            free(group);
            errno = -err;
            return NULL;
        }
    }
    return group;
}

struct event_executor_group *default_event_executor_group_new(size_t n,
                                                              const char *name)
{
    return event_executor_group_new(n, name, NULL, default_executor_new);
}

struct future *
event_executor_group_shutdown_gracefully(struct event_executor_group *group,
                                         uint64_t quiet_ns, uint64_t timeout_ns)
{
    for (size_t i = 0; i < group->n; i++) {
        if (!event_executor_shutdown_gracefully(group->children[i], quiet_ns,
                                                timeout_ns))
            return NULL;
    }
    return &group->terminated.future;
}

void event_executor_group_free(struct event_executor_group *group)
{
    if (!group)
        return;
    for (size_t i = 0; i < group->n; i++) {
        struct single_thread_executor *child =
            single_thread_executor_of(group->children[i]);
        if (single_thread_executor_state(child) < EXECUTOR_SHUTTING_DOWN)
            event_executor_shutdown_gracefully(group->children[i], 0, 0);
    }
    future_await(&group->terminated.future);
    for (size_t i = 0; i < group->n; i++)
        single_thread_executor_free(
            single_thread_executor_of(group->children[i]));
    free(group);
}

/*
 * promise_listeners - who is told that a future is done, when, and where.
 *
 * Listeners are called without a lock. `notifying` makes one thread the caller;
 * what is added meanwhile, by a listener or by another thread, it takes in the
 * next round, so that the order of adding is the order of calling.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/event_executor.h"
#include "models/netty/monitor.h"
#include "models/netty/promise_internal.h"

/* How deep listeners are nested in this thread. */
static _Thread_local int depth;

/* A future without an executor that was met too deep: the outermost
 * notification of this thread sees to it. */
struct deferred {
    struct future *future; /* counted */
    struct deferred *next; /* in order */
};

static _Thread_local struct deferred *deferred, **last_deferred;

static void call_all(struct future *f, struct future_listener first,
                     const struct future_listener *more, uint32_t n_more)
{
    first.fn(f, first.arg);
    for (uint32_t i = 0; i < n_more; i++)
        more[i].fn(f, more[i].arg);
}

static void notify_now(struct future *f)
{
    struct monitor *m = monitor_enter(f);

    if (f->notifying) {
        monitor_exit(m);
        return;
    }
    f->notifying = true;
    while (f->first.fn) {
        struct future_listener first = f->first;
        struct future_listener *more = f->more;
        uint32_t n_more = f->n_more;

        f->first.fn = NULL;
        f->more = NULL;
        f->n_more = f->cap_more = 0;
        monitor_exit(m);
        call_all(f, first, more, n_more);
        free(more);
        m = monitor_enter(f);
    }
    f->notifying = false;
    monitor_exit(m);
}

static void defer(struct future *f)
{
    struct deferred *d = malloc(sizeof(*d));

    if (!d) { /* rather deeper than not at all */
        notify_now(f);
        return;
    }
    *d = (struct deferred){.future = future_retain(f)};
    if (!deferred)
        last_deferred = &deferred;
    *last_deferred = d;
    last_deferred = &d->next;
}

static void notify_deferred(void)
{
    while (deferred) {
        struct deferred *d = deferred;
        deferred = d->next;
        notify_now(d->future);
        future_release(d->future);
        free(d);
    }
}

static int notify_task(void *arg)
{
    struct future *f = arg;

    depth++;
    notify_now(f);
    depth--;
    future_release(f);
    return 0;
}

void future_notify_listeners(struct future *f)
{
    struct event_executor *ex = f->executor;

    if ((!ex || event_executor_in_event_loop(ex)) &&
        depth < FUTURE_MAX_LISTENER_DEPTH) {
        depth++;
        notify_now(f);
        if (depth == 1)
            notify_deferred();
        depth--;
        return;
    }
    if (!ex) {
        defer(f);
        return;
    }
    future_retain(f);
    int err = event_executor_execute(ex, notify_task, f);
    if (err) {
        log_info("netty: listeners not called: %s",
                 err == -ESHUTDOWN ? exception_rejected.text : strerror(-err));
        future_release(f);
    }
}

static int append(struct future *f, struct future_listener listener)
{
    if (!f->first.fn) {
        f->first = listener;
        return 0;
    }
    if (f->n_more == f->cap_more) {
        uint32_t cap = f->cap_more ? 2 * f->cap_more : 4;
        struct future_listener *more = realloc(f->more, cap * sizeof(*more));
        if (!more)
            return -ENOMEM;
        f->more = more;
        f->cap_more = cap;
    }
    f->more[f->n_more++] = listener;
    return 0;
}

int future_add_listener(struct future *f, future_listener_fn fn, void *arg)
{
    struct monitor *m = monitor_enter(f);
    int err = append(f, (struct future_listener){fn, arg});
    bool done = future_is_done(f);

    monitor_exit(m);
    if (!err && done)
        future_notify_listeners(f);
    return err;
}

/* Takes the i-th listener out; 0 is `first`. */
static void take_out(struct future *f, uint32_t i)
{
    if (i == 0 && f->n_more == 0) {
        f->first.fn = NULL;
        return;
    }
    if (i == 0) {
        f->first = f->more[0];
        i = 1;
    }
    f->n_more--;
    memmove(&f->more[i - 1], &f->more[i],
            (f->n_more - (i - 1)) * sizeof(*f->more));
}

bool future_remove_listener(struct future *f, future_listener_fn fn, void *arg)
{
    struct monitor *m = monitor_enter(f);
    bool found = f->first.fn == fn && f->first.arg == arg;

    if (found)
        take_out(f, 0);
    for (uint32_t i = 0; !found && i < f->n_more; i++) {
        found = f->more[i].fn == fn && f->more[i].arg == arg;
        if (found)
            take_out(f, i + 1);
    }
    monitor_exit(m);
    return found;
}

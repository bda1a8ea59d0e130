#include "models/netty/promise_combiner.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "models/netty/event_executor.h"
#include "models/netty/misuse.h"

struct promise_combiner {
    struct event_executor *executor; /* set once: whose thread this is for */
    size_t n_pending;                /* added and not yet done */
    struct exception *cause;         /* of the first failure; owned */
    struct promise *all;             /* set by finish; counted */
};

struct promise_combiner *promise_combiner_new(struct event_executor *executor)
{
    struct promise_combiner *c = calloc(1, sizeof(*c));

    if (c)
        c->executor = executor;
    return c;
}

static void check_thread(const struct promise_combiner *c)
{
    if (c->executor && !event_executor_in_event_loop(c->executor))
        misuse("promise_combiner: to be called in its executor's thread");
}

static void end(struct promise_combiner *c)
{
    if (c->cause)
        promise_try_failure(c->all, c->cause);
    else
        promise_try_success(c->all, NULL);
    promise_release(c->all);
    free(c);
}

/* One future is done; in the combiner's thread. */
static void take_outcome(struct promise_combiner *c, struct future *f)
{
    if (future_cause(f) && !c->cause)
        c->cause = exception_retain(future_cause(f));
    c->n_pending--;
    if (c->n_pending == 0 && c->all)
        end(c);
}

/* One future that has been added: the listener's argument, and its task when
 * the outcome has to change threads. */
struct member {
    struct promise_combiner *combiner; /* it was added to */
    struct future *future;             /* counted while it is a task */
};

static int take_handed_over(void *arg)
{
    struct member m = *(struct member *)arg;

    free(arg);
    take_outcome(m.combiner, m.future);
    future_release(m.future);
    return 0;
}

static void on_done(struct future *f, void *arg)
{
    struct member *m = arg;
    struct promise_combiner *c = m->combiner;

    if (!c->executor || event_executor_in_event_loop(c->executor)) {
        free(m);
        take_outcome(c, f);
        return;
    }
    m->future = future_retain(f);
    int err = event_executor_execute(c->executor, take_handed_over, m);
    if (err) {
        log_info("netty: promise_combiner: its executor takes no task, so its "
                 "promise stays pending");
        future_release(f);
        free(m);
    }
}

int promise_combiner_add(struct promise_combiner *c, struct future *f)
{
    check_thread(c);
    if (c->all)
        misuse("promise_combiner_add: the combiner is finished already");
    struct member *m = malloc(sizeof(*m));
    if (!m)
        return -ENOMEM;
    *m = (struct member){.combiner = c};
    c->n_pending++;
    int err = future_add_listener(f, on_done, m);
    if (err) {
        c->n_pending--;
        free(m);
    }
    return err;
}

void promise_combiner_finish(struct promise_combiner *c, struct promise *all)
{
    check_thread(c);
    if (c->all)
        misuse("promise_combiner_finish: the combiner is finished already");
    c->all = promise_retain(all);
    if (c->n_pending == 0)
        end(c);
}

static void hand_on(struct future *f, void *arg)
{
    struct promise *to = arg;

    if (future_is_success(f))
        promise_try_success(to, future_get_now(f));
    else if (future_is_cancelled(f))
        future_cancel(&to->future);
    else
        promise_try_failure(to, exception_retain(future_cause(f)));
    promise_release(to);
}

int promise_notifier_cascade(struct future *from, struct promise *to)
{
    promise_retain(to);
    int err = future_add_listener(from, hand_on, to);
    if (err)
        promise_release(to);
    return err;
}

#include "models/netty/bootstrap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/bootstrap_internal.h"
#include "models/netty/channel_internal.h"
#include "models/netty/misuse.h"
#include "models/netty/socket_channel.h"

/* ---- for both ---- */

void bootstrap_add_option(struct bootstrap_options *o,
                          enum channel_option option, long value)
{
    if (o->n == BOOTSTRAP_OPTIONS_MAX)
        misuse("bootstrap: more than %d options", BOOTSTRAP_OPTIONS_MAX);
    o->items[o->n++] = (struct bootstrap_option){option, value};
}

void bootstrap_set_options(struct channel *ch,
                           const struct bootstrap_options *o)
{
    for (int i = 0; i < o->n; i++) {
        int err = channel_set_option(ch, o->items[i].option, o->items[i].value);
        if (err)
            log_info("netty: option %d cannot be set to %ld: %s",
                     (int)o->items[i].option, o->items[i].value,
                     strerror(-err));
    }
}

/* A channel on its way from registering to the next step. */
struct start {
    struct channel *channel;       /* counted */
    struct promise *outcome;       /* counted: of the whole */
    bootstrap_step_fn step;        /* after the registration; or NULL */
    const void *arg;               /* for it */
    struct socket_address address; /* for it */
};

static void free_start(struct start *s)
{
    promise_release(s->outcome);
    channel_release(s->channel);
    free(s);
}

static int run_step(void *arg)
{
    struct start *s = arg;

    s->step(s->channel, s->arg, &s->address, s->outcome);
    free_start(s);
    return 0;
}

/* The registration has ended. The step is queued behind it, so that handlers
 * have had their chance to set up the pipeline in channel_registered. */
static void on_registered(struct future *f, void *arg)
{
    struct start *s = arg;

    if (!future_is_success(f)) {
        /* Refused by a loop that has ended: nobody would call the listeners.
         * The outcome has not been handed out yet. */
        if (!event_executor_in_event_loop(s->outcome->future.executor))
            s->outcome->future.executor = NULL;
        promise_fail(s->outcome, exception_retain(future_cause(f)));
    } else if (!s->step) {
        promise_succeed(s->outcome);
    } else {
        int err = event_executor_execute(s->channel->loop, run_step, s);
        if (!err)
            return;
        promise_fail(s->outcome, exception_retain(&exception_rejected));
        channel_close(s->channel, NULL);
    }
    free_start(s);
}

/* A future that has failed without a channel. */
static struct future *failed_future(int err)
{
    struct promise *p = promise_new(NULL);

    if (!p)
        return NULL;
    promise_set_failure(p, channel_error(err, "cannot make a channel"));
    return &p->future;
}

struct future *bootstrap_start(struct event_executor_group *group,
                               struct channel *ch, bootstrap_step_fn step,
                               const void *arg, const struct socket_address *a)
{
    struct promise *outcome, *registered;
    struct start *s;

    if (!ch)
        return failed_future(-errno);
    struct event_executor *loop = event_executor_group_next(group);
    outcome = channel_new_promise(ch);
    registered = promise_new(NULL); /* told in whatever thread it ends */
    s = malloc(sizeof(*s));
    if (!outcome || !registered || !s) {
        channel_unsafe_close_forcibly(ch);
        promise_release(outcome);
        promise_release(registered);
        channel_release(ch);
        free(s);
        return NULL;
    }
    outcome->future.executor = loop;
    *s = (struct start){ch, promise_retain(outcome), step, arg, {.len = 0}};
    if (a)
        s->address = *a;
    (void)future_add_listener(&registered->future, on_registered, s);
    channel_register(ch, loop, registered);
    promise_release(registered);
    return &outcome->future;
}

/* ---- client ---- */

void bootstrap_init(struct bootstrap *b, struct event_executor_group *group)
{
    *b = (struct bootstrap){.group = group, .factory = socket_channel_new};
}

void bootstrap_handler(struct bootstrap *b, struct channel_handler *handler)
{
    b->handler = handler;
}

void bootstrap_option(struct bootstrap *b, enum channel_option option,
                      long value)
{
    bootstrap_add_option(&b->options, option, value);
}

/* A channel with options and handler; NULL with errno. */
static struct channel *make(struct bootstrap *b, int family)
{
    struct channel *ch = b->factory(family);

    if (!ch)
        return NULL;
    bootstrap_set_options(ch, &b->options);
    int err = b->handler ? channel_pipeline_add_last(channel_pipeline(ch), NULL,
                                                     NULL, b->handler)
                         : 0;
    if (err) {
        channel_release(ch);
        errno = -err;
        return NULL;
    }
    return ch;
}

static void connect_step(struct channel *ch, const void *arg,
                         const struct socket_address *a,
                         struct promise *promise)
{
    (void)arg;
    (void)future_add_listener(&promise->future, channel_future_close_on_failure,
                              NULL);
    channel_connect(ch, a, NULL, promise);
}

struct future *bootstrap_connect(struct bootstrap *b,
                                 const struct socket_address *remote)
{
    return bootstrap_start(b->group, make(b, remote->u.any.sa_family),
                           connect_step, NULL, remote);
}

struct future *bootstrap_register(struct bootstrap *b, int family)
{
    return bootstrap_start(b->group, make(b, family), NULL, NULL, NULL);
}

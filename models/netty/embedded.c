#include "models/netty/embedded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/channel_internal.h"
#include "models/netty/embedded_event_loop.h"

/* Messages in order. */
struct message_queue {
    struct reference_counted **items; /* counted */
    size_t first;                     /* the oldest */
    size_t n;                         /* behind the newest */
    size_t cap;                       /* allocated */
};

struct embedded_channel {
    struct channel base; /* first */
    struct embedded_event_loop loop;
    struct message_queue inbound;  /* reached the tail */
    struct message_queue outbound; /* sent */
    struct exception *exception;   /* the first to reach the tail; owned */
    atomic_bool open;              /* not closed */
    atomic_bool active;            /* registered, and not closed */
    bool stuck;                    /* takes nothing for the moment */
    int depth;                     /* embedded_ calls under way */
};

static struct embedded_channel *of(struct channel *ch)
{
    return (struct embedded_channel *)ch;
}

/* ---- queues ---- */

static void push(struct message_queue *q, struct reference_counted *msg)
{
    if (q->n == q->cap) {
        size_t cap = q->cap ? 2 * q->cap : 16;
        struct reference_counted **items =
            realloc(q->items, cap * sizeof(struct reference_counted *));
        if (!items) {
            reference_release(msg);
            return;
        }
        q->items = items;
        q->cap = cap;
    }
    q->items[q->n++] = msg;
}

static struct reference_counted *pop(struct message_queue *q)
{
    return q->first < q->n ? q->items[q->first++] : NULL;
}

static bool any(const struct message_queue *q)
{
    return q->first < q->n;
}

static void clear(struct message_queue *q)
{
    struct reference_counted *msg;

    while ((msg = pop(q)))
        reference_release(msg);
    free(q->items);
    *q = (struct message_queue){0};
}

/* ---- the channel's kind ---- */

static bool is_compatible(const struct event_executor *loop)
{
    return loop->everywhere;
}

static bool is_open(const struct channel *ch)
{
    return atomic_load(&((const struct embedded_channel *)ch)->open);
}

static bool is_active(const struct channel *ch)
{
    return atomic_load(&((const struct embedded_channel *)ch)->active);
}

static int do_register(struct channel *ch)
{
    atomic_store(&of(ch)->active, true);
    return 0;
}

static void do_deregister(struct channel *ch)
{
    (void)ch;
}

static int do_bind(struct channel *ch, const struct socket_address *local)
{
    (void)ch;
    (void)local;
    return 0;
}

static void do_connect(struct channel *ch, const struct socket_address *remote,
                       const struct socket_address *local,
                       struct promise *promise)
{
    (void)ch;
    (void)remote;
    (void)local;
    promise_succeed(promise);
}

static int do_disconnect(struct channel *ch)
{
    (void)ch;
    return -EOPNOTSUPP;
}

static int do_close(struct channel *ch)
{
    atomic_store(&of(ch)->active, false);
    atomic_store(&of(ch)->open, false);
    return 0;
}

static void do_nothing(struct channel *ch)
{
    (void)ch;
}

static int do_write(struct channel *ch)
{
    struct reference_counted *msg;

    while (!of(ch)->stuck &&
           (msg = channel_outbound_buffer_current(&ch->outbound))) {
        reference_retain(msg);
        push(&of(ch)->outbound, msg);
        channel_outbound_buffer_remove(ch);
    }
    return 0;
}

static int filter_outbound(struct channel *ch,
                           const struct reference_counted *msg)
{
    (void)ch;
    (void)msg;
    return 0;
}

static int no_address(struct channel *ch, struct socket_address *a)
{
    (void)ch;
    (void)a;
    return -EOPNOTSUPP;
}

static int set_option(struct channel *ch, enum channel_option option,
                      long value)
{
    (void)ch;
    (void)option;
    (void)value;
    return -EOPNOTSUPP;
}

static int get_option(struct channel *ch, enum channel_option option,
                      long *value)
{
    (void)ch;
    (void)option;
    (void)value;
    return -EOPNOTSUPP;
}

static void unhandled_message(struct channel *ch, struct reference_counted *msg)
{
    push(&of(ch)->inbound, msg);
}

static void unhandled_exception(struct channel *ch, struct exception *cause)
{
    if (!of(ch)->exception)
        of(ch)->exception = exception_retain(cause);
}

static void destroy(struct channel *ch)
{
    struct embedded_channel *ec = of(ch);

    clear(&ec->inbound);
    clear(&ec->outbound);
    exception_release(ec->exception);
    embedded_event_loop_free(&ec->loop);
    free(ec);
}

static const struct channel_ops embedded_ops = {
    .name = "embedded",
    .is_compatible = is_compatible,
    .is_open = is_open,
    .is_active = is_active,
    .do_register = do_register,
    .do_deregister = do_deregister,
    .do_bind = do_bind,
    .connect = do_connect,
    .do_disconnect = do_disconnect,
    .do_close = do_close,
    .do_begin_read = do_nothing,
    .do_stop_read = do_nothing,
    .do_write = do_write,
    .filter_outbound = filter_outbound,
    .local_address = no_address,
    .remote_address = no_address,
    .set_option = set_option,
    .get_option = get_option,
    .unhandled_message = unhandled_message,
    .unhandled_exception = unhandled_exception,
    .destroy = destroy,
};

/* ---- tasks ---- */

static void enter(struct channel *ch)
{
    of(ch)->depth++;
}

static void leave(struct channel *ch)
{
    /* Tasks come after whatever is on the stack, as in a real loop. */
    if (of(ch)->depth == 1)
        embedded_event_loop_run_tasks(&of(ch)->loop);
    of(ch)->depth--;
}

void embedded_channel_run_pending_tasks(struct channel *ch)
{
    enter(ch);
    leave(ch);
}

bool embedded_channel_has_pending_tasks(struct channel *ch)
{
    return embedded_event_loop_has_tasks(&of(ch)->loop);
}

int64_t embedded_channel_next_scheduled(struct channel *ch)
{
    return embedded_event_loop_next_scheduled(&of(ch)->loop);
}

void embedded_channel_advance_time_by(struct channel *ch, uint64_t ns)
{
    mock_ticker_advance(&of(ch)->loop.clock, ns);
    embedded_channel_run_pending_tasks(ch);
}

/* ---- messages ---- */

void embedded_channel_write_one_inbound(struct channel *ch,
                                        struct reference_counted *msg)
{
    enter(ch);
    channel_pipeline_fire_channel_read(channel_pipeline(ch), msg);
    leave(ch);
}

bool embedded_channel_flush_inbound(struct channel *ch)
{
    enter(ch);
    channel_pipeline_fire_channel_read_complete(channel_pipeline(ch));
    leave(ch);
    return any(&of(ch)->inbound);
}

bool embedded_channel_write_inbound(struct channel *ch,
                                    struct reference_counted *msg)
{
    enter(ch);
    channel_pipeline_fire_channel_read(channel_pipeline(ch), msg);
    channel_pipeline_fire_channel_read_complete(channel_pipeline(ch));
    leave(ch);
    return any(&of(ch)->inbound);
}

bool embedded_channel_write_outbound(struct channel *ch,
                                     struct reference_counted *msg)
{
    enter(ch);
    channel_write_and_flush(ch, msg, NULL);
    leave(ch);
    return any(&of(ch)->outbound);
}

struct reference_counted *embedded_channel_read_inbound(struct channel *ch)
{
    return pop(&of(ch)->inbound);
}

struct reference_counted *embedded_channel_read_outbound(struct channel *ch)
{
    return pop(&of(ch)->outbound);
}

struct exception *embedded_channel_check_exception(struct channel *ch)
{
    struct exception *e = of(ch)->exception;

    of(ch)->exception = NULL;
    return e;
}

void embedded_channel_set_stuck(struct channel *ch, bool stuck)
{
    enter(ch);
    of(ch)->stuck = stuck;
    if (!stuck)
        channel_unsafe_force_flush(ch);
    leave(ch);
}

/* ---- life ---- */

void embedded_channel_close(struct channel *ch)
{
    enter(ch);
    channel_close(ch, NULL);
    leave(ch);
}

bool embedded_channel_finish(struct channel *ch)
{
    embedded_channel_close(ch);
    return any(&of(ch)->inbound) || any(&of(ch)->outbound);
}

struct channel *embedded_channel_new_unregistered(void)
{
    struct embedded_channel *ec = calloc(1, sizeof(*ec));

    if (!ec)
        return NULL;
    channel_init(&ec->base, &embedded_ops, NULL);
    embedded_event_loop_init(&ec->loop);
    atomic_init(&ec->open, true);
    atomic_init(&ec->active, false);
    return &ec->base;
}

void embedded_channel_register(struct channel *ch)
{
    enter(ch);
    channel_register(ch, &of(ch)->loop.executor, NULL);
    leave(ch);
}

struct channel *embedded_channel_new(void)
{
    struct channel *ch = embedded_channel_new_unregistered();

    if (ch)
        embedded_channel_register(ch);
    return ch;
}

void embedded_channel_free(struct channel *ch)
{
    if (!ch)
        return;
    embedded_channel_close(ch);
    channel_release(ch);
}

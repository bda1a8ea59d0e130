#include "models/netty/handler_idle_state.h"

#include <errno.h>
#include <stdlib.h>

#include "models/netty/channel.h"
#include "models/netty/scheduler.h"

enum { STATES = 3 };

static const struct idle_state_event events[STATES][2] = {
    {{{"reader idle"}, IDLE_STATE_READER, false},
     {{"reader idle, first"}, IDLE_STATE_READER, true}},
    {{{"writer idle"}, IDLE_STATE_WRITER, false},
     {{"writer idle, first"}, IDLE_STATE_WRITER, true}},
    {{{"all idle"}, IDLE_STATE_ALL, false},
     {{"all idle, first"}, IDLE_STATE_ALL, true}},
};

struct idle_state_handler;

/* One of the three things watched. */
struct watch {
    struct idle_state_handler *handler; /* set once */
    uint64_t limit_ns;                  /* set once; 0: not watched */
    struct scheduled_future *timer;     /* the next look, or NULL */
    bool first;                         /* the next event is the first */
};

struct idle_state_handler {
    struct channel_handler handler; /* first */
    bool observe_output;            /* set once */

    /* the handler's executor only: */
    struct channel_handler_context *ctx; /* while it watches, else NULL */
    struct watch watches[STATES];        /* by enum idle_state */
    uint64_t last_read;                  /* when a burst of reads ended */
    bool reading;                        /* within a burst */
    uint64_t seen_write; /* observe_output: last_write at the last look */
    size_t seen_pending; /* bytes and entries pending then */

    /* atomic: writes complete on whatever thread their promise's listeners run,
     * and perhaps when the handler is gone: each holds the memory. */
    _Atomic uint64_t last_write; /* when a write completed */
    atomic_bool written;         /* one did since the last look */
    _Atomic uint32_t holders;    /* the pipeline and the writes under way */
};

const struct idle_state_event *
idle_state_event_of(const struct user_event *event)
{
    for (int state = 0; state < STATES; state++) {
        for (int first = 0; first < 2; first++) {
            if (event == &events[state][first].event)
                return &events[state][first];
        }
    }
    return NULL;
}

static struct idle_state_handler *
idle_of(const struct channel_handler_context *ctx)
{
    return (struct idle_state_handler *)ctx_handler(ctx);
}

static void let_go(struct idle_state_handler *h)
{
    if (atomic_fetch_sub_explicit(&h->holders, 1, memory_order_acq_rel) == 1)
        free(h);
}

static uint64_t now(const struct channel_handler_context *ctx)
{
    return ticker_now(ctx_executor(ctx)->ticker);
}

/* ---- looking ---- */

static int look(void *arg);

/* Looks again in `ns`. Without memory it does not: the channel then has no
 * time-out any more, which is said. */
static void look_again(struct watch *w, uint64_t ns)
{
    struct channel_handler_context *ctx = w->handler->ctx;

    w->timer = event_executor_schedule(ctx_executor(ctx), look, w, (int64_t)ns);
    if (!w->timer && errno != ESHUTDOWN)
        ctx_fire_exception_caught(
            ctx, exception_new(-errno, "%s: no timer: it watches no more",
                               ctx_name(ctx)));
}

/* What is pending, in a figure that changes when anything is sent. */
static size_t pending(const struct channel_handler_context *ctx)
{
    const struct channel_outbound_buffer *ob = &ctx_channel(ctx)->outbound;
    size_t sum = channel_outbound_buffer_total_pending(ob);

    /* How far the first entry has got is for the loop alone to see. */
    if (channel_in_event_loop(ctx_channel(ctx)))
        sum += ob->bytes;
    return sum;
}

/* Whether something was sent since the last look, though no write completed. */
static bool output_moves(struct idle_state_handler *h, bool first)
{
    uint64_t last = atomic_load_explicit(&h->last_write, memory_order_relaxed);
    size_t n = pending(h->ctx);
    bool changed = last != h->seen_write || n != h->seen_pending;

    h->seen_write = last;
    h->seen_pending = n;
    return changed && !first;
}

/* How long ago what is watched last happened. */
static uint64_t silence(struct idle_state_handler *h, enum idle_state state,
                        uint64_t time)
{
    uint64_t read = h->reading ? time : h->last_read;
    uint64_t write = atomic_load_explicit(&h->last_write, memory_order_relaxed);
    uint64_t last = state == IDLE_STATE_READER   ? read
                    : state == IDLE_STATE_WRITER ? write
                    : read > write               ? read
                                                 : write;

    return time > last ? time - last : 0;
}

/* A write has completed: the next event of these is a first one again. */
static void note_writes(struct idle_state_handler *h)
{
    if (atomic_exchange_explicit(&h->written, false, memory_order_relaxed)) {
        h->watches[IDLE_STATE_WRITER].first = true;
        h->watches[IDLE_STATE_ALL].first = true;
    }
}

/* The timer of a watch: is it silent for long enough? */
static int look(void *arg)
{
    struct watch *w = arg;
    struct idle_state_handler *h = w->handler;
    enum idle_state state = (enum idle_state)(w - h->watches);
    uint64_t silent;

    scheduled_future_release(w->timer);
    w->timer = NULL;
    if (!channel_is_open(ctx_channel(h->ctx)))
        return 0;
    note_writes(h);
    silent = silence(h, state, now(h->ctx));
    if (silent < w->limit_ns) {
        look_again(w, w->limit_ns - silent);
        return 0;
    }
    bool first = w->first;
    w->first = false;
    look_again(w, w->limit_ns);
    if (state != IDLE_STATE_READER && h->observe_output &&
        output_moves(h, first))
        return 0;
    ctx_fire_user_event_triggered(h->ctx, &events[state][first].event);
    return 0;
}

/* ---- watching ---- */

static void start(struct channel_handler_context *ctx)
{
    struct idle_state_handler *h = idle_of(ctx);

    if (h->ctx)
        return;
    h->ctx = ctx;
    h->last_read = now(ctx);
    atomic_store_explicit(&h->last_write, h->last_read, memory_order_relaxed);
    h->seen_write = h->last_read;
    h->seen_pending = pending(ctx);
    for (int state = 0; state < STATES; state++) {
        struct watch *w = &h->watches[state];
        w->first = true;
        if (w->limit_ns > 0)
            look_again(w, w->limit_ns);
    }
}

/* Timers run in the thread that we are in: once cancelled, none comes. */
static void stop(struct idle_state_handler *h)
{
    for (int state = 0; state < STATES; state++) {
        struct watch *w = &h->watches[state];
        if (w->timer) {
            scheduled_future_cancel(w->timer);
            scheduled_future_release(w->timer);
            w->timer = NULL;
        }
    }
    h->ctx = NULL;
}

static int handler_added(struct channel_handler_context *ctx)
{
    /* Else channel_registered or channel_active is still to come. */
    if (channel_is_active(ctx_channel(ctx)) &&
        channel_is_registered(ctx_channel(ctx)))
        start(ctx);
    return 0;
}

static int handler_removed(struct channel_handler_context *ctx)
{
    stop(idle_of(ctx));
    return 0;
}

static int channel_registered(struct channel_handler_context *ctx)
{
    if (channel_is_active(ctx_channel(ctx)))
        start(ctx);
    ctx_fire_channel_registered(ctx);
    return 0;
}

static int channel_active(struct channel_handler_context *ctx)
{
    start(ctx);
    ctx_fire_channel_active(ctx);
    return 0;
}

static int channel_inactive(struct channel_handler_context *ctx)
{
    stop(idle_of(ctx));
    ctx_fire_channel_inactive(ctx);
    return 0;
}

/* ---- what happens ---- */

static int idle_channel_read(struct channel_handler_context *ctx,
                             struct reference_counted *msg)
{
    struct idle_state_handler *h = idle_of(ctx);

    h->reading = true;
    h->watches[IDLE_STATE_READER].first = true;
    h->watches[IDLE_STATE_ALL].first = true;
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int channel_read_complete(struct channel_handler_context *ctx)
{
    struct idle_state_handler *h = idle_of(ctx);

    if (h->reading) {
        h->reading = false;
        h->last_read = now(ctx);
    }
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

/* What a write needs to know when it completes. */
struct write_note {
    struct idle_state_handler *handler; /* held */
    const struct ticker *ticker;        /* the executor's */
};

static void write_done(struct future *f, void *arg)
{
    struct write_note *note = arg;
    struct idle_state_handler *h = note->handler;

    (void)f;
    atomic_store_explicit(&h->last_write, ticker_now(note->ticker),
                          memory_order_relaxed);
    atomic_store_explicit(&h->written, true, memory_order_relaxed);
    free(note);
    let_go(h);
}

static int note_completion(struct idle_state_handler *h,
                           struct channel_handler_context *ctx,
                           struct promise *promise)
{
    struct write_note *note = malloc(sizeof(*note));
    int err;

    if (!note)
        return -ENOMEM;
    *note = (struct write_note){h, ctx_executor(ctx)->ticker};
    /* Relaxed: the pipeline holds it meanwhile. */
    atomic_fetch_add_explicit(&h->holders, 1, memory_order_relaxed);
    err = future_add_listener(&promise->future, write_done, note);
    if (err) {
        free(note);
        let_go(h);
    }
    return err;
}

static int idle_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    struct idle_state_handler *h = idle_of(ctx);
    struct promise *own = NULL;
    int err;

    if (!h->watches[IDLE_STATE_WRITER].limit_ns &&
        !h->watches[IDLE_STATE_ALL].limit_ns) {
        ctx_write(ctx, msg, promise);
        return 0;
    }
    if (!promise)
        promise = own = ctx_new_promise(ctx);
    err = promise ? note_completion(h, ctx, promise) : -ENOMEM;
    if (err)
        reference_release(msg);
    else
        ctx_write(ctx, msg, promise);
    promise_release(own);
    return err;
}

/* ---- life ---- */

static void destroy(struct channel_handler *handler)
{
    let_go((struct idle_state_handler *)handler);
}

static const struct channel_handler_ops ops = {
    .name = "idle_state_handler",
    .handler_added = handler_added,
    .handler_removed = handler_removed,
    .channel_registered = channel_registered,
    .channel_active = channel_active,
    .channel_inactive = channel_inactive,
    .channel_read = idle_channel_read,
    .channel_read_complete = channel_read_complete,
    .write = idle_write,
    .destroy = destroy,
};

struct channel_handler *idle_state_handler_new(uint64_t reader_idle_ns,
                                               uint64_t writer_idle_ns,
                                               uint64_t all_idle_ns,
                                               bool observe_output)
{
    const uint64_t limits[STATES] = {reader_idle_ns, writer_idle_ns,
                                     all_idle_ns};
    struct idle_state_handler *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    channel_handler_init(&h->handler, &ops);
    atomic_init(&h->holders, 1);
    h->observe_output = observe_output;
    for (int state = 0; state < STATES; state++) {
        h->watches[state].handler = h;
        h->watches[state].limit_ns = limits[state];
    }
    return &h->handler;
}

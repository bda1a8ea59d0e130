/*
 * Handlers on a group of their own: which thread, in which order, and what
 * becomes of an event whose executor has ended.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "models/netty/channel.h"
#include "models/netty/socket_channel.h"
#include "tests/netty/loopback.h"
#include "tests/netty/recorder.h"

enum { EVENTS = 1000, HEAVY = 4, GUARD_S = 60 };

static struct event_executor_group *loops, *heavy;
static sem_t done; /* a probe has seen the last of something */

/* A handler that notes where it runs. Static in each test, so never freed. */
struct probe {
    struct channel_handler handler; /* first */

    /* the handler's executor, then read by the test: */
    struct event_executor *added_in, *read_in, *removed_in; /* where it ran */
    bool moved;            /* two reads were in different executors */
    int n;                 /* reads */
    int numbers[EVENTS];   /* the first byte of each, in order */
    void (*on_read)(void); /* what it does besides; or NULL */

    _Atomic int inside; /* calls under way */
    atomic_bool beside; /* there was one beside another */
};

static int probe_added(struct channel_handler_context *ctx)
{
    ((struct probe *)ctx_handler(ctx))->added_in = event_executor_current;
    return 0;
}

static int probe_removed(struct channel_handler_context *ctx)
{
    ((struct probe *)ctx_handler(ctx))->removed_in = event_executor_current;
    sem_post(&done);
    return 0;
}

static int probe_read(struct channel_handler_context *ctx,
                      struct reference_counted *msg)
{
    struct probe *p = (struct probe *)ctx_handler(ctx);

    if (atomic_fetch_add(&p->inside, 1) > 0)
        atomic_store(&p->beside, true);
    p->moved |= p->read_in && p->read_in != event_executor_current;
    p->read_in = event_executor_current;
    if (p->n < EVENTS)
        p->numbers[p->n] = *(int *)bytebuf_readable(bytebuf_of(msg));
    sched_yield(); /* let another in, if one may come */
    if (p->on_read)
        p->on_read();
    atomic_fetch_sub(&p->inside, 1);
    bool last = ++p->n == EVENTS;
    ctx_fire_channel_read(ctx, msg);
    if (last)
        sem_post(&done);
    return 0;
}

static int sink_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    (void)ctx;
    reference_release(msg);
    return 0;
}

static const struct channel_handler_ops probe_ops = {
    .name = "probe",
    .handler_added = probe_added,
    .handler_removed = probe_removed,
    .channel_read = probe_read,
};
static const struct channel_handler_ops sink_ops = {.name = "sink",
                                                    .sharable = true,
                                                    .channel_read = sink_read};
static struct channel_handler sink = CHANNEL_HANDLER_INIT(&sink_ops);

static void setup(void)
{
    loops = event_loop_group_new(2, "loop");
    heavy = default_event_executor_group_new(HEAVY, "heavy");
    sem_init(&done, 0, 0);
}

static void teardown(void)
{
    event_executor_group_free(heavy);
    event_executor_group_free(loops);
}

TestSuite(other_group, .init = setup, .fini = teardown);

static void wait_until(sem_t *sem)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += GUARD_S;
    cr_assert_eq(sem_timedwait(sem, &t), 0, "nothing came");
}

/* A connected channel, not yet registered; its other end in *peer. */
static struct channel *open_channel(int *peer)
{
    int fds[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *peer = fds[1];
    struct channel *ch = socket_channel_adopt(fds[0], NULL);
    cr_assert_not_null(ch);
    return ch;
}

static void add(struct channel *ch, struct event_executor_group *group,
                struct channel_handler *h)
{
    cr_assert_eq(channel_pipeline_add_last(channel_pipeline(ch), group, NULL,
                                           h),
                 0);
}

static void add_probe(struct channel *ch, struct event_executor_group *group,
                      struct probe *p)
{
    channel_handler_init(&p->handler, &probe_ops);
    add(ch, group, &p->handler);
}

static void start(struct channel *ch)
{
    struct promise *p = promise_new(NULL);

    event_loop_group_register(loops, ch, p);
    cr_assert_eq(future_sync(&p->future), 0);
    promise_release(p);
}

/* Closes it and waits until its `probes` probes are gone. */
static void finish(struct channel *ch, int peer, int probes)
{
    channel_close(ch, NULL);
    while (probes-- > 0)
        wait_until(&done);
    channel_release(ch);
    close(peer);
}

static void fire(struct channel *ch, int number)
{
    channel_pipeline_fire_channel_read(
        channel_pipeline(ch),
        &unpooled_copied_buffer(&number, sizeof(number))->ref);
}

static int fire_all(void *ch)
{
    for (int i = 0; i < EVENTS; i++)
        fire(ch, i);
    return 0;
}

static bool is_of(const struct event_executor *ex,
                  const struct event_executor_group *group)
{
    return ex && ex->parent == group;
}

Test(other_group, callbacks_run_in_the_handlers_executor)
{
    static struct probe own, other;
    int peer;
    struct channel *ch = open_channel(&peer);

    add_probe(ch, NULL, &own);
    add_probe(ch, heavy, &other);
    add(ch, NULL, &sink);
    start(ch);
    fire_all(ch); /* from a thread that is neither */
    wait_until(&done);
    wait_until(&done);
    finish(ch, peer, 2);
    cr_expect_eq(own.added_in, ch->loop);
    cr_expect_eq(own.read_in, ch->loop);
    cr_expect_eq(own.removed_in, ch->loop);
    cr_expect(is_of(other.added_in, heavy));
    cr_expect_eq(other.read_in, other.added_in);
    cr_expect_eq(other.removed_in, other.added_in);
}

Test(other_group, events_hop_in_order_and_one_at_a_time)
{
    static struct probe other;
    int peer;
    struct channel *ch = open_channel(&peer);

    add_probe(ch, heavy, &other);
    add(ch, NULL, &sink);
    start(ch);
    loopback_run(ch->loop, fire_all, ch);
    wait_until(&done);
    finish(ch, peer, 1);
    cr_expect_eq(other.n, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        cr_assert_eq(other.numbers[i], i);
    cr_expect_not(other.moved, "of %d executors it has one", HEAVY);
    cr_expect_not(atomic_load(&other.beside));
}

Test(other_group, a_channel_has_one_executor_in_each_group)
{
    static struct probe first, second, elsewhere;
    struct event_executor_group *more =
        default_event_executor_group_new(HEAVY, "more");
    int peer;
    struct channel *ch = open_channel(&peer);

    add_probe(ch, heavy, &first);
    add_probe(ch, more, &elsewhere);
    add_probe(ch, heavy, &second);
    start(ch);
    finish(ch, peer, 3);
    cr_expect_eq(first.added_in, second.added_in);
    cr_expect(is_of(elsewhere.added_in, more));
    event_executor_group_free(more);
}

/* Each of two waits inside for the other one: so both have to be inside. */
static sem_t met[2];
static _Atomic int n_met;

static void meet(void)
{
    int i = atomic_fetch_add(&n_met, 1);

    sem_post(&met[1 - i]);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += GUARD_S;
    if (sem_timedwait(&met[i], &t) < 0)
        atomic_store(&n_met, -1);
    sem_post(&done);
}

Test(other_group, channels_run_beside_each_other)
{
    static struct probe probes[2];
    struct channel *ch[2];
    int peer[2];

    for (int i = 0; i < 2; i++) {
        sem_init(&met[i], 0, 0);
        probes[i].on_read = meet;
        ch[i] = open_channel(&peer[i]);
        add_probe(ch[i], heavy, &probes[i]);
        add(ch[i], NULL, &sink);
        start(ch[i]);
    }
    for (int i = 0; i < 2; i++)
        fire(ch[i], i);
    wait_until(&done);
    wait_until(&done);
    cr_expect_eq(atomic_load(&n_met), 2, "one waited in vain");
    cr_expect_neq(probes[0].read_in, probes[1].read_in);
    for (int i = 0; i < 2; i++)
        finish(ch[i], peer[i], 1);
}

static void given_back(void *memory, void *count)
{
    (void)memory;
    ++*(int *)count;
}

static int pass_write(struct channel_handler_context *ctx,
                      struct reference_counted *msg, struct promise *promise)
{
    ctx_write(ctx, msg, promise);
    return 0;
}

static const struct channel_handler_ops writer_ops = {.name = "writer",
                                                      .sharable = true,
                                                      .write = pass_write};

/* Netty leaks the message. */
Test(other_group, a_refused_hop_releases_its_message_and_fails_its_promise)
{
    static struct channel_handler writer = CHANNEL_HANDLER_INIT(&writer_ops);
    struct promise *p = promise_new(NULL);
    static char memory[4];
    int peer, n = 0;
    struct channel *ch = open_channel(&peer);

    add(ch, heavy, &sink);
    add(ch, heavy, &writer);
    start(ch);
    cr_assert_eq(future_sync(
                     event_executor_group_shutdown_gracefully(heavy, 0, 0)),
                 0);

    channel_write(ch, &unpooled_wrapped_buffer(memory, 4, given_back, &n)->ref,
                  p);
    cr_expect_eq(future_sync(&p->future), -ESHUTDOWN);
    cr_expect_eq(n, 1, "the written message");
    cr_expect_eq(channel_outbound_buffer_total_pending(&ch->outbound), 0,
                 "it is not owed any more");
    channel_pipeline_fire_channel_read(
        channel_pipeline(ch),
        &unpooled_wrapped_buffer(memory, 4, given_back, &n)->ref);
    /* close() would be lost on its way as well: the loop's end closes it. */
    event_executor_group_free(loops); /* has run all there was */
    loops = NULL;
    cr_expect_eq(n, 2, "the read message");
    cr_expect_not(channel_is_open(ch));
    promise_release(p);
    channel_release(ch);
    close(peer);
}

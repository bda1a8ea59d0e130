/*
 * Channels with a socket: bursts of reading, ends of input, errors, sending.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/netty/channel_initializer.h"
#include "models/netty/channel_internal.h"
#include "tests/netty/loopback.h"
#include "tests/netty/recorder.h"

static struct event_executor_group *loops;
static struct event_executor *loop;
static struct bootstrap boot;
static struct channel *ch; /* connected to... */
static int peer;           /* ... this */

static struct channel_handler *handler; /* what init_channel adds; or NULL */

static int init_channel(struct channel *c, void *unused)
{
    (void)unused;
    return channel_pipeline_add_last(channel_pipeline(c), NULL, "h", handler);
}

static void setup(void)
{
    loops = event_loop_group_new(1, "loop");
    loop = loops->children[0];
    bootstrap_init(&boot, loops);
    recorder_clear();
}

static void teardown(void)
{
    if (ch) {
        channel_close(ch, NULL);
        future_await(channel_close_future(ch));
        channel_release(ch);
    }
    event_executor_group_free(loops);
}

TestSuite(socket_channel, .init = setup, .fini = teardown);

static void connect_with(struct channel_handler *h)
{
    static struct channel_initializer init =
        CHANNEL_INITIALIZER(init_channel, NULL);
    struct socket_address a;
    int listener = loopback_listen(&a, 1);

    handler = h;
    bootstrap_handler(&boot, &init.handler);
    struct future *f = bootstrap_connect(&boot, &a);
    cr_assert_eq(future_sync(f), 0);
    ch = channel_retain(future_channel(f));
    future_release(f);
    peer = loopback_accept(listener);
    close(listener);
}

static int read_on(void *arg)
{
    (void)arg;
    recorder_clear();
    channel_set_auto_read(ch, true);
    return 0;
}

/* ---- reading ---- */

enum { CHUNK = 64, CHUNKS = 8 };

/* Counts what comes; hands nothing on. */
struct counter {
    struct channel_handler handler; /* first */
    size_t bytes;                   /* come */
    struct promise *all;            /* CHUNK * CHUNKS have, and a burst ended */
};

static int counter_read(struct channel_handler_context *ctx,
                        struct reference_counted *msg)
{
    struct counter *c = (struct counter *)ctx_handler(ctx);
    size_t n = bytebuf_readable_bytes(bytebuf_of(msg));

    cr_expect_leq(n, CHUNK, "%zu bytes at once", n);
    c->bytes += n;
    recorder_add("c", "read");
    reference_release(msg);
    return 0;
}

static int counter_complete(struct channel_handler_context *ctx)
{
    struct counter *c = (struct counter *)ctx_handler(ctx);

    recorder_add("c", "complete");
    if (c->bytes == CHUNK * CHUNKS)
        promise_try_success(c->all, NULL);
    return 0;
}

static const struct channel_handler_ops counter_ops = {
    .name = "counter",
    .channel_read = counter_read,
    .channel_read_complete = counter_complete,
};

Test(socket_channel, a_burst_is_so_many_reads_and_one_read_complete)
{
    static struct counter counter; /* as long as the channel */
    char bytes[CHUNK * CHUNKS] = "";

    counter.all = promise_new(NULL);
    channel_handler_init(&counter.handler, &counter_ops);
    bootstrap_option(&boot, CHANNEL_OPTION_AUTO_READ, 0);
    bootstrap_option(&boot, CHANNEL_OPTION_RCVBUF_MAX, CHUNK);
    bootstrap_option(&boot, CHANNEL_OPTION_MAX_MESSAGES_PER_READ, 3);
    connect_with(&counter.handler);
    cr_assert_eq(send(peer, bytes, sizeof(bytes), 0), (long)sizeof(bytes));
    loopback_run(loop, read_on, NULL);
    cr_assert_eq(future_sync(&counter.all->future), 0);
    cr_assert_str_eq(recorder_log, "c.read c.read c.read c.complete "
                                   "c.read c.read c.read c.complete "
                                   "c.read c.read c.complete");
    close(peer);
    future_await(channel_close_future(ch));
    promise_release(counter.all);
}

Test(socket_channel, the_end_of_input_closes)
{
    connect_with(recorder_new_inbound("h"));
    loopback_run(loop, read_on, NULL);
    close(peer);
    cr_assert_eq(future_sync(channel_close_future(ch)), 0);
    event_executor_group_shutdown_gracefully(loops, 0, 0);
    future_await(event_executor_group_termination_future(loops));
    cr_assert_str_eq(recorder_log, "h.inactive h.unregistered h.removed");
}

static bool was_told(void *what)
{
    return strstr(recorder_log, what) != NULL;
}

Test(socket_channel, half_a_closure_is_an_event_if_allowed)
{
    bootstrap_option(&boot, CHANNEL_OPTION_ALLOW_HALF_CLOSURE, 1);
    connect_with(recorder_new_inbound("h"));
    shutdown(peer, SHUT_WR);
    cr_assert(loopback_wait(loop, was_told, "h.event"));
    cr_assert(channel_is_open(ch));
    channel_write_and_flush(ch, text_message("still here"), NULL);
    cr_assert(loopback_receives(peer, "still here"));
    channel_close(ch, NULL);
    cr_assert(loopback_is_over(peer));
    close(peer);
}

Test(socket_channel, a_reset_is_caught_and_closes)
{
    connect_with(recorder_new_failing("h", "none", true));
    loopback_run(loop, read_on, NULL);
    recorder_clear();
    loopback_reset_on_close(peer);
    close(peer);
    cr_assert_eq(future_sync(channel_close_future(ch)), 0);
    event_executor_group_shutdown_gracefully(loops, 0, 0);
    future_await(event_executor_group_termination_future(loops));
    cr_assert_not_null(strstr(recorder_log,
                              "h.exception h.inactive h.unregistered "
                              "h.removed"),
                       "%s", recorder_log);
}

/* ---- writing ---- */

static int write_a_string(void *arg)
{
    (void)arg;
    static const struct reference_counted_type odd = {.name = "odd thing"};
    static struct reference_counted msg;
    static struct promise p;

    reference_init(&msg, &odd, REFERENCE_HERE);
    reference_retain(&msg); /* it is never freed */
    promise_init(&p, NULL, NULL);
    channel_write(ch, &msg, &p);
    cr_expect_eq(reference_count(&msg), 1, "released");
    cr_expect_eq(future_cause(&p.future)->code, -EOPNOTSUPP);
    cr_expect_str_eq(future_cause(&p.future)->text,
                     "a socket channel cannot send a odd thing: no handler has "
                     "encoded it");
    promise_release(&p);
    return 0;
}

Test(socket_channel, what_nobody_has_encoded_fails_and_says_so)
{
    connect_with(recorder_new_inbound("h"));
    loopback_run(loop, write_a_string, NULL);
    close(peer);
}

enum { IOVECS = 1024 };

static int write_more_than_a_spin(void *arg)
{
    (void)arg;
    for (int i = 0; i < IOVECS + 1; i++)
        channel_write(ch, text_message("x"), NULL);
    channel_flush(ch);
    cr_expect_eq(ch->outbound.n_flushed, 1, "the rest of one spin");
    channel_write(ch, text_message("y"), NULL);
    return 0;
}

static int look_at_the_rest(void *arg)
{
    (void)arg;
    cr_expect_eq(ch->outbound.n_flushed, 0, "a task has sent the rest");
    cr_expect_not_null(ch->outbound.unflushed, "and not what nobody flushed");
    channel_flush(ch);
    return 0;
}

Test(socket_channel, spent_spins_leave_the_rest_to_a_task)
{
    char got[IOVECS + 1];

    bootstrap_option(&boot, CHANNEL_OPTION_WRITE_SPIN_COUNT, 1);
    connect_with(recorder_new_inbound("h"));
    loopback_run(loop, write_more_than_a_spin, NULL);
    loopback_run(loop, look_at_the_rest, NULL);
    cr_assert_eq(recv(peer, got, sizeof(got), MSG_WAITALL), (long)sizeof(got));
    cr_assert(loopback_receives(peer, "y"));
    close(peer);
}

enum { PIECE = 32 * 1024, PIECES = 128 };

static struct promise *last_piece;

static int refuse_to_write(struct channel *c)
{
    (void)c;
    cr_expect_fail("a flush has asked the kernel again");
    return 0;
}

/* As one who heeds isWritable would not: all at once. */
static int flood(void *arg)
{
    (void)arg;
    for (int i = 0; i < PIECES; i++) {
        struct bytebuf *buf = allocator_buffer(allocator_default, PIECE);
        memset(bytebuf_writable(buf, PIECE), 'z', PIECE);
        bytebuf_advance_writer(buf, PIECE);
        channel_write_and_flush(ch, &buf->ref,
                                i == PIECES - 1 ? last_piece : NULL);
    }
    return 0;
}

static int look_at_the_armed(void *arg)
{
    size_t owed = channel_outbound_buffer_total_pending(&ch->outbound);

    (void)arg;
    cr_expect_not(channel_is_writable(ch));
    cr_expect_gt(owed, 64 * 1024);
    cr_expect(ch->ops->is_flush_pending(ch), "EV_WRITE is armed");
    const struct channel_ops *really = ch->ops;
    struct channel_ops never = *really;
    never.do_write = refuse_to_write;
    ch->ops = &never;
    for (int i = 0; i < 100; i++)
        channel_flush(ch); /* skipped: the kernel will say when */
    ch->ops = really;
    return 0;
}

Test(socket_channel, a_peer_that_never_reads_makes_it_unwritable)
{
    size_t left = (size_t)PIECE * PIECES;
    static char got[PIECE];

    last_piece = promise_new(NULL);
    bootstrap_option(&boot, CHANNEL_OPTION_SO_SNDBUF, PIECE);
    connect_with(recorder_new_inbound("h"));
    loopback_run(loop, read_on, NULL);
    loopback_run(loop, flood, NULL);
    loopback_run(loop, look_at_the_armed, NULL);
    cr_assert_str_eq(recorder_log, "h.writability", "told once");
    cr_assert_not(future_is_done(&last_piece->future));
    while (left > 0) { /* now it reads: everything is still there */
        ssize_t n = recv(peer, got, sizeof(got), 0);
        cr_assert_gt(n, 0);
        left -= (size_t)n;
    }
    cr_assert_eq(future_sync(&last_piece->future), 0);
    cr_assert(loopback_wait(loop, was_told, "h.writability h.writability"));
    promise_release(last_piece);
    close(peer);
}

Test(socket_channel, a_peer_that_goes_fails_what_it_is_owed)
{
    last_piece = promise_new(NULL);
    connect_with(recorder_new_inbound("h"));
    loopback_run(loop, flood, NULL);
    loopback_reset_on_close(peer);
    close(peer);
    cr_assert_lt(future_sync(&last_piece->future), 0);
    promise_release(last_piece);
}

/*
 * chat_loop - the clients of one event loop: writing to them, flushing them,
 * judging who is slow, and stopping to read who has to wait.
 *
 * Loop thread only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "common/log.h"
#include "common/stats.h"
#include "models/netty/channel_internal.h"
#include "models/netty/chat_server.h"

static const uint64_t second = TICKER_S;

static size_t half_sendq(void)
{
    return server.opts.sendq / 2;
}

size_t client_owed(const struct client *c)
{
    return c->channel->outbound.bytes +
           (c->out ? bytebuf_readable_bytes(c->out) : 0);
}

static void mark_dirty(struct client *c)
{
    if (c->dirty)
        return;
    c->dirty = true;
    c->next_dirty = c->loop->dirty;
    c->loop->dirty = c;
}

/* ---- reading or not ---- */

void client_pause(struct client *c, enum pause reason)
{
    if (!c->pauses)
        channel_set_auto_read(c->channel, false);
    c->pauses |= (uint8_t)reason;
}

void client_resume(struct client *c, enum pause reason)
{
    if (!(c->pauses & reason))
        return;
    c->pauses &= (uint8_t)~reason;
    if (c->pauses)
        return;
    /* What has been read comes first, without waiting for the socket. */
    if (c->executor == c->loop->executor)
        client_go_on(c);
    if (!c->pauses)
        channel_set_auto_read(c->channel, true);
}

void chat_loop_hold(struct chat_loop *loop)
{
    loop->holding = true;
}

/* Rare, so a walk over all clients is cheaper than a list to keep. */
void chat_loop_release(struct chat_loop *loop)
{
    struct client *next;

    loop->holding = false;
    for (struct client *c = loop->clients; c && !loop->holding; c = next) {
        next = c->next;
        client_resume(c, PAUSE_HELD);
    }
}

/* ---- drained ---- */

/* At the end of the turn: who has much to say or to be told takes turns with
 * everybody else. */
static int on_drained(void *arg)
{
    struct client *c = arg;

    c->drained = false;
    if (client_owed(c) > half_sendq() / 2 && !c->deaf) {
        /* More has come meanwhile. */
    } else if (c->tell_drained) {
        c->tell_drained = false;
        if (c->executor == c->loop->executor)
            client_continue_reply(c);
        else
            client_execute(c, c->executor, client_continue_reply);
    } else {
        client_resume(c, PAUSE_DRAIN);
    }
    client_release(c);
    return 0;
}

/* Tells who waits for it that the client's queue has gone down. */
static void check_drained(struct client *c)
{
    if (!(c->pauses & PAUSE_DRAIN) || c->drained ||
        client_owed(c) > half_sendq() / 2)
        return;
    c->drained = true;
    client_retain(c);
    if (event_loop_execute_after_iteration(event_loop_of(c->loop->executor),
                                           on_drained, c) < 0)
        on_drained(c);
}

void client_on_writable(struct client *c)
{
    c->last_seen = event_loop_turn_time(event_loop_of(c->loop->executor));
    check_drained(c);
}

/* ---- slow readers ---- */

static void write_line(struct client *c, const char *bytes, size_t len)
{
    struct chat_line line = {.bytes = bytes, .len = len};

    reference_init(&line.ref, &chat_line_type, "chat_loop.c");
    channel_write(c->channel, &line.ref, NULL);
    mark_dirty(c);
}

/* Forgets all that is owed but the rest of a line whose start has been sent
 * already. */
static void drop_lines(struct client *c)
{
    struct channel_outbound_buffer *ob = &c->channel->outbound;
    struct reference_counted *msg = channel_outbound_buffer_current(ob);
    struct bytebuf *buf = msg ? bytebuf_of(msg) : NULL;
    bool mid_line = false;

    if (c->out)
        bytebuf_release(c->out);
    c->out = NULL;
    if (buf && bytebuf_is_readable(buf)) {
        size_t r = bytebuf_reader_index(buf);
        mid_line = r > 0 && *bytebuf_address(buf, r - 1, 1) != '\n';
        if (mid_line)
            bytebuf_set_writer_index(
                buf, r + 1 + (size_t)bytebuf_bytes_before(buf, '\n'));
    }
    channel_outbound_buffer_fail_rest(c->channel, &exception_closed_channel);
    if (!mid_line)
        channel_outbound_buffer_remove_failed(c->channel,
                                              &exception_closed_channel);
}

/* The kernel refuses and the queue is full. Not a place to leave from. */
static void doom(struct client *c)
{
    static const char text[] = "ERROR :Closing Link: SendQ exceeded\r\n";

    stats_add(STAT_SENDQ_KILLS, 1);
    drop_lines(c);
    write_line(c, text, sizeof(text) - 1);
    c->deaf = true;
    c->doomed = true;
}

/* Called before a queue grows past half of --sendq: see DESIGN.md, point 5 of
 * the delivery contract. */
static void relieve(struct client *c, size_t len, bool reply)
{
    /* A flush under way is left alone until the queue is full; then the kernel
     * is asked once more, since only it can say who is slow. */
    channel_flush(c->channel);
    if (client_owed(c) + len > server.opts.sendq)
        channel_unsafe_force_flush(c->channel);
    if (!channel_is_open(c->channel)) {
        c->deaf = true;
        mark_dirty(c);
    } else if (client_owed(c) + len > server.opts.sendq && !reply) {
        doom(c);
    }
}

void client_send(struct client *c, const char *bytes, size_t len, bool reply)
{
    if (c->deaf)
        return;
    if (client_owed(c) + len > half_sendq()) {
        relieve(c, len, reply);
        if (c->deaf)
            return;
    }
    write_line(c, bytes, len);
    if (c->lost)
        doom(c);
}

/* ---- leaving ---- */

/* Its executor's part. The cause is found again from what the loop has noted,
 * so that a task needs no memory of its own for it. */
static int leave_task(void *arg)
{
    struct client *c = arg;

    client_leave(c, (enum chat_cause)atomic_load(&c->cause));
    return 0;
}

void client_ask_to_leave(struct client *c, enum chat_cause cause)
{
    if (c->leaving)
        return;
    c->leaving = true;
    atomic_store(&c->hurried, true);
    atomic_store(&c->cause, (int)cause);
    client_pause(c, PAUSE_END);
    if (cause == CHAT_ERROR)
        c->deaf = true;
    if (c->executor == c->loop->executor)
        client_leave(c, cause);
    else
        client_execute(c, c->executor, leave_task);
}

/* Nothing names the client any more: flush, and close. */
static void begin_closing(struct client *c)
{
    c->leaving = c->closing = true;
    c->deadline = ticker_now(&ticker_system) + CHAT_LINGER_S * second;
    client_pause(c, PAUSE_END);
    if (c->closed)
        client_forget_if_over(c); /* frees it */
    else
        mark_dirty(c);
}

void client_take_note(struct client *c, unsigned notes)
{
    client_retain(c);
    if (notes & NOTE_LOST && !c->deaf)
        doom(c);
    if (notes & NOTE_MORE && !(notes & NOTE_GONE)) {
        c->tell_drained = true;
        client_pause(c, PAUSE_DRAIN);
        check_drained(c);
    }
    if (notes & NOTE_GONE)
        begin_closing(c);
    client_release(c);
}

/* The last bytes have to be on their way before the channel is closed. */
static void close_when_flushed(struct client *c)
{
    if (client_owed(c) == 0 || !channel_is_active(c->channel)) {
        channel_close(c->channel, NULL);
        return;
    }
    if (c->last_write)
        return;
    struct bytebuf *empty = allocator_buffer(allocator_default, 64);
    struct promise *p = channel_new_promise(c->channel);
    if (empty && p &&
        future_add_listener(&p->future, channel_future_close, NULL) == 0) {
        c->last_write = true;
        channel_write_and_flush(c->channel, &empty->ref, p);
    } else if (empty) { /* the sweep will close it */
        bytebuf_release(empty);
    }
    promise_release(p);
}

/* ---- flushing ---- */

/* What a client needs that has been written to, once the batch is done. */
static void settle(struct client *c)
{
    stats_max(STAT_SENDQ_MAX_BYTES, client_owed(c));
    channel_flush(c->channel);
    if (!channel_is_open(c->channel))
        c->deaf = true;
    if (c->closing) {
        close_when_flushed(c);
    } else if (c->doomed) {
        client_ask_to_leave(c, CHAT_SENDQ);
    } else if (c->pauses & PAUSE_DRAIN) {
        check_drained(c);
    } else if (!c->pauses && client_owed(c) > half_sendq()) {
        client_pause(c, PAUSE_DRAIN); /* no more questions before the answers */
    }
}

void chat_loop_flush_dirty(struct chat_loop *loop)
{
    while (loop->dirty) {
        struct client *c = loop->dirty;
        loop->dirty = c->next_dirty;
        c->dirty = false;
        settle(c); /* what ends by it ends as a later task */
    }
}

/* ---- the clock, the beginning and the end ---- */

static int on_sweep(void *arg)
{
    struct chat_loop *loop = arg;
    uint64_t now = event_loop_turn_time(event_loop_of(loop->executor));
    struct client *next;

    for (struct client *c = loop->clients; c; c = next) {
        next = c->next;
        client_check_time(c, now);
    }
    chat_loop_flush_dirty(loop);
    mailbox_check(&loop->box);
    return 0;
}

static void sweep_each(struct chat_loop *loop, uint64_t ns)
{
    if (loop->sweep)
        scheduled_future_cancel(loop->sweep);
    scheduled_future_release(loop->sweep);
    loop->sweep =
        event_executor_schedule_at_fixed_rate(loop->executor, on_sweep, loop,
                                              (int64_t)ns, (int64_t)ns);
}

static int start(void *arg)
{
    sweep_each(arg, second);
    return 0;
}

void chat_loop_init(struct chat_loop *loop, struct event_executor *executor)
{
    *loop = (struct chat_loop){.executor = executor};
    loop->ended = promise_new(NULL);
    if (!loop->ended)
        die(1, "out of memory");
    mailbox_init(&loop->box, loop);
    int err = event_executor_execute(executor, start, loop);
    if (err)
        die_errno(-err, "cannot start an event loop");
}

int chat_loop_stop(void *arg)
{
    static const char text[] = "ERROR :Server shutting down\r\n";
    struct chat_loop *loop = arg;
    struct client *next;

    log_step("stopping: %zu connections to flush", loop->n_clients);
    loop->stopping = true;
    /* Flushing has CHAT_LINGER_S seconds: look more often than each second. */
    sweep_each(loop, second / 10);
    for (struct client *c = loop->clients; c; c = c->next) {
        if (!c->closing)
            client_send(c, text, sizeof(text) - 1, false);
        c->deaf = true; /* the last line is the last */
    }
    for (struct client *c = loop->clients; c; c = next) {
        next = c->next;
        client_ask_to_leave(c, CHAT_SHUTDOWN);
    }
    chat_loop_flush_dirty(loop);
    if (loop->n_clients == 0)
        promise_set_success(loop->ended, NULL);
    return 0;
}

void chat_loop_free(struct chat_loop *loop)
{
    scheduled_future_release(loop->sweep);
    mailbox_free(&loop->box);
    promise_release(loop->ended);
}

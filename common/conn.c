#include "common/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/die.h"
#include "common/log.h"
#include "common/net.h"
#include "common/stats.h"

_Thread_local struct conn *conn_current;

/* Puts the connection among those to look at when the turn ends. */
static void mark_dirty(struct conn *c)
{
    if (c->dirty)
        return;
    c->dirty = true;
    c->next_dirty = c->loop->dirty;
    c->loop->dirty = c;
}

/* ---- reading ---- */

static void pause_until_drained(struct conn *c)
{
    c->paused = true;
    c->until_drained = true;
    ev_io_stop(c->loop->ev, &c->readable);
    /* The kernel says when there is room, at the earliest in the next turn: who
     * has much to say or to be told takes turns with everybody else. */
    ev_io_start(c->loop->ev, &c->writable);
}

static void handle_lines(struct conn *c, struct inbuf_scan *scan)
{
    char *line;
    size_t len;

    conn_current = c;
    for (int n = 0; !c->paused && !c->leaving; n++) {
        enum inbuf_result r = inbuf_scan_next(scan, &line, &len);
        if (r == INBUF_NONE)
            break;
        c->loop->ops->on_line(c, r == INBUF_LINE ? line : NULL, len);
        /* The rest in a later turn, and once the answers have been taken. */
        if ((n == CONN_LINES - 1 ||
             outbuf_size(&c->out) > c->loop->half_sendq) &&
            !c->paused && !c->leaving)
            pause_until_drained(c);
    }
    conn_current = NULL;
    if (inbuf_scan_end(scan) < 0)
        conn_leave(c, CHAT_ERROR);
}

static void on_readable(struct ev_loop *ev, ev_io *w, int revents)
{
    struct conn *c = w->data;
    struct inbuf_scan scan;
    char *data = c->loop->scratch + INBUF_HEADROOM;

    (void)revents;
    if (c->loop->holding) {
        conn_hold(c);
        return;
    }
    long n = net_recv(c->fd, data, CONN_READ_SIZE);
    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        conn_leave(c, n == 0 ? CHAT_EOF : CHAT_ERROR);
        return;
    }
    c->last_seen = ev_now(ev);
    c->pinged = false;
    inbuf_scan_start(&scan, &c->in, data, (size_t)n);
    handle_lines(c, &scan);
}

void conn_pause(struct conn *c, bool until_drained)
{
    c->held = false;
    c->tell_drained = until_drained;
    if (until_drained) {
        pause_until_drained(c);
        return;
    }
    c->paused = true;
    c->until_drained = false;
    ev_io_stop(c->loop->ev, &c->readable);
}

void conn_resume(struct conn *c)
{
    struct inbuf_scan scan;

    if (c->leaving)
        return;
    c->until_drained = c->tell_drained = false;
    /* The loop is on hold: it waits for the release like the others. */
    c->paused = c->held = c->loop->holding;
    if (c->held)
        return;
    inbuf_scan_resume(&scan, &c->in);
    handle_lines(c, &scan);
    if (!c->paused && !c->leaving)
        ev_io_start(c->loop->ev, &c->readable);
}

void conn_loop_hold(struct conn_loop *loop)
{
    loop->holding = true;
}

void conn_hold(struct conn *c)
{
    if (c->paused)
        return; /* for a reason of its own, which will resume it */
    conn_pause(c, false);
    c->held = true;
}

/* Rare, so a walk over all connections is cheaper than a list to keep. */
void conn_loop_release(struct conn_loop *loop)
{
    loop->holding = false;
    for (struct conn *c = loop->conns; c && !loop->holding; c = c->next) {
        if (c->held)
            conn_resume(c);
    }
}

/* ---- sending ---- */

/* Sends what is owed, as far as the kernel takes it. A lost connection becomes
 * deaf; the caller sees to it that it is settled. */
static void send_owed(struct conn *c)
{
    int err = outbuf_send(&c->out, c->fd);

    if (err == -EAGAIN) {
        ev_io_start(c->loop->ev, &c->writable);
    } else {
        /* Who waits to be drained still has to hear of it. */
        if (!c->until_drained || err < 0)
            ev_io_stop(c->loop->ev, &c->writable);
        if (err < 0) {
            c->deaf = true;
            outbuf_free(&c->out);
        }
    }
}

/* The kernel refuses and the queue is full. Not a place to leave from: members
 * are being walked. */
static void doom(struct conn *c)
{
    static const char text[] = "ERROR :Closing Link: SendQ exceeded\r\n";

    stats_add(STAT_SENDQ_KILLS, 1);
    outbuf_drop_lines(&c->out);
    (void)outbuf_append(&c->out, text, sizeof(text) - 1);
    c->deaf = true;
    c->doomed = true;
    mark_dirty(c);
}

/* Called before a queue grows past half of --sendq: see DESIGN.md, point 5 of
 * the delivery contract. */
static void relieve(struct conn *c, size_t len)
{
    bool full = outbuf_size(&c->out) + len > c->loop->opts->sendq;

    /* A writer under way is left alone until the queue is full; then the
     * kernel is asked once more, since only it can say who is slow. */
    if (full || !ev_is_active(&c->writable))
        send_owed(c);
    if (c->deaf)
        mark_dirty(c);
    else if (outbuf_size(&c->out) + len > c->loop->opts->sendq &&
             c != conn_current)
        doom(c);
}

void conn_append(struct conn *c, const char *bytes, size_t len)
{
    if (outbuf_size(&c->out) + len > c->loop->half_sendq) {
        relieve(c, len);
        if (c->deaf)
            return;
    }
    if (outbuf_append(&c->out, bytes, len) < 0) {
        doom(c);
        return;
    }
    mark_dirty(c);
}

/* The queue has gone down: the connection may be read again. */
static void drained(struct conn *c)
{
    c->until_drained = false;
    if (outbuf_size(&c->out) == 0)
        ev_io_stop(c->loop->ev, &c->writable);
    if (!c->tell_drained) {
        conn_resume(c);
        return;
    }
    c->tell_drained = false;
    conn_current = c;
    c->loop->ops->on_drained(c);
    conn_current = NULL;
}

static void on_writable(struct ev_loop *ev, ev_io *w, int revents)
{
    struct conn *c = w->data;
    size_t owed = outbuf_size(&c->out);

    (void)revents;
    send_owed(c);
    if (outbuf_size(&c->out) < owed)
        c->last_seen = ev_now(ev); /* it reads: a sign of life */
    if (c->closing || c->deaf)
        mark_dirty(c);
    else if (c->until_drained && (!c->leaving || c->tell_drained) &&
             outbuf_size(&c->out) <= c->loop->half_sendq / 2)
        drained(c);
}

/* ---- leaving ---- */

void conn_leave(struct conn *c, enum chat_cause cause)
{
    if (c->leaving) {
        if (cause != CHAT_EOF && !c->closing && c->loop->ops->on_hurry)
            c->loop->ops->on_hurry(c);
        return;
    }
    c->leaving = true;
    c->until_drained = false; /* or an empty queue would keep waking us */
    ev_io_stop(c->loop->ev, &c->readable);
    inbuf_free(&c->in);
    if (cause == CHAT_ERROR)
        c->deaf = true;
    c->loop->ops->on_leave(c, cause);
}

void conn_gone(struct conn *c)
{
    c->leaving = true;
    c->closing = true;
    c->deadline = ev_now(c->loop->ev) + CONN_LINGER;
    ev_io_stop(c->loop->ev, &c->readable);
    mark_dirty(c);
}

static void free_conn(struct conn *c)
{
    struct conn_loop *loop = c->loop;

    ev_io_stop(loop->ev, &c->readable);
    ev_io_stop(loop->ev, &c->writable);
    net_discard_input(c->fd);
    close(c->fd);
    inbuf_free(&c->in);
    outbuf_free(&c->out);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    loop->n_conns--;
    if (c->job)
        loop->free_job(c->job);
    free(c);
    loop->ops->on_freed(loop);
}

/* What a dirty connection needs once the turn's events have been handled. */
static void settle(struct conn *c)
{
    c->dirty = false; /* leaving makes it dirty again */
    stats_max(STAT_SENDQ_MAX_BYTES, outbuf_size(&c->out));
    if (!ev_is_active(&c->writable))
        send_owed(c);
    if (c->closing) {
        if (outbuf_size(&c->out) == 0)
            free_conn(c);
    } else if (c->doomed) {
        conn_leave(c, CHAT_SENDQ);
    } else if (c->deaf) {
        conn_leave(c, CHAT_ERROR);
    } else if (outbuf_size(&c->out) > c->loop->half_sendq && !c->paused &&
               !c->leaving) {
        pause_until_drained(c); /* no more questions before the answers */
    }
}

static void on_turn_end(struct ev_loop *ev, ev_prepare *w, int revents)
{
    struct conn_loop *loop = w->data;

    (void)ev;
    (void)revents;
    stats_add(STAT_LOOP_ITERATIONS, 1);
    for (;;) {
        bool added = loop->ops->on_turn_end && loop->ops->on_turn_end(loop);
        if (!added && !loop->dirty)
            break;
        /* Leaving makes others dirty, and the same one again: go on until
         * nothing is left. */
        while (loop->dirty) {
            struct conn *c = loop->dirty;
            loop->dirty = c->next_dirty;
            settle(c);
        }
    }
    log_flush();
}

/* ---- time-outs ---- */

static void check_time(struct conn *c, ev_tstamp now)
{
    const struct server_options *o = c->loop->opts;
    double silent = now - c->last_seen;

    if (c->closing) {
        if (now >= c->deadline) {
            outbuf_free(&c->out);
            mark_dirty(c);
        }
    } else if ((c->paused || c->leaving) && !c->until_drained) {
        /* We do not listen: its silence means nothing. Where we wait for it to
         * read, it does. */
        c->last_seen = now;
    } else if (c->leaving) {
        if (silent >= 2 * o->ping_interval) {
            c->deaf = true;
            mark_dirty(c); /* where it is hurried */
        }
    } else if (!atomic_load_explicit(&c->registered, memory_order_relaxed)) {
        if (now - c->opened >= o->register_timeout)
            conn_leave(c, CHAT_REGISTER_TIMEOUT);
    } else if (c->pinged && silent >= 2 * o->ping_interval) {
        conn_leave(c, CHAT_PING_TIMEOUT);
    } else if (!c->pinged && silent >= o->ping_interval) {
        char line[IRC_LINE_MAX];
        size_t len = chat_format_ping(line, o->name);
        c->pinged = true;
        conn_send(c, line, len);
    }
}

static void on_sweep(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct conn_loop *loop = w->data;

    (void)revents;
    for (struct conn *c = loop->conns; c; c = c->next)
        check_time(c, ev_now(ev));
}

/* ---- set-up ---- */

struct conn *conn_open(struct conn_loop *loop, int fd)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (!c) {
        close(fd);
        return NULL;
    }
    c->loop = loop;
    c->fd = fd;
    c->opened = c->last_seen = ev_now(loop->ev);
    ev_io_init(&c->readable, on_readable, fd, EV_READ);
    ev_io_init(&c->writable, on_writable, fd, EV_WRITE);
    c->readable.data = c->writable.data = c;
    c->next = loop->conns;
    c->link = &loop->conns;
    if (c->next)
        c->next->link = &c->next;
    loop->conns = c;
    loop->n_conns++;
    return c;
}

void conn_start(struct conn *c)
{
    ev_io_start(c->loop->ev, &c->readable);
}

void conn_loop_init(struct conn_loop *loop, const struct conn_ops *ops,
                    const struct server_options *opts, struct ev_loop *ev)
{
    loop->ev = ev;
    loop->ops = ops;
    loop->opts = opts;
    loop->half_sendq = opts->sendq / 2;
    loop->conns = loop->dirty = NULL;
    loop->n_conns = 0;
    loop->holding = false;
    ev_prepare_init(&loop->flush, on_turn_end);
    loop->flush.data = loop;
    ev_prepare_start(ev, &loop->flush);
    /* Behind the turn's input (lowest priority): who has just spoken, while a
     * slow handler held the loop, is not silent. */
    ev_timer_init(&loop->sweep, on_sweep, 1, 1);
    ev_set_priority(&loop->sweep, EV_MINPRI);
    loop->sweep.data = loop;
    ev_timer_start(ev, &loop->sweep);
}

void conn_loop_say_goodbye(struct conn_loop *loop)
{
    static const char text[] = "ERROR :Server shutting down\r\n";

    for (struct conn *c = loop->conns; c; c = c->next) {
        if (!c->closing)
            conn_send(c, text, sizeof(text) - 1);
        c->deaf = true; /* the last line is the last */
    }
    /* Flushing has CONN_LINGER seconds: look more often than each second. */
    loop->sweep.repeat = 0.1;
    ev_timer_again(loop->ev, &loop->sweep);
}

void conn_loop_free(struct conn_loop *loop)
{
    ev_prepare_stop(loop->ev, &loop->flush);
    ev_timer_stop(loop->ev, &loop->sweep);
    while (loop->conns) {
        assert(!loop->conns->user);
        free_conn(loop->conns);
    }
    loop->dirty = NULL;
}

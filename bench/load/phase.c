#include "bench/load/phase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/conn.h"
#include "bench/load/guest.h"
#include "bench/load/room.h"
#include "common/die.h"

/* How long after the window messages due in it are still sent: a generator that
 * is further behind is not what the run was to measure. */
static const uint64_t catch_up_ns = 1000000000;

/* This worker's part of --connect-window. */
static uint32_t connect_window(const struct worker *w)
{
    uint32_t part = w->run->opt->connect_window / w->run->opt->threads;

    return part ? part : 1;
}

/* Connects as fast as the server welcomes: a short accept queue overflows
 * otherwise, and each SYN it drops costs a second. */
static void pump_connects(struct worker *w)
{
    while (w->opening < connect_window(w) && w->next_connect < w->conns_count &&
           !w->failed) {
        w->opening++;
        conn_start(w, &w->conns[w->next_connect++]);
    }
}

/* Room by room, in each from another place on: the slow are the last places of
 * a room, and a server may serve its members in the order they came. */
static struct conn *next_to_join(struct worker *w)
{
    uint32_t size = w->run->opt->room_size, room = w->next_join / size;
    uint32_t place = (w->next_join++ + room) % size;

    return &w->rooms[room].members[place];
}

static void pump_joins(struct worker *w)
{
    char text[64];

    while (w->opening < connect_window(w) && w->next_join < w->conns_count &&
           !w->failed) {
        struct conn *c = next_to_join(w);
        w->opening++;
        c->state = CONN_JOINING;
        int n = snprintf(text, sizeof(text), "JOIN %s\r\n", c->room->name);
        conn_send(w, c, text, (size_t)n);
    }
}

/* Deliveries that have yet to come. */
static uint64_t outstanding(const struct worker *w)
{
    uint64_t settled = w->count.received + w->count.abandoned;

    return w->count.expected > settled ? w->count.expected - settled : 0;
}

static void mark_series(struct worker *w, uint64_t now)
{
    const struct series_mark mark = {now, w->count.sent, worker_received(w)};

    series_mark(&w->series, &mark);
}

static void take_snapshot(const struct worker *w, struct snapshot *s)
{
    s->sent = w->count.sent;
    s->received = worker_received(w);
    s->backlog = outstanding(w);
    sys_cpu_read(&s->cpu);
    s->at = now_ns();
}

/* The slow readers stop with the measured window and go on when it is over:
 * who was not cut off by then must get everything after all. */
static void stop_slow_readers(struct worker *w, bool stop)
{
    for (uint32_t i = 0; w->run->opt->slow_conns && i < w->conns_count; i++)
        if (w->conns[i].role == ROLE_SLOW)
            conn_stop_reading(w, &w->conns[i], stop);
}

/* Each worker draws its own part of the schedule: Poisson processes add up to
 * one, and fixed gaps are shifted against each other. */
static void begin_load(struct worker *w)
{
    const struct options *opt = w->run->opt;
    double rate = opt->rate * w->share;

    if (w->busy_count == 0)
        return;
    w->sending = true;
    if (opt->rate > 0) {
        uint64_t shift =
            opt->poisson ? 0 : (uint64_t)(1e9 / rate * w->index / opt->threads);
        timeline_start(&w->clock, w->run->load_at + shift, rate, opt->poisson,
                       opt->seed + ((uint64_t)w->index << 32));
        rng_seed(&w->pick, ~(opt->seed + ((uint64_t)w->index << 32)));
    } else {
        for (uint32_t i = 0; i < w->busy_count; i++)
            room_make_ready(w, w->busy[i]);
    }
    guests_start(w, w->run->load_at);
}

/* Ahead of the window: what is due in it may be sent before its begin is
 * noticed, and by a late generator more so. */
static void know_window(struct worker *w)
{
    w->stop_at = w->run->stop_at;
    w->window_begin = w->run->measure_at;
    w->window_length = w->stop_at - w->window_begin;
    series_begin(&w->series, w->window_begin, w->window_length);
}

static void begin_measure(struct worker *w)
{
    w->phase = PHASE_MEASURE;
    stop_slow_readers(w, true);
    take_snapshot(w, &w->begin);
    w->series.last =
        (struct series_mark){w->begin.at, w->begin.sent, w->begin.received};
}

static void end_measure(struct worker *w, uint64_t now)
{
    take_snapshot(w, &w->end);
    mark_series(w, w->end.at);
    if (now - w->window_begin < w->window_length)
        w->window_length = now - w->window_begin;
}

/* Open loop: messages are late, and there is still time to send them. */
static bool is_catching_up(const struct worker *w, uint64_t now)
{
    uint64_t stop_at = w->stop_at;

    return w->sending && w->run->opt->rate > 0 && w->clock.due < stop_at &&
           now >= stop_at && now < stop_at + catch_up_ns;
}

/* What the schedule still held for the window. Drawing on costs time too: of a
 * schedule beyond reason the rest is reckoned by its mean gap. */
static uint64_t count_unsent(struct worker *w)
{
    enum { DRAWN_MAX = 1000000 };
    struct timeline *t = &w->clock;
    uint64_t stop_at = w->stop_at, unsent = 0;

    for (int n = 0; n < DRAWN_MAX && t->due < stop_at; n++) {
        unsent += t->due >= w->window_begin;
        timeline_advance(t);
    }
    if (t->due < stop_at) {
        uint64_t from = t->due > w->window_begin ? t->due : w->window_begin;
        unsent += (uint64_t)((double)(stop_at - from) / t->gap_ns);
    }
    return unsent;
}

/* End of the window, or an interrupt: no more is sent. */
static void stop_sending(struct worker *w, uint64_t now)
{
    if (w->phase == PHASE_MEASURE && !w->end.at)
        end_measure(w, now);
    if (w->sending && w->run->opt->rate > 0 && now >= w->stop_at)
        w->count.unsent = count_unsent(w);
    w->sending = false;
    stop_slow_readers(w, false);
    guests_stop(w, now);
}

/*
 * What a server has said before it answers a PING has come once the answer has;
 * so a late duplicate is seen, and without waiting for time to pass.
 */
static void begin_barrier(struct worker *w)
{
    for (uint32_t i = 0; i < w->conns_count; i++)
        if (w->conns[i].state == CONN_JOINED)
            conn_send(w, &w->conns[i], "PING :last\r\n", 12);
}

static void begin_quit(struct worker *w)
{
    guests_close_traces(w);
    for (uint32_t i = 0; i < w->conns_count; i++) {
        struct conn *c = &w->conns[i];
        if (c->fd < 0)
            continue;
        enum conn_state was = c->state;
        c->state = CONN_QUITTING;
        if (was == CONN_CONNECTING)
            conn_close(w, c, "");
        else
            conn_send(w, c, "QUIT\r\n", 6);
    }
}

static void end_run(struct worker *w)
{
    for (uint32_t i = 0; i < w->conns_count; i++) {
        w->conns[i].state = CONN_QUITTING;
        conn_close(w, &w->conns[i], "");
    }
    guests_settle(w);
}

/* What a phase begins with. The director may leave some out. */
static void enter(struct worker *w, enum phase phase, uint64_t now)
{
    if (phase >= PHASE_DRAIN && w->phase < PHASE_DRAIN)
        stop_sending(w, now);
    bool loaded = w->phase >= PHASE_WARMUP;
    w->phase = phase;
    switch (phase) {
    case PHASE_WARMUP: begin_load(w); break;
    case PHASE_SETTLED:
        know_window(w);
        if (!loaded)
            begin_load(w);
        break;
    case PHASE_BARRIER: begin_barrier(w); break;
    case PHASE_QUIT: begin_quit(w); break;
    case PHASE_DONE: end_run(w); break;
    default: break;
    }
}

/* Whether this worker's part of its phase is done. */
static bool is_done(const struct worker *w)
{
    const struct counters *n = &w->count;

    switch (w->phase) {
    case PHASE_CONNECT: return n->connected == w->conns_count;
    case PHASE_REGISTER: return n->registered == w->conns_count;
    case PHASE_JOIN: return n->joined == w->conns_count;
    /* Timed phases; but without a connection there is nothing to wait for. */
    case PHASE_HOLD:
    case PHASE_WARMUP:
    case PHASE_SETTLED:
    case PHASE_MEASURE: return n->closed == w->conns_count;
    /* DOC(load.drain): nothing is called lost before it had every chance. */
    case PHASE_DRAIN: return outstanding(w) == 0 && guests_are_gone(w);
    /* END */
    case PHASE_BARRIER: return n->pongs + n->closed >= w->conns_count;
    case PHASE_QUIT: return n->closed >= w->next_connect;
    default: return false;
    }
}

static void tell_director(const struct worker *w)
{
    const uint64_t one = 1;

    if (write(w->run->report_fd, &one, sizeof(one)) < 0)
        die_errno(errno, "eventfd");
}

#define POST(FIELD, VALUE)                                                     \
    atomic_store_explicit(&w->board.FIELD, (VALUE), memory_order_relaxed)

static void post(struct worker *w, uint64_t now)
{
    const struct counters *n = &w->count;
    uint64_t all = worker_received(w);

    POST(connected, n->connected);
    POST(registered, n->registered);
    POST(joined, n->joined);
    POST(received, all);
    POST(outstanding, outstanding(w));
    POST(pulse, all + n->connected + n->registered + n->joined + n->pongs +
                    n->closed + n->duplicates + n->guests_gone);
    if (w->failed &&
        !atomic_load_explicit(&w->board.failed, memory_order_relaxed)) {
        POST(failed, true);
        tell_director(w);
    }
    if (atomic_load_explicit(&w->board.done, memory_order_relaxed) <
            (int)w->phase &&
        is_done(w)) {
        POST(done_at, now);
        /* Release: who sees it sees done_at too. */
        atomic_store_explicit(&w->board.done, (int)w->phase,
                              memory_order_release);
        tell_director(w);
    }
}

/* The phases under load: no word of the director's is waited for. */
static void follow_clock(struct worker *w, uint64_t now)
{
    const struct run *run = w->run;

    if (w->phase == PHASE_SETTLED && now >= run->measure_at)
        begin_measure(w);
    if (w->phase != PHASE_MEASURE)
        return;
    if (!w->end.at && now >= w->series.next_mark)
        mark_series(w, now);
    if (!w->end.at && now >= w->stop_at)
        end_measure(w, now);
    if (now >= w->stop_at && !is_catching_up(w, now))
        enter(w, PHASE_DRAIN, now);
}

void phase_step(struct worker *w, uint64_t now)
{
    /* Acquire: the times that were set before it. */
    enum phase told =
        (enum phase)atomic_load_explicit(&w->run->phase, memory_order_acquire);

    /* The word may be younger than `now`, by as much as a late generator is
     * late: the end of the window must not be taken for an interrupt. */
    if (told > w->phase)
        now = now_ns();
    /* One so late that it missed the load altogether owes all of it; unless it
     * was broken off before there was a window. */
    if (w->phase < PHASE_SETTLED && told >= PHASE_SETTLED &&
        told < PHASE_QUIT && w->run->stop_at)
        enter(w, PHASE_SETTLED, now);
    else if (told > w->phase && told <= PHASE_WARMUP)
        enter(w, told, now);
    follow_clock(w, now);
    if (told > w->phase && !(told == PHASE_DRAIN && is_catching_up(w, now)))
        enter(w, told, now);
    if (w->phase <= PHASE_REGISTER)
        pump_connects(w);
    if (w->phase == PHASE_JOIN)
        pump_joins(w);
    post(w, now);
}

uint64_t phase_patience(const struct worker *w, uint64_t now)
{
    uint64_t until = guests_due(w);

    if (w->phase == PHASE_SETTLED && w->run->measure_at < until)
        until = w->run->measure_at;
    if (w->phase == PHASE_MEASURE && w->stop_at < until)
        until = w->stop_at;
    if (w->sending && w->run->opt->rate > 0 && w->clock.due < until)
        until = w->clock.due;
    if ((w->sending && w->ready_count) || until <= now)
        return 0;
    return until == UINT64_MAX ? until : until - now;
}

#include "bench/load/phase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/load/conn.h"
#include "bench/load/guest.h"
#include "bench/load/room.h"

#define SECOND 1000000000ull

enum {
    TICK_MS = 100, /* how late an interrupt or a stall may be noticed */
    /* Ctrl-C within this long is the same one: a script that passes it on and
     * timeout(1) both send it twice. */
    AGAIN_MS = 500
};

/* Seconds without progress after which an interrupted drain, and the wait for
 * the server to close, are given up: politeness, not measurement. */
static const double short_wait_s = 2;

static void announce(struct worker *w, const char *phase, uint64_t at)
{
    char line[64];
    int fd = w->run->opt->events_fd;

    if (fd < 0)
        return;
    int n = snprintf(line, sizeof(line), "%s %ju\n", phase, (uintmax_t)at);
    /* A reader that has gone away is no reason to spoil the run. */
    while (write(fd, line, (size_t)n) < 0 && errno == EINTR)
        ;
}

static void enter(struct worker *w, enum phase phase, uint64_t now)
{
    w->phase = phase;
    w->progress_at = now;
}

/* True when nothing has moved for `seconds`. */
static bool stalled(struct worker *w, uint64_t now, double seconds)
{
    const struct counters *n = &w->count;
    uint64_t sum = n->connected + n->registered + n->joined + n->received +
                   n->pongs + n->closed + n->duplicates + n->guest_heard +
                   n->guest_received + n->guests_gone;

    if (sum != w->progress) {
        w->progress = sum;
        w->progress_at = now;
    }
    return now - w->progress_at > (uint64_t)(seconds * 1e9);
}

static void check_setup(struct worker *w, uint64_t now)
{
    const struct counters *n = &w->count;

    if (!stalled(w, now, w->run->opt->setup_s))
        return;
    const char *what[] = {"accepted", "registered (001)", "joined (366)"};
    uint64_t done[] = {n->connected, n->registered, n->joined};
    worker_fail(w, "%s stopped answering: %ju of %u %s, then nothing for %g s",
                w->run->target, (uintmax_t)done[w->phase], w->conns_count,
                what[w->phase], w->run->opt->setup_s);
}

/* Connects as fast as the server welcomes: a short accept queue overflows
 * otherwise, and each SYN it drops costs a second. */
static void pump_connects(struct worker *w)
{
    while (w->opening < w->run->opt->connect_window &&
           w->next_connect < w->conns_count && !w->failed) {
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

    while (w->opening < w->run->opt->connect_window &&
           w->next_join < w->conns_count && !w->failed) {
        struct conn *c = next_to_join(w);
        w->opening++;
        c->state = CONN_JOINING;
        int n = snprintf(text, sizeof(text), "JOIN %s\r\n", c->room->name);
        conn_send(w, c, text, (size_t)n);
    }
}

static void take_snapshot(const struct worker *w, struct snapshot *s)
{
    s->sent = w->count.sent;
    s->received =
        w->count.received + w->count.guest_heard + w->count.guest_received;
    sys_usage_read(&s->usage);
    s->at = now_ns();
}

static uint64_t ns(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

/* The slow readers stop with the measured window and go on when it is over:
 * who was not cut off by then must get everything after all. */
static void stop_slow_readers(struct worker *w, bool stop)
{
    for (uint32_t i = 0; w->run->opt->slow_conns && i < w->conns_count; i++)
        if (w->conns[i].role == ROLE_SLOW)
            conn_stop_reading(w, &w->conns[i], stop);
}

static void begin_load(struct worker *w, uint64_t now)
{
    const struct options *opt = w->run->opt;

    w->sending = true;
    if (opt->rate > 0) {
        timeline_start(&w->clock, now, opt->rate, opt->poisson, opt->seed);
        rng_seed(&w->pick, ~opt->seed);
    } else {
        for (uint32_t i = 0; i < w->busy_count; i++)
            room_make_ready(w, w->busy[i]);
    }
    guests_start(w, now);
    announce(w, "warmup", now);
    w->deadline = now + ns(opt->warmup_s);
    enter(w, PHASE_WARMUP, now);
}

static void begin_measure(struct worker *w)
{
    stop_slow_readers(w, true);
    take_snapshot(w, &w->begin);
    w->window_begin = w->begin.at;
    w->window_length = ns(w->run->opt->measure_s);
    w->deadline = w->window_begin + w->window_length;
    announce(w, "measure", w->window_begin);
    enter(w, PHASE_MEASURE, w->window_begin);
}

/* Stop sending: end of the window, or an interrupt. */
static void begin_drain(struct worker *w, uint64_t now)
{
    w->sending = false;
    stop_slow_readers(w, false);
    if (w->phase == PHASE_MEASURE) {
        take_snapshot(w, &w->end);
        if (now - w->window_begin < w->window_length)
            w->window_length = now - w->window_begin;
    }
    guests_stop(w, now);
    w->times.stop = now;
    announce(w, "stop", now);
    enter(w, PHASE_DRAIN, now);
}

/*
 * What a server has said before it answers a PING has come once the answer has;
 * so a late duplicate is seen, and without waiting for time to pass.
 */
static void begin_barrier(struct worker *w, uint64_t now)
{
    enter(w, PHASE_BARRIER, now);
    for (uint32_t i = 0; i < w->conns_count; i++)
        if (w->conns[i].state == CONN_JOINED)
            conn_send(w, &w->conns[i], "PING :last\r\n", 12);
}

static void begin_quit(struct worker *w, uint64_t now)
{
    w->sending = false;
    stop_slow_readers(w, false);
    enter(w, PHASE_QUIT, now);
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

static void end_run(struct worker *w, uint64_t now)
{
    for (uint32_t i = 0; i < w->conns_count; i++) {
        w->conns[i].state = CONN_QUITTING;
        conn_close(w, &w->conns[i], "");
    }
    guests_settle(w);
    enter(w, PHASE_DONE, now);
}

static void step_setup(struct worker *w, uint64_t now)
{
    const struct options *opt = w->run->opt;
    struct phase_times *t = &w->times;
    uint32_t all = w->conns_count;

    if (w->phase != PHASE_JOIN)
        pump_connects(w);
    if (w->phase == PHASE_CONNECT && w->count.connected == all) {
        t->connected = now;
        announce(w, "connected", now);
        enter(w, PHASE_REGISTER, now);
    }
    if (w->phase == PHASE_REGISTER && w->count.registered == all) {
        t->registered = now;
        announce(w, "registered", now);
        enter(w, PHASE_JOIN, now);
    }
    if (w->phase == PHASE_JOIN) {
        pump_joins(w);
        if (w->count.joined == all) {
            t->joined = now;
            announce(w, "joined", now);
            w->deadline = now + ns(opt->hold_s > 0 ? opt->hold_s : 0);
            enter(w, PHASE_HOLD, now);
        }
    }
    if (w->phase <= PHASE_JOIN)
        check_setup(w, now);
}

/* DOC(load.drain): nothing is called lost before it had every chance. */
static void step_drain(struct worker *w, uint64_t now)
{
    const struct counters *n = &w->count;
    double patience = w->run->opt->drain_s;

    if (w->interrupted_at && patience > short_wait_s)
        patience = short_wait_s;
    /* The barrier also when something is missing: a server that answers it
     * has lost that, one that does not has stalled. */
    bool all = n->received + n->abandoned >= n->expected && guests_are_gone(w);
    if (all || stalled(w, now, patience))
        begin_barrier(w, now);
}
/* END */

static void step_barrier(struct worker *w, uint64_t now)
{
    if (w->count.pongs + w->count.closed >= w->conns_count) {
        guests_close_traces(w);
        w->times.drained = now;
        announce(w, "drained", now);
        begin_quit(w, now);
    } else if (stalled(w, now, w->run->opt->drain_s)) {
        worker_fail(w,
                    "stalled: %ju connections got no answer to their last "
                    "PING in %g s",
                    (uintmax_t)(w->conns_count - w->count.pongs -
                                w->count.closed),
                    w->run->opt->drain_s);
    }
}

static void check_interrupt(struct worker *w, uint64_t now)
{
    int seen = atomic_load_explicit(&w->run->interrupts, memory_order_relaxed);

    if (seen == w->interrupts_seen)
        return;
    w->interrupts_seen = seen;
    if (!w->interrupted_at) {
        w->interrupted_at = now;
        if (w->sending)
            begin_drain(w, now);
        else if (w->phase < PHASE_WARMUP)
            begin_quit(w, now);
    } else if (now - w->interrupted_at > AGAIN_MS * (SECOND / 1000)) {
        end_run(w, now);
    }
}

static void step(struct worker *w, uint64_t now)
{
    if (w->failed && w->phase < PHASE_QUIT)
        begin_quit(w, now);
    switch (w->phase) {
    case PHASE_CONNECT:
    case PHASE_REGISTER:
    case PHASE_JOIN: step_setup(w, now); break;
    case PHASE_HOLD:
        if (w->run->opt->hold_s < 0) {
            begin_load(w, now);
        } else if (now >= w->deadline) {
            w->times.stop = now;
            announce(w, "stop", now);
            begin_quit(w, now);
        }
        break;
    case PHASE_WARMUP:
        if (now >= w->deadline)
            begin_measure(w);
        break;
    case PHASE_MEASURE:
        if (now >= w->deadline || w->count.closed == w->conns_count)
            begin_drain(w, now);
        break;
    case PHASE_DRAIN: step_drain(w, now); break;
    case PHASE_BARRIER: step_barrier(w, now); break;
    case PHASE_QUIT:
        if (w->count.closed >= w->next_connect || stalled(w, now, short_wait_s))
            end_run(w, now);
        break;
    case PHASE_DONE: break;
    }
}

void phase_step(struct worker *w, uint64_t now)
{
    enum phase was;

    check_interrupt(w, now);
    do { /* a phase that has nothing left to wait for ends at once */
        was = w->phase;
        step(w, now);
    } while (w->phase != was);
}

uint64_t phase_patience(const struct worker *w, uint64_t now)
{
    uint64_t until = now + TICK_MS * (SECOND / 1000);

    if (w->phase >= PHASE_HOLD && w->phase <= PHASE_MEASURE &&
        w->deadline < until)
        until = w->deadline;
    if (w->sending && w->run->opt->rate > 0 && w->clock.due < until)
        until = w->clock.due;
    uint64_t guests = guests_due(w);
    if (guests < until)
        until = guests;
    if (w->ready_count || until <= now)
        return 0;
    return until - now;
}

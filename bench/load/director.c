#include "bench/load/director.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/load/progress.h"
#include "common/die.h"

#define SECOND 1000000000ull

enum {
    TICK_MS = 100, /* how late a stall may be noticed */
    /* Ctrl-C within this long is the same one: a script that passes it on and
     * timeout(1) both send it twice. */
    AGAIN_MS = 500
};

/* Seconds without progress after which an interrupted drain, and the wait for
 * the server to close, are given up: politeness, not measurement. */
static const double short_wait_s = 2;

static void announce(const struct director *d, const char *phase, uint64_t at)
{
    char line[64];
    int fd = d->run->opt->events_fd;

    if (fd < 0)
        return;
    int n = snprintf(line, sizeof(line), "%s %ju\n", phase, (uintmax_t)at);
    /* A reader that has gone away is no reason to spoil the run. */
    while (write(fd, line, (size_t)n) < 0 && errno == EINTR)
        ;
}

/* Tells the workers, who may be asleep. */
static void lead(struct director *d, enum phase phase, uint64_t now)
{
    const uint64_t one = 1;

    d->phase = phase;
    d->pulse_at = now;
    d->deadline = 0;
    /* Release: the times that were set for this phase. */
    atomic_store_explicit(&d->run->phase, (int)phase, memory_order_release);
    for (uint32_t i = 0; i < d->count; i++)
        if (write(d->workers[i]->wake_fd, &one, sizeof(one)) < 0)
            die_errno(errno, "eventfd");
}

__attribute__((format(printf, 2, 3))) static void fail(struct director *d,
                                                       const char *fmt, ...)
{
    va_list ap;

    if (d->failed)
        return;
    d->failed = true;
    va_start(ap, fmt);
    vsnprintf(d->fault, sizeof(d->fault), fmt, ap);
    va_end(ap);
}

#define READ(FIELD) atomic_load_explicit(&b->FIELD, memory_order_relaxed)

static struct tally sum_boards(const struct director *d)
{
    struct tally t = {0};

    for (uint32_t i = 0; i < d->count; i++) {
        const struct board *b = &d->workers[i]->board;
        t.connected += READ(connected);
        t.registered += READ(registered);
        t.joined += READ(joined);
        t.received += READ(received);
        t.outstanding += READ(outstanding);
        t.pulse += READ(pulse);
    }
    return t;
}

/* Whether all workers have done their part of this phase, and when the last
 * of them had. */
static bool all_done(const struct director *d, uint64_t *at)
{
    *at = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        const struct board *b = &d->workers[i]->board;
        /* Acquire: done_at. */
        if (atomic_load_explicit(&b->done, memory_order_acquire) <
            (int)d->phase)
            return false;
        if (READ(done_at) > *at)
            *at = READ(done_at);
    }
    return true;
}

static bool any_failed(const struct director *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        const struct board *b = &d->workers[i]->board;
        if (READ(failed))
            return true;
    }
    return d->failed;
}

/* True when nothing has moved for `seconds`. */
static bool stalled(struct director *d, uint64_t now, double seconds)
{
    uint64_t pulse = sum_boards(d).pulse;

    if (pulse != d->pulse) {
        d->pulse = pulse;
        d->pulse_at = now;
    }
    return now - d->pulse_at > (uint64_t)(seconds * 1e9);
}

static uint64_t ns(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

/* It is known when measuring begins. */
static void settle(struct director *d, uint64_t measure_at, uint64_t now)
{
    struct run *run = d->run;

    run->measure_at = measure_at;
    run->stop_at = measure_at + ns(run->opt->measure_s);
    d->times.warmup_s = (double)(measure_at - run->load_at) / 1e9;
    announce(d, "window", measure_at);
    lead(d, PHASE_SETTLED, now);
    d->deadline = measure_at;
}

static void begin_load(struct director *d, uint64_t now)
{
    const struct options *opt = d->run->opt;

    d->run->load_at = now;
    announce(d, "warmup", now);
    if (!opt->warmup_auto) {
        settle(d, now + ns(opt->warmup_s), now);
        return;
    }
    lead(d, PHASE_WARMUP, now);
    d->deadline = now + STEADY_WINDOW_MS * (SECOND / 1000);
    d->warm_received = sum_boards(d).received;
}

/* A window of the warm-up is over: go on until the rate is steady. */
static void step_warmup(struct director *d, uint64_t now)
{
    uint64_t received = sum_boards(d).received;
    uint64_t lead_ns = STEADY_LEAD_MS * (SECOND / 1000);
    uint64_t window_ns = STEADY_WINDOW_MS * (SECOND / 1000);
    uint64_t latest = d->run->load_at + ns(d->run->opt->warmup_s);

    steady_add(&d->steady, received - d->warm_received);
    d->warm_received = received;
    d->times.steady = steady_is_reached(&d->steady);
    if (d->times.steady && now + lead_ns < latest)
        settle(d, now + lead_ns, now);
    else if (now + window_ns + lead_ns > latest) /* no time for another */
        settle(d, latest, now);
    else
        d->deadline += window_ns;
}

static void begin_measure(struct director *d)
{
    /* The workers know by the clock; this is for --events and the steal. */
    d->phase = PHASE_MEASURE;
    d->deadline = d->run->stop_at;
    announce(d, "measure", d->run->measure_at);
    sys_ticks_read(&d->begin);
}

static void begin_drain(struct director *d, uint64_t at, uint64_t now)
{
    if (d->phase == PHASE_MEASURE)
        sys_ticks_read(&d->end);
    d->times.stop = at;
    announce(d, "stop", at);
    lead(d, PHASE_DRAIN, now);
}

static void step_setup(struct director *d, uint64_t now)
{
    static const struct {
        const char *event, *what;
    } names[] = {{"connected", "accepted"},
                 {"registered", "registered (001)"},
                 {"joined", "joined (366)"}};
    uint64_t *const times[] = {&d->times.connected, &d->times.registered,
                               &d->times.joined};
    const struct options *opt = d->run->opt;
    uint64_t at;

    if (all_done(d, &at)) {
        *times[d->phase] = at;
        announce(d, names[d->phase].event, at);
        lead(d, d->phase + 1, now);
        if (d->phase == PHASE_HOLD && opt->hold_s >= 0)
            d->deadline = at + ns(opt->hold_s);
    } else if (stalled(d, now, opt->setup_s)) {
        const struct tally t = sum_boards(d);
        uint64_t done[] = {t.connected, t.registered, t.joined};
        fail(d, "%s stopped answering: %ju of %u %s, then nothing for %g s",
             d->run->target, (uintmax_t)done[d->phase], opt->conns,
             names[d->phase].what, opt->setup_s);
    }
}

static void step_hold(struct director *d, uint64_t now)
{
    uint64_t at;

    if (d->run->opt->hold_s < 0) {
        begin_load(d, now);
    } else if (now >= d->deadline || all_done(d, &at)) {
        d->times.stop = now;
        announce(d, "stop", now);
        lead(d, PHASE_QUIT, now);
    }
}

/* Seconds without news after which the end is called: fewer after Ctrl-C. */
static double patience(const struct director *d)
{
    double drain = d->run->opt->drain_s;

    return d->interrupted_at && drain > short_wait_s ? short_wait_s : drain;
}

/* The barrier also when something is missing: a server that answers it has lost
 * that, one that does not has stalled. */
static void step_drain(struct director *d, uint64_t now)
{
    uint64_t at;

    if (all_done(d, &at) || stalled(d, now, patience(d)))
        lead(d, PHASE_BARRIER, now);
}

static void step_barrier(struct director *d, uint64_t now)
{
    uint64_t at;

    if (all_done(d, &at)) {
        d->times.drained = at;
        announce(d, "drained", at);
        lead(d, PHASE_QUIT, now);
    } else if (stalled(d, now, patience(d))) {
        fail(d,
             "stalled: not every connection got an answer to its last PING "
             "in %g s",
             patience(d));
    }
}

static void step(struct director *d, uint64_t now)
{
    uint64_t at;

    if (any_failed(d) && d->phase < PHASE_QUIT)
        lead(d, PHASE_QUIT, now);
    switch (d->phase) {
    case PHASE_CONNECT:
    case PHASE_REGISTER:
    case PHASE_JOIN: step_setup(d, now); break;
    case PHASE_HOLD: step_hold(d, now); break;
    case PHASE_WARMUP:
        if (all_done(d, &at)) /* no connection is left */
            begin_drain(d, now, now);
        else if (now >= d->deadline)
            step_warmup(d, now);
        break;
    case PHASE_SETTLED:
        if (now >= d->deadline)
            begin_measure(d);
        else if (all_done(d, &at)) /* no connection is left */
            begin_drain(d, now, now);
        break;
    case PHASE_MEASURE:
        if (now >= d->deadline)
            begin_drain(d, d->deadline, now);
        else if (all_done(d, &at)) /* no connection is left */
            begin_drain(d, now, now);
        break;
    case PHASE_DRAIN: step_drain(d, now); break;
    case PHASE_BARRIER: step_barrier(d, now); break;
    case PHASE_QUIT:
        if (all_done(d, &at) || stalled(d, now, short_wait_s))
            lead(d, PHASE_DONE, now);
        break;
    case PHASE_DONE: break;
    }
}

static void on_interrupt(struct director *d, uint64_t now)
{
    struct signalfd_siginfo info;

    while (read(d->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (d->interrupted_at) {
            if (now - d->interrupted_at > AGAIN_MS * (SECOND / 1000))
                lead(d, PHASE_DONE, now);
            continue;
        }
        if (d->phase >= PHASE_QUIT) { /* all is in: no need to be polite */
            lead(d, PHASE_DONE, now);
            continue;
        }
        d->interrupted_at = now;
        if (d->phase >= PHASE_WARMUP && d->phase <= PHASE_MEASURE)
            begin_drain(d, now, now);
        else if (d->phase < PHASE_WARMUP)
            lead(d, PHASE_QUIT, now);
    }
}

static void wait_for_news(struct director *d)
{
    struct pollfd p[] = {{.fd = d->signal_fd, .events = POLLIN},
                         {.fd = d->run->report_fd, .events = POLLIN}};
    uint64_t now = now_ns(), until = now + TICK_MS * (SECOND / 1000);
    uint64_t count;

    if (d->deadline && d->deadline < until)
        until = d->deadline > now ? d->deadline : now;
    const struct timespec ts = {.tv_nsec = (long)(until - now)};
    if (ppoll(p, 2, &ts, NULL) < 0 && errno != EINTR)
        die_errno(errno, "poll");
    /* Non-blocking: nothing there is fine. */
    if (read(d->run->report_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        die_errno(errno, "eventfd");
    on_interrupt(d, now_ns());
}

/* From here on these signals only ever come through the descriptor. */
static int catch_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die_errno(errno, "signalfd");
    return fd;
}

void director_run(struct director *d, struct run *run, struct worker **workers,
                  uint32_t count)
{
    pthread_t *threads = xcalloc(count, sizeof(*threads));

    *d = (struct director){.run = run, .workers = workers, .count = count};
    d->signal_fd = catch_signals();
    run->report_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (run->report_fd < 0)
        die_errno(errno, "eventfd");
    d->times.start = d->pulse_at = now_ns();
    for (uint32_t i = 0; i < count; i++) {
        int err = pthread_create(&threads[i], NULL, worker_run, workers[i]);
        if (err)
            die_errno(err, "cannot start thread %u of %u", i + 1, count);
    }
    while (d->phase != PHASE_DONE) {
        enum phase was;
        wait_for_news(d);
        do { /* a phase that has nothing left to wait for ends at once */
            was = d->phase;
            step(d, now_ns());
        } while (d->phase != was);
        const struct tally t = sum_boards(d);
        progress_show(d, &t, now_ns());
    }
    for (uint32_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    progress_clear();
    close(run->report_fd);
    close(d->signal_fd);
    free(threads);
}

#include "bench/load/worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/conn.h"
#include "bench/load/guest.h"
#include "bench/load/phase.h"
#include "bench/load/progress.h"
#include "bench/load/room.h"
#include "common/die.h"

enum { EVENTS_MAX = 1024 }; /* taken from the kernel in one turn */

uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct worker *worker_new(struct run *run, uint32_t first, uint32_t count)
{
    const struct options *opt = run->opt;
    struct worker *w = xcalloc(1, sizeof(*w));

    w->run = run;
    w->conns_count = count;
    w->rooms_count = count / opt->room_size;
    w->conns = aligned_alloc(64, count * sizeof(*w->conns));
    if (!w->conns)
        die_errno(ENOMEM, "cannot allocate %u connections", count);
    memset(w->conns, 0, count * sizeof(*w->conns));
    w->rooms = xcalloc(w->rooms_count, sizeof(*w->rooms));
    /* A room may be listed anew while its old entry is worked on. */
    w->ready = xcalloc(w->rooms_count, 2 * sizeof(struct room *));
    /* Fields are read eight bytes at a time, past the end by a few. */
    w->scratch = xcalloc(1, SCRATCH_MAX + 16);
    w->latency = hist_new();
    w->uncorrected = hist_new();
    w->lag = hist_new();
    w->window_begin = UINT64_MAX; /* nothing is timed yet */
    for (uint32_t i = 0; i < count; i++) {
        w->conns[i].fd = -1;
        w->conns[i].index = first + i;
    }
    for (uint32_t i = 0; i < w->rooms_count; i++)
        room_init(w, &w->rooms[i], first / opt->room_size + i,
                  &w->conns[i * opt->room_size]);
    w->busy = xcalloc(w->rooms_count, sizeof(struct room *));
    for (uint32_t i = 0; i < w->rooms_count; i++)
        if (!w->rooms[i].idle)
            w->busy[w->busy_count++] = &w->rooms[i];
    w->guests = guests_new(w);
    w->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (w->epfd < 0)
        die_errno(errno, "epoll_create1");
    return w;
}

void worker_free(struct worker *w)
{
    guests_free(w);
    for (uint32_t i = 0; i < w->rooms_count; i++)
        room_clear(&w->rooms[i]);
    for (uint32_t i = 0; i < w->conns_count; i++)
        free(w->conns[i].seen);
    close(w->epfd);
    hist_free(w->latency);
    hist_free(w->uncorrected);
    hist_free(w->lag);
    free(w->scratch);
    free(w->ready);
    free(w->busy);
    free(w->rooms);
    free(w->conns);
    free(w);
}

void worker_fail(struct worker *w, const char *fmt, ...)
{
    va_list ap;

    if (w->failed)
        return;
    w->failed = true;
    va_start(ap, fmt);
    vsnprintf(w->fault, sizeof(w->fault), fmt, ap);
    va_end(ap);
}

/*
 * DOC(load.open): every message whose instant has come, however late; the
 * instants do not wait for the server, nor for us.
 */
static void send_due(struct worker *w, uint64_t now)
{
    const struct options *opt = w->run->opt;
    struct timeline *t = &w->clock;
    uint64_t stop = w->phase == PHASE_MEASURE ? w->deadline : UINT64_MAX;

    while (t->due <= now && t->due < stop) {
        uint32_t i = opt->poisson ? rng_below(&w->pick, w->busy_count)
                                  : w->next_room++ % w->busy_count;
        room_send(w, w->busy[i], t->due);
        timeline_advance(t);
    }
}
/* END */

static int wait_events(struct worker *w, struct epoll_event *events)
{
    uint64_t ns = phase_patience(w, now_ns());
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u),
                          .tv_nsec = (long)(ns % 1000000000u)};
    int n = epoll_pwait2(w->epfd, events, EVENTS_MAX, &ts, NULL);

    if (n < 0 && errno == ENOSYS)
        die(1, "epoll_pwait2 is missing: Linux 5.11 or later is needed");
    if (n < 0 && errno != EINTR)
        die_errno(errno, "epoll_pwait2");
    return n;
}

void worker_run(struct worker *w)
{
    struct epoll_event events[EVENTS_MAX];
    bool open_loop = w->run->opt->rate > 0;

    /* The default of 50 us would be added to every sleep of the open loop. */
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
    w->times.start = w->progress_at = now_ns();
    phase_step(w, w->times.start);
    while (w->phase != PHASE_DONE) {
        int n = wait_events(w, events);
        for (int i = 0; i < n; i++) {
            conn_on_event(w, events[i].data.ptr, events[i].events);
            if (open_loop && w->sending)
                send_due(w, now_ns());
        }
        uint64_t now = now_ns();
        if (open_loop && w->sending)
            send_due(w, now);
        if (w->sending)
            room_send_ready(w);
        guests_step(w, now);
        phase_step(w, now);
        progress_show(w, now);
    }
    progress_clear();
}

#include "bench/load/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/conn.h"
#include "bench/load/crowd.h"
#include "bench/load/guest.h"
#include "bench/load/phase.h"
#include "bench/load/room.h"
#include "common/die.h"

/* A turn of the loop is short, however far behind it is: the clock is looked at
 * once a turn, and nobody is served at the cost of the others. */
enum {
    EVENTS_MAX = 256, /* taken from the kernel in one turn */
    SENDS_MAX = 32    /* overdue messages sent between two events */
};

uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static_assert(sizeof(struct conn) == 64, "one cache line for each read");

struct worker *worker_new(struct run *run, uint32_t index, uint32_t first,
                          uint32_t rooms)
{
    const struct options *opt = run->opt;
    struct worker *w = aligned_alloc(64, sizeof(*w));
    uint32_t count = rooms * opt->room_size;

    if (!w)
        die_errno(ENOMEM, "cannot allocate a worker");
    memset(w, 0, sizeof(*w));
    w->run = run;
    w->index = index;
    w->conns_count = count;
    w->rooms_count = rooms;
    w->conns = aligned_alloc(64, count * sizeof(*w->conns));
    if (!w->conns)
        die_errno(ENOMEM, "cannot allocate %u connections", count);
    memset(w->conns, 0, count * sizeof(*w->conns));
    w->rooms = xcalloc(rooms, sizeof(*w->rooms));
    w->busy = xcalloc(rooms, sizeof(struct room *));
    /* A room may be listed anew while its old entry is worked on. */
    w->ready = xcalloc(rooms, 2 * sizeof(struct room *));
    /* Fields are read eight bytes at a time, past the end by a few. */
    w->scratch = xcalloc(1, SCRATCH_MAX + 16);
    w->latency = hist_new();
    w->uncorrected = hist_new();
    w->lag = hist_new();
    w->first = hist_new();
    w->last = hist_new();
    w->spread = hist_new();
    w->window_begin = UINT64_MAX; /* nothing is timed yet */
    w->stop_at = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        w->conns[i].fd = -1;
        w->conns[i].index = first * opt->room_size + i;
    }
    for (uint32_t i = 0; i < rooms; i++) {
        room_init(w, &w->rooms[i], first + i, &w->conns[i * opt->room_size]);
        if (!w->rooms[i].idle)
            w->busy[w->busy_count++] = &w->rooms[i];
    }
    w->share = (double)w->busy_count / crowd_busy_rooms(opt);
    w->guests = guests_new(w);
    w->epfd = epoll_create1(EPOLL_CLOEXEC);
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* No connection: the director's word. */
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
    if (w->epfd < 0 || w->wake_fd < 0 ||
        epoll_ctl(w->epfd, EPOLL_CTL_ADD, w->wake_fd, &ev) != 0)
        die_errno(errno, "cannot set up epoll");
    atomic_store_explicit(&w->board.done, -1, memory_order_relaxed);
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
    close(w->wake_fd);
    hist_free(w->latency);
    hist_free(w->uncorrected);
    hist_free(w->lag);
    hist_free(w->first);
    hist_free(w->last);
    hist_free(w->spread);
    series_clear(&w->series);
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
 * instants do not wait for the server, nor for us. What is left when SENDS_MAX
 * have gone goes after the next event, or in the next turn.
 */
static void send_due(struct worker *w, uint64_t now)
{
    const struct options *opt = w->run->opt;
    struct timeline *t = &w->clock;

    for (int n = 0; n < SENDS_MAX && t->due <= now && t->due < w->stop_at;
         n++) {
        uint32_t i = opt->poisson ? rng_below(&w->pick, w->busy_count)
                                  : w->next_room++ % w->busy_count;
        room_send(w, w->busy[i], t->due);
        timeline_advance(t);
    }
}
/* END */

uint64_t worker_received(const struct worker *w)
{
    return w->count.received + w->count.guest_heard + w->count.guest_received;
}

static int wait_events(struct worker *w, struct epoll_event *events)
{
    uint64_t ns = phase_patience(w, now_ns());
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u),
                          .tv_nsec = (long)(ns % 1000000000u)};
    int n = epoll_pwait2(w->epfd, events, EVENTS_MAX,
                         ns == UINT64_MAX ? NULL : &ts, NULL);

    if (n < 0 && errno == ENOSYS)
        die(1, "epoll_pwait2 is missing: Linux 5.11 or later is needed");
    if (n < 0 && errno != EINTR)
        die_errno(errno, "epoll_pwait2");
    return n;
}

static void on_event(struct worker *w, const struct epoll_event *ev)
{
    uint64_t count;

    if (ev->data.ptr)
        conn_on_event(w, ev->data.ptr, ev->events);
    else if (read(w->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        die_errno(errno, "eventfd");
}

void *worker_run(void *worker)
{
    struct worker *w = worker;
    struct epoll_event events[EVENTS_MAX];
    bool open_loop = w->run->opt->rate > 0;
    char name[16];

    snprintf(name, sizeof(name), "load-%u", w->index);
    pthread_setname_np(pthread_self(), name);
    /* The default of 50 us would be added to every sleep of the open loop. */
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
    phase_step(w, now_ns());
    while (w->phase != PHASE_DONE) {
        int n = wait_events(w, events);
        for (int i = 0; i < n; i++) {
            on_event(w, &events[i]);
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
    }
    return NULL;
}

/* What happens in a trial, and what is done about it: the event loop. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bench/run/files.h"
#include "bench/run/peer.h"
#include "bench/run/trial_impl.h"
#include "common/die.h"

/* The counters are asked for so long before the window opens. */
#define STATS_LEAD_S 0.2

#define NS 1000000000

void trial_fail(struct trial *t, const char *fmt, ...)
{
    va_list ap;

    if (t->ev->failure[0])
        return;
    va_start(ap, fmt);
    vsnprintf(t->ev->failure, sizeof(t->ev->failure), fmt, ap);
    va_end(ap);
}

bool trial_failed(const struct trial *t)
{
    return t->ev->failure[0] != '\0';
}

void trial_fail_child(struct trial *t, const char *name, const struct child *c,
                      const char *log)
{
    char how[64], last[256];

    child_describe(c, how, sizeof(how));
    file_last_line(log, last, sizeof(last));
    trial_fail(t, "%s %s%s%s", name, how, *last ? ": " : "", last);
}

void trial_request_stats(struct trial *t, cJSON **into)
{
    if (peer_is(t->step->arm->server))
        return;          /* they have none */
    if (t->stats_into) { /* a starved server: one after the other */
        t->stats_next = into;
        return;
    }
    t->stats_into = into;
    child_signal(&t->server, SIGUSR1);
}

void trial_take_memory(struct trial *t, struct memory_sample *m)
{
    int err = sample_memory(t->server.pid, m);

    if (err)
        trial_fail(t, "cannot read the server's memory: %s", strerror(-err));
}

static void take_moment(struct trial *t, struct moment *m, int64_t event_ns)
{
    if (sample_cpu(t->server.pid, &m->server) ||
        sample_cpu(t->load.pid, &m->load))
        return; /* its end explains it, and is noticed by the loop */
    m->machine = machine_time();
    m->lag_us = (double)(m->server.at_ns - event_ns) / 1000;
    /* Of thousands of threads the sum takes long: the stats know it then. */
    m->switches = NAN;
    if (!cJSON_GetObjectItemCaseSensitive(t->ev->stats_before,
                                          "voluntary_switches"))
        m->switches = sample_switches(t->server.pid);
    m->taken = true;
}

static void on_timer(struct trial *t)
{
    t->timer_ns = 0;
    if (t->step->point->mode != MODE_HOLD) {
        trial_request_stats(t, &t->ev->stats_before);
        return;
    }
    trial_take_memory(t, &t->ev->full);
    t->ev->memory_taken = !trial_failed(t);
    trial_request_stats(t, &t->ev->stats_after);
}

/* A line of chat-load's --events: a phase's name and when it began. */
static void on_event(struct trial *t, const char *line)
{
    const struct point *p = t->step->point;
    char phase[32];
    long long at;

    if (sscanf(line, "%31s %lld", phase, &at) != 2) {
        trial_fail(t, "chat-load sent the event '%s'", line);
        return;
    }
    if (p->mode == MODE_HOLD) {
        if (strcmp(phase, "joined") == 0)
            t->timer_ns = at + (int64_t)(p->param[PARAM_HOLD] / 2 * NS);
    } else if (strcmp(phase, "window") == 0)
        t->timer_ns = at - (int64_t)(STATS_LEAD_S * NS);
    else if (strcmp(phase, "measure") == 0)
        take_moment(t, &t->ev->measure, at);
    else if (strcmp(phase, "stop") == 0) {
        take_moment(t, &t->ev->stop, at);
        t->timer_ns = 0; /* so late that "before" would come after */
        trial_request_stats(t, &t->ev->stats_after);
    }
}

static void on_ready(struct trial *t, const char *line)
{
    if (t->is_ready)
        return;
    t->is_ready = server_parse_ready(line, &t->where);
    if (t->is_ready)
        return;
    char *name = server_title(t->step->arm->server);
    trial_fail(t, "expected 'ready MODEL ADDR:PORT' from %s, got '%s'", name,
               line);
    free(name);
}

/* Takes whole lines off the descriptor. */
static void read_lines(struct trial *t, struct lines *l,
                       void (*on_line)(struct trial *, const char *))
{
    ssize_t n = read(l->fd, l->text + l->len, sizeof(l->text) - 1 - l->len);
    char *newline;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        close(l->fd);
        l->fd = -1;
        return;
    }
    l->len += (size_t)n;
    l->text[l->len] = '\0';
    while ((newline = strchr(l->text, '\n'))) {
        *newline = '\0';
        on_line(t, l->text);
        l->len -= (size_t)(newline + 1 - l->text);
        memmove(l->text, newline + 1, l->len + 1);
    }
    if (l->len == sizeof(l->text) - 1)
        l->len = 0; /* no line of ours is so long: drop it */
}

static cJSON *read_json(const char *path)
{
    char *text = file_read(path);
    cJSON *o = text ? cJSON_Parse(text) : NULL;

    free(text);
    return o;
}

static void on_replaced_file(struct trial *t)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n = read(t->watch_fd, buf, sizeof(buf));
    bool ours = false;

    for (char *p = buf; n > 0 && p < buf + n;) {
        const struct inotify_event *e = (const struct inotify_event *)(void *)p;
        ours = ours || (e->len && strcmp(e->name, "stats.json") == 0);
        p += sizeof(*e) + e->len;
    }
    if (!ours || !t->stats_into)
        return;
    *t->stats_into = read_json(t->stats_path);
    if (!*t->stats_into)
        trial_fail(t, "the stats of chat-%s are not JSON",
                   t->step->arm->server);
    t->stats_into = NULL;
    if (t->stats_next && !trial_failed(t)) {
        cJSON **next = t->stats_next;
        t->stats_next = NULL;
        trial_request_stats(t, next);
    }
}

static void on_server_end(struct trial *t)
{
    if (!child_reap(&t->server) || t->server_may_end)
        return;
    char *name = server_title(t->step->arm->server);
    trial_fail_child(t, name, &t->server, t->server_log);
    free(name);
}

/* Milliseconds until the soonest of three moments, at least 0. */
static int wait_ms(const struct trial *t, int64_t guard_ns, int64_t tick_ns)
{
    int64_t until = guard_ns < tick_ns ? guard_ns : tick_ns;

    if (t->timer_ns && t->timer_ns < until)
        until = t->timer_ns;
    int64_t left = until - sample_now();
    return left <= 0 ? 0 : (int)((left + 999999) / 1000000);
}

int trial_run_until(struct trial *t, bool (*done)(struct trial *),
                    double guard_s, const char *what)
{
    int64_t guard_ns = sample_now() + (int64_t)(guard_s * NS);
    int64_t tick_ns = t->s->tick ? sample_now() + NS : INT64_MAX;

    while (!trial_failed(t) && !done(t)) {
        struct pollfd p[] = {
            {.fd = t->s->signal_fd, .events = POLLIN},
            {.fd = t->events.fd, .events = POLLIN},
            {.fd = t->ready.fd, .events = POLLIN},
            {.fd = t->watch_fd, .events = POLLIN},
            {.fd = t->server.ended ? -1 : t->server.pidfd, .events = POLLIN},
            {.fd = t->load.ended ? -1 : t->load.pidfd, .events = POLLIN},
        };
        if (poll(p, sizeof(p) / sizeof(p[0]), wait_ms(t, guard_ns, tick_ns)) <
            0)
            continue; /* EINTR: no handler of ours, just wait on */
        if (p[0].revents)
            return -EINTR;
        if (p[1].revents)
            read_lines(t, &t->events, on_event);
        if (p[2].revents)
            read_lines(t, &t->ready, on_ready);
        if (p[3].revents)
            on_replaced_file(t);
        if (p[4].revents)
            on_server_end(t);
        if (p[5].revents)
            child_reap(&t->load);
        if (t->timer_ns && sample_now() >= t->timer_ns)
            on_timer(t);
        if (sample_now() >= tick_ns) {
            t->s->tick(t->s->tick_arg);
            tick_ns += NS;
        }
        if (sample_now() >= guard_ns)
            trial_fail(t, "%s did not come within %.0f s", what, guard_s);
    }
    return 0;
}

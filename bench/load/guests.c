#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/conn.h"
#include "bench/load/guest_internal.h"
#include "common/die.h"

enum {
    WORDS_MAX = 5,    /* said by a guest at most */
    PLACES_MAX = 8192 /* guests at one time: descriptors */
};

static_assert((int)WORDS_MAX <= (int)TRACE_WORDS_MAX, "a bit for each word");

const char *const guest_exit_names[EXIT_COUNT] = {
    [EXIT_QUIT] = "quit",     [EXIT_CLOSE] = "close",
    [EXIT_RESET] = "reset",   [EXIT_HALF_CLOSE] = "half_close",
    [EXIT_VANISH] = "vanish",
};

uint32_t guest_places(const struct options *opt)
{
    double places = opt->churn > 0 ? 64 + 2 * opt->churn : 0;

    return places < PLACES_MAX ? (uint32_t)places : PLACES_MAX;
}

struct guests *guests_new(struct worker *w)
{
    const struct options *opt = w->run->opt;

    if (opt->churn <= 0)
        return NULL;
    struct guests *gs = xcalloc(1, sizeof(*gs));
    TAILQ_INIT(&gs->waiting);
    TAILQ_INIT(&gs->talking);
    TAILQ_INIT(&gs->deaf);
    TAILQ_INIT(&gs->dead);
    gs->places = guest_places(opt) / opt->threads + 1;
    gs->results.join_time = hist_new();
    return gs;
}

void guest_results_add(struct guest_results *to,
                       const struct guest_results *from)
{
    const struct guest_counters *n = &from->count;

    to->count.started += n->started;
    to->count.joined += n->joined;
    for (int i = 0; i < EXIT_COUNT; i++)
        to->count.left[i] += n->left[i];
    to->count.early += n->early;
    to->count.cut += n->cut;
    to->count.failed += n->failed;
    to->count.stuck += n->stuck;
    to->count.late += n->late;
    to->count.said += n->said;
    hist_add(to->join_time, from->join_time);
    if (!to->failure[0])
        memcpy(to->failure, from->failure, sizeof(to->failure));
}

static void free_dead(struct guests *gs)
{
    struct guest *g;

    while ((g = TAILQ_FIRST(&gs->dead))) {
        TAILQ_REMOVE(&gs->dead, g, link);
        free(g->conn.seen);
        free(g);
    }
}

void guests_free(struct worker *w)
{
    if (!w->guests)
        return;
    free_dead(w->guests);
    traces_clear(&w->guests->traces);
    hist_free(w->guests->results.join_time);
    free(w->guests);
}

const struct guest_results *guests_results(const struct worker *w)
{
    return w->guests ? &w->guests->results : NULL;
}

void guests_start(struct worker *w, uint64_t now)
{
    const struct options *opt = w->run->opt;

    if (!w->guests)
        return;
    uint64_t seed = opt->seed + 1 + ((uint64_t)w->index << 32);
    timeline_start(&w->guests->clock, now, opt->churn * w->share, true, seed);
    rng_seed(&w->guests->pick, ~seed);
    w->guests->coming = true;
}

static void arrive(struct worker *w, uint64_t now)
{
    struct guests *gs = w->guests;
    struct room *r = w->busy[rng_below(&gs->pick, w->busy_count)];
    struct guest *g = xcalloc(1, sizeof(*g) + r->speakers * sizeof(g->met[0]));
    uint32_t n = gs->traces.count;

    trace_new(&gs->traces, r);
    g->number = n;
    g->exit = (enum guest_exit)(n % EXIT_COUNT);
    g->words = 1 + n / EXIT_COUNT % WORDS_MAX;
    g->hasty = n / (EXIT_COUNT * WORDS_MAX) % 2 == 0;
    g->began = now;
    g->conn.fd = -1;
    g->conn.role = ROLE_GUEST;
    g->conn.index = guest_index(w, n);
    g->conn.room = r;
    g->conn.seen = xcalloc(r->speakers, sizeof(*g->conn.seen));
    gs->present++;
    gs->results.count.started++;
    guest_move(g, &gs->waiting);
    conn_start(w, &g->conn);
}

static bool may_come(const struct guests *gs)
{
    return gs->coming && gs->present < gs->places;
}

void guests_step(struct worker *w, uint64_t now)
{
    struct guests *gs = w->guests;
    struct guest *g;

    if (!gs)
        return;
    while (may_come(gs) && gs->clock.due <= now) {
        arrive(w, now);
        gs->put_off = false;
        timeline_advance(&gs->clock);
    }
    if (gs->coming && gs->clock.due <= now && !gs->put_off) {
        gs->put_off = true;
        gs->results.count.late++;
    }
    while ((g = TAILQ_FIRST(&gs->talking)) && g->due <= now)
        guest_talk(w, g, now);
    while ((g = TAILQ_FIRST(&gs->deaf)) && g->due <= now)
        guest_vanish(w, g);
    free_dead(gs);
}

uint64_t guests_due(const struct worker *w)
{
    const struct guests *gs = w->guests;
    uint64_t due = UINT64_MAX;

    if (!gs)
        return due;
    const struct guest *talker = TAILQ_FIRST(&gs->talking);
    const struct guest *deaf = TAILQ_FIRST(&gs->deaf);
    if (may_come(gs))
        due = gs->clock.due;
    if (talker && talker->due < due)
        due = talker->due;
    if (deaf && deaf->due < due)
        due = deaf->due;
    return due;
}

void guests_stop(struct worker *w, uint64_t now)
{
    struct guests *gs = w->guests;
    struct guest *g, *next;

    if (!gs)
        return;
    gs->coming = false;
    while ((g = TAILQ_FIRST(&gs->talking)))
        guest_leave(w, g, now);
    while ((g = TAILQ_FIRST(&gs->deaf)))
        guest_vanish(w, g);
    for (g = TAILQ_FIRST(&gs->waiting); g; g = next) {
        next = TAILQ_NEXT(g, link);
        if (g->conn.state < CONN_JOINED) {
            gs->results.count.early++;
            trace_left(&gs->traces, g->number, false);
            guest_reset(w, g);
        }
    }
}

bool guests_are_gone(const struct worker *w)
{
    return !w->guests ||
           (w->guests->present == 0 && w->guests->traces.waiting == 0);
}

void guests_close_traces(struct worker *w)
{
    if (w->guests)
        traces_close(&w->guests->traces);
}

void guests_settle(struct worker *w)
{
    struct guests *gs = w->guests;
    struct guest *g;

    if (!gs)
        return;
    guests_stop(w, now_ns());
    while ((g = TAILQ_FIRST(&gs->waiting))) {
        gs->results.count.stuck++;
        g->leaving = false;
        guest_reset(w, g);
    }
    free_dead(gs);
    traces_settle(&gs->traces, &w->count);
}

#include "bench/load/guest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "bench/load/conn.h"
#include "bench/load/room.h"
#include "common/die.h"

#define MS 1000000ull

/* How long guests stay is no matter of measurement: long enough to be among
 * the others, short enough that a thousand a second are a crowd of hundreds. */
#define WORD_GAP_NS (40 * MS)  /* between two words of a guest */
#define DEAF_NS     (300 * MS) /* from not reading any more to the RST */

enum {
    WORDS_MAX = 5,      /* said by a guest at most */
    PLACES_MAX = 20000, /* guests at one time: descriptors */
    VANISH_READS = 16   /* of what lies in the kernel, before the RST */
};

static_assert((int)WORDS_MAX <= (int)TRACE_WORDS_MAX, "a bit for each word");

struct guest {
    struct conn conn; /* first, so that each is found from the other */
    uint32_t number;  /* of the worker's guests */
    uint32_t words;   /* it is going to say */
    enum guest_exit exit;
    bool hasty;                 /* leaves right after the last word */
    bool leaving;               /* it has begun to leave */
    uint64_t began;             /* ns: when its connect did */
    uint64_t due;               /* ns: its next word, or its end */
    struct guests_queue *queue; /* it is in */
    TAILQ_ENTRY(guest) link;    /* in that */
    bool met[];                 /* by sender: one of its messages has come */
};

TAILQ_HEAD(guests_queue, guest);

struct guests {
    struct guests_queue waiting; /* for the server */
    struct guests_queue talking; /* until the first is due, and so on */
    struct guests_queue deaf;    /* the same: due to vanish */
    struct guests_queue dead;    /* closed in this turn: freed at its end */
    struct timeline clock;       /* when they come */
    struct rng pick;             /* into which room */
    struct traces traces;
    uint32_t present; /* not closed yet */
    uint32_t places;  /* they may be */
    bool coming;      /* guests come */
    bool put_off;     /* the next one is late already */
    struct guest_results results;
};

const char *const guest_exit_names[EXIT_COUNT] = {
    [EXIT_QUIT] = "quit",     [EXIT_CLOSE] = "close",
    [EXIT_RESET] = "reset",   [EXIT_HALF_CLOSE] = "half_close",
    [EXIT_VANISH] = "vanish",
};

static struct guest *guest_of(struct conn *c)
{
    return (struct guest *)c;
}

static void move(struct guest *g, struct guests_queue *to)
{
    if (g->queue)
        TAILQ_REMOVE(g->queue, g, link);
    TAILQ_INSERT_TAIL(to, g, link);
    g->queue = to;
}

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
    gs->places = guest_places(opt);
    gs->results.join_time = hist_new();
    return gs;
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
    timeline_start(&w->guests->clock, now, opt->churn, true, opt->seed + 1);
    rng_seed(&w->guests->pick, ~opt->seed + 1);
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
    g->conn.index = w->run->opt->conns + n;
    g->conn.room = r;
    g->conn.seen = xcalloc(r->speakers, sizeof(*g->conn.seen));
    gs->present++;
    gs->results.count.started++;
    move(g, &gs->waiting);
    conn_start(w, &g->conn);
}

void guest_on_welcome(struct worker *w, struct conn *c)
{
    char text[64];

    c->state = CONN_JOINING;
    int n = snprintf(text, sizeof(text), "JOIN %s\r\n", c->room->name);
    conn_send(w, c, text, (size_t)n);
}

/*
 * DOC(load.guest): the run a guest must get begins at the latest with what each
 * sender says next; earlier, with what was under way when it joined.
 */
void guest_on_joined(struct worker *w, struct conn *c)
{
    struct guest *g = guest_of(c);
    const struct room *r = c->room;
    uint64_t now = now_ns();

    c->state = CONN_JOINED;
    for (uint32_t i = 0; i < r->speakers; i++)
        if (!g->met[i])
            c->seen[i].next = r->members[i].seq;
    w->guests->results.count.joined++;
    hist_record(w->guests->results.join_time, now - g->began);
    g->due = now;
    move(g, &w->guests->talking);
}

void guest_on_message(struct worker *w, struct conn *c, const struct payload *p)
{
    struct guest *g = guest_of(c);
    uint32_t place = p->sender - c->room->first;

    if (p->sender >= w->run->opt->conns && p->sender != c->index) {
        w->count.guest_received++; /* of another guest */
        return;
    }
    if (place >= c->room->speakers) {
        w->count.misrouted++;
        return;
    }
    struct verify_slot *slot = &c->seen[place];
    if (!g->met[place] && (p->seq < slot->next || c->state < CONN_JOINED))
        slot->next = p->seq; /* it was under way at the JOIN */
    g->met[place] = true;
    switch (verify_seen(slot, p->seq)) {
    case VERIFY_OK: break;
    case VERIFY_REORDERED: w->count.reordered++; break;
    case VERIFY_DUPLICATE: w->count.duplicates++; return;
    }
    w->count.guest_received++;
}
/* END */

void guest_was_heard(struct worker *w, const struct conn *c,
                     const struct payload *p)
{
    trace_heard(&w->guests->traces, &w->count, p->sender - w->run->opt->conns,
                p->seq, c);
}

static void speak(struct worker *w, struct guest *g)
{
    struct conn *c = &g->conn;
    char line[ROOM_LINE_MAX];
    struct payload p = {.run = w->run->id,
                        .sender = c->index,
                        .seq = c->seq++,
                        .number = c->room->number++,
                        .intended = now_ns() - w->run->epoch};

    w->guests->traces.list[g->number]->said++;
    w->guests->results.count.said++;
    conn_send(w, c, line, room_compose(w, c->room, &p, line));
}

static void reset(struct worker *w, struct guest *g)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(g->conn.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    g->conn.state = CONN_QUITTING;
    conn_close(w, &g->conn, "");
}

static void leave(struct worker *w, struct guest *g, uint64_t now)
{
    struct guests *gs = w->guests;
    struct conn *c = &g->conn;

    if (c->owed) /* a server that does not read: an orderly end could hang */
        g->exit = EXIT_RESET;
    g->leaving = true;
    trace_left(&gs->traces, g->number,
               g->exit == EXIT_QUIT || g->exit == EXIT_HALF_CLOSE);
    move(g, &gs->waiting);
    switch (g->exit) {
    case EXIT_QUIT:
        c->state = CONN_QUITTING;
        conn_send(w, c, "QUIT\r\n", 6);
        break;
    case EXIT_HALF_CLOSE:
        c->state = CONN_QUITTING;
        shutdown(c->fd, SHUT_WR);
        break;
    case EXIT_VANISH:
        conn_stop_reading(w, c, true);
        g->due = now + DEAF_NS;
        move(g, &gs->deaf);
        break;
    case EXIT_CLOSE:
        c->state = CONN_QUITTING;
        conn_close(w, c, "");
        break;
    default: reset(w, g); break;
    }
}

/* What it holds is looked at before it is gone. */
static void vanish(struct worker *w, struct guest *g)
{
    for (int i = 0; i < VANISH_READS && conn_read(w, &g->conn); i++)
        ;
    if (g->conn.fd >= 0)
        reset(w, g);
}

static void talk(struct worker *w, struct guest *g, uint64_t now)
{
    if (g->conn.seq < g->words) {
        speak(w, g);
        if (g->conn.fd < 0)
            return;
        if (g->conn.seq < g->words || !g->hasty) {
            g->due = now + WORD_GAP_NS;
            move(g, &w->guests->talking);
            return;
        }
    }
    leave(w, g, now);
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
        talk(w, g, now);
    while ((g = TAILQ_FIRST(&gs->deaf)) && g->due <= now)
        vanish(w, g);
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
        leave(w, g, now);
    while ((g = TAILQ_FIRST(&gs->deaf)))
        vanish(w, g);
    for (g = TAILQ_FIRST(&gs->waiting); g; g = next) {
        next = TAILQ_NEXT(g, link);
        if (g->conn.state < CONN_JOINED) {
            gs->results.count.early++;
            trace_left(&gs->traces, g->number, false);
            reset(w, g);
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
        reset(w, g);
    }
    free_dead(gs);
    traces_settle(&gs->traces, &w->count);
}

/* How it ended, for the accounts. */
static void count_end(struct worker *w, struct guest *g, enum conn_state was,
                      const char *why)
{
    struct guests *gs = w->guests;

    if (was == CONN_QUITTING) {
        if (g->leaving)
            gs->results.count.left[g->exit]++;
        return;
    }
    if (g->queue == &gs->deaf) {
        gs->results.count.cut++;
        return;
    }
    trace_left(&gs->traces, g->number, false);
    w->count.unexpected_closes++;
    if (!w->farewell[0])
        snprintf(w->farewell, sizeof(w->farewell), "%s", why);
}

void guest_on_close(struct worker *w, struct conn *c, enum conn_state was,
                    const char *why)
{
    struct guest *g = guest_of(c);

    for (uint32_t i = 0; i < c->room->speakers; i++)
        w->count.gaps += verify_gaps(&c->seen[i]);
    count_end(w, g, was, why);
    w->guests->present--;
    w->count.guests_gone++;
    move(g, &w->guests->dead);
}

void guest_on_failed_connect(struct worker *w, struct conn *c, const char *why)
{
    struct guest_results *results = &w->guests->results;

    if (results->count.failed++ == 0)
        snprintf(results->failure, sizeof(results->failure), "%s", why);
    trace_left(&w->guests->traces, guest_of(c)->number, false);
    c->state = CONN_QUITTING;
    if (c->fd >= 0)
        conn_close(w, c, why);
    else
        guest_on_close(w, c, CONN_QUITTING, why);
}

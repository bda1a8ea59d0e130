#include "bench/load/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/conn.h"
#include "bench/load/crowd.h"
#include "bench/load/guest.h"
#include "common/die.h"

/*
 * Whose views are compared: drawn, as a fixed distance could put all of them on
 * one loop of a server that deals out its connections in turn. Slow readers
 * come along as far as there is space.
 */
static void choose_sample(const struct worker *w, struct room *r,
                          uint32_t number, uint32_t healthy)
{
    const struct options *opt = w->run->opt;
    uint32_t want = opt->order_check < healthy ? opt->order_check : healthy;
    uint32_t index[ORDER_SAMPLE_MAX], count = 0, steady;
    struct rng rng;

    if (want < 2)
        return;
    rng_seed(&rng, opt->seed ^ (uint64_t)number << 32);
    while (count < want) {
        struct conn *c = &r->members[rng_below(&rng, healthy)];
        if (c->sample)
            continue;
        index[count++] = c->index;
        c->sample = (uint8_t)count;
    }
    steady = count;
    for (uint32_t i = healthy; i < r->size && count < ORDER_SAMPLE_MAX; i++) {
        index[count++] = r->members[i].index;
        r->members[i].sample = (uint8_t)count;
    }
    r->order = order_new(index, steady, count);
}

void room_init(struct worker *w, struct room *r, uint32_t number,
               struct conn *members)
{
    const struct options *opt = w->run->opt;

    r->members = members;
    r->size = opt->room_size;
    r->first = members[0].index;
    snprintf(r->name, sizeof(r->name), "#%s%u", w->run->tag, number);
    r->head_len =
        (uint32_t)snprintf(r->head, sizeof(r->head), "PRIVMSG %s :", r->name);
    uint32_t healthy = opt->room_size - crowd_slow_in(opt, number);
    r->idle = crowd_room_is_idle(opt, number);
    r->speakers = opt->senders < healthy ? opt->senders : healthy;
    for (uint32_t i = 0; i < r->size; i++) {
        members[i].room = r;
        members[i].role = i < healthy ? ROLE_STEADY : ROLE_SLOW;
        if (!r->idle)
            members[i].seen = xcalloc(r->speakers, sizeof(*members[i].seen));
    }
    if (!r->idle)
        choose_sample(w, r, number, healthy);
}

void room_clear(struct room *r)
{
    flights_clear(&r->flights);
    order_free(r->order);
}

void room_make_ready(struct worker *w, struct room *r)
{
    if (r->listed)
        return;
    r->listed = true;
    w->ready[w->ready_count++] = r;
}

void room_gained_member(struct room *r, const struct conn *c)
{
    r->live++;
    r->readers += c->role == ROLE_STEADY;
}

static struct conn *next_sender(struct room *r)
{
    for (uint32_t i = 0; i < r->speakers && r->readers > 1; i++) {
        struct conn *c = &r->members[r->turn];
        r->turn = r->turn + 1 < r->speakers ? r->turn + 1 : 0;
        if (c->state == CONN_JOINED)
            return c;
    }
    return NULL;
}

size_t room_compose(const struct worker *w, const struct room *r,
                    const struct payload *p, char line[ROOM_LINE_MAX])
{
    uint32_t size = w->run->opt->size;

    memcpy(line, r->head, r->head_len);
    payload_encode(line + r->head_len, size, p);
    memcpy(line + r->head_len + size, "\r\n", 2);
    return r->head_len + size + 2;
}

/* Intended in the measured window. Unsigned: what lies before it is not. */
static inline bool is_timed(const struct worker *w, uint64_t intended)
{
    return intended - w->window_begin < w->window_length;
}

bool room_send(struct worker *w, struct room *r, uint64_t intended)
{
    const struct run *run = w->run;
    struct conn *c = next_sender(r);
    char line[ROOM_LINE_MAX];

    if (!c)
        return false;
    r->number = flights_depart(&r->flights, r->number, c->index - r->first,
                               c->seq, r->readers - 1);
    uint64_t now = now_ns();
    if (intended == 0)
        intended = now;
    uint64_t late = now > intended ? now - intended : 0;
    struct payload p = {.run = run->id,
                        .sender = c->index,
                        .seq = c->seq,
                        .number = r->number,
                        .intended = intended - run->epoch,
                        .late = late};
    size_t len = room_compose(w, r, &p, line);

    /* The account first: the send may find the connection broken. */
    r->number++;
    r->messages++;
    c->seq++;
    w->count.sent++;
    w->count.expected += r->live - 1;
    if (run->opt->rate > 0 && is_timed(w, intended)) {
        hist_record(w->lag, late);
        w->count.achieved += is_timed(w, now);
    }
    conn_send(w, c, line, len);
    return true;
}

void room_send_ready(struct worker *w)
{
    uint32_t window = w->run->opt->window, count = w->ready_count;

    for (uint32_t i = 0; i < count; i++) {
        struct room *r = w->ready[i];
        r->listed = false;
        while (r->flights.count < window && room_send(w, r, 0))
            ;
    }
    /* A send that broke a connection may have listed rooms again. */
    w->ready_count -= count;
    memmove(w->ready, w->ready + count, w->ready_count * sizeof(*w->ready));
}

/* One reader less waits for a message; `intended` 0: untimed. */
static inline void arrive(struct worker *w, struct room *r, struct flight *f,
                          uint64_t intended, uint64_t now)
{
    if (!f->first) {
        f->first = now;
        if (intended)
            hist_record(w->first, now - intended);
    }
    if (!flights_arrive(&r->flights, f))
        return;
    if (w->run->opt->window)
        room_make_ready(w, r);
    if (intended && !f->spoiled) {
        hist_record(w->last, now - intended);
        hist_record(w->spread, now - f->first);
    }
}

static inline void time_message(struct worker *w, struct room *r,
                                const struct payload *p, uint64_t now)
{
    uint64_t intended = p->intended + w->run->epoch;
    struct flight *f = flights_find(&r->flights, p->number);

    if (!is_timed(w, intended)) {
        intended = 0;
    } else {
        unsigned position = hist_record(w->latency, now - intended);
        series_record(&w->series, intended, now - intended, position);
        if (w->run->opt->rate > 0)
            hist_record(w->uncorrected, now - intended - p->late);
    }
    if (f)
        arrive(w, r, f, intended, now);
}

/* --no-verify: as much as the load itself needs. */
static void count_message(struct worker *w, struct conn *c, const char *text,
                          size_t size, uint64_t now)
{
    struct payload p;

    if (size < PAYLOAD_MIN) {
        w->count.corrupt++;
        return;
    }
    payload_read(text, &p);
    c->received++;
    w->count.received++;
    time_message(w, c->room, &p, now);
}

void room_on_message(struct worker *w, struct conn *c, const char *text,
                     size_t size, uint64_t now)
{
    struct room *r = c->room;
    struct payload p;

    if (w->run->opt->no_verify) {
        count_message(w, c, text, size, now);
        return;
    }
    if (size != w->run->opt->size ||
        !payload_decode(text, size, w->run->id, &p)) {
        w->count.corrupt++;
        return;
    }
    if (c->role == ROLE_GUEST) {
        guest_on_message(w, c, &p);
        return;
    }
    uint32_t place = p.sender - r->first;
    if (p.sender >= w->run->opt->conns && w->guests) {
        if (guest_was_heard(w, c, &p) && c->sample)
            order_see(r->order, c->sample - 1u, p.sender, p.number, &w->order);
        return;
    }
    if (!c->seen || place >= r->speakers || p.sender == c->index) {
        w->count.misrouted++;
        return;
    }
    switch (verify_seen(&c->seen[place], p.seq)) {
    case VERIFY_OK: break;
    case VERIFY_REORDERED: w->count.reordered++; break;
    case VERIFY_DUPLICATE: w->count.duplicates++; return;
    }
    c->received++;
    w->count.received++;
    if (c->sample)
        order_see(r->order, c->sample - 1u, p.sender, p.number, &w->order);
    if (c->role == ROLE_SLOW)
        return;
    time_message(w, r, &p, now);
}

void room_lost_member(struct worker *w, struct conn *c)
{
    struct room *r = c->room;
    uint32_t place = c->index - r->first;

    if (r->live == 0 || w->count.joined < w->conns_count)
        return; /* the run is not under way */
    r->live--;
    r->readers -= c->role == ROLE_STEADY;
    w->count.abandoned += r->messages - c->seq - c->received;
    uint64_t gaps = 0, in_order = 0;
    for (uint32_t i = 0; c->seen && i < r->speakers; i++)
        gaps += verify_gaps(&c->seen[i]);
    /* Where a sender's last messages are missing and another's later ones are
     * not, only the order knows. */
    if (c->sample)
        in_order = order_leave(r->order, c->sample - 1u);
    w->count.gaps += gaps > in_order ? gaps : in_order;
    if (!r->flights.places || c->role == ROLE_SLOW)
        return;
    for (uint32_t i = 0; i <= r->flights.mask; i++) {
        struct flight *f = &r->flights.places[i];
        if (!f->remaining || f->sender == place ||
            verify_has(&c->seen[f->sender], f->seq))
            continue;
        f->spoiled = true;
        if (flights_arrive(&r->flights, f) && w->run->opt->window)
            room_make_ready(w, r);
    }
}

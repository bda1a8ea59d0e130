#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/load/conn.h"
#include "bench/load/guest_internal.h"
#include "bench/load/room.h"

#define MS 1000000ull

/* How long guests stay is no matter of measurement: long enough to be among
 * the others, short enough that a thousand a second are a crowd of hundreds. */
#define WORD_GAP_NS (40 * MS)  /* between two words of a guest */
#define DEAF_NS     (300 * MS) /* from not reading any more to the RST */

enum { VANISH_READS = 16 }; /* of what lies in the kernel, before the RST */

static struct guest *guest_of(struct conn *c)
{
    return (struct guest *)c;
}

void guest_move(struct guest *g, struct guests_queue *to)
{
    if (g->queue)
        TAILQ_REMOVE(g->queue, g, link);
    TAILQ_INSERT_TAIL(to, g, link);
    g->queue = to;
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
    guest_move(g, &w->guests->talking);
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

bool guest_was_heard(struct worker *w, const struct conn *c,
                     const struct payload *p)
{
    uint32_t number;

    if (guest_number(w, p->sender, &number))
        return trace_heard(&w->guests->traces, &w->count, number, p->seq, c);
    w->count.misrouted++;
    return false;
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

void guest_reset(struct worker *w, struct guest *g)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(g->conn.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    g->conn.state = CONN_QUITTING;
    conn_close(w, &g->conn, "");
}

void guest_leave(struct worker *w, struct guest *g, uint64_t now)
{
    struct guests *gs = w->guests;
    struct conn *c = &g->conn;

    if (c->owed) /* a server that does not read: an orderly end could hang */
        g->exit = EXIT_RESET;
    g->leaving = true;
    trace_left(&gs->traces, g->number,
               g->exit == EXIT_QUIT || g->exit == EXIT_HALF_CLOSE);
    guest_move(g, &gs->waiting);
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
        guest_move(g, &gs->deaf);
        break;
    case EXIT_CLOSE:
        c->state = CONN_QUITTING;
        conn_close(w, c, "");
        break;
    default: guest_reset(w, g); break;
    }
}

/* What it holds is looked at before it is gone. */
void guest_vanish(struct worker *w, struct guest *g)
{
    for (int i = 0; i < VANISH_READS && conn_read(w, &g->conn); i++)
        ;
    if (g->conn.fd >= 0)
        guest_reset(w, g);
}

void guest_talk(struct worker *w, struct guest *g, uint64_t now)
{
    if (g->conn.seq < g->words) {
        speak(w, g);
        if (g->conn.fd < 0)
            return;
        if (g->conn.seq < g->words || !g->hasty) {
            g->due = now + WORD_GAP_NS;
            guest_move(g, &w->guests->talking);
            return;
        }
    }
    guest_leave(w, g, now);
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
    guest_move(g, &w->guests->dead);
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

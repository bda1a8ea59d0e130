/*
 * mailbox_stress - what mailbox.h promises, with loops on threads of their own.
 *
 * What is posted are tickets: numbers drawn under the lock and posted to every
 * loop, like a message to a room. A loop checks that each is one more than the
 * last: so none is lost, none comes twice, each producer's are in order, and
 * all loops see the same order.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/stress/loops.h"
#include "tests/stress/stress.h"

enum { PRODUCERS = 4 };

static size_t tickets;       /* guarded by loops_lock: drawn */
static size_t tickets_ahead; /* guarded by loops_lock: most in a mailbox */

/* Posts `n` tickets to each loop in one critical section. Any thread. */
static void post_tickets(size_t n)
{
    lock_acquire(&loops_lock);
    for (; n > 0; n--) {
        tickets++;
        for (size_t i = 0; i < loops_count; i++)
            mailbox_post(&loops[i].box, NULL, MAIL_OTHER, (void *)tickets);
    }
    for (size_t i = 0; i < loops_count; i++) {
        if (loops[i].box.n > tickets_ahead)
            tickets_ahead = loops[i].box.n;
    }
    lock_release(&loops_lock);
    mailbox_after_unlock();
}

static void on_ticket(struct mailbox *box, void *what)
{
    struct loop *l = loop_of_box(box);

    if (what)
        CHECK((size_t)what == ++l->next);
    else
        ev_break(l->io.ev, EVBREAK_ALL);
}

static void open_tickets(size_t count, size_t mark, const struct conn_ops *ops,
                         void (*on_other)(struct mailbox *, void *))
{
    static const struct conn_ops none;

    tickets = tickets_ahead = 0;
    loops_open(count, mark, ops ? ops : &none, on_other);
}

/* ---- many producers ---- */

static void produce(size_t number)
{
    uint64_t random = number + 1;

    for (int i = 0; i < 5000; i++)
        post_tickets(1 + stress_draw(&random, 3));
}

static size_t next_at_end[LOOPS_MAX];

static void on_ticket_keep(struct mailbox *box, void *what)
{
    on_ticket(box, what);
    next_at_end[loop_of_box(box)->number] = loop_of_box(box)->next;
}

static void produce_for(size_t count, size_t mark)
{
    open_tickets(count, mark, NULL, on_ticket_keep);
    loops_start();
    stress_threads(produce, PRODUCERS);
    loops_stop();
    for (size_t i = 0; i < count; i++)
        CHECK(next_at_end[i] == tickets);
}

static void many_producers_one_order_for_all(void)
{
    produce_for(3, MAILBOX_MARK);
}

static void many_producers_that_are_blocked(void)
{
    produce_for(3, 5);
    CHECK(tickets_ahead > 5);
}

/* ---- a producer faster than the consumer ---- */

static void produce_much(size_t number)
{
    uint64_t random = number + 1;

    for (int i = 0; i < 500; i++)
        post_tickets(1 + stress_draw(&random, 100));
}

static unsigned count_blocked(void)
{
    unsigned n = 0;

    lock_acquire(&loops_lock);
    for (size_t i = 0; i < loops_count; i++)
        n += loops[i].box.n_blocked;
    lock_release(&loops_lock);
    return n;
}

/* The consumers begin when every producer has been blocked. */
static void produce_or_start(size_t number)
{
    if (number < PRODUCERS) {
        produce_much(number);
        return;
    }
    while (count_blocked() < PRODUCERS)
        sched_yield();
    loops_start();
}

static void who_outruns_the_consumer_is_blocked(void)
{
    enum { MARK = 1000 };

    open_tickets(2, MARK, NULL, on_ticket_keep);
    stress_threads(produce_or_start, PRODUCERS + 1);
    loops_stop();
    for (size_t i = 0; i < 2; i++)
        CHECK(next_at_end[i] == tickets);
    /* Each producer goes past the mark by at most what it posts at once. */
    CHECK(tickets_ahead > MARK);
    CHECK(tickets_ahead <= MARK + PRODUCERS * 100);
}

/* ---- loops that feed each other ---- */

enum { CLIENTS = 3 /* of each loop */, LINES = 2000 /* of each client */ };

static int client_fds[LOOPS_MAX * CLIENTS];
static size_t tickets_at_end;
static atomic_size_t n_holds;

static void on_line(struct conn *c, char *line, size_t len)
{
    bool held = c->loop->holding;

    (void)line;
    (void)len;
    post_tickets(1);
    if (!c->loop->holding)
        return;
    if (!held)
        atomic_fetch_add(&n_holds, 1);
    conn_hold(c);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    (void)cause;
    lock_acquire(&loops_lock);
    mailbox_post(c->loop->owner, c, MAIL_GONE, NULL);
    lock_release(&loops_lock);
    mailbox_after_unlock();
}

/* A loop ends once it has had all tickets and its clients have gone. */
static void end_if_done(struct loop *l)
{
    if (l->next == tickets_at_end && l->freed == CLIENTS)
        ev_break(l->io.ev, EVBREAK_ALL);
}

static void on_freed(struct conn_loop *io)
{
    loop_of_io(io)->freed++;
    end_if_done(loop_of_io(io));
}

static void on_ticket_or_end(struct mailbox *box, void *what)
{
    on_ticket(box, what);
    end_if_done(loop_of_box(box));
}

/* A client of a loop: says its lines and closes. */
static void talk(size_t number)
{
    static const char text[] = "a line\nanother\n";

    for (int i = 0; i < LINES / 2; i++)
        CHECK(write(client_fds[number], text, sizeof(text) - 1) ==
              sizeof(text) - 1);
    close(client_fds[number]);
}

static void open_clients(void)
{
    for (size_t i = 0; i < loops_count * CLIENTS; i++) {
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ||
            fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
            abort();
        client_fds[i] = fds[1];
        struct conn *c = conn_open(&loops[i / CLIENTS].io, fds[0]);
        if (!c)
            abort();
        conn_start(c);
    }
}

static void feed_each_other(size_t count, size_t mark)
{
    static const struct conn_ops ops = {.on_line = on_line,
                                        .on_leave = on_leave,
                                        .on_freed = on_freed};

    open_tickets(count, mark, &ops, on_ticket_or_end);
    tickets_at_end = count * CLIENTS * LINES;
    atomic_store(&n_holds, 0);
    open_clients();
    loops_start();
    stress_threads(talk, count * CLIENTS);
    loops_join();
    CHECK(tickets == tickets_at_end);
    /* A held loop waits for one of the full mailboxes only. When it is released
     * it goes past the mark of each other one by a line, and a release is an
     * entry too. */
    CHECK(tickets_ahead <= mark + count * (count + 1));
}

static void two_loops_that_fill_each_other(void)
{
    feed_each_other(2, 3);
    CHECK(atomic_load(&n_holds) > 100);
}

static void many_loops_that_fill_each_other(void)
{
    feed_each_other(6, 10);
    CHECK(atomic_load(&n_holds) > 100);
}

static void one_loop_that_fills_its_own(void)
{
    feed_each_other(1, 3);
    CHECK(atomic_load(&n_holds) > 100);
}

static void loops_that_never_reach_the_mark(void)
{
    feed_each_other(4, MAILBOX_MARK);
}

/* ---- the end ---- */

static void produce_a_little(size_t number)
{
    if (number < PRODUCERS) {
        post_tickets(50);
        return;
    }
    while (count_blocked() < PRODUCERS)
        sched_yield();
    /* Behind a full mailbox: all that was posted comes first. */
    for (size_t i = 0; i < loops_count; i++) {
        lock_acquire(&loops_lock);
        mailbox_post(&loops[i].box, NULL, MAIL_OTHER, NULL);
        lock_release(&loops_lock);
    }
    loops_start();
    mailbox_after_unlock();
}

static void stopped_while_full(void)
{
    for (int i = 0; i < 200; i++) {
        open_tickets(2, 10, NULL, on_ticket_keep);
        stress_threads(produce_a_little, PRODUCERS + 1);
        loops_join();
        CHECK(next_at_end[0] == PRODUCERS * 50);
        CHECK(next_at_end[1] == PRODUCERS * 50);
    }
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"many_producers_one_order_for_all", many_producers_one_order_for_all},
        {"many_producers_that_are_blocked", many_producers_that_are_blocked},
        {"who_outruns_the_consumer_is_blocked",
         who_outruns_the_consumer_is_blocked},
        {"two_loops_that_fill_each_other", two_loops_that_fill_each_other},
        {"many_loops_that_fill_each_other", many_loops_that_fill_each_other},
        {"one_loop_that_fills_its_own", one_loop_that_fills_its_own},
        {"loops_that_never_reach_the_mark", loops_that_never_reach_the_mark},
        {"stopped_while_full", stopped_while_full},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

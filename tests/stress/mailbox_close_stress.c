/*
 * mailbox_close_stress - connections that close while messages to them are
 * under way on other loops: the use after free that other servers met.
 *
 * A table stands for the chat: who is in it may be posted to, under the lock.
 * Threads and loops post without end; peers close, or do not read and are
 * doomed; a loop takes its connection out of the table and posts `gone` in one
 * critical section. What is freed too early is AddressSanitizer's to say, what
 * is not freed at all is counted, and every message must have been given back.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/msg.h"
#include "tests/stress/loops.h"
#include "tests/stress/stress.h"

enum { LOOPS = 4, SEATS = 32, POSTERS = 2, LIVES = 10000, MESSAGES = 8 };

/* A place in the table. */
struct seat {
    struct conn *conn; /* guarded by loops_lock: NULL when nobody is there */
    int peer;          /* the usher's: its other end, -1 when closed */
    bool waiting;      /* guarded by loops_lock: on its way to its loop */
};

/* A connection on its way from the usher to its loop. */
struct newcomer {
    int fd;
    struct seat *seat;
};

static struct seat seats[SEATS];
static struct msg *messages[MESSAGES];
static bool over;             /* guarded by loops_lock: the usher is done */
static atomic_size_t n_freed; /* connections, of all loops */
static atomic_size_t n_doomed;

static struct msg *new_message(void)
{
    char text[200];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\n';
    struct msg *msg = msg_new(text, sizeof(text));
    if (!msg)
        abort();
    return msg;
}

/* Posts one message to all in the table, one that stays or one that is only
 * theirs. Any thread. False: it is over. */
static bool post_to_all(uint64_t *random)
{
    struct msg *msg = stress_draw(random, 2)
                          ? new_message()
                          : msg_ref(messages[stress_draw(random, MESSAGES)]);

    lock_acquire(&loops_lock);
    for (size_t i = 0; i < SEATS; i++) {
        struct conn *c = seats[i].conn;
        if (c)
            mailbox_post(c->loop->owner, c, MAIL_MSG, msg);
    }
    bool go_on = !over;
    lock_release(&loops_lock);
    mailbox_after_unlock();
    msg_unref(msg);
    return go_on;
}

static void post_without_end(uint64_t seed)
{
    uint64_t random = seed;

    while (post_to_all(&random))
        ;
}

/* ---- the loops' side ---- */

/* What a peer says is relayed, so that loops post as well. */
static void on_line(struct conn *c, char *line, size_t len)
{
    static _Thread_local uint64_t random = 1;

    (void)line;
    (void)len;
    post_to_all(&random);
    if (c->loop->holding)
        conn_hold(c);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    if (cause == CHAT_SENDQ)
        atomic_fetch_add(&n_doomed, 1);
    lock_acquire(&loops_lock);
    for (size_t i = 0; i < SEATS; i++) {
        if (seats[i].conn == c)
            seats[i].conn = NULL;
    }
    mailbox_post(c->loop->owner, c, MAIL_GONE, NULL);
    lock_release(&loops_lock);
    mailbox_after_unlock();
}

static void on_freed(struct conn_loop *io)
{
    (void)io;
    atomic_fetch_add(&n_freed, 1);
}

static void on_newcomer(struct mailbox *box, void *what)
{
    struct newcomer *n = what;

    if (!n) {
        ev_break(box->io->ev, EVBREAK_ALL);
        return;
    }
    struct conn *c = conn_open(box->io, n->fd);
    if (!c)
        abort();
    lock_acquire(&loops_lock);
    n->seat->conn = c;
    n->seat->waiting = false;
    lock_release(&loops_lock);
    conn_start(c);
    free(n);
}

/* ---- the usher: makes and ends the peers ---- */

static void seat_newcomer(struct seat *seat, size_t loop)
{
    struct newcomer *n = malloc(sizeof(*n));
    int fds[2], small = 4096;

    if (!n || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ||
        fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(fds[1], F_SETFL, O_NONBLOCK) < 0)
        abort();
    /* Small, so that who does not read is found out soon. */
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    *n = (struct newcomer){.fd = fds[0], .seat = seat};
    seat->peer = fds[1];
    lock_acquire(&loops_lock);
    seat->waiting = true;
    mailbox_post(&loops[loop].box, NULL, MAIL_OTHER, n);
    lock_release(&loops_lock);
    mailbox_after_unlock();
}

static bool is_taken(const struct seat *seat)
{
    lock_acquire(&loops_lock);
    bool taken = seat->conn || seat->waiting;
    lock_release(&loops_lock);
    return taken;
}

/* One in four reads; one in four talks; then it may go. */
static void visit(struct seat *seat, uint64_t *random)
{
    char waste[4096];

    if (stress_draw(random, 4) == 0)
        while (recv(seat->peer, waste, sizeof(waste), 0) > 0)
            ;
    if (stress_draw(random, 4) == 0)
        (void)send(seat->peer, "a line\nand half", 15, MSG_NOSIGNAL);
    if (stress_draw(random, 2) == 0) {
        close(seat->peer);
        seat->peer = -1;
    }
}

/* Peers come and go, LIVES of them. */
static void usher(void)
{
    uint64_t random = 1;

    for (size_t lives = 0; lives < LIVES;) {
        struct seat *seat = &seats[stress_draw(&random, SEATS)];
        if (seat->peer >= 0 && is_taken(seat)) {
            visit(seat, &random);
        } else if (!is_taken(seat)) {
            if (seat->peer >= 0)
                close(seat->peer); /* it was doomed */
            seat_newcomer(seat, lives % LOOPS);
            lives++;
        }
    }
}

static void close_all(void)
{
    for (size_t i = 0; i < SEATS; i++) {
        if (seats[i].peer >= 0)
            close(seats[i].peer);
    }
    while (atomic_load(&n_freed) < LIVES)
        sched_yield();
    lock_acquire(&loops_lock);
    over = true;
    lock_release(&loops_lock);
}

static void run_thread(size_t number)
{
    if (number > 0) {
        post_without_end(number);
        return;
    }
    usher();
    close_all();
}

static void connections_that_close_under_way(void)
{
    static const struct conn_ops ops = {.on_line = on_line,
                                        .on_leave = on_leave,
                                        .on_freed = on_freed};

    for (size_t i = 0; i < MESSAGES; i++)
        messages[i] = new_message();
    for (size_t i = 0; i < SEATS; i++)
        seats[i] = (struct seat){.peer = -1};
    loops_options.sendq = 4096;
    loops_open(LOOPS, 500, &ops, on_newcomer);
    loops_start();
    stress_threads(run_thread, POSTERS + 1);
    loops_stop();
    CHECK(atomic_load(&n_freed) == LIVES);
    CHECK(atomic_load(&n_doomed) > LIVES / 100);
    CHECK(atomic_load(&n_doomed) < LIVES);
    for (size_t i = 0; i < MESSAGES; i++) {
        CHECK(atomic_load(&messages[i]->refs) == 1);
        msg_unref(messages[i]);
    }
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"connections_that_close_under_way", connections_that_close_under_way},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

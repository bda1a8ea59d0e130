#include "common/handler_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "common/irc.h"
#include "common/log.h"
#include "common/work.h"

/* A connection's part; conn.job. Freed with the connection. */
struct job {
    struct serial serial;  /* its lines, then `leave` */
    struct conn *conn;     /* set once */
    struct task more;      /* goes on with a long reply */
    struct task leave;     /* the last */
    enum chat_cause cause; /* of leaving; set before `leave` is submitted */
    bool closed;           /* workers only, one at a time: QUIT was handled */
    atomic_bool hurried;   /* atomic: `leave` is on its way, do not park */
    atomic_bool paused;    /* atomic: not read until few lines are left */
    atomic_size_t lines;   /* atomic: its lines waiting, in units of A_LINE;
                            * PARKED: they are not in pool->total */
};

enum { PARKED = 1, A_LINE = 2 };

/* One line on its way to a worker. */
struct line_task {
    struct task task; /* first: found by it */
    struct job *job;  /* whose line */
    size_t len;       /* bytes in line, its NUL apart */
    bool too_long;    /* there is no line, only the fact that it was */
    char line[];      /* a copy, with a byte more for the parser's NUL */
};

static struct handler_loop *loop_of(const struct conn *c)
{
    const struct mailbox *box = c->loop->owner;

    return box->owner;
}

/* ---- on the workers ---- */

static void post(struct job *j, enum mail_kind kind)
{
    mailbox_post(j->conn->loop->owner, j->conn, kind, NULL);
}

static void post_alone(struct job *j, enum mail_kind kind)
{
    struct lock *lock = loop_of(j->conn)->pool->lock;

    lock_acquire(lock);
    post(j, kind);
    lock_release(lock);
    mailbox_after_unlock();
}

/* Few lines are left: the loop may read this connection again. The task being
 * run still counts as pending. */
static void resume_if_paused(struct job *j)
{
    if (atomic_load(&j->serial.pending) - 1 <= HANDLER_LINES_LOW &&
        atomic_exchange(&j->paused, false))
        post_alone(j, MAIL_RESUME);
}

/* Fewer lines wait in all: loops that stopped reading may go on. */
static void release_if_low(struct handler_pool *pool)
{
    if (atomic_load(&pool->total) > HANDLER_TOTAL_LOW ||
        !atomic_load(&pool->any_held) ||
        !atomic_exchange(&pool->any_held, false))
        return;
    lock_acquire(pool->lock);
    for (struct handler_loop *l = pool->loops; l; l = l->next) {
        if (atomic_exchange(&l->held, false))
            mailbox_post(l->box, NULL, MAIL_RELEASE, NULL);
    }
    lock_release(pool->lock);
    mailbox_after_unlock();
}

static void count_line_done(struct handler_pool *pool, struct job *j)
{
    atomic_fetch_sub(&j->lines, A_LINE);
    atomic_fetch_sub(&pool->total, 1);
    release_if_low(pool);
}

/*
 * DOC(handler_pool.parked)
 * Lines behind a long reply wait for its reader, not for a worker. In the total
 * they would let a few hundred who do not read stop the reading of everybody;
 * so they leave it while their connection is parked. The connection's own bound
 * still holds. A line that comes in meanwhile sees the flag and does not count
 * itself, and who takes the flag away counts all there are: one atomic variable
 * holds both, so each line is counted by exactly one of the two.
 * END
 */
static void stop_counting(struct handler_pool *pool, struct job *j)
{
    size_t lines = atomic_fetch_or(&j->lines, PARKED) / A_LINE;

    atomic_fetch_sub(&pool->total, lines);
    release_if_low(pool);
}

static void count_again(struct handler_pool *pool, struct job *j)
{
    if (!(atomic_load(&j->lines) & PARKED))
        return;
    size_t lines = atomic_fetch_and(&j->lines, ~(size_t)PARKED) / A_LINE;
    atomic_fetch_add(&pool->total, lines);
}

/* Tells the loop what has to happen. Under the lock. */
static enum task_result note_result_locked(struct job *j,
                                           enum chat_result result)
{
    if (result == CHAT_CLOSE) {
        j->closed = true;
        post(j, MAIL_CLOSE);
    }
    if (result != CHAT_MORE || atomic_load(&j->hurried))
        return TASK_DONE;
    post(j, MAIL_MORE);
    return TASK_PARK;
}

static enum task_result handle_line(struct handler_pool *pool, struct job *j,
                                    struct line_task *l)
{
    struct irc_message m;
    enum chat_result result = CHAT_OK;

    if (!l->too_long && !irc_parse(l->line, l->len, &m))
        return TASK_DONE;
    if (!l->too_long && irc_equals(m.command.ptr, "PRIVMSG"))
        work_run(&pool->opts->work);
    lock_acquire(pool->lock);
    conn_current = j->conn;
    if (l->too_long)
        chat_line_too_long(pool->chat, j->conn->user);
    else
        result = chat_handle(pool->chat, j->conn->user, &m);
    conn_current = NULL;
    bool registered = chat_is_registered(j->conn->user);
    enum task_result then = note_result_locked(j, result);
    lock_release(pool->lock);
    atomic_store_explicit(&j->conn->registered, registered,
                          memory_order_relaxed);
    mailbox_after_unlock();
    return then;
}

/* What follows from how a task of the connection has ended. */
static void end_task(struct handler_pool *pool, struct job *j,
                     enum task_result then)
{
    if (then == TASK_DONE)
        resume_if_paused(j);
    else
        stop_counting(pool, j);
}

static enum task_result run_line(struct task *task)
{
    struct line_task *l = (struct line_task *)task;
    struct job *j = l->job;
    struct handler_pool *pool = loop_of(j->conn)->pool;
    enum task_result then = TASK_DONE;

    count_again(pool, j);
    if (!j->closed && !atomic_load(&pool->stopping))
        then = handle_line(pool, j, l);
    free(l);
    count_line_done(pool, j);
    end_task(pool, j, then);
    log_flush();
    return then;
}

static enum task_result run_more(struct task *task)
{
    struct job *j = (struct job *)((char *)task - offsetof(struct job, more));
    struct handler_pool *pool = loop_of(j->conn)->pool;

    count_again(pool, j);
    lock_acquire(pool->lock);
    conn_current = j->conn;
    enum task_result then =
        note_result_locked(j, chat_continue(pool->chat, j->conn->user));
    conn_current = NULL;
    lock_release(pool->lock);
    mailbox_after_unlock();
    end_task(pool, j, then);
    return then;
}

static enum task_result run_leave(struct task *task)
{
    struct job *j = (struct job *)((char *)task - offsetof(struct job, leave));
    struct handler_pool *pool = loop_of(j->conn)->pool;

    lock_acquire(pool->lock);
    chat_disconnect(pool->chat, j->conn->user, j->cause);
    j->conn->user = NULL;
    post(j, MAIL_GONE);
    lock_release(pool->lock);
    /* From here on the loop may have freed the connection, and `j` with it. */
    mailbox_after_unlock();
    log_flush();
    return TASK_LAST;
}

/* ---- on the loops ---- */

bool handler_pool_open(struct conn *c)
{
    struct job *j = calloc(1, sizeof(*j));

    if (!j)
        return false;
    j->conn = c;
    j->more.run = run_more;
    j->leave.run = run_leave;
    c->job = j;
    c->loop->free_job = free;
    return true;
}

/* Counts a line in, unless its connection is parked; the total it makes. The
 * total comes first, or a worker that parks the connection in between would
 * take out what is not yet in. */
static size_t count_line(struct handler_pool *pool, struct job *j)
{
    size_t total = atomic_fetch_add(&pool->total, 1) + 1;

    if (!(atomic_fetch_add(&j->lines, A_LINE) & PARKED))
        return total;
    return atomic_fetch_sub(&pool->total, 1) - 1;
}

/* Stops reading where too much waits. For one connection: the line just added
 * has yet to run, so a task is left that finds the mark and lets the reading go
 * on. For all: what waits may have been parked since it was counted, so the
 * total is looked at again behind the mark. */
static void bound(struct conn *c, struct job *j, size_t waiting)
{
    struct handler_loop *l = loop_of(c);
    size_t total = count_line(l->pool, j);

    if (waiting >= HANDLER_LINES && !c->paused) {
        conn_pause(c, false);
        atomic_store(&j->paused, true);
    }
    if (total >= HANDLER_TOTAL && !c->loop->holding) {
        conn_loop_hold(c->loop);
        conn_hold(c);
        atomic_store(&l->held, true);
        atomic_store(&l->pool->any_held, true);
        release_if_low(l->pool);
    }
}

void handler_pool_on_line(struct conn *c, char *line, size_t len)
{
    struct job *j = c->job;
    struct line_task *l = malloc(sizeof(*l) + (line ? len : 0) + 1);

    if (!l) {
        conn_leave(c, CHAT_ERROR);
        return;
    }
    l->task.run = run_line;
    l->job = j;
    l->too_long = !line;
    l->len = line ? len : 0;
    if (line)
        memcpy(l->line, line, len);
    size_t waiting = executor_add(&loop_of(c)->batch, &j->serial, &l->task);
    bound(c, j, waiting);
}

void handler_pool_on_drained(struct conn *c)
{
    struct job *j = c->job;

    if (atomic_load(&j->hurried))
        return; /* its last task may have run */
    executor_unpark(loop_of(c)->pool->executor, &j->serial, &j->more);
    if (!atomic_load(&j->paused))
        conn_resume(c);
}

/* Lines that came before the end of input are handled, and a long reply that
 * waits for its reader goes on: who half-closes still reads. */
void handler_pool_on_leave(struct conn *c, enum chat_cause cause)
{
    struct job *j = c->job;

    j->cause = cause;
    executor_add(&loop_of(c)->batch, &j->serial, &j->leave);
    if (cause != CHAT_EOF)
        handler_pool_on_hurry(c);
}

void handler_pool_on_hurry(struct conn *c)
{
    struct job *j = c->job;

    atomic_store(&j->hurried, true);
    executor_unpark(loop_of(c)->pool->executor, &j->serial, NULL);
}

bool handler_pool_on_turn_end(struct conn_loop *io)
{
    struct mailbox *box = io->owner;
    struct handler_loop *l = box->owner;
    bool submitted = l->batch.head != NULL;

    executor_submit(l->pool->executor, &l->batch);
    return mailbox_drain_at_turn_end(io) || submitted;
}

/* ---- set-up and end ---- */

void handler_pool_start(struct handler_pool *pool, struct chat *chat,
                        struct lock *lock, const struct server_options *opts,
                        int n)
{
    pool->chat = chat;
    pool->lock = lock;
    pool->opts = opts;
    pool->loops = NULL;
    atomic_init(&pool->total, 0);
    atomic_init(&pool->any_held, false);
    atomic_init(&pool->stopping, false);
    pool->executor = executor_start("worker", n, NULL);
    if (!pool->executor)
        die_errno(errno, "cannot start %d workers", n);
}

void handler_loop_init(struct handler_loop *loop, struct handler_pool *pool,
                       struct mailbox *box)
{
    *loop = (struct handler_loop){.pool = pool, .box = box};
    loop->next = pool->loops;
    pool->loops = loop;
    box->owner = loop;
}

void handler_pool_abandon(struct handler_pool *pool)
{
    atomic_store(&pool->stopping, true);
}

void handler_pool_stop(struct handler_pool *pool)
{
    executor_stop(pool->executor);
}

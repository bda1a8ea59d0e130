#include "variants/held.h"

#include <stdlib.h>

#include "common/handler_pool.h"
#include "common/irc.h"
#include "common/log.h"
#include "common/work.h"

static struct handler_loop *loop_of(const struct conn *c)
{
    const struct mailbox *box = c->loop->owner;

    return box->owner;
}

bool held_open(struct conn *c, size_t size, void (*free_job)(void *job))
{
    struct held *h = calloc(1, size);

    if (!h)
        return false;
    h->conn = c;
    atomic_init(&h->refs, 1);
    c->job = h;
    c->loop->free_job = free_job;
    return true;
}

void held_submit(struct conn *c, struct held_task *t, task_fn run)
{
    t->task.run = run;
    t->held = c->job;
    atomic_fetch_add(&t->held->refs, 1);
    executor_add(&loop_of(c)->batch, &t->alone, &t->task);
}

static void unref(struct held *h)
{
    struct conn *c = h->conn;
    struct lock *lock = loop_of(c)->pool->lock;

    if (atomic_fetch_sub(&h->refs, 1) != 1)
        return;
    lock_acquire(lock);
    mailbox_post(c->loop->owner, c, MAIL_GONE, NULL);
    lock_release(lock);
    mailbox_after_unlock();
}

enum task_result held_end(struct held_task *t)
{
    unref(t->held);
    free(t);
    log_flush();
    return TASK_LAST;
}

void held_close(struct held *h)
{
    struct lock *lock = loop_of(h->conn)->pool->lock;

    lock_acquire(lock);
    mailbox_post(h->conn->loop->owner, h->conn, MAIL_CLOSE, NULL);
    lock_release(lock);
    mailbox_after_unlock();
}

/* A long reply is given at one go: nobody would know when to go on with it. */
static enum chat_result handle_locked(struct chat *chat, struct user *user,
                                      struct irc_message *m)
{
    if (!m) {
        chat_line_too_long(chat, user);
        return CHAT_OK;
    }
    enum chat_result result = chat_handle(chat, user, m);
    while (result == CHAT_MORE)
        result = chat_continue(chat, user);
    return result;
}

void held_handle(struct held *h, char *line, size_t len)
{
    struct handler_pool *pool = loop_of(h->conn)->pool;
    struct conn *c = h->conn;
    struct irc_message m;
    enum chat_result result = CHAT_OK;

    if (line && !irc_parse(line, len, &m))
        return;
    if (line && irc_equals(m.command.ptr, "PRIVMSG"))
        work_run(&pool->opts->work);
    lock_acquire(pool->lock);
    if (c->user) { /* it may have left meanwhile */
        conn_current = c;
        result = handle_locked(pool->chat, c->user, line ? &m : NULL);
        conn_current = NULL;
        atomic_store_explicit(&c->registered, chat_is_registered(c->user),
                              memory_order_relaxed);
    }
    lock_release(pool->lock);
    mailbox_after_unlock();
    if (result == CHAT_CLOSE)
        held_close(h);
}

void held_on_leave(struct conn *c, enum chat_cause cause)
{
    struct handler_pool *pool = loop_of(c)->pool;

    lock_acquire(pool->lock);
    chat_disconnect(pool->chat, c->user, cause);
    c->user = NULL;
    lock_release(pool->lock);
    mailbox_after_unlock();
    unref(c->job);
}

void held_on_hurry(struct conn *c)
{
    (void)c; /* nothing waits for it */
}

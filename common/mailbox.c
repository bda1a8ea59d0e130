#include "common/mailbox.h"

#include <assert.h>
#include <stdlib.h>

#include "common/die.h"
#include "common/stats.h"

enum {
    KEEP_CAP = 256, /* a larger array is given back once drained, */
    KEEP_SHARE = 8, /* unless more than this share of it was in use: it would
                     * have to grow again at once, and that under the lock */
};

static _Thread_local struct mailbox *own; /* the calling loop's, or NULL */
static _Thread_local bool must_hold;      /* our loop is to be held */

/* Whom this thread has marked, to wake after unlocking. Not a list through the
 * mailboxes: once unlocked, a loop may drain, and another thread mark it again,
 * before this one has got round to waking it. */
static _Thread_local struct mailbox *marked[MAILBOX_MAX];
static _Thread_local size_t n_marked;

/* Mailboxes over their mark, for a thread without one of its own to wait for.
 * For each of them, or it would go past the marks of the others once more. */
static _Thread_local struct mailbox *over[MAILBOX_MAX];
static _Thread_local size_t n_over;

static void on_wake(struct ev_loop *ev, ev_async *w, int revents)
{
    /* Polling has ended; the mail is drained when the turn ends. */
    (void)ev;
    (void)w;
    (void)revents;
}

static void on_awake(struct ev_loop *ev, ev_check *w, int revents)
{
    struct mailbox *box = w->data;

    (void)ev;
    (void)revents;
    /* Relaxed: only the count of wake-ups depends on it. */
    atomic_store_explicit(&box->polling, false, memory_order_relaxed);
}

void mailbox_init(struct mailbox *box, struct conn_loop *io, struct lock *lock,
                  size_t mark, void (*on_other)(struct mailbox *, void *),
                  void *owner)
{
    *box = (struct mailbox){.io = io,
                            .lock = lock,
                            .mark = mark,
                            .on_other = on_other,
                            .owner = owner};
    pthread_cond_init(&box->room, NULL);
    io->owner = box;
    ev_async_init(&box->wake, on_wake);
    ev_async_start(io->ev, &box->wake);
    ev_check_init(&box->awake, on_awake);
    box->awake.data = box;
    ev_check_start(io->ev, &box->awake);
}

void mailbox_enter(struct mailbox *box)
{
    own = box;
}

/* ---- posting: any thread, under the lock ---- */

static bool reserve(struct mailbox *box)
{
    if (box->n < box->cap)
        return true;
    size_t cap = box->cap ? box->cap * 2 : 64;
    struct mail *grown = realloc(box->mail, cap * sizeof(*grown));
    if (!grown)
        return false;
    box->mail = grown;
    box->cap = cap;
    return true;
}

/* Notes the loop for mailbox_after_unlock, unless somebody has already. */
static void mark_locked(struct mailbox *box)
{
    if (atomic_load_explicit(&box->marked, memory_order_relaxed))
        return;
    atomic_store_explicit(&box->marked, true, memory_order_relaxed);
    if (box == own)
        return; /* drained before this loop polls again */
    assert(n_marked < MAILBOX_MAX);
    marked[n_marked++] = box;
}

static void hold_back_locked(struct mailbox *box)
{
    if (own) {
        must_hold = true;
        if (own->is_held)
            return;
        own->is_held = true;
        own->next_held = box->held;
        box->held = own;
        return;
    }
    for (size_t i = 0; i < n_over; i++) {
        if (over[i] == box)
            return;
    }
    assert(n_over < MAILBOX_MAX);
    over[n_over++] = box;
}

static bool is_msg(enum mail_kind kind)
{
    return kind == MAIL_MSG || kind == MAIL_REPLY;
}

void mailbox_post(struct mailbox *box, struct conn *to, enum mail_kind kind,
                  void *what)
{
    if (!reserve(box))
        die(1, "out of memory for a loop's mailbox");
    if (kind == MAIL_MSG) {
        /* One reference for a run of entries with the same message: a counter
         * that two cores write costs more than all the rest of this. */
        const struct mail *last = box->n > 0 ? &box->mail[box->n - 1] : NULL;
        if (!last || !is_msg(last->kind) || last->what != what)
            msg_ref(what);
        if (to == conn_current)
            kind = MAIL_REPLY;
    }
    box->mail[box->n++] = (struct mail){to, what, kind};
    mark_locked(box);
    if (box->n > box->mark)
        hold_back_locked(box);
}

/* ---- after unlocking ---- */

static void wait_for_room(struct mailbox *box)
{
    lock_acquire(box->lock);
    while (box->n > box->mark) {
        box->n_blocked++;
        pthread_cond_wait(&box->room, &box->lock->mutex);
        box->n_blocked--;
    }
    lock_release(box->lock);
}

void mailbox_after_unlock(void)
{
    while (n_marked > 0) {
        struct mailbox *box = marked[--n_marked];
        if (atomic_load_explicit(&box->polling, memory_order_relaxed))
            stats_add(STAT_WAKEUPS, 1);
        ev_async_send(box->io->ev, &box->wake);
    }
    while (n_over > 0)
        wait_for_room(over[--n_over]);
    /* Held or released meanwhile: a MAIL_RELEASE is in our mailbox or will be,
     * so holding now cannot be for ever. */
    if (must_hold)
        conn_loop_hold(own->io);
    must_hold = false;
}

/* ---- draining: the loop's thread ---- */

/* Swaps the arrays, clears the mark and lets those go on that were held. */
static size_t take_batch(struct mailbox *box)
{
    lock_acquire(box->lock);
    struct mail *taken = box->mail;
    size_t n = box->n, cap = box->cap;
    box->mail = box->batch;
    box->cap = box->batch_cap;
    box->n = 0;
    atomic_store_explicit(&box->marked, false, memory_order_relaxed);
    while (box->held) {
        struct mailbox *other = box->held;
        box->held = other->next_held;
        other->is_held = false;
        mailbox_post(other, NULL, MAIL_RELEASE, NULL);
    }
    if (box->n_blocked > 0)
        pthread_cond_broadcast(&box->room);
    lock_release(box->lock);
    box->batch = taken;
    box->batch_cap = cap;
    mailbox_after_unlock();
    return n;
}

static void send_msg(const struct mail *m)
{
    const struct msg *msg = m->what;

    conn_send(m->to, msg->data, msg->len);
}

static void handle(struct mailbox *box, const struct mail *m)
{
    switch (m->kind) {
    case MAIL_MSG: send_msg(m); break;
    case MAIL_REPLY:
        conn_current = m->to;
        send_msg(m);
        conn_current = NULL;
        break;
    case MAIL_GONE: conn_gone(m->to); break;
    case MAIL_CLOSE: conn_leave(m->to, CHAT_QUIT); break;
    case MAIL_MORE:
        if (m->to->deaf)
            conn_leave(m->to, CHAT_ERROR);
        else
            conn_pause(m->to, true);
        break;
    case MAIL_RESUME: conn_resume(m->to); break;
    case MAIL_RELEASE: conn_loop_release(box->io); break;
    case MAIL_OTHER: box->on_other(box, m->what); break;
    }
}

/* The reference of a run of entries goes back behind its last. */
static bool ends_run(const struct mail *mail, size_t i, size_t n)
{
    if (!is_msg(mail[i].kind))
        return false;
    return i + 1 == n || !is_msg(mail[i + 1].kind) ||
           mail[i + 1].what != mail[i].what;
}

bool mailbox_drain_at_turn_end(struct conn_loop *io)
{
    struct mailbox *box = io->owner;

    /* Relaxed: a mark set by another thread comes with a wake-up; our own we
     * see. */
    if (!atomic_load_explicit(&box->marked, memory_order_relaxed)) {
        atomic_store_explicit(&box->polling, true, memory_order_relaxed);
        return false;
    }
    size_t n = take_batch(box);
    for (size_t i = 0; i < n; i++) {
        handle(box, &box->batch[i]);
        if (ends_run(box->batch, i, n))
            msg_unref(box->batch[i].what);
    }
    if (box->batch_cap > KEEP_CAP && n < box->batch_cap / KEEP_SHARE) {
        free(box->batch);
        box->batch = NULL;
        box->batch_cap = 0;
    }
    return true;
}

void mailbox_free(struct mailbox *box)
{
    ev_async_stop(box->io->ev, &box->wake);
    ev_check_stop(box->io->ev, &box->awake);
    for (size_t i = 0; i < box->n; i++) {
        if (ends_run(box->mail, i, box->n))
            msg_unref(box->mail[i].what);
    }
    free(box->mail);
    free(box->batch);
    pthread_cond_destroy(&box->room);
}

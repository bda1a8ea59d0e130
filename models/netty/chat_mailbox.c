/*
 * chat_mailbox - what the chat has to tell a loop's clients, in one order.
 *
 * One mailbox a loop; everything in it was put there under the chat's lock. The
 * drainer takes all of it in one critical section, in which it also takes the
 * mark away: an entry is either in the batch or behind a new mark, and a new
 * mark is a new task. What concerns the client as a whole (gone, more) is noted
 * in the client itself, so that noting cannot fail for want of memory; notes
 * are taken behind the messages of the same batch, which is their place, since
 * nothing is sent to a client behind them.
 *
 * Posting never blocks. A mailbox over its mark holds back those who feed it:
 * loops stop reading (they go on draining, so that two cannot wait for each
 * other), executors wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/stats.h"
#include "models/netty/chat_server.h"

enum { KEEP_CAP = 256 /* a larger array is given back once drained */ };

_Thread_local struct client *client_current;

static _Thread_local struct mailbox *own;  /* the calling loop's, or NULL */
static _Thread_local struct mailbox *over; /* found over its mark */

/* Whom this thread has marked, to be given a task after unlocking. */
static _Thread_local struct mailbox *marked[OPTIONS_THREADS_MAX];
static _Thread_local size_t n_marked;

static int drain(void *arg);

static int enter(void *arg)
{
    own = arg;
    return 0;
}

void mailbox_init(struct mailbox *box, struct chat_loop *loop)
{
    *box = (struct mailbox){.loop = loop, .last_note = &box->notes};
    pthread_cond_init(&box->room, NULL);
    (void)event_executor_execute(loop->executor, enter, box);
}

void mailbox_free(struct mailbox *box)
{
    free(box->mail.items);
    free(box->batch.items);
    pthread_cond_destroy(&box->room);
}

/* ---- posting: any thread, under the lock ---- */

static void mark_locked(struct mailbox *box)
{
    if (box->marked)
        return;
    box->marked = true;
    marked[n_marked++] = box;
}

static bool reserve(struct mail_array *a)
{
    if (a->n < a->cap)
        return true;
    size_t cap = a->cap ? 2 * a->cap : 64;
    struct mail *items = realloc(a->items, cap * sizeof(*items));
    if (!items)
        return false;
    a->items = items;
    a->cap = cap;
    return true;
}

static void hold_back_locked(struct mailbox *box)
{
    over = box;
    if (!own || own->is_held)
        return;
    own->is_held = true;
    own->next_held = box->held;
    box->held = own;
}

void mailbox_deliver(void *owner, struct msg *msg)
{
    struct client *c = owner;
    struct mailbox *box = &c->loop->box;
    struct mail_array *a = &box->mail;

    if (!reserve(a)) {
        mailbox_note(c, NOTE_LOST);
        return;
    }
    /* One reference for a run of entries with the same message: a counter that
     * two cores write costs more than all the rest of this. */
    if (a->n == 0 || a->items[a->n - 1].msg != msg)
        msg_ref(msg);
    a->items[a->n++] = (struct mail){c, msg, c == client_current};
    mark_locked(box);
    if (a->n > CHAT_MAILBOX_MARK)
        hold_back_locked(box);
}

void mailbox_note(struct client *c, enum note note)
{
    struct mailbox *box = &c->loop->box;

    if (!c->notes) {
        c->next_note = NULL;
        *box->last_note = c;
        box->last_note = &c->next_note;
    }
    c->notes |= note;
    mark_locked(box);
}

/* ---- after unlocking ---- */

static void wait_for_room(struct mailbox *box)
{
    lock_acquire(&server.lock);
    while (box->mail.n > CHAT_MAILBOX_MARK) {
        box->n_blocked++;
        pthread_cond_wait(&box->room, &server.lock.mutex);
        box->n_blocked--;
    }
    lock_release(&server.lock);
}

static void submit(struct mailbox *box)
{
    int err = event_executor_execute(box->loop->executor, drain, box);

    if (!err)
        return;
    /* The next to post tries again, at the latest the sweep. */
    log_info("a mailbox waits: no task could be queued: %s", strerror(-err));
    lock_acquire(&server.lock);
    box->marked = false;
    lock_release(&server.lock);
}

void mailbox_after_unlock(void)
{
    while (n_marked > 0)
        submit(marked[--n_marked]);
    if (!over)
        return;
    struct mailbox *box = over;
    over = NULL;
    if (own)
        chat_loop_hold(own->loop);
    else
        wait_for_room(box);
}

/* ---- draining: the loop's thread ---- */

/* What one drain has to see to. */
struct haul {
    struct client *notes; /* clients with notes, in order */
    bool release;         /* the hold on this loop is over */
};

static struct haul take_batch(struct mailbox *box)
{
    lock_acquire(&server.lock);
    struct haul haul = {box->notes, box->release};
    struct mail_array taken = box->mail;
    box->mail = box->batch;
    box->mail.n = 0;
    box->notes = NULL;
    box->last_note = &box->notes;
    box->release = false;
    box->marked = false;
    for (struct client *c = haul.notes; c; c = c->next_taken) {
        c->taken = c->notes;
        c->next_taken = c->next_note;
        c->notes = 0;
    }
    while (box->held) {
        struct mailbox *other = box->held;
        box->held = other->next_held;
        other->is_held = false;
        other->release = true;
        mark_locked(other);
    }
    if (box->n_blocked > 0)
        pthread_cond_broadcast(&box->room);
    lock_release(&server.lock);
    box->batch = taken;
    mailbox_after_unlock();
    return haul;
}

static void take_notes(struct client *c)
{
    while (c) {
        struct client *next = c->next_taken; /* c may be freed */
        client_take_note(c, c->taken);
        c = next;
    }
}

static void send_batch(struct mail_array *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct mail *m = &batch->items[i];
        client_send(m->to, m->msg->data, m->msg->len, m->reply);
        /* The reference of a run goes back behind its last. */
        if (i + 1 == batch->n || m[1].msg != m->msg)
            msg_unref(m->msg);
    }
    batch->n = 0;
    if (batch->cap > KEEP_CAP) {
        free(batch->items);
        *batch = (struct mail_array){0};
    }
}

static int drain(void *arg)
{
    struct mailbox *box = arg;
    struct haul haul = take_batch(box);

    send_batch(&box->batch);
    take_notes(haul.notes);
    if (haul.release)
        chat_loop_release(box->loop);
    chat_loop_flush_dirty(box->loop);
    return 0;
}

void mailbox_check(struct mailbox *box)
{
    lock_acquire(&server.lock);
    bool forgotten = !box->marked && (box->mail.n > 0 || box->notes);
    lock_release(&server.lock);
    if (forgotten)
        drain(box);
}

#include "tests/stress/loops.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/thread.h"

struct loop *loops;
size_t loops_count;
struct lock loops_lock;
struct server_options loops_options = {.name = "s",
                                       .sendq = 64 * 1024,
                                       .ping_interval = 3600,
                                       .register_timeout = 3600};
static struct conn_ops model;

struct loop *loop_of_box(struct mailbox *box)
{
    return box->owner;
}

struct loop *loop_of_io(struct conn_loop *io)
{
    return loop_of_box(io->owner);
}

static void open_loop(struct loop *l, size_t number, size_t mark,
                      void (*on_other)(struct mailbox *, void *))
{
    struct ev_loop *ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);

    if (!ev)
        abort();
    l->number = number;
    conn_loop_init(&l->io, &model, &loops_options, ev);
    mailbox_init(&l->box, &l->io, &loops_lock, mark, on_other, l);
}

void loops_open(size_t count, size_t mark, const struct conn_ops *ops,
                void (*on_other)(struct mailbox *, void *))
{
    model = *ops;
    model.on_turn_end = mailbox_drain_at_turn_end;
    lock_init(&loops_lock);
    loops_count = count;
    loops = calloc(count, sizeof(*loops));
    if (!loops || count > LOOPS_MAX)
        abort();
    for (size_t i = 0; i < count; i++)
        open_loop(&loops[i], i, mark, on_other);
}

static void *run_loop(void *arg)
{
    struct loop *l = arg;
    struct stats_set stats;

    thread_enter(&stats, "sub-%zu", l->number);
    mailbox_enter(&l->box);
    ev_run(l->io.ev, 0);
    thread_leave();
    return NULL;
}

void loops_start(void)
{
    for (size_t i = 0; i < loops_count; i++) {
        if (pthread_create(&loops[i].thread, NULL, run_loop, &loops[i]) != 0)
            abort();
    }
}

void loops_stop(void)
{
    for (size_t i = 0; i < loops_count; i++) {
        lock_acquire(&loops_lock);
        mailbox_post(&loops[i].box, NULL, MAIL_OTHER, NULL);
        lock_release(&loops_lock);
        mailbox_after_unlock();
    }
    loops_join();
}

void loops_join(void)
{
    for (size_t i = 0; i < loops_count; i++)
        pthread_join(loops[i].thread, NULL);
    for (size_t i = 0; i < loops_count; i++) {
        struct ev_loop *ev = loops[i].io.ev;
        mailbox_free(&loops[i].box);
        conn_loop_free(&loops[i].io);
        ev_loop_destroy(ev);
    }
    free(loops);
    lock_destroy(&loops_lock);
}

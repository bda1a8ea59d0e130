#include "tests/unit/sides.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/stats.h"

struct side alice, bob;
struct lock lock;
static struct server_options opts = {.name = "s", .sendq = SENDQ};
static struct stats_set stats;

/* ---- the model ---- */

static struct side *side_of(struct conn_loop *io)
{
    return io == &alice.io ? &alice : &bob;
}

static void on_line(struct conn *c, char *line, size_t len)
{
    struct side *s = side_of(c->loop);

    (void)line;
    (void)len;
    s->lines++;
    if (s->act)
        s->act(s);
    if (!c->paused && c->loop->holding)
        conn_hold(c);
}

static void on_drained(struct conn *c)
{
    side_of(c->loop)->drained++;
    conn_resume(c);
}

static void on_leave(struct conn *c, enum chat_cause cause)
{
    struct side *s = side_of(c->loop);

    (void)cause;
    s->left++;
    lock_acquire(&lock);
    mailbox_post(&s->box, c, MAIL_GONE, NULL);
    lock_release(&lock);
    mailbox_after_unlock();
}

static void on_freed(struct conn_loop *io)
{
    side_of(io)->conn = NULL;
}

static void on_other(struct mailbox *box, void *what)
{
    struct side *s = box->owner;
    size_t n = strlen(s->notes);

    cr_assert_lt(n, NOTES_MAX - 1);
    s->notes[n] = *(const char *)what;
}

void side_open(struct side *s)
{
    static const struct conn_ops ops = {
        .on_line = on_line,
        .on_drained = on_drained,
        .on_leave = on_leave,
        .on_freed = on_freed,
        .on_turn_end = mailbox_drain_at_turn_end,
    };
    int fds[2];

    conn_loop_init(&s->io, &ops, &opts,
                   ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV));
    mailbox_init(&s->box, &s->io, &lock, MARK, on_other, s);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    s->conn = conn_open(&s->io, fds[0]);
    s->peer = fds[1];
    conn_start(s->conn);
}

void side_close(struct side *s)
{
    struct ev_loop *ev = s->io.ev;

    mailbox_free(&s->box);
    conn_loop_free(&s->io);
    ev_loop_destroy(ev);
    close(s->peer);
}

void sides_open(void)
{
    opts.ping_interval = opts.register_timeout = 3600;
    stats_attach(&stats);
    lock_init(&lock);
    side_open(&alice);
    side_open(&bob);
}

void sides_close(void)
{
    side_close(&alice);
    side_close(&bob);
    lock_destroy(&lock);
    stats_detach();
}

/* ---- the test's words ---- */

void turn(struct side *s)
{
    mailbox_enter(&s->box);
    ev_run(s->io.ev, EVRUN_NOWAIT);
    mailbox_enter(NULL);
}

void post(struct side *to, enum mail_kind kind, void *what)
{
    mailbox_post(&to->box, kind == MAIL_OTHER ? NULL : to->conn, kind, what);
}

void post_notes(struct side *from, struct side *to, const char *letters)
{
    mailbox_enter(from ? &from->box : NULL);
    lock_acquire(&lock);
    for (const char *l = letters; *l; l++)
        post(to, MAIL_OTHER, (void *)l);
    lock_release(&lock);
    mailbox_after_unlock();
    mailbox_enter(NULL);
}

void post_one(struct side *to, enum mail_kind kind, void *what)
{
    lock_acquire(&lock);
    post(to, kind, what);
    lock_release(&lock);
    mailbox_after_unlock();
}

struct msg *line(const char *text)
{
    struct msg *m = msg_new(text, strlen(text));

    cr_assert(m);
    return m;
}

const char *peer_gets(struct side *s)
{
    ssize_t n = recv(s->peer, s->got, sizeof(s->got) - 1, MSG_DONTWAIT);

    s->got[n > 0 ? n : 0] = '\0';
    return s->got;
}

void peer_says(struct side *s, const char *text)
{
    size_t len = strlen(text);

    cr_assert_eq(send(s->peer, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* ---- acts ---- */

void act_pause_at_first(struct side *s)
{
    if (s->lines == 1)
        conn_pause(s->conn, false);
}

void act_note_to_self(struct side *s)
{
    static const char letters[] = "abc";

    lock_acquire(&lock);
    post(s, MAIL_OTHER, (void *)&letters[(s->lines - 1) % 3]);
    lock_release(&lock);
    mailbox_after_unlock();
}

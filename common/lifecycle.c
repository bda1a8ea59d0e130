#include "common/lifecycle.h"

#include "common/chat.h"
#include "common/die.h"
#include "common/signals.h"
#include "common/stats.h"

static void on_stop_signal(struct ev_loop *ev, ev_io *w, int revents)
{
    struct lifecycle *l = w->data;

    (void)revents;
    ev_io_stop(ev, w); /* the descriptor stays readable for ever */
    l->on_stop(ev);
}

static void on_usr1(struct ev_loop *ev, ev_io *w, int revents)
{
    const struct lifecycle *l = w->data;

    (void)ev;
    (void)revents;
    signals_take_usr1();
    stats_report(l->opts->stats);
}

void lifecycle_start(struct lifecycle *l, struct ev_loop *ev,
                     const struct server_options *opts,
                     void (*on_stop)(struct ev_loop *))
{
    l->opts = opts;
    l->on_stop = on_stop;
    ev_io_init(&l->stop, on_stop_signal, signals_stop_fd(), EV_READ);
    ev_io_init(&l->usr1, on_usr1, signals_usr1_fd(), EV_READ);
    l->stop.data = l->usr1.data = l;
    ev_io_start(ev, &l->stop);
    ev_io_start(ev, &l->usr1);
}

struct ev_loop *lifecycle_new_loop(void)
{
    struct ev_loop *ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);

    if (!ev)
        die(1, "cannot create an epoll loop");
    return ev;
}

struct chat *lifecycle_new_chat(const struct server_options *opts,
                                chat_deliver_fn deliver)
{
    const struct chat_config config = {
        .name = opts->name,
        .password = opts->password,
        .motd = opts->motd,
        .deliver = deliver,
    };
    struct chat *chat = chat_new(&config);

    if (!chat)
        die(1, "cannot allocate the chat");
    return chat;
}

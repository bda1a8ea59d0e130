/*
 * client_signals - signals as events of the loop. The ones that kill at once
 * are term's, which puts the terminal back first.
 */
#include <signal.h>

#include "client/client.h"

/* The order of client->signals. */
static const int numbers[] = {SIGINT,   SIGTERM, SIGHUP,
                              SIGWINCH, SIGTSTP, SIGCONT};

enum { N_SIGNALS = sizeof(numbers) / sizeof(numbers[0]) };

/*
 * Ctrl-Z: gives the terminal back, then stops as if nobody had caught the
 * signal. libev restores the default action when its watcher stops; the kernel
 * ignores the signal where no shell could wake us again.
 */
static void stop_politely(struct client *c, struct ev_signal *w)
{
    term_suspend(&c->term);
    ev_signal_stop(c->loop, w);
    raise(SIGTSTP);
    ev_signal_start(c->loop, w);
    term_resume(&c->term);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *w, int revents)
{
    struct client *c = w->data;

    (void)loop;
    (void)revents;
    switch (w->signum) {
    case SIGWINCH: term_resized(&c->term); break;
    case SIGTSTP: stop_politely(c, w); break;
    case SIGCONT: term_resume(&c->term); break;
    default: client_leave(c, CLIENT_LEFT, "Interrupted"); break;
    }
}

void client_signals_start(struct client *c)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write() */
    for (size_t i = 0; i < N_SIGNALS; i++) {
        struct ev_signal *w = &c->signals[i];
        ev_signal_init(w, on_signal, numbers[i]);
        w->data = c;
        ev_signal_start(c->loop, w);
    }
}

void client_signals_stop(struct client *c)
{
    for (size_t i = 0; i < N_SIGNALS; i++)
        ev_signal_stop(c->loop, &c->signals[i]);
}

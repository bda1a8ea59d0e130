#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/die.h"

/* Seconds. */
#define STEADY_S    10.0  /* a connection that held so long was a good one */
#define WELCOME_S   30.0  /* for NICK and USER to be answered */
#define FAREWELL_S  2.0   /* for QUIT to be answered */
#define HEARTBEAT_S 15.0  /* how often silence is looked at */
#define QUIET_S     60.0  /* so much of it, and we ask; */
#define SILENT_S    120.0 /* so much, and the server is gone */

void client_note(struct client *c, enum view_kind kind, const char *fmt, ...)
{
    char line[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    view_note(&c->view, kind, "%s", line);
    term_show(&c->term, &c->view);
}

/* Ends the run without another word to the server. */
static void end(struct client *c, enum client_status status, const char *why)
{
    if (!c->leaving || status != CLIENT_LEFT) {
        c->status = status;
        snprintf(c->last_words, sizeof(c->last_words), "%s", why);
    }
    c->leaving = true;
    ev_break(c->loop, EVBREAK_ALL);
}

void client_leave(struct client *c, enum client_status status, const char *why)
{
    bool again = c->leaving;

    if (!again) {
        c->leaving = true;
        c->status = status;
        if (c->session.state != SESSION_LEAVING)
            session_quit(&c->session, why, strlen(why));
        ev_timer_start(c->loop, &c->farewell);
    }
    if (again || !c->uplink.is_open)
        ev_break(c->loop, EVBREAK_ALL);
}

/* A number in [0, 1), different for each client and each time. */
static double chance(void)
{
    uint32_t r = 0;

    if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
        r = (uint32_t)getpid() * 2654435761u;
    return r / 4294967296.0;
}

static void connect_now(struct client *c)
{
    if (!c->piped)
        client_note(c, VIEW_INFO, "connecting to %s", c->server);
    uplink_open(&c->uplink);
}

/* The connection is closed: come back later, or end. */
static void disconnected(struct client *c, bool was_open, const char *why)
{
    char what[512];

    ev_timer_stop(c->loop, &c->steady);
    ev_timer_stop(c->loop, &c->welcome);
    session_lost(&c->session);
    if (c->leaving || c->session.state == SESSION_LEAVING) {
        end(c, CLIENT_LEFT, "");
        return;
    }
    if (was_open)
        snprintf(what, sizeof(what), "lost the connection to %s: %s", c->server,
                 why);
    else
        snprintf(what, sizeof(what), "cannot connect to %s: %s", c->server,
                 why);
    if (c->piped || !c->options->reconnect) {
        end(c, CLIENT_LOST, what);
        return;
    }
    double wait = backoff_next(&c->backoff, chance());
    client_note(c, VIEW_ERROR, "%s; connecting again in %.1f s", what, wait);
    ev_timer_set(&c->retry, wait, 0);
    ev_timer_start(c->loop, &c->retry);
}

static void on_open(void *ctx)
{
    struct client *c = ctx;

    ev_timer_set(&c->welcome, WELCOME_S, 0);
    ev_timer_start(c->loop, &c->welcome);
    session_start(&c->session);
}

static void on_message(void *ctx, const struct irc_message *m)
{
    struct client *c = ctx;
    enum session_state before = c->session.state;

    session_on_message(&c->session, m);
    if (c->session.refused) {
        uplink_close(&c->uplink);
        end(c, CLIENT_REFUSED, "the server refused us, see above");
    } else if (before == SESSION_REGISTERING &&
               c->session.state == SESSION_ONLINE) {
        ev_timer_stop(c->loop, &c->welcome);
        ev_timer_set(&c->steady, STEADY_S, 0);
        ev_timer_start(c->loop, &c->steady);
    }
}

static void on_overlong(void *ctx)
{
    client_note(ctx, VIEW_ERROR,
                "dropped a line from the server: longer than 512 bytes");
}

static void on_lost(void *ctx, bool was_open, const char *why)
{
    disconnected(ctx, was_open, why);
}

static void send_line(void *ctx, const char *line, size_t len)
{
    struct client *c = ctx;

    uplink_send(&c->uplink, line, len);
}

static void show_view(void *ctx, const struct view *v)
{
    struct client *c = ctx;

    term_show(&c->term, v);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    connect_now(w->data);
}

static void on_steady(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    struct client *c = w->data;

    (void)loop;
    (void)revents;
    backoff_reset(&c->backoff);
}

static void on_welcome_late(struct ev_loop *loop, struct ev_timer *w,
                            int revents)
{
    struct client *c = w->data;

    (void)loop;
    (void)revents;
    uplink_close(&c->uplink);
    disconnected(c, true, "no welcome within 30 s; is it an IRC server?");
}

static void on_heartbeat(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    struct client *c = w->data;
    ev_tstamp silence = ev_now(loop) - c->uplink.heard;

    (void)revents;
    if (!c->uplink.is_open || silence < QUIET_S)
        return;
    if (silence < SILENT_S) {
        session_ping(&c->session);
        return;
    }
    uplink_close(&c->uplink);
    disconnected(c, true, "silent for two minutes");
}

static void on_linger(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    client_leave(w->data, CLIENT_LEFT, "");
}

static void on_farewell(struct ev_loop *loop, struct ev_timer *w, int revents)
{
    struct client *c = w->data;

    (void)loop;
    (void)revents;
    uplink_close(&c->uplink);
    end(c, CLIENT_LEFT, "");
}

/* Is there anything left to stay for? */
static void check_end(struct client *c)
{
    if (c->leaving)
        return;
    if (c->session.state == SESSION_LEAVING) { /* the user's /quit */
        client_leave(c, CLIENT_LEFT, "");
        return;
    }
    if (!input_is_done(c))
        return;
    if (c->piped && !session_is_settled(&c->session))
        return;
    if (c->options->linger_s <= 0) {
        client_leave(c, CLIENT_LEFT, "");
    } else if (!c->lingered) {
        c->lingered = true;
        ev_timer_set(&c->linger, c->options->linger_s, 0);
        ev_timer_start(c->loop, &c->linger);
    }
}

static void set_prompt(struct client *c)
{
    const char *room = rooms_target(&c->session.rooms);
    struct text prompt = {0};

    text_adds(&prompt, "[");
    if (c->session.state == SESSION_ONLINE)
        text_add_safe(&prompt, room ? room : "no room",
                      strlen(room ? room : "no room"));
    else
        text_adds(&prompt, c->uplink.fd >= 0 ? "connecting" : "not connected");
    text_adds(&prompt, "] ");
    term_set_prompt(&c->term, prompt.data);
    text_free(&prompt);
}

static void on_turn(struct ev_loop *loop, struct ev_prepare *w, int revents)
{
    struct client *c = w->data;

    (void)loop;
    (void)revents;
    input_pump(c);
    check_end(c);
    uplink_flush(&c->uplink);
    set_prompt(c);
    int err = term_flush(&c->term);
    if (err && c->status == CLIENT_LEFT) {
        snprintf(c->last_words, sizeof(c->last_words),
                 "cannot write to standard output: %s", strerror(-err));
        client_leave(c, CLIENT_LOST, "");
        c->status = CLIENT_LOST;
        uplink_flush(&c->uplink);
    }
}

static struct addrinfo *resolve(const struct client_options *o)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    char port[8];

    snprintf(port, sizeof(port), "%d", o->port);
    int err = getaddrinfo(o->host, port, &hints, &addresses);
    if (err == EAI_SYSTEM)
        die_errno(errno, "cannot find the host '%s'", o->host);
    if (err)
        die(1, "cannot find the host '%s': %s", o->host, gai_strerror(err));
    return addresses;
}

static void init_session(struct client *c)
{
    static const struct session_ops ops = {send_line, show_view};
    const struct client_options *o = c->options;
    struct session_config config = {.nick_chosen = o->nick_chosen,
                                    .password = o->password,
                                    .piped = c->piped,
                                    .echo = c->term.editing};

    memcpy(config.nick, o->nick, sizeof(config.nick));
    memcpy(config.user, o->login, sizeof(config.user));
    session_init(&c->session, &config, &ops, c);
    for (size_t i = 0; i < o->rooms.n; i++)
        rooms_add(&c->session.rooms, o->rooms.all[i].name);
}

static void init_watchers(struct client *c)
{
    ev_init(&c->retry, on_retry);
    ev_init(&c->steady, on_steady);
    ev_init(&c->welcome, on_welcome_late);
    ev_timer_init(&c->heartbeat, on_heartbeat, HEARTBEAT_S, HEARTBEAT_S);
    ev_init(&c->linger, on_linger);
    ev_timer_init(&c->farewell, on_farewell, FAREWELL_S, 0);
    ev_prepare_init(&c->turn, on_turn);
    c->retry.data = c->steady.data = c->welcome.data = c->heartbeat.data =
        c->linger.data = c->farewell.data = c->turn.data = c;
    ev_timer_start(c->loop, &c->heartbeat);
    ev_prepare_start(c->loop, &c->turn);
}

/* What is known only now: in a pipe a clean end may still have lost lines. */
static int final_status(struct client *c)
{
    const char *why = NULL;

    if (c->piped && c->status == CLIENT_LEFT) {
        if (c->session.n_errors > 0) {
            c->status = CLIENT_REFUSED;
            why = "the server answered with errors, see above";
        } else if (c->session.n_unsent > 0 || c->input.len > 0) {
            c->status = CLIENT_LOST;
            why = "not everything was sent";
        }
    }
    if (c->last_words[0])
        why = c->last_words;
    if (why)
        fprintf(stderr, "%s: %s\n", die_program(), why);
    return c->status;
}

int client_run(const struct client_options *options)
{
    static const struct uplink_ops ops = {on_open, on_message, on_overlong,
                                          on_lost};
    struct addrinfo *addresses = resolve(options);
    struct client c = {.options = options};

    c.piped = !isatty(STDIN_FILENO);
    c.loop = ev_default_loop(EVFLAG_AUTO);
    if (!c.loop)
        die(1, "cannot set up an event loop");
    snprintf(c.server, sizeof(c.server),
             strchr(options->host, ':') ? "[%s]:%d" : "%s:%d", options->host,
             options->port);
    term_open(&c.term, options->colors);
    init_session(&c);
    uplink_init(&c.uplink, c.loop, addresses, &ops, &c);
    init_watchers(&c);
    client_signals_start(&c);
    input_start(&c);
    connect_now(&c);
    if (!c.leaving)
        ev_run(c.loop, 0);

    session_lost(&c.session); /* left in a hurry: what is in doubt? */
    term_close(&c.term);
    int status = final_status(&c);
    uplink_close(&c.uplink);
    client_signals_stop(&c);
    session_free(&c.session);
    view_free(&c.view);
    text_free(&c.input);
    freeaddrinfo(addresses);
    ev_loop_destroy(c.loop);
    return status;
}

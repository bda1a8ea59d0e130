/*
 * Bootstraps: from settings to a running client or server, over loopback.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "models/netty/channel_initializer.h"
#include "tests/netty/expect_misuse.h"
#include "tests/netty/loopback.h"
#include "tests/netty/recorder.h"

static struct event_executor_group *loops, *workers;
static struct bootstrap client;
static struct server_bootstrap server;
static struct socket_address any;
static struct channel *accepted; /* by init_child; counted */
static _Atomic int n_children;

static void setup(void)
{
    loops = event_loop_group_new(1, "loop");
    workers = event_loop_group_new(1, "worker");
    bootstrap_init(&client, loops);
    server_bootstrap_init(&server, loops, workers);
    cr_assert_eq(socket_address_parse(&any, "127.0.0.1", 0), 0);
    recorder_clear();
}

static void teardown(void)
{
    if (accepted)
        future_await(channel_close_future(accepted));
    channel_release(accepted);
    event_executor_group_free(loops);
    event_executor_group_free(workers);
}

TestSuite(bootstrap, .init = setup, .fini = teardown);

/* ---- client ---- */

Test(bootstrap, a_client_connects)
{
    struct socket_address a;
    int listener = loopback_listen(&a, 1);
    struct future *f = bootstrap_connect(&client, &a);

    cr_assert_eq(future_sync(f), 0);
    struct channel *ch = future_channel(f);
    cr_assert(channel_is_active(ch));
    cr_assert_eq(channel_event_loop(ch), loops->children[0]);
    int peer = loopback_accept(listener);
    channel_write_and_flush(ch, text_message("hello"), NULL);
    cr_assert(loopback_receives(peer, "hello"));
    channel_close(ch, NULL);
    cr_assert(loopback_is_over(peer));
    future_release(f);
    close(peer);
    close(listener);
}

Test(bootstrap, a_refused_connect_fails_and_closes)
{
    struct socket_address a;
    char address[SOCKET_ADDRESS_TEXT], text[128];

    close(loopback_listen(&a, 1)); /* nobody listens there any more */
    struct future *f = bootstrap_connect(&client, &a);
    cr_assert_eq(future_sync(f), -ECONNREFUSED);
    snprintf(text, sizeof(text), "cannot connect to %s: Connection refused",
             socket_address_format(&a, address));
    cr_assert_str_eq(future_cause(f)->text, text);
    cr_assert_eq(future_await(channel_close_future(future_channel(f))), 0);
    cr_assert_not(channel_is_open(future_channel(f)));
    future_release(f);
}

/* A listener that takes no more: its queue of one is full, and connects to it
 * stay under way. */
static int full_listener(struct socket_address *a, int fillers[2])
{
    int listener = loopback_listen(a, 0);

    for (int i = 0; i < 2; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], &a->u.any, a->len);
    }
    return listener;
}

static void close_three(int listener, const int fillers[2])
{
    close(listener);
    close(fillers[0]);
    close(fillers[1]);
}

Test(bootstrap, a_connect_has_a_time_limit)
{
    struct socket_address a;
    int fillers[2], listener = full_listener(&a, fillers);

    bootstrap_option(&client, CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS, 1);
    struct future *f = bootstrap_connect(&client, &a);
    cr_assert_eq(future_sync(f), -ETIMEDOUT);
    cr_assert_eq(future_await(channel_close_future(future_channel(f))), 0);
    future_release(f);
    close_three(listener, fillers);
}

Test(bootstrap, cancelling_gives_a_connect_up)
{
    struct socket_address a;
    int fillers[2], listener = full_listener(&a, fillers);
    struct future *f = bootstrap_connect(&client, &a);

    cr_assert(future_cancel(f));
    cr_assert_eq(future_sync(f), -ECANCELED);
    cr_assert_eq(future_await(channel_close_future(future_channel(f))), 0);
    future_release(f);
    close_three(listener, fillers);
}

/* A client that comes back: connects anew as soon as it is closed, so often. */
struct faithful {
    struct socket_address address; /* where to */
    int n_left;                    /* connects to come */
};

static void connect_again(struct future *closed, void *arg)
{
    struct faithful *c = arg;

    (void)closed;
    if (c->n_left-- == 0)
        return;
    struct future *f = bootstrap_connect(&client, &c->address);
    future_add_listener(channel_close_future(future_channel(f)), connect_again,
                        c);
    future_release(f);
}

Test(bootstrap, a_client_reconnects_by_its_close_future)
{
    struct faithful c = {.n_left = 3};
    int listener = loopback_listen(&c.address, 4);

    connect_again(NULL, &c);
    for (int i = 0; i < 3; i++) {
        int peer = loopback_accept(listener);
        close(peer); /* the client sees the end, closes, and is here again */
    }
    close(listener);
    event_executor_group_free(loops);
    loops = NULL;
    cr_assert_eq(c.n_left, -1, "closed three times");
}

Test(bootstrap, its_options_are_the_channels)
{
    struct socket_address a;
    int listener = loopback_listen(&a, 1);
    long nodelay = 0, spins = 0;

    bootstrap_option(&client, CHANNEL_OPTION_TCP_NODELAY, 1);
    bootstrap_option(&client, CHANNEL_OPTION_WRITE_SPIN_COUNT, 7);
    struct future *f = bootstrap_register(&client, AF_INET);
    cr_assert_eq(future_sync(f), 0);
    struct channel *ch = future_channel(f);
    channel_get_option(ch, CHANNEL_OPTION_TCP_NODELAY, &nodelay);
    channel_get_option(ch, CHANNEL_OPTION_WRITE_SPIN_COUNT, &spins);
    cr_assert_eq(nodelay, 1);
    cr_assert_eq(spins, 7);
    future_release(f);
    close(listener);
}

Test(bootstrap, too_many_options_are_misuse)
{
    for (int i = 0; i < BOOTSTRAP_OPTIONS_MAX; i++)
        bootstrap_option(&client, CHANNEL_OPTION_AUTO_READ, 1);
    expect_misuse((bootstrap_option(&client, CHANNEL_OPTION_AUTO_READ, 1), 0),
                  "more than 16 options");
}

Test(bootstrap, a_group_that_has_ended_refuses)
{
    struct socket_address a;
    int listener = loopback_listen(&a, 1);

    future_await(event_executor_group_shutdown_gracefully(loops, 0, 0));
    struct future *f = bootstrap_connect(&client, &a);
    cr_assert_eq(future_sync(f), -ESHUTDOWN);
    cr_assert_not(channel_is_open(future_channel(f)));
    future_release(f);
    close(listener);
}

/* ---- server ---- */

static int init_child(struct channel *ch, void *promise)
{
    struct channel_pipeline *p = channel_pipeline(ch);
    int err = channel_pipeline_add_last(p, NULL, "child",
                                        recorder_new_inbound("child"));

    atomic_fetch_add(&n_children, 1);
    accepted = channel_retain(ch);
    promise_try_success(promise, NULL);
    return err;
}

static int refuse_child(struct channel *ch, void *unused)
{
    (void)ch;
    (void)unused;
    return -EPERM;
}

/* Sharable, so it has to outlive the channels: the teardown ends them. */
static struct channel_initializer *
initializer(int (*init_channel)(struct channel *ch, void *arg), void *arg)
{
    static struct channel_initializer init;

    init = (struct channel_initializer)CHANNEL_INITIALIZER(init_channel, arg);
    return &init;
}

static struct channel *serve(struct channel_initializer *init,
                             struct socket_address *a)
{
    server_bootstrap_child_handler(&server, &init->handler);
    struct future *f = server_bootstrap_bind(&server, &any);
    cr_assert_eq(future_sync(f), 0);
    struct channel *ch = channel_retain(future_channel(f));
    future_release(f);
    a->len = sizeof(a->u);
    cr_assert_eq(channel_local_address(ch, a), 0);
    return ch;
}

static bool child_is_active(void *arg)
{
    (void)arg;
    return strstr(recorder_log, "child.active") != NULL;
}

Test(bootstrap, a_server_hands_children_to_its_workers)
{
    struct promise *came = promise_new(NULL);
    struct channel_initializer *init = initializer(init_child, came);
    struct socket_address a;
    const char *names[8];
    long nodelay = 0;

    server_bootstrap_child_option(&server, CHANNEL_OPTION_TCP_NODELAY, 1);
    struct channel *ch = serve(init, &a);
    int peer = loopback_connect(&a);
    cr_assert_eq(future_sync(&came->future), 0);
    cr_assert(loopback_wait(workers->children[0], child_is_active, NULL));
    cr_assert_eq(channel_event_loop(ch), loops->children[0]);
    cr_assert_eq(channel_event_loop(accepted), workers->children[0]);
    cr_assert_eq(accepted->parent, ch);
    cr_assert_eq(n_children, 1, "the initializer runs once");
    cr_assert_str_eq(recorder_log, "child.added child.registered child.active");
    cr_assert_eq(channel_pipeline_names(channel_pipeline(accepted), names, 8),
                 1, "and has removed itself");
    channel_get_option(accepted, CHANNEL_OPTION_TCP_NODELAY, &nodelay);
    cr_assert_eq(nodelay, 1);
    close(peer);
    channel_release(ch);
    promise_release(came);
}

Test(bootstrap, an_initializer_that_fails_closes_its_channel)
{
    struct channel_initializer *init = initializer(refuse_child, NULL);
    struct socket_address a;
    struct channel *ch = serve(init, &a);
    int peer = loopback_connect(&a);

    cr_assert(loopback_is_over(peer));
    cr_assert(channel_is_open(ch), "the server goes on");
    close(peer);
    channel_release(ch);
}

Test(bootstrap, an_address_in_use_fails_and_closes)
{
    struct channel_initializer *init = initializer(refuse_child, NULL);
    struct socket_address a;
    int listener = loopback_listen(&a, 1);

    server_bootstrap_child_handler(&server, &init->handler);
    struct future *f = server_bootstrap_bind(&server, &a);
    cr_assert_eq(future_sync(f), -EADDRINUSE);
    cr_assert_not_null(strstr(future_cause(f)->text, "cannot bind to 127.0.0"));
    cr_assert_eq(future_await(channel_close_future(future_channel(f))), 0);
    future_release(f);
    close(listener);
}

Test(bootstrap, a_child_handler_has_to_be_there_and_sharable)
{
    struct channel_handler *h = recorder_new("h");

    expect_misuse(server_bootstrap_bind(&server, &any),
                  "no child handler is set");
    server_bootstrap_child_handler(&server, h);
    expect_misuse(server_bootstrap_bind(&server, &any),
                  "the child handler \"recorder\" is not sharable: use a "
                  "channel_initializer");
    h->ops->destroy(h);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static bool is_accepting(void *server_channel)
{
    return channel_is_auto_read(server_channel);
}

/* As when descriptors run out: on a clock that stands still. */
Test(bootstrap, a_failed_accept_pauses_accepting_for_a_second)
{
    struct channel_initializer *init = initializer(refuse_child, NULL);
    struct mock_ticker clock;
    struct socket_address a;

    mock_ticker_init(&clock);
    server.boss =
        event_executor_group_new(1, "boss", &clock.ticker, event_loop_new);
    struct event_executor *boss = server.boss->children[0];
    struct channel *ch = serve(init, &a);
    channel_pipeline_fire_exception_caught(channel_pipeline(ch),
                                           exception_new(-EMFILE,
                                                         "cannot accept"));
    loopback_run(boss, nothing, NULL); /* behind the event */
    cr_assert_not(channel_is_auto_read(ch));
    mock_ticker_advance(&clock,
                        SERVER_BOOTSTRAP_ACCEPT_PAUSE_MS * TICKER_MS - 1);
    single_thread_executor_wake_up(single_thread_executor_of(boss));
    loopback_run(boss, nothing, NULL);
    cr_assert_not(channel_is_auto_read(ch), "not yet");
    mock_ticker_advance(&clock, 1);
    single_thread_executor_wake_up(single_thread_executor_of(boss));
    cr_assert(loopback_wait(boss, is_accepting, ch));
    int peer = loopback_connect(&a);
    cr_assert(loopback_is_over(peer),
              "accepted, and closed by its initializer");
    close(peer);
    channel_release(ch);
    event_executor_group_free(server.boss);
}

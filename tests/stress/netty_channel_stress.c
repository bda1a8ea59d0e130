/*
 * netty_channel_stress - channels used by threads that are not their loops':
 * writing while others close, a group that all join, leave and write to.
 *
 * The channels are connected to plain sockets whose other end a reader drains,
 * so that writes are sent, refused and failed, as it happens.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "models/netty/bootstrap.h"
#include "models/netty/event_loop.h"
#include "models/netty/group.h"
#include "tests/stress/stress.h"

enum { THREADS = 4, CHANNELS = 24, ROUNDS = 12, WRITES = 150 };

static struct event_executor_group *loops;
static struct channel_group *group;
static struct channel *channels[CHANNELS];
static int peers[CHANNELS];
static atomic_size_t n_written, n_ended;
static atomic_bool no_more; /* for the reader */

/* ---- connecting ---- */

static int listen_anywhere(struct socket_address *a)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    socket_address_parse(a, "127.0.0.1", 0);
    if (fd < 0 || bind(fd, &a->u.any, a->len) < 0 || listen(fd, CHANNELS) < 0 ||
        getsockname(fd, &a->u.any, &a->len) < 0)
        abort();
    return fd;
}

static void connect_all(void)
{
    struct socket_address a;
    int listener = listen_anywhere(&a);
    struct bootstrap b;

    bootstrap_init(&b, loops);
    for (size_t i = 0; i < CHANNELS; i++) {
        struct future *f = bootstrap_connect(&b, &a);
        CHECK(future_sync(f) == 0);
        channels[i] = channel_retain(future_channel(f));
        future_release(f);
        peers[i] = accept(listener, NULL, NULL);
    }
    close(listener);
}

static void release_all(void)
{
    for (size_t i = 0; i < CHANNELS; i++) {
        CHECK(future_await(channel_close_future(channels[i])) == 0);
        CHECK(channel_outbound_buffer_total_pending(&channels[i]->outbound) ==
              0);
        channel_release(channels[i]);
        close(peers[i]);
    }
}

/* Reads all that comes, until there is no more to come. */
static void drain(void)
{
    static char bytes[65536];
    struct pollfd fds[CHANNELS];

    while (!atomic_load(&no_more)) {
        for (size_t i = 0; i < CHANNELS; i++)
            fds[i] = (struct pollfd){.fd = peers[i], .events = POLLIN};
        if (poll(fds, CHANNELS, 10) <= 0)
            continue;
        for (size_t i = 0; i < CHANNELS; i++) {
            if (fds[i].revents)
                (void)!read(peers[i], bytes, sizeof(bytes));
        }
    }
}

/* ---- writing and closing ---- */

/* The writes of one thread to one channel: their promises end in order, unless
 * they are refused on the way because the loop is gone. Plain: listeners of one
 * channel run in its loop. */
static uint32_t last_end[THREADS][CHANNELS];

struct write {
    size_t thread, channel; /* whose, where to */
    uint32_t number;        /* of this thread's to this channel, from 1 */
};

static void on_end(struct future *f, void *arg)
{
    struct write *w = arg;

    CHECK(future_is_success(f) || future_cause(f)->code < 0);
    CHECK(w->number == last_end[w->thread][w->channel] + 1);
    last_end[w->thread][w->channel] = w->number;
    atomic_fetch_add(&n_ended, 1);
    free(w);
}

static void write_one(size_t thread, size_t i, uint32_t number)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, 512);
    struct promise *p = channel_new_promise(channels[i]);
    struct write *w = malloc(sizeof(*w));

    if (!buf || !p || !w)
        abort();
    *w = (struct write){thread, i, number};
    bytebuf_write_string(buf, "PRIVMSG #room :hello, all who are here\r\n");
    future_add_listener(&p->future, on_end, w);
    atomic_fetch_add(&n_written, 1);
    if (number % 3 == 0)
        channel_write_and_flush(channels[i], &buf->ref, p);
    else
        channel_write(channels[i], &buf->ref, p);
    promise_release(p);
}

static void write_and_close(size_t thread)
{
    uint64_t random = thread + 1;

    if (thread == THREADS) {
        drain();
        return;
    }
    for (uint32_t n = 1; n <= WRITES; n++) {
        for (size_t i = 0; i < CHANNELS; i++)
            write_one(thread, i, n);
        /* Each thread closes some, at times of its own; some are closed by
         * several threads, and all are written to for long after. */
        size_t victim = stress_draw(&random, CHANNELS);
        if (n > WRITES / 4 && stress_draw(&random, 4) == 0)
            channel_close(channels[victim], NULL);
    }
    for (size_t i = 0; i < CHANNELS; i++)
        channel_close(channels[i], NULL);
    for (size_t i = 0; i < CHANNELS; i++)
        (void)future_await(channel_close_future(channels[i]));
    atomic_store(&no_more, true);
}

static int nothing(void *arg, void **result)
{
    *result = arg;
    return 0;
}

/* Waits until all loops have run what was queued before. */
static void wait_for_loops(void)
{
    for (size_t i = 0; i < loops->n; i++) {
        struct future *f =
            event_executor_submit(loops->children[i], nothing, NULL);
        CHECK(future_sync(f) == 0);
        future_release(f);
    }
}

static void every_write_ends_whoever_closes(void)
{
    loops = event_loop_group_new(2, "loop");
    for (int round = 0; round < ROUNDS / 3; round++) {
        for (size_t t = 0; t < THREADS; t++) {
            for (size_t i = 0; i < CHANNELS; i++)
                last_end[t][i] = 0;
        }
        atomic_store(&n_written, 0);
        atomic_store(&n_ended, 0);
        atomic_store(&no_more, false);
        connect_all();
        stress_threads(write_and_close, THREADS + 1);
        wait_for_loops();
        CHECK(atomic_load(&n_ended) == atomic_load(&n_written));
        release_all();
    }
    event_executor_group_free(loops);
}

/* ---- a group ---- */

static void on_group_write(struct future *f, void *unused)
{
    (void)unused;
    CHECK(channel_group_future_failures(f) <= channel_group_future_size(f));
    atomic_fetch_add(&n_ended, 1);
}

static void come_go_and_write(size_t thread)
{
    uint64_t random = thread + 1;

    if (thread == THREADS) {
        drain();
        return;
    }
    for (int i = 0; i < WRITES; i++) {
        struct channel *ch = channels[stress_draw(&random, CHANNELS)];
        switch (stress_draw(&random, 8)) {
        case 0: (void)channel_group_add(group, ch); break;
        case 1: (void)channel_group_remove(group, ch); break;
        case 2: channel_release(channel_group_find(group, ch->id)); break;
        case 3:
            if (i > WRITES / 2)
                channel_close(ch, NULL);
            break;
        default: {
            struct bytebuf *buf = allocator_buffer(allocator_default, 64);
            bytebuf_write_string(buf, "to all of you\r\n");
            struct future *f =
                channel_group_write_and_flush(group, &buf->ref,
                                              channel_matcher_is_not, ch);
            atomic_fetch_add(&n_written, 1);
            future_add_listener(f, on_group_write, NULL);
            future_release(f);
        }
        }
    }
    struct future *f = channel_group_close(group, NULL, NULL);
    CHECK(future_await(f) == 0);
    future_release(f);
    for (size_t i = 0; i < CHANNELS; i++)
        channel_close(channels[i], NULL); /* those who were not in it */
    for (size_t i = 0; i < CHANNELS; i++)
        (void)future_await(channel_close_future(channels[i]));
    atomic_store(&no_more, true);
}

static void a_group_is_for_all_threads(void)
{
    loops = event_loop_group_new(2, "loop");
    for (int round = 0; round < ROUNDS; round++) {
        group = channel_group_new(NULL, round % 2 == 0);
        atomic_store(&n_written, 0);
        atomic_store(&n_ended, 0);
        atomic_store(&no_more, false);
        connect_all();
        for (size_t i = 0; i < CHANNELS; i++)
            CHECK(channel_group_add(group, channels[i]) == 0);
        stress_threads(come_go_and_write, THREADS + 1);
        wait_for_loops();
        CHECK(atomic_load(&n_ended) == atomic_load(&n_written));
        CHECK(channel_group_size(group) == 0);
        if (round % 3 > 0)
            channel_group_free(group);
        release_all();
        if (round % 3 == 0)
            channel_group_free(group);
    }
    event_executor_group_free(loops);
}

/* Freed while its members close: the listeners outlive it. */
static void close_or_free(size_t thread)
{
    if (thread == 0) {
        channel_group_free(group);
        return;
    }
    for (size_t i = thread - 1; i < CHANNELS; i += THREADS - 1)
        channel_close(channels[i], NULL);
}

static void a_group_may_go_while_its_members_do(void)
{
    loops = event_loop_group_new(2, "loop");
    for (int round = 0; round < ROUNDS; round++) {
        group = channel_group_new(NULL, false);
        connect_all();
        for (size_t i = 0; i < CHANNELS; i++)
            CHECK(channel_group_add(group, channels[i]) == 0);
        stress_threads(close_or_free, THREADS);
        release_all();
    }
    event_executor_group_free(loops);
}

int main(int argc, char **argv)
{
    static const struct stress_case cases[] = {
        {"every_write_ends_whoever_closes", every_write_ends_whoever_closes},
        {"a_group_is_for_all_threads", a_group_is_for_all_threads},
        {"a_group_may_go_while_its_members_do",
         a_group_may_go_while_its_members_do},
    };

    return stress_main(cases, STRESS_COUNT(cases), argc, argv);
}

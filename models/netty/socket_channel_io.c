/*
 * socket_channel_io - the bytes' way in and out.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/net.h"
#include "common/stats.h"
#include "models/netty/socket_channel_internal.h"

enum {
    GUESS_MIN = 64,
    GUESS_FIRST = 2048,
    MAX_IOVECS = 1024, /* the kernel's limit */
};

/* ---- reading ---- */

void socket_channel_init_guess(struct socket_channel *sc)
{
    sc->guess = GUESS_FIRST;
    sc->small_read = false;
}

/* A full buffer was too small: four doublings. Two in a row that half would
 * have held: one halving. Netty's AdaptiveRecvByteBufAllocator, without its
 * table of sizes. */
static void adapt_guess(struct socket_channel *sc, size_t n)
{
    uint32_t max = sc->base.base.config.rcvbuf_max;

    if (sc->guess > max)
        sc->guess = max;
    if (n >= sc->guess) {
        sc->guess = sc->guess > max / 16 ? max : sc->guess * 16;
        sc->small_read = false;
    } else if (n > sc->guess / 2 || sc->guess / 2 < GUESS_MIN) {
        sc->small_read = false;
    } else if (sc->small_read) {
        sc->guess /= 2;
        sc->small_read = false;
    } else {
        sc->small_read = true;
    }
}

/* The peer has sent its last. */
static void on_end_of_input(struct channel *ch)
{
    struct socket_channel *sc = (struct socket_channel *)ch;

    if (!ch->config.allow_half_closure) {
        channel_unsafe_close(ch, NULL);
        return;
    }
    fd_channel_do_not_want(&sc->base, EV_READ);
    if (sc->input_shutdown)
        return;
    sc->input_shutdown = true;
    channel_pipeline_fire_user_event_triggered(&ch->pipeline,
                                               &channel_input_shutdown_event);
}

/* Whether to go on reading in this burst. */
static bool wants_more(const struct channel *ch, unsigned n_messages,
                       bool was_full)
{
    return was_full && n_messages < ch->config.max_messages_per_read &&
           channel_is_auto_read(ch) && channel_is_open(ch);
}

/* One buffer's worth: its bytes, 0 at the end, or -errno. */
static long read_once(struct channel *ch, bool *was_full)
{
    struct socket_channel *sc = (struct socket_channel *)ch;
    uint32_t max = ch->config.rcvbuf_max;
    uint32_t size = sc->guess < max ? sc->guess : max;
    struct bytebuf *buf = allocator_buffer(ch->config.allocator, size);

    if (!buf)
        return -ENOMEM;
    long n =
        net_recv(fd_channel_fd(&sc->base), bytebuf_writable(buf, size), size);
    if (n <= 0) {
        bytebuf_release(buf);
        return n;
    }
    bytebuf_advance_writer(buf, (size_t)n);
    adapt_guess(sc, (size_t)n);
    *was_full = n == (long)size;
    sc->base.read_pending = false;
    channel_pipeline_fire_channel_read(&ch->pipeline, &buf->ref);
    return n;
}

void socket_channel_on_readable(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    unsigned n_messages = 0;
    bool was_full;
    long n;

    do {
        was_full = false;
        n = read_once(ch, &was_full);
    } while (n > 0 && wants_more(ch, ++n_messages, was_full));
    if (n_messages > 0)
        channel_pipeline_fire_channel_read_complete(&ch->pipeline);
    if (n < 0 && n != -EAGAIN) {
        channel_pipeline_fire_exception_caught(&ch->pipeline,
                                               channel_error((int)n,
                                                             "cannot read"));
        channel_unsafe_close(ch, NULL);
    } else if (n == 0 && channel_is_open(ch)) {
        on_end_of_input(ch);
    }
    if (!fc->read_pending && !channel_is_auto_read(ch))
        fd_channel_do_not_want(fc, EV_READ);
}

/* ---- writing ---- */

/* net_send() for several runs of bytes; counted like it. */
static long send_gathered(int fd, struct iovec *iov, int n_iov)
{
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)n_iov};
    ssize_t n;

    do {
        n = sendmsg(fd, &m, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        int err = errno;
        if (err == EAGAIN)
            stats_add(STAT_EAGAIN, 1);
        return -err;
    }
    stats_add(STAT_WRITES, 1);
    stats_add(STAT_BYTES_OUT, (uint64_t)n);
    return n;
}

static long send_iovecs(int fd, struct iovec *iov, int n_iov)
{
    if (n_iov == 1)
        return net_send(fd, iov[0].iov_base, iov[0].iov_len);
    return send_gathered(fd, iov, n_iov);
}

/* The spins are used up: the rest later, so that others have their turn. */
static int flush_later(void *arg)
{
    /* Not channel_unsafe_flush: what has been written meanwhile has not been
     * flushed by anybody. */
    if (!(fd_channel_of(arg)->interest & EV_WRITE))
        channel_unsafe_force_flush(arg);
    return 0;
}

int socket_channel_do_write(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    struct iovec iov[MAX_IOVECS];
    size_t bytes;

    for (int spins = ch->config.write_spin_count; spins > 0; spins--) {
        int n_iov = channel_outbound_buffer_iovecs(&ch->outbound, iov,
                                                   MAX_IOVECS, &bytes);
        if (n_iov == 0) {
            channel_outbound_buffer_remove_bytes(ch, 0); /* empty ones */
            fd_channel_do_not_want(fc, EV_WRITE);
            return 0;
        }
        long n = send_iovecs(fd_channel_fd(fc), iov, n_iov);
        if (n < 0 && n != -EAGAIN)
            return (int)n;
        if (n > 0)
            channel_outbound_buffer_remove_bytes(ch, (size_t)n);
        /* A listener may have closed the channel. */
        if (!channel_is_open(ch))
            return 0;
        /* A short count says that the kernel is full: asking again would cost
         * a call only to hear EAGAIN. */
        if (n < (long)bytes) {
            fd_channel_want(fc, EV_WRITE);
            return 0;
        }
        if (channel_outbound_buffer_is_empty(&ch->outbound)) {
            fd_channel_do_not_want(fc, EV_WRITE);
            return 0;
        }
    }
    /* EV_WRITE would come at once, again and again: a task is cheaper. */
    fd_channel_do_not_want(fc, EV_WRITE);
    if (channel_execute(ch, flush_later, ch) < 0)
        fd_channel_want(fc, EV_WRITE);
    return 0;
}

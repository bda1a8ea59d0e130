/*
 * socket_channel - making, connecting and closing. Bytes move in
 * socket_channel_io.c.
 */
#include "models/netty/socket_channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/net.h"
#include "models/netty/promise_combiner.h"
#include "models/netty/socket_channel_internal.h"

/* ---- connecting ---- */

static void forget_connect(struct socket_channel *sc)
{
    if (sc->connect_timeout) {
        scheduled_future_cancel(sc->connect_timeout);
        scheduled_future_release(sc->connect_timeout);
        sc->connect_timeout = NULL;
    }
    promise_release(sc->connect_promise);
    sc->connect_promise = NULL;
    sc->connecting = false;
}

/* `err` 0: it is connected. */
static void end_connect(struct channel *ch, int err)
{
    struct socket_channel *sc = (struct socket_channel *)ch;
    struct promise *promise = promise_retain(sc->connect_promise);
    char text[SOCKET_ADDRESS_TEXT];

    forget_connect(sc);
    fd_channel_do_not_want(&sc->base, EV_WRITE);
    if (err) {
        promise_fail(promise,
                     exception_new(err, "cannot connect to %s: %s",
                                   socket_address_format(&sc->remote, text),
                                   strerror(-err)));
        channel_unsafe_close(ch, NULL);
    } else {
        atomic_store_explicit(&sc->base.active, true, memory_order_release);
        /* Cancelled meanwhile: nobody wants the connection. */
        bool wanted = !promise || promise_try_success(promise, NULL) ||
                      !future_is_cancelled(&promise->future);
        channel_pipeline_fire_channel_active(&ch->pipeline);
        if (!wanted)
            channel_unsafe_close(ch, NULL);
    }
    promise_release(promise);
}

static int on_connect_timeout(void *arg)
{
    struct channel *ch = arg;

    if (((struct socket_channel *)ch)->connecting)
        end_connect(ch, -ETIMEDOUT);
    return 0;
}

/* Cancelling the promise of a connect is how to give it up. */
static void on_connect_cancelled(struct future *f, void *arg)
{
    struct channel *ch = arg;

    if (future_is_cancelled(f) && ((struct socket_channel *)ch)->connecting) {
        forget_connect((struct socket_channel *)ch);
        channel_unsafe_close(ch, NULL);
    }
    channel_release(ch);
}

static int start_connect(struct socket_channel *sc,
                         const struct socket_address *remote,
                         const struct socket_address *local)
{
    int fd = fd_channel_fd(&sc->base);

    if (local && bind(fd, &local->u.any, local->len) < 0)
        return -errno;
    while (connect(fd, &remote->u.any, remote->len) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static void socket_connect(struct channel *ch,
                           const struct socket_address *remote,
                           const struct socket_address *local,
                           struct promise *promise)
{
    struct socket_channel *sc = (struct socket_channel *)ch;

    if (sc->connecting || channel_is_active(ch)) {
        promise_fail(promise,
                     exception_new(sc->connecting ? -EALREADY : -EISCONN,
                                   "a connect is under way or done already"));
        return;
    }
    sc->connecting = true;
    sc->remote = *remote;
    sc->connect_promise = promise_retain(promise);
    int err = start_connect(sc, remote, local);
    if (err != -EINPROGRESS) {
        end_connect(ch, err);
        return;
    }
    fd_channel_want(&sc->base, EV_WRITE);
    uint32_t ms = ch->config.connect_timeout_ms;
    if (ms > 0)
        sc->connect_timeout =
            event_executor_schedule(ch->loop, on_connect_timeout, ch,
                                    ms * (int64_t)TICKER_MS);
    if (promise && future_add_listener(&promise->future, on_connect_cancelled,
                                       channel_retain(ch)) < 0)
        channel_release(ch);
}

static void on_writable(struct channel *ch)
{
    struct socket_channel *sc = (struct socket_channel *)ch;
    int err = 0;
    socklen_t len = sizeof(err);

    if (!sc->connecting) {
        channel_unsafe_force_flush(ch);
        return;
    }
    if (getsockopt(fd_channel_fd(&sc->base), SOL_SOCKET, SO_ERROR, &err, &len) <
        0)
        err = errno;
    end_connect(ch, -err);
}

/* ---- closing ---- */

static int socket_do_close(struct channel *ch)
{
    struct socket_channel *sc = (struct socket_channel *)ch;

    if (sc->connecting) {
        if (sc->connect_promise)
            promise_try_failure(sc->connect_promise, &exception_closed_channel);
        forget_connect(sc);
    }
    /* Unread input would make close() send a reset, which can destroy what the
     * peer has yet to read. */
    if (channel_is_active(ch))
        net_discard_input(fd_channel_fd(&sc->base));
    return fd_channel_do_close(ch);
}

static int socket_do_disconnect(struct channel *ch)
{
    (void)ch;
    return -EOPNOTSUPP; /* a stream is closed */
}

static int socket_do_bind(struct channel *ch, const struct socket_address *a)
{
    return bind(fd_channel_fd(fd_channel_of(ch)), &a->u.any, a->len) < 0
               ? -errno
               : 0;
}

static int socket_do_shutdown_output(struct channel *ch)
{
    return shutdown(fd_channel_fd(fd_channel_of(ch)), SHUT_WR) < 0 ? -errno : 0;
}

void socket_channel_shutdown_output(struct channel *ch, struct promise *promise)
{
    if (!promise_set_uncancellable(promise))
        return;
    if (ch->outbound.closed) {
        promise_fail(promise, &exception_closed_channel);
        return;
    }
    channel_outbound_buffer_close(ch, &exception_closed_channel);
    int err = socket_do_shutdown_output(ch);
    if (err)
        promise_fail(promise, channel_error(err, "cannot shut the output"));
    else
        promise_succeed(promise);
    channel_pipeline_fire_user_event_triggered(&ch->pipeline,
                                               &channel_output_shutdown_event);
}

static void socket_destroy(struct channel *ch)
{
    if (channel_is_open(ch))
        socket_do_close(ch);
    free(ch);
}

/* ---- making ---- */

static bool socket_is_flush_pending(const struct channel *ch)
{
    return ((const struct fd_channel *)ch)->interest & EV_WRITE;
}

static int socket_filter(struct channel *ch,
                         const struct reference_counted *msg)
{
    (void)ch;
    return msg->type == &bytebuf_type ? 0 : -EOPNOTSUPP;
}

static const struct channel_ops socket_ops = {
    .name = "socket",
    .is_compatible = fd_channel_is_compatible,
    .is_open = fd_channel_is_open,
    .is_active = fd_channel_is_active,
    .do_register = fd_channel_do_register,
    .do_deregister = fd_channel_do_deregister,
    .do_bind = socket_do_bind,
    .connect = socket_connect,
    .do_disconnect = socket_do_disconnect,
    .do_close = socket_do_close,
    .do_begin_read = fd_channel_do_begin_read,
    .do_stop_read = fd_channel_do_stop_read,
    .do_write = socket_channel_do_write,
    .is_flush_pending = socket_is_flush_pending,
    .filter_outbound = socket_filter,
    .do_shutdown_output = socket_do_shutdown_output,
    .local_address = fd_channel_local_address,
    .remote_address = fd_channel_remote_address,
    .set_option = fd_channel_set_option,
    .get_option = fd_channel_get_option,
    .destroy = socket_destroy,
};

static struct channel *make(int fd, struct channel *parent)
{
    struct socket_channel *sc = malloc(sizeof(*sc));

    if (!sc) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    channel_init(&sc->base.base, &socket_ops, parent);
    fd_channel_init(&sc->base, fd);
    sc->base.on_writable = on_writable;
    sc->base.on_readable = socket_channel_on_readable;
    sc->connect_promise = NULL;
    sc->connect_timeout = NULL;
    sc->connecting = false;
    sc->input_shutdown = false;
    socket_channel_init_guess(sc);
    return &sc->base.base;
}

struct channel *socket_channel_new(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd < 0 ? NULL : make(fd, NULL);
}

struct channel *socket_channel_adopt(int fd, struct channel *parent)
{
    struct channel *ch = make(fd, parent);

    if (ch)
        atomic_store_explicit(&fd_channel_of(ch)->active, true,
                              memory_order_release);
    return ch;
}

int socket_channel_detach(struct channel *ch)
{
    int fd = fd_channel_fd(fd_channel_of(ch));

    atomic_store_explicit(&fd_channel_of(ch)->active, false,
                          memory_order_release);
    atomic_store_explicit(&fd_channel_of(ch)->fd, -1, memory_order_relaxed);
    return fd;
}

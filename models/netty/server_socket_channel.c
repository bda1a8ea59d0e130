#include "models/netty/server_socket_channel.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net.h"
#include "models/netty/fd_channel.h"
#include "models/netty/socket_channel.h"

struct server_socket_channel {
    struct fd_channel base; /* first */
    int backlog;            /* CHANNEL_OPTION_SO_BACKLOG */
};

/* Accepts one: 1, 0 when none waits, or -errno. */
static int accept_one(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    char host[NET_HOST_MAX];
    int fd;
    int err = net_accept(fd_channel_fd(fc), true, &fd, host);

    if (err)
        return err == -EAGAIN ? 0 : err;
    struct channel *child = socket_channel_adopt(fd, ch);
    if (!child)
        return -ENOMEM;
    fc->read_pending = false;
    channel_pipeline_fire_channel_read(&ch->pipeline, &child->ref);
    return 1;
}

static void on_readable(struct channel *ch)
{
    struct fd_channel *fc = fd_channel_of(ch);
    int n_messages = 0, result;

    do {
        result = accept_one(ch);
    } while (result > 0 && ++n_messages < ch->config.max_messages_per_read &&
             channel_is_auto_read(ch) && channel_is_open(ch));
    if (n_messages > 0)
        channel_pipeline_fire_channel_read_complete(&ch->pipeline);
    if (result < 0)
        channel_pipeline_fire_exception_caught(&ch->pipeline,
                                               channel_error(result,
                                                             "cannot accept"));
    if (!fc->read_pending && !channel_is_auto_read(ch))
        fd_channel_do_not_want(fc, EV_READ);
}

static void on_writable(struct channel *ch)
{
    (void)ch; /* never asked for */
}

static int server_do_bind(struct channel *ch, const struct socket_address *a)
{
    struct server_socket_channel *ssc = (struct server_socket_channel *)ch;
    int fd = fd_channel_fd(&ssc->base);

    if (bind(fd, &a->u.any, a->len) < 0 || listen(fd, ssc->backlog) < 0)
        return -errno;
    atomic_store_explicit(&ssc->base.active, true, memory_order_release);
    return 0;
}

static void server_connect(struct channel *ch,
                           const struct socket_address *remote,
                           const struct socket_address *local,
                           struct promise *promise)
{
    (void)ch;
    (void)remote;
    (void)local;
    promise_fail(promise, exception_new(-EOPNOTSUPP, "a server socket channel "
                                                     "does not connect"));
}

static int server_do_disconnect(struct channel *ch)
{
    (void)ch;
    return -EOPNOTSUPP;
}

static int server_do_write(struct channel *ch)
{
    (void)ch;
    return -EOPNOTSUPP;
}

static int server_filter(struct channel *ch,
                         const struct reference_counted *msg)
{
    (void)ch;
    (void)msg;
    return -EOPNOTSUPP;
}

static int server_set_option(struct channel *ch, enum channel_option option,
                             long value)
{
    struct server_socket_channel *ssc = (struct server_socket_channel *)ch;

    if (option != CHANNEL_OPTION_SO_BACKLOG)
        return fd_channel_set_option(ch, option, value);
    if (value < 1 || value > INT_MAX)
        return -EINVAL;
    ssc->backlog = (int)value;
    return 0;
}

static int server_get_option(struct channel *ch, enum channel_option option,
                             long *value)
{
    if (option != CHANNEL_OPTION_SO_BACKLOG)
        return fd_channel_get_option(ch, option, value);
    *value = ((struct server_socket_channel *)ch)->backlog;
    return 0;
}

static void server_destroy(struct channel *ch)
{
    if (channel_is_open(ch))
        fd_channel_do_close(ch);
    free(ch);
}

static const struct channel_ops server_ops = {
    .name = "server socket",
    .is_server = true,
    .is_compatible = fd_channel_is_compatible,
    .is_open = fd_channel_is_open,
    .is_active = fd_channel_is_active,
    .do_register = fd_channel_do_register,
    .do_deregister = fd_channel_do_deregister,
    .do_bind = server_do_bind,
    .connect = server_connect,
    .do_disconnect = server_do_disconnect,
    .do_close = fd_channel_do_close,
    .do_begin_read = fd_channel_do_begin_read,
    .do_stop_read = fd_channel_do_stop_read,
    .do_write = server_do_write,
    .filter_outbound = server_filter,
    .local_address = fd_channel_local_address,
    .remote_address = fd_channel_remote_address,
    .set_option = server_set_option,
    .get_option = server_get_option,
    .destroy = server_destroy,
};

struct channel *server_socket_channel_new(int family)
{
    int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return NULL;
    /* A restart must not wait for the last run's connections to time out. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    struct server_socket_channel *ssc = malloc(sizeof(*ssc));
    if (!ssc) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    channel_init(&ssc->base.base, &server_ops, NULL);
    fd_channel_init(&ssc->base, fd);
    ssc->base.on_writable = on_writable;
    ssc->base.on_readable = on_readable;
    ssc->backlog = SOMAXCONN;
    return &ssc->base.base;
}

#include "models/netty/handler_logging.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/bytebuf.h"
#include "models/netty/channel.h"

struct logging_handler {
    struct channel_handler handler; /* first */

    /* set once: */
    FILE *out; /* where to */
    bool dump; /* the bytes, too */
};

/* Composes an entry: the thread, the channel, what happened; `buf` or NULL. */
static void entry(struct channel_handler_context *ctx,
                  const struct bytebuf *buf, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void entry(struct channel_handler_context *ctx,
                  const struct bytebuf *buf, const char *fmt, ...)
{
    struct logging_handler *h = (struct logging_handler *)ctx_handler(ctx);
    char thread[16] = "?", channel[CHANNEL_TEXT];
    char *text = NULL;
    size_t size;
    FILE *line = open_memstream(&text, &size);
    va_list ap;

    if (!line)
        return; /* a log line is not worth more trouble */
    pthread_getname_np(pthread_self(), thread, sizeof(thread));
    fprintf(line, "[%s] %s ", thread,
            channel_describe(ctx_channel(ctx), channel));
    va_start(ap, fmt);
    vfprintf(line, fmt, ap);
    va_end(ap);
    fputc('\n', line);
    if (buf && h->dump)
        bytebuf_dump(buf, line);
    if (fclose(line) == 0) {
        (void)fwrite(text, 1, size, h->out); /* nor is its loss */
        fflush(h->out);
    }
    free(text);
}

static void message(struct channel_handler_context *ctx, const char *what,
                    struct reference_counted *msg)
{
    struct bytebuf *buf = bytebuf_of(msg);
    char text[160];

    if (buf) {
        entry(ctx, buf, "%s: %zuB", what, bytebuf_readable_bytes(buf));
    } else if (msg->type->describe) {
        msg->type->describe(msg, text, sizeof(text));
        entry(ctx, NULL, "%s: %s", what, text);
    } else {
        entry(ctx, NULL, "%s: %s", what, msg->type->name);
    }
}

/* ---- inbound ---- */

static int on_registered(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "REGISTERED");
    ctx_fire_channel_registered(ctx);
    return 0;
}

static int on_unregistered(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "UNREGISTERED");
    ctx_fire_channel_unregistered(ctx);
    return 0;
}

static int on_active(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "ACTIVE");
    ctx_fire_channel_active(ctx);
    return 0;
}

static int on_inactive(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "INACTIVE");
    ctx_fire_channel_inactive(ctx);
    return 0;
}

static int on_exception(struct channel_handler_context *ctx,
                        struct exception *cause)
{
    entry(ctx, NULL, "EXCEPTION: %s (%s)", cause->text,
          strerrorname_np(-cause->code));
    ctx_fire_exception_caught(ctx, exception_retain(cause));
    return 0;
}

static int on_user_event(struct channel_handler_context *ctx,
                         const struct user_event *event)
{
    entry(ctx, NULL, "USER_EVENT: %s", event->name);
    ctx_fire_user_event_triggered(ctx, event);
    return 0;
}

static int on_read(struct channel_handler_context *ctx,
                   struct reference_counted *msg)
{
    message(ctx, "READ", msg);
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int on_read_complete(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "READ COMPLETE");
    ctx_fire_channel_read_complete(ctx);
    return 0;
}

static int on_writability(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "WRITABILITY CHANGED: %s",
          channel_is_writable(ctx_channel(ctx)) ? "writable" : "unwritable");
    ctx_fire_channel_writability_changed(ctx);
    return 0;
}

/* ---- outbound ---- */

static int on_bind(struct channel_handler_context *ctx,
                   const struct socket_address *local, struct promise *promise)
{
    char text[SOCKET_ADDRESS_TEXT];

    entry(ctx, NULL, "BIND: %s", socket_address_format(local, text));
    ctx_bind(ctx, local, promise);
    return 0;
}

static int on_connect(struct channel_handler_context *ctx,
                      const struct socket_address *remote,
                      const struct socket_address *local,
                      struct promise *promise)
{
    char text[SOCKET_ADDRESS_TEXT];

    entry(ctx, NULL, "CONNECT: %s", socket_address_format(remote, text));
    ctx_connect(ctx, remote, local, promise);
    return 0;
}

static int on_disconnect(struct channel_handler_context *ctx,
                         struct promise *promise)
{
    entry(ctx, NULL, "DISCONNECT");
    ctx_disconnect(ctx, promise);
    return 0;
}

static int on_close(struct channel_handler_context *ctx,
                    struct promise *promise)
{
    entry(ctx, NULL, "CLOSE");
    ctx_close(ctx, promise);
    return 0;
}

static int on_deregister(struct channel_handler_context *ctx,
                         struct promise *promise)
{
    entry(ctx, NULL, "DEREGISTER");
    ctx_deregister(ctx, promise);
    return 0;
}

static int on_write(struct channel_handler_context *ctx,
                    struct reference_counted *msg, struct promise *promise)
{
    message(ctx, "WRITE", msg);
    ctx_write(ctx, msg, promise);
    return 0;
}

static int on_flush(struct channel_handler_context *ctx)
{
    entry(ctx, NULL, "FLUSH");
    ctx_flush(ctx);
    return 0;
}

static const struct channel_handler_ops ops = {
    .name = "logging_handler",
    .sharable = true,
    .exception_caught = on_exception,
    .channel_registered = on_registered,
    .channel_unregistered = on_unregistered,
    .channel_active = on_active,
    .channel_inactive = on_inactive,
    .channel_read = on_read,
    .channel_read_complete = on_read_complete,
    .user_event_triggered = on_user_event,
    .channel_writability_changed = on_writability,
    .bind = on_bind,
    .connect = on_connect,
    .disconnect = on_disconnect,
    .close = on_close,
    .deregister = on_deregister,
    .write = on_write,
    .flush = on_flush,
};

struct channel_handler *logging_handler_new(FILE *out, bool dump)
{
    struct logging_handler *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    channel_handler_init(&h->handler, &ops);
    h->out = out;
    h->dump = dump;
    return &h->handler;
}

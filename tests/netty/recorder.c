#include "tests/netty/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recorder {
    struct channel_handler handler; /* first */
    const char *who;                /* in the log */
    const char *fails;              /* the event to fail at, or NULL */
    bool catches;                   /* failing: keeps exceptions */
};

char recorder_log[4096];

void recorder_clear(void)
{
    recorder_log[0] = '\0';
}

void recorder_add(const char *who, const char *what)
{
    size_t len = strlen(recorder_log);

    snprintf(recorder_log + len, sizeof(recorder_log) - len, "%s%s.%s",
             len ? " " : "", who, what);
}

static struct recorder *of(struct channel_handler_context *ctx)
{
    return (struct recorder *)ctx_handler(ctx);
}

/* Notes the event; whether it is to fail. */
static bool note(struct channel_handler_context *ctx, const char *what)
{
    struct recorder *r = of(ctx);

    recorder_add(r->who, what);
    return r->fails && strcmp(r->fails, what) == 0;
}

static int added(struct channel_handler_context *ctx)
{
    return note(ctx, "added") ? -EIO : 0;
}

static int removed(struct channel_handler_context *ctx)
{
    return note(ctx, "removed") ? -EIO : 0;
}

#define INBOUND(function, what, fire)                                          \
    static int function(struct channel_handler_context *ctx)                   \
    {                                                                          \
        if (note(ctx, what))                                                   \
            return -EIO;                                                       \
        fire(ctx);                                                             \
        return 0;                                                              \
    }

INBOUND(on_registered, "registered", ctx_fire_channel_registered)
INBOUND(on_unregistered, "unregistered", ctx_fire_channel_unregistered)
INBOUND(on_active, "active", ctx_fire_channel_active)
INBOUND(on_inactive, "inactive", ctx_fire_channel_inactive)
INBOUND(on_read_complete, "read_complete", ctx_fire_channel_read_complete)
INBOUND(on_writability, "writability", ctx_fire_channel_writability_changed)
INBOUND(do_read, "read()", ctx_read)
INBOUND(do_flush, "flush", ctx_flush)

static int on_read(struct channel_handler_context *ctx,
                   struct reference_counted *msg)
{
    if (note(ctx, "read")) {
        reference_release(msg);
        return -EIO;
    }
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int on_event(struct channel_handler_context *ctx,
                    const struct user_event *event)
{
    if (note(ctx, "event"))
        return -EIO;
    ctx_fire_user_event_triggered(ctx, event);
    return 0;
}

static int on_exception(struct channel_handler_context *ctx,
                        struct exception *cause)
{
    if (note(ctx, "exception"))
        return -EIO;
    if (!of(ctx)->catches)
        ctx_fire_exception_caught(ctx, exception_retain(cause));
    return 0;
}

static int do_bind(struct channel_handler_context *ctx,
                   const struct socket_address *local, struct promise *promise)
{
    if (note(ctx, "bind"))
        return -EIO;
    ctx_bind(ctx, local, promise);
    return 0;
}

static int do_connect(struct channel_handler_context *ctx,
                      const struct socket_address *remote,
                      const struct socket_address *local,
                      struct promise *promise)
{
    if (note(ctx, "connect"))
        return -EIO;
    ctx_connect(ctx, remote, local, promise);
    return 0;
}

#define OPERATION(function, what, hand_on)                                     \
    static int function(struct channel_handler_context *ctx,                   \
                        struct promise *promise)                               \
    {                                                                          \
        if (note(ctx, what))                                                   \
            return -EIO;                                                       \
        hand_on(ctx, promise);                                                 \
        return 0;                                                              \
    }

OPERATION(do_disconnect, "disconnect", ctx_disconnect)
OPERATION(do_close, "close", ctx_close)
OPERATION(do_deregister, "deregister", ctx_deregister)

static int do_write(struct channel_handler_context *ctx,
                    struct reference_counted *msg, struct promise *promise)
{
    if (note(ctx, "write")) {
        reference_release(msg);
        return -EIO;
    }
    ctx_write(ctx, msg, promise);
    return 0;
}

static void destroy(struct channel_handler *handler)
{
    free(handler);
}

#define LIFE                                                                   \
    .name = "recorder", .handler_added = added, .handler_removed = removed,    \
    .destroy = destroy
#define INBOUND_OPS                                                            \
    .channel_registered = on_registered,                                       \
    .channel_unregistered = on_unregistered, .channel_active = on_active,      \
    .channel_inactive = on_inactive, .channel_read = on_read,                  \
    .channel_read_complete = on_read_complete,                                 \
    .user_event_triggered = on_event,                                          \
    .channel_writability_changed = on_writability
#define OUTBOUND_OPS                                                           \
    .bind = do_bind, .connect = do_connect, .disconnect = do_disconnect,       \
    .close = do_close, .deregister = do_deregister, .read = do_read,           \
    .write = do_write, .flush = do_flush

static const struct channel_handler_ops all_ops = {LIFE, INBOUND_OPS,
                                                   OUTBOUND_OPS,
                                                   .exception_caught =
                                                       on_exception};
static const struct channel_handler_ops inbound_ops = {LIFE, INBOUND_OPS,
                                                       .exception_caught =
                                                           on_exception};
static const struct channel_handler_ops outbound_ops = {LIFE, OUTBOUND_OPS};
static const struct channel_handler_ops no_catch_ops = {LIFE, INBOUND_OPS,
                                                        OUTBOUND_OPS};

static struct channel_handler *make(const char *who,
                                    const struct channel_handler_ops *ops)
{
    struct recorder *r = calloc(1, sizeof(*r));

    channel_handler_init(&r->handler, ops);
    r->who = who;
    return &r->handler;
}

struct channel_handler *recorder_new(const char *who)
{
    return make(who, &all_ops);
}

struct channel_handler *recorder_new_inbound(const char *who)
{
    return make(who, &inbound_ops);
}

struct channel_handler *recorder_new_outbound(const char *who)
{
    return make(who, &outbound_ops);
}

struct channel_handler *recorder_new_failing(const char *who, const char *event,
                                             bool catches)
{
    struct channel_handler *h = make(who, catches ? &all_ops : &no_catch_ops);

    ((struct recorder *)h)->fails = event;
    ((struct recorder *)h)->catches = catches;
    return h;
}

struct reference_counted *text_message(const char *text)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, 64);

    bytebuf_write_string(buf, text);
    return &buf->ref;
}

bool is_text(struct reference_counted *msg, const char *text)
{
    struct bytebuf *buf = msg ? bytebuf_of(msg) : NULL;
    bool same = buf && bytebuf_equals_bytes(buf, text, strlen(text));

    if (msg)
        reference_release(msg);
    return same;
}

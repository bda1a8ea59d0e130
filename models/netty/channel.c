/*
 * channel - what any thread may ask of a channel, and its birth and death.
 */
#include "models/netty/channel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/channel_internal.h"
#include "models/netty/pipeline_internal.h"

const struct user_event channel_input_shutdown_event = {
    "channel_input_shutdown"};
const struct user_event channel_output_shutdown_event = {
    "channel_output_shutdown"};

/* ---- birth and death ---- */

static void deallocate(struct reference_counted *obj)
{
    struct channel *ch = (struct channel *)obj;

    channel_outbound_buffer_close(ch, &exception_closed_channel);
    pipeline_free(&ch->pipeline);
    /* The memory goes with the close future: who waits for it may have no
     * other hold on the channel. */
    promise_try_success(&ch->close_future, NULL);
    promise_release(&ch->close_future);
}

static void destroy_with_close_future(struct future *f)
{
    struct channel *ch =
        (struct channel *)((char *)f - offsetof(struct channel, close_future));
    struct channel *parent = ch->parent;

    ch->ops->destroy(ch);
    channel_release(parent);
}

static void describe(const struct reference_counted *obj, char *to, size_t size)
{
    const struct channel *ch = (const struct channel *)obj;

    snprintf(to, size, "%s channel, id 0x%08x", ch->ops->name, ch->id);
}

const struct reference_counted_type channel_type = {
    .name = "channel",
    .deallocate = deallocate,
    .describe = describe,
};

static void close_member(struct event_loop_member *m)
{
    struct channel *ch =
        (struct channel *)((char *)m - offsetof(struct channel, member));

    channel_unsafe_close(ch, NULL);
}

void channel_init(struct channel *ch, const struct channel_ops *ops,
                  struct channel *parent)
{
    static _Atomic uint32_t last_id;

    memset(ch, 0, sizeof(*ch));
    reference_init(&ch->ref, &channel_type, REFERENCE_HERE);
    ch->ops = ops;
    ch->parent = parent ? channel_retain(parent) : NULL;
    ch->id = 1 + atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed);
    ch->config = (struct channel_config){
        .allocator = allocator_default,
        .high_water_mark = 64 * 1024,
        .low_water_mark = 32 * 1024,
        .connect_timeout_ms = 30000,
        .rcvbuf_max = 64 * 1024,
        .max_messages_per_read = 16,
        .write_spin_count = 16,
        .auto_read = true,
        .auto_close = true,
    };
    ch->member.close = close_member;
    channel_outbound_buffer_init(&ch->outbound);
    promise_init(&ch->close_future, NULL, destroy_with_close_future);
    ch->close_future.future.channel = ch;
    atomic_init(&ch->registered, false);
    pipeline_init(ch);
}

static void destroy_promise(struct future *f)
{
    channel_release(f->channel);
    free(f);
}

struct promise *channel_new_promise(struct channel *ch)
{
    struct promise *p = malloc(sizeof(*p));

    if (!p)
        return NULL;
    promise_init(p, ch->loop, destroy_promise);
    p->future.channel = channel_retain(ch);
    return p;
}

struct promise *ctx_new_promise(const struct channel_handler_context *ctx)
{
    struct promise *p = channel_new_promise(ctx->channel);

    if (p)
        p->future.executor = ctx_executor(ctx);
    return p;
}

/* ---- asking ---- */

bool channel_is_open(const struct channel *ch)
{
    return ch->ops->is_open(ch);
}

bool channel_is_active(const struct channel *ch)
{
    return ch->ops->is_active(ch);
}

size_t channel_bytes_before_unwritable(const struct channel *ch)
{
    size_t high =
        atomic_load_explicit(&ch->config.high_water_mark, memory_order_relaxed);
    size_t pending = channel_outbound_buffer_total_pending(&ch->outbound);

    return channel_is_writable(ch) && pending <= high ? high - pending + 1 : 0;
}

size_t channel_bytes_before_writable(const struct channel *ch)
{
    size_t low =
        atomic_load_explicit(&ch->config.low_water_mark, memory_order_relaxed);
    size_t pending = channel_outbound_buffer_total_pending(&ch->outbound);

    return channel_is_writable(ch) || pending < low ? 0 : pending - low + 1;
}

int channel_local_address(struct channel *ch, struct socket_address *a)
{
    return ch->ops->local_address(ch, a);
}

int channel_remote_address(struct channel *ch, struct socket_address *a)
{
    return ch->ops->remote_address(ch, a);
}

const char *channel_describe(struct channel *ch, char text[CHANNEL_TEXT])
{
    struct socket_address a;
    char host[SOCKET_ADDRESS_TEXT];
    int n = snprintf(text, CHANNEL_TEXT, "[id: 0x%08x", ch->id);

    if (channel_local_address(ch, &a) == 0)
        n += snprintf(text + n, (size_t)(CHANNEL_TEXT - n), ", L:%s",
                      socket_address_format(&a, host));
    if (channel_remote_address(ch, &a) == 0)
        n += snprintf(text + n, (size_t)(CHANNEL_TEXT - n), " %c R:%s",
                      channel_is_active(ch) ? '-' : '!',
                      socket_address_format(&a, host));
    snprintf(text + n, (size_t)(CHANNEL_TEXT - n), "]");
    return text;
}

/* ---- doing ---- */

/* A task that keeps the channel. */
struct channel_task {
    struct channel *channel; /* counted */
    task_fn run;             /* what to do */
    void *arg;               /* with what */
};

static int run_channel_task(void *arg)
{
    struct channel_task t = *(struct channel_task *)arg;

    free(arg);
    int err = t.run(t.arg);
    channel_release(t.channel);
    return err;
}

int channel_execute(struct channel *ch, task_fn run, void *arg)
{
    struct channel_task *t = malloc(sizeof(*t));
    int err = -ENOMEM;

    if (t) {
        *t = (struct channel_task){channel_retain(ch), run, arg};
        err = event_executor_execute(ch->loop, run_channel_task, t);
    }
    if (!err)
        return 0;
    log_info("netty: the channel's event loop takes no task: %s",
             err == -ESHUTDOWN ? exception_rejected.text : strerror(-err));
    if (t) {
        channel_release(ch);
        free(t);
    }
    return err;
}

void event_loop_group_register(struct event_executor_group *group,
                               struct channel *ch, struct promise *promise)
{
    channel_register(ch, event_executor_group_next(group), promise);
}

void channel_bind(struct channel *ch, const struct socket_address *local,
                  struct promise *promise)
{
    ctx_bind(&ch->pipeline.tail, local, promise);
}

void channel_connect(struct channel *ch, const struct socket_address *remote,
                     const struct socket_address *local,
                     struct promise *promise)
{
    ctx_connect(&ch->pipeline.tail, remote, local, promise);
}

void channel_disconnect(struct channel *ch, struct promise *promise)
{
    ctx_disconnect(&ch->pipeline.tail, promise);
}

void channel_close(struct channel *ch, struct promise *promise)
{
    ctx_close(&ch->pipeline.tail, promise);
}

void channel_deregister(struct channel *ch, struct promise *promise)
{
    ctx_deregister(&ch->pipeline.tail, promise);
}

void channel_read(struct channel *ch)
{
    ctx_read(&ch->pipeline.tail);
}

void channel_write(struct channel *ch, struct reference_counted *msg,
                   struct promise *promise)
{
    ctx_write(&ch->pipeline.tail, msg, promise);
}

void channel_flush(struct channel *ch)
{
    ctx_flush(&ch->pipeline.tail);
}

void channel_write_and_flush(struct channel *ch, struct reference_counted *msg,
                             struct promise *promise)
{
    ctx_write_and_flush(&ch->pipeline.tail, msg, promise);
}

void channel_future_close(struct future *f, void *unused)
{
    (void)unused;
    channel_close(f->channel, NULL);
}

void channel_future_close_on_failure(struct future *f, void *unused)
{
    (void)unused;
    if (!future_is_success(f))
        channel_close(f->channel, NULL);
}

/*
 * pipeline_context - contexts: made, found, and given back.
 */
#include <stdlib.h>
#include <string.h>

#include "models/netty/pipeline_internal.h"

/* ---- contexts ---- */

void context_init(struct channel_handler_context *ctx, struct channel *ch,
                  struct channel_handler *handler, const char *name,
                  struct event_executor *executor)
{
    *ctx = (struct channel_handler_context){
        .channel = ch,
        .handler = handler,
        .executor = executor,
        .name = name,
        .mask = pipeline_mask_of(handler->ops),
    };
    atomic_init(&ctx->state, HANDLER_INIT);
    atomic_init(&ctx->refs, 1);
}

static bool is_end(const struct channel_handler_context *ctx)
{
    const struct channel_pipeline *p = &ctx->channel->pipeline;

    return ctx == &p->head || ctx == &p->tail;
}

void context_release(struct channel_handler_context *ctx)
{
    struct channel_handler_context *next, *prev;

    if (atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1 ||
        is_end(ctx))
        return;
    next = ctx->next;
    prev = ctx->prev;
    if (ctx->handler->ops->destroy)
        ctx->handler->ops->destroy(ctx->handler);
    if (ctx->owns_name)
        free((char *)(uintptr_t)ctx->name);
    free(ctx);
    if (next)
        context_release(next);
    if (prev)
        context_release(prev);
}

/* ---- looking ---- */

struct channel_handler_context *
channel_pipeline_context(struct channel_pipeline *p, const char *name)
{
    for (struct channel_handler_context *c = p->head.next; c != &p->tail;
         c = c->next) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

struct channel_handler_context *
channel_pipeline_context_of(struct channel_pipeline *p,
                            const struct channel_handler *handler)
{
    for (struct channel_handler_context *c = p->head.next; c != &p->tail;
         c = c->next) {
        if (c->handler == handler)
            return c;
    }
    return NULL;
}

struct channel_handler *channel_pipeline_get(struct channel_pipeline *p,
                                             const char *name)
{
    struct channel_handler_context *c = channel_pipeline_context(p, name);

    return c ? c->handler : NULL;
}

struct channel_handler_context *
channel_pipeline_first(struct channel_pipeline *p)
{
    return p->head.next == &p->tail ? NULL : p->head.next;
}

struct channel_handler_context *
channel_pipeline_last(struct channel_pipeline *p)
{
    return p->tail.prev == &p->head ? NULL : p->tail.prev;
}

size_t channel_pipeline_names(struct channel_pipeline *p, const char **names,
                              size_t max)
{
    size_t n = 0;

    for (struct channel_handler_context *c = p->head.next; c != &p->tail;
         c = c->next) {
        if (n < max)
            names[n] = c->name;
        n++;
    }
    return n;
}

struct channel *channel_pipeline_channel(struct channel_pipeline *p)
{
    return p->head.channel;
}

uint32_t pipeline_mask_of(const struct channel_handler_ops *ops)
{
    uint32_t mask = 0;

#define ADD(function, bit) mask |= ops->function ? (uint32_t)(bit) : 0
    ADD(exception_caught, MASK_EXCEPTION_CAUGHT);
    ADD(channel_registered, MASK_CHANNEL_REGISTERED);
    ADD(channel_unregistered, MASK_CHANNEL_UNREGISTERED);
    ADD(channel_active, MASK_CHANNEL_ACTIVE);
    ADD(channel_inactive, MASK_CHANNEL_INACTIVE);
    ADD(channel_read, MASK_CHANNEL_READ);
    ADD(channel_read_complete, MASK_CHANNEL_READ_COMPLETE);
    ADD(user_event_triggered, MASK_USER_EVENT_TRIGGERED);
    ADD(channel_writability_changed, MASK_CHANNEL_WRITABILITY_CHANGED);
    ADD(bind, MASK_BIND);
    ADD(connect, MASK_CONNECT);
    ADD(disconnect, MASK_DISCONNECT);
    ADD(close, MASK_CLOSE);
    ADD(deregister, MASK_DEREGISTER);
    ADD(read, MASK_READ);
    ADD(write, MASK_WRITE);
    ADD(flush, MASK_FLUSH);
#undef ADD
    return mask;
}

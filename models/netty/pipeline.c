/*
 * pipeline - the list of handlers: adding, removing, replacing, looking.
 *
 * The list is changed by the loop only, and under the channel's monitor, since
 * other threads walk it (context_hop.c). A context that has been linked out
 * still points at its former neighbours, and keeps them: a handler may remove
 * itself and then hand on what it has left.
 */
#include "models/netty/pipeline.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/monitor.h"
#include "models/netty/pipeline_internal.h"

/* One executor for one channel and one group. */
struct pinned_executor {
    struct event_executor_group *group; /* asked for */
    struct event_executor *executor;    /* its child that was taken */
    struct pinned_executor *next;       /* in pipeline->pinned */
};

/* ---- the list ---- */

void pipeline_unlink(struct channel_handler_context *ctx)
{
    struct monitor *m = monitor_enter(ctx->channel);

    ctx->prev->next = ctx->next;
    ctx->next->prev = ctx->prev;
    context_retain(ctx->next);
    context_retain(ctx->prev);
    monitor_exit(m);
}

/* Links ctx in behind `prev`. */
static void link_behind(struct channel_handler_context *prev,
                        struct channel_handler_context *ctx)
{
    struct monitor *m = monitor_enter(ctx->channel);

    ctx->prev = prev;
    ctx->next = prev->next;
    prev->next->prev = ctx;
    prev->next = ctx;
    monitor_exit(m);
}

/* ---- adding ---- */

static int refuse(int err, const char *what, const char *why, const char *name)
{
    log_info("netty: %s: %s: \"%s\"", what, why, name);
    return err;
}

static int check_thread(struct channel_pipeline *p, const char *what)
{
    if (channel_in_event_loop(channel_pipeline_channel(p)))
        return 0;
    return refuse(-EPERM, what,
                  "a pipeline is changed in its channel's event loop only",
                  "use event_executor_execute");
}

/* The group's executor for this channel, the same each time. */
static struct event_executor *pin(struct channel_pipeline *p,
                                  struct event_executor_group *group)
{
    for (struct pinned_executor *e = p->pinned; e; e = e->next) {
        if (e->group == group)
            return e->executor;
    }
    struct pinned_executor *e = malloc(sizeof(*e));
    if (!e)
        return NULL;
    *e = (struct pinned_executor){group, event_executor_group_next(group),
                                  p->pinned};
    p->pinned = e;
    return e->executor;
}

static char *make_name(struct channel_pipeline *p, const char *class)
{
    size_t size = strlen(class) + 16;
    char *name = malloc(size);

    for (unsigned i = 0; name; i++) {
        snprintf(name, size, "%s#%u", class, i);
        if (!channel_pipeline_context(p, name))
            break;
    }
    return name;
}

/* A context for a handler that may be added under this name, or NULL and
 * *err. */
static struct channel_handler_context *
new_context(struct channel_pipeline *p, struct event_executor *executor,
            const char *name, struct channel_handler *handler, int *err)
{
    const struct channel_handler_ops *ops = handler->ops;
    char *made = NULL;

    if (name && channel_pipeline_context(p, name)) {
        *err = refuse(-EEXIST, "cannot add a handler",
                      "the name is in use in this pipeline", name);
        return NULL;
    }
    struct channel_handler_context *ctx = malloc(sizeof(*ctx));
    if (!name && ctx)
        name = made = make_name(p, ops->name);
    if (!name || !ctx) {
        free(ctx);
        *err = -ENOMEM;
        return NULL;
    }
    /* An exchange: two threads may try to add it to two pipelines. */
    if (atomic_exchange_explicit(&handler->added, true, memory_order_relaxed) &&
        !ops->sharable) {
        *err = refuse(-EBUSY, "cannot add a handler",
                      "it is not sharable and has been added already", name);
        free(made);
        free(ctx);
        return NULL;
    }
    context_init(ctx, channel_pipeline_channel(p), handler, name, executor);
    ctx->owns_name = made != NULL;
    return ctx;
}

/* Adds behind `prev`. */
static int add(struct channel_pipeline *p, struct channel_handler_context *prev,
               struct event_executor_group *group, const char *name,
               struct channel_handler *handler)
{
    struct event_executor *executor = group ? pin(p, group) : NULL;
    int err;

    if (group && !executor)
        return -ENOMEM;
    struct channel_handler_context *ctx =
        new_context(p, executor, name, handler, &err);
    if (!ctx)
        return err;
    link_behind(prev, ctx);
    pipeline_added(ctx);
    return 0;
}

int channel_pipeline_add_first(struct channel_pipeline *p,
                               struct event_executor_group *group,
                               const char *name,
                               struct channel_handler *handler)
{
    int err = check_thread(p, "channel_pipeline_add_first");

    return err ? err : add(p, &p->head, group, name, handler);
}

int channel_pipeline_add_last(struct channel_pipeline *p,
                              struct event_executor_group *group,
                              const char *name, struct channel_handler *handler)
{
    int err = check_thread(p, "channel_pipeline_add_last");

    return err ? err : add(p, p->tail.prev, group, name, handler);
}

static int add_beside(struct channel_pipeline *p, const char *base, bool before,
                      struct event_executor_group *group, const char *name,
                      struct channel_handler *handler)
{
    int err = check_thread(p, "cannot add a handler");

    if (err)
        return err;
    struct channel_handler_context *at = channel_pipeline_context(p, base);
    if (!at)
        return refuse(-ENOENT, "cannot add a handler", "no such handler", base);
    return add(p, before ? at->prev : at, group, name, handler);
}

int channel_pipeline_add_before(struct channel_pipeline *p, const char *base,
                                struct event_executor_group *group,
                                const char *name,
                                struct channel_handler *handler)
{
    return add_beside(p, base, true, group, name, handler);
}

int channel_pipeline_add_after(struct channel_pipeline *p, const char *base,
                               struct event_executor_group *group,
                               const char *name,
                               struct channel_handler *handler)
{
    return add_beside(p, base, false, group, name, handler);
}

/* ---- removing ---- */

static int remove_context(struct channel_pipeline *p,
                          struct channel_handler_context *ctx)
{
    int err = check_thread(p, "channel_pipeline_remove");

    if (err)
        return err;
    if (!ctx)
        return -ENOENT;
    pipeline_unlink(ctx);
    pipeline_removed(ctx);
    return 0;
}

int channel_pipeline_remove(struct channel_pipeline *p,
                            struct channel_handler *handler)
{
    return remove_context(p, channel_pipeline_context_of(p, handler));
}

int channel_pipeline_remove_name(struct channel_pipeline *p, const char *name)
{
    return remove_context(p, channel_pipeline_context(p, name));
}

int channel_pipeline_remove_first(struct channel_pipeline *p)
{
    return remove_context(p, channel_pipeline_first(p));
}

int channel_pipeline_remove_last(struct channel_pipeline *p)
{
    return remove_context(p, channel_pipeline_last(p));
}

int channel_pipeline_replace(struct channel_pipeline *p, const char *old_name,
                             const char *name, struct channel_handler *handler)
{
    int err = check_thread(p, "channel_pipeline_replace");
    struct channel_handler_context *old;

    if (err)
        return err;
    old = channel_pipeline_context(p, old_name);
    if (!old)
        return refuse(-ENOENT, "cannot replace a handler", "no such handler",
                      old_name);
    /* Its own name is free for the new one: look past it. */
    bool same = name && strcmp(name, old_name) == 0;
    struct channel_handler_context *ctx =
        new_context(p, old->executor, same ? NULL : name, handler, &err);
    if (!ctx)
        return err;
    if (same) {
        free((char *)(uintptr_t)ctx->name);
        ctx->name = name;
        ctx->owns_name = false;
    }
    link_behind(old, ctx);
    pipeline_unlink(old);
    pipeline_added(ctx);
    pipeline_removed(old);
    return 0;
}

/* ---- set-up ---- */

void pipeline_init(struct channel *ch)
{
    static struct channel_handler head = {.ops = &pipeline_head_ops};
    static struct channel_handler tail = {.ops = &pipeline_tail_ops};
    struct channel_pipeline *p = &ch->pipeline;

    context_init(&p->head, ch, &head, "head", NULL);
    context_init(&p->tail, ch, &tail, "tail", NULL);
    context_set_state(&p->head, HANDLER_ADD_COMPLETE);
    context_set_state(&p->tail, HANDLER_ADD_COMPLETE);
    p->head.next = &p->tail;
    p->tail.prev = &p->head;
    p->pending = NULL;
    p->pinned = NULL;
    p->registered = false;
}

void pipeline_free_pinned(struct channel_pipeline *p)
{
    while (p->pinned) {
        struct pinned_executor *e = p->pinned;
        p->pinned = e->next;
        free(e);
    }
}

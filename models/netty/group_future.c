/*
 * group_future - one operation on all members, and how it ended for each.
 *
 * The members are taken down under the group's lock, and then called without
 * it: a handler that writes may itself change the group. Their promises have no
 * executor, so that the last to complete, on whatever loop, completes the
 * group's future; that one has the group's executor.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/bytebuf_view.h"
#include "models/netty/channel_internal.h"
#include "models/netty/group_internal.h"
#include "models/netty/misuse.h"

/* One channel's part. */
struct part {
    struct channel *channel; /* counted */
    struct future *future;   /* counted; NULL: there was no memory */
};

struct group_future {
    struct promise promise; /* first: what the caller sees */

    /* set before the operation begins: */
    size_t n;           /* parts */
    struct part *parts; /* malloc'ed */

    /* atomic: */
    _Atomic size_t n_pending; /* parts, and one until all have begun */
    _Atomic size_t n_failed;  /* parts */
};

/* ---- the future ---- */

static void destroy(struct future *f)
{
    struct group_future *gf = (struct group_future *)f;

    for (size_t i = 0; i < gf->n; i++) {
        future_release(gf->parts[i].future);
        channel_release(gf->parts[i].channel);
    }
    free(gf->parts);
    free(gf);
}

static const struct group_future *of(const struct future *f)
{
    if (f->destroy != destroy)
        misuse("channel_group_future: not the future of a channel group");
    return (const struct group_future *)f;
}

size_t channel_group_future_size(const struct future *f)
{
    return of(f)->n;
}

size_t channel_group_future_failures(const struct future *f)
{
    return atomic_load_explicit(&of(f)->n_failed, memory_order_acquire);
}

bool channel_group_future_is_partial(const struct future *f)
{
    size_t failed = channel_group_future_failures(f);

    return future_is_done(f) && failed > 0 && failed < of(f)->n;
}

struct future *channel_group_future_find(const struct future *f,
                                         const struct channel *ch)
{
    const struct group_future *gf = of(f);

    for (size_t i = 0; i < gf->n; i++) {
        if (gf->parts[i].channel == ch)
            return gf->parts[i].future;
    }
    return NULL;
}

/* Netty's ChannelGroupException: how many, and the first of them in words. */
static struct exception *failure_of(const struct group_future *gf)
{
    size_t failed = channel_group_future_failures(&gf->promise.future);
    struct exception *first = &exception_out_of_memory;

    for (size_t i = 0; i < gf->n; i++) {
        struct future *f = gf->parts[i].future;
        struct exception *cause = f ? future_cause(f) : NULL;
        if (cause) {
            first = cause;
            break;
        }
    }
    return exception_new(first->code, "%zu of %zu channels failed: %s", failed,
                         gf->n, first->text);
}

/* A part has ended, or all have begun. */
static void one_less(struct group_future *gf)
{
    /* Acquire-release: the last sees what the others have counted. */
    if (atomic_fetch_sub_explicit(&gf->n_pending, 1, memory_order_acq_rel) != 1)
        return;
    if (atomic_load_explicit(&gf->n_failed, memory_order_relaxed) > 0)
        promise_set_failure(&gf->promise, failure_of(gf));
    else
        promise_set_success(&gf->promise, NULL);
    promise_release(&gf->promise); /* the operation's */
}

static void on_part_done(struct future *f, void *arg)
{
    struct group_future *gf = arg;

    if (!future_is_success(f))
        atomic_fetch_add_explicit(&gf->n_failed, 1, memory_order_relaxed);
    one_less(gf);
}

/* ---- choosing the channels ---- */

bool channel_matcher_is_not(struct channel *ch, void *arg)
{
    return ch != arg;
}

static bool is_server(const struct channel *ch)
{
    return ch->ops->is_server;
}

/* Those of the members that are chosen, server channels first or not at all.
 * False: no memory. */
static bool choose(struct group_future *gf, struct channel_group *group,
                   channel_matcher_fn matcher, void *arg, bool servers)
{
    size_t n;
    struct channel **all = channel_group_snapshot(group, &n);

    if (!all)
        return false;
    gf->parts = calloc(n + 1, sizeof(*gf->parts));
    for (int pass = servers ? 0 : 1; gf->parts && pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            struct channel *ch = all[i];
            if (!ch || is_server(ch) != (pass == 0) ||
                (matcher && !matcher(ch, arg)))
                continue;
            gf->parts[gf->n++].channel = ch;
            all[i] = NULL;
        }
    }
    for (size_t i = 0; i < n; i++)
        channel_release(all[i]);
    free(all);
    return gf->parts != NULL;
}

/* NULL: no memory. */
static struct group_future *begin(struct channel_group *group,
                                  channel_matcher_fn matcher, void *arg,
                                  bool servers)
{
    struct group_future *gf = calloc(1, sizeof(*gf));

    if (!gf || !choose(gf, group, matcher, arg, servers)) {
        free(gf);
        errno = ENOMEM;
        return NULL;
    }
    promise_init(&gf->promise, channel_group_executor(group), destroy);
    promise_set_uncancellable(&gf->promise); /* the parts cannot be recalled */
    promise_retain(&gf->promise);            /* the operation's */
    atomic_init(&gf->n_pending, gf->n + 1);
    atomic_init(&gf->n_failed, 0);
    return gf;
}

/* All have begun: the caller's future. */
static struct future *begun(struct group_future *gf)
{
    struct future *f = &gf->promise.future;

    one_less(gf);
    return f;
}

/* The part ends as `f` does. Without memory it has failed. */
static void follow(struct group_future *gf, struct part *part, struct future *f)
{
    if (f && future_is_done(f)) {
        /* Asked at once: the loop that would call the listener may be gone. */
        part->future = future_retain(f);
        on_part_done(f, gf);
        return;
    }
    if (f && future_add_listener(f, on_part_done, gf) == 0) {
        part->future = future_retain(f);
        return;
    }
    atomic_fetch_add_explicit(&gf->n_failed, 1, memory_order_relaxed);
    one_less(gf);
}

/* The promise for a part, which keeps it; NULL: it has failed. */
static struct promise *promise_for(struct group_future *gf, struct part *part)
{
    struct promise *p = channel_new_promise(part->channel);

    if (p)
        p->future.executor = NULL; /* see above */
    follow(gf, part, p ? &p->future : NULL);
    if (!part->future) {
        promise_release(p);
        return NULL;
    }
    return p;
}

/* ---- writing ---- */

/* What one receiver is given: the same bytes, an index of its own. NULL: no
 * memory. */
static struct reference_counted *duplicate(struct reference_counted *msg)
{
    struct bytebuf *buf = bytebuf_of(msg);

    if (buf) {
        buf = bytebuf_retained_duplicate(buf);
        return buf ? &buf->ref : NULL;
    }
    reference_retain(msg);
    return msg;
}

typedef void (*write_fn)(struct channel *ch, struct reference_counted *msg,
                         struct promise *promise);

static struct future *write_all(struct channel_group *group,
                                struct reference_counted *msg,
                                channel_matcher_fn matcher, void *arg,
                                write_fn how)
{
    struct group_future *gf = begin(group, matcher, arg, false);

    for (size_t i = 0; gf && i < gf->n; i++) {
        struct promise *p = promise_for(gf, &gf->parts[i]);
        struct reference_counted *copy = p ? duplicate(msg) : NULL;
        if (copy)
            how(gf->parts[i].channel, copy, p);
        else if (p)
            promise_set_failure(p, &exception_out_of_memory);
        promise_release(p);
    }
    reference_release(msg);
    return gf ? begun(gf) : NULL;
}

struct future *channel_group_write(struct channel_group *group,
                                   struct reference_counted *msg,
                                   channel_matcher_fn matcher, void *arg)
{
    return write_all(group, msg, matcher, arg, channel_write);
}

struct future *channel_group_write_and_flush(struct channel_group *group,
                                             struct reference_counted *msg,
                                             channel_matcher_fn matcher,
                                             void *arg)
{
    return write_all(group, msg, matcher, arg, channel_write_and_flush);
}

void channel_group_flush(struct channel_group *group,
                         channel_matcher_fn matcher, void *arg)
{
    size_t n;
    struct channel **all = channel_group_snapshot(group, &n);

    for (size_t i = 0; i < n; i++) {
        if (!is_server(all[i]) && (!matcher || matcher(all[i], arg)))
            channel_flush(all[i]);
        channel_release(all[i]);
    }
    free(all);
}

/* ---- ending ---- */

typedef void (*end_fn)(struct channel *ch, struct promise *promise);

static struct future *end_all(struct channel_group *group,
                              channel_matcher_fn matcher, void *arg, end_fn how)
{
    struct group_future *gf = begin(group, matcher, arg, true);

    for (size_t i = 0; gf && i < gf->n; i++) {
        struct promise *p = promise_for(gf, &gf->parts[i]);
        how(gf->parts[i].channel, p);
        promise_release(p);
    }
    return gf ? begun(gf) : NULL;
}

struct future *channel_group_close(struct channel_group *group,
                                   channel_matcher_fn matcher, void *arg)
{
    /* Before the members are taken down: who is added from here on finds it
     * closed, or is among them. */
    channel_group_mark_closed(group);
    return end_all(group, matcher, arg, channel_close);
}

struct future *channel_group_disconnect(struct channel_group *group,
                                        channel_matcher_fn matcher, void *arg)
{
    return end_all(group, matcher, arg, channel_disconnect);
}

struct future *channel_group_deregister(struct channel_group *group,
                                        channel_matcher_fn matcher, void *arg)
{
    return end_all(group, matcher, arg, channel_deregister);
}

struct future *channel_group_new_close_future(struct channel_group *group,
                                              channel_matcher_fn matcher,
                                              void *arg)
{
    struct group_future *gf = begin(group, matcher, arg, true);

    for (size_t i = 0; gf && i < gf->n; i++)
        follow(gf, &gf->parts[i], channel_close_future(gf->parts[i].channel));
    return gf ? begun(gf) : NULL;
}

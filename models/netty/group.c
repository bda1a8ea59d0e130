/*
 * group - who is in it. What is done to all is in group_future.c.
 *
 * A member's close future has a listener that takes it out. The listener keeps
 * the group: it is called by the thread that closes, at a time that nobody
 * knows, maybe while another frees the group. Who takes a member out first,
 * listener or remove, finds it in the table; whoever takes the listener out, or
 * runs it, gives up the reference that was the listener's.
 */
#include "models/netty/group_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A table that cannot grow leaves the element out (checked after the add). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct member {
    uint32_t id;             /* the channel's; the key */
    struct channel *channel; /* counted */
    UT_hash_handle hh;       /* in group->members */
};

struct channel_group {
    /* set once: */
    struct event_executor *executor; /* of its futures; or NULL */
    bool stay_closed;                /* closing it is for good */

    _Atomic size_t refs; /* atomic: the owner's, one for each listener */

    pthread_mutex_t lock; /* taken last: nobody is called under it */

    /* guarded by lock: */
    struct member *members; /* by id */
    bool closed;            /* close has been called */
};

static void release(struct channel_group *group)
{
    if (atomic_fetch_sub_explicit(&group->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&group->lock);
    free(group);
}

struct channel_group *channel_group_new(struct event_executor *executor,
                                        bool stay_closed)
{
    struct channel_group *group = calloc(1, sizeof(*group));

    if (!group)
        return NULL;
    group->executor = executor;
    group->stay_closed = stay_closed;
    atomic_init(&group->refs, 1);
    pthread_mutex_init(&group->lock, NULL);
    return group;
}

struct event_executor *channel_group_executor(const struct channel_group *group)
{
    return group->executor;
}

/* ---- the table; under the lock ---- */

static struct member *find_locked(struct channel_group *group, uint32_t id)
{
    struct member *m;

    HASH_FIND(hh, group->members, &id, sizeof(id), m);
    return m;
}

/* 0, -EEXIST, -ENOMEM. */
static int insert_locked(struct channel_group *group, struct channel *ch)
{
    if (find_locked(group, ch->id))
        return -EEXIST;
    struct member *m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->id = ch->id;
    m->channel = ch;
    HASH_ADD(hh, group->members, id, sizeof(m->id), m);
    if (!find_locked(group, ch->id)) {
        free(m);
        return -ENOMEM;
    }
    channel_retain(ch);
    return 0;
}

/* ---- members ---- */

/* Takes the member with this id out. The channel, whose reference is the
 * caller's now; or NULL. */
static struct channel *take(struct channel_group *group, uint32_t id)
{
    struct channel *ch = NULL;

    pthread_mutex_lock(&group->lock);
    struct member *m = find_locked(group, id);
    if (m) {
        HASH_DEL(group->members, m);
        ch = m->channel;
    }
    pthread_mutex_unlock(&group->lock);
    free(m);
    return ch;
}

static void on_closed(struct future *f, void *arg)
{
    struct channel_group *group = arg;

    channel_release(take(group, f->channel->id));
    release(group);
}

static void drop_listener(struct channel_group *group, struct channel *ch)
{
    if (future_remove_listener(channel_close_future(ch), on_closed, group))
        release(group);
}

int channel_group_add(struct channel_group *group, struct channel *ch)
{
    /* Its loop may be gone, and nobody call the listener. */
    if (future_is_done(channel_close_future(ch)))
        return 0;
    pthread_mutex_lock(&group->lock);
    int err = insert_locked(group, ch);
    bool close = group->stay_closed && group->closed;
    pthread_mutex_unlock(&group->lock);
    if (err)
        return err;
    atomic_fetch_add_explicit(&group->refs, 1, memory_order_relaxed);
    err = future_add_listener(channel_close_future(ch), on_closed, group);
    if (err) {
        channel_release(take(group, ch->id));
        release(group);
        return err;
    }
    if (close)
        channel_close(ch, NULL);
    return 0;
}

bool channel_group_remove(struct channel_group *group, struct channel *ch)
{
    struct channel *was = take(group, ch->id);

    if (!was)
        return false;
    drop_listener(group, was);
    channel_release(was);
    return true;
}

bool channel_group_contains(struct channel_group *group,
                            const struct channel *ch)
{
    pthread_mutex_lock(&group->lock);
    bool found = find_locked(group, ch->id) != NULL;
    pthread_mutex_unlock(&group->lock);
    return found;
}

struct channel *channel_group_find(struct channel_group *group, uint32_t id)
{
    pthread_mutex_lock(&group->lock);
    struct member *m = find_locked(group, id);
    struct channel *ch = m ? channel_retain(m->channel) : NULL;
    pthread_mutex_unlock(&group->lock);
    return ch;
}

size_t channel_group_size(struct channel_group *group)
{
    pthread_mutex_lock(&group->lock);
    size_t n = HASH_COUNT(group->members);
    pthread_mutex_unlock(&group->lock);
    return n;
}

struct channel **channel_group_snapshot(struct channel_group *group, size_t *n)
{
    size_t i = 0;

    pthread_mutex_lock(&group->lock);
    struct channel **all =
        malloc((HASH_COUNT(group->members) + 1) * sizeof(struct channel *));
    if (all) {
        for (struct member *m = group->members; m; m = m->hh.next)
            all[i++] = channel_retain(m->channel);
    }
    pthread_mutex_unlock(&group->lock);
    *n = i;
    return all;
}

void channel_group_mark_closed(struct channel_group *group)
{
    pthread_mutex_lock(&group->lock);
    group->closed = true;
    pthread_mutex_unlock(&group->lock);
}

void channel_group_free(struct channel_group *group)
{
    if (!group)
        return;
    for (;;) {
        pthread_mutex_lock(&group->lock);
        uint32_t id = group->members ? group->members->id : 0;
        pthread_mutex_unlock(&group->lock);
        if (!id) /* no channel has this one */
            break;
        struct channel *ch = take(group, id);
        if (ch) { /* else it has closed meanwhile */
            drop_listener(group, ch);
            channel_release(ch);
        }
    }
    release(group);
}

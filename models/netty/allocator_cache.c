/*
 * A thread's cache of free buffers.
 *
 * Runs in the thread that owns it, but for the pushes on `remote`. A release
 * by another thread costs a compare-and-swap and a count; only if the owner
 * has let its remote list grow past REMOTE_MAX (it sleeps, or has only given
 * away) does the unit go to the arena, so that an idle thread cannot hoard.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "models/netty/allocator_internal.h"

enum {
    HEADERS_MAX = 256, /* of headers without memory that are kept */
    REMOTE_MAX = 1024, /* units on a remote list */
    DEAD_MAX = 1024,   /* paranoid: released units kept out of use */
};

static _Thread_local struct bytebuf_cache *own_cache;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Single writer: no locked instruction. */
static inline void count_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter,
                          atomic_load_explicit(counter, memory_order_relaxed) +
                              n,
                          memory_order_relaxed);
}

static void leave_thread(void *cache)
{
    allocator_trim_thread();
    /* Other destructors may run after this one and release buffers: they get
     * a cache anew, and pthread calls us again for it. */
    own_cache = NULL;
    arena_orphan_cache(cache);
}

static void make_key(void)
{
    if (pthread_key_create(&at_thread_end, leave_thread) != 0)
        abort();
}

static struct bytebuf_cache *adopt(void)
{
    struct bytebuf_cache *cache = arena_adopt_cache();

    if (!cache)
        return NULL;
    pthread_once(&once, make_key);
    if (pthread_setspecific(at_thread_end, cache) != 0) {
        arena_orphan_cache(cache);
        return NULL;
    }
    own_cache = cache;
    return cache;
}

static inline struct bytebuf_cache *get_cache(void)
{
    return own_cache ? own_cache : adopt();
}

static struct pool_list *list_of(struct bytebuf_cache *cache,
                                 const struct bytebuf *unit)
{
    if (unit->size_class == BYTEBUF_NO_CLASS)
        return &cache->headers;
    return &cache->free[unit->flags & BYTEBUF_DIRECT][unit->size_class];
}

static uint32_t limit_of(const struct bytebuf *unit)
{
    return unit->size_class == BYTEBUF_NO_CLASS
               ? HEADERS_MAX
               : pool_class_limit(unit->size_class);
}

/* Puts a unit on its list; a list that has grown past its limit gives half to
 * the arena. */
static void keep(struct bytebuf_cache *cache, struct bytebuf *unit)
{
    struct pool_list *list = list_of(cache, unit);
    uint32_t limit = limit_of(unit);

    pool_list_push(list, unit);
    if (__builtin_expect(list->count > limit, 0))
        arena_give(list, limit / 2);
}

/* Takes over what other threads have released. */
static void drain_remote(struct bytebuf_cache *cache)
{
    /* Acquire: what the releasing threads did to the bytes comes before. */
    struct bytebuf *unit =
        atomic_exchange_explicit(&cache->remote, NULL, memory_order_acquire);
    uint32_t n = 0;

    while (unit) {
        struct bytebuf *next = unit->next;
        keep(cache, unit);
        unit = next;
        n++;
    }
    atomic_fetch_sub_explicit(&cache->remote_count, n, memory_order_relaxed);
}

static struct bytebuf *take_slow(struct bytebuf_cache *cache,
                                 struct pool_list *list, int kind,
                                 unsigned class)
{
    uint32_t n = POOL_BATCH;

    if (!cache)
        goto no_memory;
    if (atomic_load_explicit(&cache->remote, memory_order_relaxed)) {
        drain_remote(cache);
        if (list->head)
            return pool_list_pop(list);
    }
    if (class != BYTEBUF_NO_CLASS && n > pool_class_limit(class) / 2)
        n = pool_class_limit(class) / 2;
    count_add(&cache->refills, 1);
    if (arena_take(kind, class, n, list) < 0)
        goto no_memory;
    return pool_list_pop(list);

no_memory:
    errno = ENOMEM;
    return NULL;
}

struct bytebuf *cache_take(int kind, unsigned class)
{
    struct bytebuf_cache *cache = get_cache();
    struct bytebuf *unit = NULL;

    if (__builtin_expect(cache != NULL, 1))
        unit = pool_list_pop(&cache->free[kind][class]);
    if (__builtin_expect(!unit, 0)) {
        unit = take_slow(cache, cache ? &cache->free[kind][class] : NULL, kind,
                         class);
        if (!unit)
            return NULL;
    }
    unit->cache = cache;
    POOL_UNPOISON(unit->memory, unit->m.block_size);
    count_add(&cache->allocated, 1);
    count_add(&cache->allocated_bytes, unit->m.block_size);
    return unit;
}

struct bytebuf *cache_take_header(void)
{
    struct bytebuf_cache *cache = get_cache();
    struct bytebuf *unit = cache ? pool_list_pop(&cache->headers) : NULL;

    if (!unit) {
        unit = take_slow(cache, cache ? &cache->headers : NULL, 0,
                         BYTEBUF_NO_CLASS);
        if (!unit)
            return NULL;
    }
    unit->cache = cache;
    return unit;
}

/* Released by a thread that it does not belong to. */
static void give_remote(struct bytebuf *unit)
{
    struct bytebuf_cache *owner = unit->cache;
    struct bytebuf *head;

    if (atomic_fetch_add_explicit(&owner->remote_count, 1,
                                  memory_order_relaxed) >= REMOTE_MAX) {
        struct pool_list one = {unit, 1};
        atomic_fetch_sub_explicit(&owner->remote_count, 1,
                                  memory_order_relaxed);
        unit->next = NULL;
        arena_give(&one, 1);
        return;
    }
    /* A stack that is only pushed on and taken whole has no ABA problem.
     * Release: our use of the bytes comes before the owner's next. */
    head = atomic_load_explicit(&owner->remote, memory_order_relaxed);
    do {
        unit->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&owner->remote, &head, unit,
                                                    memory_order_release,
                                                    memory_order_relaxed));
}

static inline void give_back(struct bytebuf_cache *cache, struct bytebuf *unit)
{
    if (__builtin_expect(unit->cache == cache && cache, 1)) {
        keep(cache, unit);
    } else {
        if (cache)
            count_add(&cache->remote_frees, 1);
        give_remote(unit);
    }
}

/* The last to be released is the first to be reused, and then a late use of it
 * cannot be told from a right one. When all is checked, reuse waits. Returns
 * the unit whose time has come, or NULL. */
static struct bytebuf *defer_reuse(struct bytebuf_cache *cache,
                                   struct bytebuf *unit)
{
    if (!cache->dead)
        cache->dead = calloc(DEAD_MAX, sizeof(struct bytebuf *));
    if (!cache->dead)
        return unit;

    struct bytebuf **slot = &cache->dead[cache->dead_next++ % DEAD_MAX];
    struct bytebuf *oldest = *slot;
    *slot = unit;
    return oldest;
}

static void end_deferral(struct bytebuf_cache *cache)
{
    for (uint32_t i = 0; cache->dead && i < DEAD_MAX; i++) {
        if (cache->dead[i])
            give_back(cache, cache->dead[i]);
    }
    free(cache->dead);
    cache->dead = NULL;
}

void cache_give(struct bytebuf *unit)
{
    struct bytebuf_cache *cache = get_cache();
    bool pooled = unit->size_class != BYTEBUF_NO_CLASS;

    if (pooled)
        POOL_POISON(unit->memory, unit->m.block_size);
    if (pooled && cache) {
        count_add(&cache->released, 1);
        count_add(&cache->released_bytes, unit->m.block_size);
    }
    if (__builtin_expect(leak_get_level() == LEAK_PARANOID && cache, 0)) {
        unit = defer_reuse(cache, unit);
        if (!unit)
            return;
    }
    give_back(cache, unit);
}

void allocator_trim_thread(void)
{
    struct bytebuf_cache *cache = own_cache;

    if (!cache)
        return;
    end_deferral(cache);
    drain_remote(cache);
    for (int kind = 0; kind < POOL_KINDS; kind++) {
        for (int class = 0; class < POOL_CLASSES; class ++)
            arena_give(&cache->free[kind][class], UINT32_MAX);
    }
    arena_give(&cache->headers, UINT32_MAX);
}

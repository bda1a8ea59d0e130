/*
 * allocator_internal - what the parts of the allocator share.
 *
 *     allocator.c        which buffer to make, and of what memory
 *     allocator_cache.c  a thread's free buffers; no lock
 *     allocator_arena.c  what the threads share: spans and headers; a mutex
 *
 * What they hand each other is a unit: a header (struct bytebuf), dead, with
 * the block of memory that comes with it, or none (size_class NO_CLASS). They
 * stay together, so one list operation gets both. A header's memory is never
 * given back to malloc, so a late use of a released buffer reads a header that
 * says so, unless it has been given out anew.
 */
#ifndef NETTY_ALLOCATOR_INTERNAL_H
#define NETTY_ALLOCATOR_INTERNAL_H

#include <stdatomic.h>

#include "models/netty/allocator.h"
#include "models/netty/leak.h"

enum {
    POOL_KINDS = 2,    /* heap, direct */
    POOL_CLASSES = 49, /* 64 to 256 KiB, four a doubling */
    POOL_SPAN_SIZE = 1 << 20,
    POOL_BATCH = 32, /* units between a cache and the arena at a time */
};

struct allocator {
    const char *name; /* "pooled" or "unpooled" */
    bool pooled;      /* which it is */
};

/* A list of units, linked by `next`. */
struct pool_list {
    struct bytebuf *head; /* used last */
    uint32_t count;       /* units in it */
};

static inline void pool_list_push(struct pool_list *list, struct bytebuf *unit)
{
    unit->next = list->head;
    list->head = unit;
    list->count++;
}

static inline struct bytebuf *pool_list_pop(struct pool_list *list)
{
    struct bytebuf *unit = list->head;

    if (unit) {
        list->head = unit->next;
        list->count--;
    }
    return unit;
}

/* A thread's free units. Never freed: when its thread ends, it is emptied and
 * waits for the next thread, since others may still push on `remote`. */
struct bytebuf_cache {
    /* owner thread only: */
    struct pool_list free[POOL_KINDS][POOL_CLASSES]; /* with memory */
    struct pool_list headers;                        /* without */
    struct bytebuf **dead; /* paranoid: units kept out of use, a ring */
    uint32_t dead_next;    /* the oldest there */

    /* atomic, written by the owner only: for the metrics */
    _Atomic uint64_t allocated;       /* pooled buffers handed out */
    _Atomic uint64_t allocated_bytes; /* their blocks */
    _Atomic uint64_t released;        /* pooled buffers released by the owner */
    _Atomic uint64_t released_bytes;  /* their blocks */
    _Atomic uint64_t refills;         /* went to the arena for units */
    _Atomic uint64_t remote_frees;    /* units of others that it released */

    /* guarded by the arena's lock: */
    struct bytebuf_cache *next;        /* in the arena's list of all */
    struct bytebuf_cache *next_orphan; /* in its list of those without thread */

    /* atomic, on a line of its own, since other threads write it: */
    _Alignas(64) struct bytebuf *_Atomic remote; /* released by others */
    _Atomic uint32_t remote_count;               /* about how many */
};

/* ---- size classes (allocator_arena.c) ---- */

static inline unsigned pool_class_of(size_t size)
{
    if (size <= 64)
        return 0;
    size_t s = size - 1;
    unsigned shift = 63 - (unsigned)__builtin_clzl(s);
    return (shift - 6) * 4 + (unsigned)(s >> (shift - 2) & 3) + 1;
}

static inline size_t pool_class_size(unsigned class)
{
    if (class == 0)
        return 64;
    size_t base = (size_t)64 << ((class - 1) / 4);
    return base + ((class - 1) % 4 + 1) * (base / 4);
}

/* How many units of a class a cache keeps: about half a MiB, 2 to 256. */
static inline uint32_t pool_class_limit(unsigned class)
{
    size_t n = ((size_t)512 << 10) / pool_class_size(class);

    return n > 256 ? 256 : n < 2 ? 2 : (uint32_t)n;
}

/* ---- the arena ---- */

/* Moves up to `n` units of a class (NO_CLASS: headers) to `to`, cutting new
 * ones if need be. 0, or -ENOMEM and none moved. Takes the lock. */
int arena_take(int kind, unsigned class, uint32_t n, struct pool_list *to);

/* Takes back `n` units (or all there are) of any class. Takes the lock. */
void arena_give(struct pool_list *from, uint32_t n);

/* A cache for a new thread: an orphan's or a new one. NULL: no memory. */
struct bytebuf_cache *arena_adopt_cache(void);

/* Its thread ends. It has been emptied. */
void arena_orphan_cache(struct bytebuf_cache *cache);

/* Calls `visit` for each cache there is, under the lock. Then *mapped is the
 * memory of all spans and *out the units with memory that are not here. */
void arena_visit_caches(void (*visit)(struct bytebuf_cache *cache, void *arg),
                        void *arg, uint64_t *mapped, uint64_t *out);

/* Memory of one's own for a block: malloc, or (direct) whole pages of a
 * mapping; *size becomes what there is. NULL: no memory. */
unsigned char *memory_alloc(bool direct, size_t *size);
unsigned char *memory_resize(bool direct, unsigned char *memory,
                             size_t old_size, size_t *size);
void memory_free(bool direct, unsigned char *memory, size_t size);

/* ---- the calling thread's cache (allocator_cache.c) ---- */

/* A unit with a block of this class, or (cache_take_header) without. NULL: no
 * memory, errno set. */
struct bytebuf *cache_take(int kind, unsigned class);
struct bytebuf *cache_take_header(void);

/* A unit is free: to the cache that it was taken from. */
void cache_give(struct bytebuf *unit);

/* ---- for bytebuf*.c ---- */

/* Makes a unit a live buffer: all but memory, max_capacity and u. */
void bytebuf_start(struct bytebuf *buf, size_t capacity, size_t max, int flags,
                   const char *site);

/* Gives a header back that never came to life, or has no more of its own. */
void bytebuf_recycle_header(struct bytebuf *buf);

/* A root's block becomes at least `size` bytes with the first `keep` copied;
 * 0 or -ENOMEM. */
int allocator_grow_block(struct bytebuf *root, size_t size, size_t keep);

/* Frees what a root holds that is not composite, and the header. */
void allocator_free_root(struct bytebuf *root);

/* AddressSanitizer knows malloc's blocks, not the pool's: tell it. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POOL_POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define POOL_UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POOL_POISON(p, n)   ((void)(p), (void)(n))
#define POOL_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#endif

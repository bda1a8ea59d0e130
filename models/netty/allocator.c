/*
 * What is allocated how: sizes, growth, and the memory of unpooled buffers.
 */
#include "models/netty/allocator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/allocator_internal.h"
#include "models/netty/misuse.h"

const struct allocator allocator_pooled = {"pooled", true};
const struct allocator allocator_unpooled = {"unpooled", false};

static unsigned char nothing[1]; /* the memory of a wrapped NULL */

size_t allocator_calculate_new_capacity(size_t min, size_t max)
{
    size_t capacity = ALLOCATOR_MIN_GROWTH;

    if (min > max)
        misuse("allocator: a capacity of %zu was asked for, the maximum is %zu",
               min, max);
    if (min > ALLOCATOR_THRESHOLD) {
        capacity = min / ALLOCATOR_THRESHOLD * ALLOCATOR_THRESHOLD;
        /* At least one step up, and never past what can be. */
        capacity = capacity > max - ALLOCATOR_THRESHOLD
                       ? max
                       : capacity + ALLOCATOR_THRESHOLD;
    }
    while (capacity < min)
        capacity *= 2;
    return capacity < max ? capacity : max;
}

size_t allocator_block_size(size_t capacity)
{
    return capacity > ALLOCATOR_MAX_POOLED
               ? 0
               : pool_class_size(pool_class_of(capacity));
}

/* ---- making buffers ---- */

/* A header with memory of its own. */
static struct bytebuf *take_unpooled(bool direct, size_t capacity)
{
    struct bytebuf *buf = cache_take_header();
    size_t size = capacity;

    if (!buf)
        return NULL;
    buf->memory = memory_alloc(direct, &size);
    if (!buf->memory) {
        bytebuf_recycle_header(buf);
        errno = ENOMEM;
        return NULL;
    }
    buf->m.block_size = size;
    return buf;
}

struct bytebuf *allocator_buffer_at(const struct allocator *alloc,
                                    size_t capacity, size_t max, int flags,
                                    const char *site)
{
    struct bytebuf *buf;

    if (__builtin_expect(capacity > max || max > BYTEBUF_MAX_CAPACITY, 0))
        misuse("allocator: a buffer of %zu that may grow to %zu was asked for "
               "at %s; it takes a capacity up to the maximum, and that up to "
               "%d",
               capacity, max, site, BYTEBUF_MAX_CAPACITY);
    if (alloc->pooled)
        flags |= BYTEBUF_POOLED;
    if (alloc->pooled && capacity <= ALLOCATOR_MAX_POOLED)
        buf = cache_take(flags & BYTEBUF_DIRECT, pool_class_of(capacity));
    else
        buf = take_unpooled(flags & BYTEBUF_DIRECT, capacity);
    if (!buf)
        return NULL;
    bytebuf_start(buf, capacity, max, flags, site);
    leak_track(&buf->ref);
    return buf;
}

struct bytebuf *unpooled_wrapped_buffer_at(void *memory, size_t len,
                                           bytebuf_done_fn *done, void *arg,
                                           const char *site)
{
    if (len > BYTEBUF_MAX_CAPACITY)
        misuse("unpooled_wrapped_buffer: %zu bytes at %s, at most %d are taken",
               len, site, BYTEBUF_MAX_CAPACITY);

    struct bytebuf *buf = cache_take_header();
    if (!buf)
        return NULL;
    /* A root without memory is a composite. */
    buf->memory = memory ? memory : nothing;
    buf->m.done_arg = arg;
    buf->u.done = done;
    bytebuf_start(buf, len, len, BYTEBUF_WRAPPED, site);
    buf->writer_index = (uint32_t)len;
    leak_track(&buf->ref);
    return buf;
}

struct bytebuf *unpooled_copied_buffer_at(const void *bytes, size_t len,
                                          const char *site)
{
    struct bytebuf *buf = allocator_buffer_at(&allocator_unpooled, len,
                                              BYTEBUF_MAX_CAPACITY, 0, site);

    if (buf && len > 0)
        (void)bytebuf_write_bytes(buf, bytes, len); /* it fits */
    return buf;
}

/* ---- growing and freeing ---- */

/* The block of `root` changes places with that of `unit`, which is then free
 * to go where its new block came from. */
static void swap_blocks(struct bytebuf *root, struct bytebuf *unit)
{
    struct bytebuf other = {
        .memory = root->memory,
        .m = root->m,
        .u = root->u,
        .size_class = root->size_class,
        .cache = root->cache,
    };

    root->memory = unit->memory;
    root->m = unit->m;
    root->u = unit->u;
    root->size_class = unit->size_class;
    root->cache = unit->cache;
    unit->memory = other.memory;
    unit->m = other.m;
    unit->u = other.u;
    unit->size_class = other.size_class;
    unit->cache = other.cache;
    unit->flags = root->flags & BYTEBUF_DIRECT;
}

/* A block that its header does not hold: unpooled memory. */
static void free_own_memory(struct bytebuf *buf)
{
    memory_free(buf->flags & BYTEBUF_DIRECT, buf->memory, buf->m.block_size);
}

int allocator_grow_block(struct bytebuf *root, size_t size, size_t keep)
{
    bool direct = root->flags & BYTEBUF_DIRECT;
    bool to_pool = (root->flags & BYTEBUF_POOLED) && //
                   size <= ALLOCATOR_MAX_POOLED;
    struct bytebuf *unit;

    if (!to_pool && root->size_class == BYTEBUF_NO_CLASS) {
        unsigned char *memory =
            memory_resize(direct, root->memory, root->m.block_size, &size);
        if (!memory)
            return -ENOMEM;
        root->memory = memory;
        root->m.block_size = size;
        return 0;
    }
    unit = to_pool ? cache_take(direct, pool_class_of(size))
                   : take_unpooled(direct, size);
    if (!unit)
        return -ENOMEM;
    memcpy(unit->memory, root->memory, keep);
    swap_blocks(root, unit);
    if (unit->size_class == BYTEBUF_NO_CLASS) {
        free_own_memory(unit);
        bytebuf_recycle_header(unit);
    } else {
        cache_give(unit);
    }
    return 0;
}

void allocator_free_root(struct bytebuf *root)
{
    if (root->size_class != BYTEBUF_NO_CLASS) {
        cache_give(root);
        return;
    }
    if (root->flags & BYTEBUF_WRAPPED) {
        if (root->u.done)
            root->u.done(root->memory == nothing ? NULL : root->memory,
                         root->m.done_arg);
    } else {
        free_own_memory(root);
    }
    bytebuf_recycle_header(root);
}

/* ---- metrics ---- */

static void add_cache(struct bytebuf_cache *c, void *arg)
{
    struct allocator_metrics *m = arg;

    /* What one thread allocates another may release: only the sums over all
     * caches mean something (unsigned, they may pass through 0). */
    m->used_buffers +=
        atomic_load_explicit(&c->allocated, memory_order_relaxed) -
        atomic_load_explicit(&c->released, memory_order_relaxed);
    m->used_bytes +=
        atomic_load_explicit(&c->allocated_bytes, memory_order_relaxed) -
        atomic_load_explicit(&c->released_bytes, memory_order_relaxed);
    m->remote_frees +=
        atomic_load_explicit(&c->remote_frees, memory_order_relaxed);
    m->refills += atomic_load_explicit(&c->refills, memory_order_relaxed);
    m->caches++;
}

void allocator_read_metrics(struct allocator_metrics *out)
{
    uint64_t units_out;

    *out = (struct allocator_metrics){0};
    arena_visit_caches(add_cache, out, &out->mapped_bytes, &units_out);
    /* Read while threads work, a release may be counted whose allocation was
     * not yet. */
    if ((int64_t)out->used_buffers < 0)
        out->used_buffers = 0;
    if ((int64_t)out->used_bytes < 0)
        out->used_bytes = 0;
    out->cached_buffers =
        units_out > out->used_buffers ? units_out - out->used_buffers : 0;
}

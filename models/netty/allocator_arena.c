/*
 * The arena: what the threads' caches are filled from and emptied into.
 *
 * One mutex for all of it, taken once in POOL_BATCH units. Under it are list
 * operations, and a mapping when a new span is needed.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/netty/allocator_internal.h"

/* POOL_SPAN_SIZE bytes, cut into blocks of one class. Guarded by the lock. */
struct allocator_span {
    struct allocator_span *next;  /* in the list of those with free units */
    struct allocator_span **link; /* what points to us there; NULL: not in it */
    struct pool_list free;        /* units that are here */
    uint32_t cut;                 /* units made so far, from the start on */
    uint32_t total;               /* units that fit */
    uint16_t class;               /* of all its blocks */
    uint16_t kind;                /* 1: direct */
    unsigned char *memory;        /* its bytes */
    struct allocator_span *all_next;  /* in the list of all */
    struct allocator_span **all_link; /* what points to us there */
};

enum { SLAB_HEADERS = 512 };

/* Headers are made by the slab and never freed. */
struct slab {
    struct slab *next; /* keeps it reachable, for LeakSanitizer */
    _Alignas(64) struct bytebuf headers[SLAB_HEADERS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* guarded by lock: */
static struct allocator_span *with_free[POOL_KINDS][POOL_CLASSES];
static struct allocator_span *all_spans; /* reachable, for LeakSanitizer */
static uint64_t mapped_bytes;            /* of all spans */
static uint64_t units_out;               /* with memory, in caches or in use */
static struct pool_list blank;           /* headers without a block */
static struct slab *slabs;
static struct bytebuf_cache *all_caches;
static struct bytebuf_cache *orphans;

/* ---- memory ---- */

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return size ? (size + page - 1) / page * page : page;
}

unsigned char *memory_alloc(bool direct, size_t *size)
{
    if (!direct)
        return malloc(*size ? *size : 1);

    size_t n = whole_pages(*size);
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    *size = n;
    return p;
}

unsigned char *memory_resize(bool direct, unsigned char *memory,
                             size_t old_size, size_t *size)
{
    if (!direct)
        return realloc(memory, *size);

    /* The kernel moves the pages, not the bytes: growing a large mapping
     * copies nothing. */
    size_t n = whole_pages(*size);
    void *p = mremap(memory, whole_pages(old_size), n, MREMAP_MAYMOVE);
    if (p == MAP_FAILED)
        return NULL;
    *size = n;
    return p;
}

void memory_free(bool direct, unsigned char *memory, size_t size)
{
    if (!direct) {
        free(memory);
    } else {
        int err = munmap(memory, whole_pages(size));
        assert(err == 0);
        (void)err;
    }
}

/* ---- headers ---- */

static struct bytebuf *take_blank_locked(void)
{
    if (!blank.head) {
        struct slab *slab = aligned_alloc(64, sizeof(*slab));
        if (!slab)
            return NULL;
        memset(slab, 0, sizeof(*slab));
        slab->next = slabs;
        slabs = slab;
        for (size_t i = 0; i < SLAB_HEADERS; i++) {
            struct bytebuf *unit = &slab->headers[i];
            unit->ref.type = &bytebuf_type;
            unit->ref.counter = &unit->ref;
            atomic_init(&unit->ref.raw, REFERENCE_DEAD);
            unit->root = unit;
            unit->size_class = BYTEBUF_NO_CLASS;
            pool_list_push(&blank, unit);
        }
    }
    return pool_list_pop(&blank);
}

/* ---- spans ---- */

static void link_span_locked(struct allocator_span *span)
{
    struct allocator_span **head = &with_free[span->kind][span->class];

    span->next = *head;
    span->link = head;
    if (span->next)
        span->next->link = &span->next;
    *head = span;
}

static void unlink_span_locked(struct allocator_span *span)
{
    *span->link = span->next;
    if (span->next)
        span->next->link = span->link;
    span->link = NULL;
}

static struct allocator_span *new_span_locked(int kind, unsigned class)
{
    struct allocator_span *span = calloc(1, sizeof(*span));
    size_t size = POOL_SPAN_SIZE;

    if (!span)
        return NULL;
    span->memory = memory_alloc(kind == 1, &size);
    if (!span->memory) {
        free(span);
        return NULL;
    }
    POOL_POISON(span->memory, size);
    span->kind = (uint16_t)kind;
    span->class = (uint16_t) class;
    span->total = (uint32_t)(POOL_SPAN_SIZE / pool_class_size(class));
    span->all_next = all_spans;
    span->all_link = &all_spans;
    if (span->all_next)
        span->all_next->all_link = &span->all_next;
    all_spans = span;
    mapped_bytes += POOL_SPAN_SIZE;
    link_span_locked(span);
    return span;
}

/* All its units are here: their headers go among the blank ones. */
static void free_span_locked(struct allocator_span *span)
{
    struct bytebuf *unit;

    while ((unit = pool_list_pop(&span->free))) {
        unit->memory = NULL;
        unit->size_class = BYTEBUF_NO_CLASS;
        unit->flags = 0;
        unit->u.span = NULL;
        pool_list_push(&blank, unit);
    }
    unlink_span_locked(span);
    *span->all_link = span->all_next;
    if (span->all_next)
        span->all_next->all_link = span->all_link;
    mapped_bytes -= POOL_SPAN_SIZE;
    POOL_UNPOISON(span->memory, POOL_SPAN_SIZE);
    memory_free(span->kind == 1, span->memory, POOL_SPAN_SIZE);
    free(span);
}

/* The next unit of a span that has one: used before, or cut off now. */
static struct bytebuf *take_unit_locked(struct allocator_span *span)
{
    struct bytebuf *unit = pool_list_pop(&span->free);

    if (!unit) {
        unit = take_blank_locked();
        if (!unit)
            return NULL;
        unit->m.block_size = pool_class_size(span->class);
        unit->memory = span->memory + unit->m.block_size * span->cut++;
        unit->size_class = span->class;
        unit->flags = span->kind == 1 ? BYTEBUF_DIRECT : 0;
        unit->u.span = span;
    }
    if (!span->free.head && span->cut == span->total)
        unlink_span_locked(span);
    units_out++;
    return unit;
}

static struct bytebuf *take_locked(int kind, unsigned class)
{
    if (class == BYTEBUF_NO_CLASS)
        return take_blank_locked();

    struct allocator_span *span = with_free[kind][class];
    if (!span)
        span = new_span_locked(kind, class);
    return span ? take_unit_locked(span) : NULL;
}

static void give_locked(struct bytebuf *unit)
{
    unit->cache = NULL;
    if (unit->size_class == BYTEBUF_NO_CLASS) {
        pool_list_push(&blank, unit);
        return;
    }

    struct allocator_span *span = unit->u.span;
    units_out--;
    if (!span->link)
        link_span_locked(span);
    pool_list_push(&span->free, unit);
    /* One span a class is kept: a cache that goes to and fro around its limit
     * would otherwise map and unmap a MiB each time. */
    if (span->free.count == span->cut &&
        (span->next || with_free[span->kind][span->class] != span))
        free_span_locked(span);
}

int arena_take(int kind, unsigned class, uint32_t n, struct pool_list *to)
{
    uint32_t taken = 0;
    struct bytebuf *unit;

    pthread_mutex_lock(&lock);
    while (taken < n && (unit = take_locked(kind, class))) {
        pool_list_push(to, unit);
        taken++;
    }
    pthread_mutex_unlock(&lock);
    return taken ? 0 : -ENOMEM;
}

void arena_give(struct pool_list *from, uint32_t n)
{
    struct bytebuf *unit;

    if (!from->head)
        return;
    pthread_mutex_lock(&lock);
    while (n-- > 0 && (unit = pool_list_pop(from)))
        give_locked(unit);
    pthread_mutex_unlock(&lock);
}

/* ---- caches ---- */

struct bytebuf_cache *arena_adopt_cache(void)
{
    struct bytebuf_cache *cache;

    pthread_mutex_lock(&lock);
    cache = orphans;
    if (cache) {
        orphans = cache->next_orphan;
    } else {
        cache = aligned_alloc(64, sizeof(*cache));
        if (cache) {
            memset(cache, 0, sizeof(*cache));
            cache->next = all_caches;
            all_caches = cache;
        }
    }
    pthread_mutex_unlock(&lock);
    return cache;
}

void arena_orphan_cache(struct bytebuf_cache *cache)
{
    pthread_mutex_lock(&lock);
    cache->next_orphan = orphans;
    orphans = cache;
    pthread_mutex_unlock(&lock);
}

void arena_visit_caches(void (*visit)(struct bytebuf_cache *cache, void *arg),
                        void *arg, uint64_t *mapped, uint64_t *out)
{
    pthread_mutex_lock(&lock);
    for (struct bytebuf_cache *c = all_caches; c; c = c->next)
        visit(c, arg);
    *mapped = mapped_bytes;
    *out = units_out;
    pthread_mutex_unlock(&lock);
}

/*
 * The allocators. Netty's PooledByteBufAllocatorTest, UnpooledTest. Threads
 * here show where a buffer goes; races are for tests/stress.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"

static struct allocator_metrics metrics(void)
{
    struct allocator_metrics m;

    allocator_read_metrics(&m);
    return m;
}

Test(bytebuf_pool, size_classes_waste_at_most_a_fifth)
{
    cr_assert_eq(allocator_block_size(0), 64);
    cr_assert_eq(allocator_block_size(64), 64);
    cr_assert_eq(allocator_block_size(65), 80);
    cr_assert_eq(allocator_block_size(128), 128);
    cr_assert_eq(allocator_block_size(129), 160);
    cr_assert_eq(allocator_block_size(ALLOCATOR_MAX_POOLED),
                 ALLOCATOR_MAX_POOLED);
    cr_assert_eq(allocator_block_size(ALLOCATOR_MAX_POOLED + 1), 0);
    for (size_t size = 65; size <= ALLOCATOR_MAX_POOLED; size++) {
        size_t block = allocator_block_size(size);
        cr_assert_geq(block, size);
        cr_assert_leq((block - size) * 5, block, "%zu in %zu", size, block);
        /* The next class begins where this one ends. */
        cr_assert_eq(allocator_block_size(block), block);
    }
}

Test(bytebuf_pool, reuses_a_released_buffer)
{
    struct bytebuf *first = allocator_buffer(&allocator_pooled, 100);
    void *memory = first->memory;

    bytebuf_write_string(first, "stale");
    bytebuf_mark_writer_index(first);
    bytebuf_slice(first, 0, 1);
    bytebuf_release(first);

    struct bytebuf *second = allocator_buffer_max(&allocator_pooled, 99, 200);
    cr_assert_eq(second->memory, memory);
    cr_assert_eq(bytebuf_capacity(second), 99);
    cr_assert_eq(bytebuf_max_capacity(second), 200);
    cr_assert_not(bytebuf_is_readable(second));
    cr_assert_eq(bytebuf_ref_count(second), 1);
    bytebuf_reset_writer_index(second);
    cr_assert_eq(bytebuf_writer_index(second), 0);
    bytebuf_release(second);
}

Test(bytebuf_pool, growing_within_the_block_does_not_move)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 100);
    void *memory = buf->memory;

    bytebuf_write_zero(buf, 100);
    cr_assert_eq(bytebuf_write_byte(buf, 1), 0);
    cr_assert_eq(bytebuf_capacity(buf), 112);
    cr_assert_eq(buf->memory, memory);
    bytebuf_write_zero(buf, 12);
    cr_assert_eq(bytebuf_capacity(buf), 128);
    cr_assert_neq(buf->memory, memory);
    bytebuf_release(buf);
}

Test(bytebuf_pool, grows_out_of_the_pool_and_gives_everything_back)
{
    static const int kinds[] = {0, BYTEBUF_DIRECT};

    for (int k = 0; k < 2; k++) {
        struct bytebuf *buf =
            allocator_buffer_at(&allocator_pooled, 64, BYTEBUF_MAX_CAPACITY,
                                kinds[k], REFERENCE_HERE);
        for (int32_t i = 0; i < 400000; i++)
            cr_assert_eq(bytebuf_write_int(buf, i), 0);
        for (int32_t i = 0; i < 400000; i++)
            cr_assert_eq(bytebuf_read_int(buf), i);
        cr_assert_eq(bytebuf_capacity(buf), 2 << 20);
        cr_assert_eq(metrics().used_buffers, 0); /* it is beyond the pool */
        bytebuf_release(buf);
    }
    cr_assert_eq(metrics().used_buffers, 0);
    cr_assert_eq(metrics().used_bytes, 0);
}

Test(bytebuf_pool, counts_what_is_used)
{
    struct bytebuf *a = allocator_buffer(&allocator_pooled, 100);
    struct bytebuf *b = allocator_direct_buffer(&allocator_pooled, 1000);
    struct bytebuf *view = bytebuf_retained_slice(a, 0, 10);
    struct bytebuf *own = allocator_buffer(&allocator_unpooled, 100);

    cr_assert_eq(metrics().used_buffers, 2);
    cr_assert_eq(metrics().used_bytes, 112 + 1024);
    cr_assert_eq(metrics().mapped_bytes, 2 << 20); /* a span of each kind */
    bytebuf_release(a);
    cr_assert_eq(metrics().used_buffers, 2); /* the view holds it */
    bytebuf_release(view);
    bytebuf_release(b);
    bytebuf_release(own);
    cr_assert_eq(metrics().used_buffers, 0);
    cr_assert_eq(metrics().used_bytes, 0);
    cr_assert_gt(metrics().cached_buffers, 0);
}

Test(bytebuf_pool, direct_buffers_start_on_a_page)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct bytebuf *own = allocator_direct_buffer(&allocator_unpooled, 10);
    struct bytebuf *pooled =
        allocator_direct_buffer(&allocator_pooled, 4 * page);

    cr_assert_eq((uintptr_t)own->memory % page, 0);
    cr_assert_eq((uintptr_t)pooled->memory % page, 0);
    cr_assert(bytebuf_is_direct(own));
    bytebuf_release(own);
    bytebuf_release(pooled);
}

enum { MANY = 3000 };

Test(bytebuf_pool, gives_spans_back)
{
    static struct bytebuf *bufs[MANY];
    uint64_t peak;

    for (int i = 0; i < MANY; i++) {
        bufs[i] = allocator_buffer(&allocator_pooled, 4096);
        bytebuf_write_int(bufs[i], i);
    }
    peak = metrics().mapped_bytes;
    cr_assert_geq(peak, (uint64_t)MANY * 4096);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(bytebuf_read_int(bufs[i]), i);
        bytebuf_release(bufs[i]);
    }
    cr_assert_leq(metrics().mapped_bytes, 2 << 20); /* what the cache holds */
    allocator_trim_thread();
    cr_assert_eq(metrics().mapped_bytes, 1 << 20); /* one span a class stays */
    cr_assert_eq(metrics().cached_buffers, 0);
}

/* ---- where a buffer goes that another thread releases ---- */

static void *release_it(void *buf)
{
    bytebuf_release((struct bytebuf *)buf);
    return NULL;
}

static void release_on_another_thread(struct bytebuf *buf)
{
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, release_it, buf), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(bytebuf_pool, a_release_elsewhere_returns_to_the_allocating_thread)
{
    struct bytebuf *bufs[64];
    struct bytebuf *lost = allocator_buffer(&allocator_pooled, 200);
    void *memory = lost->memory;
    uint64_t refills;
    int found = -1;

    release_on_another_thread(lost);
    cr_assert_eq(metrics().remote_frees, 1);
    cr_assert_eq(metrics().used_buffers, 0);
    /* The list is used up first, then what came back, then the arena. */
    refills = metrics().refills;
    for (int i = 0; i < 64 && found < 0; i++) {
        bufs[i] = allocator_buffer(&allocator_pooled, 200);
        if (bufs[i]->memory == memory)
            found = i;
    }
    cr_assert_geq(found, 0);
    cr_assert_eq(metrics().refills, refills);
    for (int i = 0; i <= found; i++)
        bytebuf_release(bufs[i]);
}

static void *allocate_one(void *capacity)
{
    return allocator_buffer(&allocator_pooled, *(size_t *)capacity);
}

Test(bytebuf_pool, buffers_outlive_their_thread)
{
    size_t capacity = 3000;
    pthread_t thread;
    void *got;

    for (int i = 0; i < 50; i++) {
        cr_assert_eq(pthread_create(&thread, NULL, allocate_one, &capacity), 0);
        cr_assert_eq(pthread_join(thread, &got), 0);
        struct bytebuf *buf = got;
        cr_assert_eq(bytebuf_write_zero(buf, 3000), 0);
        bytebuf_release(buf);
    }
    /* One thread after the other: they took over the same cache. */
    cr_assert_leq(metrics().caches, 2);
    cr_assert_eq(metrics().used_buffers, 0);
    cr_assert_leq(metrics().mapped_bytes, 1 << 20);
}

static struct bytebuf *many[MANY];

static void *release_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < MANY; i++)
        bytebuf_release(many[i]);
    return NULL;
}

/* An owner that does not allocate any more does not hoard what others give
 * back to it: its remote list is bounded. */
Test(bytebuf_pool, a_sleeping_owner_does_not_hoard)
{
    pthread_t thread;

    for (int i = 0; i < MANY; i++)
        many[i] = allocator_buffer(&allocator_pooled, 4096);
    cr_assert_geq(metrics().mapped_bytes, 11 << 20);
    cr_assert_eq(pthread_create(&thread, NULL, release_many, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(metrics().remote_frees, MANY);
    cr_assert_leq(metrics().cached_buffers, 1100);
    cr_assert_leq(metrics().mapped_bytes, 6 << 20);
}

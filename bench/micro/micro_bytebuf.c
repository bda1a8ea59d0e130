/*
 * ByteBuf: allocating with malloc beside it, and what is done for each message.
 *
 * malloc(n) gives n bytes and nothing else. A buffer is a header with indexes
 * and a count besides, so the comparison is not one of like with like: it says
 * what the buffer costs more.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "bench/micro/micro.h"
#include "common/die.h"
#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"

enum { WINDOW = 64, BATCH = 256 };

/* ---- allocate and release, one at a time: the best case ---- */

static double pooled_pair(uint64_t n, size_t size)
{
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf *buf = allocator_buffer(&allocator_pooled, size);
        micro_keep(buf);
        bytebuf_release(buf);
    }
    return micro_cpu() - start;
}

static double direct_pair(uint64_t n, size_t size)
{
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf *buf = allocator_direct_buffer(&allocator_pooled, size);
        micro_keep(buf);
        bytebuf_release(buf);
    }
    return micro_cpu() - start;
}

static double unpooled_pair(uint64_t n, size_t size)
{
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf *buf = allocator_buffer(&allocator_unpooled, size);
        micro_keep(buf);
        bytebuf_release(buf);
    }
    return micro_cpu() - start;
}

static double unpooled_direct_pair(uint64_t n, size_t size)
{
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf *buf =
            allocator_direct_buffer(&allocator_unpooled, size);
        buf->memory[0] = 1; /* the page fault belongs to it */
        bytebuf_release(buf);
    }
    return micro_cpu() - start;
}

static double malloc_pair(uint64_t n, size_t size)
{
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        void *p = malloc(size);
        micro_keep(p);
        free(p);
    }
    return micro_cpu() - start;
}

/* ---- 64 at a time, the oldest released first: as messages do ---- */

static double pooled_window(uint64_t n, size_t size)
{
    struct bytebuf *held[WINDOW] = {0};
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf **slot = &held[i % WINDOW];
        if (*slot)
            bytebuf_release(*slot);
        *slot = allocator_buffer(&allocator_pooled, size);
        (*slot)->memory[0] = 1;
    }
    double ns = micro_cpu() - start;
    for (size_t i = 0; i < WINDOW; i++) {
        if (held[i])
            bytebuf_release(held[i]);
    }
    return ns;
}

static double malloc_window(uint64_t n, size_t size)
{
    char *held[WINDOW] = {0};
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        char **slot = &held[i % WINDOW];
        free(*slot);
        *slot = malloc(size);
        (*slot)[0] = 1;
        micro_keep(*slot);
    }
    double ns = micro_cpu() - start;
    for (size_t i = 0; i < WINDOW; i++)
        free(held[i]);
    return ns;
}

/* ---- allocated by one thread, released by another ---- */

/* The two threads take turns with a batch, so that neither waits while it is
 * timed: what is added up is the CPU time of both, without the waiting. */
static struct {
    void *batch[BATCH];
    size_t count;      /* in batch; 0: the end */
    bool from_malloc;  /* which way to release */
    sem_t full, empty; /* whose turn it is */
    double releasing;  /* the other thread's nanoseconds */
} hand_over;

static void *release_batches(void *arg)
{
    (void)arg;
    for (;;) {
        sem_wait(&hand_over.full);
        if (hand_over.count == 0)
            return NULL;
        double start = micro_cpu();
        for (size_t i = 0; i < hand_over.count; i++) {
            if (hand_over.from_malloc)
                free(hand_over.batch[i]);
            else
                bytebuf_release((struct bytebuf *)hand_over.batch[i]);
        }
        hand_over.releasing += micro_cpu() - start;
        sem_post(&hand_over.empty);
    }
}

static double allocate_batch(size_t count, size_t size)
{
    double start = micro_cpu();

    for (size_t i = 0; i < count; i++) {
        if (hand_over.from_malloc) {
            hand_over.batch[i] = malloc(size);
            micro_keep(hand_over.batch[i]);
        } else {
            hand_over.batch[i] = allocator_buffer(&allocator_pooled, size);
        }
    }
    return micro_cpu() - start;
}

static double across_threads(uint64_t n, size_t size, bool from_malloc)
{
    pthread_t thread;
    double ns = 0;
    int err;

    hand_over.from_malloc = from_malloc;
    hand_over.releasing = 0;
    sem_init(&hand_over.full, 0, 0);
    sem_init(&hand_over.empty, 0, 0);
    err = pthread_create(&thread, NULL, release_batches, NULL);
    if (err)
        die_errno(err, "cannot start a thread");
    for (uint64_t left = n; left > 0; left -= hand_over.count) {
        hand_over.count = left < BATCH ? left : BATCH;
        ns += allocate_batch(hand_over.count, size);
        sem_post(&hand_over.full);
        sem_wait(&hand_over.empty);
    }
    hand_over.count = 0;
    sem_post(&hand_over.full);
    pthread_join(thread, NULL);
    sem_destroy(&hand_over.full);
    sem_destroy(&hand_over.empty);
    return ns + hand_over.releasing;
}

static double pooled_across(uint64_t n, size_t size)
{
    return across_threads(n, size, false);
}

static double malloc_across(uint64_t n, size_t size)
{
    return across_threads(n, size, true);
}

/* ---- what is done with a buffer ---- */

static double retain_release(uint64_t n, size_t size)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, size);
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        bytebuf_retain(buf);
        micro_keep(buf);
        bytebuf_release(buf);
    }
    double ns = micro_cpu() - start;
    bytebuf_release(buf);
    return ns;
}

static double retained_slice(uint64_t n, size_t size)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, size);
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        struct bytebuf *view = bytebuf_retained_slice(buf, 0, size);
        micro_keep(view);
        bytebuf_release(view);
    }
    double ns = micro_cpu() - start;
    bytebuf_release(buf);
    return ns;
}

static double write_bytes(uint64_t n, size_t size)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 4096);
    static char bytes[256];
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        if (bytebuf_writable_bytes(buf) < size)
            bytebuf_clear(buf);
        bytebuf_write_bytes(buf, bytes, size);
    }
    double ns = micro_cpu() - start;
    bytebuf_release(buf);
    return ns;
}

static double copy_bytes(uint64_t n, size_t size)
{
    static char bytes[256], room[4096];
    size_t at = 0;
    double start = micro_cpu();

    for (uint64_t i = 0; i < n; i++) {
        if (sizeof(room) - at < size)
            at = 0;
        memcpy(room + at, bytes, size);
        micro_keep(room);
        at += size;
    }
    return micro_cpu() - start;
}

static double read_ints(uint64_t n, size_t size)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, size);
    uint64_t sum = 0;

    bytebuf_write_zero(buf, size);
    double start = micro_cpu();
    for (uint64_t i = 0; i < n; i++) {
        if (bytebuf_readable_bytes(buf) < 4)
            bytebuf_set_reader_index(buf, 0);
        sum += bytebuf_read_unsigned_int(buf);
        micro_keep_number(sum);
    }
    double ns = micro_cpu() - start;
    bytebuf_release(buf);
    return ns;
}

/* ---- the table ---- */

#define PAIRS(size)                                                            \
    {"allocate, release at once",                                              \
     "pooled heap " #size,                                                     \
     "malloc " #size,                                                          \
     0,                                                                        \
                                                                               \
     pooled_pair,                                                              \
     size},                                                                    \
    {                                                                          \
        "allocate, release at once", "malloc " #size, NULL, 0, malloc_pair,    \
            size                                                               \
    }
#define WINDOWS(size)                                                          \
    {"64 in use, the oldest released",                                         \
     "pooled heap " #size,                                                     \
     "malloc " #size,                                                          \
     0,                                                                        \
                                                                               \
     pooled_window,                                                            \
     size},                                                                    \
    {                                                                          \
        "64 in use, the oldest released", "malloc " #size, NULL, 0,            \
            malloc_window, size                                                \
    }
#define ACROSS(size)                                                           \
    {"released by another thread",                                             \
     "pooled heap " #size,                                                     \
     "malloc " #size,                                                          \
     0,                                                                        \
                                                                               \
     pooled_across,                                                            \
     size},                                                                    \
    {                                                                          \
        "released by another thread", "malloc " #size, NULL, 0, malloc_across, \
            size                                                               \
    }

const struct micro micro_bytebuf[] = {
    PAIRS(64),
    PAIRS(256),
    PAIRS(1024),
    PAIRS(4096),
    PAIRS(65536),
    {"allocate, release at once", "pooled direct 256", "malloc 256", 0,
     direct_pair, 256},
    {"allocate, release at once", "unpooled heap 256", "malloc 256", 0,
     unpooled_pair, 256},
    {"allocate, release at once", "unpooled direct 256", "malloc 256", 0,
     unpooled_direct_pair, 256},
    WINDOWS(64),
    WINDOWS(256),
    WINDOWS(1024),
    WINDOWS(4096),
    WINDOWS(65536),
    ACROSS(64),
    ACROSS(1024),
    ACROSS(4096),
    {"use", "retain, release", NULL, 0, retain_release, 256},
    {"use", "retained slice, release", NULL, 0, retained_slice, 256},
    {"use", "write 64 bytes", "memcpy 64 bytes", 0, write_bytes, 64},
    {"use", "memcpy 64 bytes", NULL, 0, copy_bytes, 64},
    {"use", "read an int", NULL, 0, read_ints, 4096},
    {0},
};

/*
 * allocator - Netty's ByteBufAllocator: where buffers come from.
 *
 * DOC(netty.heap_direct)
 * Heap or direct? In Java the difference is large: the collector moves heap
 * arrays, so the kernel cannot be given their address, and each read or write
 * of a socket first copies through a direct buffer; direct memory is outside
 * the collector's reach. In C neither moves, the kernel takes both alike, and
 * a socket's send costs the same from either. What is left of it:
 *   heap    malloc's memory: any alignment of 16, any small size, cheap.
 *   direct  a mapping of its own: starts on a page, and its pages go back to
 *           the kernel when it is freed. That is what O_DIRECT, io_uring's
 *           registered buffers and MSG_ZEROCOPY ask for. An unpooled one costs
 *           two system calls, a page fault for each page touched, and a page
 *           at the least: so direct buffers are worth pooling, as in Java,
 *           for another reason.
 * So allocator_buffer() gives heap buffers here, where Netty prefers direct.
 * END
 *
 * DOC(netty.pool)
 * Pooled or unpooled? Unpooled is malloc and free (or mmap and munmap). The
 * pool rounds the size up to a class (64, 80, 96, 112, 128, 160, ... 256 KiB:
 * four classes a doubling, so at most a fifth is lost), and each thread keeps a
 * cache of free buffers a class, headers included: allocating takes one off a
 * list without a lock. A buffer that is released by its allocating thread goes
 * back on that list; one that is released by another thread is pushed on the
 * allocating thread's remote list, a lock-free stack that its owner takes over
 * when a list runs dry. So a thread that only allocates and a thread that only
 * frees do not drain each other. Caches are bounded; what is beyond goes to
 * the arena, under its mutex, in batches. Memory is cut from spans of 1 MiB,
 * each of one class; a span that has all its blocks back is given back, the
 * last of a class excepted. Larger buffers are not pooled.
 * Left out on purpose: Netty's several arenas (a mutex taken once in 32
 * allocations is not contended here) and its runs, which merge neighbouring
 * free blocks of different classes.
 * END
 *
 * Any thread, at any time. May block for the arena's mutex, shortly. NULL: no
 * memory, errno ENOMEM. A wrong size is misuse.
 */
#ifndef NETTY_ALLOCATOR_H
#define NETTY_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/netty/bytebuf.h"

enum {
    ALLOCATOR_INITIAL_CAPACITY = 256, /* when nothing else is known */
    ALLOCATOR_MIN_GROWTH = 64,        /* the least capacity grown to */
    ALLOCATOR_THRESHOLD = 4 << 20, /* doubling up to here, then steps of it */
    ALLOCATOR_MAX_POOLED = 256 << 10, /* larger buffers are not pooled */
};

struct allocator;

/* The two there are; never freed. The default is the pooled one. */
extern const struct allocator allocator_pooled;
extern const struct allocator allocator_unpooled;
#define allocator_default (&allocator_pooled)

/* A buffer of this capacity that may grow to BYTEBUF_MAX_CAPACITY; empty, count
 * 1, its bytes undefined. */
#define allocator_buffer(alloc, capacity)                                      \
    allocator_buffer_at((alloc), (capacity), BYTEBUF_MAX_CAPACITY, 0,          \
                        REFERENCE_HERE)
#define allocator_heap_buffer(alloc, capacity)                                 \
    allocator_buffer((alloc), (capacity))
#define allocator_direct_buffer(alloc, capacity)                               \
    allocator_buffer_at((alloc), (capacity), BYTEBUF_MAX_CAPACITY,             \
                        BYTEBUF_DIRECT, REFERENCE_HERE)
/* The same with a limit to its growth. */
#define allocator_buffer_max(alloc, capacity, max)                             \
    allocator_buffer_at((alloc), (capacity), (max), 0, REFERENCE_HERE)
#define allocator_direct_buffer_max(alloc, capacity, max)                      \
    allocator_buffer_at((alloc), (capacity), (max), BYTEBUF_DIRECT,            \
                        REFERENCE_HERE)

struct bytebuf *allocator_buffer_at(const struct allocator *alloc,
                                    size_t capacity, size_t max, int flags,
                                    const char *site);

/* ---- Netty's Unpooled ---- */

/* A buffer around the caller's memory, all readable, nothing copied. Cannot
 * grow. `done` (or NULL) is called once, by the thread that releases last,
 * when the memory is no longer used. */
#define unpooled_wrapped_buffer(memory, len, done, arg)                        \
    unpooled_wrapped_buffer_at((memory), (len), (done), (arg), REFERENCE_HERE)
struct bytebuf *unpooled_wrapped_buffer_at(void *memory, size_t len,
                                           bytebuf_done_fn *done, void *arg,
                                           const char *site);

/* An unpooled heap buffer with a copy of the bytes. */
#define unpooled_copied_buffer(bytes, len)                                     \
    unpooled_copied_buffer_at((bytes), (len), REFERENCE_HERE)
struct bytebuf *unpooled_copied_buffer_at(const void *bytes, size_t len,
                                          const char *site);

/* ---- growth ---- */

/* The capacity to grow to for `min` bytes: the next power of two from 64 up to
 * 4 MiB, then the next step of 4 MiB; never above `max` (min > max: misuse). */
size_t allocator_calculate_new_capacity(size_t min, size_t max);

/* ---- what the pool holds ---- */

struct allocator_metrics {
    uint64_t used_buffers;   /* pooled buffers handed out */
    uint64_t used_bytes;     /* their blocks */
    uint64_t mapped_bytes;   /* of all spans, heap and direct */
    uint64_t cached_buffers; /* free, in the threads' caches; about */
    uint64_t remote_frees;   /* released by another thread than allocated */
    uint64_t refills;        /* times a cache went to the arena */
    uint64_t caches;         /* threads' caches, orphans included */
};

/* A sum over all threads, each part a moment apart. */
void allocator_read_metrics(struct allocator_metrics *out);

/* The block size that a pooled buffer of this capacity takes; 0: not pooled. */
size_t allocator_block_size(size_t capacity);

/* Gives the calling thread's cached buffers back to the arena. Done by itself
 * when a thread ends; useful for a thread that will be idle for long. */
void allocator_trim_thread(void);

#endif

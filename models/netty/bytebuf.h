/*
 * bytebuf - Netty's ByteBuf: bytes with two indexes and a reference count.
 *
 *     +-------------------+------------------+------------------+
 *     | discardable bytes |  readable bytes  |  writable bytes  |
 *     +-------------------+------------------+------------------+
 *     0      <=      reader_index   <=   writer_index    <=    capacity
 *                                                          <= max_capacity
 *
 * read_ and write_ functions move an index, get_ and set_ functions take one.
 * Buffers come from an allocator (allocator.h). This header brings along
 * bytebuf_bytes.h (runs of bytes) and bytebuf_view.h (slices, duplicates);
 * integers are in bytebuf_int.h, composites in bytebuf_composite.h.
 *
 * Ownership: a buffer starts with the count 1, its creator's. See
 * reference_counted.h: who uses it last, releases it.
 *
 * Threads: the count may be changed by any thread that holds a reference, and
 * the last one may release on any thread. All else is for one thread at a
 * time. Broadcasting one buffer therefore takes a retained duplicate for each
 * receiver: shared indexes would move under the others' feet.
 *
 * Errors: what data can cause is returned (growing past max_capacity:
 * -ENOBUFS; no memory: -ENOMEM; nothing is changed then). What only a mistake
 * in the program can cause (an index out of bounds, reading more than is
 * readable, use after release, writing to a read-only buffer) ends the program
 * with a text that names it: see misuse.h. Nothing blocks.
 */
#ifndef NETTY_BYTEBUF_H
#define NETTY_BYTEBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "models/netty/reference_counted.h"

enum {
    BYTEBUF_MAX_CAPACITY = INT32_MAX,
    BYTEBUF_NO_CLASS = UINT16_MAX, /* size_class of memory not pooled */
};

enum bytebuf_flags {
    BYTEBUF_DIRECT = 1 << 0,    /* page-aligned mapping, see allocator.h */
    BYTEBUF_POOLED = 1 << 1,    /* the memory goes back to the pool */
    BYTEBUF_READ_ONLY = 1 << 2, /* a view through which none may write */
    BYTEBUF_DUPLICATE = 1 << 3, /* a view of the whole root: grows with it */
    BYTEBUF_SLICE = 1 << 4,     /* a view of a part: of fixed capacity */
    BYTEBUF_COMPOSITE = 1 << 5, /* made of components */
    BYTEBUF_WRAPPED = 1 << 6,   /* around memory of the caller's */
};

struct allocator_span;
struct bytebuf_cache;
struct bytebuf_composite;

/* Gets wrapped memory back, see unpooled_wrapped_buffer. */
typedef void bytebuf_done_fn(void *memory, void *arg);

/*
 * The layout is public only for the inline functions below; two cache lines.
 * The fields are read-only outside models/netty/bytebuf*.c and allocator*.c.
 */
struct bytebuf {
    struct reference_counted ref; /* first: a bytebuf is a message */

    /* owner of the buffer only: */
    unsigned char *memory;  /* a root's bytes; NULL: a composite or a view */
    struct bytebuf *root;   /* whose memory it shows: itself unless a view */
    uint32_t offset;        /* of index 0 in the root */
    uint32_t reader_index;  /* next byte to read */
    uint32_t writer_index;  /* next byte to write */
    uint32_t capacity;      /* a duplicate's is its root's */
    uint32_t max_capacity;  /* it may grow up to this */
    uint32_t marked_reader; /* for reset_reader_index */
    uint32_t marked_writer; /* for reset_writer_index */
    uint16_t flags;         /* enum bytebuf_flags */
    uint16_t size_class;    /* the pool's class of `memory` */
    union {
        size_t block_size; /* bytes at `memory`: growing within is free */
        void *done_arg;    /* wrapped: for `done` */
    } m;
    union {
        struct allocator_span *span;         /* pooled: where it is cut from */
        bytebuf_done_fn *done;               /* wrapped: who gets it back */
        struct bytebuf_composite *composite; /* its components */
        struct reference_counted *held;      /* retained view: its reference */
    } u;

    /* the allocator's: */
    struct bytebuf *next;          /* in a free list or in `views` */
    struct bytebuf *_Atomic views; /* views that share this count: their
                                      headers go when it reaches 0 */
    struct bytebuf_cache *cache;   /* of the thread that allocated it */
};

/* ---- reference counting ---- */

#define bytebuf_retain(buf)      bytebuf_retain_at((buf), 1, REFERENCE_HERE)
#define bytebuf_retain_n(buf, n) bytebuf_retain_at((buf), (n), REFERENCE_HERE)
#define bytebuf_release(buf)                                                   \
    reference_release_at(&(buf)->ref, 1, REFERENCE_HERE)
#define bytebuf_release_n(buf, n)                                              \
    reference_release_at(&(buf)->ref, (n), REFERENCE_HERE)
#define bytebuf_touch(buf, what)                                               \
    reference_touch_at(&(buf)->ref, (what), REFERENCE_HERE)

/* Returns the buffer, to be handed on. */
static inline struct bytebuf *bytebuf_retain_at(struct bytebuf *buf, uint32_t n,
                                                const char *site)
{
    reference_retain_at(&buf->ref, n, site);
    return buf;
}

static inline uint32_t bytebuf_ref_count(const struct bytebuf *buf)
{
    return reference_count(&buf->ref);
}

extern const struct reference_counted_type bytebuf_type;

/* A message that is a bytebuf, else NULL: "msg instanceof ByteBuf". */
static inline struct bytebuf *bytebuf_of(struct reference_counted *msg)
{
    return msg->type == &bytebuf_type ? (struct bytebuf *)msg : NULL;
}

/* ---- guards: misuse ends here ---- */

_Noreturn void bytebuf_fail_dead(const struct bytebuf *buf);
_Noreturn void bytebuf_fail_bounds(const struct bytebuf *buf, size_t index,
                                   size_t len);
_Noreturn void bytebuf_fail_read(const struct bytebuf *buf, size_t len);

static inline void bytebuf_check_alive(const struct bytebuf *buf)
{
    if (__builtin_expect(!reference_is_alive(&buf->ref), 0))
        bytebuf_fail_dead(buf);
}

/* ---- indexes and sizes ---- */

static inline size_t bytebuf_capacity(const struct bytebuf *buf)
{
    return buf->flags & BYTEBUF_DUPLICATE ? buf->root->capacity : buf->capacity;
}

static inline size_t bytebuf_max_capacity(const struct bytebuf *buf)
{
    return buf->max_capacity;
}

static inline size_t bytebuf_reader_index(const struct bytebuf *buf)
{
    return buf->reader_index;
}

static inline size_t bytebuf_writer_index(const struct bytebuf *buf)
{
    return buf->writer_index;
}

static inline size_t bytebuf_readable_bytes(const struct bytebuf *buf)
{
    return buf->writer_index - buf->reader_index;
}

static inline bool bytebuf_is_readable(const struct bytebuf *buf)
{
    return buf->writer_index > buf->reader_index;
}

/* Without growing. */
static inline size_t bytebuf_writable_bytes(const struct bytebuf *buf)
{
    size_t capacity = bytebuf_capacity(buf);

    return buf->flags & BYTEBUF_READ_ONLY || capacity < buf->writer_index
               ? 0
               : capacity - buf->writer_index;
}

/* With growing. */
static inline size_t bytebuf_max_writable_bytes(const struct bytebuf *buf)
{
    return buf->flags & BYTEBUF_READ_ONLY
               ? 0
               : buf->max_capacity - buf->writer_index;
}

static inline bool bytebuf_is_direct(const struct bytebuf *buf)
{
    return buf->flags & BYTEBUF_DIRECT;
}

static inline bool bytebuf_is_read_only(const struct bytebuf *buf)
{
    return buf->flags & BYTEBUF_READ_ONLY;
}

/* A view's root, else NULL: what it shows the bytes of. Borrowed. */
static inline struct bytebuf *bytebuf_unwrap(const struct bytebuf *buf)
{
    return buf->root == buf ? NULL : buf->root;
}

/* Misuse unless reader <= writer <= capacity afterwards. */
void bytebuf_set_reader_index(struct bytebuf *buf, size_t index);
void bytebuf_set_writer_index(struct bytebuf *buf, size_t index);
void bytebuf_set_indexes(struct bytebuf *buf, size_t reader, size_t writer);

/* Both indexes to 0; the bytes stay as they are, as do the marks. */
void bytebuf_clear(struct bytebuf *buf);

/* Remember an index, and go back to it (0 until marked). */
void bytebuf_mark_reader_index(struct bytebuf *buf);
void bytebuf_reset_reader_index(struct bytebuf *buf);
void bytebuf_mark_writer_index(struct bytebuf *buf);
void bytebuf_reset_writer_index(struct bytebuf *buf);

static inline void bytebuf_skip_bytes(struct bytebuf *buf, size_t n)
{
    bytebuf_check_alive(buf);
    if (__builtin_expect(n > bytebuf_readable_bytes(buf), 0))
        bytebuf_fail_read(buf, n);
    buf->reader_index += (uint32_t)n;
}

/* ---- the bytes as memory, without copying ---- */

/*
 * All pointers into a buffer are borrowed: valid until the buffer is released,
 * grows, is compacted, or (composites) gains or loses a component.
 */

/* True but for composites and views of composites: one run of bytes. */
static inline bool bytebuf_has_memory(const struct bytebuf *buf)
{
    return buf->root->memory != NULL;
}

/* The run of bytes that starts at `index`: at most `len` long, *run says how
 * long it is (0 only if len is). A contiguous buffer gives all at once. */
unsigned char *bytebuf_span(const struct bytebuf *buf, size_t index, size_t len,
                            size_t *run);

/* The address of `len` bytes at `index`; NULL if they are not contiguous. */
static inline unsigned char *bytebuf_address(const struct bytebuf *buf,
                                             size_t index, size_t len)
{
    const struct bytebuf *root = buf->root;
    size_t capacity = bytebuf_capacity(buf);

    bytebuf_check_alive(buf);
    if (__builtin_expect(len > capacity || index > capacity - len, 0))
        bytebuf_fail_bounds(buf, index, len);
    if (__builtin_expect(root->memory != NULL, 1))
        return root->memory + buf->offset + index;

    size_t run;
    unsigned char *p = bytebuf_span(buf, index, len, &run);
    return run == len ? p : NULL;
}

/* The readable bytes. NULL: not contiguous, use bytebuf_span or copy. */
static inline const unsigned char *bytebuf_readable(const struct bytebuf *buf)
{
    return bytebuf_address(buf, buf->reader_index, bytebuf_readable_bytes(buf));
}

/*
 * Room for at least `len` bytes behind the writer index, which is then moved
 * by bytebuf_advance_writer, for who fills memory himself (recv, snprintf).
 * NULL: as bytebuf_ensure_writable, errno set; or a composite, errno EINVAL.
 */
char *bytebuf_writable(struct bytebuf *buf, size_t len);

/* writer_index += n; within the capacity, else misuse. */
void bytebuf_advance_writer(struct bytebuf *buf, size_t n);

/*
 * ByteBuf.nioBuffers: fills at most `max` iovecs with the `len` bytes at
 * `index`, for writev. Returns how many; *covered (may be NULL) says how many
 * bytes they hold, less than `len` if `max` were not enough.
 */
int bytebuf_iovecs(const struct bytebuf *buf, size_t index, size_t len,
                   struct iovec *iov, int max, size_t *covered);

/* How many iovecs the readable bytes take: 1, or more for composites. */
int bytebuf_iovec_count(const struct bytebuf *buf);

/* ---- capacity ---- */

/* Room for `len` more bytes, growing as allocator_calculate_new_capacity says.
 * 0, -ENOBUFS or -ENOMEM (nothing changed). Read-only is misuse. */
int bytebuf_ensure_writable(struct bytebuf *buf, size_t len);

/*
 * Exactly this capacity, at most max_capacity (else misuse). A smaller one
 * cuts the indexes, and gives no memory back, so that views stay sound. A
 * growing buffer moves: who holds retained views on other threads must not
 * grow it. 0 or -ENOMEM.
 */
int bytebuf_set_capacity(struct bytebuf *buf, size_t capacity);

/* Moves the readable bytes to index 0; the marks follow. A composite moves
 * nothing: it gives up what was read, and its capacity shrinks by that. */
void bytebuf_discard_read_bytes(struct bytebuf *buf);

/* The same, but only if that frees half of the capacity: cheap to call often.
 */
void bytebuf_discard_some_read_bytes(struct bytebuf *buf);

/* ---- for teaching ---- */

/* Prints the kind, indexes, counts and the readable bytes (hex and text). */
void bytebuf_dump(const struct bytebuf *buf, FILE *out);

/* One line: "bytebuf(pooled heap, r=0 w=5 cap=256 max=2147483647 refs=1)".
 * Returns `to`. */
char *bytebuf_describe(const struct bytebuf *buf, char *to, size_t size);

/* The rest of the interface, in headers of its own for its length. */
#include "models/netty/bytebuf_bytes.h"
#include "models/netty/bytebuf_view.h"

#endif

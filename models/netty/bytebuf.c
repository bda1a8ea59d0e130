/*
 * A buffer's life, its indexes and its capacity.
 */
#include "models/netty/bytebuf.h"

#include <errno.h>
#include <string.h>

#include "models/netty/bytebuf_internal.h"

/* Two cache lines, and not by chance one more. */
_Static_assert(sizeof(struct bytebuf) == 128, "a header is two cache lines");

/* ---- misuse, in words ---- */

void bytebuf_fail_dead(const struct bytebuf *buf)
{
    misuse("bytebuf: used after release, at %s", reference_made_at(&buf->ref));
}

void bytebuf_fail_bounds(const struct bytebuf *buf, size_t index, size_t len)
{
    char text[160];

    misuse("bytebuf: %zu bytes at index %zu are out of bounds of %s, made at "
           "%s",
           len, index, bytebuf_describe(buf, text, sizeof(text)),
           reference_made_at(&buf->ref));
}

void bytebuf_fail_read(const struct bytebuf *buf, size_t len)
{
    char text[160];

    misuse("bytebuf: %zu bytes are read, but %zu are readable of %s, made at "
           "%s",
           len, bytebuf_readable_bytes(buf),
           bytebuf_describe(buf, text, sizeof(text)),
           reference_made_at(&buf->ref));
}

void bytebuf_fail_read_only(const struct bytebuf *buf)
{
    misuse("bytebuf: a read-only buffer is written to, made at %s",
           reference_made_at(&buf->ref));
}

static _Noreturn void fail_index(const struct bytebuf *buf, const char *name,
                                 size_t index)
{
    char text[160];

    misuse("bytebuf: %s = %zu breaks 0 <= reader <= writer <= capacity of %s, "
           "made at %s",
           name, index, bytebuf_describe(buf, text, sizeof(text)),
           reference_made_at(&buf->ref));
}

/* ---- life ---- */

void bytebuf_start(struct bytebuf *buf, size_t capacity, size_t max, int flags,
                   const char *site)
{
    reference_init(&buf->ref, &bytebuf_type, site);
    buf->root = buf;
    buf->offset = 0;
    buf->reader_index = buf->writer_index = 0;
    buf->marked_reader = buf->marked_writer = 0;
    buf->capacity = (uint32_t)capacity;
    buf->max_capacity = (uint32_t)max;
    buf->flags = (uint16_t)flags;
    atomic_store_explicit(&buf->views, NULL, memory_order_relaxed);
}

void bytebuf_recycle_header(struct bytebuf *buf)
{
    /* A late user of a view finds a dead root here, not what its root has
     * become meanwhile. */
    atomic_store_explicit(&buf->ref.raw, REFERENCE_DEAD, memory_order_relaxed);
    buf->ref.counter = &buf->ref;
    buf->root = buf;
    buf->memory = NULL;
    buf->size_class = BYTEBUF_NO_CLASS;
    buf->flags = 0;
    cache_give(buf);
}

/* The headers of the views that lived by this count. */
static void free_views(struct bytebuf *buf)
{
    struct bytebuf *view =
        atomic_exchange_explicit(&buf->views, NULL, memory_order_acquire);

    while (view) {
        struct bytebuf *next = view->next;
        /* Where it was released. */
        atomic_store_explicit(&view->ref.made_at, reference_made_at(&buf->ref),
                              memory_order_relaxed);
        bytebuf_recycle_header(view);
        view = next;
    }
}

static void deallocate(struct reference_counted *obj)
{
    struct bytebuf *buf = (struct bytebuf *)obj;

    if (__builtin_expect(obj->leak != NULL, 0))
        leak_untrack(obj);
    /* Ordered by the release that brought us here. */
    if (__builtin_expect(atomic_load_explicit(&buf->views,
                                              memory_order_relaxed) != NULL,
                         0))
        free_views(buf);
    if (buf->flags & (BYTEBUF_SLICE | BYTEBUF_DUPLICATE)) {
        struct reference_counted *held = buf->u.held;
        const char *site = reference_made_at(obj);
        bytebuf_recycle_header(buf);
        reference_release_at(held, 1, site);
    } else if (buf->flags & BYTEBUF_COMPOSITE) {
        composite_free(buf);
        bytebuf_recycle_header(buf);
    } else {
        allocator_free_root(buf);
    }
}

static void describe(const struct reference_counted *obj, char *to, size_t size)
{
    bytebuf_describe((const struct bytebuf *)obj, to, size);
}

const struct reference_counted_type bytebuf_type = {
    .name = "bytebuf",
    .deallocate = deallocate,
    .describe = describe,
};

/* ---- indexes ---- */

void bytebuf_set_reader_index(struct bytebuf *buf, size_t index)
{
    bytebuf_check_alive(buf);
    if (index > buf->writer_index)
        fail_index(buf, "reader_index", index);
    buf->reader_index = (uint32_t)index;
}

void bytebuf_set_writer_index(struct bytebuf *buf, size_t index)
{
    bytebuf_check_alive(buf);
    if (index < buf->reader_index || index > bytebuf_capacity(buf))
        fail_index(buf, "writer_index", index);
    buf->writer_index = (uint32_t)index;
}

void bytebuf_set_indexes(struct bytebuf *buf, size_t reader, size_t writer)
{
    bytebuf_check_alive(buf);
    if (writer > bytebuf_capacity(buf))
        fail_index(buf, "writer_index", writer);
    if (reader > writer)
        fail_index(buf, "reader_index", reader);
    buf->reader_index = (uint32_t)reader;
    buf->writer_index = (uint32_t)writer;
}

void bytebuf_clear(struct bytebuf *buf)
{
    bytebuf_check_alive(buf);
    buf->reader_index = buf->writer_index = 0;
}

void bytebuf_mark_reader_index(struct bytebuf *buf)
{
    buf->marked_reader = buf->reader_index;
}

void bytebuf_reset_reader_index(struct bytebuf *buf)
{
    bytebuf_set_reader_index(buf, buf->marked_reader);
}

void bytebuf_mark_writer_index(struct bytebuf *buf)
{
    buf->marked_writer = buf->writer_index;
}

void bytebuf_reset_writer_index(struct bytebuf *buf)
{
    bytebuf_set_writer_index(buf, buf->marked_writer);
}

/* ---- capacity ---- */

/* A root gets this capacity; the indexes are the caller's. */
static int resize_root(struct bytebuf *root, size_t capacity)
{
    if (root->flags & BYTEBUF_COMPOSITE)
        return composite_set_capacity(root, capacity);
    if (capacity > root->capacity && !(root->flags & BYTEBUF_WRAPPED) &&
        capacity > root->m.block_size) {
        int err = allocator_grow_block(root, capacity, root->capacity);
        if (err)
            return err;
    }
    root->capacity = (uint32_t)capacity;
    return 0;
}

static void cut_indexes(struct bytebuf *buf)
{
    size_t capacity = bytebuf_capacity(buf);

    if (buf->writer_index > capacity)
        buf->writer_index = (uint32_t)capacity;
    if (buf->reader_index > buf->writer_index)
        buf->reader_index = buf->writer_index;
}

int bytebuf_set_capacity(struct bytebuf *buf, size_t capacity)
{
    bytebuf_check_mutable(buf);
    if (buf->flags & BYTEBUF_SLICE)
        misuse("bytebuf: a slice's capacity is fixed (slice made at %s)",
               buf->ref.made_at);
    if (capacity > buf->max_capacity)
        misuse("bytebuf: a capacity of %zu is above the maximum of %u (made at "
               "%s)",
               capacity, buf->max_capacity, reference_made_at(&buf->ref));

    int err = resize_root(buf->root, capacity);
    if (err)
        return err;
    cut_indexes(buf);
    cut_indexes(buf->root);
    return 0;
}

int bytebuf_ensure_writable(struct bytebuf *buf, size_t len)
{
    bytebuf_check_mutable(buf);
    if (len <= bytebuf_writable_bytes(buf))
        return 0;
    if (len > bytebuf_max_writable_bytes(buf))
        return -ENOBUFS;

    struct bytebuf *root = buf->root;
    size_t target = buf->writer_index + len;
    size_t block = root->flags & (BYTEBUF_COMPOSITE | BYTEBUF_WRAPPED)
                       ? root->capacity
                       : root->m.block_size;
    /* What the block has anyway comes first: it costs nothing. */
    if (block > buf->max_capacity)
        block = buf->max_capacity;
    if (block < target)
        block = allocator_calculate_new_capacity(target, buf->max_capacity);
    return resize_root(root, block);
}

char *bytebuf_writable(struct bytebuf *buf, size_t len)
{
    int err =
        bytebuf_has_memory(buf) ? bytebuf_ensure_writable(buf, len) : -EINVAL;

    if (err) {
        errno = -err;
        return NULL;
    }
    return (char *)buf->root->memory + buf->offset + buf->writer_index;
}

void bytebuf_advance_writer(struct bytebuf *buf, size_t n)
{
    bytebuf_check_mutable(buf);
    if (n > bytebuf_writable_bytes(buf))
        fail_index(buf, "writer_index", buf->writer_index + n);
    buf->writer_index += (uint32_t)n;
}

/* ---- discarding ---- */

static uint32_t less(uint32_t index, uint32_t n)
{
    return index > n ? index - n : 0;
}

/* Moves [from, from + len) to the start, run by run. The target is never ahead
 * of the source. */
static void move_to_start(struct bytebuf *buf, size_t from, size_t len)
{
    size_t to = 0;

    while (len > 0) {
        size_t n, room;
        unsigned char *source = bytebuf_span(buf, from, len, &n);
        unsigned char *target = bytebuf_span(buf, to, n, &room);
        n = n < room ? n : room;
        memmove(target, source, n);
        from += n;
        to += n;
        len -= n;
    }
}

void bytebuf_discard_read_bytes(struct bytebuf *buf)
{
    uint32_t n = buf->reader_index;

    bytebuf_check_mutable(buf);
    if (n == 0)
        return;
    if (buf->flags & BYTEBUF_COMPOSITE) {
        composite_cut_front(buf, n);
        return;
    }
    move_to_start(buf, n, bytebuf_readable_bytes(buf));
    buf->reader_index = 0;
    buf->writer_index -= n;
    buf->marked_reader = less(buf->marked_reader, n);
    buf->marked_writer = less(buf->marked_writer, n);
}

void bytebuf_discard_some_read_bytes(struct bytebuf *buf)
{
    bytebuf_check_mutable(buf);
    /* All read: nothing has to be moved. */
    if (buf->reader_index >= bytebuf_capacity(buf) / 2 ||
        buf->reader_index == buf->writer_index)
        bytebuf_discard_read_bytes(buf);
}

/*
 * Views: slices and duplicates.
 *
 * A view is a header without memory. It points to its root, and adds its
 * offset: not to the bytes themselves, since a root that grows moves. A view
 * of a view has the same root, so access costs the same at any depth.
 */
#include <errno.h>

#include "models/netty/bytebuf_internal.h"

/* Ties the view's header to the count it lives by. Any thread that holds a
 * reference may make a view, so this is a lock-free push; taken whole when the
 * count reaches 0. Relaxed: that reference is released later, and by this the
 * last releaser, who reads the list, sees the header written. */
static void share_count(struct bytebuf *view, struct reference_counted *counter)
{
    struct bytebuf *owner = (struct bytebuf *)counter;
    struct bytebuf *head =
        atomic_load_explicit(&owner->views, memory_order_relaxed);

    view->ref.counter = counter;
    /* Dead by itself: it lives by the other's count. */
    atomic_store_explicit(&view->ref.raw, REFERENCE_DEAD, memory_order_relaxed);
    do {
        view->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&owner->views, &head, view,
                                                    memory_order_relaxed,
                                                    memory_order_relaxed));
}

static struct bytebuf *make_view(struct bytebuf *buf, size_t offset,
                                 size_t capacity, int kind, bool retained,
                                 const char *site)
{
    struct bytebuf *root = buf->root;
    size_t max = kind == BYTEBUF_SLICE ? capacity : root->max_capacity;
    int flags = kind | (root->flags & (BYTEBUF_DIRECT | BYTEBUF_POOLED)) |
                (buf->flags & BYTEBUF_READ_ONLY);
    struct bytebuf *view;

    bytebuf_check_alive(buf);
    view = cache_take_header();
    if (!view)
        return NULL;
    bytebuf_start(view, capacity, max, flags, site);
    view->root = root;
    view->offset = (uint32_t)offset;
    if (retained) {
        reference_retain_at(&buf->ref, 1, site);
        view->u.held = buf->ref.counter;
        leak_track(&view->ref);
    } else {
        reference_touch_at(&buf->ref, "view", site);
        share_count(view, buf->ref.counter);
    }
    return view;
}

struct bytebuf *bytebuf_slice_at(struct bytebuf *buf, size_t index, size_t len,
                                 bool retained, const char *site)
{
    bytebuf_check_bounds(buf, index, len);

    struct bytebuf *view =
        make_view(buf, buf->offset + index, len, BYTEBUF_SLICE, retained, site);
    if (view)
        view->writer_index = view->marked_writer = (uint32_t)len;
    return view;
}

struct bytebuf *bytebuf_read_slice_at(struct bytebuf *buf, size_t len,
                                      bool retained, const char *site)
{
    bytebuf_check_readable(buf, len);

    struct bytebuf *view =
        bytebuf_slice_at(buf, buf->reader_index, len, retained, site);
    if (view)
        buf->reader_index += (uint32_t)len;
    return view;
}

struct bytebuf *bytebuf_duplicate_at(struct bytebuf *buf, bool retained,
                                     const char *site)
{
    /* The duplicate of a slice is a slice: it must not see more. */
    int kind = buf->flags & BYTEBUF_SLICE ? BYTEBUF_SLICE : BYTEBUF_DUPLICATE;
    struct bytebuf *view =
        make_view(buf, buf->offset, buf->capacity, kind, retained, site);

    if (view) {
        view->reader_index = view->marked_reader = buf->reader_index;
        view->writer_index = view->marked_writer = buf->writer_index;
    }
    return view;
}

struct bytebuf *bytebuf_as_read_only_at(struct bytebuf *buf, const char *site)
{
    struct bytebuf *view = bytebuf_duplicate_at(buf, false, site);

    if (view)
        view->flags |= BYTEBUF_READ_ONLY;
    return view;
}

struct bytebuf *bytebuf_copy_at(const struct bytebuf *buf, size_t index,
                                size_t len, const char *site)
{
    const struct allocator *alloc =
        buf->flags & BYTEBUF_POOLED ? &allocator_pooled : &allocator_unpooled;

    bytebuf_check_bounds(buf, index, len);

    struct bytebuf *copy =
        allocator_buffer_at(alloc, len, BYTEBUF_MAX_CAPACITY,
                            buf->flags & BYTEBUF_DIRECT, site);
    if (!copy)
        return NULL;
    for (size_t done = 0; done < len;) {
        size_t run;
        const unsigned char *p =
            bytebuf_span(buf, index + done, len - done, &run);
        (void)bytebuf_write_bytes(copy, p, run); /* it fits */
        done += run;
    }
    return copy;
}

/*
 * Composites: a sorted list of components, found by binary search.
 *
 * Netty keeps the component used last beside the list, to find the next byte
 * without searching. Not here: reading would write, and two threads may read
 * one composite through two retained views.
 */
#include "models/netty/bytebuf_composite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/bytebuf_internal.h"

/* What was readable of a buffer when it was added. */
struct component {
    struct bytebuf *buf; /* one reference is ours */
    uint32_t start;      /* its first byte's index in buf */
    uint32_t end;        /* behind its last byte, in the composite */
};

struct bytebuf_composite {
    const struct allocator *alloc; /* for padding and consolidating */
    size_t max;                    /* consolidate beyond */
    size_t count;                  /* components in list */
    size_t room;                   /* that fit */
    struct component *list;        /* by position */
};

static struct bytebuf_composite *composite_of(const struct bytebuf *buf)
{
    bytebuf_check_alive(buf);
    if (!(buf->flags & BYTEBUF_COMPOSITE))
        misuse("bytebuf_composite: given a buffer that is none, made at %s",
               reference_made_at(&buf->ref));
    return buf->u.composite;
}

static struct component *component_at(const struct bytebuf_composite *c,
                                      size_t position)
{
    if (position >= c->count)
        misuse("bytebuf_composite: component %zu of %zu was asked for",
               position, c->count);
    return &c->list[position];
}

/* Where a component starts, or, one past the last, where the next would. */
static uint32_t start_of(const struct bytebuf_composite *c, size_t position)
{
    return position == 0 ? 0 : c->list[position - 1].end;
}

static size_t position_of(const struct bytebuf_composite *c, size_t index)
{
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->list[middle].end > index)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

unsigned char *composite_span(const struct bytebuf *root, size_t index,
                              size_t len, size_t *run)
{
    static unsigned char nothing[1];
    const struct bytebuf_composite *c = root->u.composite;

    if (len == 0) {
        *run = 0;
        return nothing;
    }
    size_t position = position_of(c, index);
    const struct component *part = &c->list[position];
    size_t left = part->end - index;
    size_t at = part->start + (index - start_of(c, position));
    return bytebuf_span(part->buf, at, len < left ? len : left, run);
}

/* ---- the list ---- */

static int make_room(struct bytebuf_composite *c)
{
    if (c->count < c->room)
        return 0;

    size_t room = c->room ? 2 * c->room : 4;
    struct component *list = reallocarray(c->list, room, sizeof(*list));
    if (!list)
        return -ENOMEM;
    c->list = list;
    c->room = room;
    return 0;
}

/* Puts `len` bytes of buf at a position. Room has been made. */
static void put(struct bytebuf *root, size_t position, struct bytebuf *buf,
                uint32_t len)
{
    struct bytebuf_composite *c = root->u.composite;
    uint32_t start = start_of(c, position);

    memmove(&c->list[position + 1], &c->list[position],
            (c->count - position) * sizeof(*c->list));
    c->count++;
    c->list[position] = (struct component){buf, buf->reader_index, start + len};
    for (size_t i = position + 1; i < c->count; i++)
        c->list[i].end += len;
    root->capacity += len;
}

/* Takes components out of the list and releases them. */
static void take_out(struct bytebuf *root, size_t position, size_t count)
{
    struct bytebuf_composite *c = root->u.composite;
    uint32_t len = start_of(c, position + count) - start_of(c, position);

    for (size_t i = position; i < position + count; i++)
        bytebuf_release(c->list[i].buf);
    c->count -= count;
    memmove(&c->list[position], &c->list[position + count],
            (c->count - position) * sizeof(*c->list));
    for (size_t i = position; i < c->count; i++)
        c->list[i].end -= len;
    root->capacity -= len;
}

/* An index after the bytes [start, end) are gone. */
static uint32_t without(uint32_t index, uint32_t start, uint32_t end)
{
    return index <= start ? index : index < end ? start : index - (end - start);
}

static void move_indexes(struct bytebuf *root, uint32_t start, uint32_t end)
{
    root->reader_index = without(root->reader_index, start, end);
    root->writer_index = without(root->writer_index, start, end);
    root->marked_reader = without(root->marked_reader, start, end);
    root->marked_writer = without(root->marked_writer, start, end);
}

/* ---- adding and removing ---- */

struct bytebuf *bytebuf_composite_new_at(const struct allocator *alloc,
                                         size_t max, const char *site)
{
    struct bytebuf_composite *c;
    struct bytebuf *root;

    if (max == 0)
        misuse("bytebuf_composite_new: max = 0 at %s; it takes 1 or more",
               site);
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    root = cache_take_header();
    if (!root) {
        free(c);
        return NULL;
    }
    c->alloc = alloc;
    c->max = max;
    root->u.composite = c;
    bytebuf_start(root, 0, BYTEBUF_MAX_CAPACITY, BYTEBUF_COMPOSITE, site);
    leak_track(&root->ref);
    return root;
}

int bytebuf_composite_add(struct bytebuf *composite, bool readable,
                          struct bytebuf *component)
{
    return bytebuf_composite_insert(composite, composite_of(composite)->count,
                                    readable, component);
}

int bytebuf_composite_insert(struct bytebuf *composite, size_t position,
                             bool readable, struct bytebuf *component)
{
    struct bytebuf_composite *c = composite_of(composite);
    size_t len = bytebuf_readable_bytes(component);
    int err = 0;

    bytebuf_check_alive(component);
    if (position > c->count)
        misuse("bytebuf_composite_insert: position %zu of %zu", position,
               c->count);
    if (len > BYTEBUF_MAX_CAPACITY - composite->capacity)
        err = -ENOBUFS;
    else
        err = make_room(c);
    if (err) {
        bytebuf_release(component);
        return err;
    }
    put(composite, position, component, (uint32_t)len);
    if (readable)
        composite->writer_index += (uint32_t)len;
    /* Without memory to copy to it stays in more pieces: no harm is done. */
    if (c->count > c->max)
        (void)bytebuf_composite_consolidate(composite, 0, c->count);
    return 0;
}

void bytebuf_composite_remove(struct bytebuf *composite, size_t position,
                              size_t count)
{
    struct bytebuf_composite *c = composite_of(composite);

    if (count == 0)
        return;
    (void)component_at(c, position);
    (void)component_at(c, position + count - 1);
    uint32_t start = start_of(c, position);
    uint32_t end = start_of(c, position + count);
    take_out(composite, position, count);
    move_indexes(composite, start, end);
}

int bytebuf_composite_consolidate(struct bytebuf *composite, size_t position,
                                  size_t count)
{
    struct bytebuf_composite *c = composite_of(composite);

    if (count == 0)
        return 0;
    (void)component_at(c, position + count - 1);
    uint32_t start = start_of(c, position);
    uint32_t len = start_of(c, position + count) - start;
    struct bytebuf *whole = allocator_buffer(c->alloc, len);
    if (!whole)
        return -ENOMEM;
    bytebuf_get_bytes(composite, start, whole->memory, len);
    whole->writer_index = len;
    /* There is room: at least one comes out before this one goes in. */
    take_out(composite, position, count);
    put(composite, position, whole, len);
    return 0;
}

void bytebuf_composite_discard_read(struct bytebuf *composite)
{
    struct bytebuf_composite *c = composite_of(composite);
    size_t n = 0;

    while (n < c->count && c->list[n].end <= composite->reader_index)
        n++;
    bytebuf_composite_remove(composite, 0, n);
}

/* ---- capacity ---- */

static int pad(struct bytebuf *root, size_t len)
{
    struct bytebuf *padding = allocator_buffer(root->u.composite->alloc, len);

    if (!padding)
        return -ENOMEM;
    bytebuf_set_writer_index(padding, len);
    return bytebuf_composite_add(root, false, padding);
}

int composite_set_capacity(struct bytebuf *root, size_t capacity)
{
    struct bytebuf_composite *c = root->u.composite;

    if (capacity > root->capacity)
        return pad(root, capacity - root->capacity);

    size_t keep = c->count;
    while (keep > 0 && start_of(c, keep - 1) >= capacity)
        keep--;
    take_out(root, keep, c->count - keep);
    if (keep > 0) {
        c->list[keep - 1].end = (uint32_t)capacity;
        root->capacity = (uint32_t)capacity;
    }
    return 0;
}

void composite_cut_front(struct bytebuf *root, size_t n)
{
    struct bytebuf_composite *c = root->u.composite;
    size_t whole = 0;

    while (whole < c->count && c->list[whole].end <= n)
        whole++;
    uint32_t cut = (uint32_t)n - start_of(c, whole);
    bytebuf_composite_remove(root, 0, whole);
    if (cut == 0)
        return;
    c->list[0].start += cut;
    for (size_t i = 0; i < c->count; i++)
        c->list[i].end -= cut;
    root->capacity -= cut;
    move_indexes(root, 0, cut);
}

void composite_free(struct bytebuf *root)
{
    struct bytebuf_composite *c = root->u.composite;

    for (size_t i = 0; i < c->count; i++)
        reference_release_at(&c->list[i].buf->ref, 1,
                             reference_made_at(&root->ref));
    free(c->list);
    free(c);
}

/* ---- looking ---- */

size_t bytebuf_composite_count(const struct bytebuf *composite)
{
    return composite_of(composite)->count;
}

struct bytebuf *bytebuf_composite_component(const struct bytebuf *composite,
                                            size_t position)
{
    return component_at(composite_of(composite), position)->buf;
}

size_t bytebuf_composite_position(const struct bytebuf *composite, size_t index)
{
    bytebuf_check_bounds(composite, index, 1);
    return position_of(composite_of(composite), index);
}

size_t bytebuf_composite_start(const struct bytebuf *composite, size_t position)
{
    struct bytebuf_composite *c = composite_of(composite);

    (void)component_at(c, position);
    return start_of(c, position);
}

struct bytebuf *unpooled_wrapped_buffers_at(struct bytebuf *const *buffers,
                                            size_t count, const char *site)
{
    size_t max =
        count > BYTEBUF_MAX_COMPONENTS ? count : BYTEBUF_MAX_COMPONENTS;
    struct bytebuf *whole =
        bytebuf_composite_new_at(&allocator_unpooled, max, site);
    int err = whole ? 0 : -ENOMEM;

    for (size_t i = 0; i < count; i++) {
        if (err)
            bytebuf_release(buffers[i]);
        else
            err = bytebuf_composite_add(whole, true, buffers[i]);
    }
    if (err && whole) {
        bytebuf_release(whole);
        whole = NULL;
    }
    if (err)
        errno = -err;
    return whole;
}

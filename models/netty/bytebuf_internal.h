/*
 * bytebuf_internal - what bytebuf*.c share.
 *
 *     bytebuf.c            life, indexes, capacity
 *     bytebuf_bytes.c      runs of bytes, searching, comparing
 *     bytebuf_view.c       slices and duplicates
 *     bytebuf_composite.c  components
 *     bytebuf_dump.c       for teaching
 */
#ifndef NETTY_BYTEBUF_INTERNAL_H
#define NETTY_BYTEBUF_INTERNAL_H

#include "models/netty/allocator_internal.h"
#include "models/netty/bytebuf.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/misuse.h"

/* `[index, index + len)` is within the capacity of a live buffer, or misuse. */
static inline void bytebuf_check_bounds(const struct bytebuf *buf, size_t index,
                                        size_t len)
{
    size_t capacity = bytebuf_capacity(buf);

    bytebuf_check_alive(buf);
    if (__builtin_expect(len > capacity || index > capacity - len, 0))
        bytebuf_fail_bounds(buf, index, len);
}

/* It is alive and may be written to, or misuse. */
static inline void bytebuf_check_mutable(const struct bytebuf *buf)
{
    bytebuf_check_alive(buf);
    if (__builtin_expect(buf->flags & BYTEBUF_READ_ONLY, 0))
        bytebuf_fail_read_only(buf);
}

/* ---- composites, by index of the root ---- */

/* As bytebuf_span for a composite root; the bounds have been checked. */
unsigned char *composite_span(const struct bytebuf *root, size_t index,
                              size_t len, size_t *run);

/* As bytebuf_set_capacity for a composite root, but for the indexes. */
int composite_set_capacity(struct bytebuf *root, size_t capacity);

/* Gives up the first `n` bytes; indexes and marks move down. */
void composite_cut_front(struct bytebuf *root, size_t n);

/* Releases the components, when the composite dies. */
void composite_free(struct bytebuf *root);

#endif

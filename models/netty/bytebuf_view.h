/*
 * bytebuf_view - slices and duplicates: the same bytes with indexes of their
 * own, nothing copied. Part of bytebuf.h, whose rules hold here.
 *
 * slice and duplicate share the count of the buffer they were made of: they
 * are valid as long as it lives, releasing one releases it, and their header
 * is freed with it. (Java leaves that to the garbage collector. Without one,
 * a million slices of one buffer that lives on are a million headers of 128
 * bytes: there, use the retained forms.) Retained views have a count of their
 * own, 1, hold one reference of the buffer until it reaches 0, and may be
 * handed to another thread.
 *
 * A slice has the fixed capacity `len` and is all readable. A duplicate has
 * the buffer's indexes and grows with it. Marks start at the indexes'. Views
 * of read-only buffers are read-only. NULL: no memory, errno set.
 */
#ifndef NETTY_BYTEBUF_VIEW_H
#define NETTY_BYTEBUF_VIEW_H

#include "models/netty/bytebuf.h"

#define bytebuf_slice(buf, index, len)                                         \
    bytebuf_slice_at((buf), (index), (len), false, REFERENCE_HERE)
#define bytebuf_retained_slice(buf, index, len)                                \
    bytebuf_slice_at((buf), (index), (len), true, REFERENCE_HERE)
#define bytebuf_read_slice(buf, len)                                           \
    bytebuf_read_slice_at((buf), (len), false, REFERENCE_HERE)
#define bytebuf_read_retained_slice(buf, len)                                  \
    bytebuf_read_slice_at((buf), (len), true, REFERENCE_HERE)
#define bytebuf_duplicate(buf)                                                 \
    bytebuf_duplicate_at((buf), false, REFERENCE_HERE)
#define bytebuf_retained_duplicate(buf)                                        \
    bytebuf_duplicate_at((buf), true, REFERENCE_HERE)
#define bytebuf_as_read_only(buf) bytebuf_as_read_only_at((buf), REFERENCE_HERE)

struct bytebuf *bytebuf_slice_at(struct bytebuf *buf, size_t index, size_t len,
                                 bool retained, const char *site);
struct bytebuf *bytebuf_read_slice_at(struct bytebuf *buf, size_t len,
                                      bool retained, const char *site);
struct bytebuf *bytebuf_duplicate_at(struct bytebuf *buf, bool retained,
                                     const char *site);
struct bytebuf *bytebuf_as_read_only_at(struct bytebuf *buf, const char *site);

/* A new buffer (count 1) with a copy of the bytes, of the same kind (heap or
 * direct, pooled or not); writable whatever `buf` is. NULL: no memory. */
#define bytebuf_copy(buf, index, len)                                          \
    bytebuf_copy_at((buf), (index), (len), REFERENCE_HERE)
struct bytebuf *bytebuf_copy_at(const struct bytebuf *buf, size_t index,
                                size_t len, const char *site);

#endif

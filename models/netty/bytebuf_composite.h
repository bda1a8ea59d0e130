/*
 * bytebuf_composite - Netty's CompositeByteBuf: several buffers read as one.
 *
 * A header and a body from different places become one message without a byte
 * copied: the composite keeps the buffers and maps its indexes onto them. All
 * functions of bytebuf.h work on it; what crosses from one component to the
 * next is gathered byte for byte, and bytebuf_iovecs hands all to writev.
 *
 * Ownership: a composite takes over the caller's reference of each component
 * it is given, also when adding fails, and releases it when the component is
 * removed, cut off, or the composite dies. A component is what was readable of
 * the buffer when it was added; moving that buffer's indexes later changes
 * nothing. Threads: as for any buffer.
 *
 * Errors: -ENOMEM, and -ENOBUFS if the whole would pass BYTEBUF_MAX_CAPACITY;
 * nothing is changed but that the new component has been released. Asking for
 * a component that is not there is misuse.
 */
#ifndef NETTY_BYTEBUF_COMPOSITE_H
#define NETTY_BYTEBUF_COMPOSITE_H

#include "models/netty/allocator.h"
#include "models/netty/bytebuf.h"

/* Netty's default of max_components. */
enum { BYTEBUF_MAX_COMPONENTS = 16 };

/*
 * An empty composite (count 1), whose own memory, if it grows by writing or is
 * consolidated, comes from `alloc`. Once it has more than `max` components
 * (1 or more), they are consolidated: copied into one. NULL: no memory.
 */
#define bytebuf_composite_new(alloc, max)                                      \
    bytebuf_composite_new_at((alloc), (max), REFERENCE_HERE)
struct bytebuf *bytebuf_composite_new_at(const struct allocator *alloc,
                                         size_t max, const char *site);

/* Appends a component. `readable`: the writer index moves by its size too
 * (Netty's addComponent(true, ...), and what is forgotten most: without it the
 * composite holds the bytes, but they are not readable). */
int bytebuf_composite_add(struct bytebuf *composite, bool readable,
                          struct bytebuf *component);

/* Puts a component before the one at `position` (up to the count: at the end).
 * The indexes stay, unless `readable`: the writer index moves by its size. */
int bytebuf_composite_insert(struct bytebuf *composite, size_t position,
                             bool readable, struct bytebuf *component);

/* Removes and releases `count` components from `position` on; what lies behind
 * moves down, and the indexes with it or to where the hole was. */
void bytebuf_composite_remove(struct bytebuf *composite, size_t position,
                              size_t count);

size_t bytebuf_composite_count(const struct bytebuf *composite);

/* The component at a position. Borrowed; its own indexes are its own. */
struct bytebuf *bytebuf_composite_component(const struct bytebuf *composite,
                                            size_t position);

/* The position of the component that holds the byte at `index`, and the index
 * at which a component starts. */
size_t bytebuf_composite_position(const struct bytebuf *composite,
                                  size_t index);
size_t bytebuf_composite_start(const struct bytebuf *composite,
                               size_t position);

/* Copies `count` components from `position` on into one. 0 or -ENOMEM. */
int bytebuf_composite_consolidate(struct bytebuf *composite, size_t position,
                                  size_t count);

/* Releases the components that have been read whole. The indexes move down. */
void bytebuf_composite_discard_read(struct bytebuf *composite);

/*
 * One buffer of several, all readable (Unpooled.wrappedBuffer). Takes over the
 * references, also when it fails.
 */
#define unpooled_wrapped_buffers(buffers, count)                               \
    unpooled_wrapped_buffers_at((buffers), (count), REFERENCE_HERE)
struct bytebuf *unpooled_wrapped_buffers_at(struct bytebuf *const *buffers,
                                            size_t count, const char *site);

#endif

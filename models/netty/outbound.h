/*
 * outbound - what has been written to a channel and not yet sent.
 *
 *     written:  add_message -> | unflushed |
 *     flush:    add_flush   -> | flushed -> the socket
 *
 * write() only appends; flush() marks all that has been written; the channel
 * then sends what is flushed, as far as the kernel takes it. An entry ends by
 * being sent or by failing: its message is released, its promise completed, its
 * size no longer counted.
 *
 * DOC(netty.writability)
 * Writability is the brake. What is pending is counted, in bytes with an
 * overhead for each entry, from the moment of write(), on whatever thread.
 * Above the high water mark the channel is unwritable, below the low one
 * writable again (equality changes nothing), and each change is an event. A
 * handler that ignores it can fill the memory with what a slow peer does not
 * read. END
 *
 * Loop thread only, but for the counting and the writability.
 * Source: io.netty.channel.ChannelOutboundBuffer.
 */
#ifndef NETTY_OUTBOUND_H
#define NETTY_OUTBOUND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "models/netty/bytebuf.h"
#include "models/netty/exception.h"
#include "models/netty/promise.h"

struct channel;

struct outbound_entry {
    struct outbound_entry *next;   /* written after it */
    struct reference_counted *msg; /* to be sent; NULL once cancelled */
    struct promise *promise;       /* to be completed, counted; or NULL */
    size_t pending;                /* what it is counted for */
};

enum {
    CHANNEL_OUTBOUND_ENTRY_OVERHEAD = sizeof(struct outbound_entry),
    CHANNEL_OUTBOUND_UNKNOWN_SIZE = 8, /* of a message that is no bytebuf */
};

/* Embedded in the channel. */
struct channel_outbound_buffer {
    /* loop thread only: */
    struct outbound_entry *flushed;   /* the first flushed, or NULL */
    struct outbound_entry *unflushed; /* the first not flushed, or NULL */
    struct outbound_entry *last;      /* of all */
    uint32_t n_flushed;               /* entries flushed */
    bool closed;                      /* takes no more */
    size_t bytes;                     /* readable bytes in all entries */
    uint64_t sent;                    /* bytes sent, ever */

    /* atomic: */
    _Atomic size_t pending;      /* sum of the entries' and of writes that are
                                  * on their way to the loop */
    _Atomic uint32_t unwritable; /* bit 0: the water marks'; the others the
                                  * user's; 0 = writable */
};

void channel_outbound_buffer_init(struct channel_outbound_buffer *ob);

/* What `msg` will be counted for, without the overhead. */
size_t channel_outbound_message_size(const struct reference_counted *msg);

/* Appends; takes `msg` over and a reference of `promise`. Without memory the
 * message is released and the promise failed. */
void channel_outbound_buffer_add_message(struct channel *ch,
                                         struct reference_counted *msg,
                                         struct promise *promise);

/* All that has been added is to be sent; cancelled entries are dropped. */
void channel_outbound_buffer_add_flush(struct channel *ch);

/* The first flushed message, or NULL. Borrowed. */
struct reference_counted *
channel_outbound_buffer_current(const struct channel_outbound_buffer *ob);

/* The first flushed entry has been sent, or has failed (takes over `cause`).
 * False: there is none. */
bool channel_outbound_buffer_remove(struct channel *ch);
bool channel_outbound_buffer_remove_failed(struct channel *ch,
                                           struct exception *cause);

/* The first `n` flushed bytes have been sent: removes whole entries, and moves
 * the reader index of the next. */
void channel_outbound_buffer_remove_bytes(struct channel *ch, size_t n);

/* The flushed bytebufs as iovecs, up to the first other message; how many, and
 * their bytes in *bytes. */
int channel_outbound_buffer_iovecs(const struct channel_outbound_buffer *ob,
                                   struct iovec *iov, int max, size_t *bytes);

static inline bool
channel_outbound_buffer_is_empty(const struct channel_outbound_buffer *ob)
{
    return ob->n_flushed == 0;
}

/* Fails all flushed entries. Borrows `cause`. */
void channel_outbound_buffer_fail_flushed(struct channel *ch,
                                          struct exception *cause);

/*
 * Fails all entries but the first flushed one, and counts them no more: for a
 * peer too slow to be sent the rest. Not in Netty. Borrows `cause`.
 */
void channel_outbound_buffer_fail_rest(struct channel *ch,
                                       struct exception *cause);

/* Fails all, and takes no more. Borrows `cause`. */
void channel_outbound_buffer_close(struct channel *ch, struct exception *cause);

/* ---- any thread ---- */

/* Counts a write on its way to the loop; or one that has arrived. */
void channel_outbound_buffer_increment(struct channel *ch, size_t size);
void channel_outbound_buffer_decrement(struct channel *ch, size_t size);

/* The user's own reasons for being unwritable, 1 to 31. */
void channel_outbound_buffer_set_user_writable(struct channel *ch,
                                               unsigned index, bool writable);

static inline size_t
channel_outbound_buffer_total_pending(const struct channel_outbound_buffer *ob)
{
    return atomic_load_explicit(&ob->pending, memory_order_relaxed);
}

#endif

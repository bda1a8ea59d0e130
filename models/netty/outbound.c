#include "models/netty/outbound.h"

#include <assert.h>
#include <stdlib.h>

#include "models/netty/channel.h"
#include "models/netty/channel_internal.h"

enum { UNWRITABLE_BY_WATER_MARK = 1 };

void channel_outbound_buffer_init(struct channel_outbound_buffer *ob)
{
    *ob = (struct channel_outbound_buffer){.flushed = NULL};
    atomic_init(&ob->pending, 0);
    atomic_init(&ob->unwritable, 0);
}

static size_t readable_bytes(const struct reference_counted *msg)
{
    return msg->type == &bytebuf_type
               ? bytebuf_readable_bytes((const struct bytebuf *)msg)
               : 0;
}

size_t channel_outbound_message_size(const struct reference_counted *msg)
{
    return msg->type == &bytebuf_type ? readable_bytes(msg)
                                      : CHANNEL_OUTBOUND_UNKNOWN_SIZE;
}

/* ---- writability ---- */

static int fire_changed(void *arg)
{
    struct channel *ch = arg;

    channel_pipeline_fire_channel_writability_changed(&ch->pipeline);
    return 0;
}

/* At once in the loop, else as a task. */
static void writability_changed(struct channel *ch)
{
    if (channel_in_event_loop(ch))
        fire_changed(ch);
    else
        (void)channel_execute(ch, fire_changed, ch);
}

/* Sets or clears a bit; an event only if writability changes by it. */
static void set_unwritable(struct channel *ch, uint32_t bit, bool unwritable)
{
    _Atomic uint32_t *u = &ch->outbound.unwritable;
    /* Most often it is as it is to be, and looking is cheaper than a locked
     * instruction. Who changes it meanwhile fires the event himself. */
    bool is_set = atomic_load_explicit(u, memory_order_acquire) & bit;

    if (is_set == unwritable)
        return;
    uint32_t old =
        unwritable ? atomic_fetch_or_explicit(u, bit, memory_order_acq_rel)
                   : atomic_fetch_and_explicit(u, ~bit, memory_order_acq_rel);

    if (unwritable ? old == 0 : old == bit)
        writability_changed(ch);
}

void channel_outbound_buffer_set_user_writable(struct channel *ch,
                                               unsigned index, bool writable)
{
    assert(index >= 1 && index <= 31);
    set_unwritable(ch, 1u << index, !writable);
}

void channel_outbound_buffer_increment(struct channel *ch, size_t size)
{
    size_t now = size + atomic_fetch_add_explicit(&ch->outbound.pending, size,
                                                  memory_order_relaxed);

    if (now >
        atomic_load_explicit(&ch->config.high_water_mark, memory_order_relaxed))
        set_unwritable(ch, UNWRITABLE_BY_WATER_MARK, true);
}

static void decrement(struct channel *ch, size_t size, bool notify)
{
    size_t old = atomic_fetch_sub_explicit(&ch->outbound.pending, size,
                                           memory_order_relaxed);

    assert(old >= size);
    if (notify && old - size < atomic_load_explicit(&ch->config.low_water_mark,
                                                    memory_order_relaxed))
        set_unwritable(ch, UNWRITABLE_BY_WATER_MARK, false);
}

void channel_outbound_buffer_decrement(struct channel *ch, size_t size)
{
    decrement(ch, size, true);
}

/* ---- entries ---- */

void channel_outbound_buffer_add_message(struct channel *ch,
                                         struct reference_counted *msg,
                                         struct promise *promise)
{
    struct channel_outbound_buffer *ob = &ch->outbound;
    struct outbound_entry *e = malloc(sizeof(*e));

    if (!e) {
        reference_release(msg);
        promise_fail(promise, &exception_out_of_memory);
        return;
    }
    size_t size = channel_outbound_message_size(msg);
    *e = (struct outbound_entry){
        .msg = msg,
        .promise = promise_retain(promise),
        .pending = size + CHANNEL_OUTBOUND_ENTRY_OVERHEAD,
    };
    if (ob->last)
        ob->last->next = e;
    ob->last = e;
    if (!ob->unflushed)
        ob->unflushed = e;
    ob->bytes += readable_bytes(msg);
    /* After it is in, so that the event's handlers see it. */
    channel_outbound_buffer_increment(ch, e->pending);
}

void channel_outbound_buffer_add_flush(struct channel *ch)
{
    struct channel_outbound_buffer *ob = &ch->outbound;
    struct outbound_entry *e = ob->unflushed;

    if (!e)
        return;
    if (!ob->flushed)
        ob->flushed = e;
    ob->unflushed = NULL;
    for (; e; e = e->next) {
        ob->n_flushed++;
        if (promise_set_uncancellable(e->promise) || !e->msg)
            continue;
        /* Cancelled: it stays in the list, empty, until its turn. */
        size_t pending = e->pending;
        ob->bytes -= readable_bytes(e->msg);
        reference_release(e->msg);
        e->msg = NULL;
        e->pending = 0;
        decrement(ch, pending, true);
    }
}

/* Links the first entry of all out of the list. */
static struct outbound_entry *take_first(struct channel_outbound_buffer *ob)
{
    struct outbound_entry *e = ob->flushed;

    if (e) {
        ob->flushed = --ob->n_flushed > 0 ? e->next : NULL;
    } else {
        e = ob->unflushed;
        ob->unflushed = e->next;
    }
    if (ob->last == e)
        ob->last = NULL;
    if (e->msg)
        ob->bytes -= readable_bytes(e->msg);
    return e;
}

/* Ends an entry that is out of the list. `cause` NULL: it has been sent. */
static void end_entry(struct channel *ch, struct outbound_entry *e,
                      struct exception *cause, bool notify)
{
    struct promise *promise = e->promise;
    size_t pending = e->pending;

    if (e->msg)
        reference_release(e->msg);
    free(e);
    if (promise && cause)
        promise_try_failure(promise, exception_retain(cause));
    else if (promise)
        promise_try_success(promise, NULL);
    promise_release(promise);
    decrement(ch, pending, notify);
}

/* Drops what was cancelled from the front of the flushed entries. */
static void skip_cancelled(struct channel *ch)
{
    struct channel_outbound_buffer *ob = &ch->outbound;

    while (ob->flushed && !ob->flushed->msg)
        end_entry(ch, take_first(ob), &exception_cancelled, true);
}

struct reference_counted *
channel_outbound_buffer_current(const struct channel_outbound_buffer *ob)
{
    struct outbound_entry *e = ob->flushed;

    for (uint32_t i = 0; i < ob->n_flushed; i++, e = e->next) {
        if (e->msg)
            return e->msg;
    }
    return NULL;
}

bool channel_outbound_buffer_remove(struct channel *ch)
{
    skip_cancelled(ch);
    if (!ch->outbound.flushed)
        return false;
    end_entry(ch, take_first(&ch->outbound), NULL, true);
    return true;
}

bool channel_outbound_buffer_remove_failed(struct channel *ch,
                                           struct exception *cause)
{
    skip_cancelled(ch);
    bool any = ch->outbound.flushed != NULL;
    if (any)
        end_entry(ch, take_first(&ch->outbound), cause, true);
    exception_release(cause);
    return any;
}

void channel_outbound_buffer_remove_bytes(struct channel *ch, size_t n)
{
    struct channel_outbound_buffer *ob = &ch->outbound;

    ob->sent += n;
    for (;;) {
        skip_cancelled(ch);
        struct outbound_entry *e = ob->flushed;
        if (!e)
            break;
        size_t size = readable_bytes(e->msg);
        if (size > n) {
            if (n > 0)
                bytebuf_skip_bytes((struct bytebuf *)e->msg, n);
            ob->bytes -= n;
            break;
        }
        if (n == 0 && size > 0)
            break;
        n -= size;
        end_entry(ch, take_first(ob), NULL, true);
    }
}

int channel_outbound_buffer_iovecs(const struct channel_outbound_buffer *ob,
                                   struct iovec *iov, int max, size_t *bytes)
{
    struct outbound_entry *e = ob->flushed;
    int n = 0;

    *bytes = 0;
    for (uint32_t i = 0; i < ob->n_flushed && n < max; i++, e = e->next) {
        if (!e->msg)
            continue;
        struct bytebuf *buf = bytebuf_of(e->msg);
        size_t covered;
        if (!buf)
            break;
        size_t size = bytebuf_readable_bytes(buf);
        if (size == 0)
            continue;
        n += bytebuf_iovecs(buf, bytebuf_reader_index(buf), size, iov + n,
                            max - n, &covered);
        *bytes += covered;
        if (covered < size)
            break;
    }
    return n;
}

/* ---- failing ---- */

void channel_outbound_buffer_fail_flushed(struct channel *ch,
                                          struct exception *cause)
{
    /* Each is out of the list before its listeners run: they may write,
     * flush or close. */
    while (ch->outbound.flushed)
        end_entry(ch, take_first(&ch->outbound), cause, true);
}

void channel_outbound_buffer_fail_rest(struct channel *ch,
                                       struct exception *cause)
{
    struct channel_outbound_buffer *ob = &ch->outbound;
    struct outbound_entry *keep = ob->flushed;
    struct outbound_entry *rest = keep ? keep->next : ob->unflushed;

    if (keep) {
        keep->next = NULL;
        ob->n_flushed = 1;
    }
    ob->last = keep;
    ob->unflushed = NULL;
    ob->bytes = keep && keep->msg ? readable_bytes(keep->msg) : 0;
    while (rest) {
        struct outbound_entry *e = rest;
        rest = e->next;
        end_entry(ch, e, cause, true);
    }
}

void channel_outbound_buffer_close(struct channel *ch, struct exception *cause)
{
    struct channel_outbound_buffer *ob = &ch->outbound;

    ob->closed = true;
    /* No writability events: nobody is to write any more. */
    while (ob->flushed || ob->unflushed)
        end_entry(ch, take_first(ob), cause, false);
}

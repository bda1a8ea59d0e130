#include <criterion/criterion.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "tests/netty/bytebuf_model.h"

void op_slice(struct model *m, struct bytebuf *buf)
{
    size_t index = model_draw(m, m->cap + 1);
    size_t len = model_draw(m, m->cap - index + 1);
    struct bytebuf *slice = bytebuf_retained_slice(buf, index, len);

    cr_assert(bytebuf_equals_bytes(slice, m->bytes + index, len));
    if (len >= 2) {
        bytebuf_set_byte(slice, 1, (int64_t)m->state);
        m->bytes[index + 1] = (unsigned char)m->state;
    }
    /* It goes on showing the bytes while its root grows. */
    if (bytebuf_ensure_writable(buf, 64) == 0)
        model_follow_growth(m, buf);
    cr_assert(bytebuf_equals_bytes(slice, m->bytes + index, len));
    struct bytebuf *inner = bytebuf_slice(slice, len / 3, len / 2);
    cr_assert(bytebuf_equals_bytes(inner, m->bytes + index + len / 3, len / 2));
    bytebuf_release(slice);
}

void op_duplicate(struct model *m, struct bytebuf *buf)
{
    struct bytebuf *twin = bytebuf_retained_duplicate(buf);

    cr_assert(bytebuf_equals(twin, buf));
    size_t r = bytebuf_reader_index(buf), w = bytebuf_writer_index(buf);
    /* What is written through the twin is seen by the other. */
    if (bytebuf_write_short(twin, (int64_t)m->state) == 0) {
        model_follow_growth(m, buf);
        bytebuf_set_short(twin, w, (int64_t)m->state);
        model_put_int(m->bytes + w, 2, false, m->state);
        cr_assert_eq(bytebuf_capacity(twin), m->cap);
    }
    bytebuf_skip_bytes(twin, bytebuf_readable_bytes(twin));
    cr_assert_eq(bytebuf_reader_index(buf), r);
    bytebuf_release(twin);
}

void op_copy(struct model *m, struct bytebuf *buf)
{
    size_t index = model_draw(m, m->cap + 1);
    size_t len = model_draw(m, m->cap - index + 1);
    struct bytebuf *copy = bytebuf_copy(buf, index, len);

    cr_assert(bytebuf_equals_bytes(copy, m->bytes + index, len));
    bytebuf_write_byte(copy, 1);
    bytebuf_set_zero(copy, 0, len);
    bytebuf_release(copy);
}

void op_iovecs(struct model *m, struct bytebuf *buf)
{
    struct iovec iov[64];
    size_t covered, at = m->r;
    int n = bytebuf_iovecs(buf, m->r, m->w - m->r, iov, 64, &covered);

    if (bytebuf_iovec_count(buf) <= 64)
        cr_assert_eq(covered, m->w - m->r);
    for (int i = 0; i < n; i++) {
        cr_assert_gt(iov[i].iov_len, 0);
        cr_assert_arr_eq(iov[i].iov_base, m->bytes + at, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    cr_assert_eq(at - m->r, covered);
}

/* Composites only; the others take it as another write. */
void op_add_component(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[64] = {0};
    size_t len = model_draw(m, sizeof(bytes));

    if (!(buf->flags & BYTEBUF_COMPOSITE) || m->cap + len > MODEL_MAX) {
        op_write_bytes(m, buf);
        return;
    }
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)model_draw(m, 256);
    struct bytebuf *part = unpooled_copied_buffer(bytes, len);
    size_t n = bytebuf_composite_count(buf);
    size_t position = model_draw(m, n + 1);
    size_t start = position < n ? bytebuf_composite_start(buf, position)
                                : bytebuf_capacity(buf);
    cr_assert_eq(bytebuf_composite_insert(buf, position, true, part), 0);
    memmove(m->bytes + start + len, m->bytes + start, m->cap - start);
    memcpy(m->bytes + start, bytes, len);
    m->cap += len;
    m->w += len;
}

static size_t without(size_t index, size_t start, size_t end)
{
    return index <= start ? index : index < end ? start : index - (end - start);
}

void op_remove_component(struct model *m, struct bytebuf *buf)
{
    if (!(buf->flags & BYTEBUF_COMPOSITE) || bytebuf_composite_count(buf) == 0)
        return;
    size_t n = bytebuf_composite_count(buf), position = model_draw(m, n);
    size_t start = bytebuf_composite_start(buf, position);
    size_t end =
        position + 1 < n ? bytebuf_composite_start(buf, position + 1) : m->cap;
    bytebuf_composite_remove(buf, position, 1);
    memmove(m->bytes + start, m->bytes + end, m->cap - end);
    m->cap -= end - start;
    memset(m->bytes + m->cap, 0, end - start);
    m->r = without(m->r, start, end);
    m->w = without(m->w, start, end);
    m->mark_r = without(m->mark_r, start, end);
    m->mark_w = without(m->mark_w, start, end);
}

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "models/netty/bytebuf_int.h"
#include "tests/netty/bytebuf_model.h"

/* ---- the model ---- */

size_t model_draw(struct model *m, size_t below)
{
    m->state ^= m->state << 13;
    m->state ^= m->state >> 7;
    m->state ^= m->state << 17;
    return below ? (size_t)(m->state >> 11) % below : 0;
}

void model_follow_growth(struct model *m, struct bytebuf *buf)
{
    size_t cap = bytebuf_capacity(buf);

    cr_assert_geq(cap, m->cap);
    cr_assert_leq(cap, MODEL_MAX);
    bytebuf_set_zero(buf, m->cap, cap - m->cap);
    m->cap = cap;
}

/* ---- operations ---- */

void op_write_bytes(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[200];
    size_t len = model_draw(m, model_draw(m, 4) ? 20 : sizeof(bytes));

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)model_draw(m, 256);
    int err = bytebuf_write_bytes(buf, bytes, len);
    if (m->w + len > MODEL_MAX) {
        cr_assert_eq(err, -ENOBUFS);
        return;
    }
    cr_assert_eq(err, 0);
    model_follow_growth(m, buf);
    bytebuf_set_bytes(buf, m->w, bytes, len); /* growth cleared them */
    memcpy(m->bytes + m->w, bytes, len);
    m->w += len;
}

void op_read_bytes(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[MODEL_MAX];
    size_t len = model_draw(m, m->w - m->r + 1);

    bytebuf_read_bytes(buf, bytes, len);
    cr_assert_arr_eq(bytes, m->bytes + m->r, len);
    m->r += len;
}

static uint64_t from_bytes(const unsigned char *p, size_t n, bool little)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[little ? n - 1 - i : i];
    return v;
}

void model_put_int(unsigned char *p, size_t n, bool little, uint64_t v)
{
    for (size_t i = 0; i < n; i++)
        p[little ? i : n - 1 - i] = (unsigned char)(v >> (8 * i));
}

#define INT_FORMS(X)                                                           \
    X(byte, 1, false)                                                          \
    X(short, 2, false)                                                         \
    X(short_le, 2, true)                                                       \
    X(medium, 3, false)                                                        \
    X(medium_le, 3, true)                                                      \
    X(int, 4, false) X(int_le, 4, true) X(long, 8, false) X(long_le, 8, true)

enum { N_FORMS = 9 };

/* The low n bytes of two values are the same. */
static void check_int(uint64_t got, uint64_t expected, size_t n)
{
    uint64_t mask = n == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * n)) - 1;

    cr_assert_eq(got & mask, expected & mask);
}

void op_set_get_int(struct model *m, struct bytebuf *buf)
{
    int64_t value = (int64_t)m->state;
    size_t index, form = model_draw(m, N_FORMS), i = 0;

    if (m->cap < 8)
        return;
    index = model_draw(m, m->cap - 8 + 1);
#define ONE(name, n, little)                                                   \
    if (i++ == form) {                                                         \
        check_int((uint64_t)bytebuf_get_##name(buf, index),                    \
                  from_bytes(m->bytes + index, n, little), n);                 \
        bytebuf_set_##name(buf, index, value);                                 \
        model_put_int(m->bytes + index, n, little, (uint64_t)value);           \
    }
    INT_FORMS(ONE)
#undef ONE
}

void op_write_read_int(struct model *m, struct bytebuf *buf)
{
    int64_t value = (int64_t)m->state;
    size_t form = model_draw(m, N_FORMS), i = 0, width = 0;
    bool is_little = false;
    int err = 0;

#define ONE(name, n, little)                                                   \
    if (i++ == form) {                                                         \
        if (m->w - m->r >= n) {                                                \
            check_int((uint64_t)bytebuf_read_##name(buf),                      \
                      from_bytes(m->bytes + m->r, n, little), n);              \
            m->r += n;                                                         \
        }                                                                      \
        err = bytebuf_write_##name(buf, value);                                \
        width = n;                                                             \
        is_little = little;                                                    \
    }
    INT_FORMS(ONE)
#undef ONE
    if (m->w + width > MODEL_MAX) {
        cr_assert_eq(err, -ENOBUFS);
        return;
    }
    cr_assert_eq(err, 0);
    model_put_int(m->bytes + m->w, width, is_little, (uint64_t)value);
    size_t grown = bytebuf_capacity(buf);
    if (grown > m->cap) {
        model_follow_growth(m, buf);
        bytebuf_set_bytes(buf, m->w, m->bytes + m->w, width);
    }
    m->w += width;
}

void op_skip(struct model *m, struct bytebuf *buf)
{
    size_t n = model_draw(m, m->w - m->r + 1);

    bytebuf_skip_bytes(buf, n);
    m->r += n;
}

void op_set_indexes(struct model *m, struct bytebuf *buf)
{
    m->w = model_draw(m, m->cap + 1);
    m->r = model_draw(m, m->w + 1);
    bytebuf_set_indexes(buf, m->r, m->w);
}

void op_clear(struct model *m, struct bytebuf *buf)
{
    bytebuf_clear(buf);
    m->r = m->w = 0;
}

void op_mark(struct model *m, struct bytebuf *buf)
{
    bytebuf_mark_reader_index(buf);
    bytebuf_mark_writer_index(buf);
    m->mark_r = m->r;
    m->mark_w = m->w;
}

void op_reset(struct model *m, struct bytebuf *buf)
{
    if (m->mark_r <= m->w) {
        bytebuf_reset_reader_index(buf);
        m->r = m->mark_r;
    }
    if (m->mark_w >= m->r && m->mark_w <= m->cap) {
        bytebuf_reset_writer_index(buf);
        m->w = m->mark_w;
    }
}

static void model_discard(struct model *m, const struct bytebuf *buf)
{
    size_t n = m->r;

    if (buf->flags & BYTEBUF_COMPOSITE) {
        memmove(m->bytes, m->bytes + n, m->cap - n);
        m->cap -= n;
        memset(m->bytes + m->cap, 0, n);
    } else {
        memmove(m->bytes, m->bytes + n, m->w - n);
    }
    m->r = 0;
    m->w -= n;
    m->mark_r = m->mark_r > n ? m->mark_r - n : 0;
    m->mark_w = m->mark_w > n ? m->mark_w - n : 0;
}

void op_discard(struct model *m, struct bytebuf *buf)
{
    bytebuf_discard_read_bytes(buf);
    model_discard(m, buf);
}

void op_discard_some(struct model *m, struct bytebuf *buf)
{
    bool pays = m->r >= m->cap / 2 || m->r == m->w;

    bytebuf_discard_some_read_bytes(buf);
    if (pays)
        model_discard(m, buf);
}

void op_set_capacity(struct model *m, struct bytebuf *buf)
{
    size_t cap = model_draw(m, model_draw(m, 3) ? 500 : MODEL_MAX + 1);

    cr_assert_eq(bytebuf_set_capacity(buf, cap), 0);
    if (cap > m->cap) {
        model_follow_growth(m, buf);
    } else {
        memset(m->bytes + cap, 0, m->cap - cap);
        m->cap = cap;
    }
    cr_assert_eq(m->cap, cap);
    if (m->w > cap)
        m->w = cap;
    if (m->r > m->w)
        m->r = m->w;
    /* Netty's marks may be left behind; a reset is then refused. */
}

void op_search(struct model *m, struct bytebuf *buf)
{
    unsigned char value = (unsigned char)model_draw(m, 256);
    size_t from = model_draw(m, m->cap + 1);
    size_t to = from + model_draw(m, m->cap - from + 1);
    unsigned char *hit = memchr(m->bytes + from, value, to - from);
    unsigned char *last = memrchr(m->bytes + from, value, to - from);

    cr_assert_eq(bytebuf_index_of(buf, from, to, value),
                 hit ? hit - m->bytes : -1);
    cr_assert_eq(bytebuf_index_of(buf, to, from, value),
                 from < to && last ? last - m->bytes : -1);

    size_t len = model_draw(m, 3);
    if (m->cap < len)
        return;
    const unsigned char *needle = m->bytes + model_draw(m, m->cap - len + 1);
    hit = memmem(m->bytes + from, to - from, needle, len);
    cr_assert_eq(bytebuf_search(buf, from, to, needle, len),
                 hit ? hit - m->bytes : -1);
}

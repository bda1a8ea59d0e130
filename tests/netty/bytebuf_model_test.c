/*
 * ByteBuf against a plain array: random sequences of operations are done to
 * both, and after each one all indexes and bytes must agree.
 *
 * Every kind of buffer takes the same sequences. MODEL_SEED=N in the
 * environment adds the sequence of that seed; a failure prints its seed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"

enum {
    MODEL_MAX = 3000, /* max_capacity of the buffers under test */
    STEPS = 6000,     /* operations in a sequence */
    SEEDS = 6,        /* sequences for each kind */
};

struct model {
    unsigned char bytes[MODEL_MAX]; /* those at and behind cap are 0 */
    size_t r, w, cap;               /* indexes */
    size_t mark_r, mark_w;          /* marks */
    uint64_t seed, state;           /* of the sequence; random numbers */
    const char *op;                 /* the last operation */
};

static size_t draw(struct model *m, size_t below)
{
    m->state ^= m->state << 13;
    m->state ^= m->state >> 7;
    m->state ^= m->state << 17;
    return below ? (size_t)(m->state >> 11) % below : 0;
}

static void check(const struct model *m, const struct bytebuf *buf)
{
    unsigned char bytes[MODEL_MAX];

    cr_assert_eq(bytebuf_capacity(buf), m->cap, "%s: capacity %zu, not %zu",
                 m->op, bytebuf_capacity(buf), m->cap);
    cr_assert_eq(bytebuf_reader_index(buf), m->r, "%s: reader", m->op);
    cr_assert_eq(bytebuf_writer_index(buf), m->w, "%s: writer", m->op);
    bytebuf_get_bytes(buf, 0, bytes, m->cap);
    cr_assert_arr_eq(bytes, m->bytes, m->cap, "%s: bytes, seed %lu", m->op,
                     m->seed);
}

/* The buffer may have grown, by whatever rule: new bytes are cleared. */
static void follow_growth(struct model *m, struct bytebuf *buf)
{
    size_t cap = bytebuf_capacity(buf);

    cr_assert_geq(cap, m->cap);
    cr_assert_leq(cap, MODEL_MAX);
    bytebuf_set_zero(buf, m->cap, cap - m->cap);
    m->cap = cap;
}

/* ---- operations: each does the same to both ---- */

typedef void op_fn(struct model *m, struct bytebuf *buf);

static void op_write_bytes(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[200];
    size_t len = draw(m, draw(m, 4) ? 20 : sizeof(bytes));

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)draw(m, 256);
    int err = bytebuf_write_bytes(buf, bytes, len);
    if (m->w + len > MODEL_MAX) {
        cr_assert_eq(err, -ENOBUFS);
        return;
    }
    cr_assert_eq(err, 0);
    follow_growth(m, buf);
    bytebuf_set_bytes(buf, m->w, bytes, len); /* growth cleared them */
    memcpy(m->bytes + m->w, bytes, len);
    m->w += len;
}

static void op_read_bytes(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[MODEL_MAX];
    size_t len = draw(m, m->w - m->r + 1);

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

static void to_bytes(unsigned char *p, size_t n, bool little, uint64_t v)
{
    for (size_t i = 0; i < n; i++)
        p[little ? i : n - 1 - i] = (unsigned char)(v >> (8 * i));
}

#define INT_FORMS(X)                                                           \
    X(byte, 1, false)                                                          \
    X(short, 2, false)                                                         \
    X(short_le, 2, true)                                                       \
    X(medium, 3, false) X(medium_le, 3, true) X(int, 4, false)                 \
        X(int_le, 4, true) X(long, 8, false) X(long_le, 8, true)

enum { N_FORMS = 9 };

/* The low n bytes of two values are the same. */
static void check_int(uint64_t got, uint64_t expected, size_t n)
{
    uint64_t mask = n == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * n)) - 1;

    cr_assert_eq(got & mask, expected & mask);
}

static void op_set_get_int(struct model *m, struct bytebuf *buf)
{
    int64_t value = (int64_t)m->state;
    size_t index, form = draw(m, N_FORMS), i = 0;

    if (m->cap < 8)
        return;
    index = draw(m, m->cap - 8 + 1);
#define ONE(name, n, little)                                                   \
    if (i++ == form) {                                                         \
        check_int((uint64_t)bytebuf_get_##name(buf, index),                    \
                  from_bytes(m->bytes + index, n, little), n);                 \
        bytebuf_set_##name(buf, index, value);                                 \
        to_bytes(m->bytes + index, n, little, (uint64_t)value);                \
    }
    INT_FORMS(ONE)
#undef ONE
}

static void op_write_read_int(struct model *m, struct bytebuf *buf)
{
    int64_t value = (int64_t)m->state;
    size_t form = draw(m, N_FORMS), i = 0, width = 0;
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
    to_bytes(m->bytes + m->w, width, is_little, (uint64_t)value);
    size_t grown = bytebuf_capacity(buf);
    if (grown > m->cap) {
        follow_growth(m, buf);
        bytebuf_set_bytes(buf, m->w, m->bytes + m->w, width);
    }
    m->w += width;
}

static void op_skip(struct model *m, struct bytebuf *buf)
{
    size_t n = draw(m, m->w - m->r + 1);

    bytebuf_skip_bytes(buf, n);
    m->r += n;
}

static void op_set_indexes(struct model *m, struct bytebuf *buf)
{
    m->w = draw(m, m->cap + 1);
    m->r = draw(m, m->w + 1);
    bytebuf_set_indexes(buf, m->r, m->w);
}

static void op_clear(struct model *m, struct bytebuf *buf)
{
    bytebuf_clear(buf);
    m->r = m->w = 0;
}

static void op_mark(struct model *m, struct bytebuf *buf)
{
    bytebuf_mark_reader_index(buf);
    bytebuf_mark_writer_index(buf);
    m->mark_r = m->r;
    m->mark_w = m->w;
}

static void op_reset(struct model *m, struct bytebuf *buf)
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

static void op_discard(struct model *m, struct bytebuf *buf)
{
    bytebuf_discard_read_bytes(buf);
    model_discard(m, buf);
}

static void op_discard_some(struct model *m, struct bytebuf *buf)
{
    bool pays = m->r >= m->cap / 2 || m->r == m->w;

    bytebuf_discard_some_read_bytes(buf);
    if (pays)
        model_discard(m, buf);
}

static void op_set_capacity(struct model *m, struct bytebuf *buf)
{
    size_t cap = draw(m, draw(m, 3) ? 500 : MODEL_MAX + 1);

    cr_assert_eq(bytebuf_set_capacity(buf, cap), 0);
    if (cap > m->cap) {
        follow_growth(m, buf);
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

static void op_search(struct model *m, struct bytebuf *buf)
{
    unsigned char value = (unsigned char)draw(m, 256);
    size_t from = draw(m, m->cap + 1);
    size_t to = from + draw(m, m->cap - from + 1);
    unsigned char *hit = memchr(m->bytes + from, value, to - from);
    unsigned char *last = memrchr(m->bytes + from, value, to - from);

    cr_assert_eq(bytebuf_index_of(buf, from, to, value),
                 hit ? hit - m->bytes : -1);
    cr_assert_eq(bytebuf_index_of(buf, to, from, value),
                 from < to && last ? last - m->bytes : -1);

    size_t len = draw(m, 3);
    if (m->cap < len)
        return;
    const unsigned char *needle = m->bytes + draw(m, m->cap - len + 1);
    hit = memmem(m->bytes + from, to - from, needle, len);
    cr_assert_eq(bytebuf_search(buf, from, to, needle, len),
                 hit ? hit - m->bytes : -1);
}

static void op_slice(struct model *m, struct bytebuf *buf)
{
    size_t index = draw(m, m->cap + 1);
    size_t len = draw(m, m->cap - index + 1);
    struct bytebuf *slice = bytebuf_retained_slice(buf, index, len);

    cr_assert(bytebuf_equals_bytes(slice, m->bytes + index, len));
    if (len >= 2) {
        bytebuf_set_byte(slice, 1, (int64_t)m->state);
        m->bytes[index + 1] = (unsigned char)m->state;
    }
    /* It goes on showing the bytes while its root grows. */
    if (bytebuf_ensure_writable(buf, 64) == 0)
        follow_growth(m, buf);
    cr_assert(bytebuf_equals_bytes(slice, m->bytes + index, len));
    struct bytebuf *inner = bytebuf_slice(slice, len / 3, len / 2);
    cr_assert(bytebuf_equals_bytes(inner, m->bytes + index + len / 3, len / 2));
    bytebuf_release(slice);
}

static void op_duplicate(struct model *m, struct bytebuf *buf)
{
    struct bytebuf *twin = bytebuf_retained_duplicate(buf);

    cr_assert(bytebuf_equals(twin, buf));
    size_t r = bytebuf_reader_index(buf), w = bytebuf_writer_index(buf);
    /* What is written through the twin is seen by the other. */
    if (bytebuf_write_short(twin, (int64_t)m->state) == 0) {
        follow_growth(m, buf);
        bytebuf_set_short(twin, w, (int64_t)m->state);
        to_bytes(m->bytes + w, 2, false, m->state);
        cr_assert_eq(bytebuf_capacity(twin), m->cap);
    }
    bytebuf_skip_bytes(twin, bytebuf_readable_bytes(twin));
    cr_assert_eq(bytebuf_reader_index(buf), r);
    bytebuf_release(twin);
}

static void op_copy(struct model *m, struct bytebuf *buf)
{
    size_t index = draw(m, m->cap + 1);
    size_t len = draw(m, m->cap - index + 1);
    struct bytebuf *copy = bytebuf_copy(buf, index, len);

    cr_assert(bytebuf_equals_bytes(copy, m->bytes + index, len));
    bytebuf_write_byte(copy, 1);
    bytebuf_set_zero(copy, 0, len);
    bytebuf_release(copy);
}

static void op_iovecs(struct model *m, struct bytebuf *buf)
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
static void op_add_component(struct model *m, struct bytebuf *buf)
{
    unsigned char bytes[64] = {0};
    size_t len = draw(m, sizeof(bytes));

    if (!(buf->flags & BYTEBUF_COMPOSITE) || m->cap + len > MODEL_MAX) {
        op_write_bytes(m, buf);
        return;
    }
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)draw(m, 256);
    struct bytebuf *part = unpooled_copied_buffer(bytes, len);
    size_t n = bytebuf_composite_count(buf);
    size_t position = draw(m, n + 1);
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

static void op_remove_component(struct model *m, struct bytebuf *buf)
{
    if (!(buf->flags & BYTEBUF_COMPOSITE) || bytebuf_composite_count(buf) == 0)
        return;
    size_t n = bytebuf_composite_count(buf), position = draw(m, n);
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

static const struct {
    const char *name;
    op_fn *run;
} ops[] = {
    {"write_bytes", op_write_bytes},
    {"write_bytes", op_write_bytes},
    {"read_bytes", op_read_bytes},
    {"set_get_int", op_set_get_int},
    {"write_read_int", op_write_read_int},
    {"write_read_int", op_write_read_int},
    {"skip", op_skip},
    {"set_indexes", op_set_indexes},
    {"clear", op_clear},
    {"mark", op_mark},
    {"reset", op_reset},
    {"discard", op_discard},
    {"discard_some", op_discard_some},
    {"set_capacity", op_set_capacity},
    {"search", op_search},
    {"slice", op_slice},
    {"duplicate", op_duplicate},
    {"copy", op_copy},
    {"iovecs", op_iovecs},
    {"add_component", op_add_component},
    {"remove_component", op_remove_component},
};

static void run_sequence(struct bytebuf *buf, uint64_t seed)
{
    struct model m = {.seed = seed, .state = seed * 2654435761u + 1};

    cr_assert_not_null(buf);
    m.cap = bytebuf_capacity(buf);
    bytebuf_set_zero(buf, 0, m.cap);
    for (int i = 0; i < STEPS; i++) {
        size_t op = draw(&m, sizeof(ops) / sizeof(ops[0]));
        m.op = ops[op].name;
        ops[op].run(&m, buf);
        check(&m, buf);
    }
    cr_assert(bytebuf_release(buf), "something else holds it");
}

typedef struct bytebuf *make_fn(void);

static void run_kind(make_fn *make)
{
    const char *extra = getenv("MODEL_SEED");

    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_sequence(make(), seed);
    if (extra)
        run_sequence(make(), strtoull(extra, NULL, 10));
}

static struct bytebuf *make_unpooled_heap(void)
{
    return allocator_buffer_max(&allocator_unpooled, 16, MODEL_MAX);
}

static struct bytebuf *make_unpooled_direct(void)
{
    return allocator_direct_buffer_max(&allocator_unpooled, 16, MODEL_MAX);
}

static struct bytebuf *make_pooled_heap(void)
{
    return allocator_buffer_max(&allocator_pooled, 16, MODEL_MAX);
}

static struct bytebuf *make_pooled_direct(void)
{
    return allocator_direct_buffer_max(&allocator_pooled, 16, MODEL_MAX);
}

/* Its limit is fixed by its kind: the model's is put in its place. */
static struct bytebuf *make_composite(void)
{
    struct bytebuf *buf = bytebuf_composite_new(&allocator_pooled, 24);

    buf->max_capacity = MODEL_MAX;
    return buf;
}

static struct bytebuf *make_small_composite(void)
{
    struct bytebuf *buf = bytebuf_composite_new(&allocator_unpooled, 2);

    buf->max_capacity = MODEL_MAX;
    return buf;
}

Test(bytebuf_model, unpooled_heap)
{
    run_kind(make_unpooled_heap);
}

Test(bytebuf_model, unpooled_direct)
{
    run_kind(make_unpooled_direct);
}

Test(bytebuf_model, pooled_heap)
{
    run_kind(make_pooled_heap);
}

Test(bytebuf_model, pooled_direct)
{
    run_kind(make_pooled_direct);
}

Test(bytebuf_model, composite)
{
    run_kind(make_composite);
}

Test(bytebuf_model, composite_that_consolidates)
{
    run_kind(make_small_composite);
}

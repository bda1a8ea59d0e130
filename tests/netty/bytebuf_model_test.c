/*
 * ByteBuf against a plain array: random sequences of operations are done to
 * both, and after each one all indexes and bytes must agree.
 *
 * Every kind of buffer takes the same sequences. MODEL_SEED=N in the
 * environment adds the sequence of that seed; a failure prints its seed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "tests/netty/bytebuf_model.h"

enum {
    STEPS = 6000, /* operations in a sequence */
    SEEDS = 6,    /* sequences for each kind */
};

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

static const struct {
    const char *name;
    model_op_fn *run;
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
        size_t op = model_draw(&m, sizeof(ops) / sizeof(ops[0]));
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

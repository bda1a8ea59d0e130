/*
 * ByteBuf: indexes, bounds, growth, life. Netty's AbstractByteBufTest.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "tests/netty/expect_misuse.h"

#define assert_indexes(buf, r, w)                                              \
    do {                                                                       \
        cr_assert_eq(bytebuf_reader_index(buf), (r));                          \
        cr_assert_eq(bytebuf_writer_index(buf), (w));                          \
    } while (0)

static struct bytebuf *new_buffer(size_t capacity)
{
    struct bytebuf *buf = allocator_buffer(&allocator_unpooled, capacity);

    cr_assert_not_null(buf);
    return buf;
}

Test(bytebuf, starts_empty_with_one_reference)
{
    struct bytebuf *buf = new_buffer(10);

    assert_indexes(buf, 0, 0);
    cr_assert_eq(bytebuf_capacity(buf), 10);
    cr_assert_eq(bytebuf_max_capacity(buf), BYTEBUF_MAX_CAPACITY);
    cr_assert_eq(bytebuf_ref_count(buf), 1);
    cr_assert_not(bytebuf_is_readable(buf));
    cr_assert_eq(bytebuf_writable_bytes(buf), 10);
    cr_assert(bytebuf_release(buf));
}

Test(bytebuf, keeps_the_order_of_its_indexes)
{
    struct bytebuf *buf = new_buffer(10);

    bytebuf_set_indexes(buf, 3, 7);
    assert_indexes(buf, 3, 7);
    expect_misuse(bytebuf_set_reader_index(buf, 8), "reader_index = 8 breaks");
    expect_misuse(bytebuf_set_writer_index(buf, 2), "writer_index = 2 breaks");
    expect_misuse(bytebuf_set_writer_index(buf, 11),
                  "writer_index = 11 breaks");
    expect_misuse(bytebuf_set_indexes(buf, 6, 5), "reader_index = 6 breaks");
    expect_misuse(bytebuf_set_indexes(buf, 0, 11), "writer_index = 11 breaks");
    expect_misuse(bytebuf_advance_writer(buf, 4), "writer_index = 11 breaks");
    assert_indexes(buf, 3, 7);
    bytebuf_clear(buf);
    assert_indexes(buf, 0, 0);
    bytebuf_release(buf);
}

Test(bytebuf, refuses_access_out_of_bounds)
{
    struct bytebuf *buf = new_buffer(10);
    char bytes[16] = {0};

    bytebuf_write_bytes(buf, "abcd", 4);
    expect_misuse(bytebuf_get_int(buf, 7), "4 bytes at index 7 are out of");
    expect_misuse(bytebuf_set_long(buf, 3, 0), "8 bytes at index 3 are out of");
    expect_misuse(bytebuf_get_byte(buf, 10), "1 bytes at index 10 are out of");
    expect_misuse(bytebuf_get_byte(buf, SIZE_MAX), "are out of bounds");
    expect_misuse(bytebuf_get_bytes(buf, 1, bytes, SIZE_MAX), "out of bounds");
    expect_misuse(bytebuf_set_bytes(buf, 0, bytes, 11), "out of bounds");
    expect_misuse(bytebuf_set_zero(buf, 11, 0), "out of bounds");
    expect_misuse(bytebuf_slice(buf, 8, 3), "out of bounds");
    expect_misuse(bytebuf_read_long(buf), "8 bytes are read, but 4 are");
    expect_misuse(bytebuf_read_bytes(buf, bytes, 5), "5 bytes are read, but");
    expect_misuse(bytebuf_skip_bytes(buf, 5), "5 bytes are read, but 4");
    expect_misuse(bytebuf_read_slice(buf, 5), "5 bytes are read, but 4");
    assert_indexes(buf, 0, 4);
    (void)bytebuf_get_byte(buf, 9); /* the last one is fine */
    bytebuf_release(buf);
}

Test(bytebuf, refuses_use_after_release)
{
    struct bytebuf *buf = new_buffer(10);
    struct bytebuf *slice = bytebuf_slice(buf, 0, 4);

    cr_assert(bytebuf_release(buf));
    expect_misuse(bytebuf_read_byte(buf), "used after release, at tests/");
    expect_misuse(bytebuf_write_byte(buf, 1), "used after release");
    expect_misuse(bytebuf_get_byte(buf, 0), "used after release");
    expect_misuse(bytebuf_set_int(buf, 0, 1), "used after release");
    expect_misuse(bytebuf_write_bytes(buf, "x", 1), "used after release");
    expect_misuse(bytebuf_readable(buf), "used after release");
    expect_misuse(bytebuf_clear(buf), "used after release");
    expect_misuse(bytebuf_slice(buf, 0, 0), "used after release");
    expect_misuse(bytebuf_retained_duplicate(buf), "used after release");
    expect_misuse(bytebuf_ensure_writable(buf, 1), "used after release");
    expect_misuse(bytebuf_get_byte(slice, 0), "used after release");
}

Test(bytebuf, grows_by_powers_of_two_then_by_steps)
{
    const size_t mib = 1 << 20;
    static const size_t cases[][2] = {
        {0, 64},
        {1, 64},
        {64, 64},
        {65, 128},
        {200, 256},
        {256, 256},
        {4097, 8192},
        {4194303, 4194304},
        {4194304, 4194304},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_assert_eq(allocator_calculate_new_capacity(cases[i][0],
                                                      BYTEBUF_MAX_CAPACITY),
                     cases[i][1], "for %zu", cases[i][0]);
    cr_assert_eq(allocator_calculate_new_capacity(4 * mib + 1,
                                                  BYTEBUF_MAX_CAPACITY),
                 8 * mib);
    cr_assert_eq(allocator_calculate_new_capacity(9 * mib,
                                                  BYTEBUF_MAX_CAPACITY),
                 12 * mib);
    cr_assert_eq(allocator_calculate_new_capacity(100, 120), 120);
    cr_assert_eq(allocator_calculate_new_capacity(BYTEBUF_MAX_CAPACITY,
                                                  BYTEBUF_MAX_CAPACITY),
                 BYTEBUF_MAX_CAPACITY);
    cr_assert_eq(allocator_calculate_new_capacity(5 * mib, 5 * mib), 5 * mib);
    expect_misuse(allocator_calculate_new_capacity(11, 10),
                  "a capacity of 11 was asked for, the maximum is 10");
}

Test(bytebuf, grows_when_written_to)
{
    static const int flags[] = {0, BYTEBUF_DIRECT};
    unsigned char bytes[5000];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    for (size_t k = 0; k < 2; k++) {
        struct bytebuf *buf =
            allocator_buffer_at(&allocator_unpooled, 10, BYTEBUF_MAX_CAPACITY,
                                flags[k], REFERENCE_HERE);
        for (size_t i = 0; i < 100; i++)
            cr_assert_eq(bytebuf_write_bytes(buf, bytes, sizeof(bytes)), 0);
        for (size_t i = 0; i < 100; i++)
            cr_assert_arr_eq(bytebuf_address(buf, i * sizeof(bytes), 5000),
                             bytes, sizeof(bytes));
        cr_assert_eq(bytebuf_capacity(buf), 524288);
        bytebuf_release(buf);
    }
}

Test(bytebuf, does_not_grow_past_its_maximum)
{
    struct bytebuf *buf = allocator_buffer_max(&allocator_unpooled, 4, 8);

    cr_assert_eq(bytebuf_write_bytes(buf, "123456", 6), 0);
    cr_assert_eq(bytebuf_capacity(buf), 8);
    cr_assert_eq(bytebuf_max_writable_bytes(buf), 2);
    cr_assert_eq(bytebuf_write_bytes(buf, "789", 3), -ENOBUFS);
    cr_assert_eq(bytebuf_write_int(buf, 1), -ENOBUFS);
    cr_assert_eq(bytebuf_write_zero(buf, 3), -ENOBUFS);
    cr_assert_eq(bytebuf_write_format(buf, "%d", 789), -ENOBUFS);
    cr_assert_eq(bytebuf_ensure_writable(buf, 3), -ENOBUFS);
    cr_assert_eq(bytebuf_ensure_writable(buf, SIZE_MAX), -ENOBUFS);
    errno = 0;
    cr_assert_null(bytebuf_writable(buf, 3));
    cr_assert_eq(errno, ENOBUFS);
    cr_assert(bytebuf_equals_bytes(buf, "123456", 6));
    cr_assert_eq(bytebuf_write_bytes(buf, "78", 2), 0);
    expect_misuse(bytebuf_set_capacity(buf, 9), "a capacity of 9 is above");
    bytebuf_release(buf);
    expect_misuse(allocator_buffer_max(&allocator_pooled, 9, 8),
                  "a buffer of 9 that may grow to 8");
}

Test(bytebuf, marks_and_resets)
{
    struct bytebuf *buf = new_buffer(16);

    bytebuf_write_bytes(buf, "0123456789", 10);
    bytebuf_skip_bytes(buf, 4);
    bytebuf_mark_reader_index(buf);
    bytebuf_mark_writer_index(buf);
    bytebuf_skip_bytes(buf, 3);
    bytebuf_write_byte(buf, 'x');
    bytebuf_reset_reader_index(buf);
    assert_indexes(buf, 4, 11);
    bytebuf_reset_writer_index(buf);
    assert_indexes(buf, 4, 10);
    bytebuf_skip_bytes(buf, 2);
    bytebuf_discard_read_bytes(buf); /* 6 bytes: the marks move along */
    assert_indexes(buf, 0, 4);
    bytebuf_reset_reader_index(buf);
    bytebuf_reset_writer_index(buf);
    assert_indexes(buf, 0, 4);
    cr_assert(bytebuf_equals_bytes(buf, "6789", 4));
    bytebuf_clear(buf);
    bytebuf_mark_writer_index(buf);
    bytebuf_write_bytes(buf, "ab", 2);
    bytebuf_skip_bytes(buf, 1);
    expect_misuse(bytebuf_reset_writer_index(buf), "writer_index = 0 breaks");
    bytebuf_release(buf);
}

Test(bytebuf, discards_some_only_when_it_pays)
{
    struct bytebuf *buf = new_buffer(16);

    bytebuf_write_bytes(buf, "0123456789abcdef", 16);
    bytebuf_skip_bytes(buf, 7);
    bytebuf_discard_some_read_bytes(buf);
    assert_indexes(buf, 7, 16);
    bytebuf_skip_bytes(buf, 1);
    bytebuf_discard_some_read_bytes(buf);
    assert_indexes(buf, 0, 8);
    cr_assert(bytebuf_equals_bytes(buf, "89abcdef", 8));
    bytebuf_release(buf);
}

Test(bytebuf, cuts_its_indexes_with_its_capacity)
{
    struct bytebuf *buf = new_buffer(16);

    bytebuf_set_indexes(buf, 10, 14);
    cr_assert_eq(bytebuf_set_capacity(buf, 12), 0);
    assert_indexes(buf, 10, 12);
    cr_assert_eq(bytebuf_set_capacity(buf, 4), 0);
    assert_indexes(buf, 4, 4);
    cr_assert_eq(bytebuf_set_capacity(buf, 100), 0);
    cr_assert_eq(bytebuf_capacity(buf), 100);
    assert_indexes(buf, 4, 4);
    bytebuf_release(buf);
}

static void count_gone(void *memory, void *arg)
{
    cr_assert_eq(*(char *)memory, 'W');
    ++*(int *)arg;
}

Test(bytebuf, wraps_memory_of_others)
{
    char bytes[] = "wrapped";
    int gone = 0;
    struct bytebuf *buf = unpooled_wrapped_buffer(bytes, 7, count_gone, &gone);

    cr_assert_eq((const char *)bytebuf_readable(buf), bytes);
    cr_assert_eq(bytebuf_write_byte(buf, '!'), -ENOBUFS);
    bytebuf_set_byte(buf, 0, 'W');
    cr_assert_eq(bytes[0], 'W');
    cr_assert_eq(bytebuf_set_capacity(buf, 3), 0);
    cr_assert(bytebuf_equals_bytes(buf, "Wra", 3));

    struct bytebuf *slice = bytebuf_retained_slice(buf, 1, 2);
    bytebuf_release(buf);
    cr_assert_eq(gone, 0);
    bytebuf_release(slice);
    cr_assert_eq(gone, 1);
    buf = unpooled_wrapped_buffer(NULL, 0, NULL, NULL);
    cr_assert_not(bytebuf_is_readable(buf));
    cr_assert(bytebuf_has_memory(buf));
    bytebuf_release(buf);
}

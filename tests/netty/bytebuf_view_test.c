/*
 * Slices and duplicates. Netty's RetainedSlicedByteBufTest, DuplicatedByteBuf-
 * Test, ReadOnlyByteBufTest and ByteBufDerivationTest.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "tests/netty/expect_misuse.h"

static struct bytebuf *digits(void)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 16);

    bytebuf_write_string(buf, "0123456789");
    return buf;
}

Test(bytebuf_view, a_slice_has_its_own_indexes_and_the_same_bytes)
{
    struct bytebuf *buf = digits();
    struct bytebuf *slice = bytebuf_slice(buf, 2, 5);

    cr_assert(bytebuf_equals_bytes(slice, "23456", 5));
    cr_assert_eq(bytebuf_readable(slice), bytebuf_readable(buf) + 2);
    cr_assert_eq(bytebuf_unwrap(slice), buf);
    bytebuf_set_byte(slice, 0, 'x');
    cr_assert_eq(bytebuf_get_byte(buf, 2), 'x');
    bytebuf_skip_bytes(slice, 3);
    cr_assert_eq(bytebuf_reader_index(buf), 0);
    cr_assert_eq(bytebuf_max_capacity(slice), 5);
    cr_assert_eq(bytebuf_write_byte(slice, 1), -ENOBUFS);
    expect_misuse(bytebuf_set_capacity(slice, 3),
                  "a slice's capacity is fixed");
    expect_misuse(bytebuf_get_byte(slice, 5), "out of bounds");
    bytebuf_release(buf);
}

Test(bytebuf_view, a_slice_shares_the_count)
{
    struct bytebuf *buf = digits();
    struct bytebuf *slice = bytebuf_slice(buf, 2, 5);

    cr_assert_eq(bytebuf_ref_count(buf), 1);
    bytebuf_retain(slice);
    cr_assert_eq(bytebuf_ref_count(buf), 2);
    cr_assert_not(bytebuf_release(buf));
    cr_assert(bytebuf_equals_bytes(slice, "23456", 5));
    cr_assert(bytebuf_release(slice));
    cr_assert_eq(bytebuf_ref_count(buf), 0);
    expect_misuse(bytebuf_get_byte(slice, 0), "used after release");
}

Test(bytebuf_view, a_retained_slice_counts_by_itself)
{
    struct bytebuf *buf = digits();
    struct bytebuf *slice = bytebuf_retained_slice(buf, 2, 5);

    cr_assert_eq(bytebuf_ref_count(buf), 2);
    cr_assert_eq(bytebuf_ref_count(slice), 1);
    bytebuf_retain(slice);
    cr_assert_eq(bytebuf_ref_count(slice), 2);
    cr_assert_eq(bytebuf_ref_count(buf), 2);
    cr_assert_not(bytebuf_release(slice));
    cr_assert_not(bytebuf_release(buf));
    cr_assert_eq(bytebuf_ref_count(buf), 1);
    cr_assert(bytebuf_equals_bytes(slice, "23456", 5));
    cr_assert(bytebuf_release(slice));
    cr_assert_eq(bytebuf_ref_count(buf), 0);
}

Test(bytebuf_view, views_of_views_hold_what_they_were_made_of)
{
    struct bytebuf *buf = digits();
    struct bytebuf *outer = bytebuf_retained_slice(buf, 2, 6);
    struct bytebuf *inner = bytebuf_retained_slice(outer, 1, 3);
    struct bytebuf *shared = bytebuf_slice(inner, 1, 1);

    cr_assert(bytebuf_equals_bytes(inner, "345", 3));
    cr_assert(bytebuf_equals_bytes(shared, "4", 1));
    cr_assert_eq(bytebuf_ref_count(outer), 2);
    cr_assert_eq(bytebuf_ref_count(buf), 2);
    cr_assert_not(bytebuf_release(outer));
    cr_assert_not(bytebuf_release(buf));
    cr_assert(bytebuf_equals_bytes(inner, "345", 3));
    cr_assert_eq(bytebuf_unwrap(inner), buf);
    cr_assert(bytebuf_release(shared)); /* inner's count */
    cr_assert_eq(bytebuf_ref_count(buf), 0);
}

Test(bytebuf_view, reads_slices)
{
    struct bytebuf *buf = digits();
    struct bytebuf *first = bytebuf_read_slice(buf, 3);
    struct bytebuf *second = bytebuf_read_retained_slice(buf, 4);

    cr_assert(bytebuf_equals_bytes(first, "012", 3));
    cr_assert(bytebuf_equals_bytes(second, "3456", 4));
    cr_assert(bytebuf_equals_bytes(buf, "789", 3));
    bytebuf_release(second);
    cr_assert(bytebuf_release(buf));
}

Test(bytebuf_view, a_duplicate_grows_with_its_root)
{
    struct bytebuf *buf = digits();
    struct bytebuf *twin = bytebuf_duplicate(buf);

    bytebuf_skip_bytes(buf, 4);
    cr_assert_eq(bytebuf_reader_index(twin), 0);
    cr_assert_eq(bytebuf_write_zero(buf, 1000), 0);
    cr_assert_eq(bytebuf_capacity(twin), bytebuf_capacity(buf));
    cr_assert(bytebuf_equals_bytes(twin, "0123456789", 10));
    cr_assert_eq(bytebuf_set_capacity(twin, 6), 0);
    cr_assert_eq(bytebuf_capacity(buf), 6);
    cr_assert_eq(bytebuf_writer_index(buf), 6);
    cr_assert_eq(bytebuf_writer_index(twin), 6);
    bytebuf_release(buf);
}

Test(bytebuf_view, a_duplicate_of_a_slice_sees_no_more_than_the_slice)
{
    struct bytebuf *buf = digits();
    struct bytebuf *slice = bytebuf_slice(buf, 2, 5);

    bytebuf_skip_bytes(slice, 1);
    struct bytebuf *twin = bytebuf_duplicate(slice);
    cr_assert(bytebuf_equals_bytes(twin, "3456", 4));
    cr_assert_eq(bytebuf_capacity(twin), 5);
    cr_assert_eq(bytebuf_get_byte(twin, 0), '2');
    cr_assert_eq(bytebuf_write_byte(twin, 0), -ENOBUFS);
    bytebuf_release(buf);
}

/* The mistake of netty #1461: one buffer for all receivers shares its reader
 * index; retained duplicates do not. */
Test(bytebuf_view, broadcasting_takes_a_duplicate_for_each_receiver)
{
    struct bytebuf *buf = digits();
    struct bytebuf *receivers[3];

    for (int i = 0; i < 3; i++)
        receivers[i] = bytebuf_retained_duplicate(buf);
    bytebuf_release(buf);
    for (int i = 0; i < 3; i++) {
        cr_assert(bytebuf_equals_bytes(receivers[i], "0123456789", 10));
        bytebuf_skip_bytes(receivers[i], 10);
        cr_assert(bytebuf_release(receivers[i]));
    }
    cr_assert_eq(bytebuf_ref_count(buf), 0);
}

Test(bytebuf_view, a_read_only_view_refuses_writing)
{
    struct bytebuf *buf = digits();
    struct bytebuf *view = bytebuf_as_read_only(buf);
    struct bytebuf *slice = bytebuf_slice(view, 1, 2);
    const char text[] = "a read-only buffer is written to, made at tests/";

    cr_assert(bytebuf_is_read_only(view));
    cr_assert_not(bytebuf_is_read_only(buf));
    cr_assert(bytebuf_is_read_only(slice));
    cr_assert_eq(bytebuf_writable_bytes(view), 0);
    cr_assert_eq(bytebuf_max_writable_bytes(view), 0);
    cr_assert(bytebuf_equals_bytes(view, "0123456789", 10));
    expect_misuse(bytebuf_set_byte(view, 0, 1), text);
    expect_misuse(bytebuf_write_byte(view, 1), text);
    expect_misuse(bytebuf_write_bytes(view, "x", 1), text);
    expect_misuse(bytebuf_set_bytes(view, 0, "x", 1), text);
    expect_misuse(bytebuf_set_zero(view, 0, 1), text);
    expect_misuse(bytebuf_write_string(view, "x"), text);
    expect_misuse(bytebuf_writable(view, 1), text);
    expect_misuse(bytebuf_discard_read_bytes(view), text);
    expect_misuse(bytebuf_set_capacity(view, 5), text);
    expect_misuse(bytebuf_set_int(slice, 0, 1), "out of bounds");
    expect_misuse(bytebuf_set_byte(slice, 0, 1), text);
    bytebuf_set_byte(buf, 0, 'x'); /* the root may still be written to */
    cr_assert_eq(bytebuf_read_byte(view), 'x');

    struct bytebuf *copy = bytebuf_copy(view, 0, 4);
    bytebuf_set_byte(copy, 0, 'y'); /* and so may a copy */
    bytebuf_release(copy);
    bytebuf_release(buf);
}

Test(bytebuf_view, survives_the_growth_of_a_root_that_moves)
{
    struct bytebuf *buf = allocator_buffer(&allocator_unpooled, 8);
    struct bytebuf *slice;

    bytebuf_write_string(buf, "abcdefgh");
    slice = bytebuf_retained_slice(buf, 2, 3);
    for (int i = 0; i < 12; i++)
        cr_assert_eq(bytebuf_set_capacity(buf, bytebuf_capacity(buf) * 4), 0);
    cr_assert(bytebuf_equals_bytes(slice, "cde", 3));
    /* A root cut short keeps its memory: the view stays sound. */
    cr_assert_eq(bytebuf_set_capacity(buf, 1), 0);
    cr_assert(bytebuf_equals_bytes(slice, "cde", 3));
    bytebuf_release(slice);
    bytebuf_release(buf);
}

/* A composite gives memory up when cut: there, the view is refused. */
Test(bytebuf_view, of_a_composite_cut_short_is_refused)
{
    struct bytebuf *buf = bytebuf_composite_new(&allocator_unpooled, 4);
    struct bytebuf *slice;

    bytebuf_composite_add(buf, true, unpooled_copied_buffer("abc", 3));
    bytebuf_composite_add(buf, true, unpooled_copied_buffer("def", 3));
    slice = bytebuf_retained_slice(buf, 2, 3);
    cr_assert(bytebuf_equals_bytes(slice, "cde", 3));
    cr_assert_not(bytebuf_has_memory(slice));
    cr_assert_null(bytebuf_readable(slice));
    bytebuf_composite_remove(buf, 1, 1);
    expect_misuse(bytebuf_get_short(slice, 0), "2 bytes at index 2 are out of");
    cr_assert_eq(bytebuf_get_byte(slice, 0), 'c');
    bytebuf_release(slice);
    bytebuf_release(buf);
}

/*
 * Composites. Netty's AbstractCompositeByteBufTest.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "tests/netty/expect_misuse.h"

static struct bytebuf *part(const char *text)
{
    return unpooled_copied_buffer(text, strlen(text));
}

static struct bytebuf *of_three(void)
{
    struct bytebuf *parts[] = {part("abc"), part("defg"), part("hi")};

    return unpooled_wrapped_buffers(parts, 3);
}

Test(bytebuf_composite, reads_as_one_without_copying)
{
    struct bytebuf *header = part("head"), *body = part("xbody");
    struct bytebuf *whole = bytebuf_composite_new(&allocator_pooled, 16);
    struct iovec iov[4];
    size_t covered;

    bytebuf_skip_bytes(body, 1); /* only what is readable is added */
    cr_assert_eq(bytebuf_composite_add(whole, true, header), 0);
    cr_assert_eq(bytebuf_composite_add(whole, true, body), 0);
    cr_assert(bytebuf_equals_bytes(whole, "headbody", 8));
    cr_assert_eq(bytebuf_iovec_count(whole), 2);
    cr_assert_eq(bytebuf_iovecs(whole, 0, 8, iov, 4, &covered), 2);
    cr_assert_eq(covered, 8);
    cr_assert_eq(iov[0].iov_base, header->memory);
    cr_assert_eq(iov[1].iov_base, body->memory + 1);
    cr_assert_eq(bytebuf_iovecs(whole, 2, 6, iov, 1, &covered), 1);
    cr_assert_eq(covered, 2);
    cr_assert_null(bytebuf_readable(whole));
    cr_assert_eq(bytebuf_address(whole, 4, 4), body->memory + 1);
    cr_assert_null(bytebuf_writable(whole, 1));
    bytebuf_release(whole);
}

Test(bytebuf_composite, forgetting_to_move_the_writer_index_shows_nothing)
{
    struct bytebuf *whole = bytebuf_composite_new(&allocator_pooled, 16);

    cr_assert_eq(bytebuf_composite_add(whole, false, part("abc")), 0);
    cr_assert_eq(bytebuf_capacity(whole), 3);
    cr_assert_eq(bytebuf_readable_bytes(whole), 0);
    cr_assert_eq(bytebuf_get_byte(whole, 1), 'b');
    bytebuf_set_writer_index(whole, 3);
    cr_assert(bytebuf_equals_bytes(whole, "abc", 3));
    bytebuf_release(whole);
}

Test(bytebuf_composite, owns_its_components)
{
    struct bytebuf *a = part("a"), *b = part("b"), *c = part("c");
    struct bytebuf *whole = bytebuf_composite_new(&allocator_pooled, 16);

    bytebuf_retain(a);
    bytebuf_retain(b);
    bytebuf_retain(c);
    bytebuf_composite_add(whole, true, a);
    bytebuf_composite_add(whole, true, b);
    bytebuf_composite_add(whole, true, c);
    bytebuf_composite_remove(whole, 0, 1);
    cr_assert_eq(bytebuf_ref_count(a), 1); /* removed */
    cr_assert_eq(bytebuf_set_capacity(whole, 1), 0);
    cr_assert_eq(bytebuf_ref_count(c), 1); /* cut off */
    cr_assert_eq(bytebuf_ref_count(b), 2);
    bytebuf_release(whole);
    cr_assert_eq(bytebuf_ref_count(b), 1); /* died with it */
    bytebuf_release(a);
    bytebuf_release(b);
    bytebuf_release(c);
}

static char some_bytes[1];

/* 2^31 - 1 bytes are the most: the second one is refused, and released. */
Test(bytebuf_composite, owns_a_component_even_when_adding_fails)
{
    struct bytebuf *whole = bytebuf_composite_new(&allocator_pooled, 16);
    struct bytebuf *vast =
        unpooled_wrapped_buffer(some_bytes, BYTEBUF_MAX_CAPACITY, NULL,
                                NULL); /* never looked at */
    struct bytebuf *one = part("x");

    cr_assert_eq(bytebuf_composite_add(whole, true, vast), 0);
    bytebuf_retain(one);
    cr_assert_eq(bytebuf_composite_add(whole, true, one), -ENOBUFS);
    cr_assert_eq(bytebuf_ref_count(one), 1);
    cr_assert_eq(bytebuf_composite_count(whole), 1);
    cr_assert_eq(bytebuf_capacity(whole), BYTEBUF_MAX_CAPACITY);
    bytebuf_release(one);
    bytebuf_release(whole);
}

Test(bytebuf_composite, finds_components)
{
    struct bytebuf *whole = of_three();

    cr_assert_eq(bytebuf_composite_count(whole), 3);
    cr_assert_eq(bytebuf_composite_position(whole, 2), 0);
    cr_assert_eq(bytebuf_composite_position(whole, 3), 1);
    cr_assert_eq(bytebuf_composite_position(whole, 8), 2);
    cr_assert_eq(bytebuf_composite_start(whole, 2), 7);
    cr_assert(
        bytebuf_equals_bytes(bytebuf_composite_component(whole, 1), "defg", 4));
    expect_misuse(bytebuf_composite_position(whole, 9), "out of bounds");
    expect_misuse(bytebuf_composite_start(whole, 3), "component 3 of 3");
    expect_misuse(bytebuf_composite_component(whole, 3), "component 3 of 3");
    expect_misuse(bytebuf_composite_remove(whole, 2, 2), "component 3 of 3");
    expect_misuse(bytebuf_composite_insert(whole, 4, true, whole),
                  "position 4 of 3");
    expect_misuse(bytebuf_composite_count(
                      bytebuf_composite_component(whole, 0)),
                  "given a buffer that is none");
    expect_misuse(bytebuf_composite_new(&allocator_pooled, 0), "max = 0");
    bytebuf_release(whole);
}

Test(bytebuf_composite, inserts_and_removes)
{
    struct bytebuf *whole = of_three();

    cr_assert_eq(bytebuf_composite_insert(whole, 1, true, part("--")), 0);
    cr_assert(bytebuf_equals_bytes(whole, "abc--defghi", 11));
    bytebuf_skip_bytes(whole, 4);
    bytebuf_composite_remove(whole, 1, 2); /* the reader was within */
    cr_assert_eq(bytebuf_reader_index(whole), 3);
    cr_assert(bytebuf_equals_bytes(whole, "hi", 2));
    bytebuf_release(whole);
}

Test(bytebuf_composite, consolidates)
{
    struct bytebuf *whole = of_three();

    cr_assert_eq(bytebuf_composite_consolidate(whole, 1, 2), 0);
    cr_assert_eq(bytebuf_composite_count(whole), 2);
    cr_assert(bytebuf_equals_bytes(whole, "abcdefghi", 9));
    cr_assert_not_null(bytebuf_address(whole, 3, 6));
    bytebuf_release(whole);

    whole = bytebuf_composite_new(&allocator_pooled, 4);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(bytebuf_composite_count(whole), i);
        bytebuf_composite_add(whole, true, part("ab"));
    }
    cr_assert_eq(bytebuf_composite_count(whole), 1);
    cr_assert(bytebuf_equals_bytes(whole, "ababababab", 10));
    bytebuf_release(whole);
}

Test(bytebuf_composite, gives_up_what_was_read)
{
    struct bytebuf *whole = of_three();

    bytebuf_skip_bytes(whole, 5);
    bytebuf_composite_discard_read(whole);
    cr_assert_eq(bytebuf_composite_count(whole), 2);
    cr_assert_eq(bytebuf_reader_index(whole), 2);
    cr_assert(bytebuf_equals_bytes(whole, "fghi", 4));
    bytebuf_discard_read_bytes(whole);
    cr_assert_eq(bytebuf_reader_index(whole), 0);
    cr_assert_eq(bytebuf_capacity(whole), 4);
    cr_assert(bytebuf_equals_bytes(whole, "fghi", 4));
    bytebuf_release(whole);
}

Test(bytebuf_composite, grows_by_padding)
{
    struct bytebuf *whole = of_three();

    cr_assert_eq(bytebuf_write_string(whole, "jklm"), 0);
    cr_assert(bytebuf_equals_bytes(whole, "abcdefghijklm", 13));
    cr_assert_eq(bytebuf_capacity(whole), 64);
    cr_assert_eq(bytebuf_set_capacity(whole, 5), 0);
    cr_assert(bytebuf_equals_bytes(whole, "abcde", 5));
    cr_assert_eq(bytebuf_set_capacity(whole, 0), 0);
    cr_assert_eq(bytebuf_composite_count(whole), 0);
    bytebuf_release(whole);
}

Test(bytebuf_composite, nests)
{
    struct bytebuf *outer = bytebuf_composite_new(&allocator_pooled, 16);
    struct bytebuf *inner = of_three();
    struct bytebuf *slice = bytebuf_retained_slice(inner, 2, 3);

    bytebuf_composite_add(outer, true, inner);
    bytebuf_composite_add(outer, true, slice);
    bytebuf_composite_add(outer, true, part(""));
    bytebuf_composite_add(outer, true, part("!"));
    cr_assert(bytebuf_equals_bytes(outer, "abcdefghicde!", 13));
    cr_assert_eq(bytebuf_iovec_count(outer), 6);
    cr_assert_eq(bytebuf_search(outer, 0, 13, "hicde", 5), 7);
    bytebuf_release(outer);
    cr_assert_eq(bytebuf_ref_count(inner), 0);
}

/*
 * Runs of bytes in a ByteBuf: copying, searching, comparing. Netty's
 * AbstractByteBufTest.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"
#include "tests/netty/expect_misuse.h"

static struct bytebuf *new_buffer(size_t capacity)
{
    struct bytebuf *buf = allocator_buffer(&allocator_unpooled, capacity);

    cr_assert_not_null(buf);
    return buf;
}

Test(bytebuf_bytes, writes_strings_and_formats)
{
    struct bytebuf *buf = new_buffer(0);
    char *expected = NULL;

    cr_assert_eq(bytebuf_write_string(buf, "one "), 0);
    cr_assert_eq(bytebuf_write_format(buf, "%d %s", 2, "three"), 0);
    cr_assert(bytebuf_equals_bytes(buf, "one 2 three", 11));
    bytebuf_clear(buf);
    cr_assert_eq(bytebuf_write_format(buf, "%2000d", 7), 0);
    cr_assert_gt(asprintf(&expected, "%2000d", 7), 0);
    cr_assert(bytebuf_equals_bytes(buf, expected, 2000));
    free(expected);
    bytebuf_release(buf);
}

Test(bytebuf_bytes, lets_others_fill_its_memory)
{
    struct bytebuf *buf = new_buffer(0);
    char *room = bytebuf_writable(buf, 100);

    cr_assert_not_null(room);
    memcpy(room, "from recv", 9);
    bytebuf_advance_writer(buf, 9);
    cr_assert(bytebuf_equals_bytes(buf, "from recv", 9));
    cr_assert_eq((const char *)bytebuf_readable(buf), room);
    bytebuf_release(buf);
}

Test(bytebuf_bytes, moves_bytes_between_buffers)
{
    struct bytebuf *from = unpooled_copied_buffer("0123456789", 10);
    struct bytebuf *to = new_buffer(0);

    bytebuf_skip_bytes(from, 2);
    cr_assert_eq(bytebuf_write_buffer(to, from, 5), 0);
    cr_assert(bytebuf_equals_bytes(to, "23456", 5));
    cr_assert(bytebuf_equals_bytes(from, "789", 3));
    expect_misuse(bytebuf_write_buffer(to, from, 4), "4 bytes are read, but 3");
    bytebuf_release(from);
    bytebuf_release(to);
}

static bool until_c(unsigned char value, void *arg)
{
    ++*(int *)arg;
    return value != 'c';
}

Test(bytebuf_bytes, searches)
{
    struct bytebuf *buf = unpooled_copied_buffer("abcabcabd\r\n", 11);
    int visited = 0;

    cr_assert_eq(bytebuf_index_of(buf, 0, 11, 'c'), 2);
    cr_assert_eq(bytebuf_index_of(buf, 3, 11, 'c'), 5);
    cr_assert_eq(bytebuf_index_of(buf, 6, 11, 'c'), -1);
    cr_assert_eq(bytebuf_index_of(buf, 11, 0, 'c'), 5);
    cr_assert_eq(bytebuf_index_of(buf, 5, 0, 'c'), 2);
    cr_assert_eq(bytebuf_index_of(buf, 4, 4, 'a'), -1);
    cr_assert_eq(bytebuf_search(buf, 0, 11, "abd", 3), 6);
    cr_assert_eq(bytebuf_search(buf, 0, 8, "abd", 3), -1);
    cr_assert_eq(bytebuf_search(buf, 2, 11, "", 0), 2);
    cr_assert_eq(bytebuf_search(buf, 0, 11, "abcabcabd\r\nx", 12), -1);
    cr_assert_eq(bytebuf_search(buf, 0, 9, "abcabd", 6), 3); /* overlapping */
    bytebuf_skip_bytes(buf, 1);
    cr_assert_eq(bytebuf_bytes_before(buf, '\n'), 9);
    cr_assert_eq(bytebuf_bytes_before(buf, 'x'), -1);
    cr_assert_eq(bytebuf_for_each_byte(buf, 3, 8, until_c, &visited), 5);
    cr_assert_eq(visited, 3);
    cr_assert_eq(bytebuf_for_each_byte(buf, 6, 5, until_c, &visited), -1);
    expect_misuse(bytebuf_index_of(buf, 0, 12, 'x'), "out of bounds");
    bytebuf_release(buf);
}

Test(bytebuf_bytes, compares_readable_bytes)
{
    struct bytebuf *a = unpooled_copied_buffer("xabc", 4);
    struct bytebuf *b = unpooled_copied_buffer("abcd", 4);

    bytebuf_skip_bytes(a, 1);
    cr_assert_lt(bytebuf_compare(a, b), 0);
    cr_assert_gt(bytebuf_compare(b, a), 0);
    cr_assert_not(bytebuf_equals(a, b));
    bytebuf_write_byte(a, 'd');
    cr_assert(bytebuf_equals(a, b));
    cr_assert_eq(bytebuf_compare(a, b), 0);
    bytebuf_set_byte(b, 0, 'b');
    cr_assert_not(bytebuf_equals(a, b));
    cr_assert_not(bytebuf_equals_bytes(a, "abc", 3));
    bytebuf_release(a);
    bytebuf_release(b);
}

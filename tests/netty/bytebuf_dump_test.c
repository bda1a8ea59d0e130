/*
 * bytebuf_dump and bytebuf_describe: what a student sees.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"

static char *dump(const struct bytebuf *buf)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    bytebuf_dump(buf, out);
    fclose(out);
    return text;
}

static void expect_description(const struct bytebuf *buf, const char *expected)
{
    char text[200];

    cr_assert_str_eq(bytebuf_describe(buf, text, sizeof(text)), expected);
}

Test(bytebuf_dump, shows_the_readable_bytes)
{
    static const char expected[] =
        "bytebuf(unpooled heap, r=2 w=20 cap=20 max=2147483647 refs=1)\n"
        "         +-------------------------------------------------+\n"
        "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
        "+--------+-------------------------------------------------"
        "+----------------+\n"
        "|00000000| 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 "
        "|abcdefghijklmnop|\n"
        "|00000010| 0d 0a                                           "
        "|..              |\n"
        "+--------+-------------------------------------------------"
        "+----------------+\n";
    struct bytebuf *buf = unpooled_copied_buffer("--abcdefghijklmnop\r\n", 20);
    char *text;

    bytebuf_skip_bytes(buf, 2);
    text = dump(buf);
    cr_assert_str_eq(text, expected);
    free(text);
    cr_assert_eq(bytebuf_reader_index(buf), 2);
    bytebuf_release(buf);
}

Test(bytebuf_dump, shows_an_empty_buffer_in_one_line)
{
    struct bytebuf *buf = allocator_direct_buffer_max(&allocator_pooled, 8, 9);
    char *text = dump(buf);

    cr_assert_str_eq(text,
                     "bytebuf(pooled direct, r=0 w=0 cap=8 max=9 refs=1)\n");
    free(text);
    bytebuf_release(buf);
}

Test(bytebuf_dump, names_every_kind)
{
    char bytes[4] = "abc";
    struct bytebuf *buf = unpooled_wrapped_buffer(bytes, 3, NULL, NULL);

    expect_description(buf, "bytebuf(wrapped, r=0 w=3 cap=3 max=3 refs=1)");
    expect_description(
        bytebuf_slice(buf, 1, 2),
        "bytebuf(slice at 1 of wrapped, r=0 w=2 cap=2 max=2 refs=1)");
    expect_description(bytebuf_as_read_only(buf),
                       "bytebuf(read-only duplicate of wrapped, r=0 w=3 cap=3 "
                       "max=3 refs=1)");
    bytebuf_release(buf);

    buf = bytebuf_composite_new(&allocator_pooled, 2);
    expect_description(
        buf, "bytebuf(composite, r=0 w=0 cap=0 max=2147483647 refs=1)");
    bytebuf_release(buf);
    char text[200];
    bytebuf_describe(buf, text, sizeof(text));
    cr_assert_not_null(strstr(text, "bytebuf(dead, released at tests/"), "%s",
                       text);
}

/*
 * Integers and floats in a ByteBuf. Netty's AbstractByteBufTest.
 */
#include <criterion/criterion.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"

static struct bytebuf *new_buffer(size_t capacity)
{
    struct bytebuf *buf = allocator_buffer(&allocator_unpooled, capacity);

    cr_assert_not_null(buf);
    return buf;
}

/* All integers, each form, in a plain buffer and across the components of a
 * composite, byte for byte. */
static void check_integers(struct bytebuf *buf)
{
    static const unsigned char expected[] = {
        0x81,                                           /* byte */
        0x82, 0x03, 0x03, 0x82,                         /* short, _le */
        0x84, 0x05, 0x06, 0x06, 0x05, 0x84,             /* medium, _le */
        0x87, 0x08, 0x09, 0x0a, 0x0a, 0x09, 0x08, 0x87, /* int, _le */
        0x8b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, /* long */
        0x12, 0x11, 0x10, 0x0f, 0x0e, 0x0d, 0x0c, 0x8b, /* long_le */
    };
    unsigned char bytes[sizeof(expected)];
    const int64_t value = (int64_t)0x8b0c0d0e0f101112u;

    bytebuf_write_byte(buf, 0x7781); /* the low bits count */
    bytebuf_write_short(buf, 0x8203);
    bytebuf_write_short_le(buf, 0x8203);
    bytebuf_write_medium(buf, 0x99840506);
    bytebuf_write_medium_le(buf, 0x99840506);
    bytebuf_write_int(buf, 0x8708090a);
    bytebuf_write_int_le(buf, 0x8708090a);
    bytebuf_write_long(buf, value);
    bytebuf_write_long_le(buf, value);
    cr_assert_eq(bytebuf_readable_bytes(buf), sizeof(expected));
    bytebuf_get_bytes(buf, 0, bytes, sizeof(bytes));
    cr_assert_arr_eq(bytes, expected, sizeof(expected));

    cr_assert_eq(bytebuf_get_unsigned_byte(buf, 0), 0x81);
    cr_assert_eq(bytebuf_get_unsigned_short(buf, 1), 0x8203);
    cr_assert_eq(bytebuf_get_unsigned_short_le(buf, 3), 0x8203);
    cr_assert_eq(bytebuf_get_unsigned_medium(buf, 5), 0x840506);
    cr_assert_eq(bytebuf_get_unsigned_medium_le(buf, 8), 0x840506);
    cr_assert_eq(bytebuf_get_unsigned_int(buf, 11), 0x8708090a);
    cr_assert_eq(bytebuf_get_unsigned_int_le(buf, 15), 0x8708090a);

    cr_assert_eq(bytebuf_read_byte(buf), -0x7f);
    cr_assert_eq(bytebuf_read_short(buf), (int16_t)0x8203);
    cr_assert_eq(bytebuf_read_short_le(buf), (int16_t)0x8203);
    cr_assert_eq(bytebuf_read_medium(buf), (int32_t)0xff840506);
    cr_assert_eq(bytebuf_read_medium_le(buf), (int32_t)0xff840506);
    cr_assert_eq(bytebuf_read_int(buf), (int32_t)0x8708090a);
    cr_assert_eq(bytebuf_read_int_le(buf), (int32_t)0x8708090a);
    cr_assert_eq(bytebuf_read_long(buf), value);
    cr_assert_eq(bytebuf_read_long_le(buf), value);
    cr_assert_not(bytebuf_is_readable(buf));
}

static void check_floats(struct bytebuf *buf)
{
    bytebuf_clear(buf);
    bytebuf_write_float(buf, 1.5f);
    bytebuf_write_float_le(buf, -2.25f);
    bytebuf_write_double(buf, 1e300);
    bytebuf_write_double_le(buf, -0.1);
    cr_assert_eq(bytebuf_get_int(buf, 0), 0x3fc00000);
    cr_assert_eq(bytebuf_read_float(buf), 1.5f);
    cr_assert_eq(bytebuf_read_float_le(buf), -2.25f);
    cr_assert_eq(bytebuf_read_double(buf), 1e300);
    cr_assert_eq(bytebuf_read_double_le(buf), -0.1);
}

Test(bytebuf_int, integers_in_both_orders)
{
    struct bytebuf *buf = new_buffer(0);

    check_integers(buf);
    check_floats(buf);
    bytebuf_release(buf);
}

Test(bytebuf_int, integers_across_components)
{
    for (size_t piece = 1; piece <= 9; piece++) {
        struct bytebuf *buf = bytebuf_composite_new(&allocator_pooled, 100);
        for (size_t i = 0; i < 48; i += piece) {
            struct bytebuf *part = new_buffer(piece);
            bytebuf_set_writer_index(part, piece);
            cr_assert_eq(bytebuf_composite_add(buf, false, part), 0);
        }
        check_integers(buf);
        check_floats(buf);
        bytebuf_release(buf);
    }
}

/*
 * bytebuf_int - integers and floats in a ByteBuf, in both byte orders.
 *
 * Names are Netty's: get/set at an index, read/write at the reader or writer
 * index, big-endian (network order) unless the name ends in _le:
 *
 *     bytebuf_read_byte            int8_t    bytebuf_write_byte
 *     bytebuf_read_unsigned_byte   uint8_t
 *     bytebuf_read_short[_le]      int16_t   bytebuf_write_short[_le]
 *     bytebuf_read_unsigned_short  uint16_t
 *     bytebuf_read_medium[_le]     int32_t   bytebuf_write_medium[_le]  24 bits
 *     bytebuf_read_unsigned_medium uint32_t
 *     bytebuf_read_int[_le]        int32_t   bytebuf_write_int[_le]
 *     bytebuf_read_unsigned_int    uint32_t
 *     bytebuf_read_long[_le]       int64_t   bytebuf_write_long[_le]
 *     bytebuf_read_float[_le], bytebuf_read_double[_le] and their writes
 *
 * and bytebuf_get_*(buf, index), bytebuf_set_*(buf, index, value). Writing
 * takes an int64_t and keeps the low bits, so that signed and unsigned values
 * need no cast. write_ returns 0 or what bytebuf_ensure_writable does; the
 * others cannot fail but by misuse.
 */
#ifndef NETTY_BYTEBUF_INT_H
#define NETTY_BYTEBUF_INT_H

#include <endian.h>

#include "models/netty/bytebuf.h"

_Noreturn void bytebuf_fail_read_only(const struct bytebuf *buf);

/* `n` is a constant everywhere below: one branch is left of each switch. */

static inline uint64_t bytebuf_load_be(const unsigned char *p, size_t n)
{
    uint16_t v2;
    uint32_t v4;
    uint64_t v8;

    switch (n) {
    case 1: return p[0];
    case 2: memcpy(&v2, p, 2); return be16toh(v2);
    case 3: return (uint64_t)p[0] << 16 | (uint64_t)p[1] << 8 | p[2];
    case 4: memcpy(&v4, p, 4); return be32toh(v4);
    default: memcpy(&v8, p, 8); return be64toh(v8);
    }
}

static inline uint64_t bytebuf_load_le(const unsigned char *p, size_t n)
{
    uint16_t v2;
    uint32_t v4;
    uint64_t v8;

    switch (n) {
    case 1: return p[0];
    case 2: memcpy(&v2, p, 2); return le16toh(v2);
    case 3: return (uint64_t)p[2] << 16 | (uint64_t)p[1] << 8 | p[0];
    case 4: memcpy(&v4, p, 4); return le32toh(v4);
    default: memcpy(&v8, p, 8); return le64toh(v8);
    }
}

static inline void bytebuf_store_be(unsigned char *p, size_t n, uint64_t v)
{
    uint16_t v2 = htobe16((uint16_t)v);
    uint32_t v4 = htobe32((uint32_t)v);
    uint64_t v8 = htobe64(v);

    switch (n) {
    case 1: p[0] = (unsigned char)v; break;
    case 2: memcpy(p, &v2, 2); break;
    case 3:
        p[0] = (unsigned char)(v >> 16);
        p[1] = (unsigned char)(v >> 8);
        p[2] = (unsigned char)v;
        break;
    case 4: memcpy(p, &v4, 4); break;
    default: memcpy(p, &v8, 8); break;
    }
}

static inline void bytebuf_store_le(unsigned char *p, size_t n, uint64_t v)
{
    uint16_t v2 = htole16((uint16_t)v);
    uint32_t v4 = htole32((uint32_t)v);
    uint64_t v8 = htole64(v);

    switch (n) {
    case 1: p[0] = (unsigned char)v; break;
    case 2: memcpy(p, &v2, 2); break;
    case 3:
        p[0] = (unsigned char)v;
        p[1] = (unsigned char)(v >> 8);
        p[2] = (unsigned char)(v >> 16);
        break;
    case 4: memcpy(p, &v4, 4); break;
    default: memcpy(p, &v8, 8); break;
    }
}

/* The `n` bytes at `index`: in place, or put together in `gathered` where
 * they cross from one component of a composite to the next. */
static inline const unsigned char *bytebuf_peek(const struct bytebuf *buf,
                                                size_t index, size_t n,
                                                unsigned char gathered[8])
{
    const unsigned char *p = bytebuf_address(buf, index, n);

    if (__builtin_expect(p != NULL, 1))
        return p;
    bytebuf_get_bytes(buf, index, gathered, n);
    return gathered;
}

static inline void bytebuf_check_readable(const struct bytebuf *buf, size_t n)
{
    bytebuf_check_alive(buf);
    if (__builtin_expect(n > bytebuf_readable_bytes(buf), 0))
        bytebuf_fail_read(buf, n);
}

#define BYTEBUF_GET(name, type, n, order, convert)                             \
    static inline type bytebuf_get_##name(const struct bytebuf *buf,           \
                                          size_t index)                        \
    {                                                                          \
        unsigned char gathered[8];                                             \
        uint64_t v =                                                           \
            bytebuf_load_##order(bytebuf_peek(buf, index, n, gathered), n);    \
        return convert(type, v);                                               \
    }                                                                          \
    static inline type bytebuf_read_##name(struct bytebuf *buf)                \
    {                                                                          \
        bytebuf_check_readable(buf, n);                                        \
        type v = bytebuf_get_##name(buf, buf->reader_index);                   \
        buf->reader_index += n;                                                \
        return v;                                                              \
    }

#define BYTEBUF_SET(name, n, order)                                            \
    static inline void bytebuf_set_##name(struct bytebuf *buf, size_t index,   \
                                          int64_t value)                       \
    {                                                                          \
        unsigned char scattered[8];                                            \
        unsigned char *p = bytebuf_address(buf, index, n);                     \
        if (__builtin_expect(buf->flags & BYTEBUF_READ_ONLY, 0))               \
            bytebuf_fail_read_only(buf);                                       \
        if (__builtin_expect(p != NULL, 1)) {                                  \
            bytebuf_store_##order(p, n, (uint64_t)value);                      \
        } else {                                                               \
            bytebuf_store_##order(scattered, n, (uint64_t)value);              \
            bytebuf_set_bytes(buf, index, scattered, n);                       \
        }                                                                      \
    }                                                                          \
    static inline int bytebuf_write_##name(struct bytebuf *buf, int64_t value) \
    {                                                                          \
        if (__builtin_expect(bytebuf_writable_bytes(buf) < n, 0)) {            \
            int err = bytebuf_ensure_writable(buf, n);                         \
            if (err)                                                           \
                return err;                                                    \
        }                                                                      \
        bytebuf_set_##name(buf, buf->writer_index, value);                     \
        buf->writer_index += n;                                                \
        return 0;                                                              \
    }

#define BYTEBUF_CAST(type, v)   ((type)(v))
#define BYTEBUF_EXTEND(type, v) ((type)(((int64_t)((v) << 40)) >> 40))

BYTEBUF_GET(byte, int8_t, 1, be, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_byte, uint8_t, 1, be, BYTEBUF_CAST)
BYTEBUF_GET(short, int16_t, 2, be, BYTEBUF_CAST)
BYTEBUF_GET(short_le, int16_t, 2, le, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_short, uint16_t, 2, be, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_short_le, uint16_t, 2, le, BYTEBUF_CAST)
BYTEBUF_GET(medium, int32_t, 3, be, BYTEBUF_EXTEND)
BYTEBUF_GET(medium_le, int32_t, 3, le, BYTEBUF_EXTEND)
BYTEBUF_GET(unsigned_medium, uint32_t, 3, be, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_medium_le, uint32_t, 3, le, BYTEBUF_CAST)
BYTEBUF_GET(int, int32_t, 4, be, BYTEBUF_CAST)
BYTEBUF_GET(int_le, int32_t, 4, le, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_int, uint32_t, 4, be, BYTEBUF_CAST)
BYTEBUF_GET(unsigned_int_le, uint32_t, 4, le, BYTEBUF_CAST)
BYTEBUF_GET(long, int64_t, 8, be, BYTEBUF_CAST)
BYTEBUF_GET(long_le, int64_t, 8, le, BYTEBUF_CAST)

BYTEBUF_SET(byte, 1, be)
BYTEBUF_SET(short, 2, be)
BYTEBUF_SET(short_le, 2, le)
BYTEBUF_SET(medium, 3, be)
BYTEBUF_SET(medium_le, 3, le)
BYTEBUF_SET(int, 4, be)
BYTEBUF_SET(int_le, 4, le)
BYTEBUF_SET(long, 8, be)
BYTEBUF_SET(long_le, 8, le)

/* A float travels as the integer that has its bits (IEEE 754). */
#define BYTEBUF_FLOAT(name, type, bits, integer)                               \
    static inline type bytebuf_get_##name(const struct bytebuf *buf,           \
                                          size_t index)                        \
    {                                                                          \
        bits b = bytebuf_get_##integer(buf, index);                            \
        type v;                                                                \
        memcpy(&v, &b, sizeof(v));                                             \
        return v;                                                              \
    }                                                                          \
    static inline type bytebuf_read_##name(struct bytebuf *buf)                \
    {                                                                          \
        bits b = bytebuf_read_##integer(buf);                                  \
        type v;                                                                \
        memcpy(&v, &b, sizeof(v));                                             \
        return v;                                                              \
    }                                                                          \
    static inline void bytebuf_set_##name(struct bytebuf *buf, size_t index,   \
                                          type value)                          \
    {                                                                          \
        bits b;                                                                \
        memcpy(&b, &value, sizeof(b));                                         \
        bytebuf_set_##integer(buf, index, b);                                  \
    }                                                                          \
    static inline int bytebuf_write_##name(struct bytebuf *buf, type value)    \
    {                                                                          \
        bits b;                                                                \
        memcpy(&b, &value, sizeof(b));                                         \
        return bytebuf_write_##integer(buf, b);                                \
    }

BYTEBUF_FLOAT(float, float, int32_t, int)
BYTEBUF_FLOAT(float_le, float, int32_t, int_le)
BYTEBUF_FLOAT(double, double, int64_t, long)
BYTEBUF_FLOAT(double_le, double, int64_t, long_le)

#endif

/*
 * The hex fields are converted eight digits at a time in one 64-bit register
 * (little-endian; checked below): a digit at a time this was the largest part
 * of the generator's own cost.
 */
#include "bench/load/payload.h"

#include <assert.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the register tricks here need a little-endian machine");

enum { AT_SENDER = 8, AT_SEQ = 16, AT_NUMBER = 24, AT_INTENDED = 32 };
enum { AT_LATE = 44, AT_CHECKSUM = 56 };

static uint64_t load64(const char *from)
{
    uint64_t v;

    memcpy(&v, from, sizeof(v));
    return v;
}

/* Eight hex digits, most significant first, as they lie in memory. */
static uint64_t hex8_from(uint32_t value)
{
    uint64_t v = __builtin_bswap32(value);

    /* One nibble a byte, the higher nibble of each byte first. */
    v = (v | v << 16) & 0x0000ffff0000ffff;
    v = (v | v << 8) & 0x00ff00ff00ff00ff;
    v = (v >> 4 & 0x000f000f000f000f) | (v << 8 & 0x0f000f000f000f00);
    /* '0' + nibble, and 'a' - '0' - 10 more where the nibble is over 9. */
    uint64_t over = (v + 0x0606060606060606) >> 4 & 0x0101010101010101;
    return v + 0x3030303030303030 + over * ('a' - '0' - 10);
}

/* Eight hex digits back to a value; garbage for other bytes. */
static uint32_t hex8_to(uint64_t text)
{
    uint64_t letter = text >> 6 & 0x0101010101010101;
    uint64_t v = (text & 0x0f0f0f0f0f0f0f0f) + letter * 9;

    v = (v << 4 | v >> 8) & 0x00ff00ff00ff00ff;
    v = (v | v >> 8) & 0x0000ffff0000ffff;
    v = v | v >> 16;
    return __builtin_bswap32((uint32_t)v);
}

static void put8(char *to, uint32_t value)
{
    uint64_t text = hex8_from(value);

    memcpy(to, &text, sizeof(text));
}

/* Twelve digits: the low 48 bits. The four leading ones first. */
static void put12(char *to, uint64_t value)
{
    uint64_t high = hex8_from((uint32_t)(value >> 32)) >> 32;

    memcpy(to, &high, 4);
    put8(to + 4, (uint32_t)value);
}

static uint64_t get12(const char *from)
{
    uint64_t high = hex8_to(load64(from)) >> 16;

    return high << 32 | hex8_to(load64(from + 4));
}

/*
 * Each step is a bijection of the state, so a change confined to one word
 * always changes the sum's 64 bits; the upper 32, which every bit reaches, are
 * kept. Not a defence against malice, and needs none.
 */
static uint32_t checksum(const char *p, size_t size)
{
    const uint64_t mul = 0x9e3779b97f4a7c15;
    uint64_t a = 0x243f6a8885a308d3 ^ size, b = 0x13198a2e03707344;
    uint64_t tail = 0;
    size_t i = 0;

    /* Two lanes, so that the multiplications overlap. */
    for (; i + 16 <= size; i += 16) {
        a = (a ^ load64(p + i)) * mul;
        b = (b ^ (i + 8 == AT_CHECKSUM ? 0 : load64(p + i + 8))) * mul;
        a ^= a >> 32;
        b ^= b >> 32;
    }
    for (; i + 8 <= size; i += 8)
        a = (a ^ load64(p + i)) * mul, a ^= a >> 32;
    memcpy(&tail, p + i, size - i);
    a = (a ^ tail) * mul;
    a = (a ^ a >> 32 ^ b) * mul;
    return (uint32_t)(a >> 32);
}

static void pad(char *to, size_t size, uint32_t seq)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (char)('A' + (seq + i) % 26);
}

void payload_encode(char *to, size_t size, const struct payload *p)
{
    put8(to, p->run);
    put8(to + AT_SENDER, p->sender);
    put8(to + AT_SEQ, p->seq);
    put8(to + AT_NUMBER, p->number);
    put12(to + AT_INTENDED, p->intended);
    put12(to + AT_LATE, p->late);
    pad(to + PAYLOAD_MIN, size - PAYLOAD_MIN, p->seq);
    put8(to + AT_CHECKSUM, checksum(to, size));
}

void payload_read(const char *from, struct payload *p)
{
    p->run = hex8_to(load64(from));
    p->sender = hex8_to(load64(from + AT_SENDER));
    p->seq = hex8_to(load64(from + AT_SEQ));
    p->number = hex8_to(load64(from + AT_NUMBER));
    p->intended = get12(from + AT_INTENDED);
    p->late = get12(from + AT_LATE);
}

bool payload_decode(const char *from, size_t size, uint32_t run,
                    struct payload *p)
{
    if (size < PAYLOAD_MIN || load64(from) != hex8_from(run) ||
        load64(from + AT_CHECKSUM) != hex8_from(checksum(from, size)))
        return false;
    payload_read(from, p);
    return true;
}

#include "bench/load/verify.h"

/* The window moves up so that `seq` is its newest number. */
static void advance(struct verify_slot *s, uint32_t seq)
{
    uint32_t steps = seq - s->next + 1;

    if (steps >= VERIFY_WINDOW) {
        s->holes += (uint32_t)__builtin_popcountll(s->missing);
        s->holes += steps - VERIFY_WINDOW;
        s->missing = ~1ull;
    } else {
        uint64_t leaving = s->missing >> (VERIFY_WINDOW - steps);
        s->holes += (uint32_t)__builtin_popcountll(leaving);
        s->missing <<= steps;
        s->missing |= ((1ull << steps) - 1) & ~1ull;
    }
    s->next = seq + 1;
}

enum verify_result verify_seen_odd(struct verify_slot *s, uint32_t seq)
{
    if (seq >= s->next) {
        advance(s, seq);
        return VERIFY_OK;
    }
    uint32_t back = s->next - 1 - seq;
    if (back >= VERIFY_WINDOW) {
        if (s->holes == 0)
            return VERIFY_DUPLICATE;
        s->holes--;
        return VERIFY_REORDERED;
    }
    if (!(s->missing >> back & 1))
        return VERIFY_DUPLICATE;
    s->missing &= ~(1ull << back);
    return VERIFY_REORDERED;
}

bool verify_has(const struct verify_slot *s, uint32_t seq)
{
    uint32_t back = s->next - 1 - seq;

    if (seq >= s->next || back >= VERIFY_WINDOW)
        return false;
    return !(s->missing >> back & 1);
}

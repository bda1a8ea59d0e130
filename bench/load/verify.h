/*
 * verify - exactly once and in order, for one receiver and one sender.
 *
 * A receiver has one slot for each sender of its room, side by side, so that
 * the memory is O(members) a receiver and a batch of messages from rotating
 * senders walks a few cache lines. A zeroed slot is ready for use.
 *
 * The window tells apart what a single "last sequence" cannot: a gap that is
 * filled later is disorder, one that never is filled is loss, and a number met
 * before is a duplicate. Numbers that slide out of the window unseen are
 * counted as holes; one of those may still come, very late, and is disorder
 * too. (With both a hole and a duplicate of the distant past in one slot, the
 * two can be taken for each other; either makes the run invalid.)
 *
 * The thread that owns the receiver.
 */
#ifndef CHAT_LOAD_VERIFY_H
#define CHAT_LOAD_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#define VERIFY_WINDOW 64 /* sequence numbers below `next` told apart */

struct verify_slot {
    uint32_t next;    /* one more than the highest sequence number seen */
    uint32_t holes;   /* numbers that left the window unseen */
    uint64_t missing; /* bit i: next - 1 - i has not been seen */
};

enum verify_result {
    VERIFY_OK,        /* new, and later than all before it */
    VERIFY_REORDERED, /* new, but a later one came first */
    VERIFY_DUPLICATE  /* seen before */
};

/* The rare rest of verify_seen(). */
enum verify_result verify_seen_odd(struct verify_slot *s, uint32_t seq);

/* Notes `seq`. A gap before it is no verdict yet: it may still be filled. */
static inline enum verify_result verify_seen(struct verify_slot *s,
                                             uint32_t seq)
{
    if (__builtin_expect(seq == s->next && s->missing == 0, 1)) {
        s->next++;
        return VERIFY_OK;
    }
    return verify_seen_odd(s, seq);
}

/* How many numbers are missing below the highest seen. What a receiver that
 * was cut off holds must be a prefix without any. */
static inline uint32_t verify_gaps(const struct verify_slot *s)
{
    return s->holes + (uint32_t)__builtin_popcountll(s->missing);
}

/* Whether `seq` was noted; a guess (no) if it lies below the window. */
bool verify_has(const struct verify_slot *s, uint32_t seq);

#endif

/*
 * load_test - the parts chat-load's verdict stands on: the verifier against a
 * plain record of everything seen, the payload, the send schedule. The room's
 * order and the rest are in load_crowd_test.c.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/payload.h"
#include "bench/load/timeline.h"
#include "bench/load/verify.h"

enum { MESSAGES = 3000 };

/* What a verifier with unlimited memory would say. */
struct record {
    bool seen[MESSAGES];
    uint32_t next;
};

static enum verify_result record_seen(struct record *r, uint32_t seq)
{
    if (r->seen[seq])
        return VERIFY_DUPLICATE;
    r->seen[seq] = true;
    if (seq < r->next)
        return VERIFY_REORDERED;
    r->next = seq + 1;
    return VERIFY_OK;
}

Test(verify, in_order)
{
    struct verify_slot s = {0};

    for (uint32_t i = 0; i < MESSAGES; i++) {
        cr_assert_not(verify_has(&s, i));
        cr_assert_eq(verify_seen(&s, i), VERIFY_OK);
        cr_assert(verify_has(&s, i));
    }
    cr_assert_eq(s.holes, 0);
    cr_assert_eq(s.missing, 0);
}

Test(verify, tells_loss_disorder_and_duplicates_apart)
{
    struct verify_slot s = {0};

    cr_assert_eq(verify_seen(&s, 0), VERIFY_OK);
    cr_assert_eq(verify_seen(&s, 0), VERIFY_DUPLICATE);
    cr_assert_eq(verify_seen(&s, 2), VERIFY_OK); /* 1 is missing so far */
    cr_assert_not(verify_has(&s, 1));
    cr_assert_eq(verify_seen(&s, 2), VERIFY_DUPLICATE);
    cr_assert_eq(verify_seen(&s, 1), VERIFY_REORDERED);
    cr_assert_eq(verify_seen(&s, 1), VERIFY_DUPLICATE);
    cr_assert_eq(verify_seen(&s, 4), VERIFY_OK); /* 3 never comes */
    for (uint32_t i = 5; i < 500; i++)
        cr_assert_eq(verify_seen(&s, i), VERIFY_OK);
    cr_assert_eq(s.holes, 1);
    cr_assert_eq(verify_seen(&s, 3), VERIFY_REORDERED); /* after all */
    cr_assert_eq(s.holes, 0);
    cr_assert_eq(verify_seen(&s, 3), VERIFY_DUPLICATE);
}

/* A sequence number and when it comes. */
struct coming {
    uint32_t seq;
    uint32_t at;
};

static int earlier(const void *a, const void *b)
{
    const struct coming *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Delays each by up to `reach`, drops and doubles some; both must agree. */
static void check_against_record(uint64_t seed, uint32_t reach)
{
    struct verify_slot s = {0};
    struct record r = {0};
    struct coming order[MESSAGES];
    struct rng rng;

    rng_seed(&rng, seed);
    for (uint32_t i = 0; i < MESSAGES; i++)
        order[i] = (struct coming){i, i + rng_below(&rng, reach)};
    qsort(order, MESSAGES, sizeof(order[0]), earlier);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t times = rng_below(&rng, 50);
        /* 0: lost; 1: doubled; else once */
        for (uint32_t n = times == 0 ? 0 : (times == 1 ? 2 : 1); n; n--) {
            enum verify_result want = record_seen(&r, order[i].seq);
            enum verify_result got = verify_seen(&s, order[i].seq);
            cr_assert_eq(got, want, "seed %ju, message %u: %d, not %d",
                         (uintmax_t)seed, order[i].seq, got, want);
        }
    }
    uint32_t lost = 0;
    for (uint32_t i = 0; i < r.next; i++)
        lost += !r.seen[i];
    cr_assert_eq(s.next, r.next);
    cr_assert_eq(s.holes + (uint32_t)__builtin_popcountll(s.missing), lost);
}

Test(verify, agrees_with_a_full_record)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        check_against_record(seed, 1);
        check_against_record(seed, 2);
        check_against_record(seed, 8);
        check_against_record(seed, VERIFY_WINDOW);
    }
}

/* A gap of any width, also around the window's. */
Test(verify, gaps_of_every_width)
{
    for (uint32_t gap = 1; gap < 200; gap++) {
        struct verify_slot s = {0};
        cr_assert_eq(verify_seen(&s, 0), VERIFY_OK);
        cr_assert_eq(verify_seen(&s, gap + 1), VERIFY_OK);
        uint32_t missing = (uint32_t)__builtin_popcountll(s.missing);
        cr_assert_eq(s.holes + missing, gap);
        for (uint32_t i = 1; i <= gap; i++)
            cr_assert_eq(verify_seen(&s, i), VERIFY_REORDERED);
        cr_assert_eq(s.holes, 0);
        cr_assert_eq(s.missing, 0);
    }
}

static const struct payload samples[] = {
    {0, 0, 0, 0, 0, 0},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffffffff,
     0xffffffffffff},
    {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210, 0x0123456789ab,
     0xcdef01234567},
    {0x9a9a9a9a, 10, 0x0a0a0a0a, 0xa0a0a0a0, 0xf00000000001, 5},
};

Test(payload, comes_back_as_it_was)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        for (size_t size = PAYLOAD_MIN; size <= PAYLOAD_MAX; size++) {
            char text[PAYLOAD_MAX];
            struct payload p;
            payload_encode(text, size, &samples[i]);
            for (size_t b = 0; b < size; b++)
                cr_assert(text[b] > ' ' && text[b] < 127);
            cr_assert(payload_decode(text, size, samples[i].run, &p));
            cr_assert_eq(memcmp(&p, &samples[i], sizeof(p)), 0);
        }
}

Test(payload, is_readable_hex)
{
    char text[PAYLOAD_MIN];

    payload_encode(text, sizeof(text), &samples[2]);
    cr_assert_eq(memcmp(text,
                        "0123456789abcdeffedcba9876543210"
                        "0123456789abcdef01234567",
                        56),
                 0);
}

Test(payload, any_changed_bit_is_seen)
{
    static const size_t sizes[] = {64, 65, 71, 72, 79, 80, 100, PAYLOAD_MAX};

    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        char text[PAYLOAD_MAX];
        struct payload p;
        payload_encode(text, sizes[k], &samples[2]);
        for (size_t bit = 0; bit < sizes[k] * 8; bit++) {
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
            cr_assert_not(payload_decode(text, sizes[k], samples[2].run, &p),
                          "bit %zu of %zu bytes", bit, sizes[k]);
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        }
        cr_assert(payload_decode(text, sizes[k], samples[2].run, &p));
        cr_assert_not(payload_decode(text, sizes[k] - 1, samples[2].run, &p));
        cr_assert_not(payload_decode(text, sizes[k], samples[2].run + 1, &p));
    }
}

Test(timeline, fixed_gaps_do_not_drift)
{
    struct timeline t;

    timeline_start(&t, 1000, 3, false, 1); /* a gap of 333,333,333.3 ns */
    for (uint64_t i = 1; i <= 3000000; i++) {
        cr_assert(t.due >= 1000 + i * 1000000000 / 3 - 1 &&
                      t.due <= 1000 + i * 1000000000 / 3 + 1,
                  "instant %ju", (uintmax_t)i);
        timeline_advance(&t);
    }
}

/* Mean and variance of exponential gaps, and their memory of nothing: the
 * share of gaps over k means is e^-k. Bounds at six standard errors. */
Test(timeline, poisson_gaps_are_exponential)
{
    const int n = 1000000;
    struct timeline t;
    double sum = 0, squares = 0;
    int over[4] = {0};
    uint64_t last = 0;

    timeline_start(&t, 0, 1000, true, 7);
    for (int i = 0; i < n; i++) {
        double gap = (double)(t.due - last) / 1e6; /* in means of 1 ms */
        cr_assert(t.due >= last);
        last = t.due;
        sum += gap;
        squares += gap * gap;
        for (int k = 1; k < 4; k++)
            over[k] += gap > k;
        timeline_advance(&t);
    }
    cr_assert_float_eq(sum / n, 1, 6 / sqrt(n));
    cr_assert_float_eq(squares / n, 2, 6 * sqrt(20.0 / n));
    for (int k = 1; k < 4; k++)
        cr_assert_float_eq((double)over[k] / n, exp(-k), 6 * sqrt(exp(-k) / n));
}

Test(timeline, a_seed_draws_one_schedule)
{
    struct timeline a, b, c;
    int same = 0;

    timeline_start(&a, 5, 1000, true, 1);
    timeline_start(&b, 5, 1000, true, 1);
    timeline_start(&c, 5, 1000, true, 2);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(a.due, b.due);
        same += a.due == c.due;
        timeline_advance(&a);
        timeline_advance(&b);
        timeline_advance(&c);
    }
    cr_assert_lt(same, 5);
}

Test(timeline, rooms_are_drawn_evenly)
{
    int drawn[10] = {0};
    struct rng r;

    rng_seed(&r, 3);
    for (int i = 0; i < 1000000; i++)
        drawn[rng_below(&r, 10)]++;
    for (int i = 0; i < 10; i++)
        cr_assert_float_eq(drawn[i], 100000, 6 * 300);
}

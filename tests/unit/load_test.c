/*
 * load_test - the parts chat-load's verdict stands on: the verifier against a
 * plain record of everything seen, the room's order against the whole list, the
 * payload, the send schedule, how the crowd is dealt out.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/crowd.h"
#include "bench/load/order.h"
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

enum { ORDERED = 2000 };

/* What one member of a room sees, in its order. */
struct view {
    uint32_t number[ORDERED];
    uint32_t count;
};

/* Feeds both views, in an interleaving by chance that lets either be up to
 * `lag` messages ahead; returns the violations found. */
static uint64_t compare_views(const struct view *a, const struct view *b,
                              uint32_t lag, struct rng *rng,
                              struct order_findings *f)
{
    const uint32_t members[] = {7, 9};
    struct order *o = order_new(members, 2, 2);
    uint32_t i = 0, j = 0;

    *f = (struct order_findings){0};
    while (i < a->count || j < b->count) {
        bool first = rng_below(rng, 2) && i < a->count;
        if (i < a->count && (j == b->count || i + lag < j))
            first = true;
        if (j < b->count && (i == a->count || j + lag < i))
            first = false;
        if (first)
            order_see(o, 0, 1, a->number[i++], f);
        else
            order_see(o, 1, 1, b->number[j++], f);
    }
    order_free(o);
    return f->violations;
}

/* All messages, numbers with gaps, each lost with the chance of 1 in `loss`. */
static void fill_view(struct view *v, uint32_t loss, struct rng *rng)
{
    v->count = 0;
    for (uint32_t i = 0; i < ORDERED; i++)
        if (!loss || rng_below(rng, loss))
            v->number[v->count++] = i * 3 + (i % 7 == 0);
}

Test(order, one_order_is_never_blamed)
{
    static const uint32_t lags[] = {0, 1, 10, 100, 1999};
    struct order_findings f;
    struct view a, b;
    struct rng rng;

    for (uint64_t seed = 1; seed <= 20; seed++)
        for (size_t k = 0; k < sizeof(lags) / sizeof(lags[0]); k++)
            for (uint32_t loss = 0; loss < 30; loss += 10) {
                rng_seed(&rng, seed);
                fill_view(&a, loss, &rng);
                fill_view(&b, loss, &rng);
                cr_assert_eq(compare_views(&a, &b, lags[k], &rng, &f), 0);
                cr_assert(f.compared > ORDERED / 2);
            }
}

Test(order, any_two_swapped_are_seen)
{
    struct order_findings f;
    struct view a, b;
    struct rng rng;

    rng_seed(&rng, 5);
    for (int round = 0; round < 500; round++) {
        fill_view(&a, 0, &rng);
        fill_view(&b, 0, &rng);
        uint32_t i = rng_below(&rng, ORDERED - 1);
        uint32_t j = i + 1 + rng_below(&rng, ORDERED - 1 - i);
        uint32_t number = b.number[i];
        b.number[i] = b.number[j];
        b.number[j] = number;
        cr_assert(compare_views(&a, &b, 1 + rng_below(&rng, 300), &rng, &f) > 0,
                  "%u and %u swapped", i, j);
        cr_assert_eq(f.compared, ORDERED);
    }
}

/* The own messages of either are not in both views, wherever they stand. */
Test(order, own_messages_are_left_out)
{
    const uint32_t members[] = {7, 9};
    struct order *o = order_new(members, 2, 2);
    struct order_findings f = {0};

    order_see(o, 0, 1, 10, &f); /* 7 sees: 10, then 11 from 9, then 12 */
    order_see(o, 0, 9, 11, &f);
    order_see(o, 0, 1, 12, &f);
    order_see(o, 1, 1, 10, &f); /* 9: 10, 12, then 13 from 7 */
    order_see(o, 1, 1, 12, &f);
    order_see(o, 1, 7, 13, &f);
    cr_assert_eq(f.compared, 2);
    cr_assert_eq(f.violations, 0);
    order_free(o);
}

/* Of three, every pair is compared; who is slow only with the first. */
Test(order, pairs)
{
    const uint32_t members[] = {1, 2, 3, 4};
    struct order *o = order_new(members, 3, 4);
    struct order_findings f = {0};

    for (uint32_t i = 0; i < 4; i++)
        order_see(o, i, 100, 5, &f);
    cr_assert_eq(f.compared, 3 + 1);
    order_see(o, 1, 100, 6, &f);
    order_see(o, 1, 100, 7, &f);
    order_see(o, 2, 100, 7, &f);
    order_see(o, 2, 100, 6, &f);
    cr_assert_eq(f.violations, 1);
    order_free(o);
}

Test(order, gaps_of_who_is_gone)
{
    const uint32_t members[] = {1, 2};
    struct order *o = order_new(members, 2, 2);
    struct order_findings f = {0};

    for (uint32_t n = 0; n < 100; n++)
        order_see(o, 0, 50, n, &f);
    for (uint32_t n = 0; n < 60; n++)
        if (n != 20 && n != 59 - 1)
            order_see(o, 1, 50, n, &f);
    /* 20 and 58 were passed over; 60 to 99 had yet to come. */
    cr_assert_eq(order_leave(o, 1), 2);
    order_see(o, 0, 50, 100, &f); /* nobody to compare with any more */
    cr_assert_eq(order_leave(o, 0), 0);
    cr_assert_eq(f.violations, 0);
    order_free(o);
}

/* Too far behind: what is remembered stays right, the rest is let be. */
Test(order, far_behind)
{
    const uint32_t members[] = {1, 2}, all = 3 * ORDER_PENDING_MAX;
    struct order *o = order_new(members, 2, 2);
    struct order_findings f = {0};

    for (uint32_t n = 0; n < all; n++)
        order_see(o, 0, 50, n, &f);
    cr_assert_eq(f.given_up, 1);
    for (uint32_t n = 0; n < all; n++)
        order_see(o, 1, 50, n, &f);
    cr_assert_eq(f.compared, ORDER_PENDING_MAX);
    cr_assert_eq(f.violations, 0);
    cr_assert_eq(f.given_up, 1);
    order_free(o);
}

/* Every share is dealt out in full, to each part of the rooms its part. */
Test(crowd, shares_are_dealt_evenly)
{
    for (uint32_t rooms = 1; rooms < 60; rooms++)
        for (uint32_t idle = 0; idle < rooms; idle++)
            for (uint32_t slow = 0; slow <= (rooms - idle) * 3; slow++) {
                const struct options opt = {.rooms = rooms,
                                            .idle_rooms = idle,
                                            .slow_conns = slow};
                uint32_t idle_met = 0, slow_met = 0;
                for (uint32_t i = 0; i < rooms; i++) {
                    uint32_t n = crowd_slow_in(&opt, i);
                    idle_met += crowd_room_is_idle(&opt, i);
                    slow_met += n;
                    cr_assert(n <= (slow + rooms - idle - 1) / (rooms - idle));
                    cr_assert(!crowd_room_is_idle(&opt, i) || n == 0);
                }
                cr_assert_eq(idle_met, idle);
                cr_assert_eq(slow_met, slow);
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

/*
 * load_crowd_test - who is in chat-load's crowd, from where, and whether all of
 * a room see one order.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "bench/load/crowd.h"
#include "bench/load/order.h"
#include "bench/load/source.h"
#include "bench/load/timeline.h"

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

/* Address `i` of a source as text. */
static const char *picked(const char *source, uint64_t i)
{
    static char text[INET6_ADDRSTRLEN];
    struct sockaddr_storage sa;
    struct source s;

    cr_assert_eq(source_parse(&s, source), 0, "%s", source);
    socklen_t len = source_pick(&s, i, &sa);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&sa;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&sa;
    cr_assert_eq(len, sa.ss_family == AF_INET ? sizeof(*v4) : sizeof(*v6));
    cr_assert_eq(v4->sin_port, 0);
    inet_ntop(sa.ss_family,
              sa.ss_family == AF_INET ? (const void *)&v4->sin_addr
                                      : (const void *)&v6->sin6_addr,
              text, sizeof(text));
    return text;
}

Test(source, addresses_in_turn)
{
    static const struct {
        const char *source;
        uint64_t count, i;
        const char *address;
    } samples[] = {
        {"127.0.0.1", 1, 0, "127.0.0.1"},
        {"127.0.0.1", 1, 12345, "127.0.0.1"},
        {"127.0.0.1/32", 1, 7, "127.0.0.1"},
        {"127.1.0.0/24", 256, 255, "127.1.0.255"},
        {"127.1.0.0/24", 256, 256, "127.1.0.0"},
        {"127.1.0.3/30", 1, 5, "127.1.0.3"},
        {"127.1.0.1/30", 3, 2, "127.1.0.3"},
        {"127.0.255.254/8", 0xff0002, 3, "127.1.0.1"},
        {"0.0.0.1/0", 0xffffffff, 0xfffffffe, "255.255.255.255"},
        {"::1", 1, 9, "::1"},
        {"fd00::fffe/64", 0xffff0002, 2, "fd00::1:0"},
        {"fd00::/112", 65536, 65535, "fd00::ffff"},
    };

    for (size_t k = 0; k < sizeof(samples) / sizeof(samples[0]); k++) {
        struct source s;
        cr_assert_eq(source_parse(&s, samples[k].source), 0);
        cr_assert_eq(s.count, samples[k].count, "%s: %ju", samples[k].source,
                     (uintmax_t)s.count);
        cr_assert_str_eq(picked(samples[k].source, samples[k].i),
                         samples[k].address);
    }
}

Test(source, what_is_no_source)
{
    static const char *const bad[] = {
        "",
        "/8",
        "127.0.0.1/",
        "127.0.0.1/33",
        "127.0.0.1/-1",
        "::/129",
        "1.2.3",
        "127.0.0.1/8x",
        "localhost",
        "127.0.0.1/+8",
        "::1/ 8",
        "1.2.3.4 ",
        "00000000000000000000000000000000000000000000000"};

    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        struct source s;
        cr_assert_eq(source_parse(&s, bad[k]), -EINVAL, "'%s'", bad[k]);
    }
}

/*
 * load_steady_test - when a warm-up is over.
 */
#include <criterion/criterion.h>

#include "bench/load/steady.h"

/* Feeds counts; returns after how many windows it was steady, 0: never. */
static unsigned windows_until(const uint64_t *counts, unsigned n)
{
    struct steady s = {0};

    for (unsigned i = 0; i < n; i++) {
        steady_add(&s, counts[i]);
        if (steady_is_reached(&s))
            return i + 1;
    }
    return 0;
}

#define UNTIL(...)                                                             \
    windows_until((const uint64_t[]){__VA_ARGS__},                             \
                  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

Test(load_steady, takes_its_windows_even_if_it_never_moved)
{
    cr_assert_eq(UNTIL(100000, 100000, 100000), 0);
    cr_assert_eq(UNTIL(100000, 100000, 100000, 100000), 4);
}

Test(load_steady, waits_for_a_rise_to_end)
{
    cr_assert_eq(UNTIL(40000, 60000, 80000, 90000, 100000, 100500, 100200,
                       100400, 100300),
                 8);
    /* 3 % a window is 9 % over the four: still rising. */
    cr_assert_eq(UNTIL(100000, 103000, 106090, 109273, 112551), 0);
    cr_assert_eq(UNTIL(112551, 109273, 106090, 103000, 100000), 0);
}

Test(load_steady, waits_while_it_scatters)
{
    /* No slope, but 16 % up and down. */
    cr_assert_eq(UNTIL(100000, 116000, 116000, 100000, 100000, 116000), 0);
    cr_assert_eq(UNTIL(100000, 104000, 104000, 100000), 4);
}

/* A slow open loop's counts scatter by their number alone. */
Test(load_steady, allows_for_luck)
{
    cr_assert_eq(UNTIL(100, 115, 92, 104), 4);
    cr_assert_eq(UNTIL(100000, 115000, 92000, 104000), 0);
}

Test(load_steady, silence_is_not_steady)
{
    cr_assert_eq(UNTIL(0, 0, 0, 0, 0, 0), 0);
}

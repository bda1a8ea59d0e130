/*
 * The leak detector. Netty's ResourceLeakDetectorTest.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/leak.h"
#include "tests/netty/expect_misuse.h"

/* The report's text; *count is how many it named. The caller frees it. */
static char *report(size_t *count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    *count = leak_report(out);
    fclose(out);
    return text;
}

static void expect_report(const char *part)
{
    size_t count;
    char *text = report(&count);

    cr_assert_eq(count, 1, "%zu leaks:\n%s", count, text);
    cr_assert_not_null(strstr(text, part), "'%s' is not in '%s'", part, text);
    free(text);
}

Test(bytebuf_leak, names_where_a_lost_buffer_was_made_and_last_touched)
{
    char made[200], touched[200];

    leak_set_level(LEAK_PARANOID);
    snprintf(made, sizeof(made), "made at %s:%d,", __FILE__, __LINE__ + 1);
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 100);
    expect_report(made);
    expect_report("LEAK: bytebuf(pooled heap, r=0 w=0 cap=100 max=2147483647 "
                  "refs=1) was never released");
    snprintf(touched, sizeof(touched), "last touched at %s:%d (retain)",
             __FILE__, __LINE__ + 1);
    bytebuf_retain(buf);
    expect_report(touched);
    snprintf(touched, sizeof(touched), "last touched at %s:%d (handler chat)",
             __FILE__, __LINE__ + 1);
    bytebuf_touch(buf, "handler chat");
    expect_report(touched);
    expect_report(made);
    snprintf(touched, sizeof(touched), "last touched at %s:%d (release)",
             __FILE__, __LINE__ + 1);
    bytebuf_release(buf);
    expect_report(touched);
    bytebuf_release(buf);
    cr_assert_eq(leak_count(), 0);
}

Test(bytebuf_leak, follows_every_kind)
{
    char bytes[4];
    size_t count;

    leak_set_level(LEAK_PARANOID);
    struct bytebuf *bufs[] = {
        allocator_buffer(&allocator_pooled, 10),
        allocator_buffer(&allocator_unpooled, 10),
        allocator_direct_buffer(&allocator_unpooled, 10),
        allocator_buffer(&allocator_pooled, 1 << 20),
        unpooled_wrapped_buffer(bytes, 4, NULL, NULL),
        unpooled_copied_buffer("x", 1),
        unpooled_wrapped_buffers(NULL, 0),
    };
    const size_t n = sizeof(bufs) / sizeof(bufs[0]);
    struct bytebuf *view = bytebuf_retained_slice(bufs[0], 0, 5);

    bytebuf_slice(bufs[1], 0, 5); /* lives by its root's count */
    cr_assert_eq(leak_count(), n + 1);
    free(report(&count));
    cr_assert_eq(count, n + 1);
    for (size_t i = 0; i < n; i++)
        bytebuf_release(bufs[i]);
    cr_assert_eq(leak_count(), 2); /* the view and what it holds */
    bytebuf_release(view);
    cr_assert_eq(leak_count(), 0);
}

Test(bytebuf_leak, samples_about_one_in_128)
{
    enum { N = 20000 };
    static struct bytebuf *bufs[N];

    leak_set_level(LEAK_SAMPLED);
    for (int i = 0; i < N; i++)
        bufs[i] = allocator_buffer(&allocator_pooled, 16);
    /* Expected 156, standard deviation 12.4: 8 of them either way. */
    cr_assert_gt(leak_count(), 56);
    cr_assert_lt(leak_count(), 256);
    for (int i = 0; i < N; i++)
        bytebuf_release(bufs[i]);
    cr_assert_eq(leak_count(), 0);
}

Test(bytebuf_leak, is_off_unless_asked_for)
{
    unsetenv("NETTY_LEAK_DETECTION");
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 16);

    cr_assert_eq(leak_get_level(), LEAK_OFF);
    cr_assert_eq(leak_count(), 0);
    leak_set_level(LEAK_PARANOID); /* made before: not followed */
    cr_assert_eq(leak_count(), 0);
    bytebuf_release(buf);
}

Test(bytebuf_leak, takes_its_level_from_the_environment)
{
    setenv("NETTY_LEAK_DETECTION", "paranoid", 1);
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 16);

    cr_assert_eq(leak_get_level(), LEAK_PARANOID);
    cr_assert_eq(leak_count(), 1);
    bytebuf_release(buf);
}

Test(bytebuf_leak, reads_the_names_of_levels)
{
    enum leak_level level = LEAK_SAMPLED;

    cr_assert_eq(leak_parse_level("paranoid", &level), 0);
    cr_assert_eq(level, LEAK_PARANOID);
    cr_assert_eq(leak_parse_level("off", &level), 0);
    cr_assert_eq(level, LEAK_OFF);
    cr_assert_eq(leak_parse_level("sampled", &level), 0);
    cr_assert_eq(level, LEAK_SAMPLED);
    cr_assert_eq(leak_parse_level("PARANOID", &level), -EINVAL);
    cr_assert_eq(leak_parse_level("", &level), -EINVAL);
    cr_assert_eq(level, LEAK_SAMPLED);
}

/* When all is checked, a released buffer is not handed out again at once, so
 * that a late use of it is told from a right one. */
Test(bytebuf_leak, paranoid_keeps_the_dead_out_of_use)
{
    leak_set_level(LEAK_PARANOID);
    struct bytebuf *late = allocator_buffer(&allocator_pooled, 16);
    struct bytebuf *other[500];

    bytebuf_release(late);
    for (int i = 0; i < 500; i++)
        other[i] = allocator_buffer(&allocator_pooled, 16);
    expect_misuse(bytebuf_write_byte(late, 1), "used after release");
    for (int i = 0; i < 500; i++)
        bytebuf_release(other[i]);
    expect_misuse(bytebuf_release(late), "of a dead object, released at");
}

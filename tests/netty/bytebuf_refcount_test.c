/*
 * Reference counts. Netty's AbstractReferenceCountedByteBufTest.
 */
#include <criterion/criterion.h>

#include "models/netty/allocator.h"
#include "tests/netty/expect_misuse.h"

static struct bytebuf *new_buffer(void)
{
    struct bytebuf *buf = allocator_buffer(&allocator_pooled, 8);

    cr_assert_not_null(buf);
    return buf;
}

Test(bytebuf_refcount, counts)
{
    struct bytebuf *buf = new_buffer();

    cr_assert_eq(bytebuf_ref_count(buf), 1);
    cr_assert_eq(bytebuf_retain(buf), buf);
    bytebuf_retain_n(buf, 3);
    cr_assert_eq(bytebuf_ref_count(buf), 5);
    cr_assert_not(bytebuf_release(buf));
    cr_assert_not(bytebuf_release_n(buf, 2));
    cr_assert_eq(bytebuf_ref_count(buf), 2);
    cr_assert(bytebuf_release_n(buf, 2));
    cr_assert_eq(bytebuf_ref_count(buf), 0);
}

Test(bytebuf_refcount, an_error_leaves_the_count_as_it_was)
{
    struct bytebuf *buf = new_buffer();

    bytebuf_retain(buf);
    expect_misuse(bytebuf_retain_n(buf, 0), "retain(0)");
    expect_misuse(bytebuf_release_n(buf, 0), "release(0)");
    expect_misuse(bytebuf_release_n(buf, 3), "of an object with a count of 2");
    expect_misuse(bytebuf_retain_n(buf, INT32_MAX), "overflows its count of 2");
    expect_misuse(bytebuf_retain_n(buf, UINT32_MAX), "overflows its count");
    cr_assert_eq(bytebuf_ref_count(buf), 2);
    bytebuf_retain_n(buf, INT32_MAX - 2);
    cr_assert_eq(bytebuf_ref_count(buf), INT32_MAX);
    expect_misuse(bytebuf_retain(buf), "overflows its count of 2147483647");
    cr_assert_eq(bytebuf_ref_count(buf), INT32_MAX);
    cr_assert(bytebuf_release_n(buf, INT32_MAX));
}

Test(bytebuf_refcount, is_never_resurrected)
{
    struct bytebuf *buf = new_buffer();

    cr_assert(bytebuf_release(buf));
    for (int i = 0; i < 3; i++) {
        expect_misuse(bytebuf_retain(buf), "of a dead object, released at");
        expect_misuse(bytebuf_release(buf), "of a dead object, released at");
        cr_assert_eq(bytebuf_ref_count(buf), 0);
    }
    expect_misuse(bytebuf_retain_n(buf, INT32_MAX), "of a dead object");
    cr_assert_eq(bytebuf_ref_count(buf), 0);
}

Test(bytebuf_refcount, misuse_names_both_places)
{
    struct bytebuf *buf = new_buffer();

    bytebuf_release(buf);
    expect_misuse(bytebuf_release(buf), "release at tests/netty/bytebuf_ref");
    expect_misuse(bytebuf_release(buf), "released at tests/netty/bytebuf_ref");
}

/* A message of another kind: the pipeline handles it by the same functions. */
struct parcel {
    struct reference_counted ref;
    int *gone;
};

static void free_parcel(struct reference_counted *obj)
{
    ++*((struct parcel *)obj)->gone;
}

static const struct reference_counted_type parcel_type = {
    .name = "parcel",
    .deallocate = free_parcel,
};

Test(bytebuf_refcount, works_for_any_message)
{
    int gone = 0;
    struct parcel parcel = {.gone = &gone};

    reference_init(&parcel.ref, &parcel_type, REFERENCE_HERE);
    cr_assert_null(bytebuf_of(&parcel.ref));
    reference_retain(&parcel.ref);
    cr_assert_eq(reference_count(&parcel.ref), 2);
    reference_release(&parcel.ref);
    cr_assert_eq(gone, 0);
    cr_assert(reference_release(&parcel.ref));
    cr_assert_eq(gone, 1);
    expect_misuse(reference_release(&parcel.ref), "parcel: release at");

    struct bytebuf *buf = new_buffer();
    cr_assert_eq(bytebuf_of(&buf->ref), buf);
    bytebuf_release(buf);
}

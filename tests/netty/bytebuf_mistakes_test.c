/*
 * What Netty's users get wrong most with buffers, and what ours says to it:
 * mistakes 1 to 3 of the list.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/embedded.h"
#include "models/netty/leak.h"
#include "tests/netty/expect_misuse.h"

static struct bytebuf *seen; /* the message that came last */

/* 1. The last consumer must release; this one does not. */
static int forget(struct channel_handler_context *ctx,
                  struct reference_counted *msg)
{
    (void)ctx;
    seen = bytebuf_of(msg);
    return 0;
}

/* 2. Releases what it has given away. */
static int pass_and_release(struct channel_handler_context *ctx,
                            struct reference_counted *msg)
{
    ctx_fire_channel_read(ctx, msg);
    expect_misuse(reference_release(msg),
                  "release at tests/netty/bytebuf_mistakes_test.c:");
    expect_misuse(reference_release(msg),
                  "of a dead object, released at tests/netty/bytebuf_mistakes");
    return 0;
}

static int release(struct channel_handler_context *ctx,
                   struct reference_counted *msg)
{
    (void)ctx;
    reference_release(msg);
    return 0;
}

static int pass(struct channel_handler_context *ctx,
                struct reference_counted *msg)
{
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static const struct channel_handler_ops forgetful = {.name = "forgetful",
                                                     .channel_read = forget};
static const struct channel_handler_ops greedy = {.name = "greedy",
                                                  .channel_read =
                                                      pass_and_release};
static const struct channel_handler_ops releasing = {.name = "releasing",
                                                     .channel_read = release};
static const struct channel_handler_ops passing = {.name = "passing",
                                                   .channel_read = pass};

static struct channel *channel_with(const struct channel_handler_ops *first,
                                    const struct channel_handler_ops *second)
{
    static struct channel_handler handlers[2];
    struct channel *ch = embedded_channel_new();
    struct channel_pipeline *p = channel_pipeline(ch);

    channel_handler_init(&handlers[0], first);
    channel_handler_init(&handlers[1], second);
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "1", &handlers[0]), 0);
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "2", &handlers[1]), 0);
    return ch;
}

static void send_hello(struct channel *ch)
{
    embedded_channel_write_inbound(ch,
                                   &unpooled_copied_buffer("hello", 5)->ref);
}

/* The detector names the handler that had it last. */
Test(bytebuf_mistakes, not_releasing_names_the_handler)
{
    struct channel *ch;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    leak_set_level(LEAK_PARANOID);
    ch = channel_with(&passing, &forgetful);
    send_hello(ch);
    embedded_channel_finish(ch);
    embedded_channel_free(ch);
    cr_assert_eq(leak_report(out), 1);
    fclose(out);
    cr_assert_not_null(strstr(text, "(forgetful)"), "%s", text);
    cr_assert_not_null(strstr(text, "made at tests/netty/bytebuf_mistakes"));
    free(text);
    bytebuf_release(seen);
}

Test(bytebuf_mistakes, releasing_what_was_passed_on_is_refused)
{
    struct channel *ch = channel_with(&greedy, &releasing);

    send_hello(ch);
    embedded_channel_finish(ch);
    embedded_channel_free(ch);
}

/* 2., the other half: passing on one's only reference and using it still. */
Test(bytebuf_mistakes, using_what_was_passed_on_is_refused)
{
    struct channel *ch = channel_with(&passing, &releasing);
    struct bytebuf *buf = unpooled_copied_buffer("hello", 5);

    embedded_channel_write_inbound(ch, &buf->ref);
    expect_misuse(bytebuf_read_byte(buf), "used after release, at tests/");
    embedded_channel_finish(ch);
    embedded_channel_free(ch);
}

/* 3. One buffer for all receivers has one reader index: who reads first leaves
 * nothing to the others. Each gets a retained duplicate instead. */
Test(bytebuf_mistakes, sharing_one_reader_index)
{
    struct bytebuf *buf = unpooled_copied_buffer("hello", 5);
    struct bytebuf *first, *second;

    bytebuf_retain(buf); /* wrong: */
    first = second = buf;
    bytebuf_skip_bytes(first, 5);
    bytebuf_release(first);
    cr_assert_eq(bytebuf_readable_bytes(second), 0);
    bytebuf_set_reader_index(buf, 0);

    first = bytebuf_retained_duplicate(buf); /* right: */
    second = bytebuf_retained_duplicate(buf);
    bytebuf_release(buf);
    bytebuf_skip_bytes(first, 5);
    bytebuf_release(first);
    cr_assert(bytebuf_equals_bytes(second, "hello", 5));
    cr_assert(bytebuf_release(second));
}

/*
 * Reference counts through a pipeline: who releases a message?
 *
 * A message belongs to whom it is given. A handler that passes it on has given
 * it away; one that ends its way releases it; one that makes another message
 * of it releases the old one; one that keeps it past the call retains it
 * first, if it passes it on as well. So each handler minds only its own
 * business, and the count comes to 0 exactly once. What nobody wants, the end
 * of the pipeline releases (and says so, where it is not a test's channel).
 *
 * An embedded channel is a pipeline without a socket: what is put in at its
 * front is seen by the handlers in order.
 */
#include <stdio.h>

#include "models/netty/bytebuf.h"
#include "models/netty/embedded.h"
#include "models/netty/leak.h"

static struct bytebuf *kept; /* what the keeper has kept */

static void show(const char *who, struct bytebuf *buf, const char *does)
{
    printf("  %-8s sees refs %u, %s\n", who, bytebuf_ref_count(buf), does);
}

/* Looks, and passes on: nothing to release. */
static int look(struct channel_handler_context *ctx,
                struct reference_counted *msg)
{
    show("looker", bytebuf_of(msg), "passes it on");
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* Keeps it for later and passes it on: two owners, so two references. */
static int keep(struct channel_handler_context *ctx,
                struct reference_counted *msg)
{
    show("keeper", bytebuf_of(msg), "retains it and passes it on");
    kept = bytebuf_retain(bytebuf_of(msg));
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* Makes another message of it: the old one ends here. */
static int shout(struct channel_handler_context *ctx,
                 struct reference_counted *msg)
{
    struct bytebuf *old = bytebuf_of(msg);
    struct bytebuf *new = bytebuf_copy(old, 0, bytebuf_readable_bytes(old));

    show("shouter", old, "releases it and passes on another");
    if (new) {
        bytebuf_write_string(new, "!");
        ctx_fire_channel_read(ctx, &new->ref);
    }
    bytebuf_release(old);
    return 0;
}

/* The last one: releases it. */
static int print(struct channel_handler_context *ctx,
                 struct reference_counted *msg)
{
    struct bytebuf *buf = bytebuf_of(msg);

    (void)ctx;
    show("printer", buf, "prints and releases it");
    printf("           \"%.*s\"\n", (int)bytebuf_readable_bytes(buf),
           bytebuf_readable(buf));
    bytebuf_release(buf);
    return 0;
}

static const struct channel_handler_ops all_ops[] = {
    {.name = "looker", .channel_read = look},
    {.name = "keeper", .channel_read = keep},
    {.name = "shouter", .channel_read = shout},
    {.name = "printer", .channel_read = print},
};

enum { HANDLERS = sizeof(all_ops) / sizeof(all_ops[0]) };

/* A channel with the first `n` handlers. They are static: nobody frees them. */
static struct channel *make_channel(struct channel_handler *handlers, size_t n)
{
    struct channel *ch = embedded_channel_new();

    for (size_t i = 0; ch && i < n; i++) {
        channel_handler_init(&handlers[i], &all_ops[i]);
        if (channel_pipeline_add_last(channel_pipeline(ch), NULL, NULL,
                                      &handlers[i]) < 0)
            return NULL;
    }
    return ch;
}

int main(void)
{
    static struct channel_handler handlers[HANDLERS];
    struct bytebuf *msg;
    struct channel *ch;

    leak_set_level(LEAK_PARANOID);
    ch = make_channel(handlers, HANDLERS);
    msg = unpooled_copied_buffer("hello", 5);
    if (!ch || !msg)
        return 1;
    puts("a message goes in:");
    embedded_channel_write_inbound(ch, &msg->ref);
    printf("back in main: the keeper still has it, refs %u, \"%.*s\"\n",
           bytebuf_ref_count(kept), (int)bytebuf_readable_bytes(kept),
           bytebuf_readable(kept));
    bytebuf_release(kept);
    printf("it is done with it; buffers alive: %zu\n", leak_count());
    embedded_channel_free(ch);

    puts("\nthe same with nobody at the end who wants it:");
    ch = make_channel(handlers, 1);
    msg = unpooled_copied_buffer("nobody's", 8);
    if (!ch || !msg)
        return 1;
    embedded_channel_write_inbound(ch, &msg->ref);
    printf("a test's channel keeps what comes out: buffers alive: %zu\n",
           leak_count());
    embedded_channel_free(ch);
    printf("until it is freed: %zu\n", leak_count());
    return 0;
}

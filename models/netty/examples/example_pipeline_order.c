/*
 * The order of handlers: inbound from the head on, outbound from the tail on.
 *
 *     head  h1  h2  h3  h4  h5  h6  tail
 *           in  in  in  out out out
 *
 * A message that comes in passes h1, h2, h3: the outbound handlers do not
 * implement the event, so it skips them. h3 answers, in two ways:
 * - channel_write() starts at the tail: h6, h5, h4 see it;
 * - ctx_write() starts at h3's own place, towards the head: there is no
 *   outbound handler, so nobody sees it. What looks like a lost encoder in
 *   one's first pipeline is often this.
 * A handler that does not pass an event on ends it there.
 */
#include <string.h>

#include "models/netty/embedded.h"
#include "models/netty/examples/say.h"

static bool answer_by_context; /* how h3 answers */
static bool h2_keeps;          /* h2 does not pass it on */

static int read_and_pass(struct channel_handler_context *ctx,
                         struct reference_counted *msg)
{
    if (h2_keeps && strcmp(ctx_name(ctx), "h2") == 0) {
        say("  %s reads, and keeps it: so it has to release it", ctx_name(ctx));
        reference_release(msg);
        return 0;
    }
    say("  %s reads, and passes it on", ctx_name(ctx));
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

static int read_and_answer(struct channel_handler_context *ctx,
                           struct reference_counted *msg)
{
    say("  %s reads, and writes it back by %s", ctx_name(ctx),
        answer_by_context ? "ctx_write_and_flush()"
                          : "channel_write_and_flush()");
    if (answer_by_context)
        ctx_write_and_flush(ctx, msg, NULL);
    else
        channel_write_and_flush(ctx_channel(ctx), msg, NULL);
    return 0;
}

static int write_and_pass(struct channel_handler_context *ctx,
                          struct reference_counted *msg,
                          struct promise *promise)
{
    say("  %s writes, and passes it on", ctx_name(ctx));
    ctx_write(ctx, msg, promise);
    return 0;
}

static const struct channel_handler_ops in = {.name = "in",
                                              .channel_read = read_and_pass};
static const struct channel_handler_ops answerer = {.name = "answerer",
                                                    .channel_read =
                                                        read_and_answer};
static const struct channel_handler_ops out = {.name = "out",
                                               .write = write_and_pass};

static void show(const char *what)
{
    static const struct channel_handler_ops *const ops[] = {&in,       &in,
                                                            &answerer, &out,
                                                            &out,      &out};
    static const char *const names[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
    struct channel_handler handlers[6]; /* outlive the channel */
    struct channel *ch = made(embedded_channel_new(), "a channel");
    struct bytebuf *msg = made(unpooled_copied_buffer("hello", 5), "a buffer");

    for (int i = 0; i < 6; i++) {
        channel_handler_init(&handlers[i], ops[i]);
        check(channel_pipeline_add_last(channel_pipeline(ch), NULL, names[i],
                                        &handlers[i]),
              "add a handler");
    }
    say("%s", what);
    embedded_channel_write_inbound(ch, &msg->ref);
    struct reference_counted *sent = embedded_channel_read_outbound(ch);
    say("  sent: %s", sent ? "yes" : "nothing");
    if (sent)
        reference_release(sent);
    embedded_channel_free(ch);
}

int main(void)
{
    show("h3 answers from the tail on:");
    answer_by_context = true;
    show("h3 answers from its own place on:");
    h2_keeps = true;
    show("h2 does not pass it on:");
    return 0;
}

/*
 * The embedded channel: handlers tried out without a socket or a thread.
 *
 * What a handler does is a question of what goes in and what comes out. An
 * embedded channel is a pipeline whose two ends are in our hands: we put in at
 * the front what the network would have brought, in pieces as small as we like;
 * we take out at the back what handlers made of it. The same the other way
 * round. Its clock stands still until it is told to go on, so that "30 seconds
 * later" takes no time at all.
 */
#include <string.h>

#include "models/netty/codec_line.h"
#include "models/netty/codec_string.h"
#include "models/netty/embedded.h"
#include "models/netty/examples/say.h"
#include "models/netty/handler_idle_state.h"

enum { LONGEST_LINE = 16 };

static int on_event(struct channel_handler_context *ctx,
                    const struct user_event *event)
{
    const struct idle_state_event *idle = idle_state_event_of(event);

    if (idle && idle->state == IDLE_STATE_READER)
        say("nothing has been read for 30 s%s",
            idle->first ? "" : ", still nothing");
    ctx_fire_user_event_triggered(ctx, event);
    return 0;
}

static const struct channel_handler_ops watcher_ops = {.name = "watcher",
                                                       .user_event_triggered =
                                                           on_event};

static void add(struct channel *ch, const char *name,
                struct channel_handler *handler)
{
    check(channel_pipeline_add_last(channel_pipeline(ch), NULL, name,
                                    made(handler, name)),
          "add a handler");
}

/* As if the network had brought these bytes in one piece. */
static void put_in(struct channel *ch, const char *bytes)
{
    struct bytebuf *buf =
        made(unpooled_copied_buffer(bytes, strlen(bytes)), "a buffer");
    struct string *line;

    embedded_channel_write_inbound(ch, &buf->ref);
    say("a piece of %zu bytes came in; lines that come out:", strlen(bytes));
    while ((line = (struct string *)embedded_channel_read_inbound(ch))) {
        say("    \"%s\"", line->text);
        reference_release(&line->ref);
    }
}

int main(void)
{
    struct channel_handler watcher = CHANNEL_HANDLER_INIT(&watcher_ops);
    struct channel *ch = made(embedded_channel_new(), "a channel");

    add(ch, "idle", idle_state_handler_new(30 * TICKER_S, 0, 0, false));
    add(ch, "framer", line_based_frame_decoder_new(LONGEST_LINE, true, false));
    add(ch, "decoder", &string_decoder);
    add(ch, "encoder", &string_encoder);
    add(ch, "watcher", &watcher);

    put_in(ch, "hel");
    put_in(ch, "lo\nwor");
    put_in(ch, "ld\r\nand\nthe rest");
    put_in(ch, " is too long\nnot this\n");
    struct exception *e = embedded_channel_check_exception(ch);
    say("an exception came out at the tail: %s", e ? e->text : "none");
    exception_release(e);

    struct string *text = made(string_new("answer"), "a string");
    embedded_channel_write_outbound(ch, &text->ref);
    struct bytebuf *sent = (struct bytebuf *)embedded_channel_read_outbound(ch);
    say("a string was written; what would be sent: \"%.*s\"", SAY_BYTES(sent));
    bytebuf_release(sent);

    say("the clock goes on by 29 s");
    embedded_channel_advance_time_by(ch, 29 * TICKER_S);
    say("by 1 s");
    embedded_channel_advance_time_by(ch, TICKER_S);
    say("by 30 s");
    embedded_channel_advance_time_by(ch, 30 * TICKER_S);

    say("finish: is anything left over? %s",
        embedded_channel_finish(ch) ? "yes" : "no");
    embedded_channel_free(ch);
    return 0;
}

#include "tests/netty/codec_check.h"

#include <string.h>

#include "models/netty/leak.h"

void codec_check_begin(struct codec_check *c, struct channel_handler *handler)
{
    struct channel_pipeline *p;

    leak_set_level(LEAK_PARANOID);
    cr_assert_not_null(handler);
    c->ch = embedded_channel_new();
    cr_assert_not_null(c->ch);
    p = channel_pipeline(c->ch);
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "codec", handler), 0);
    story_init(&c->story);
    cr_assert_eq(channel_pipeline_add_last(p, NULL, "story", &c->story.handler),
                 0);
}

void codec_check_feed(struct codec_check *c, const void *bytes, size_t len)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, len);

    bytebuf_write_bytes(buf, bytes, len);
    embedded_channel_write_inbound(c->ch, &buf->ref);
}

void codec_check_end(struct codec_check *c, const char *story)
{
    embedded_channel_finish(c->ch);
    cr_assert_str_eq(c->story.text, story);
    embedded_channel_free(c->ch);
    if (leak_count() > 0)
        leak_report(stderr);
    cr_assert_eq(leak_count(), 0);
}

/* Ends of bursts depend on how the bytes came in. */
static void drop_dots(char *story)
{
    char *to = story;

    for (const char *from = story; *from; from++) {
        if (*from != '.')
            *to++ = *from;
    }
    *to = '\0';
}

static void check_cut(struct channel_handler *handler, const char *bytes,
                      size_t len, size_t first, size_t step, const char *story)
{
    struct codec_check c;

    codec_check_begin(&c, handler);
    codec_check_feed(&c, bytes, first);
    for (size_t at = first; at < len; at += step)
        codec_check_feed(&c, bytes + at, len - at < step ? len - at : step);
    embedded_channel_close(c.ch);
    drop_dots(c.story.text);
    cr_assert_str_eq(c.story.text, story, "cut at %zu, then by %zu: %s", first,
                     step, c.story.text);
    codec_check_end(&c, c.story.text);
}

void codec_check_cuts(struct channel_handler *(*make)(void), const char *bytes,
                      size_t len, const char *story)
{
    for (size_t first = 1; first <= len; first++)
        check_cut(make(), bytes, len, first, len, story);
    check_cut(make(), bytes, len, 1, 1, story);
    check_cut(make(), bytes, len, 2, 3, story);
}

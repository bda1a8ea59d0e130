/*
 * The string codec. Netty's StringDecoderTest, StringEncoderTest.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/netty/codec_string.h"
#include "models/netty/leak.h"
#include "tests/netty/codec_check.h"

Test(codec_string, decodes_and_encodes)
{
    leak_set_level(LEAK_PARANOID);
    struct channel *ch = embedded_channel_new();
    struct channel_pipeline *p = channel_pipeline(ch);
    struct bytebuf *in = unpooled_copied_buffer("hej \xc3\xa5\0!", 8);

    channel_pipeline_add_last(p, NULL, "decoder", &string_decoder);
    channel_pipeline_add_last(p, NULL, "encoder", &string_encoder);
    cr_assert(embedded_channel_write_inbound(ch, &in->ref));
    struct string *s = string_of(embedded_channel_read_inbound(ch));
    cr_assert_not_null(s);
    cr_assert_eq(s->len, 8);
    cr_assert_arr_eq(s->text, "hej \xc3\xa5\0!", 9); /* with a NUL behind */

    cr_assert(embedded_channel_write_outbound(ch, &s->ref));
    struct bytebuf *out = bytebuf_of(embedded_channel_read_outbound(ch));
    cr_assert(bytebuf_equals_bytes(out, "hej \xc3\xa5\0!", 8));
    bytebuf_release(out);
    cr_assert_not(embedded_channel_finish(ch));
    embedded_channel_free(ch);
    cr_assert_eq(leak_count(), 0);
}

Test(codec_string, lets_other_messages_pass)
{
    struct channel *ch = embedded_channel_new();
    struct channel_pipeline *p = channel_pipeline(ch);
    struct string *s = string_new("already a string");
    struct bytebuf *buf = unpooled_copied_buffer("bytes", 5);

    channel_pipeline_add_last(p, NULL, "decoder", &string_decoder);
    channel_pipeline_add_last(p, NULL, "encoder", &string_encoder);
    embedded_channel_write_inbound(ch, &s->ref);
    cr_assert_eq(embedded_channel_read_inbound(ch), &s->ref);
    reference_release(&s->ref);
    embedded_channel_write_outbound(ch, &buf->ref);
    cr_assert_eq(embedded_channel_read_outbound(ch), &buf->ref);
    bytebuf_release(buf);
    cr_assert_not(embedded_channel_finish(ch));
    embedded_channel_free(ch);
}

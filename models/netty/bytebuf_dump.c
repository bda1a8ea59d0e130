/*
 * A buffer shown to a person.
 */
#include <ctype.h>

#include "models/netty/bytebuf_internal.h"

enum { ROW = 16 };

static const char *kind_of(const struct bytebuf *buf)
{
    if (buf->root->flags & BYTEBUF_COMPOSITE)
        return "composite";
    if (buf->root->flags & BYTEBUF_WRAPPED)
        return "wrapped";
    if (buf->root->flags & BYTEBUF_POOLED)
        return buf->root->flags & BYTEBUF_DIRECT ? "pooled direct"
                                                 : "pooled heap";
    return buf->root->flags & BYTEBUF_DIRECT ? "unpooled direct"
                                             : "unpooled heap";
}

char *bytebuf_describe(const struct bytebuf *buf, char *to, size_t size)
{
    uint32_t refs = bytebuf_ref_count(buf);
    char view[48] = "";

    if (refs == 0) {
        snprintf(to, size, "bytebuf(dead, released at %s)",
                 reference_made_at(&buf->ref));
        return to;
    }
    if (buf->flags & BYTEBUF_SLICE)
        snprintf(view, sizeof(view), "slice at %u of ", buf->offset);
    else if (buf->flags & BYTEBUF_DUPLICATE)
        snprintf(view, sizeof(view), "duplicate of ");
    snprintf(to, size, "bytebuf(%s%s%s, r=%u w=%u cap=%zu max=%u refs=%u)",
             buf->flags & BYTEBUF_READ_ONLY ? "read-only " : "", view,
             kind_of(buf), buf->reader_index, buf->writer_index,
             bytebuf_capacity(buf), buf->max_capacity, refs);
    return to;
}

static void dump_row(const struct bytebuf *buf, size_t index, size_t row,
                     FILE *out)
{
    unsigned char bytes[ROW];
    size_t n = buf->writer_index - index;

    n = n < ROW ? n : ROW;
    bytebuf_get_bytes(buf, index, bytes, n);
    fprintf(out, "|%08zx|", row * ROW);
    for (size_t i = 0; i < ROW; i++) {
        if (i < n)
            fprintf(out, " %02x", bytes[i]);
        else
            fputs("   ", out);
    }
    fputs(" |", out);
    for (size_t i = 0; i < ROW; i++)
        fputc(i >= n ? ' ' : isprint(bytes[i]) ? bytes[i] : '.', out);
    fputs("|\n", out);
}

void bytebuf_dump(const struct bytebuf *buf, FILE *out)
{
    static const char edge[] =
        "+--------+-------------------------------------------------+"
        "----------------+\n";
    char text[200];

    bytebuf_check_alive(buf);
    fprintf(out, "%s\n", bytebuf_describe(buf, text, sizeof(text)));
    if (!bytebuf_is_readable(buf))
        return;
    fputs("         +-------------------------------------------------+\n"
          "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n",
          out);
    fputs(edge, out);
    for (size_t row = 0; row * ROW < bytebuf_readable_bytes(buf); row++)
        dump_row(buf, buf->reader_index + row * ROW, row, out);
    fputs(edge, out);
}

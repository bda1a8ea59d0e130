/*
 * bytebuf_bytes - runs of bytes in a ByteBuf: copying, searching, comparing.
 *
 * Part of bytebuf.h, whose rules hold here.
 */
#ifndef NETTY_BYTEBUF_BYTES_H
#define NETTY_BYTEBUF_BYTES_H

#include "models/netty/bytebuf.h"

/* ---- copying ---- */

void bytebuf_get_bytes(const struct bytebuf *buf, size_t index, void *to,
                       size_t len);
void bytebuf_set_bytes(struct bytebuf *buf, size_t index, const void *from,
                       size_t len);
void bytebuf_set_zero(struct bytebuf *buf, size_t index, size_t len);
void bytebuf_read_bytes(struct bytebuf *buf, void *to, size_t len);

int bytebuf_write_bytes_slow(struct bytebuf *buf, const void *from, size_t len);

/* 0, or as bytebuf_ensure_writable. `from` must not lie in this buffer. */
static inline int bytebuf_write_bytes(struct bytebuf *buf, const void *from,
                                      size_t len)
{
    unsigned char *memory = buf->root->memory;

    if (__builtin_expect(!memory || len > bytebuf_writable_bytes(buf) ||
                             !reference_is_alive(&buf->ref),
                         0))
        return bytebuf_write_bytes_slow(buf, from, len);
    memcpy(memory + buf->offset + buf->writer_index, from, len);
    buf->writer_index += (uint32_t)len;
    return 0;
}

int bytebuf_write_zero(struct bytebuf *buf, size_t len);
int bytebuf_write_string(struct bytebuf *buf, const char *text);

/* Appends formatted text, without its NUL. 0 or as bytebuf_write_bytes. */
int bytebuf_write_format(struct bytebuf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes `len` bytes from the reader index of `from`, which moves. */
int bytebuf_write_buffer(struct bytebuf *buf, struct bytebuf *from, size_t len);

/* ---- searching and comparing ---- */

/* The index of the first `value` in [from, to), or -1. With from > to: the
 * last one in [to, from), searched backwards. */
long bytebuf_index_of(const struct bytebuf *buf, size_t from, size_t to,
                      unsigned char value);

/* How far from the reader index the first `value` is, or -1. */
long bytebuf_bytes_before(const struct bytebuf *buf, unsigned char value);

/* As bytebuf_index_of for a sequence of bytes; empty matches at `from`. */
long bytebuf_search(const struct bytebuf *buf, size_t from, size_t to,
                    const void *needle, size_t len);

/* Calls `visit` for each byte of [index, index + len) until it returns false;
 * the index of that byte, or -1 if all were visited. */
typedef bool bytebuf_visit_fn(unsigned char value, void *arg);
long bytebuf_for_each_byte(const struct bytebuf *buf, size_t index, size_t len,
                           bytebuf_visit_fn *visit, void *arg);

/* Of the readable bytes, whatever the buffers are made of. */
bool bytebuf_equals(const struct bytebuf *a, const struct bytebuf *b);
int bytebuf_compare(const struct bytebuf *a, const struct bytebuf *b);
bool bytebuf_equals_bytes(const struct bytebuf *buf, const void *bytes,
                          size_t len);

#endif

/*
 * Runs of bytes: copying, searching, comparing. All of it goes from span to
 * span, so that a composite needs no code of its own; a contiguous buffer is
 * one span.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "models/netty/bytebuf_internal.h"

unsigned char *bytebuf_span(const struct bytebuf *buf, size_t index, size_t len,
                            size_t *run)
{
    const struct bytebuf *root = buf->root;

    bytebuf_check_bounds(buf, index, len);
    if (!root->memory) {
        /* A view's bounds say nothing about a root that was cut short. */
        if (buf != root)
            bytebuf_check_bounds(root, buf->offset + index, len);
        return composite_span(root, buf->offset + index, len, run);
    }
    *run = len;
    return root->memory + buf->offset + index;
}

int bytebuf_iovecs(const struct bytebuf *buf, size_t index, size_t len,
                   struct iovec *iov, int max, size_t *covered)
{
    size_t done = 0;
    int count = 0;

    bytebuf_check_bounds(buf, index, len);
    while (done < len && count < max) {
        size_t run;
        iov[count].iov_base = bytebuf_span(buf, index + done, len - done, &run);
        iov[count].iov_len = run;
        count++;
        done += run;
    }
    if (covered)
        *covered = done;
    return count;
}

int bytebuf_iovec_count(const struct bytebuf *buf)
{
    size_t index = buf->reader_index;
    size_t len = bytebuf_readable_bytes(buf);
    int count = 0;

    if (bytebuf_has_memory(buf))
        return 1;
    while (len > 0) {
        size_t run;
        (void)bytebuf_span(buf, index, len, &run);
        index += run;
        len -= run;
        count++;
    }
    return count;
}

/* ---- copying ---- */

void bytebuf_get_bytes(const struct bytebuf *buf, size_t index, void *to,
                       size_t len)
{
    unsigned char *target = to;

    bytebuf_check_bounds(buf, index, len);
    while (len > 0) {
        size_t run;
        const unsigned char *p = bytebuf_span(buf, index, len, &run);
        memcpy(target, p, run);
        target += run;
        index += run;
        len -= run;
    }
}

void bytebuf_set_bytes(struct bytebuf *buf, size_t index, const void *from,
                       size_t len)
{
    const unsigned char *source = from;

    bytebuf_check_mutable(buf);
    bytebuf_check_bounds(buf, index, len);
    while (len > 0) {
        size_t run;
        unsigned char *p = bytebuf_span(buf, index, len, &run);
        memcpy(p, source, run);
        source += run;
        index += run;
        len -= run;
    }
}

void bytebuf_set_zero(struct bytebuf *buf, size_t index, size_t len)
{
    bytebuf_check_mutable(buf);
    bytebuf_check_bounds(buf, index, len);
    while (len > 0) {
        size_t run;
        unsigned char *p = bytebuf_span(buf, index, len, &run);
        memset(p, 0, run);
        index += run;
        len -= run;
    }
}

void bytebuf_read_bytes(struct bytebuf *buf, void *to, size_t len)
{
    bytebuf_check_readable(buf, len);
    bytebuf_get_bytes(buf, buf->reader_index, to, len);
    buf->reader_index += (uint32_t)len;
}

int bytebuf_write_bytes_slow(struct bytebuf *buf, const void *from, size_t len)
{
    int err = bytebuf_ensure_writable(buf, len);

    if (err)
        return err;
    bytebuf_set_bytes(buf, buf->writer_index, from, len);
    buf->writer_index += (uint32_t)len;
    return 0;
}

int bytebuf_write_zero(struct bytebuf *buf, size_t len)
{
    int err = bytebuf_ensure_writable(buf, len);

    if (err)
        return err;
    bytebuf_set_zero(buf, buf->writer_index, len);
    buf->writer_index += (uint32_t)len;
    return 0;
}

int bytebuf_write_string(struct bytebuf *buf, const char *text)
{
    return bytebuf_write_bytes(buf, text, strlen(text));
}

int bytebuf_write_format(struct bytebuf *buf, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    int len, err;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0)
        return -errno;
    if ((size_t)len < sizeof(text))
        return bytebuf_write_bytes(buf, text, (size_t)len);

    char *longer;
    va_start(ap, fmt);
    len = vasprintf(&longer, fmt, ap);
    va_end(ap);
    if (len < 0)
        return -ENOMEM;
    err = bytebuf_write_bytes(buf, longer, (size_t)len);
    free(longer);
    return err;
}

int bytebuf_write_buffer(struct bytebuf *buf, struct bytebuf *from, size_t len)
{
    bytebuf_check_readable(from, len);

    int err = bytebuf_ensure_writable(buf, len);
    if (err)
        return err;
    for (size_t done = 0; done < len;) {
        size_t run;
        const unsigned char *p =
            bytebuf_span(from, from->reader_index + done, len - done, &run);
        bytebuf_set_bytes(buf, buf->writer_index + done, p, run);
        done += run;
    }
    buf->writer_index += (uint32_t)len;
    from->reader_index += (uint32_t)len;
    return 0;
}

/* ---- searching ---- */

static long first_of(const struct bytebuf *buf, size_t from, size_t to,
                     unsigned char value)
{
    while (from < to) {
        size_t run;
        const unsigned char *p = bytebuf_span(buf, from, to - from, &run);
        const unsigned char *hit = memchr(p, value, run);
        if (hit)
            return (long)from + (hit - p);
        from += run;
    }
    return -1;
}

/* The last one in [low, high). Searching backwards is rare: byte by byte. */
static long last_of(const struct bytebuf *buf, size_t low, size_t high,
                    unsigned char value)
{
    while (high > low) {
        high--;
        if (bytebuf_get_unsigned_byte(buf, high) == value)
            return (long)high;
    }
    return -1;
}

long bytebuf_index_of(const struct bytebuf *buf, size_t from, size_t to,
                      unsigned char value)
{
    size_t low = from < to ? from : to;
    size_t high = from < to ? to : from;

    bytebuf_check_bounds(buf, low, high - low);
    return from <= to ? first_of(buf, from, to, value)
                      : last_of(buf, to, from, value);
}

long bytebuf_bytes_before(const struct bytebuf *buf, unsigned char value)
{
    long at =
        bytebuf_index_of(buf, buf->reader_index, buf->writer_index, value);

    return at < 0 ? -1 : at - (long)buf->reader_index;
}

static bool matches(const struct bytebuf *buf, size_t index,
                    const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        size_t run;
        const unsigned char *p = bytebuf_span(buf, index, len, &run);
        if (memcmp(p, bytes, run) != 0)
            return false;
        bytes += run;
        index += run;
        len -= run;
    }
    return true;
}

long bytebuf_search(const struct bytebuf *buf, size_t from, size_t to,
                    const void *needle, size_t len)
{
    const unsigned char *bytes = needle;

    if (from > to)
        misuse("bytebuf_search: from %zu is behind to %zu", from, to);
    bytebuf_check_bounds(buf, from, to - from);
    if (len == 0)
        return (long)from;
    while (to - from >= len) {
        long at = first_of(buf, from, to - len + 1, bytes[0]);
        if (at < 0)
            return -1;
        if (matches(buf, (size_t)at, bytes, len))
            return at;
        from = (size_t)at + 1;
    }
    return -1;
}

long bytebuf_for_each_byte(const struct bytebuf *buf, size_t index, size_t len,
                           bytebuf_visit_fn *visit, void *arg)
{
    bytebuf_check_bounds(buf, index, len);
    while (len > 0) {
        size_t run;
        const unsigned char *p = bytebuf_span(buf, index, len, &run);
        for (size_t i = 0; i < run; i++) {
            if (!visit(p[i], arg))
                return (long)(index + i);
        }
        index += run;
        len -= run;
    }
    return -1;
}

/* ---- comparing ---- */

int bytebuf_compare(const struct bytebuf *a, const struct bytebuf *b)
{
    size_t la = bytebuf_readable_bytes(a), lb = bytebuf_readable_bytes(b);
    size_t common = la < lb ? la : lb;

    for (size_t i = 0; i < common;) {
        size_t ra, rb;
        const unsigned char *pa =
            bytebuf_span(a, a->reader_index + i, common - i, &ra);
        const unsigned char *pb =
            bytebuf_span(b, b->reader_index + i, common - i, &rb);
        size_t n = ra < rb ? ra : rb;
        int order = memcmp(pa, pb, n);
        if (order != 0)
            return order;
        i += n;
    }
    bytebuf_check_alive(a);
    bytebuf_check_alive(b);
    return (la > lb) - (la < lb);
}

bool bytebuf_equals(const struct bytebuf *a, const struct bytebuf *b)
{
    return bytebuf_readable_bytes(a) == bytebuf_readable_bytes(b) &&
           bytebuf_compare(a, b) == 0;
}

bool bytebuf_equals_bytes(const struct bytebuf *buf, const void *bytes,
                          size_t len)
{
    bytebuf_check_alive(buf);
    return bytebuf_readable_bytes(buf) == len &&
           matches(buf, buf->reader_index, bytes, len);
}

#include "common/outbuf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "common/net.h"

/* Just within malloc's per-thread cache (1,032 bytes): the common case, a few
 * lines a turn, then costs no more than a list operation. */
enum { FIRST_CAP = 1024 };

int outbuf_grow(struct outbuf *ob, size_t len)
{
    size_t size = outbuf_size(ob);

    if (size + len > UINT32_MAX / 4)
        return -ENOMEM;
    /* Room is left in front: move, if that frees half of the buffer. */
    if (ob->start >= ob->cap / 2 && ob->cap - size >= len && ob->data) {
        memmove(ob->data, ob->data + ob->start, size);
        ob->start = 0;
        ob->end = (uint32_t)size;
        return 0;
    }
    size_t cap = ob->cap ? ob->cap : FIRST_CAP;
    while (cap - ob->start < size + len)
        cap *= 2;
    char *data = realloc(ob->data, cap);
    if (!data)
        return -ENOMEM;
    ob->data = data;
    ob->cap = (uint32_t)cap;
    return 0;
}

void outbuf_consume(struct outbuf *ob, size_t n)
{
    assert(n <= outbuf_size(ob));
    if (n == 0)
        return;
    ob->mid_line = ob->data[ob->start + n - 1] != '\n';
    ob->start += (uint32_t)n;
    if (ob->start == ob->end) {
        free(ob->data);
        *ob = (struct outbuf){.mid_line = ob->mid_line};
    }
}

int outbuf_send(struct outbuf *ob, int fd)
{
    size_t size = outbuf_size(ob);

    if (size == 0)
        return 0;
    long n = net_send(fd, ob->data + ob->start, size);
    if (n < 0)
        return (int)n;
    outbuf_consume(ob, (size_t)n);
    /* A short count says that the buffer is full: asking again costs a call
     * only to hear EAGAIN. */
    return (size_t)n < size ? -EAGAIN : 0;
}

void outbuf_drop_lines(struct outbuf *ob)
{
    size_t size = outbuf_size(ob);

    if (size == 0)
        return;
    if (!ob->mid_line) {
        free(ob->data);
        *ob = (struct outbuf){0};
        return;
    }
    char *lf = memchr(ob->data + ob->start, '\n', size);
    assert(lf); /* only whole lines are appended */
    ob->end = (uint32_t)(lf + 1 - ob->data);
}

void outbuf_free(struct outbuf *ob)
{
    free(ob->data);
    *ob = (struct outbuf){0};
}

/*
 * outbuf - what a connection still owes its peer.
 *
 * One growing run of bytes: short messages are cheaper copied behind each
 * other and sent with one send() than gathered by reference (measured, see
 * DESIGN.md). Empty, it holds no memory. One thread at a time: the loop that
 * owns the connection, or under its queue's lock.
 */
#ifndef CHAT_OUTBUF_H
#define CHAT_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct outbuf {
    char *data;     /* malloc'ed, NULL when nothing is owed */
    uint32_t start; /* first byte not yet sent */
    uint32_t end;   /* behind the last byte owed */
    uint32_t cap;   /* bytes at data */
    bool mid_line;  /* the peer has had part of the line at start */
};

static inline size_t outbuf_size(const struct outbuf *ob)
{
    return ob->end - ob->start;
}

/* Makes room for `len` more bytes. 0 or -ENOMEM. */
int outbuf_grow(struct outbuf *ob, size_t len);

/* Appends a copy of whole lines. 0 or -ENOMEM (nothing appended). */
static inline int outbuf_append(struct outbuf *ob, const char *bytes,
                                size_t len)
{
    if (ob->cap - ob->end < len) {
        int err = outbuf_grow(ob, len);
        if (err)
            return err;
    }
    memcpy(ob->data + ob->end, bytes, len);
    ob->end += (uint32_t)len;
    return 0;
}

/* Takes the first n bytes as sent; frees the memory once all are. */
void outbuf_consume(struct outbuf *ob, size_t n);

/*
 * Sends what is owed to the non-blocking socket fd until it is empty or the
 * kernel takes no more. Returns 0 when empty, -EAGAIN, or another -errno of
 * send(): the connection is lost.
 */
int outbuf_send(struct outbuf *ob, int fd);

/* Forgets all but the rest of a line whose start has been sent already, so
 * that what is appended next starts a line of its own. */
void outbuf_drop_lines(struct outbuf *ob);

void outbuf_free(struct outbuf *ob);

#endif

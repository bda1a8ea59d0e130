/*
 * How a ByteBuf grows: never by one byte, never past its maximum.
 *
 * When a write does not fit, the buffer takes the next power of two from 64 up
 * to 4 MiB, so that a buffer that is filled byte by byte is copied a handful of
 * times and not a million; beyond 4 MiB it takes steps of 4 MiB, since doubling
 * would waste too much. A pooled buffer first uses up what its block has left:
 * the pool rounds sizes up anyway.
 *
 * A limit is an answer to peers who would let a buffer grow for ever: what the
 * data can cause is an error code. What only a mistake in the program can cause
 * (an index out of bounds) ends it with a text that names the mistake.
 */
#include <stdio.h>
#include <string.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"

/* Writes byte by byte and prints each capacity it comes through. */
static void fill(const char *what, struct bytebuf *buf, size_t bytes)
{
    size_t capacity = bytebuf_capacity(buf);

    printf("%s: %zu", what, capacity);
    for (size_t i = 0; i < bytes; i++) {
        if (bytebuf_write_byte(buf, 0) < 0)
            return;
        if (bytebuf_capacity(buf) != capacity) {
            capacity = bytebuf_capacity(buf);
            printf(" -> %zu", capacity);
        }
    }
    printf("\n");
    bytebuf_release(buf);
}

int main(void)
{
    fill("unpooled, from 10 to 1,000 bytes",
         allocator_buffer(&allocator_unpooled, 10), 1000);
    fill("pooled, the block first", allocator_buffer(&allocator_pooled, 100),
         1000);
    fill("past 4 MiB, by 4 MiB", allocator_buffer(&allocator_unpooled, 2 << 20),
         13 << 20);

    struct bytebuf *buf = allocator_buffer_max(allocator_default, 4, 8);
    if (!buf)
        return 1;
    printf("\na buffer of 4 that may grow to 8\n");
    printf("write 6 bytes: %s\n",
           strerror(-bytebuf_write_bytes(buf, "abcdef", 6)));
    printf("write 3 more: %s; nothing was written\n",
           strerror(-bytebuf_write_bytes(buf, "ghi", 3)));
    bytebuf_dump(buf, stdout);
    bytebuf_release(buf);
    return 0;
}

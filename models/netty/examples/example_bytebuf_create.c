/*
 * Creating a ByteBuf, and what its two indexes are for.
 *
 * A buffer comes from an allocator and starts empty. Writing moves the writer
 * index, reading moves the reader index, and what lies between the two is what
 * there is to read. So there is no flip() as with Java's ByteBuffer: reading
 * and writing do not share a position. get and set take an index and move
 * nothing; mark and reset go back to read something again.
 */
#include <stdio.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"

int main(void)
{
    struct bytebuf *buf = allocator_buffer(allocator_default, 10);

    if (!buf)
        return 1;
    puts("allocator_buffer(10): empty, and already with one reference, ours");
    bytebuf_dump(buf, stdout);

    puts("\nwrite four bytes, then the int 5, big-endian as in the network");
    bytebuf_write_bytes(buf, "\1\2\3\4", 4);
    bytebuf_write_int(buf, 5);
    bytebuf_dump(buf, stdout);

    puts("\nthe same int, little-endian");
    bytebuf_write_int_le(buf, 5);
    bytebuf_dump(buf, stdout);

    printf("\nread four bytes: %d", bytebuf_read_byte(buf));
    for (int i = 0; i < 3; i++)
        printf(", %d", bytebuf_read_byte(buf));
    puts("; they are behind the reader index now");
    bytebuf_dump(buf, stdout);

    bytebuf_mark_reader_index(buf);
    printf("\nmark, read an int: %d\n", bytebuf_read_int(buf));
    bytebuf_reset_reader_index(buf);
    printf("reset, read it again: %d\n", bytebuf_read_int(buf));

    printf("\nget the int at index 4, moving nothing: %d\n",
           bytebuf_get_int(buf, 4));
    puts("clear: both indexes to 0; the bytes are still there");
    bytebuf_clear(buf);
    printf("the byte at index 3 is still %d\n", bytebuf_get_byte(buf, 3));
    bytebuf_dump(buf, stdout);

    puts("\nwho uses it last, releases it: here, main");
    bytebuf_release(buf);
    return 0;
}

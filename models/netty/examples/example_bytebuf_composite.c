/*
 * Composites: several buffers read as one, without copying a byte.
 *
 * A header from here and a body from there: copying both into a third buffer
 * costs twice the memory. A composite keeps them where they are and maps its
 * indexes onto them; writev() takes all pieces in one system call. It owns what
 * it is given: releasing it releases its components.
 *
 * What is forgotten most: adding a component does not make it readable, unless
 * one asks for it.
 */
#include <stdio.h>
#include <unistd.h>

#include "models/netty/bytebuf_composite.h"
#include "models/netty/bytebuf_int.h"

int main(void)
{
    struct bytebuf *header = allocator_buffer(allocator_default, 16);
    struct bytebuf *body = allocator_buffer(allocator_default, 16);
    struct bytebuf *message = bytebuf_composite_new(allocator_default, 16);
    struct iovec iov[4];

    if (!header || !body || !message)
        return 1;
    bytebuf_write_string(header, "header: ");
    bytebuf_write_string(body, "the body\n");

    puts("forgotten: bytebuf_composite_add(message, false, header)");
    if (bytebuf_composite_add(message, false, header) < 0)
        return 1;
    bytebuf_dump(message, stdout);

    puts("\nmade good: the writer index, then the body with `readable`");
    bytebuf_set_writer_index(message, bytebuf_capacity(message));
    if (bytebuf_composite_add(message, true, body) < 0)
        return 1;
    bytebuf_dump(message, stdout);

    int n = bytebuf_iovecs(message, 0, bytebuf_readable_bytes(message), iov, 4,
                           NULL);
    printf("\nfor writev: %d pieces\n", n);
    printf("the first is the header's own memory: %s\n",
           iov[0].iov_base == bytebuf_address(header, 0, 0) ? "yes" : "no");
    printf("the second is the body's own memory: %s\n",
           iov[1].iov_base == bytebuf_address(body, 0, 0) ? "yes" : "no");
    fflush(stdout);
    if (writev(STDOUT_FILENO, iov, n) < 0)
        return 1;

    puts("\nan int that lies in both pieces is put together:");
    printf("bytes 6 to 9: 0x%08x\n", bytebuf_get_unsigned_int(message, 6));

    bytebuf_retain(body);
    bytebuf_release(message);
    printf("\nreleasing the composite released its parts: but for the "
           "reference that\nwe kept, the body would be gone: %u\n",
           bytebuf_ref_count(body));
    bytebuf_release(body);
    return 0;
}

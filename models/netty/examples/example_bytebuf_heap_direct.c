/*
 * Heap or direct: in Java a question of copying, in C one of pages.
 *
 * Java's collector moves heap arrays, so that the kernel cannot be given their
 * address: what is written from one to a socket is first copied to direct
 * memory, outside the collector's reach. That is why Netty prefers direct
 * buffers. C has no collector: malloc's memory stays where it is, and send()
 * takes it as it is. What is left of "direct" is a mapping of its own, which
 * starts on a page and goes back to the kernel when it is freed. O_DIRECT,
 * io_uring's registered buffers and MSG_ZEROCOPY ask for that; a chat does not.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "models/netty/allocator.h"

static void show(const char *what, struct bytebuf *buf)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t address = (uintptr_t)bytebuf_address(buf, 0, 0);
    char text[160];

    printf("%-16s %s\n", what, bytebuf_describe(buf, text, sizeof(text)));
    /* Where malloc has room may be the start of a page, by chance. */
    printf("%-16s starts %s\n", "",
           !bytebuf_is_direct(buf) ? "where malloc has room"
           : address % page == 0   ? "on a page"
                                   : "within a page: that is wrong");
}

/* Sends a buffer through a socket pair and compares what arrives. */
static int send_it(struct bytebuf *buf)
{
    char got[64];
    int fds[2], same = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 0;
    bytebuf_write_string(buf, "the kernel reads both alike");
    size_t len = bytebuf_readable_bytes(buf);
    if (send(fds[0], bytebuf_readable(buf), len, 0) == (ssize_t)len &&
        recv(fds[1], got, sizeof(got), 0) == (ssize_t)len)
        same = bytebuf_equals_bytes(buf, got, len);
    close(fds[0]);
    close(fds[1]);
    return same;
}

int main(void)
{
    struct bytebuf *heap = allocator_heap_buffer(&allocator_unpooled, 100);
    struct bytebuf *direct = allocator_direct_buffer(&allocator_unpooled, 100);

    if (!heap || !direct)
        return 1;
    show("heap:", heap);
    show("direct:", direct);
    puts("\nboth are sent from where they are, without a copy on our side:");
    printf("heap: %s, direct: %s\n", send_it(heap) ? "arrived" : "lost",
           send_it(direct) ? "arrived" : "lost");
    puts("\nallocator_buffer() gives heap buffers, where Netty's gives direct:"
         "\nan unpooled direct one costs two system calls and a page fault.");
    bytebuf_release(heap);
    bytebuf_release(direct);
    return 0;
}

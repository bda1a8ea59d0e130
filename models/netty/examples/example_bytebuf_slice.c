/*
 * Slices: parts of a buffer without copying a byte, shown by their addresses.
 *
 * A slice has indexes of its own and the memory of its root. What is written
 * through one is seen through the other. The plain slice also shares its root's
 * count: it is good as long as the root lives. A retained slice has a count of
 * its own and keeps its root alive, so it may be handed on and forgotten, as
 * decoders do with each frame they cut out of what was read.
 */
#include <stdio.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"

/* Addresses change from run to run; where one lies in another does not. */
static void show(const char *what, struct bytebuf *view, struct bytebuf *root)
{
    printf("%-8s %.*s, at the root's address + %td, refs %u\n", what,
           (int)bytebuf_readable_bytes(view), bytebuf_readable(view),
           bytebuf_address(view, 0, 0) - bytebuf_address(root, 0, 0),
           bytebuf_ref_count(view));
}

int main(void)
{
    struct bytebuf *root = allocator_buffer(allocator_default, 16);

    if (!root)
        return 1;
    bytebuf_write_string(root, "abcdefghij");
    struct bytebuf *first = bytebuf_slice(root, 0, 5);
    struct bytebuf *second = bytebuf_slice(root, 5, 5);
    show("root:", root, root);
    show("first:", first, root);
    show("second:", second, root);

    puts("\nset the first byte of `second` to 'F': nothing was copied, so");
    bytebuf_set_byte(second, 0, 'F');
    show("root:", root, root);

    puts("\nread two bytes of `first`: the root's reader index stays");
    bytebuf_skip_bytes(first, 2);
    printf("first: %zu readable, root: %zu readable\n",
           bytebuf_readable_bytes(first), bytebuf_readable_bytes(root));

    puts("\na retained slice holds its root:");
    struct bytebuf *kept = bytebuf_read_retained_slice(root, 3);
    show("kept:", kept, root);
    printf("the root has %u references; we release ours\n",
           bytebuf_ref_count(root));
    bytebuf_release(root);
    show("kept:", kept, root);

    puts("\nthe root may grow and move: its slices follow");
    const void *before = bytebuf_address(kept, 0, 0);
    if (bytebuf_set_capacity(root, 1 << 20) < 0)
        return 1;
    printf("moved: %s\n", before == bytebuf_address(kept, 0, 0) ? "no" : "yes");
    show("kept:", kept, root);
    printf("\nrelease the last slice: all is gone: %s\n",
           bytebuf_release(kept) ? "yes" : "no");
    return 0;
}

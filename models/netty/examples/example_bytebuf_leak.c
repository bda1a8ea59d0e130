/*
 * The leak detector: who forgot to release?
 *
 * In Java a lost buffer is found when the collector comes across it. Here it
 * stays on a list, which is printed at exit. For each buffer it names where it
 * was made and who touched it last: he should have released it.
 *
 * Level `sampled` follows one buffer in 128 and is for production; `paranoid`
 * follows all and is for tests. NETTY_LEAK_DETECTION in the environment sets it
 * for any program.
 */
#include <stdio.h>

#include "models/netty/allocator.h"
#include "models/netty/bytebuf_int.h"
#include "models/netty/leak.h"

static void decoder(struct bytebuf *buf)
{
    bytebuf_touch(buf, "decoder");
    bytebuf_skip_bytes(buf, 2);
}

static void handler(struct bytebuf *buf)
{
    bytebuf_touch(buf, "handler");
    printf("handler: %d, and off it goes without releasing\n",
           bytebuf_read_byte(buf));
}

int main(void)
{
    leak_set_level(LEAK_PARANOID);

    struct bytebuf *good = allocator_buffer(allocator_default, 16);
    struct bytebuf *lost = allocator_buffer(allocator_default, 16);
    if (!good || !lost)
        return 1;
    bytebuf_write_bytes(lost, "\1\2\3", 3);
    printf("two buffers are followed: %zu\n", leak_count());
    decoder(lost);
    handler(lost);
    bytebuf_release(good);

    printf("\nthe report, as it would come at exit:\n");
    leak_report(stdout);

    /* So that it does not come at exit, too. */
    bytebuf_release(lost);
    printf("\nreleased: %zu left\n", leak_count());
    return 0;
}

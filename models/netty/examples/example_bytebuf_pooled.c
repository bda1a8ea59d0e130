/*
 * Pooled or unpooled: where the memory comes from, and where it goes.
 *
 * An unpooled buffer is malloc and free. A pooled one is taken from a cache of
 * the calling thread, and goes back to that very cache, also when another
 * thread releases it: so a thread that only reads from sockets and threads
 * that only write to them do not drain each other. `make bench-micro` shows
 * what each costs.
 */
#include <pthread.h>
#include <stdio.h>

#include "models/netty/allocator.h"

static void show(const char *what, struct bytebuf *buf)
{
    char text[160];

    printf("%-28s %s\n", what, bytebuf_describe(buf, text, sizeof(text)));
}

static void *release_elsewhere(void *buf)
{
    bytebuf_release((struct bytebuf *)buf);
    return NULL;
}

/* Takes buffers until the pool hands out `memory` again; how many it took. */
static int take_until(const void *memory)
{
    struct bytebuf *taken[64];
    int n = 0, found = 0;

    while (!found && n < 64) {
        taken[n] = allocator_buffer(&allocator_pooled, 200);
        found = bytebuf_address(taken[n++], 0, 0) == memory;
    }
    for (int i = 0; i < n; i++)
        bytebuf_release(taken[i]);
    return found ? n : -1;
}

int main(void)
{
    struct allocator_metrics m;
    pthread_t thread;

    struct bytebuf *pooled = allocator_buffer(&allocator_pooled, 200);
    struct bytebuf *own = allocator_buffer(&allocator_unpooled, 200);
    if (!pooled || !own)
        return 1;
    show("from the pool:", pooled);
    show("from malloc:", own);
    printf("the pool's block for 200 bytes has %zu\n",
           allocator_block_size(200));
    allocator_read_metrics(&m);
    printf("in use: %lu pooled buffer of %lu bytes\n", m.used_buffers,
           m.used_bytes);
    bytebuf_release(own);

    const void *memory = bytebuf_address(pooled, 0, 0);
    bytebuf_release(pooled);
    printf("\nreleased here, its memory is the next to be taken: %s\n",
           take_until(memory) == 1 ? "yes" : "no");

    pooled = allocator_buffer(&allocator_pooled, 200);
    memory = bytebuf_address(pooled, 0, 0);
    if (pthread_create(&thread, NULL, release_elsewhere, pooled) != 0)
        return 1;
    pthread_join(thread, NULL);
    allocator_read_metrics(&m);
    printf("released by another thread: %lu buffer came back to our cache,\n",
           m.remote_frees);
    printf("and once the list at hand is used up, we get it: %s\n",
           take_until(memory) > 1 ? "yes" : "no");
    allocator_read_metrics(&m);
    printf("in use at the end: %lu buffers\n", m.used_buffers);
    return 0;
}

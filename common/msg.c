#include "common/msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct msg *msg_new(const char *bytes, size_t len)
{
    struct msg *m = malloc(sizeof(*m) + len);

    if (!m)
        return NULL;
    atomic_init(&m->refs, 1);
    m->len = (uint32_t)len;
    memcpy(m->data, bytes, len);
    return m;
}

void msg_unref(struct msg *m)
{
    /* Release: our reads of data come before the free. Acquire, in the thread
     * that frees: it sees the others' as done. */
    uint32_t old = atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel);

    assert(old > 0);
    if (old == 1)
        free(m);
}

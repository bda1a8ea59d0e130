/*
 * chat_gate - with --business: how much of a client may wait for its executor.
 *
 * The executor's queue has no limit of its own, so a client that floods would
 * fill it. With CHAT_GATE_HIGH commands on their way it is not read any more,
 * until CHAT_GATE_LOW are left; TCP then slows the peer, and nobody else.
 */
#include <errno.h>

#include "models/netty/chat_server.h"

static void count(struct client *c)
{
    unsigned n =
        atomic_fetch_add_explicit(&c->in_flight, 1, memory_order_acq_rel) + 1;

    /* The command that is just being let through has yet to be handled: so
     * there is one who finds the mark and lets the reading go on. */
    if (n >= CHAT_GATE_HIGH && !(c->pauses & PAUSE_GATE)) {
        client_pause(c, PAUSE_GATE);
        atomic_store(&c->gate_closed, true);
    }
}

static int gate_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    count(CLIENT_OF(ctx, gate));
    ctx_fire_channel_read(ctx, msg);
    return 0;
}

/* An overlong line becomes a command too. */
static int gate_exception(struct channel_handler_context *ctx,
                          struct exception *cause)
{
    if (cause->code == -EMSGSIZE)
        count(CLIENT_OF(ctx, gate));
    ctx_fire_exception_caught(ctx, exception_retain(cause));
    return 0;
}

static void gate_destroy(struct channel_handler *h)
{
    client_release(
        (struct client *)((char *)h - offsetof(struct client, gate)));
}

const struct channel_handler_ops chat_gate_ops = {
    .name = "gate",
    .channel_read = gate_read,
    .exception_caught = gate_exception,
    .destroy = gate_destroy,
};

/*
 * chat_client - a client's birth, its references, its tasks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/chat_server.h"
#include "models/netty/codec_line.h"

void client_retain(struct client *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void client_release(struct client *c)
{
    if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    while (c->queue) {
        struct command *cmd = c->queue;
        c->queue = cmd->next;
        reference_release(&cmd->ref);
    }
    if (c->out)
        bytebuf_release(c->out);
    channel_release(c->channel);
    free(c);
}

/* ---- tasks ---- */

struct client_task {
    struct client *client; /* counted */
    task_fn run;           /* what to do */
};

static int run_client_task(void *arg)
{
    struct client_task t = *(struct client_task *)arg;

    free(arg);
    int err = t.run(t.client);
    client_release(t.client);
    return err;
}

void client_execute(struct client *c, struct event_executor *ex, task_fn run)
{
    struct client_task *t = malloc(sizeof(*t));
    int err = -ENOMEM;

    if (t) {
        client_retain(c);
        *t = (struct client_task){c, run};
        err = event_executor_execute(ex, run_client_task, t);
        if (err)
            client_release(c);
    }
    if (err) {
        free(t);
        log_info("a client is stuck: no task could be queued: %s",
                 strerror(-err));
    }
}

/* ---- birth ---- */

static struct chat_loop *loop_of(const struct event_executor *ex)
{
    struct chat_loop *loop = server.loops;

    while (loop->executor != ex)
        loop++;
    return loop;
}

static int add(struct client *c, struct event_executor_group *group,
               const char *name, struct channel_handler *h,
               const struct channel_handler_ops *ops)
{
    channel_handler_init(h, ops);
    int err =
        channel_pipeline_add_last(channel_pipeline(c->channel), group, name, h);
    if (!err)
        client_retain(c);
    return err;
}

/* The framework's line decoder: the channel's, not the client's. */
static int add_framer(struct channel_pipeline *p)
{
    struct channel_handler *framer =
        line_based_frame_decoder_new(CHAT_LINE_MAX, false, true);

    if (!framer)
        return -ENOMEM;
    int err = channel_pipeline_add_last(p, NULL, "framer", framer);
    if (err)
        framer->ops->destroy(framer);
    return err;
}

static int add_handlers(struct client *c)
{
    struct channel_pipeline *p = channel_pipeline(c->channel);
    int err = add(c, NULL, "idle", &c->idle, &chat_idle_ops);

    if (!err)
        err = add_framer(p);
    if (!err)
        err = channel_pipeline_add_last(p, NULL, "decoder", &chat_decoder);
    if (!err)
        err = add(c, NULL, "encoder", &c->encoder, &chat_encoder_ops);
    if (!err && server.business)
        err = add(c, NULL, "gate", &c->gate, &chat_gate_ops);
    if (!err)
        err = add(c, server.business, "chat", &c->chat, &chat_handler_ops);
    if (!err)
        c->executor = ctx_executor(channel_pipeline_context(p, "chat"));
    return err;
}

int client_init_channel(struct channel *ch, void *unused)
{
    struct client *c = calloc(1, sizeof(*c));

    (void)unused;
    if (!c)
        return -ENOMEM;
    atomic_init(&c->refs, 1);
    c->channel = channel_retain(ch);
    c->loop = loop_of(channel_event_loop(ch));
    c->last_command = &c->queue;
    c->opened = c->last_seen = ticker_now(&ticker_system);
    c->next = c->loop->clients;
    c->link = &c->loop->clients;
    if (c->next)
        c->next->link = &c->next;
    c->loop->clients = c;
    c->loop->n_clients++;
    int err = add_handlers(c);
    if (err) {
        /* The chat has never heard of it; the handlers there are will be
         * removed with the channel. */
        c->closing = c->closed = true;
        client_forget_if_over(c);
    }
    return err;
}

void client_forget_if_over(struct client *c)
{
    struct chat_loop *loop = c->loop;

    if (!c->closing || !c->closed || !c->link)
        return;
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->link = NULL;
    loop->n_clients--;
    if (loop->stopping && loop->n_clients == 0)
        promise_set_success(loop->ended, NULL);
    client_release(c);
}

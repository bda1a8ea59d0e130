/*
 * chat_handler - the end of the pipeline: commands are run by the chat core,
 * under its lock.
 *
 * In the client's event loop, or with --business in an executor of its own
 * group, always the same for one client, so that its commands keep their order.
 * Commands wait in the client's queue while a long reply is under way, and in
 * the event loop while the client is not to be read for any other reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "models/netty/chat_server.h"

static bool is_in_loop(const struct client *c)
{
    return c->executor == c->loop->executor;
}

/* Whether the next command has to wait. */
static bool is_blocked(const struct client *c)
{
    return c->more || (is_in_loop(c) && c->pauses);
}

/* ---- leaving ---- */

void client_leave(struct client *c, enum chat_cause cause)
{
    if (c->left)
        return;
    c->left = true;
    c->more = false;
    /* Who has sent its last has left by that, whatever comes after. */
    if (c->end_of_input)
        cause = CHAT_EOF;
    lock_acquire(&server.lock);
    if (c->user)
        chat_disconnect(server.chat, c->user, cause);
    c->user = NULL;
    mailbox_note(c, NOTE_GONE);
    lock_release(&server.lock);
    mailbox_after_unlock();
}

/* ---- commands ---- */

static int open_gate(void *arg)
{
    client_resume(arg, PAUSE_GATE);
    return 0;
}

/* One less is on its way through the gate. */
static void count_done(struct client *c)
{
    if (is_in_loop(c))
        return;
    unsigned left =
        atomic_fetch_sub_explicit(&c->in_flight, 1, memory_order_acq_rel) - 1;
    if (left <= CHAT_GATE_LOW && atomic_exchange(&c->gate_closed, false))
        client_execute(c, c->loop->executor, open_gate);
}

/* Under the lock: a long reply goes on when the loop says so. */
static void note_more_locked(struct client *c, enum chat_result result)
{
    if (result == CHAT_MORE && !atomic_load(&c->hurried)) {
        c->more = true;
        mailbox_note(c, NOTE_MORE);
    }
}

/* Runs one command, and gives it back. */
static void handle(struct client *c, struct command *cmd)
{
    enum chat_result result = CHAT_OK;

    if (cmd->line && irc_equals(cmd->m.command.ptr, "PRIVMSG"))
        work_run(&server.opts.work);
    lock_acquire(&server.lock);
    client_current = c;
    if (cmd->line)
        result = chat_handle(server.chat, c->user, &cmd->m);
    else
        chat_line_too_long(server.chat, c->user);
    client_current = NULL;
    note_more_locked(c, result);
    bool registered = chat_is_registered(c->user);
    lock_release(&server.lock);
    atomic_store_explicit(&c->registered, registered, memory_order_relaxed);
    mailbox_after_unlock();
    reference_release(&cmd->ref);
    if (result == CHAT_CLOSE)
        client_leave(c, CHAT_QUIT);
}

static int end_of_turn(void *arg)
{
    struct client *c = arg;

    client_resume(c, PAUSE_TURN);
    client_release(c);
    return 0;
}

/* In the loop: whether the client has to give way to others. */
static void give_way(struct client *c)
{
    if (c->loop->holding)
        client_pause(c, PAUSE_HELD);
    if (++c->n_handled < CHAT_LINES || c->pauses & PAUSE_TURN)
        return;
    client_retain(c);
    if (event_loop_execute_after_iteration(event_loop_of(c->executor),
                                           end_of_turn, c) == 0)
        client_pause(c, PAUSE_TURN);
    else
        client_release(c);
}

static void take(struct client *c, struct command *cmd)
{
    if (c->left)
        reference_release(&cmd->ref);
    else
        handle(c, cmd);
    count_done(c);
    if (is_in_loop(c))
        give_way(c);
}

static void leave_if_over(struct client *c)
{
    if (c->end_of_input && !c->queue && !c->more)
        client_leave(c, CHAT_EOF);
}

void client_go_on(struct client *c)
{
    c->n_handled = 0;
    while (c->queue && (c->left || !is_blocked(c))) {
        struct command *cmd = c->queue;
        c->queue = cmd->next;
        if (!c->queue)
            c->last_command = &c->queue;
        take(c, cmd);
    }
    leave_if_over(c);
}

static void take_or_queue(struct client *c, struct command *cmd)
{
    if (c->left || (!c->queue && !is_blocked(c))) {
        take(c, cmd);
        return;
    }
    cmd->next = NULL;
    *c->last_command = cmd;
    c->last_command = &cmd->next;
}

/* In the loop. With an executor of its own the handler may meanwhile have begun
 * the next long reply, which waits for the drain in its turn. */
static int resume_drain(void *arg)
{
    struct client *c = arg;

    if (!c->tell_drained)
        client_resume(c, PAUSE_DRAIN);
    return 0;
}

int client_continue_reply(void *arg)
{
    struct client *c = arg;

    if (c->left || !c->more)
        return 0;
    c->more = false;
    lock_acquire(&server.lock);
    client_current = c;
    enum chat_result result = chat_continue(server.chat, c->user);
    client_current = NULL;
    note_more_locked(c, result);
    lock_release(&server.lock);
    mailbox_after_unlock();
    if (c->more)
        return 0;
    if (result == CHAT_CLOSE) {
        client_leave(c, CHAT_QUIT);
        return 0;
    }
    if (is_in_loop(c)) {
        resume_drain(c);
    } else {
        client_go_on(c);
        client_execute(c, c->loop->executor, resume_drain);
    }
    leave_if_over(c);
    return 0;
}

/* ---- the handler ---- */

static int chat_active(struct channel_handler_context *ctx)
{
    struct client *c = CLIENT_OF(ctx, chat);
    struct socket_address a;
    char host[SOCKET_ADDRESS_TEXT] = "0.0.0.0"; /* it may be reset already */

    if (channel_remote_address(ctx_channel(ctx), &a) == 0)
        socket_address_format_host(&a, host);
    log_step("took over %s", host);
    lock_acquire(&server.lock);
    c->user = chat_connect(server.chat, c, host);
    lock_release(&server.lock);
    if (!c->user)
        client_leave(c, CHAT_ERROR);
    return 0;
}

static int chat_read(struct channel_handler_context *ctx,
                     struct reference_counted *msg)
{
    take_or_queue(CLIENT_OF(ctx, chat), (struct command *)msg);
    return 0;
}

static int chat_read_complete(struct channel_handler_context *ctx)
{
    CLIENT_OF(ctx, chat)->n_handled = 0;
    return 0;
}

static int chat_exception(struct channel_handler_context *ctx,
                          struct exception *cause)
{
    struct client *c = CLIENT_OF(ctx, chat);

    if (cause->code != -EMSGSIZE)
        return 0; /* of the socket: channel_inactive comes next */
    struct command *cmd = calloc(1, sizeof(*cmd));
    if (!cmd) {
        channel_close(ctx_channel(ctx), NULL);
        return 0;
    }
    reference_init(&cmd->ref, &command_type, REFERENCE_HERE);
    take_or_queue(c, cmd);
    return 0;
}

/* The peer has sent its last. It may still be reading: what it has asked for is
 * answered first. */
static int chat_user_event(struct channel_handler_context *ctx,
                           const struct user_event *event)
{
    struct client *c = CLIENT_OF(ctx, chat);

    if (event == &channel_input_shutdown_event) {
        c->end_of_input = true;
        leave_if_over(c);
    }
    return 0;
}

static int chat_inactive(struct channel_handler_context *ctx)
{
    client_leave(CLIENT_OF(ctx, chat), CHAT_ERROR);
    return 0;
}

static void chat_destroy(struct channel_handler *h)
{
    client_release(
        (struct client *)((char *)h - offsetof(struct client, chat)));
}

const struct channel_handler_ops chat_handler_ops = {
    .name = "chat",
    .channel_active = chat_active,
    .channel_read = chat_read,
    .channel_read_complete = chat_read_complete,
    .user_event_triggered = chat_user_event,
    .channel_inactive = chat_inactive,
    .exception_caught = chat_exception,
    .destroy = chat_destroy,
};

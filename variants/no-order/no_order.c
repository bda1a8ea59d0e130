/*
 * no-order - chat-pool, but each line is a task by itself.
 *
 * What is wrong: lines go to the pool one by one, as they are read. Two lines
 * of one client are handled by two workers at once, and the second is through
 * first whenever the first is held up: by a slow handler, by the lock, by the
 * scheduler.
 *
 * Why people write it: it is what a thread pool offers, submit(task), and each
 * task is right by itself: the chat is locked, no socket is shared, no tool
 * finds a race. The order of a connection belongs to no single task.
 *
 * What you see: with `--work sleep:2000@50`, which holds up every second
 * message, a client's lines arrive in another order than it sent them. Without
 * it they do so now and then, more often the busier the machine is: a NICK
 * before the USER it follows, a message to a room before the JOIN.
 *
 * What is right: struct serial in common/executor.h, fed by
 * handler_pool_on_line() in common/handler_pool.c. A connection's lines form a
 * queue that is scheduled as a unit; different connections run in parallel. It
 * also gives the connection a last task, so that nothing has to be counted to
 * know when it may be freed (compare variants/held.c).
 */
#include <stdlib.h>
#include <string.h>

#include "variants/held.h"

struct line_task {
    struct held_task held; /* first: found by it */
    bool too_long;         /* there is no line, only the fact that it was */
    size_t len;            /* bytes in line, its NUL apart */
    char line[];           /* a copy, with a byte more for the parser's NUL */
};

bool no_order_open(struct conn *c);
void no_order_on_line(struct conn *c, char *line, size_t len);

/* Threads worker-N. */
static enum task_result run_line(struct task *task)
{
    struct line_task *l = (struct line_task *)task;

    held_handle(l->held.held, l->too_long ? NULL : l->line, l->len);
    return held_end(&l->held);
}

/* For handler_pool_on_line; thread main. */
void no_order_on_line(struct conn *c, char *line, size_t len)
{
    size_t size = line ? len : 0;
    struct line_task *l = calloc(1, sizeof(*l) + size + 1);

    if (!l) {
        conn_leave(c, CHAT_ERROR);
        return;
    }
    l->too_long = !line;
    l->len = size;
    if (line)
        memcpy(l->line, line, len);
    held_submit(c, &l->held, run_line); /* a queue of its own: no order */
}

/* For handler_pool_open; thread main. */
bool no_order_open(struct conn *c)
{
    return held_open(c, sizeof(struct held), free);
}

/*
 * no-wakeup - chat-mainsub, but who posts to a loop does not wake it.
 *
 * What is wrong: a mailbox is filled under the lock, and its loop looks into it
 * at the end of each turn; only the ev_async_send() after it is missing. A loop
 * that sleeps in epoll_wait() has no turn. What is handed over, a message or
 * a whole new connection, lies there until something else wakes the loop: a
 * line from one of its own clients, or a timer.
 *
 * Why people write it: every turn drains the queue, so in the load test, where
 * loops never sleep, nothing is ever late. With one user it is "sometimes a bit
 * slow": the timer that looks for dead clients comes by once a second and hides
 * the rest. It has sisters: starting a watcher on another thread's loop, and
 * waking first and posting afterwards.
 *
 * What you see: start it with --threads 2 and connect two clients. What one
 * says is shown to the other up to a second later, or at once when the other
 * presses Enter. Entering takes as long. chat-load with one message in flight
 * measures one message a second, where chat-mainsub has tens of thousands.
 *
 * What is right: mark_locked() and mailbox_after_unlock() in common/mailbox.c.
 * The first to mark a mailbox wakes its loop, once the lock is free; who finds
 * it marked need not, since the drainer clears the mark in the critical section
 * in which it takes the batch.
 */
#include <ev.h>

void no_wakeup_async_send(struct ev_loop *ev, ev_async *w);

/* For ev_async_send. */
void no_wakeup_async_send(struct ev_loop *ev, ev_async *w)
{
    (void)ev;
    (void)w;
}

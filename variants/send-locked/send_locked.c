/*
 * send-locked - chat-blocking, but a broadcast sends to each member while it
 * holds the lock around the rooms.
 *
 * What is wrong: deliver() calls send() on the receiver's blocking socket, in
 * the sender's thread, under the lock. A receiver that does not read fills its
 * socket's buffer, the send waits for it, and with it waits everybody who needs
 * the lock: the room, all other rooms, whoever connects, and the end of the
 * server. One stopped client stops the service.
 *
 * Why people write it: the list of members must not change while it is walked,
 * so the walk is locked; and sending is what the walk is for. On a developer's
 * machine every client reads. It also saves the queues and the writer threads,
 * which here only say goodbye.
 *
 * What you see: stop one client (Ctrl-Z) in a busy room. After a few hundred
 * KiB no client gets an answer to anything, in whatever room, and the stats
 * show little but lock_wait_ns. SEND_TIMEOUT_S is the usual bandage, and the
 * proof: after it the stopped client is dropped, all moves again, and every
 * further one costs everybody that long. Without it, and while it runs, Ctrl-C
 * does not end the server either: saying goodbye takes the lock.
 *
 * What is right: client_deliver() in models/blocking/client.c only appends to
 * the receiver's bounded queue (writer_append() in models/blocking/writer.c);
 * its own writer thread sends, with no lock held, and who is owed more than
 * --sendq is cut off. Under the lock there is only memory (common/lock.h).
 */
#include <sys/socket.h>
#include <sys/time.h>

#include "common/net.h"
#include "models/blocking/writer.h"

enum { SEND_TIMEOUT_S = 15 };

void send_locked_append(struct writer *w, const char *bytes, size_t len);

/* Sends it whole. Without luck the client ends: its reader is woken. */
static void send_all(struct writer *w, const char *bytes, size_t len)
{
    struct timeval tv = {.tv_sec = SEND_TIMEOUT_S};

    (void)setsockopt(w->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
    while (len > 0) {
        long n = net_send(w->fd, bytes, len);
        if (n < 0) {
            w->deaf = true;
            shutdown(w->fd, SHUT_RD);
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

/* For writer_append, which queues. */
void send_locked_append(struct writer *w, const char *bytes, size_t len)
{
    pthread_mutex_lock(&w->lock);
    if (!w->deaf && !w->closing)
        send_all(w, bytes, len);
    pthread_mutex_unlock(&w->lock);
}

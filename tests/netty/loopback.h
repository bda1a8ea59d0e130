/*
 * loopback - a real connection for tests: a channel on a loop of its own, and
 * at the other end a plain blocking socket that does what the test says.
 */
#ifndef TEST_LOOPBACK_H
#define TEST_LOOPBACK_H

#include "models/netty/bootstrap.h"
#include "models/netty/event_loop.h"

/* A listening socket on 127.0.0.1 with this backlog; its address in *a. */
int loopback_listen(struct socket_address *a, int backlog);

/* The next connection, blocking. */
int loopback_accept(int listener);

/* A blocking connection to the address. */
int loopback_connect(const struct socket_address *a);

/* What arrives within the hang guard: exactly this text. */
bool loopback_receives(int fd, const char *text);

/* Whether the peer has closed: nothing is left to read. */
bool loopback_is_over(int fd);

/* From now on closing the socket sends a reset. */
void loopback_reset_on_close(int fd);

/* Runs run(arg) in the loop, and returns when it has: its result. */
int loopback_run(struct event_executor *loop, task_fn run, void *arg);

/* Waits, with a hang guard, until is(arg) is true in the loop. */
bool loopback_wait(struct event_executor *loop, bool (*is)(void *arg),
                   void *arg);

#endif

/*
 * conn - the sockets of a worker: connect, send, receive, close.
 *
 * The worker's thread only; nothing blocks. A peer's error ends its connection
 * and, while the run is being set up, the run (worker_fail); out of memory ends
 * the program.
 */
#ifndef CHAT_LOAD_CONN_H
#define CHAT_LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load/worker.h"

/* Starts the handshake. On failure the run has failed. */
void conn_start(struct worker *w, struct conn *c);

/* The epoll set's word on `c`: finishes the handshake, sends what is owed, or
 * reads once and handles each complete line. */
void conn_on_event(struct worker *w, struct conn *c, uint32_t events);

/* Sends, or owes, `len` bytes. May close `c`. */
void conn_send(struct worker *w, struct conn *c, const char *data, size_t len);

/* Reads once and handles each complete line. False: nothing came, or the
 * connection is closed. */
bool conn_read(struct worker *w, struct conn *c);

/* Stops reading, or begins again. Stopped, only a broken connection is still
 * noticed, and then what had come is read first. */
void conn_stop_reading(struct worker *w, struct conn *c, bool stop);

/* Closes the socket and settles the accounts of a receiver that is gone; it is
 * an unexpected close unless QUIT was sent or the reader was slow by design.
 * No-op when closed already. */
void conn_close(struct worker *w, struct conn *c, const char *why);

/* The nick of connection `index`: a letter, the run's tag, a number. */
void conn_nick(const struct worker *w, uint32_t index, char nick[NICK_MAX + 1]);

#endif

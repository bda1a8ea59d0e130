/*
 * peer_internal - what peer.c (sockets) and peer_expect.c (lines) share.
 */
#ifndef CONTRACT_PEER_INTERNAL_H
#define CONTRACT_PEER_INTERNAL_H

#include "tests/contract/peer.h"

/* Peers one case may have; far above what any of them needs. */
#define PEERS_MAX 4096

/* Pumps once, or fails the case with `what` when `deadline` has passed. */
void peer_wait_some(struct peer *p, struct peer *writer, double deadline,
                    const char *what);

#endif

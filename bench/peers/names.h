/*
 * names - the peers: servers of others that are measured beside ours.
 */
#ifndef BENCH_PEERS_NAMES_H
#define BENCH_PEERS_NAMES_H

/* As chat-peer takes them, and as arms in an experiment. Sorted. */
#define PEER_NAMES "inspircd", "netty-java", "ngircd"

#endif

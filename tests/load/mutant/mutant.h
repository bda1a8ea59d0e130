/*
 * mutant - what relay.c (a sound relay) and faults.c (what is wrong with it)
 * share. One thread.
 */
#ifndef LOAD_MUTANT_H
#define LOAD_MUTANT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PEERS = 4096,        /* the highest descriptor and one more */
    ROOMS = 512,         /* ids */
    SENDQ = 64 * 1024,   /* more is owed to no one: cut off */
    SNDBUF = 16 * 1024,  /* the kernel's share, so that queues do grow */
    BACKLOG = 32 * 1024, /* a queue at which the slow-* faults strike */
    TEXT_MAX = 1024      /* a relayed line */
};

/* One descriptor's connection. */
struct peer {
    bool open;       /* the descriptor is ours */
    bool armed;      /* EPOLLOUT is asked for */
    bool quitting;   /* closed once all is out */
    bool guest;      /* it joined after the first message */
    int room;        /* id, -1 in none */
    unsigned heard;  /* deliveries to it */
    char nick[32];   /* empty before NICK */
    char line[2048]; /* an unfinished line */
    size_t line_len; /* bytes in it */
    char *out;       /* what it is owed, realloc'ed */
    size_t out_len;  /* bytes in out */
    char *late;      /* owed too, behind all the rest of this turn */
    size_t late_len; /* bytes in late */
};

/* ---- relay.c ---- */

extern struct peer peers[PEERS];
extern char room_names[ROOMS][64];

void relay_owe(int fd, const char *text, size_t len);
void relay_owe_late(int fd, const char *text, size_t len);
void relay_drop(int fd);
void relay_reset(int fd); /* the same by RST */

/* ---- faults.c ---- */

/* Sets the fault; ends the program when there is none of that name. */
void fault_choose(const char *name, const char *at);

/* One message on its way to one receiver. */
void fault_deliver(int from, int to, const char *text, size_t len);

/* What `from` says is not relayed at all. */
bool fault_is_deaf_to(int from);

/* This line is not answered at all. */
bool fault_is_mute_to(const char *line);

/* It says no more: what is held back of it is let go. */
void fault_sender_left(int fd);

/* A receiver is owed more than SENDQ. */
void fault_cut_off(int fd);

#endif

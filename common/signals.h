/*
 * signals - SIGTERM, SIGINT and SIGUSR1 as descriptors.
 *
 * The three are blocked in every thread and taken from signalfds, so that no
 * handler runs anywhere. The stop descriptor is never read: once a stop signal
 * has come it stays readable, for every loop and every sleeper that looks.
 */
#ifndef CHAT_SIGNALS_H
#define CHAT_SIGNALS_H

#include <stdbool.h>

/* Blocks the signals and opens the descriptors; ignores SIGPIPE. From main,
 * before any thread starts. Ends the program when it cannot. */
void signals_setup(void);

/* Readable from the first SIGTERM or SIGINT on. Never read it. */
int signals_stop_fd(void);

/* Readable when SIGUSR1 has come; signals_take_usr1() empties it. */
int signals_usr1_fd(void);
void signals_take_usr1(void);

/* Whether a stop signal has come. One system call. */
bool signals_stopped(void);

/* Sleeps for `usec` microseconds, or until a stop signal comes. Any thread. */
void signals_sleep(long long usec);

#endif

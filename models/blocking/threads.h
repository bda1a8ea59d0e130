/*
 * threads - starting the blocking model's many threads.
 */
#ifndef BLOCKING_THREADS_H
#define BLOCKING_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum {
/* A stack a thread: with 20,000 threads glibc's 8 MiB would be 160 GiB of
 * address space. The deepest path (a line formatted for the log, within a
 * handler, above the read buffer) takes about 12 KiB. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    THREADS_READER_STACK = 512 * 1024,
    THREADS_WRITER_STACK = 512 * 1024,
#else
    THREADS_READER_STACK = 128 * 1024,
    THREADS_WRITER_STACK = 64 * 1024,
#endif
};

/* Starts run(arg) on a thread with such a stack. 0 or a positive errno. */
int threads_start(pthread_t *thread, size_t stack, bool detached,
                  void *(*run)(void *), void *arg);

/* Logs why a thread could not be had, with the limits it may be: EAGAIN does
 * not say. Once in a row of failures, not once for each client. */
void threads_log_failure(int err, unsigned number);

#endif

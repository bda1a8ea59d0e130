#include "models/blocking/threads.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

int threads_start(pthread_t *thread, size_t stack, bool detached,
                  void *(*run)(void *), void *arg)
{
    pthread_attr_t attr;
    int err = pthread_attr_init(&attr);

    if (err)
        return err;
    pthread_attr_setstacksize(&attr, stack);
    if (detached)
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(thread, &attr, run, arg);
    pthread_attr_destroy(&attr);
    return err;
}

/* Without stdio, which allocates: memory may be what has run out. */
static long read_limit(const char *path)
{
    char text[32] = "-1";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof(text) - 1);
        if (n > 0)
            text[n] = '\0';
        close(fd);
    }
    return atol(text);
}

/* EAGAIN does not say which limit: name those it may be. Said once in a row of
 * failures, not once for each. */
void threads_log_failure(int err, unsigned number)
{
    static atomic_uint last;
    unsigned before = atomic_exchange(&last, number);

    if (before && abs((int)(number - before)) < 100)
        return;
    log_info("no thread for client %u: %s; kernel.pid_max %ld, "
             "kernel.threads-max %ld, vm.max_map_count %ld, "
             "2 threads a client",
             number, strerror(err), read_limit("/proc/sys/kernel/pid_max"),
             read_limit("/proc/sys/kernel/threads-max"),
             read_limit("/proc/sys/vm/max_map_count"));
}

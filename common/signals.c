#include "common/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/die.h"

static int stop_fd = -1; /* set once */
static int usr1_fd = -1; /* set once */

void signals_setup(void)
{
    sigset_t stop, usr1, all;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    all = stop;
    sigaddset(&all, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    stop_fd = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
    usr1_fd = signalfd(-1, &usr1, SFD_NONBLOCK | SFD_CLOEXEC);
    if (stop_fd < 0 || usr1_fd < 0)
        die_errno(errno, "cannot open a signalfd");
}

int signals_stop_fd(void)
{
    return stop_fd;
}

int signals_usr1_fd(void)
{
    return usr1_fd;
}

void signals_take_usr1(void)
{
    struct signalfd_siginfo info;

    while (read(usr1_fd, &info, sizeof(info)) > 0)
        ;
}

bool signals_stopped(void)
{
    struct pollfd p = {.fd = stop_fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

void signals_sleep(long long usec)
{
    struct timespec now, end;
    struct pollfd p = {.fd = stop_fd, .events = POLLIN};

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += usec / 1000000;
    end.tv_nsec += usec % 1000000 * 1000;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long long left = (end.tv_sec - now.tv_sec) * 1000000000LL +
                         (end.tv_nsec - now.tv_nsec);
        if (left <= 0)
            return;
        struct timespec ts = {left / 1000000000, left % 1000000000};
        if (ppoll(&p, 1, &ts, NULL) == 1)
            return;
    }
}

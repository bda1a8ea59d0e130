#include "tests/netty/loopback.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

enum { GUARD_S = 60 };

int loopback_listen(struct socket_address *a, int backlog)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert_eq(socket_address_parse(a, "127.0.0.1", 0), 0);
    cr_assert_eq(bind(fd, &a->u.any, a->len), 0);
    cr_assert_eq(listen(fd, backlog), 0);
    cr_assert_eq(getsockname(fd, &a->u.any, &a->len), 0);
    return fd;
}

/* A read that hangs ends in an error. */
static void set_guard(int fd)
{
    struct timeval guard = {.tv_sec = GUARD_S};

    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof(guard)),
                 0);
}

int loopback_accept(int listener)
{
    set_guard(listener);
    int fd = accept(listener, NULL, NULL);

    cr_assert_geq(fd, 0);
    set_guard(fd);
    return fd;
}

int loopback_connect(const struct socket_address *a)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    set_guard(fd);
    cr_assert_eq(connect(fd, &a->u.any, a->len), 0);
    return fd;
}

bool loopback_receives(int fd, const char *text)
{
    char got[256];
    size_t len = strlen(text);

    cr_assert_lt(len, sizeof(got));
    return recv(fd, got, len, MSG_WAITALL) == (ssize_t)len &&
           memcmp(got, text, len) == 0;
}

bool loopback_is_over(int fd)
{
    char byte;

    return recv(fd, &byte, 1, 0) == 0;
}

void loopback_reset_on_close(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
}

struct job {
    task_fn run; /* what to do in the loop */
    void *arg;   /* with what */
};

static int run_job(void *arg, void **result)
{
    struct job *job = arg;

    *result = NULL;
    return job->run(job->arg);
}

int loopback_run(struct event_executor *loop, task_fn run, void *arg)
{
    struct job job = {run, arg};
    struct future *f = event_executor_submit(loop, run_job, &job);
    int err = future_sync(f);

    future_release(f);
    return err;
}

struct question {
    bool (*is)(void *arg); /* asked in the loop */
    void *arg;             /* with what */
    bool answer;           /* its */
};

static int ask(void *arg)
{
    struct question *q = arg;

    q->answer = q->is(q->arg);
    return 0;
}

bool loopback_wait(struct event_executor *loop, bool (*is)(void *arg),
                   void *arg)
{
    struct question q = {is, arg, false};

    for (int i = 0; i < GUARD_S * 1000 && !q.answer; i++) {
        loopback_run(loop, ask, &q);
        if (!q.answer)
            usleep(1000);
    }
    return q.answer;
}

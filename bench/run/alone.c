#include "bench/run/alone.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char name[] = "chat-bench is measuring";

/* The name begins with a zero byte: it is in no file system. */
static socklen_t make_address(struct sockaddr_un *a)
{
    memset(a, 0, sizeof(*a));
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path + 1, name, sizeof(name) - 1);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name));
}

/* Who holds the name; says that we come beside it. */
static int meet(int fd, const struct sockaddr_un *a, socklen_t len, bool beside,
                pid_t *other)
{
    struct ucred who;
    socklen_t size = sizeof(who);

    *other = 0;
    if (connect(fd, (const struct sockaddr *)a, len) != 0)
        return -EBUSY;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
        *other = who.pid;
    if (beside && send(fd, "", 1, MSG_NOSIGNAL) != 1)
        return -EBUSY;
    return beside ? fd : -EBUSY;
}

int alone_take(bool beside, pid_t *other)
{
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(AF_UNIX, type, 0), err;
    struct sockaddr_un a;
    socklen_t len = make_address(&a);

    *other = 0;
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 64) == 0)
        return fd;
    err = -errno;
    if (err == -EADDRINUSE)
        err = meet(fd, &a, len, beside, other);
    if (err < 0)
        close(fd);
    return err;
}

bool alone_is_disturbed(int fd)
{
    bool disturbed = false;
    char byte;
    int peer;

    /* Who only asked has sent nothing. */
    while ((peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >=
           0) {
        disturbed = disturbed || recv(peer, &byte, 1, 0) == 1;
        close(peer);
    }
    return disturbed;
}

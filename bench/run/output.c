#include "bench/run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/child.h"
#include "common/die.h"

enum { OUTPUT_MAX = 64 * 1024, GRACE_MS = 5000 };

/* Up to its end, or the limit. */
static void read_all(int fd, char *text)
{
    size_t len = 0;
    ssize_t n;

    do {
        n = read(fd, text + len, OUTPUT_MAX - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    text[len] = '\0';
}

/* It has closed its stdout: its own end is near. */
static void await_end(struct child *c)
{
    struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

    while (poll(&p, 1, GRACE_MS) < 0 && errno == EINTR)
        ;
    child_reap(c);
    child_stop(c, GRACE_MS);
}

char *output_of(char *const *argv, bool *ok)
{
    struct child_spec spec = {.argv = argv, .out_fd = -1, .pass_fd = -1};
    char *text = xcalloc(1, OUTPUT_MAX);
    struct child c = {.pidfd = -1};
    int fds[2];

    spec.err_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (pipe2(fds, O_CLOEXEC) == 0) {
        spec.out_fd = fds[1];
        int err = child_start(&c, &spec);
        close(fds[1]);
        if (!err)
            read_all(fds[0], text);
        close(fds[0]);
        if (!err)
            await_end(&c);
    }
    if (spec.err_fd >= 0)
        close(spec.err_fd);
    if (ok)
        *ok = child_succeeded(&c);
    return text;
}

char *output_first_line(char *const *argv)
{
    char *text = output_of(argv, NULL);

    text[strcspn(text, "\n")] = '\0';
    return text;
}

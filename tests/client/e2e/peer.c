/* The other end of a connection, spoken to line by line. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/client/e2e/e2e.h"

static struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int peer_listen(bool listening, int *port)
{
    struct sockaddr_in addr = local(0);
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)&addr, len) == 0);
    CHECK(!listening || listen(fd, 16) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
    *port = ntohs(addr.sin_port);
    return fd;
}

static struct peer *new_peer(int fd)
{
    struct peer *p = xcalloc(1, sizeof(*p));

    CHECK(fd >= 0);
    p->fd = fd;
    return p;
}

struct peer *peer_accept(int listen_fd)
{
    e2e_wait_readable(listen_fd, "a connection");
    return new_peer(accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));
}

struct peer *peer_join(int port, const char *nick, const char *room)
{
    struct sockaddr_in addr = local(port);
    struct peer *p = new_peer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

    CHECK(connect(p->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    peer_send(p, "NICK %s", nick);
    peer_send(p, "USER %s 0 * :%s", nick, nick);
    peer_send(p, "JOIN %s", room);
    peer_wait_for(p, " 366 ");
    return p;
}

void peer_send(struct peer *p, const char *fmt, ...)
{
    char *line;
    va_list ap;

    va_start(ap, fmt);
    int len = vasprintf(&line, fmt, ap);
    va_end(ap);
    CHECK(len >= 0);
    CHECK(send(p->fd, line, (size_t)len, MSG_NOSIGNAL) == len);
    CHECK(send(p->fd, "\r\n", 2, MSG_NOSIGNAL) == 2);
    free(line);
}

const char *peer_line(struct peer *p)
{
    static char line[1024];
    char bytes[4096];

    for (;;) {
        char *lf =
            p->got.len > 0 ? memchr(p->got.data, '\n', p->got.len) : NULL;
        if (lf) {
            size_t with_end = (size_t)(lf + 1 - p->got.data);
            CHECK(with_end >= 2 && with_end <= 512 && lf[-1] == '\r');
            memcpy(line, p->got.data, with_end - 2);
            line[with_end - 2] = '\0';
            text_remove(&p->got, 0, with_end);
            return line;
        }
        e2e_wait_readable(p->fd, "a line");
        ssize_t n = recv(p->fd, bytes, sizeof(bytes), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        text_add(&p->got, bytes, (size_t)n);
    }
}

void peer_expect(struct peer *p, const char *want)
{
    const char *line = peer_line(p);

    if (!line || strcmp(line, want) != 0)
        FAIL("expected '%s', got '%s'", want, line ? line : "(the end)");
}

const char *peer_wait_for(struct peer *p, const char *part)
{
    const char *line;

    do {
        line = peer_line(p);
        if (!line)
            FAIL("the connection ended before '%s'", part);
    } while (!strstr(line, part));
    return line;
}

void peer_answer_fence(struct peer *p)
{
    const char *line = peer_line(p);

    if (!line || strncmp(line, "PING :", 6) != 0)
        FAIL("expected a PING, got '%s'", line ? line : "(the end)");
    peer_send(p, ":irc.test PONG irc.test :%s", line + 6);
}

void peer_welcome(struct peer *p, const char *nick, const char *room)
{
    char join[64];

    CHECK(strncmp(peer_line(p), "NICK ", 5) == 0);
    CHECK(strncmp(peer_line(p), "USER ", 5) == 0);
    peer_send(p, ":irc.test 001 %s :Welcome", nick);
    snprintf(join, sizeof(join), "JOIN %s", room);
    peer_expect(p, join);
    peer_send(p, ":%s!~%s@127.0.0.1 JOIN %s", nick, nick, room);
    peer_answer_fence(p);
}

void peer_close(struct peer *p)
{
    close(p->fd);
    text_free(&p->got);
    free(p);
}

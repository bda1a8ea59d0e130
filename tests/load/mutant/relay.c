/*
 * mutant - a relay that breaks the delivery contract in one chosen way.
 *
 *   mutant FAULT [AT]
 *
 * A sound relay (one thread, one epoll set, a bounded queue for each
 * connection) but for the FAULT, which strikes at the AT-th delivery (500), so
 * that what chat-load must say of it is known beforehand. It prints
 * "ready mutant ADDR:PORT" and dies with its parent. Out of memory or of
 * descriptors it ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "tests/load/mutant/mutant.h"

struct peer peers[PEERS];
char room_names[ROOMS][64];
static bool started; /* a message has been relayed */
static int epfd;

static void watch(int op, int fd, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.fd = fd};

    if (epoll_ctl(epfd, op, fd, &ev) != 0)
        die_errno(errno, "epoll_ctl");
}

void relay_drop(int fd)
{
    struct peer *p = &peers[fd];

    fault_sender_left(fd);
    close(fd);
    free(p->out);
    free(p->late);
    *p = (struct peer){.room = -1};
}

void relay_reset(int fd)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    relay_drop(fd);
}

static void append(char **to, size_t *to_len, const char *text, size_t len)
{
    *to = xrealloc(*to, *to_len + len);
    memcpy(*to + *to_len, text, len);
    *to_len += len;
}

void relay_owe(int fd, const char *text, size_t len)
{
    append(&peers[fd].out, &peers[fd].out_len, text, len);
}

void relay_owe_late(int fd, const char *text, size_t len)
{
    append(&peers[fd].late, &peers[fd].late_len, text, len);
}

static void reply(int fd, const char *text)
{
    relay_owe(fd, text, strlen(text));
}

static void flush(int fd)
{
    struct peer *p = &peers[fd];

    if (!p->open)
        return;
    append(&p->out, &p->out_len, p->late, p->late_len);
    p->late_len = 0;
    if (p->out_len == 0)
        return;
    ssize_t n = send(fd, p->out, p->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) {
        relay_drop(fd);
        return;
    }
    if (n > 0) {
        p->out_len -= (size_t)n;
        memmove(p->out, p->out + n, p->out_len);
    }
    if (p->out_len == 0 && p->quitting)
        relay_drop(fd);
    else if (p->out_len > SENDQ && !p->quitting)
        fault_cut_off(fd);
    if (p->open && p->armed != (p->out_len > 0)) {
        p->armed = p->out_len > 0;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN | (p->armed ? EPOLLOUT : 0u));
    }
}

static void relay(int from, const char *line)
{
    char text[TEXT_MAX];
    int n =
        snprintf(text, sizeof(text), ":%s!u@h %s\r\n", peers[from].nick, line);

    started = true;
    if (fault_is_deaf_to(from))
        return;
    for (int fd = 0; fd < PEERS; fd++)
        if (fd != from && peers[fd].open && !peers[fd].quitting &&
            peers[fd].room == peers[from].room)
            fault_deliver(from, fd, text, (size_t)n);
}

static int room_id(const char *name)
{
    for (int i = 0; i < ROOMS; i++) {
        if (!room_names[i][0])
            snprintf(room_names[i], sizeof(room_names[i]), "%.60s", name);
        if (strcmp(room_names[i], name) == 0)
            return i;
    }
    die(1, "more than %d rooms", ROOMS);
}

static void handle(int fd, const char *line)
{
    struct peer *p = &peers[fd];
    char text[256];

    if (fault_is_mute_to(line))
        return;
    if (strncmp(line, "PRIVMSG ", 8) == 0 && p->room >= 0) {
        relay(fd, line);
    } else if (strncmp(line, "NICK ", 5) == 0) {
        snprintf(p->nick, sizeof(p->nick), "%.30s", line + 5);
    } else if (strncmp(line, "USER ", 5) == 0) {
        snprintf(text, sizeof(text), ":mutant 001 %s :Hello\r\n", p->nick);
        reply(fd, text);
    } else if (strncmp(line, "JOIN ", 5) == 0) {
        p->room = room_id(line + 5);
        p->guest = started;
        snprintf(text, sizeof(text),
                 ":%s!u@h JOIN %.60s\r\n:mutant 366 %s %.60s :End\r\n", p->nick,
                 line + 5, p->nick, line + 5);
        reply(fd, text);
    } else if (strncmp(line, "PING ", 5) == 0) {
        snprintf(text, sizeof(text), ":mutant PONG mutant %.60s\r\n", line + 5);
        reply(fd, text);
    } else if (strncmp(line, "QUIT", 4) == 0) {
        fault_sender_left(fd);
        p->room = -1;
        p->quitting = true;
        reply(fd, "ERROR :Closing Link\r\n");
    }
}

static void on_readable(int fd)
{
    struct peer *p = &peers[fd];
    ssize_t n =
        recv(fd, p->line + p->line_len, sizeof(p->line) - p->line_len - 1, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            relay_drop(fd);
        return;
    }
    p->line_len += (size_t)n;
    p->line[p->line_len] = '\0';
    char *from = p->line, *lf;
    while (p->open && (lf = strchr(from, '\n'))) {
        *lf = '\0';
        if (lf > from && lf[-1] == '\r')
            lf[-1] = '\0';
        handle(fd, from);
        from = lf + 1;
    }
    if (!p->open)
        return;
    p->line_len -= (size_t)(from - p->line);
    memmove(p->line, from, p->line_len);
}

static void on_accept(int lfd)
{
    int one = 1, size = SNDBUF;
    int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 || fd >= PEERS)
        die(1, "cannot accept, or more than %d connections", PEERS);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    peers[fd] = (struct peer){.open = true, .room = -1};
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

static int start_listening(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
        listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        die_errno(errno, "cannot listen");
    printf("ready mutant 127.0.0.1:%d\n", ntohs(sa.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event ev[256];

    die_set_program(argv[0]);
    if (argc < 2 || argc > 3)
        die(2, "usage: mutant FAULT [AT]");
    fault_choose(argv[1], argv[2]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < PEERS; i++)
        peers[i].room = -1;
    epfd = epoll_create1(EPOLL_CLOEXEC);
    int lfd = start_listening();
    watch(EPOLL_CTL_ADD, lfd, EPOLLIN);
    for (;;) {
        int n = epoll_wait(epfd, ev, 256, -1);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.fd == lfd)
                on_accept(lfd);
            else if (peers[ev[i].data.fd].open &&
                     ev[i].events & ~(uint32_t)EPOLLOUT)
                on_readable(ev[i].data.fd);
        }
        for (int fd = 0; fd < PEERS; fd++)
            if (peers[fd].out_len || peers[fd].late_len)
                flush(fd);
    }
}

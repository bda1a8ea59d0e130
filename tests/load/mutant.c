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
#include <time.h>
#include <unistd.h>

#include "common/die.h"

enum {
    PEERS = 4096,        /* the highest descriptor and one more */
    ROOMS = 512,         /* ids */
    SENDQ = 64 * 1024,   /* more is owed to no one: cut off */
    SNDBUF = 16 * 1024,  /* the kernel's share, so that queues do grow */
    BACKLOG = 32 * 1024, /* a queue at which the slow-* faults strike */
    PAUSE_MS = 500,      /* of the fault "pause" */
    LINE_TEXT = 1024     /* a relayed line */
};

enum fault {
    SOUND,
    LOSE,      /* one delivery is dropped */
    DUPLICATE, /* one is made twice */
    SWAP,      /* two of one sender come in the wrong order */
    DISORDER,  /* two of two senders do, at one receiver */
    HALVES,    /* each half of a room hears its own half first */
    CORRUPT,   /* a byte is changed */
    ECHO,      /* one goes back to its sender */
    STRAY,     /* one goes to another room as well */
    CLOSE,     /* a receiver is closed */
    RESET,     /* the same by RST */
    HOLE,      /* one is dropped, and its receiver closed a little later */
    STALL,     /* nothing is done any more */
    PAUSE,     /* nothing is done for PAUSE_MS */
    DEAF,      /* one sender is heard no more */
    REFUSE,    /* an error reply in place of a relay */
    SLOW_HOLE, /* one is dropped for a receiver that lags; then it is closed */
    SLOW_RESET /* who lags is reset, and not closed */
};

static const char *const names[] = {
    [SOUND] = "sound",         [LOSE] = "lose",
    [DUPLICATE] = "duplicate", [SWAP] = "swap",
    [DISORDER] = "disorder",   [HALVES] = "halves",
    [CORRUPT] = "corrupt",     [ECHO] = "echo",
    [STRAY] = "stray",         [CLOSE] = "close",
    [RESET] = "reset",         [HOLE] = "hole",
    [STALL] = "stall",         [PAUSE] = "pause",
    [DEAF] = "deaf",           [REFUSE] = "refuse",
    [SLOW_HOLE] = "slow-hole", [SLOW_RESET] = "slow-reset",
};

/* One descriptor's connection. */
struct peer {
    bool open;       /* the descriptor is ours */
    bool armed;      /* EPOLLOUT is asked for */
    bool quitting;   /* closed once all is out */
    int room;        /* id, -1 in none */
    char nick[32];   /* empty before NICK */
    char line[2048]; /* an unfinished line */
    size_t line_len; /* bytes in it */
    char *out;       /* what it is owed, realloc'ed */
    size_t out_len;  /* bytes in out */
    char *late;      /* HALVES: owed too, behind this turn's other half */
    size_t late_len; /* bytes in late */
};

/* A delivery held back until another one has overtaken it. */
struct held {
    int from, to; /* descriptors */
    size_t len;   /* bytes in text, 0: none is held */
    char text[LINE_TEXT];
};

static enum fault fault;
static unsigned long at = 500; /* the delivery that is struck */
static unsigned long count;    /* deliveries so far */
static bool struck;            /* it has been */
static int victim = -1;        /* HOLE, DEAF: whose connection */
static struct held held;
static struct peer peers[PEERS];
static char room_names[ROOMS][64];
static int epfd;

static void watch(int op, int fd, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.fd = fd};

    if (epoll_ctl(epfd, op, fd, &ev) != 0)
        die_errno(errno, "epoll_ctl");
}

static void drop(int fd)
{
    struct peer *p = &peers[fd];

    close(fd);
    free(p->out);
    free(p->late);
    *p = (struct peer){.room = -1};
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    drop(fd);
}

static void append(char **to, size_t *to_len, const char *text, size_t len)
{
    *to = xrealloc(*to, *to_len + len);
    memcpy(*to + *to_len, text, len);
    *to_len += len;
}

static void owe(int fd, const char *text, size_t len)
{
    append(&peers[fd].out, &peers[fd].out_len, text, len);
}

static void reply(int fd, const char *text)
{
    owe(fd, text, strlen(text));
}

/* What a slow reader meets when it is owed too much. */
static void cut_off(int fd)
{
    if (fault == SLOW_RESET)
        reset(fd);
    else if (fault == SLOW_HOLE)
        peers[fd].quitting = true; /* it may have what it is owed */
    else
        drop(fd);
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
        drop(fd);
        return;
    }
    if (n > 0) {
        p->out_len -= (size_t)n;
        memmove(p->out, p->out + n, p->out_len);
    }
    if (p->out_len == 0 && p->quitting)
        drop(fd);
    else if (p->out_len > SENDQ && !p->quitting)
        cut_off(fd);
    if (p->open && p->armed != (p->out_len > 0)) {
        p->armed = p->out_len > 0;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN | (p->armed ? EPOLLOUT : 0u));
    }
}

static void hold(int from, int to, const char *text, size_t len)
{
    held.from = from;
    held.to = to;
    held.len = len;
    memcpy(held.text, text, len);
}

static void corrupt(int to, const char *text, size_t len)
{
    char changed[LINE_TEXT];

    memcpy(changed, text, len);
    changed[len - 12] ^= 1; /* within the payload */
    owe(to, changed, len);
}

/* The same line, addressed to another room, to a member of that. */
static void stray(const char *text, size_t len, int room)
{
    char other[LINE_TEXT];
    int fd = 0;

    while (fd < PEERS &&
           (!peers[fd].open || peers[fd].room < 0 || peers[fd].room == room))
        fd++;
    const char *name = strchr(text, '#');
    if (fd == PEERS || !name)
        return;
    const char *rest = strchr(name, ' ');
    int n =
        snprintf(other, sizeof(other), "%.*s%s%.*s", (int)(name - text), text,
                 room_names[peers[fd].room], (int)(text + len - rest), rest);
    owe(fd, other, (size_t)n);
}

static void stop_for(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* The delivery that is struck. */
static void strike(int from, int to, const char *text, size_t len)
{
    struck = true;
    switch (fault) {
    case LOSE: return;
    case SWAP:
    case DISORDER: hold(from, to, text, len); return;
    case CORRUPT: corrupt(to, text, len); return;
    case HOLE: victim = to; return;
    case DUPLICATE: owe(to, text, len); break;
    case ECHO: owe(from, text, len); break;
    case STRAY: stray(text, len, peers[from].room); break;
    case CLOSE: peers[to].quitting = true; break;
    case RESET: reset(to); return;
    case STALL:
        for (;;)
            pause();
    case PAUSE: stop_for(PAUSE_MS); break;
    case DEAF: victim = from; break;
    case REFUSE:
        reply(from, ":mutant 404 you #room :Cannot send to channel\r\n");
        return;
    default: break;
    }
    owe(to, text, len);
}

/* HALVES: by descriptor. The textbook's two loops: what comes from the own
 * loop is written at once, the other loop's later in the turn. */
static bool same_half(int a, int b)
{
    return a % 2 == b % 2;
}

static void deliver(int from, int to, const char *text, size_t len)
{
    count++;
    if (held.len && to == held.to && (from == held.from) == (fault == SWAP)) {
        owe(to, text, len);
        owe(to, held.text, held.len);
        held.len = 0;
    } else if (fault == HALVES && count > at && !same_half(from, to)) {
        append(&peers[to].late, &peers[to].late_len, text, len);
    } else if (fault == SLOW_HOLE) {
        if (!struck && peers[to].out_len > BACKLOG)
            struck = true;
        else
            owe(to, text, len);
    } else if (fault == HOLE && to == victim && count > at + 200) {
        peers[to].quitting = true;
        owe(to, text, len);
    } else if (count == at) {
        strike(from, to, text, len);
    } else {
        owe(to, text, len);
    }
}

static void relay(int from, const char *line)
{
    char text[LINE_TEXT];
    int n =
        snprintf(text, sizeof(text), ":%s!u@h %s\r\n", peers[from].nick, line);

    if (from == victim && fault == DEAF)
        return;
    for (int fd = 0; fd < PEERS; fd++)
        if (fd != from && peers[fd].open && !peers[fd].quitting &&
            peers[fd].room == peers[from].room)
            deliver(from, fd, text, (size_t)n);
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

    if (strncmp(line, "PRIVMSG ", 8) == 0 && p->room >= 0) {
        relay(fd, line);
    } else if (strncmp(line, "NICK ", 5) == 0) {
        snprintf(p->nick, sizeof(p->nick), "%.30s", line + 5);
    } else if (strncmp(line, "USER ", 5) == 0) {
        snprintf(text, sizeof(text), ":mutant 001 %s :Hello\r\n", p->nick);
        reply(fd, text);
    } else if (strncmp(line, "JOIN ", 5) == 0) {
        p->room = room_id(line + 5);
        snprintf(text, sizeof(text),
                 ":%s!u@h JOIN %.60s\r\n:mutant 366 %s %.60s :End\r\n", p->nick,
                 line + 5, p->nick, line + 5);
        reply(fd, text);
    } else if (strncmp(line, "PING ", 5) == 0) {
        snprintf(text, sizeof(text), ":mutant PONG mutant %.60s\r\n", line + 5);
        reply(fd, text);
    } else if (strncmp(line, "QUIT", 4) == 0) {
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
            drop(fd);
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

static void parse(int argc, char **argv)
{
    const enum fault faults = sizeof(names) / sizeof(names[0]);

    while (argc > 1 && fault < faults && strcmp(names[fault], argv[1]) != 0)
        fault++;
    if (argc < 2 || argc > 3 || fault == faults)
        die(2, "usage: mutant FAULT [AT]");
    if (argc > 2)
        at = strtoul(argv[2], NULL, 10);
}

int main(int argc, char **argv)
{
    struct epoll_event ev[256];

    die_set_program(argv[0]);
    parse(argc, argv);
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

/*
 * chat-null - the least that still relays: the floor under every server.
 *
 * One thread, one level-triggered epoll set, one table indexed by descriptor.
 * A turn of the loop reads each readable connection once, appends what it says
 * to the out buffer of each other member of its room, and ends with one send
 * a connection: the batching of chat-reactor, so that what separates the two
 * is the work and not the number of system calls. It never polls busily.
 *
 * Left out on purpose, which makes it a yardstick and not a server: every check
 * (nicks may clash, lines may be of any length, no registration or idle time
 * limit), bounds on what a slow reader may owe, all commands but NICK, USER,
 * JOIN, PRIVMSG, PING and QUIT, more than one room a connection, presence (a
 * JOIN is echoed to the joiner alone), rooms are never freed. Out of
 * descriptors or memory it says so and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/null/setup.h"
#include "common/args.h"
#include "common/die.h"

enum {
    EVENTS = 1024,        /* taken from the kernel in one turn */
    SCRATCH = 128 * 1024, /* one read, and the carried line in front of it */
    ROOM_SLOTS = 1 << 16, /* open addressing: at most half is used */
    FLUSH_MS = 2000       /* how long SIGTERM waits for full sockets */
};

/* One descriptor's connection. `room` NULL: in none. */
struct conn {
    char *out;         /* what it still owes; realloc'ed, kept */
    size_t out_len;    /* bytes in out */
    size_t out_cap;    /* bytes out has room for */
    char *carry;       /* an unfinished line, NULL most of the time */
    size_t carry_len;  /* bytes in carry */
    struct room *room; /* the one room it is in */
    uint32_t slot;     /* its place in room->members */
    bool open;         /* the descriptor is ours */
    bool dirty;        /* listed in `dirty`: flushed at the end of the turn */
    bool blocked;      /* EPOLLOUT is armed: the kernel refused */
    uint8_t from_len;  /* bytes in from */
    char from[56];     /* ":nick!~u@h ", what its relayed lines start with */
};

struct room {
    char name[64];  /* with the '#' */
    int *members;   /* descriptors, in no order */
    uint32_t count; /* members in it */
    uint32_t cap;   /* members it has room for */
};

static struct conn *conns; /* by descriptor */
static int conns_max;      /* the descriptor limit */
static struct room *rooms[ROOM_SLOTS];
static uint32_t rooms_used;
static int *dirty; /* descriptors with something to send */
static int dirty_count;
static int epfd;
static struct null_stats stats;
static char scratch[SCRATCH];

static void watch(int op, int fd, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.fd = fd};

    if (epoll_ctl(epfd, op, fd, &ev) != 0)
        die_errno(errno, "epoll_ctl on descriptor %d", fd);
}

static struct room *room_find(const char *name, size_t len)
{
    uint32_t h = 2166136261u;

    if (len >= sizeof(rooms[0]->name))
        len = sizeof(rooms[0]->name) - 1;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    for (h %= ROOM_SLOTS; rooms[h]; h = (h + 1) % ROOM_SLOTS)
        if (strncmp(rooms[h]->name, name, len) == 0 && !rooms[h]->name[len])
            return rooms[h];
    if (++rooms_used > ROOM_SLOTS / 2)
        die(1, "more than %d rooms", ROOM_SLOTS / 2);
    rooms[h] = xcalloc(1, sizeof(*rooms[h]));
    memcpy(rooms[h]->name, name, len);
    return rooms[h];
}

static void leave(struct conn *c)
{
    struct room *r = c->room;

    if (!r)
        return;
    int last = r->members[--r->count];
    r->members[c->slot] = last;
    conns[last].slot = c->slot;
    c->room = NULL;
}

static void join(int fd, struct room *r)
{
    struct conn *c = &conns[fd];

    leave(c);
    if (r->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 4;
        r->members = xrealloc(r->members, r->cap * sizeof(*r->members));
    }
    c->slot = r->count;
    c->room = r;
    r->members[r->count++] = fd;
}

/* Appends to what `fd` owes; sent at the end of the turn, or after EPOLLOUT. */
static void owe(int fd, const char *data, size_t len)
{
    struct conn *c = &conns[fd];

    if (c->out_cap - c->out_len < len) {
        while (c->out_cap - c->out_len < len)
            c->out_cap = c->out_cap ? c->out_cap * 2 : 1024;
        c->out = xrealloc(c->out, c->out_cap);
    }
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
    if (!c->dirty && !c->blocked) {
        c->dirty = true;
        dirty[dirty_count++] = fd;
    }
}

static void close_conn(int fd)
{
    struct conn *c = &conns[fd];

    leave(c);
    free(c->out);
    free(c->carry);
    close(fd);
    /* The mark stays: `fd` may be in the dirty list, and be reused. */
    *c = (struct conn){.dirty = c->dirty};
    stats.connections--;
}

static void flush(int fd)
{
    struct conn *c = &conns[fd];

    c->dirty = false;
    if (c->out_len == 0)
        return;
    ssize_t n = send(fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    stats.writes++;
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        close_conn(fd);
        return;
    }
    stats.eagain += n < 0;
    if (n > 0) {
        stats.bytes_out += (uint64_t)n;
        c->out_len -= (size_t)n;
        memmove(c->out, c->out + n, c->out_len);
    }
    if (c->blocked != (c->out_len > 0)) {
        c->blocked = c->out_len > 0;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN | (c->blocked ? EPOLLOUT : 0));
    }
}

/* DOC(null.relay): all that a group chat is, once the line is complete. */
static void relay(int fd, const char *line, size_t len)
{
    const struct conn *c = &conns[fd];
    const struct room *r = c->room;
    char text[1024];

    if (!r || len > sizeof(text) - sizeof(c->from) - 2)
        return;
    memcpy(text, c->from, c->from_len);
    memcpy(text + c->from_len, line, len);
    memcpy(text + c->from_len + len, "\r\n", 2);
    len += c->from_len + 2u;
    stats.messages_in++;
    stats.deliveries += r->count - 1;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->members[i] != fd)
            owe(r->members[i], text, len);
}
/* END */

/* One line without its CRLF. False: the connection is closed. */
static bool handle(int fd, const char *line, size_t len)
{
    struct conn *c = &conns[fd];
    char text[256];
    int n = 0;

    if (len > 8 && memcmp(line, "PRIVMSG ", 8) == 0) {
        relay(fd, line, len);
    } else if (len > 5 && memcmp(line, "NICK ", 5) == 0) {
        n = snprintf(c->from, sizeof(c->from), ":%.*s!~u@h ",
                     len < 45 ? (int)len - 5 : 40, line + 5);
        c->from_len = (uint8_t)n;
        n = 0;
    } else if (len > 5 && memcmp(line, "USER ", 5) == 0 && c->from_len) {
        n = snprintf(text, sizeof(text), ":null 001 %.*s :Hello\r\n",
                     c->from_len - 7, c->from + 1);
    } else if (len > 5 && memcmp(line, "JOIN ", 5) == 0 && c->from_len) {
        join(fd, room_find(line + 5, len - 5));
        n = snprintf(text, sizeof(text),
                     "%.*sJOIN %s\r\n:null 366 %.*s %s :End\r\n", c->from_len,
                     c->from, c->room->name, c->from_len - 7, c->from + 1,
                     c->room->name);
    } else if (len >= 5 && memcmp(line, "PING ", 5) == 0) {
        n = snprintf(text, sizeof(text), ":null PONG null %.*s\r\n",
                     len < 128 ? (int)len - 5 : 123, line + 5);
    } else if (len >= 4 && memcmp(line, "QUIT", 4) == 0) {
        close_conn(fd);
        return false;
    }
    if (n > 0)
        owe(fd, text, (size_t)n);
    return true;
}

static void on_readable(int fd)
{
    struct conn *c = &conns[fd];
    size_t had = c->carry_len;

    if (had)
        memcpy(scratch, c->carry, had);
    ssize_t n = recv(fd, scratch + had, sizeof(scratch) - had, 0);
    stats.reads++;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) { /* also a line that fills it all: no room, so 0 */
        close_conn(fd);
        return;
    }
    stats.bytes_in += (uint64_t)n;

    const char *p = scratch, *end = scratch + had + n, *lf;
    while ((lf = memchr(p, '\n', (size_t)(end - p)))) {
        size_t len = (size_t)(lf - p);
        if (len && p[len - 1] == '\r')
            len--;
        if (!handle(fd, p, len))
            return;
        p = lf + 1;
    }
    c->carry_len = (size_t)(end - p);
    if (c->carry_len) {
        c->carry = xrealloc(c->carry, c->carry_len);
        memcpy(c->carry, p, c->carry_len);
    }
}

static void on_accept(int lfd)
{
    int fd, one = 1;

    while ((fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        conns[fd].open = true;
        watch(EPOLL_CTL_ADD, fd, EPOLLIN);
        stats.accepted++;
        stats.connections++;
    }
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        die_errno(errno, "accept at %ju connections",
                  (uintmax_t)stats.connections);
}

/* What is owed goes out as far as the kernel takes it in FLUSH_MS. */
static void flush_all(void)
{
    uint64_t end = null_now_ms() + FLUSH_MS;

    /* First all who take it at once, then the slow, one by one, blocking. */
    for (int fd = 0; fd < conns_max; fd++)
        if (conns[fd].open)
            flush(fd);
    for (int fd = 0; fd < conns_max; fd++) {
        uint64_t now = null_now_ms();
        if (conns[fd].out_len == 0 || now >= end)
            continue;
        struct timeval tv = {.tv_sec = (time_t)(end - now) / 1000,
                             .tv_usec = (long)(end - now) % 1000 * 1000 + 1};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
        fcntl(fd, F_SETFL, 0);
        ssize_t n = send(fd, conns[fd].out, conns[fd].out_len, MSG_NOSIGNAL);
        stats.writes++;
        stats.bytes_out += n > 0 ? (uint64_t)n : 0;
    }
}

static void loop(int lfd, int sfd, const char *stats_path)
{
    struct epoll_event ev[EVENTS];
    struct signalfd_siginfo sig;

    for (;;) {
        int n = epoll_wait(epfd, ev, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            die_errno(errno, "epoll_wait");
        stats.loop_iterations++;
        for (int i = 0; i < n; i++) {
            int fd = ev[i].data.fd;
            if (fd == lfd) {
                on_accept(lfd);
            } else if (fd == sfd) {
                if (read(sfd, &sig, sizeof(sig)) != sizeof(sig))
                    continue;
                if (sig.ssi_signo != SIGUSR1)
                    return;
                null_stats_write(&stats, stats_path);
            } else if (ev[i].events & ~(uint32_t)EPOLLOUT) {
                on_readable(fd);
            }
            if ((ev[i].events & EPOLLOUT) && !conns[fd].dirty) {
                conns[fd].dirty = true;
                dirty[dirty_count++] = fd;
            }
        }
        for (int i = 0; i < dirty_count; i++)
            flush(dirty[i]);
        dirty_count = 0;
    }
}

int main(int argc, char **argv)
{
    struct null_options opt;
    sigset_t set;
    char bound[128];

    null_options_parse(&opt, argc, argv);
    stats.start_ms = null_now_ms();
    conns_max = null_raise_nofile();
    conns = xcalloc((size_t)conns_max, sizeof(*conns));
    dirty = xcalloc((size_t)conns_max, sizeof(*dirty));
    epfd = epoll_create1(EPOLL_CLOEXEC);
    if (epfd < 0)
        die_errno(errno, "epoll_create1");

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int sfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (sfd < 0)
        die_errno(errno, "signalfd");
    watch(EPOLL_CTL_ADD, sfd, EPOLLIN);

    int lfd = null_listen(&opt, bound, sizeof(bound));
    watch(EPOLL_CTL_ADD, lfd, EPOLLIN);
    if (printf("ready null %s\n", bound) < 0 || fflush(stdout) != 0)
        die_errno(errno, "cannot write the ready line");

    loop(lfd, sfd, opt.stats);
    close(lfd);
    flush_all();
    return null_stats_write(&stats, opt.stats) ? 1 : 0;
}

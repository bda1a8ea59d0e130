/*
 * inflight_stress - connections that close while messages to them are in flight
 * on other loops, thousands of times, over real servers.
 *
 *     inflight-stress SERVER_BINARY...
 *
 * Two rooms are flooded by talkers who stay. Visitors join them and vanish, in
 * one of the ways below, in the midst of what is being sent to them. At the end
 * those who stayed have lost nothing and agree on the order, the server ends
 * with 0 while more visitors come in, and every connection it accepted is
 * counted as closed for one cause. Visitors are counted, not seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/room.h"
#include "tests/stress/driver.h"

enum {
    ROOMS = 2,
    TALKERS = 2,     /* of each room; they see each other's messages */
    LISTENERS = 2,   /* of each room */
    BURST = 8,       /* messages of a talker at once, two bursts a round */
    SIZE = 400,      /* bytes of a message's text */
    LIVES = 5000,    /* visitors in all */
    VISITORS = 48,   /* at a time */
    STOPPED = 16,    /* of them at most: they stay long */
    CATCH_UP = 8,    /* rounds after which those who stay have all */
    STOPPED_FOR = 70 /* rounds: more than kernel and --sendq hold */
};

/* ---- those who stay ---- */

struct stayer {
    struct peer *peer;
    unsigned next[ROOMS * TALKERS]; /* by talker: the message to come */
    uint64_t heard;                 /* a hash over all messages, in order */
    uint64_t order;                 /* `heard` at the last one of a talker */
};

static struct stayer talkers[ROOMS][TALKERS], listeners[ROOMS][LISTENERS];
static const char *const rooms[ROOMS] = {"#one", "#two"};
static unsigned n_sent; /* messages of each talker so far */

static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* Takes what has come; messages of talkers must be without a gap. */
static void take_lines(struct stayer *s)
{
    const char *line;
    char who[32];

    while ((line = peer_line_now(s->peer))) {
        if (!strstr(line, " PRIVMSG "))
            continue; /* somebody came or went */
        s->heard = add_to_hash(s->heard, line);
        long number = room_number(line, who);
        if (number < 0)
            continue; /* a visitor's */
        unsigned *next = &s->next[atoi(who + 6)];
        CHECK(number == (long)*next, "%s: expected message %u of %s, got %ld",
              s->peer->name, *next, who, number);
        (*next)++;
        s->order = s->heard;
    }
    CHECK(!s->peer->eof, "%s: expected to stay, was cut off", s->peer->name);
}

static void take_all_lines(void)
{
    for (int r = 0; r < ROOMS; r++) {
        for (int i = 0; i < TALKERS; i++)
            take_lines(&talkers[r][i]);
        for (int i = 0; i < LISTENERS; i++)
            take_lines(&listeners[r][i]);
    }
}

static bool has_all(const struct stayer *s, int room)
{
    for (int i = 0; i < TALKERS; i++) {
        int talker = room * TALKERS + i;
        if (s != &talkers[room][i] && s->next[talker] < n_sent)
            return false;
    }
    return true;
}

/* Those of the room who have not had everything yet. */
static int count_behind(void)
{
    int n = 0;

    for (int r = 0; r < ROOMS; r++) {
        for (int i = 0; i < TALKERS; i++)
            n += !has_all(&talkers[r][i], r);
        for (int i = 0; i < LISTENERS; i++)
            n += !has_all(&listeners[r][i], r);
    }
    return n;
}

static void catch_up(void)
{
    double deadline = case_now_s() + case_wait_s();

    take_all_lines();
    while (count_behind() > 0) {
        CHECK(case_now_s() < deadline,
              "expected %u messages of each talker to come; %d have not got "
              "them",
              n_sent, count_behind());
        peers_pump(NULL, -1, 200);
        take_all_lines();
    }
}

static void flood(void)
{
    for (int r = 0; r < ROOMS; r++) {
        for (int i = 0; i < TALKERS; i++)
            SEND_NUMBERED(talkers[r][i].peer, rooms[r], n_sent, BURST, SIZE);
    }
    n_sent += BURST;
    peers_pump(NULL, -1, 0);
    take_all_lines();
}

static struct stayer enter(const struct server *s, const char *kind, int number,
                           const char *room)
{
    char nick[32];

    snprintf(nick, sizeof(nick), "%s%d", kind, number);
    struct peer *p = ENTER(s, nick);
    JOIN(p, room);
    return (struct stayer){.peer = p};
}

static void open_stayers(const struct server *s)
{
    n_sent = 0;
    for (int r = 0; r < ROOMS; r++) {
        for (int i = 0; i < LISTENERS; i++)
            listeners[r][i] = enter(s, "listener", r * LISTENERS + i, rooms[r]);
        for (int i = 0; i < TALKERS; i++)
            talkers[r][i] = enter(s, "talker", r * TALKERS + i, rooms[r]);
    }
}

/* ---- those who come and vanish ---- */

enum way {
    RESET_AT_ONCE, /* right behind its JOIN */
    RESET,         /* once it has joined */
    RESET_TALKING, /* having said something, and half of a line */
    CLOSE,         /* orderly, what came has been read */
    CLOSE_UNREAD,  /* with unread bytes, which resets too */
    QUIT,          /* says so, and closes at once */
    QUIT_AND_WAIT, /* says so, and waits for the server to close */
    HALF_CLOSE,    /* sends no more, and waits for the server to close */
    STOP_READING,  /* until --sendq is over */
    WAYS,
};

struct visitor {
    int fd; /* -1: nobody */
    enum way way;
    int rounds;  /* since it came */
    bool joined; /* its 366 has come */
    bool ending; /* waits for the server to close */
    char end[8]; /* the last bytes read, to find 366 over two reads */
};

static struct visitor visitors[VISITORS];
static unsigned n_visitors; /* there have been */
static int n_stopped;       /* of them: those there now that do not read */

static void say(const struct visitor *v, const char *text)
{
    /* Its queue may be full or the connection over: both may happen. */
    (void)send(v->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void open_visitor(const struct server *s, struct visitor *v)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[160];
    int small = 4096;

    *v = (struct visitor){.way = n_visitors % WAYS};
    if (v->way == STOP_READING && n_stopped == STOPPED)
        v->way = RESET;
    n_stopped += v->way == STOP_READING;
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(v->fd >= 0, "socket: %s", strerror(errno));
    if (v->way == STOP_READING)
        setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    CHECK(connect(v->fd, (struct sockaddr *)&to, sizeof(to)) == 0,
          "connect: %s", strerror(errno));
    snprintf(text, sizeof(text), "NICK v%u\r\nUSER v 0 * :v\r\nJOIN %s\r\n",
             n_visitors, rooms[n_visitors / WAYS % ROOMS]);
    say(v, text);
    n_visitors++;
}

static void close_visitor(struct visitor *v, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    if (reset)
        setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(v->fd);
    v->fd = -1;
    n_stopped -= v->way == STOP_READING;
}

/* Reads what there is. False: the server has closed. */
static bool read_visitor(struct visitor *v)
{
    static char text[65536 + sizeof(v->end) + 1];
    size_t before = strlen(v->end);
    ssize_t n;

    memcpy(text, v->end, before);
    while ((n = recv(v->fd, text + before, 65536, MSG_DONTWAIT)) > 0) {
        size_t len = before + (size_t)n;
        text[len] = '\0';
        v->joined = v->joined || strstr(text, " 366 v");
        before = len < 7 ? len : 7;
        memmove(text, text + len - before, before);
    }
    text[before] = '\0';
    memcpy(v->end, text, before + 1);
    return n < 0 && errno == EAGAIN;
}

static void begin_to_end(struct visitor *v, const char *last)
{
    if (*last)
        say(v, last);
    else
        shutdown(v->fd, SHUT_WR);
    v->ending = true;
}

static void vanish(struct visitor *v)
{
    switch (v->way) {
    case RESET_TALKING:
        say(v, "PRIVMSG #one :hello\r\nPRIVMSG #two :hello\r\nPRIV");
        close_visitor(v, true);
        break;
    case QUIT:
        say(v, "QUIT :bye\r\n");
        close_visitor(v, false);
        break;
    case QUIT_AND_WAIT: begin_to_end(v, "QUIT\r\n"); break;
    case HALF_CLOSE: begin_to_end(v, ""); break;
    case CLOSE: close_visitor(v, false); break;
    default: close_visitor(v, true); break;
    }
}

/* Whether it is time to go. */
static bool is_due(const struct visitor *v)
{
    switch (v->way) {
    case RESET_AT_ONCE: return true;
    case STOP_READING: return v->rounds > STOPPED_FOR;
    case CLOSE_UNREAD: return v->joined && v->rounds > 3;
    default: return v->joined;
    }
}

static void visit(struct visitor *v)
{
    bool reads =
        v->way != STOP_READING && (v->way != CLOSE_UNREAD || !v->joined);

    v->rounds++;
    if (reads && !read_visitor(v)) {
        CHECK(v->ending, "a visitor was cut off, way %d, round %d", v->way,
              v->rounds);
        close_visitor(v, false);
    } else if (!v->ending && is_due(v)) {
        vanish(v);
    }
}

/* Every second one, so that some go before a burst and some after. */
static void visit_half(int first)
{
    for (int i = first; i < VISITORS; i += 2) {
        if (visitors[i].fd >= 0)
            visit(&visitors[i]);
    }
}

static void open_missing(const struct server *s)
{
    for (int i = 0; i < VISITORS; i++) {
        if (visitors[i].fd < 0)
            open_visitor(s, &visitors[i]);
    }
}

/* ---- the whole ---- */

/* All have had the talkers' messages, so the last of those is the same for all;
 * what visitors say behind it may still be on its way to some. */
static void check_order(void)
{
    for (int r = 0; r < ROOMS; r++) {
        for (int i = 1; i < LISTENERS; i++)
            CHECK(listeners[r][i].order == listeners[r][0].order,
                  "%s: the listeners saw different orders", rooms[r]);
    }
}

static void check_sums(const cJSON *stats)
{
    static const char *const causes[] = {
        "quit",  "eof",     "error",   "ping_timeout", "register_timeout",
        "sendq", "refused", "shutdown"};
    long long sum = 0;
    char key[64];

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        snprintf(key, sizeof(key), "closed.%s", causes[i]);
        sum += stats_get(stats, key);
    }
    CHECK_INT("the sum of closed", sum, stats_get(stats, "accepted"));
    CHECK_INT("connections", stats_get(stats, "connections"), 0);
    /* Not always equal: one that is doomed may have left by itself just before,
     * and is counted as closed for its first cause. */
    CHECK(stats_get(stats, "closed.sendq") <= stats_get(stats, "sendq_kills"),
          "expected closed.sendq to be at most sendq_kills (%lld), got %lld",
          stats_get(stats, "sendq_kills"), stats_get(stats, "closed.sendq"));
    CHECK(stats_get(stats, "closed.sendq") > 0,
          "expected some of those who stop reading to be cut off");
    CHECK(stats_get(stats, "messages_in") >=
              (long long)n_sent * ROOMS * TALKERS,
          "messages_in: expected at least %u", n_sent * ROOMS * TALKERS);
}

static void churn(const char *const *args)
{
    struct server *s = (CASE_AT, server_start(0, args));

    open_stayers(s);
    n_visitors = 0;
    n_stopped = 0;
    for (int i = 0; i < VISITORS; i++)
        visitors[i].fd = -1;
    for (int round = 1; n_visitors < LIVES; round++) {
        open_missing(s);
        flood();
        visit_half(0);
        flood();
        visit_half(1);
        if (round % CATCH_UP == 0)
            catch_up();
    }
    catch_up();
    check_order();
    /* The end comes over those who are just coming in. */
    open_missing(s);
    kill(s->pid, SIGTERM);
    open_missing(s);
    cJSON *stats = server_ended(s);
    check_sums(stats);
    cJSON_Delete(stats);
}

static void alone(void)
{
    churn(ARGS("--sendq", "65536"));
}

static void threads_4(void)
{
    churn(ARGS("--sendq", "65536", "--threads", "4"));
}

static void threads_4_workers_4(void)
{
    churn(ARGS("--sendq", "65536", "--threads", "4", "--workers", "4"));
}

static void threads_4_reuseport(void)
{
    churn(ARGS("--sendq", "65536", "--threads", "4", "--accept", "reuseport"));
}

static void threads_4_business_4(void)
{
    churn(ARGS("--sendq", "65536", "--threads", "4", "--business", "4"));
}

int main(int argc, char **argv)
{
    static const struct driver_row rows[] = {
        {"chat-mainsub", CASE(threads_4)},
        {"chat-mainsub", CASE(threads_4_workers_4)},
        {"chat-mainsub", CASE(threads_4_reuseport)},
        {"chat-netty", CASE(threads_4)},
        {"chat-netty", CASE(threads_4_business_4)},
        {"chat-pool", CASE(threads_4)},
        {NULL, CASE(alone)},
    };

    return driver_main(rows, sizeof(rows) / sizeof(rows[0]),
                       "Close connections while messages to them are in "
                       "flight, thousands of times.",
                       argc, argv);
}

#include "common/stats.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

static struct stats_set nobody; /* of threads that are not attached */
_Thread_local struct stats_set *stats_self = &nobody;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stats_set *sets;     /* guarded by lock: the living threads' */
static uint64_t ended[STAT_COUNT]; /* guarded by lock: the ended threads' */
static const char *model = "?";    /* set once */
static _Atomic int n_threads;      /* atomic: the most there have been */
static struct timespec started;    /* set once */

void stats_attach(struct stats_set *set)
{
    for (int i = 0; i < STAT_COUNT; i++)
        atomic_init(&set->value[i], 0);
    pthread_mutex_lock(&lock);
    set->next = sets;
    set->link = &sets;
    if (sets)
        sets->link = &set->next;
    sets = set;
    pthread_mutex_unlock(&lock);
    stats_self = set;
}

static void merge(uint64_t sums[STAT_COUNT], const struct stats_set *set)
{
    for (int i = 0; i < STAT_COUNT; i++) {
        uint64_t v = atomic_load_explicit(&set->value[i], memory_order_relaxed);
        if (i < STAT_SENDQ_MAX_BYTES)
            sums[i] += v;
        else if (v > sums[i])
            sums[i] = v;
    }
}

void stats_detach(void)
{
    struct stats_set *set = stats_self;

    pthread_mutex_lock(&lock);
    merge(ended, set);
    *set->link = set->next;
    if (set->next)
        set->next->link = set->link;
    pthread_mutex_unlock(&lock);
    stats_self = &nobody;
}

static void read_all(uint64_t sums[STAT_COUNT])
{
    pthread_mutex_lock(&lock);
    memcpy(sums, ended, sizeof(ended));
    for (const struct stats_set *s = sets; s; s = s->next)
        merge(sums, s);
    pthread_mutex_unlock(&lock);
}

uint64_t stats_read(enum stat_id id)
{
    uint64_t sums[STAT_COUNT];

    read_all(sums);
    return sums[id];
}

void stats_start(const char *model_name, int threads)
{
    model = model_name;
    n_threads = threads;
    clock_gettime(CLOCK_MONOTONIC, &started);
}

void stats_threads(int threads)
{
    int most = atomic_load(&n_threads);

    while (threads > most &&
           !atomic_compare_exchange_weak(&n_threads, &most, threads))
        ;
}

static double seconds_of(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

/* Resident memory now; getrusage knows only its maximum. 0 if unreadable. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (!f)
        return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The stable names, in the order they are written. */
static const struct {
    const char *name;
    enum stat_id id;
    bool closed; /* in the object "closed" */
} names[] = {
    {"accepted", STAT_ACCEPTED, false},
    {"quit", STAT_CLOSED_QUIT, true},
    {"eof", STAT_CLOSED_EOF, true},
    {"error", STAT_CLOSED_ERROR, true},
    {"ping_timeout", STAT_CLOSED_PING_TIMEOUT, true},
    {"register_timeout", STAT_CLOSED_REGISTER_TIMEOUT, true},
    {"sendq", STAT_CLOSED_SENDQ, true},
    {"refused", STAT_CLOSED_REFUSED, true},
    {"shutdown", STAT_CLOSED_SHUTDOWN, true},
    {"messages_in", STAT_MESSAGES_IN, false},
    {"deliveries", STAT_DELIVERIES, false},
    {"bytes_in", STAT_BYTES_IN, false},
    {"bytes_out", STAT_BYTES_OUT, false},
    {"reads", STAT_READS, false},
    {"writes", STAT_WRITES, false},
    {"eagain", STAT_EAGAIN, false},
    {"loop_iterations", STAT_LOOP_ITERATIONS, false},
    {"wakeups", STAT_WAKEUPS, false},
    {"lock_acquired", STAT_LOCK_ACQUIRED, false},
    {"lock_wait_ns", STAT_LOCK_WAIT_NS, false},
    {"sendq_max_bytes", STAT_SENDQ_MAX_BYTES, false},
    {"sendq_kills", STAT_SENDQ_KILLS, false},
    {"accept_pauses", STAT_ACCEPT_PAUSES, false},
};

static void add_counters(cJSON *root)
{
    uint64_t sums[STAT_COUNT];
    uint64_t gone = 0;
    cJSON *closed = cJSON_CreateObject();

    read_all(sums);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cJSON_AddNumberToObject(names[i].closed ? closed : root, names[i].name,
                                (double)sums[names[i].id]);
        if (names[i].closed)
            gone += sums[names[i].id];
    }
    cJSON_AddNumberToObject(root, "connections",
                            (double)sums[STAT_ACCEPTED] - (double)gone);
    cJSON_AddItemToObject(root, "closed", closed);
}

static char *format_json(void)
{
    struct timespec now;
    struct rusage usage;
    cJSON *root = cJSON_CreateObject();

    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &usage);
    cJSON_AddStringToObject(root, "model", model);
    cJSON_AddStringToObject(root, "version", CHAT_VERSION);
    cJSON_AddNumberToObject(root, "threads", n_threads);
    cJSON_AddNumberToObject(root, "uptime_s",
                            (double)(now.tv_sec - started.tv_sec) +
                                (double)(now.tv_nsec - started.tv_nsec) / 1e9);
    add_counters(root);
    cJSON_AddNumberToObject(root, "cpu_user_s", seconds_of(usage.ru_utime));
    cJSON_AddNumberToObject(root, "cpu_sys_s", seconds_of(usage.ru_stime));
    cJSON_AddNumberToObject(root, "rss_kib", (double)resident_kib());
    cJSON_AddNumberToObject(root, "max_rss_kib", (double)usage.ru_maxrss);
    cJSON_AddNumberToObject(root, "heap_bytes", (double)mallinfo2().uordblks);
    cJSON_AddNumberToObject(root, "voluntary_switches", (double)usage.ru_nvcsw);
    cJSON_AddNumberToObject(root, "involuntary_switches",
                            (double)usage.ru_nivcsw);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

static int write_whole(FILE *f, const char *text)
{
    int err = 0;

    if (fputs(text, f) == EOF || fputc('\n', f) == EOF || fflush(f) != 0)
        err = -errno;
    return err;
}

/* To a new file beside it, which then takes its place. */
static int replace_file(const char *path, const char *text)
{
    char temporary[4096];

    if (snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path,
                 (int)getpid()) >= (int)sizeof(temporary))
        return -ENAMETOOLONG;
    FILE *f = fopen(temporary, "we");
    if (!f)
        return -errno;
    int err = write_whole(f, text);
    if (fclose(f) != 0 && !err)
        err = -errno;
    if (!err && rename(temporary, path) < 0)
        err = -errno;
    if (err)
        unlink(temporary);
    return err;
}

/* To a device or a pipe: renaming would take /dev/null away from the system. A
 * pipe that nobody reads is an error, not a reason to wait. */
static int write_special(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return -ENOMEM;
    }
    int err = write_whole(f, text);
    if (fclose(f) != 0 && !err)
        err = -errno;
    return err;
}

int stats_write(const char *path)
{
    char *text = format_json();
    struct stat st;
    int err;

    if (!text)
        return -ENOMEM;
    if (strcmp(path, "-") == 0)
        err = write_whole(stderr, text);
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        err = write_special(path, text);
    else
        err = replace_file(path, text);
    free(text);
    return err;
}

void stats_report(const char *path)
{
    int err = path ? stats_write(path) : 0;

    if (err)
        log_info("cannot write the statistics to %s: %s", path, strerror(-err));
}

/*
 * stats_test - counters by thread and their sums, and the file they end in.
 */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char dir[64]; /* for the test's files */

static void make_dir(void)
{
    strcpy(dir, "/tmp/stats_test.XXXXXX");
    cr_assert(mkdtemp(dir));
}

static void remove_dir(void)
{
    char path[512];
    DIR *d = opendir(dir);

    cr_assert(d);
    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(dir);
}

TestSuite(stats, .init = make_dir, .fini = remove_dir);

static const char *in_dir(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int count_files(void)
{
    DIR *d = opendir(dir);
    int n = 0;

    cr_assert(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2; /* . and .. */
}

Test(stats, counts_of_living_and_ended_threads_add_up)
{
    struct stats_set set;

    stats_add(STAT_READS, 1000); /* not attached: nobody's */
    cr_expect_eq(stats_read(STAT_READS), 0);
    stats_attach(&set);
    stats_add(STAT_READS, 2);
    stats_add(STAT_READS, 3);
    stats_max(STAT_SENDQ_MAX_BYTES, 10);
    stats_max(STAT_SENDQ_MAX_BYTES, 7);
    cr_expect_eq(stats_read(STAT_READS), 5);
    cr_expect_eq(stats_read(STAT_SENDQ_MAX_BYTES), 10);
    stats_detach();
    stats_add(STAT_READS, 1000);
    cr_expect_eq(stats_read(STAT_READS), 5);
    stats_attach(&set); /* from zero again */
    stats_add(STAT_READS, 1);
    stats_max(STAT_SENDQ_MAX_BYTES, 8);
    cr_expect_eq(stats_read(STAT_READS), 6);
    cr_expect_eq(stats_read(STAT_SENDQ_MAX_BYTES), 10);
    stats_detach();
}

enum { THREADS = 8, ROUNDS = 5000 };

static pthread_barrier_t barrier;

/* Half of them end before the sums are read, half after. */
static void *count(void *arg)
{
    struct stats_set set;
    size_t number = (size_t)arg;

    stats_attach(&set);
    for (int i = 0; i < ROUNDS; i++)
        stats_add(STAT_WRITES, number);
    stats_max(STAT_SENDQ_MAX_BYTES, 100 * number);
    if (number % 2 == 0)
        stats_detach();
    pthread_barrier_wait(&barrier); /* main reads */
    pthread_barrier_wait(&barrier);
    if (number % 2)
        stats_detach();
    return NULL;
}

Test(stats, threads_count_apart_and_are_summed)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, count, (void *)i), 0);
    pthread_barrier_wait(&barrier);
    cr_expect_eq(stats_read(STAT_WRITES), ROUNDS * 28);
    cr_expect_eq(stats_read(STAT_SENDQ_MAX_BYTES), 700);
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(stats_read(STAT_WRITES), ROUNDS * 28);
    pthread_barrier_destroy(&barrier);
}

/* ---- the file ---- */

static cJSON *read_json(const char *path)
{
    char text[8192];
    FILE *f = fopen(path, "r");

    cr_assert(f, "no %s", path);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    cr_assert(n > 0 && text[n - 1] == '\n');
    cJSON *root = cJSON_Parse(text);
    cr_assert(root, "not JSON: %s", text);
    return root;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    cr_assert(cJSON_IsNumber(item), "%s is missing", key);
    return item->valuedouble;
}

static const char *const keys[] = {
    "threads",
    "uptime_s",
    "accepted",
    "connections",
    "messages_in",
    "deliveries",
    "bytes_in",
    "bytes_out",
    "reads",
    "writes",
    "eagain",
    "loop_iterations",
    "wakeups",
    "lock_acquired",
    "lock_wait_ns",
    "sendq_max_bytes",
    "sendq_kills",
    "accept_pauses",
    "cpu_user_s",
    "cpu_sys_s",
    "rss_kib",
    "max_rss_kib",
    "heap_bytes",
    "voluntary_switches",
    "involuntary_switches",
};

static const char *const causes[] = {
    "quit",  "eof",     "error",   "ping_timeout", "register_timeout",
    "sendq", "refused", "shutdown"};

Test(stats, file_has_every_stable_name)
{
    struct stats_set set;

    stats_start("reactor", 3);
    stats_attach(&set);
    cr_assert_eq(stats_write(in_dir("s")), 0);
    cJSON *root = read_json(in_dir("s"));
    for (size_t i = 0; i < COUNT(keys); i++)
        cr_expect_geq(number(root, keys[i]), 0, "%s", keys[i]);
    const cJSON *closed = cJSON_GetObjectItem(root, "closed");
    for (size_t i = 0; i < COUNT(causes); i++)
        cr_expect_eq(number(closed, causes[i]), 0, "%s", causes[i]);
    cr_expect_str_eq(cJSON_GetObjectItem(root, "model")->valuestring,
                     "reactor");
    cr_expect_str_eq(cJSON_GetObjectItem(root, "version")->valuestring,
                     CHAT_VERSION);
    cr_expect_eq(number(root, "threads"), 3);
    cr_expect_gt(number(root, "rss_kib"), 0);
    cr_expect_geq(number(root, "max_rss_kib"), number(root, "rss_kib") / 2);
    cJSON_Delete(root);
    stats_detach();
}

/* Each counter ends under its own name: all have different values. */
Test(stats, file_has_each_value_under_its_name)
{
    static const char *const in_order[] = {"accepted",
                                           "quit",
                                           "eof",
                                           "error",
                                           "ping_timeout",
                                           "register_timeout",
                                           "sendq",
                                           "refused",
                                           "shutdown",
                                           "messages_in",
                                           "deliveries",
                                           "bytes_in",
                                           "bytes_out",
                                           "reads",
                                           "writes",
                                           "eagain",
                                           "loop_iterations",
                                           "wakeups",
                                           "lock_acquired",
                                           "lock_wait_ns",
                                           "sendq_kills",
                                           "accept_pauses",
                                           "sendq_max_bytes"};
    struct stats_set set;
    unsigned gone = 0;

    cr_assert_eq(COUNT(in_order), STAT_COUNT);
    stats_attach(&set);
    for (unsigned i = 0; i < STAT_COUNT; i++)
        stats_add((enum stat_id)i, 1000 + i);
    cr_assert_eq(stats_write(in_dir("s")), 0);
    cJSON *root = read_json(in_dir("s"));
    const cJSON *closed = cJSON_GetObjectItem(root, "closed");
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        bool is_closed = i >= STAT_CLOSED_QUIT && i <= STAT_CLOSED_SHUTDOWN;
        cr_expect_eq(number(is_closed ? closed : root, in_order[i]), 1000 + i,
                     "%s", in_order[i]);
        gone += is_closed ? 1000 + i : 0;
    }
    cr_expect_eq(number(root, "connections"), 1000.0 - gone);
    cJSON_Delete(root);
    stats_detach();
}

Test(stats, file_replaces_the_old_one_whole)
{
    const char *path = in_dir("s");
    FILE *f = fopen(path, "w");

    cr_assert(f);
    for (int i = 0; i < 100000; i++)
        fputs("old ", f);
    fclose(f);
    int old = open(path, O_RDONLY);
    cr_assert_eq(stats_write(path), 0);
    cJSON_Delete(read_json(path));
    cr_expect_eq(count_files(), 1, "no temporary file is left");
    /* Who has the old file open still reads it, unharmed. */
    cr_expect_eq(lseek(old, 0, SEEK_END), 400000);
    close(old);
}

Test(stats, file_that_cannot_be_written_says_why)
{
    char path[5000];

    cr_expect_eq(stats_write(in_dir("none/s")), -ENOENT);
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    cr_expect_eq(stats_write(path), -ENAMETOOLONG);
    cr_assert_eq(mkdir(in_dir("d"), 0700), 0);
    cr_expect_eq(stats_write(in_dir("d")), -EISDIR);
    rmdir(in_dir("d"));
    cr_expect_eq(count_files(), 0, "a temporary file is left");
}

/* A full disk, or here the limit on a file's size. */
Test(stats, file_that_is_cut_short_is_taken_away)
{
    const struct rlimit limit = {100, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(stats_write(in_dir("s")), -EFBIG);
    cr_expect_eq(count_files(), 0, "a temporary file is left");
}

/* A device or a pipe is written to, not replaced by a file: as root,
 * --stats /dev/null would otherwise take /dev/null away from the system. */
Test(stats, what_is_no_file_is_written_to)
{
    const char *path = in_dir("fifo");
    char text[8192];
    struct stat st;

    cr_assert_eq(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_NONBLOCK);
    cr_assert_geq(fd, 0);
    cr_expect_eq(stats_write(path), 0);
    cr_assert_eq(lstat(path, &st), 0);
    cr_expect(S_ISFIFO(st.st_mode), "the pipe was replaced");
    ssize_t n = read(fd, text, sizeof(text) - 1);
    cr_assert_gt(n, 0);
    text[n] = '\0';
    cJSON *root = cJSON_Parse(text);
    cr_expect(root);
    cJSON_Delete(root);
    close(fd);
}

#include "tests/variants/drive.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"
#include "tests/contract/files.h"

enum {
    ROUNDS_MAX = 100, /* of a variant; the first or second mostly does it */
    ROUNDS_HOLD = 6,  /* of a model */
    STILL_MS = 10,    /* between two looks at the threads */
    STILL_LOOKS = 15, /* that must find nothing changed */
};

static struct server *start(const struct drive *d)
{
    struct server *s = (CASE_AT, server_start(0, d->args));

    d->open(s);
    return s;
}

void drive_until_fault(const struct drive *d)
{
    const struct server *s = start(d);

    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (d->round(s, i))
            return;
    }
    FAIL("expected to see within %d rounds: %s", ROUNDS_MAX, d->fault);
}

void drive_without_fault(const struct drive *d)
{
    const struct server *s = start(d);

    for (int i = 0; i < ROUNDS_HOLD; i++)
        CHECK(!d->round(s, i), "round %d: expected not to see: %s", i,
              d->fault);
}

/* ---- asleep ---- */

/* How often the thread has been switched, of its own will and not. */
static long switches(const char *status)
{
    long sum = 0;

    for (const char *at = status; (at = strstr(at, "_ctxt_switches:")); at++)
        sum += strtol(at + strlen("_ctxt_switches:"), NULL, 10);
    return sum;
}

/* Threads of the models carry their role as their name; others are a
 * sanitizer's, which wake up as they like. Those may have been given the name
 * of `main`, but not its number, the process's. */
static bool is_ours(const struct server *s, const char *tid, const char *status)
{
    static const char *const roles[] = {"acceptor", "sub-", "worker-",
                                        "reader-", "writer-"};

    if (atoi(tid) == s->pid)
        return true;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strncmp(status + strlen("Name:\t"), roles[i], strlen(roles[i])) ==
            0)
            return true;
    }
    return false;
}

/* How often the server's threads have been switched, or -1: one is awake. */
static long count_switches(const struct server *s)
{
    char folder[64];
    long sum = 0;
    const struct dirent *e;

    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)s->pid);
    DIR *dir = opendir(folder);
    CHECK(dir != NULL, "%s: %s", folder, strerror(errno));
    while (sum >= 0 && (e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s/status", folder, e->d_name);
        char *status = file_read(path, NULL);
        free(path);
        if (*status == '\0')
            sum = -1; /* it has just ended */
        else if (is_ours(s, e->d_name, status))
            sum = strstr(status, "State:\tS") ? sum + switches(status) : -1;
        free(status);
    }
    closedir(dir);
    return sum;
}

void drive_settle(const struct server *s)
{
    double deadline = case_now_s() + case_wait_s();
    long before = -1;

    for (int still = 0; still < STILL_LOOKS; still++) {
        CHECK(case_now_s() < deadline, "expected the server to fall asleep");
        peers_pump(NULL, -1, STILL_MS);
        long now = count_switches(s);
        if (now < 0 || now != before)
            still = 0;
        before = now;
    }
    peers_pump(NULL, -1, 0);
}

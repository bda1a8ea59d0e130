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

/* The number behind `key` in the text, or 0. */
static long field(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

/* Threads of the models carry their role as their name; others are a
 * sanitizer's, which wake up as they like. */
static bool is_ours(const char *status)
{
    static const char *const roles[] = {"main", "sub-", "worker-", "reader-",
                                        "writer-"};

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
        if (*status == '\0' || !strstr(status, "State:\tS"))
            sum = is_ours(status) || *status == '\0' ? -1 : sum;
        else if (is_ours(status))
            sum += field(status, "\nvoluntary_ctxt_switches:") +
                   field(status, "\nnonvoluntary_ctxt_switches:");
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

/*
 * The end of a server and what it leaves: exit status, reports, stats.
 */
#include "tests/contract/server_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/case.h"
#include "tests/contract/files.h"
#include "tests/contract/peer.h"

char *server_stderr(const struct server *s)
{
    return file_read(s->err_path, NULL);
}

/* Where a sanitizer's report begins in `err`, or NULL. */
static char *find_report(char *err)
{
    static const char *const marks[] = {
        "ERROR: AddressSanitizer",  "ERROR: LeakSanitizer", "LeakSanitizer",
        "WARNING: ThreadSanitizer", "ThreadSanitizer:",     "runtime error:"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        char *at = strstr(err, marks[i]);
        if (at)
            return at;
    }
    return NULL;
}

static void describe_status(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "death by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "status %d", WEXITSTATUS(status));
}

cJSON *server_ended(struct server *s)
{
    int status = server_wait(s);
    char *err = server_stderr(s);
    const char *report = find_report(err);
    if (report) {
        size_t line = strcspn(report, "\n");
        case_fail("expected no sanitizer report, got \"%.*s\"", (int)line,
                  report);
    }
    free(err);
    char how[96];
    describe_status(status, how, sizeof(how));
    if (status != 0)
        case_fail("expected the server to exit 0, got %s", how);
    char *text = file_read(s->stats_path, NULL);
    cJSON *stats = cJSON_ParseWithOpts(text, NULL, 1);
    if (!cJSON_IsObject(stats))
        case_fail("expected one JSON object as stats, got \"%s\"",
                  peer_show(text));
    free(text);
    return stats;
}

cJSON *server_stop(struct server *s)
{
    kill(s->pid, SIGTERM);
    return server_ended(s);
}

cJSON *server_stats(struct server *s)
{
    /* The file is replaced by rename, so the folder tells when. */
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || inotify_add_watch(watch, ".", IN_MOVED_TO) < 0)
        case_broken(errno, "inotify");
    kill(s->pid, SIGUSR1);
    double deadline = case_now_s() + case_wait_s();
    for (bool replaced = false; !replaced;) {
        if (case_now_s() > deadline)
            case_fail("SIGUSR1: expected %s to be replaced by rename, "
                      "nothing came",
                      s->stats_path);
        if (!peers_pump(NULL, watch, 200))
            continue;
        _Alignas(struct inotify_event) char buf[4096];
        ssize_t n = read(watch, buf, sizeof(buf));
        for (char *at = buf; at < buf + n;) {
            struct inotify_event *event = (struct inotify_event *)at;
            replaced |= event->len && !strcmp(event->name, s->stats_path);
            at += sizeof(*event) + event->len;
        }
    }
    close(watch);
    char *text = file_read(s->stats_path, NULL);
    cJSON *stats = cJSON_ParseWithOpts(text, NULL, 1);
    if (!cJSON_IsObject(stats))
        case_fail("SIGUSR1: expected one JSON object, got \"%s\"",
                  peer_show(text));
    free(text);
    return stats;
}

long long stats_get(const cJSON *stats, const char *key)
{
    char word[64];
    const char *dot;
    for (const char *rest = key; stats; rest = dot + 1) {
        dot = strchr(rest, '.');
        size_t len = dot ? (size_t)(dot - rest) : strlen(rest);
        snprintf(word, sizeof(word), "%.*s", (int)len, rest);
        stats = cJSON_GetObjectItemCaseSensitive(stats, word);
        if (!dot)
            break;
    }
    if (!cJSON_IsNumber(stats))
        case_fail("stats: expected a number named \"%s\", found none", key);
    return (long long)stats->valuedouble;
}

void server_stop_all(void)
{
    for (int i = 0; i < server_count; i++) {
        if (servers[i].running)
            cJSON_Delete(server_stop(&servers[i]));
    }
}

/* Gives it a last chance to end by itself, so that its reports are whole. */
static void stop_after_failure(struct server *s)
{
    struct pollfd pfd = {.fd = s->pidfd, .events = POLLIN};
    bool ended = poll(&pfd, 1, 300) == 1;
    if (!ended) {
        kill(s->pid, SIGTERM);
        if (poll(&pfd, 1, (int)(5000 * case_scale())) == 0) {
            printf("    server %d did not end on SIGTERM, killed\n", s->pid);
            kill(s->pid, SIGKILL);
        }
    }
    waitpid(s->pid, &s->status, 0);
    s->running = false;
    if (ended) {
        char how[96];
        describe_status(s->status, how, sizeof(how));
        printf("    server %d had ended: %s\n", s->pid, how);
    }
}

void server_post_mortem(void)
{
    for (int i = 0; i < server_count; i++) {
        struct server *s = &servers[i];
        if (s->running && s->pidfd > 0)
            stop_after_failure(s);
        char *err = server_stderr(s);
        if (!err || !*err)
            continue;
        char *report = find_report(err);
        /* Behind the summary AddressSanitizer draws the memory. */
        char *summary = report ? strstr(report, "\nSUMMARY: ") : NULL;
        if (summary)
            summary[1 + strcspn(summary + 1, "\n")] = '\0';
        printf("    stderr of server %d:\n", s->pid);
        case_print_indented(report ? report : err, report ? 80 : 12);
        free(err);
    }
}

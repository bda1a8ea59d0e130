#include "bench/run/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/run/files.h"
#include "bench/run/peer.h"
#include "bench/run/spectrum.h"
#include "bench/run/trial_impl.h"
#include "common/die.h"

/* Guards: only a hang reaches them. */
enum {
    READY_GUARD_S = 150, /* a peer is warmed up first */
    STATS_GUARD_S = 20,
    LOAD_GUARD_S = 180, /* on top of what the point takes */
    STOP_GRACE_MS = 15000,
    INTERRUPT_GRACE_MS = 3000
};

char *trial_path(const char *dir, const char *kind, const char *point_id,
                 const char *server, int block, const char *suffix)
{
    char *id = xstrdup(point_id);

    for (char *c = id; *c; c++)
        if (*c == '/' || *c == '%')
            *c = *c == '/' ? '_' : 'p';
    char *path =
        xasprintf("%s/%s/%s.%s.b%d.%s", dir, kind, id, server, block, suffix);
    free(id);
    return path;
}

const struct pinning *session_pinning(const struct session *s,
                                      const struct point *point)
{
    return point->shared ? &s->shared : &s->pinning;
}

static bool is_ready(struct trial *t)
{
    return t->is_ready;
}

static bool has_stats(struct trial *t)
{
    return !t->stats_into;
}

static bool load_is_done(struct trial *t)
{
    return t->load.ended && t->events.fd < 0;
}

/* A log file for a child's stderr. */
static int open_log(struct trial *t, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        trial_fail(t, "cannot create %s: %s", path, strerror(errno));
    return fd;
}

/*
 * Starts `argv` with a pipe on its stdout (`pass` false) or on CHILD_PASS_FD,
 * whose other end becomes `lines`.
 */
static void start(struct trial *t, struct child *c, char **argv,
                  const cpu_set_t *cpus, const char *log, struct lines *lines,
                  bool pass)
{
    struct child_spec spec = {.argv = argv,
                              .cpus = cpus,
                              .out_fd = -1,
                              .err_fd = open_log(t, log),
                              .pass_fd = -1};
    int fds[2];

    if (trial_failed(t))
        return;
    if (pipe2(fds, O_CLOEXEC) != 0) {
        trial_fail(t, "cannot make a pipe: %s", strerror(errno));
        close(spec.err_fd);
        return;
    }
    *(pass ? &spec.pass_fd : &spec.out_fd) = fds[1];
    lines->fd = fds[0];
    int err = child_start(c, &spec);
    if (err)
        trial_fail(t, "cannot run %s: %s", argv[0], strerror(-err));
    close(fds[1]);
    close(spec.err_fd);
}

/* As it could be typed, but for the folder the program lies in. */
static char *command_line(char *const *argv, const char *cpus)
{
    const char *slash = strrchr(argv[0], '/');
    char *line =
        xasprintf("taskset -c %s %s", cpus, slash ? slash + 1 : argv[0]);

    for (size_t i = 1; argv[i]; i++) {
        char *longer = xasprintf("%s %s", line, argv[i]);
        free(line);
        line = longer;
    }
    return line;
}

static int start_server(struct trial *t)
{
    const struct pinning *pin = session_pinning(t->s, t->step->point);
    char **argv =
        server_argv(t->s->bin_dir, t->step->arm, t->step->point, t->stats_path);
    int err;

    unlink(t->stats_path);
    t->ev->server_command = command_line(argv, pin->server_list);
    start(t, &t->server, argv, &pin->server, t->server_log, &t->ready, false);
    server_free_argv(argv);
    err = trial_run_until(t, is_ready, READY_GUARD_S, "the ready line");
    if (err || trial_failed(t) || t->step->point->mode != MODE_HOLD)
        return err;
    /* Counters first: writing them once maps the code that does it. */
    trial_request_stats(t, &t->ev->stats_before);
    err = trial_run_until(t, has_stats, STATS_GUARD_S, "the server's stats");
    if (!err && !trial_failed(t))
        trial_take_memory(t, &t->ev->empty);
    return err;
}

static int run_load(struct trial *t)
{
    const struct pinning *pin = session_pinning(t->s, t->step->point);
    /* The same schedule for all servers of a block. */
    unsigned long long seed =
        t->s->seed * 1000 + (unsigned long long)t->step->block;
    char **argv =
        server_load_argv(t->s->bin_dir, t->step->point, &t->where, t->ev->rate,
                         seed, t->json_path, t->hgrm_path);

    unlink(t->json_path);
    t->ev->load_command = command_line(argv, pin->load_list);
    start(t, &t->load, argv, &pin->generator, t->load_log, &t->events, true);
    server_free_argv(argv);
    int err = trial_run_until(t, load_is_done,
                              point_seconds(t->step->point) + LOAD_GUARD_S,
                              "the end of chat-load");
    if (err || trial_failed(t))
        return err;
    return trial_run_until(t, has_stats, STATS_GUARD_S, "the server's stats");
}

/* The result chat-load left, whatever its exit status says of it. */
static void read_load(struct trial *t)
{
    char *text = file_read(t->json_path);
    struct spectrum s;

    t->ev->load = text ? cJSON_Parse(text) : NULL;
    free(text);
    /* A result that calls itself valid must come with an exit status of 0. */
    if (!cJSON_IsObject(t->ev->load) ||
        (!child_succeeded(&t->load) &&
         !cJSON_IsFalse(
             cJSON_GetObjectItemCaseSensitive(t->ev->load, "valid"))))
        trial_fail_child(t, "chat-load", &t->load, t->load_log);
    if (spectrum_read(&s, t->hgrm_path) != 0)
        return; /* nothing was sent, or nothing came */
    t->ev->p98_us = spectrum_quantile(&s, 0.98);
    spectrum_free(&s);
}

/* Peers have their own ideas of a status after SIGTERM, but do not crash. */
static bool ended_well(const struct trial *t)
{
    if (peer_is(t->step->arm->server))
        return !WIFSIGNALED(t->server.status);
    return child_succeeded(&t->server);
}

static void stop_server(struct trial *t, int grace_ms)
{
    char *name = server_title(t->step->arm->server);

    t->server_may_end = true;
    if (t->server.pid && !child_stop(&t->server, grace_ms))
        trial_fail(t, "%s did not end within %d s of SIGTERM", name,
                   grace_ms / 1000);
    else if (t->server.pid && !ended_well(t))
        trial_fail_child(t, name, &t->server, t->server_log);
    free(name);
}

static void remove_if_empty(const char *path)
{
    char last[8];

    file_last_line(path, last, sizeof(last));
    if (!*last)
        unlink(path);
}

static void clean_up(struct trial *t)
{
    if (t->ready.fd >= 0)
        close(t->ready.fd);
    if (t->events.fd >= 0)
        close(t->events.fd);
    if (t->watch_fd >= 0)
        close(t->watch_fd);
    if (peer_is(t->step->arm->server) && !trial_failed(t))
        unlink(t->server_log); /* a line for each client, no more */
    remove_if_empty(t->server_log);
    remove_if_empty(t->load_log);
    free(t->stats_path);
    free(t->json_path);
    free(t->hgrm_path);
    free(t->server_log);
    free(t->load_log);
}

static void prepare(struct trial *t)
{
    const struct step *st = t->step;
    const char *dir = t->s->dir, *arm = st->arm->name, *id = st->point->id;

    t->ready.fd = t->events.fd = -1;
    t->server.pidfd = t->load.pidfd = -1;
    t->stats_path = xasprintf("%s/stats.json", t->s->temp_dir);
    t->json_path = xasprintf("%s/load.json", t->s->temp_dir);
    t->hgrm_path = trial_path(dir, "hgrm", id, arm, st->block, "hgrm");
    t->server_log = trial_path(dir, "logs", id, arm, st->block, "server.log");
    t->load_log = trial_path(dir, "logs", id, arm, st->block, "load.log");
    t->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (t->watch_fd < 0 ||
        inotify_add_watch(t->watch_fd, t->s->temp_dir, IN_MOVED_TO) < 0)
        trial_fail(t, "cannot watch %s: %s", t->s->temp_dir, strerror(errno));
}

int trial_run(const struct session *s, const struct step *step, double rate,
              struct evidence *ev)
{
    struct trial t = {.s = s, .step = step, .ev = ev};
    int err = 0;

    memset(ev, 0, sizeof(*ev));
    ev->point = step->point;
    ev->rate = rate;
    ev->kernel_stack_kib = machine_kernel_stack_kib();
    prepare(&t);
    if (!trial_failed(&t))
        err = start_server(&t);
    if (!err && !trial_failed(&t))
        err = run_load(&t);
    child_stop(&t.load, INTERRUPT_GRACE_MS);
    if (!err && !trial_failed(&t))
        read_load(&t);
    stop_server(&t, err ? INTERRUPT_GRACE_MS : STOP_GRACE_MS);
    if (!err && !trial_failed(&t)) {
        char *text = file_read(t.stats_path);
        ev->stats_exit = text ? cJSON_Parse(text) : NULL;
        free(text);
    }
    if (err)
        unlink(t.hgrm_path);
    clean_up(&t);
    return err;
}

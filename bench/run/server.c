#include "bench/run/server.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/peer.h"
#include "common/die.h"

static bool is_tool(const char *name)
{
    return strcmp(name, "load") == 0 || strcmp(name, "bench") == 0 ||
           strcmp(name, "client") == 0 || strcmp(name, "peer") == 0;
}

bool server_exists(const char *bin_dir, const char *name)
{
    if (peer_is(name))
        return !peer_missing(bin_dir, name);
    char *path = xasprintf("%s/chat-%s", bin_dir, name);
    bool there = !is_tool(name) && access(path, X_OK) == 0;

    free(path);
    return there;
}

char *server_title(const char *name)
{
    return xasprintf("%s%s", peer_is(name) ? "" : "chat-", name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct words server_list(const char *bin_dir)
{
    struct words w = {NULL, 0};
    DIR *dir = opendir(bin_dir);

    if (!dir)
        return w;
    for (struct dirent *d; (d = readdir(dir));) {
        if (strncmp(d->d_name, "chat-", 5) != 0 || strchr(d->d_name, '.') ||
            !server_exists(bin_dir, d->d_name + 5))
            continue;
        words_add(&w, d->d_name + 5);
    }
    closedir(dir);
    /* The same order everywhere: the plan's shuffle begins with it. */
    if (w.count)
        qsort(w.word, w.count, sizeof(*w.word), by_name);
    return w;
}

bool server_parse_ready(const char *line, struct endpoint *where)
{
    char model[64], address[80];
    int end = 0;

    if (sscanf(line, "ready %63s %79s%n", model, address, &end) != 2 ||
        line[end + (int)strspn(line + end, " \r\n")])
        return false;
    char *colon = strrchr(address, ':');
    if (!colon || !colon[1] || strlen(colon + 1) >= sizeof(where->port) ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    *colon = '\0';
    char *host = address;
    size_t len = strlen(host);
    if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
        host[len - 1] = '\0';
        host++;
    }
    if (!*host || strlen(host) >= sizeof(where->host))
        return false;
    snprintf(where->host, sizeof(where->host), "%s", host);
    /* A port that is cut would be another: refuse it. */
    return snprintf(where->port, sizeof(where->port), "%s", colon + 1) <
           (int)sizeof(where->port);
}

/* A growing argument list. */
struct args {
    char **v;     /* NULL-terminated once finished */
    size_t count; /* without the NULL */
};

static void push(struct args *a, char *word)
{
    a->v = xrealloc(a->v, (a->count + 2) * sizeof(*a->v));
    a->v[a->count++] = word;
    a->v[a->count] = NULL;
}

static void push_pair(struct args *a, const char *flag, char *value)
{
    push(a, xstrdup(flag));
    push(a, value);
}

static void push_words(struct args *a, const char *text)
{
    struct words w = words_split(text ? text : "");

    for (size_t i = 0; i < w.count; i++)
        push(a, xstrdup(w.word[i]));
    words_free(&w);
}

/* The point's parameters that are options of the server, or of chat-load. */
static void push_params(struct args *a, const struct point *point, bool server)
{
    for (int i = 0; i < PARAM_COUNT; i++)
        if (!isnan(point->param[i]) && param_info[i].server == server)
            push_pair(a, param_info[i].flag,
                      xasprintf("%s%.10g",
                                i == PARAM_WARMUP && point->warmup_auto
                                    ? "auto:"
                                    : param_info[i].prefix,
                                point->param[i]));
}

/* Connections that are only held warm nothing up, and show what they take. */
static char **peer_argv(const char *bin_dir, const struct arm *arm,
                        const struct point *point)
{
    struct args a = {NULL, 0};

    push(&a, xasprintf("%s/chat-peer", bin_dir));
    push(&a, xstrdup(arm->server));
    push_pair(&a, "--port", xstrdup("0"));
    push_words(&a, arm->args);
    if (point->mode == MODE_HOLD)
        push_pair(&a, "--warmup", xstrdup("0"));
    return a.v;
}

char **server_argv(const char *bin_dir, const struct arm *arm,
                   const struct point *point, const char *stats_path)
{
    struct args a = {NULL, 0};

    if (peer_is(arm->server))
        return peer_argv(bin_dir, arm, point);
    push(&a, xasprintf("%s/chat-%s", bin_dir, arm->server));
    push_pair(&a, "--port", xstrdup("0"));
    push_pair(&a, "--stats", xstrdup(stats_path));
    push_words(&a, arm->args);
    push_words(&a, point->server_args);
    push_params(&a, point, true);
    return a.v;
}

char **server_load_argv(const char *bin_dir, const struct point *point,
                        const struct endpoint *where, double rate,
                        unsigned long long seed, const char *json_path,
                        const char *hgrm_path)
{
    struct args a = {NULL, 0};

    push(&a, xasprintf("%s/chat-load", bin_dir));
    push_pair(&a, "--host", xstrdup(where->host));
    push_pair(&a, "--port", xstrdup(where->port));
    push_pair(&a, "--seed", xasprintf("%llu", seed));
    push_params(&a, point, false);
    if (point->mode == MODE_OPEN)
        push_pair(&a, "--rate", xasprintf("%.10g", rate));
    push_pair(&a, "--json", xstrdup(json_path));
    if (point->mode != MODE_HOLD)
        push_pair(&a, "--hgrm", xstrdup(hgrm_path));
    push_pair(&a, "--events", xasprintf("%d", CHILD_PASS_FD));
    return a.v;
}

void server_free_argv(char **argv)
{
    for (size_t i = 0; argv && argv[i]; i++)
        free(argv[i]);
    free(argv);
}

#include "bench/run/peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/names.h"
#include "bench/run/output.h"
#include "bench/run/params.h"
#include "common/die.h"

static const char *const names[] = {PEER_NAMES};

enum { COUNT = sizeof(names) / sizeof(names[0]) };

/* chat-peer's answers; chat-bench has one thread. */
static struct answer {
    bool asked;         /* the rest is valid */
    char missing[300];  /* "" if it can be run */
    cJSON *description; /* NULL if it cannot */
} answers[COUNT];

static int index_of(const char *server)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(names[i], server) == 0)
            return i;
    return -1;
}

bool peer_is(const char *server)
{
    return index_of(server) >= 0;
}

struct words peer_names(void)
{
    struct words w = {NULL, 0};

    for (int i = 0; i < COUNT; i++)
        words_add(&w, names[i]);
    return w;
}

static const struct answer *ask(const char *bin_dir, int i)
{
    struct answer *a = &answers[i];

    if (a->asked)
        return a;
    char *program = xasprintf("%s/chat-peer", bin_dir);
    char *name = xstrdup(names[i]);
    char *argv[] = {program, "--describe", name, NULL};
    bool ok;
    char *text = output_of(argv, &ok);
    cJSON *o = cJSON_Parse(text);
    const cJSON *why = cJSON_GetObjectItemCaseSensitive(o, "missing");
    a->asked = true;
    if (ok && o && !why) {
        a->description = o;
        o = NULL;
    } else {
        snprintf(a->missing, sizeof(a->missing), "%s",
                 cJSON_IsString(why) ? why->valuestring
                                     : "chat-peer is not built");
    }
    cJSON_Delete(o);
    free(text);
    free(name);
    free(program);
    return a;
}

const char *peer_missing(const char *bin_dir, const char *server)
{
    const struct answer *a = ask(bin_dir, index_of(server));

    return *a->missing ? a->missing : NULL;
}

cJSON *peer_description(const char *bin_dir, const char *server)
{
    const struct answer *a = ask(bin_dir, index_of(server));

    return a->description ? cJSON_Duplicate(a->description, true) : NULL;
}

bool peer_fits(const struct point *point)
{
    for (int i = 0; i < PARAM_COUNT; i++)
        if (param_info[i].server && !isnan(point->param[i]))
            return false;
    return !point->server_args;
}

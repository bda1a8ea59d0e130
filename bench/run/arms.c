/* Which servers are measured: those built, the experiment's, and --servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/peer.h"
#include "bench/run/run_impl.h"
#include "bench/run/server.h"
#include "common/die.h"

struct arm run_arm(const struct run *r, const char *name)
{
    const struct variant *v = experiment_variant(r->e, name);
    struct arm a = {.args = v && *v->args ? v->args : NULL};

    snprintf(a.name, sizeof(a.name), "%s", name);
    snprintf(a.server, sizeof(a.server), "%s", v ? v->program : name);
    return a;
}

/* All that could be measured: what is built, the experiment's variants, peers.
 */
static struct words known_names(const struct run *r)
{
    struct words names = server_list(r->opt->bin_dir);

    for (size_t i = 0; i < r->e->variant_count; i++)
        if (!words_have(&names, r->e->variants[i].name))
            words_add(&names, r->e->variants[i].name);
    struct words peers = peer_names();
    for (size_t i = 0; i < peers.count; i++)
        if (!words_have(&names, peers.word[i]))
            words_add(&names, peers.word[i]);
    words_free(&peers);
    return names;
}

/*
 * --servers names an arm, or a program and so all that run it. Peers are
 * measured if they are named there, or with --peers.
 */
static bool selected(const struct run *r, const struct arm *arm)
{
    const struct words *asked = &r->opt->servers;

    if (words_have(asked, arm->name) || words_have(asked, arm->server))
        return true;
    return peer_is(arm->server) ? r->opt->peers : asked->count == 0;
}

/* 0, or 2 with a line on stderr. */
static int check_asked(const struct run *r, const struct words *known)
{
    const struct words *asked = &r->opt->servers;
    char *names = words_join(known, ", ");
    int status = 0;

    for (size_t i = 0; i < asked->count && !status; i++) {
        if (words_have(known, asked->word[i]))
            continue;
        fprintf(stderr, "%s: --servers takes names of %s, got '%s'\n",
                die_program(), *names ? names : "servers (none is built)",
                asked->word[i]);
        status = 2;
    }
    free(names);
    return status;
}

/*
 * Points that name no servers get those asked for: what they would measure
 * anyhow, and what was asked for by its own name.
 */
static void narrow(struct run *r, const struct words *known)
{
    struct words kept = {NULL, 0};

    for (size_t i = 0; i < known->count; i++) {
        struct arm arm = run_arm(r, known->word[i]);
        bool taken = r->e->servers.count == 0 ||
                     words_have(&r->e->servers, arm.name) ||
                     words_have(&r->opt->servers, arm.name);
        if (taken && selected(r, &arm))
            words_add(&kept, arm.name);
    }
    words_free(&r->e->servers);
    r->e->servers = kept;
}

static void note_missing(const struct run *r, const struct words *names,
                         struct words *said)
{
    for (size_t i = 0; i < names->count; i++) {
        struct arm arm = run_arm(r, names->word[i]);
        if (words_have(said, arm.name) || peer_is(arm.server) ||
            server_exists(r->opt->bin_dir, arm.server))
            continue;
        words_add(said, arm.name);
        fprintf(stderr, "%s: chat-%s is not built: %s is left out\n",
                die_program(), arm.server, arm.name);
    }
}

static void note_all_missing(const struct run *r)
{
    struct words said = {NULL, 0};

    note_missing(r, &r->e->servers, &said);
    for (size_t i = 0; i < r->e->point_count; i++)
        note_missing(r, &r->e->points[i].servers, &said);
    words_free(&said);
}

/* Is it of the experiment at any point? */
static bool in_experiment(const struct run *r, const struct arm *arm)
{
    for (size_t i = 0; i < r->e->point_count; i++)
        if (plan_takes(r->e, &r->e->points[i], arm->name))
            return true;
    return false;
}

/* Does the experiment itself say that it wants it? */
static bool names_it(const struct run *r, const struct arm *arm)
{
    if (words_have(&r->e->servers, arm->name))
        return true;
    for (size_t i = 0; i < r->e->point_count; i++)
        if (words_have(&r->e->points[i].servers, arm->name))
            return true;
    return false;
}

/* Says why a peer that could be expected is left out. */
static void note_peer(const struct run *r, const struct arm *arm)
{
    if (selected(r, arm))
        fprintf(stderr, "%s: %s: %s is left out\n", die_program(),
                peer_missing(r->opt->bin_dir, arm->server), arm->name);
    else if (names_it(r, arm))
        fprintf(stderr,
                "%s: %s is measured with --peers only (make bench PEERS=1): "
                "left out\n",
                die_program(), arm->name);
}

/* The yardsticks of the rates must be there. 0, or 2 with a line on stderr. */
static int check_yardsticks(const struct run *r)
{
    for (size_t i = 0; i < r->e->point_count; i++) {
        const char *name = r->e->points[i].rate.server;
        struct arm arm;
        if (!name)
            continue;
        arm = run_arm(r, name);
        if (server_exists(r->opt->bin_dir, arm.server))
            continue;
        fprintf(stderr,
                "%s: chat-%s, the yardstick of point %s, is not built\n",
                die_program(), arm.server, r->e->points[i].id);
        return 2;
    }
    return 0;
}

/* The A/A control: what the experiment names once more, if it is measured. */
static void add_control(struct run *r)
{
    const char *base = r->e->control;

    for (size_t i = 0; base && i < r->arm_count; i++) {
        if (strcmp(r->arms[i].name, base) != 0)
            continue;
        struct arm *arm = &r->arms[r->arm_count++];
        *arm = r->arms[i];
        snprintf(arm->name, sizeof(arm->name), "%s" CONTROL_SUFFIX, base);
        arm->control_of = base;
        return;
    }
    if (base)
        fprintf(stderr,
                "%s: the A/A control repeats %s, which is not measured: the "
                "noise floor stays unknown\n",
                die_program(), base);
}

int run_choose_arms(struct run *r)
{
    struct words known = known_names(r);
    int status = check_asked(r, &known);

    if (r->opt->servers.count)
        narrow(r, &known);
    else
        note_all_missing(r);
    r->arms = xcalloc(known.count + 1 + 1, sizeof(*r->arms));
    for (size_t i = 0; i < known.count; i++) {
        struct arm arm = run_arm(r, known.word[i]);
        if (!in_experiment(r, &arm))
            continue;
        if (selected(r, &arm) && server_exists(r->opt->bin_dir, arm.server))
            r->arms[r->arm_count++] = arm;
        else if (peer_is(arm.server))
            note_peer(r, &arm);
    }
    words_free(&known);
    add_control(r);
    return status ? status : check_yardsticks(r);
}

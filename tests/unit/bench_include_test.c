/*
 * bench_include_test - experiments made of others, and the experiments that
 * come with the program.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/experiment.h"
#include "bench/run/files.h"
#include "common/die.h"

#define HEAD "title = T\nexpect = E\nblocks = 6\n"
#define POINT(name)                                                            \
    "[point " name "]\nmode = open\nconns = 20\nroom-size = 10\nrate = 100\n"  \
    "warmup = 1\nmeasure = 2\n"

/* A folder with inner.conf, and what becomes of `text` beside it. */
static struct experiment *parse(const char *inner, const char *text, char *why,
                                size_t size)
{
    char dir[] = "/tmp/bench-include-XXXXXX";

    cr_assert_not_null(mkdtemp(dir));
    char *inner_path = xasprintf("%s/inner.conf", dir);
    char *path = xasprintf("%s/outer.conf", dir);
    cr_assert_eq(file_write_whole(inner_path, inner), 0);
    struct experiment *e = experiment_parse(path, text, why, size);
    unlink(inner_path);
    rmdir(dir);
    free(inner_path);
    free(path);
    return e;
}

static struct experiment *parse_good(const char *inner, const char *text)
{
    char why[512] = "";
    struct experiment *e = parse(inner, text, why, sizeof(why));

    cr_assert_not_null(e, "%s", why);
    return e;
}

static void check_bad(const char *inner, const char *text, const char *wanted)
{
    char why[512] = "";
    struct experiment *e = parse(inner, text, why, sizeof(why));

    cr_assert_null(e, "taken: %s", wanted);
    cr_assert_not_null(strstr(why, wanted), "'%s' lacks '%s'", why, wanted);
}

Test(bench_include, takes_points_words_and_servers)
{
    struct experiment *e =
        parse_good(HEAD "why = W\nseen = S\nservers = null four\n"
                        "[server four]\nrun = pool --threads 4\n" POINT("in"),
                   HEAD "servers = null\ninclude = inner\n" POINT("own"));
    const struct point *in = experiment_point(e, "in");
    const struct point *own = experiment_point(e, "own");

    cr_assert_eq(e->part_count, 1);
    cr_assert_str_eq(e->parts[0].name, "inner");
    cr_assert_str_eq(e->parts[0].why, "W");
    cr_assert_str_eq(e->parts[0].seen, "S");
    cr_assert_eq(in->part, 1);
    cr_assert_eq(own->part, 0);
    cr_assert(words_have(&in->servers, "four"));
    cr_assert_eq(own->servers.count, 0);
    cr_assert_not_null(experiment_variant(e, "four"));
    cr_assert_eq(in->blocks, 6);
    experiment_free(e);
}

Test(bench_include, is_told_blocks_and_seconds)
{
    struct experiment *e =
        parse_good(HEAD POINT("in"), "title = T\nexpect = E\nblocks = 2\n"
                                     "include = inner\n");

    cr_assert_eq(experiment_point(e, "in")->blocks, 2,
                 "no more than there are");
    cr_assert_eq(experiment_point(e, "in")->param[PARAM_MEASURE], 2);
    experiment_free(e);
    e = parse_good(HEAD POINT("in"),
                   HEAD "include = inner\ninclude-blocks = 4\n"
                        "include-measure = 7.5\n");
    cr_assert_eq(experiment_point(e, "in")->blocks, 4);
    cr_assert_eq(experiment_point(e, "in")->param[PARAM_MEASURE], 7.5);
    experiment_free(e);
}

Test(bench_include, needs_cores_of_a_part_alone)
{
    struct experiment *e = parse_good(HEAD "needs-cores = 64\n" POINT("in"),
                                      HEAD "include = inner\n" POINT("own"));

    cr_assert_eq(experiment_cores(e, 1), 64);
    cr_assert_eq(experiment_cores(e, 0), 0);
    experiment_free(e);
}

Test(bench_include, refuses_what_does_not_fit)
{
    check_bad(HEAD POINT("in"), HEAD "include = outside\n",
              "outer.conf:4: 'include' takes names of experiments beside");
    check_bad(HEAD POINT("in") "nonsense = 1\n", HEAD "include = inner\n",
              "inner.conf:11: unknown key 'nonsense'");
    check_bad(HEAD POINT("same"), HEAD "include = inner\n" POINT("same"),
              "outer.conf:5: a second [point same]");
    check_bad(HEAD POINT("same"), HEAD "include = inner inner\n",
              "outer.conf:4: 'include': there is a [point same] already");
    check_bad(HEAD "include = inner\n" POINT("in"), HEAD "include = inner\n",
              "inner.conf:4: 'include': this experiment is included itself");
    check_bad(HEAD POINT("in") "[server pool]\nrun = pool --threads 4\n",
              HEAD "include = inner\n",
              "outer.conf:4: 'include': inner gives the name pool to options");
    check_bad(HEAD POINT("in") "[server four]\nrun = pool --threads 4\n",
              HEAD "include = inner\n[server four]\nrun = pool --threads 5\n",
              "inner describes [server four] in other words");
    check_bad(HEAD POINT("in"), HEAD "include-all = inner\n",
              "outer.conf:4: unknown key 'include-all'");
}

Test(bench_include, deliveries_make_the_rate)
{
    struct experiment *e =
        parse_good(HEAD, HEAD
                   "[point fan]\nmode = open\nconns = 202\n"
                   "room-size = 2 101\ndeliveries = 5000\nwarmup = 1\n"
                   "measure = 1\njudge = latency_p50_us cpu_us_per_delivery\n");
    const struct point *two = experiment_point(e, "fan/room-size=2");

    cr_assert_eq(two->rate.value, 5000);
    cr_assert_eq(e->points[1].rate.value, 50);
    cr_assert_eq(two->rate.kind, RATE_FIXED);
    cr_assert_str_eq(two->judge[0]->name, "latency_p50_us");
    cr_assert_str_eq(two->judge[1]->name, "cpu_us_per_delivery");
    cr_assert_null(two->judge[2]);
    experiment_free(e);
    check_bad("", HEAD POINT("p") "deliveries = 7\n",
              "needs one of 'rate' and 'deliveries'");
    check_bad("", HEAD POINT("p") "judge = speed\n",
              "outer.conf:11: 'judge' takes metrics");
}

/* What is in the folder can be run, and says what it expects. */
Test(bench_include, all_experiments_are_sound)
{
    DIR *dir = opendir("bench/experiments");
    struct dirent *d;
    size_t n = 0;

    cr_assert_not_null(dir, "run from the top of the tree");
    while ((d = readdir(dir))) {
        char why[512] = "";
        if (!strstr(d->d_name, ".conf"))
            continue;
        char *path = xasprintf("bench/experiments/%s", d->d_name);
        struct experiment *e = experiment_load(path, why, sizeof(why));
        cr_assert_not_null(e, "%s", why);
        cr_assert_gt(strlen(e->expect), 100, "%s expects next to nothing",
                     path);
        experiment_free(e);
        free(path);
        n++;
    }
    closedir(dir);
    cr_assert_geq(n, 13);
}

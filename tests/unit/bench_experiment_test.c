/*
 * bench_experiment_test - experiment files: what is taken, and that everything
 * else is refused with its file, its line and what is allowed.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment.h"
#include "bench/run/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Three lines that every experiment needs. */
#define HEAD "title = T\nexpect = E\nblocks = 6\n"
/* Lines 4 to 10. */
#define CLOSED                                                                 \
    "[point closed]\nmode = closed\nconns = 20\nroom-size = 10\n"              \
    "window = 4\nwarmup = 1\nmeasure = 2\n"

static struct experiment *parse(const char *text)
{
    char why[512] = "";
    struct experiment *e =
        experiment_parse("dir/x.conf", text, why, sizeof(why));

    cr_assert_not_null(e, "%s", why);
    return e;
}

Test(bench_experiment, reads_all_there_is)
{
    struct experiment *e = parse(
        "# a comment\ntitle = A title\nwhy = Because\nexpect = first line\n"
        "    second line\n\tthird line\nservers = null reactor\nblocks = 6\n"
        "seed = 99\nknee-p99-ms = 12.5\nwarmup = 0.5\nmeasure = 2\n\n"
        "[point closed]\nmode = closed\nconns = 20\nroom-size = 10\n"
        "window = 4\nsize = 100\nsenders = 2\nblocks = 3\n"
        "server-args = --work spin:10@5 --sendq 1M\n"
        "[plot p]\nkind = bars\ntitle = P\naxis = A\nnote = N\n"
        "figures = cpu_us_per_delivery@closed:null\n"
        "stack = cpu_sys_us_per_delivery@closed\n"
        "[table A title]\ncolumns = deliveries_per_s@closed\n"
        "servers = null\n"
        "[claim c]\nfigure = deliveries_per_s@closed:null\nserver = reactor\n"
        "at-least = 0.9\n");
    const struct point *p = experiment_point(e, "closed");

    cr_assert_str_eq(e->name, "x");
    cr_assert_str_eq(e->title, "A title");
    cr_assert_str_eq(e->why, "Because");
    cr_assert_str_eq(e->expect, "first line second line third line");
    cr_assert_eq(e->servers.count, 2);
    cr_assert_eq(e->blocks, 6);
    cr_assert_eq(e->seed, 99);
    cr_assert_eq(e->knee_p99_ms, 12.5);
    cr_assert_eq(e->point_count, 1);
    cr_assert_eq(p->mode, MODE_CLOSED);
    cr_assert_eq(p->blocks, 3);
    cr_assert_eq(p->param[PARAM_CONNS], 20);
    cr_assert_eq(p->param[PARAM_SIZE], 100);
    cr_assert_eq(p->param[PARAM_WARMUP], 0.5);
    cr_assert(isnan(p->param[PARAM_HOLD]));
    cr_assert_str_eq(p->server_args, "--work spin:10@5 --sendq 1M");
    cr_assert_str_eq(e->plots[0].figures[0].metric->name,
                     "cpu_us_per_delivery");
    cr_assert_str_eq(e->plots[0].figures[0].point, "closed");
    cr_assert_str_eq(e->plots[0].figures[0].against, "null");
    cr_assert_null(e->plots[0].stack[0].against);
    cr_assert_str_eq(e->tables[0].title, "A title");
    cr_assert_eq(e->claims[0].at_least, 0.9);
    cr_assert(isnan(e->claims[0].at_most));
    experiment_free(e);
}

Test(bench_experiment, a_sweep_makes_a_point_of_each_value)
{
    struct experiment *e = parse(
        HEAD "[point fan]\nmode = closed\nconns = 200\nroom-size = 2 10 100\n"
             "window = 1\nwarmup = 1\nmeasure = 1\n"
             "[table]\ncolumns = deliveries_per_s@fan/room-size=10\n");
    const double sizes[] = {2, 10, 100};

    cr_assert_eq(e->point_count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(e->points[i].param[PARAM_ROOM_SIZE], sizes[i]);
    cr_assert_str_eq(e->points[1].id, "fan/room-size=10");
    cr_assert_str_eq(e->points[1].name, "fan");
    cr_assert_str_eq(e->tables[0].figures[0].point, "fan/room-size=10");
    experiment_free(e);
}

Test(bench_experiment, a_server_may_have_options_and_figures_two_points)
{
    struct experiment *e = parse(
        "seen = what it was\n" HEAD "servers = pool+4\n[server pool+4]\n"
        "run = pool  --threads 4 -v\nlabel = four\n[server x]\nrun = null\n"
        "[point cost]\nmode = closed\nconns = 20\nroom-size = 10\n"
        "window = 1\nwarmup = 1\nmeasure = 1\nwork-sleep = 100 0 10\n"
        "placement = shared\n"
        "[plot p]\nkind = lines\ntitle = P\nlog = x y\nguides = 1 4\n"
        "figures = messages_per_s@cost\n"
        "[table]\ncolumns = lost@cost/work-sleep=0:@cost/work-sleep=10\n"
        " lost@cost/work-sleep=0:null@cost/work-sleep=10\n");
    const struct variant *v = experiment_variant(e, "pool+4");
    const struct figure *f = e->tables[0].figures;

    cr_assert_str_eq(e->seen, "what it was");
    cr_assert_eq(e->variant_count, 2);
    cr_assert_str_eq(v->program, "pool");
    cr_assert_str_eq(v->args, "--threads 4 -v");
    cr_assert_str_eq(v->label, "four");
    cr_assert_str_eq(experiment_variant(e, "x")->args, "");
    cr_assert_null(experiment_variant(e, "pool"));
    cr_assert_eq(e->points[0].swept, PARAM_SLEEP);
    cr_assert_eq(e->points[0].swept_from, 0);
    cr_assert_eq(e->points[0].swept_to, 100);
    cr_assert(e->points[0].shared);
    cr_assert(e->plots[0].log_x && e->plots[0].log_y);
    cr_assert_eq(e->plots[0].guides[1], 4);
    cr_assert_null(f[0].against);
    cr_assert_str_eq(f[0].against_point, "cost/work-sleep=10");
    cr_assert_str_eq(f[1].against, "null");
    cr_assert_str_eq(f[1].against_point, "cost/work-sleep=10");
    experiment_free(e);
}

#define OPEN                                                                   \
    "[point open]\nmode = open\nconns = 20\nroom-size = 10\nwarmup = 1\n"      \
    "measure = 1\n"

Test(bench_experiment, rates_are_numbers_or_shares)
{
    struct experiment *e =
        parse(HEAD CLOSED OPEN "rate = 1000 2500.5\n"
                               "[point b]\nmode = open\nconns = 20\n"
                               "room-size = 10\nwarmup = 1\nmeasure = 1\n"
                               "rate = 12.5% of null@closed\n"
                               "[point c]\nmode = open\nconns = 20\n"
                               "room-size = 10\nwarmup = 1\nmeasure = 1\n"
                               "rate = 10% 110% of knee(reactor)\n");
    const struct point *p = e->points;

    cr_assert_eq(e->point_count, 6);
    cr_assert_eq(p[2].rate.kind, RATE_FIXED);
    cr_assert_eq(p[2].rate.value, 2500.5);
    cr_assert_str_eq(p[2].id, "open/rate=2500.5");
    cr_assert_eq(p[3].rate.kind, RATE_OF_CLOSED);
    cr_assert_eq(p[3].rate.value, 0.125);
    cr_assert_str_eq(p[3].rate.server, "null");
    cr_assert_str_eq(p[3].rate.point, "closed");
    cr_assert_eq(p[5].rate.kind, RATE_OF_KNEE);
    cr_assert_float_eq(p[5].rate.value, 1.1, 1e-12);
    cr_assert_str_eq(p[5].rate.server, "reactor");
    cr_assert_str_eq(p[5].id, "c/rate=110%");
    experiment_free(e);
}

/* A wrong file, the line its error must name and a part of what it must say. */
static const struct {
    const char *text;
    int line;
    const char *says;
} wrong[] = {
    {"", 1, "'title' is missing"},
    {"title = T\nblocks = 1\n" CLOSED, 1, "'expect' is missing"},
    {"title = T\nexpect = E\n" CLOSED, 1, "'blocks' is missing"},
    {HEAD, 1, "no [point]"},
    {"titel = T\n", 1, "unknown key 'titel'; here title, why"},
    {"title = T\nnonsense\n", 2, "expected 'key = value'"},
    {" title = T\n", 1, "begins with a space"},
    {"title =\n", 1, "'title' has no value"},
    {"= T\n", 1, "nothing before '='"},
    {"title = T\ntitle = U\n", 2, "given before"},
    {"title = T\n[point\n", 2, "']'"},
    {"title = T\n[]\n", 2, "needs a name"},
    {HEAD "[pint p]\n", 4, "unknown section [pint]; server, point"},
    {HEAD "[point]\n", 4, "takes a name"},
    {HEAD "[point a/b]\n", 4, "takes a name"},
    {"blocks = 0\n", 1, "'blocks' takes a number of blocks, 1 to 1000"},
    {"blocks = 2.5\n", 1, "got '2.5'"},
    {"blocks = many\n", 1, "got 'many'"},
    {"seed = -1\n", 1, "'seed' takes"},
    {"warmup = nan\n", 1, "'warmup' takes seconds"},
    {"warmup = 1s\n", 1, "got '1s'"},
    {"warmup = autos\n", 1, "or auto, or auto:SECONDS, got 'autos'"},
    {"warmup = auto:0.5\n", 1, "got '0.5'"},
    {HEAD "[point p]\nmode = closed\nwarmup = auto 3\n", 6, "got 'auto 3'"},
    {"knee-p99-ms = 0\n", 1, "'knee-p99-ms' takes"},
    {HEAD CLOSED "cons = 3\n", 11, "unknown key 'cons'; a [point] takes mode"},
    {HEAD CLOSED "cons = 3\n", 11, "room-size, window"},
    {HEAD CLOSED "size = 63\n", 11, "'size' takes bytes of payload, 64 to"},
    {HEAD CLOSED "mode = open\n", 11, "given before"},
    {HEAD "[point p]\nmode = knee\nconns = 20\nroom-size = 10\nwarmup = 1\n"
          "measure = 1\nrate = 100\n",
     4, "'rate' has no meaning in mode knee"},
    {HEAD "[point p]\nmode = half\n", 5,
     "closed, open, knee or hold, got 'half'"},
    {HEAD "[point p]\nconns = 10\n", 4, "[point p] needs 'mode'"},
    {HEAD CLOSED "hold = 2\n", 4, "'hold' has no meaning in mode closed"},
    {HEAD CLOSED "rate = 5\n", 4, "'rate' has no meaning in mode closed"},
    {HEAD CLOSED "senders = 11\n", 4, "11 senders in rooms of 10"},
    {HEAD CLOSED "blocks = 7\n", 4, "7 blocks, but the experiment has 6"},
    {HEAD OPEN, 4, "mode open needs one of 'rate'"},
    {HEAD OPEN "window = 4\nrate = 5\n", 4, "'window' has no meaning"},
    {HEAD "[point p]\nmode = closed\nconns = 25\nroom-size = 10\nwindow = 1\n"
          "warmup = 1\nmeasure = 1\n",
     4, "25 connections do not fill rooms of 10"},
    {HEAD "[point p]\nmode = closed\nconns = 20\nroom-size = 10\nwarmup = 1\n"
          "measure = 1\n",
     4, "mode closed needs 'window'"},
    {HEAD "[point p]\nmode = closed\nconns = 20\nroom-size = 10\nwindow = 1\n",
     4, "needs 'warmup'"},
    {HEAD "[point p]\nmode = closed\nconns = 20 40 55\nroom-size = 10\n"
          "window = 1\nwarmup = 1\nmeasure = 1\n",
     4, "[point p/conns=55]"},
    {HEAD "[point p]\nmode = closed\nconns = 20 40\nroom-size = 10 20\n", 7,
     "sweeps one key"},
    {HEAD "[point p]\nconns = 20 40 20\n", 5, "names 20 twice"},
    {HEAD CLOSED CLOSED, 12, "given before"},
    {HEAD CLOSED "[point closed]\nsize = 64\n", 11, "a second [point closed]"},
    {HEAD OPEN "rate = fast\n", 10, "'rate' takes messages/s"},
    {HEAD OPEN "rate = 0\n", 10, "'rate' takes messages/s"},
    {HEAD OPEN "rate = 5 of null@closed\n", 10, "got '5'"},
    {HEAD OPEN "rate = 5% of null\n", 10, "got 'null'"},
    {HEAD OPEN "rate = 5% of knee()\n", 10, "got 'knee()'"},
    {HEAD OPEN "rate = 5% of null@closed\n", 4, "refers to 'closed', which"},
    {HEAD CLOSED "[plot p]\nkind = pie\n", 12,
     "bars, spectrum or lines, got 'pie'"},
    {HEAD CLOSED "[plot p]\ntitle = T\n", 11, "needs 'title' and 'figures'"},
    {HEAD CLOSED "[plot p]\ncolour = red\n", 12, "unknown key 'colour'"},
    {HEAD CLOSED "[plot p]\nfigures = latency\n", 12, "metric@point"},
    {HEAD CLOSED "[plot p]\nfigures = speed@closed\n", 12,
     "there is no metric 'speed'"},
    {HEAD CLOSED "[plot p]\ntitle = T\nfigures = latency_p50_us@opn\n", 11,
     "there is no [point opn]"},
    {HEAD CLOSED "[plot p]\ntitle = T\nkind = spectrum\n"
                 "figures = deliveries_per_s@closed\n",
     11, "a spectrum takes one latency figure"},
    {HEAD CLOSED "[table]\nservers = null\n", 11, "needs 'columns'"},
    {HEAD CLOSED "[claim c]\nserver = null\n", 11, "needs 'figure'"},
    {HEAD CLOSED "[claim c]\nserver = null\nfigure = lost@closed\n", 11,
     "one of 'at-most' and 'at-least'"},
    {HEAD CLOSED "servers = null\n[claim c]\nserver = pool\nat-most = 1\n"
                 "figure = lost@closed\n",
     12, "pool is not measured at [point closed]"},
    {HEAD "[server a]\nlabel = A\n", 4, "[server a] needs 'run'"},
    {HEAD "[server a]\nrun = ./a --b\n", 5, "'run' takes a server and its"},
    {HEAD "[server a]\nargs = --b\n", 5, "a [server] takes run, label"},
    {HEAD "[server a]\nrun = b\n[server a]\nlabel = A\n", 6,
     "a second [server a]"},
    {HEAD CLOSED "placement = both\n", 11, "split or shared, got 'both'"},
    {HEAD CLOSED "work-spin = 1.5\n", 11, "'work-spin' takes microseconds"},
    {HEAD CLOSED "work-spin = 1\nwork-sleep = 1\n", 4, "not both"},
    {HEAD CLOSED "[table]\ncolumns = lost@closed:\n", 12, "takes metric@"},
    {HEAD CLOSED "[table]\ncolumns = lost@closed:null@\n", 12, "metric@"},
    {HEAD CLOSED "[table]\ncolumns = lost@closed:@open\n", 11,
     "there is no [point open]"},
    {HEAD CLOSED "[plot p]\nlog = z\n", 12, "'log' takes x, y or x y"},
    {HEAD CLOSED "[plot p]\nguides = 0\n", 12, "'guides' takes numbers"},
    {HEAD CLOSED "[plot p]\ntitle = T\nlog = x\nfigures = lost@closed\n", 11,
     "go with lines"},
    {HEAD CLOSED "[plot p]\ntitle = T\nkind = lines\nfigures = lost@closed\n",
     11, "with a sweep, got 'closed'"},
    {HEAD "[point fan]\nmode = closed\nconns = 200\nroom-size = 2 10\n"
          "window = 1\nwarmup = 1\nmeasure = 1\n"
          "[table]\ncolumns = lost@fan\n",
     11,
     "[point fan] is swept; name one of its values, as in "
     "lost@fan/room-size=2"},
};

Test(bench_experiment, everything_else_is_refused)
{
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char why[512] = "", place[32];
        struct experiment *e =
            experiment_parse("dir/x.conf", wrong[i].text, why, sizeof(why));
        snprintf(place, sizeof(place), "dir/x.conf:%d: ", wrong[i].line);
        cr_expect_null(e, "taken: %s", wrong[i].text);
        cr_expect(strncmp(why, place, strlen(place)) == 0, "wanted %s, got %s",
                  place, why);
        cr_expect(strstr(why, wrong[i].says), "wanted \"%s\" in \"%s\"",
                  wrong[i].says, why);
        experiment_free(e);
    }
}

Test(bench_experiment, an_unreadable_file_is_named)
{
    char why[512];

    cr_assert_null(experiment_load("/nonexistent/x.conf", why, sizeof(why)));
    cr_assert(strstr(why, "cannot read /nonexistent/x.conf"), "%s", why);
}

Test(bench_experiment, points_describe_themselves)
{
    struct experiment *e = parse(HEAD CLOSED OPEN "rate = 1500\n");
    char text[256];

    point_describe(&e->points[0], NAN, text, sizeof(text));
    cr_assert_str_eq(text, "closed loop, 20 connections in rooms of 10, 4 in "
                           "flight a room");
    point_describe(&e->points[1], 1500, text, sizeof(text));
    cr_assert_str_eq(text, "open loop, 20 connections in rooms of 10, 1,500 "
                           "messages/s");
    experiment_free(e);
    e = parse(HEAD "[point cost]\nmode = closed\nconns = 20\nroom-size = 10\n"
                   "window = 4 8\nwarmup = 1\nmeasure = 1\nwork-spin = 10\n"
                   "slow = 0.1\nplacement = shared\n");
    point_describe_sweep(&e->points[1], text, sizeof(text));
    cr_assert_str_eq(text,
                     "closed loop, 20 connections in rooms of 10, 4 to 8 in "
                     "flight a room, handlers spinning 10 µs, 10 % of the "
                     "readers stopped, all on the same cores");
    point_describe(&e->points[1], NAN, text, 30);
    cr_assert_str_eq(text, "closed loop, 20 connections i");
    experiment_free(e);
}

Test(bench_plan, each_block_runs_each_arm_once_at_each_point)
{
    static const struct arm arms[] = {{.name = "null", .server = "null"},
                                      {.name = "reactor", .server = "reactor"},
                                      {.name = "blocking",
                                       .server = "blocking"}};
    struct experiment *e =
        parse(HEAD CLOSED "[point few]\nmode = hold\nconns = 20\n"
                          "room-size = 10\nhold = 1\nblocks = 2\n"
                          "servers = reactor blocking\n");
    struct plan plan = plan_make(e, arms, COUNT(arms), 5);
    struct plan again = plan_make(e, arms, COUNT(arms), 5);
    int seen[2][3][7] = {{{0}}};

    cr_assert_eq(plan.count, 3 * 6 + 2 * 2);
    for (size_t i = 0; i < plan.count; i++) {
        const struct step *s = &plan.steps[i];
        seen[s->point - e->points][s->arm - arms][s->block]++;
        cr_assert(i == 0 || s->block >= plan.steps[i - 1].block);
        cr_assert(s->point == again.steps[i].point &&
                  s->arm == again.steps[i].arm);
    }
    for (int b = 1; b <= 6; b++) {
        for (int a = 0; a < 3; a++) {
            cr_assert_eq(seen[0][a][b], 1);
            cr_assert_eq(seen[1][a][b], a > 0 && b <= 2);
        }
    }
    plan_free(&plan);
    plan_free(&again);
    experiment_free(e);
}

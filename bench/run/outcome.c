#include "bench/run/outcome.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number of a JSON object, or of an object in it; NAN if absent. */
static double number(const cJSON *o, const char *key, const char *inner)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

    if (inner)
        v = cJSON_GetObjectItemCaseSensitive(v, inner);
    return cJSON_IsNumber(v) ? v->valuedouble : NAN;
}

void outcome_set(struct outcome *o, const char *name, double value)
{
    const struct metric *m = metric_find(name);

    assert(m && o->count < OUTCOME_VALUES);
    if (!isfinite(value))
        return;
    o->values[o->count].metric = m;
    o->values[o->count++].value = value;
}

static void fail(struct outcome *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void doubt(struct outcome *o, enum metric_class class, const char *fmt,
                  ...) __attribute__((format(printf, 3, 4)));

/* The first failure is the cause, later ones its consequences. */
static void fail(struct outcome *o, const char *fmt, ...)
{
    va_list ap;

    if (o->failed)
        return;
    o->failed = true;
    va_start(ap, fmt);
    vsnprintf(o->failure, sizeof(o->failure), fmt, ap);
    va_end(ap);
}

static void doubt(struct outcome *o, enum metric_class class, const char *fmt,
                  ...)
{
    va_list ap;

    if (class == METRIC_CHECK || o->doubt[class][0])
        return;
    va_start(ap, fmt);
    vsnprintf(o->doubt[class], sizeof(o->doubt[class]), fmt, ap);
    va_end(ap);
}

static void set_latencies(struct outcome *o, const struct evidence *ev)
{
    const cJSON *load = ev->load;

    outcome_set(o, "latency_p50_us", number(load, "latency_us", "p50"));
    outcome_set(o, "latency_p90_us", number(load, "latency_us", "p90"));
    outcome_set(o, "latency_p99_us", number(load, "latency_us", "p99"));
    /* Fewer than ten messages past it would make it a matter of luck. */
    if (number(load, "sent", NULL) >= 10000)
        outcome_set(o, "latency_p999_us", number(load, "latency_us", "p999"));
    outcome_set(o, "latency_max_us", number(load, "latency_us", "max"));
    if (ev->p98_us > 0)
        outcome_set(o, "latency_p98_us", ev->p98_us);
    outcome_set(o, "uncorrected_p50_us", number(load, "uncorrected_us", "p50"));
    outcome_set(o, "uncorrected_p99_us", number(load, "uncorrected_us", "p99"));
    outcome_set(o, "send_lag_p50_us", number(load, "send_lag_us", "p50"));
    outcome_set(o, "send_lag_p99_us", number(load, "send_lag_us", "p99"));
}

static void set_counts(struct outcome *o, const cJSON *load)
{
    static const char *const names[] = {"sent", "expected", "received"};
    static const char *const faults[] = {"lost",
                                         "gaps",
                                         "duplicates",
                                         "reordered",
                                         "corrupt",
                                         "misrouted",
                                         "refused",
                                         "unexpected_closes",
                                         "order_violations"};
    char text[256] = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        outcome_set(o, names[i], number(load, names[i], NULL));
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        double n = number(load, faults[i], NULL);
        size_t len = strlen(text);
        outcome_set(o, faults[i], n);
        if (n > 0)
            snprintf(text + len, sizeof(text) - len, "%s%s: %.0f",
                     len ? ", " : "", faults[i], n);
    }
    if (*text)
        fail(o, "%s", text);
}

static void set_setup(struct outcome *o, const cJSON *load)
{
    outcome_set(o, "connect_s", number(load, "setup", "connect_s"));
    outcome_set(o, "register_s", number(load, "setup", "register_s"));
    outcome_set(o, "join_s", number(load, "setup", "join_s"));
    outcome_set(o, "setup_s", number(load, "setup", "total_s"));
}

static double delta(const struct evidence *ev, const char *key)
{
    return number(ev->stats_after, key, NULL) -
           number(ev->stats_before, key, NULL);
}

/* From the server's own counters: ratios, so the window need not be exact. */
static void set_server_counts(struct outcome *o, const struct evidence *ev)
{
    double deliveries = delta(ev, "deliveries");
    double switches =
        delta(ev, "voluntary_switches") + delta(ev, "involuntary_switches");
    double counted = ev->stop.switches - ev->measure.switches;

    if (deliveries > 0) {
        outcome_set(o, "deliveries_per_write",
                    deliveries / delta(ev, "writes"));
        outcome_set(o, "wakeups_per_delivery",
                    delta(ev, "wakeups") / deliveries);
        outcome_set(o, "lock_wait_ns_per_delivery",
                    delta(ev, "lock_wait_ns") / deliveries);
    }
    outcome_set(o, "lock_wait_percent",
                delta(ev, "lock_wait_ns") / 1e7 /
                    (delta(ev, "uptime_s") *
                     number(ev->stats_after, "threads", NULL)));
    outcome_set(o, "sendq_kills", number(ev->stats_after, "sendq_kills", NULL));
    outcome_set(o, "sendq_max_kib",
                number(ev->stats_after, "sendq_max_bytes", NULL) / 1024);
    if (delta(ev, "messages_in") > 0)
        outcome_set(o, "reads_per_message",
                    delta(ev, "reads") / delta(ev, "messages_in"));
    if (isfinite(switches) && deliveries > 0)
        outcome_set(o, "switches_per_delivery", switches / deliveries);
    else if (isfinite(counted))
        outcome_set(o, "switches_per_delivery",
                    counted / number(ev->load, "received", NULL));
}

/* What went by a reader that stood still: its room's lines in the window. */
static void set_slow(struct outcome *o, const struct evidence *ev)
{
    const double *param = ev->point->param;
    double rooms = param[PARAM_CONNS] / param[PARAM_ROOM_SIZE];
    double messages = number(ev->load, "messages_per_s", NULL) *
                      number(ev->load, "measure_s", NULL) / rooms;
    double bytes = delta(ev, "bytes_out") / delta(ev, "deliveries");

    if (!(param[PARAM_SLOW] > 0))
        return;
    outcome_set(o, "slow_cut", number(ev->load, "slow_cut", NULL));
    outcome_set(o, "mib_past_slow", messages * bytes / (1 << 20));
}

/*
 * CPU a second over deliveries a second: a sample taken a little late widens
 * both ends alike, and the quotient stays.
 */
static void set_cpu(struct outcome *o, const struct evidence *ev)
{
    const struct moment *a = &ev->measure, *b = &ev->stop;
    double per_s = number(ev->load, "deliveries_per_s", NULL);

    if (!a->taken || !b->taken)
        return;
    double wall = (double)(b->server.at_ns - a->server.at_ns) / 1e9;
    double cpu = (double)(b->server.cpu_ns - a->server.cpu_ns) / 1e9;
    double load_wall = (double)(b->load.at_ns - a->load.at_ns) / 1e9;
    double load_cpu = (double)(b->load.cpu_ns - a->load.cpu_ns) / 1e9;
    double user = b->server.user_ticks - a->server.user_ticks;
    double sys = b->server.sys_ticks - a->server.sys_ticks;
    if (wall <= 0 || load_wall <= 0)
        return;
    outcome_set(o, "server_cores", cpu / wall);
    outcome_set(o, "generator_cores", load_cpu / load_wall);
    if (per_s > 0) {
        double us = cpu / wall / per_s * 1e6;
        outcome_set(o, "cpu_us_per_delivery", us);
        if (user + sys > 0) {
            outcome_set(o, "cpu_user_us_per_delivery",
                        us * user / (user + sys));
            outcome_set(o, "cpu_sys_us_per_delivery", us * sys / (user + sys));
        }
        outcome_set(o, "generator_us_per_delivery",
                    load_cpu / load_wall / per_s * 1e6);
    }
    double busy = (b->machine.busy_s - a->machine.busy_s) / wall;
    double foreign = (busy - cpu / wall - load_cpu / load_wall) * 100;
    /* Ticks are coarse: a little below zero is zero. */
    outcome_set(o, "foreign_percent", foreign < 0 ? 0 : foreign);
    outcome_set(o, "sample_lag_us", fmax(a->lag_us, b->lag_us));
}

static void set_memory(struct outcome *o, const struct evidence *ev)
{
    double conns = ev->point->param[PARAM_CONNS];
    double heap = number(ev->stats_after, "heap_bytes", NULL) -
                  number(ev->stats_before, "heap_bytes", NULL);

    if (!ev->memory_taken)
        return;
    outcome_set(o, "rss_ready_kib", ev->empty.rss_kib);
    outcome_set(o, "rss_kib_per_conn",
                (ev->full.rss_kib - ev->empty.rss_kib) / conns);
    outcome_set(o, "anon_kib_per_conn",
                (ev->full.anon_kib - ev->empty.anon_kib) / conns);
    outcome_set(o, "page_table_kib_per_conn",
                (ev->full.page_table_kib - ev->empty.page_table_kib) / conns);
    outcome_set(o, "threads_per_conn",
                (ev->full.threads - ev->empty.threads) / conns);
    outcome_set(o, "kernel_stack_kib_per_conn",
                (ev->full.threads - ev->empty.threads) * ev->kernel_stack_kib /
                    conns);
    outcome_set(o, "heap_kib_per_conn", heap / 1024 / conns);
}

static void doubt_all(struct outcome *o, const char *text)
{
    for (int c = 0; c < METRIC_CLASSES; c++)
        doubt(o, (enum metric_class)c, "%s", text);
}

/* Past its knee a server's latency only tells how long the trial was. */
static void judge_backlog(struct outcome *o, const struct evidence *ev)
{
    double members = ev->point->param[PARAM_ROOM_SIZE];
    double due = number(ev->load, "messages_per_s", NULL) * (members - 1);
    double got = number(ev->load, "deliveries_per_s", NULL);
    char text[128];

    if (ev->point->mode != MODE_OPEN || !(got < due * OUTCOME_KEPT_UP))
        return;
    snprintf(text, sizeof(text),
             OUTCOME_PAST_KNEE ": %.0f deliveries/s of the %.0f/s due", got,
             due);
    doubt(o, METRIC_LATENCY, "%s", text);
    doubt(o, METRIC_COST, "%s", text);
    doubt(o, METRIC_THROUGHPUT, "%s", text);
}

/* A generator that did not run at all says nothing, and says it fast. */
static void judge_window(struct outcome *o, const struct evidence *ev)
{
    double asked = ev->point->param[PARAM_MEASURE];
    double measured = number(ev->load, "measure_s", NULL);
    char text[96];

    if (!(measured < asked * OUTCOME_MEASURED))
        return;
    snprintf(text, sizeof(text),
             "starved: measured for %.3g s of the %.3g s asked for", measured,
             asked);
    doubt_all(o, text);
}

static void judge_doubts(struct outcome *o, const cJSON *load)
{
    double steal = number(load, "steal_percent", NULL);
    double share = number(load, "core_share", NULL);
    double lag = number(load, "send_lag_us", "p50");
    double p50 = number(load, "latency_us", "p50");
    char text[64];

    outcome_set(o, "steal_percent", steal);
    if (steal > OUTCOME_STEAL_VOIDS_TRIAL) {
        snprintf(text, sizeof(text), "%.1f %% of the CPU time was stolen",
                 steal);
        doubt_all(o, text);
    }
    if (steal > OUTCOME_STEAL_VOIDS_LATENCY)
        doubt(o, METRIC_LATENCY, "%.1f %% of the CPU time was stolen", steal);
    if (lag > OUTCOME_LAG_FLOOR_US && lag > OUTCOME_LAG_VOIDS_LATENCY * p50)
        doubt(o, METRIC_LATENCY,
              "sent late: median lag %.0f us of a median latency of %.0f us",
              lag, p50);
    if (share > OUTCOME_GENERATOR_BOUND)
        doubt(o, METRIC_THROUGHPUT,
              "the generator used %.0f %% of its core: it may be the limit",
              share * 100);
}

/*
 * Against the schedule that was drawn: the nominal rate is its mean only, and a
 * Poisson schedule is off by luck.
 */
static void judge_achieved(struct outcome *o, const cJSON *load)
{
    double scheduled = number(load, "scheduled", NULL);
    double achieved = number(load, "achieved", NULL);

    if (achieved < scheduled * OUTCOME_ACHIEVED)
        doubt(o, METRIC_THROUGHPUT,
              "offered less than drawn: %.0f of the %.0f messages due were "
              "sent in the window",
              achieved, scheduled);
}

/* chat-load calls a run invalid only if it went wrong; doubts it leaves to us.
 */
static void judge_verdict(struct outcome *o, const cJSON *load)
{
    const cJSON *valid = cJSON_GetObjectItemCaseSensitive(load, "valid");
    const cJSON *reason;
    char text[400] = "";

    if (cJSON_IsTrue(valid))
        return;
    cJSON_ArrayForEach (reason,
                        cJSON_GetObjectItemCaseSensitive(load, "reasons")) {
        size_t len = strlen(text);
        if (cJSON_IsString(reason))
            snprintf(text + len, sizeof(text) - len, "%s%s", len ? "; " : "",
                     reason->valuestring);
    }
    fail(o, "%s", *text ? text : "chat-load calls its run invalid");
}

void outcome_judge(struct outcome *o, const struct evidence *ev)
{
    memset(o, 0, sizeof(*o));
    if (ev->failure[0])
        fail(o, "%s", ev->failure);
    if (!ev->load)
        return;
    set_counts(o, ev->load);
    set_setup(o, ev->load);
    set_memory(o, ev);
    judge_verdict(o, ev->load);
    if (ev->point->mode == MODE_HOLD)
        return;
    const cJSON *steady =
        cJSON_GetObjectItemCaseSensitive(ev->load, "warmup_steady");
    outcome_set(o, "warm_up_s", number(ev->load, "warmup_s", NULL));
    if (cJSON_IsBool(steady))
        outcome_set(o, "warm_up_steady", cJSON_IsTrue(steady));
    outcome_set(o, "rate_offered", ev->rate);
    outcome_set(o, "deliveries_per_s",
                number(ev->load, "deliveries_per_s", NULL));
    outcome_set(o, "messages_per_s", number(ev->load, "messages_per_s", NULL));
    set_latencies(o, ev);
    set_server_counts(o, ev);
    set_slow(o, ev);
    set_cpu(o, ev);
    judge_window(o, ev);
    judge_backlog(o, ev);
    judge_doubts(o, ev->load);
    judge_achieved(o, ev->load);
}

const char *outcome_reason(const struct outcome *o, const struct metric *m)
{
    if (o->failed)
        return o->failure;
    return o->doubt[m->class][0] ? o->doubt[m->class] : NULL;
}

double outcome_value(const struct outcome *o, const char *metric)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->values[i].metric->name, metric) == 0)
            return o->values[i].value;
    return NAN;
}

void evidence_clear(struct evidence *ev)
{
    cJSON_Delete(ev->load);
    cJSON_Delete(ev->stats_before);
    cJSON_Delete(ev->stats_after);
    cJSON_Delete(ev->stats_exit);
    free(ev->server_command);
    free(ev->load_command);
    ev->server_command = ev->load_command = NULL;
    ev->load = ev->stats_before = ev->stats_after = ev->stats_exit = NULL;
}

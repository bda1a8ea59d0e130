#include "bench/load/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/die.h"

static void add_number(cJSON *to, const char *key, double value)
{
    if (!cJSON_AddNumberToObject(to, key, value))
        die_errno(ENOMEM, "JSON");
}

/* Rounded: a nanosecond's worth of digits would be noise in every row. */
static void add_rounded(cJSON *to, const char *key, double value, double digits)
{
    double scale = digits;

    add_number(to, key, (double)(long long)(value * scale + 0.5) / scale);
}

static void add_text(cJSON *to, const char *key, const char *value)
{
    if (!cJSON_AddStringToObject(to, key, value))
        die_errno(ENOMEM, "JSON");
}

static cJSON *add_object(cJSON *to, const char *key)
{
    cJSON *o = cJSON_AddObjectToObject(to, key);

    if (!o)
        die_errno(ENOMEM, "JSON");
    return o;
}

static void add_list(cJSON *to, const char *key, char *const *lines, int count)
{
    cJSON *a = cJSON_AddArrayToObject(to, key);

    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(a, cJSON_CreateString(lines[i]));
}

static void add_histogram(cJSON *to, const char *key, const struct hist *h)
{
    cJSON *o = add_object(to, key);

    add_number(o, "count", (double)h->total);
    add_number(o, "overflow", (double)h->overflow);
    add_rounded(o, "min", h->total ? (double)h->min / 1e3 : 0, 1e3);
    add_rounded(o, "mean", hist_mean(h) / 1e3, 1e3);
    add_rounded(o, "p50", (double)hist_percentile(h, 50) / 1e3, 1e3);
    add_rounded(o, "p90", (double)hist_percentile(h, 90) / 1e3, 1e3);
    add_rounded(o, "p99", (double)hist_percentile(h, 99) / 1e3, 1e3);
    add_rounded(o, "p999", (double)hist_percentile(h, 99.9) / 1e3, 1e3);
    add_rounded(o, "max", (double)h->max / 1e3, 1e3);
}

static void add_setup(cJSON *to, const struct phase_times *times)
{
    cJSON *o = add_object(to, "setup");

    add_rounded(o, "connect_s", seconds_between(times->start, times->connected),
                1e6);
    add_rounded(o, "register_s",
                seconds_between(times->connected, times->registered), 1e6);
    add_rounded(o, "join_s", seconds_between(times->registered, times->joined),
                1e6);
    add_rounded(o, "total_s", seconds_between(times->start, times->joined),
                1e6);
}

static void add_parameters(cJSON *to, const struct total *t)
{
    const struct options *opt = t->run->opt;

    add_text(to, "target", t->run->target);
    add_text(to, "mode", opt->rate > 0 ? "open" : "closed");
    add_number(to, "window", opt->window);
    add_number(to, "rate", opt->rate);
    add_text(to, "arrivals",
             opt->rate <= 0 ? "none" : (opt->poisson ? "poisson" : "fixed"));
    add_number(to, "conns", opt->conns);
    add_number(to, "rooms", opt->rooms);
    add_number(to, "room_size", opt->room_size);
    add_number(to, "size", opt->size);
    add_number(to, "senders", opt->senders);
    add_number(to, "idle", opt->idle);
    add_number(to, "idle_conns", opt->idle_rooms * opt->room_size);
    add_number(to, "slow", opt->slow);
    add_number(to, "slow_conns", opt->slow_conns);
    add_number(to, "threads", t->threads);
    add_number(to, "order_check", opt->order_check);
    add_number(to, "seed", (double)opt->seed);
    if (opt->hold_s >= 0)
        add_number(to, "hold_s", opt->hold_s);
}

static void add_counters(cJSON *to, const struct total *t)
{
    const struct counters *n = &t->count;
    uint64_t expected = n->expected - n->abandoned;
    uint64_t lost = expected > n->received ? expected - n->received : 0;
    lost += n->guest_lost;

    add_number(to, "sent", (double)n->sent);
    if (t->run->opt->rate > 0) {
        add_number(to, "scheduled", (double)(t->lag->total + n->unsent));
        add_number(to, "achieved", (double)n->achieved);
        add_number(to, "unsent", (double)n->unsent);
    }
    add_number(to, "expected", (double)expected);
    add_number(to, "received", (double)n->received);
    add_number(to, "lost", (double)lost);
    add_number(to, "gaps", (double)n->gaps);
    add_number(to, "duplicates", (double)n->duplicates);
    add_number(to, "reordered", (double)n->reordered);
    add_number(to, "corrupt", (double)n->corrupt);
    add_number(to, "misrouted", (double)n->misrouted);
    add_number(to, "refused", (double)n->refused);
    add_number(to, "unexpected_closes", (double)n->unexpected_closes);
    add_number(to, "order_violations", (double)t->order.violations);
    add_number(to, "order_compared", (double)t->order.compared);
    add_number(to, "slow_cut", (double)n->slow_cut);
    add_number(to, "reads", (double)n->reads);
    add_number(to, "writes", (double)n->writes);
}

static void add_churn(cJSON *to, const struct total *t)
{
    const struct guest_counters *n = &t->guests.count;

    if (!t->guests.join_time)
        return;
    cJSON *o = add_object(to, "churn");
    add_number(o, "rate", t->run->opt->churn);
    add_number(o, "started", (double)n->started);
    add_number(o, "joined", (double)n->joined);
    for (int i = 0; i < EXIT_COUNT; i++)
        add_number(o, guest_exit_names[i], (double)n->left[i]);
    add_number(o, "cut", (double)n->cut);
    add_number(o, "early", (double)n->early);
    add_number(o, "failed", (double)n->failed);
    add_number(o, "stuck", (double)n->stuck);
    add_number(o, "late", (double)n->late);
    add_number(o, "said", (double)n->said);
    add_number(o, "heard", (double)t->count.guest_heard);
    add_number(o, "received", (double)t->count.guest_received);
    add_histogram(o, "join_us", t->guests.join_time);
}

static void add_figures(cJSON *to, const struct total *t)
{
    bool closed = t->run->opt->rate <= 0;
    const struct rates *r = &t->rates;

    add_rounded(to, "warmup_s", t->times.warmup_s, 1e6);
    if (t->run->opt->warmup_auto &&
        !cJSON_AddBoolToObject(to, "warmup_steady", t->times.steady))
        die_errno(ENOMEM, "JSON");
    add_rounded(to, "measure_s", r->seconds, 1e6);
    add_rounded(to, "drain_s", seconds_between(t->times.stop, t->times.drained),
                1e6);
    add_rounded(to, "messages_per_s", r->messages_per_s, 1e3);
    add_rounded(to, "deliveries_per_s", r->deliveries_per_s, 1e3);
    add_histogram(to, "latency_us", t->latency);
    /* Closed loop: a message is due when it is sent, so both are one. */
    add_histogram(to, "uncorrected_us", closed ? t->latency : t->uncorrected);
    add_histogram(to, "send_lag_us", t->lag);
    add_histogram(to, "first_us", t->first);
    add_histogram(to, "last_us", t->last);
    add_histogram(to, "spread_us", t->spread);
    add_number(to, "backlog_begin", (double)r->backlog_begin);
    add_number(to, "backlog_end", (double)r->backlog_end);
    add_rounded(to, "cpu_user_s", r->user_s, 1e6);
    add_rounded(to, "cpu_sys_s", r->sys_s, 1e6);
    add_rounded(to, "cpu_us_per_delivery", r->us_per_delivery, 1e6);
    add_rounded(to, "core_share", r->core_share, 1e4);
    add_rounded(to, "core_wanted", r->core_wanted, 1e4);
    add_rounded(to, "steal_percent", r->steal_percent, 1e3);
}

/* The intervals of the window that was; an interrupted one ends early. */
static void add_series(cJSON *to, const struct total *t)
{
    const struct series *s = &t->series;
    cJSON *list = cJSON_AddArrayToObject(to, "series");
    double interval = (double)s->interval / 1e9;

    for (uint32_t i = 0; i < s->count && i * interval < t->rates.seconds; i++) {
        const struct series_cell *c = &s->cells[i];
        cJSON *o = cJSON_CreateObject();
        if (!o || !cJSON_AddItemToArray(list, o))
            die_errno(ENOMEM, "JSON");
        add_number(o, "at_s", i * interval);
        add_rounded(o, "messages_per_s", c->messages_per_s, 1e3);
        add_rounded(o, "deliveries_per_s", c->deliveries_per_s, 1e3);
        add_number(o, "timed", (double)c->timed);
        add_rounded(o, "p50_us", (double)series_percentile(c, 50) / 1e3, 1e3);
        add_rounded(o, "p99_us", (double)series_percentile(c, 99) / 1e3, 1e3);
        add_rounded(o, "max_us", (double)c->max / 1e3, 1e3);
    }
}

int json_print(FILE *f, const struct total *t, const struct verdict *v)
{
    cJSON *root = cJSON_CreateObject();

    add_text(root, "tool", "chat-load");
    add_text(root, "version", CHAT_VERSION);
    if (!cJSON_AddBoolToObject(root, "valid", v->reason_count == 0))
        die_errno(ENOMEM, "JSON");
    add_list(root, "reasons", v->reasons, v->reason_count);
    if (!cJSON_AddBoolToObject(root, "verified", !t->run->opt->no_verify))
        die_errno(ENOMEM, "JSON");
    add_list(root, "warnings", v->warnings, v->warning_count);
    add_parameters(root, t);
    add_setup(root, &t->times);
    add_counters(root, t);
    add_churn(root, t);
    add_figures(root, t);
    add_series(root, t);
    char *printed = cJSON_Print(root);
    if (!printed)
        die_errno(ENOMEM, "JSON");
    int n = fprintf(f, "%s\n", printed);
    free(printed);
    cJSON_Delete(root);
    return n < 0 ? -EIO : 0;
}

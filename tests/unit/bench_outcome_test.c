/*
 * bench_outcome_test - what a trial's raw material is made into, when it does
 * not count, and that rows.csv keeps all of it.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/outcome.h"
#include "bench/run/rows.h"
#include "bench/run/server.h"

#define GOOD                                                                   \
    "{\"valid\":true,\"reasons\":[],\"sent\":20000,\"expected\":180000,"       \
    "\"received\":180000,\"lost\":0,\"duplicates\":0,\"reordered\":0,"         \
    "\"gaps\":0,\"order_violations\":0,"                                       \
    "\"corrupt\":0,\"unexpected_closes\":0,\"deliveries_per_s\":90000,"        \
    "\"messages_per_s\":10000,\"setup\":{\"total_s\":0.5},\"latency_us\":"     \
    "{\"p50\":200,\"p90\":300,\"p99\":900,\"p999\":1000,\"max\":2000},"        \
    "\"send_lag_us\":{\"p50\":5,\"p99\":50},\"core_share\":0.5,"               \
    "\"steal_percent\":1}"

static struct point point = {.name = "p", .id = "p", .mode = MODE_OPEN};

/* Two seconds: the server used 0.5 s of CPU, a fifth of it in user mode. */
static struct evidence evidence(const char *load)
{
    struct evidence ev = {.point = &point, .rate = 10000};

    point.param[PARAM_CONNS] = 100;
    point.param[PARAM_ROOM_SIZE] = 10;
    ev.load = cJSON_Parse(load);
    cr_assert_not_null(ev.load);
    ev.stats_before = cJSON_Parse("{\"deliveries\":1000,\"writes\":100,"
                                  "\"reads\":50,\"messages_in\":100,"
                                  "\"heap_bytes\":1000}");
    ev.stats_after = cJSON_Parse("{\"deliveries\":91000,\"writes\":30100,"
                                 "\"reads\":10050,\"messages_in\":10100,"
                                 "\"heap_bytes\":103400}");
    ev.measure.taken = ev.stop.taken = true;
    ev.stop.server = (struct cpu_sample){2000000000, 500000000, 10, 40};
    ev.stop.load = (struct cpu_sample){2000000000, 800000000, 0, 80};
    ev.stop.machine.busy_s = 1.5;
    ev.stop.switches = 18000;
    ev.stop.lag_us = 120;
    return ev;
}

static void near(const struct outcome *o, const char *metric, double want)
{
    double got = outcome_value(o, metric);

    cr_assert_float_eq(got, want, 1e-9 * fmax(1, want), "%s: %g, not %g",
                       metric, got, want);
}

static const char *reason(const struct outcome *o, const char *metric)
{
    const char *why = outcome_reason(o, metric_find(metric));

    return why ? why : "";
}

/* `from` in GOOD replaced by `to`, judged. */
static struct outcome judge_with(const char *from, const char *to)
{
    const char *at = strstr(GOOD, from);
    char text[2048];
    struct outcome o;

    cr_assert_not_null(at, "%s", from);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - GOOD), GOOD, to,
             at + strlen(from));
    struct evidence ev = evidence(text);
    outcome_judge(&o, &ev);
    evidence_clear(&ev);
    return o;
}

Test(bench_outcome, figures_follow_from_the_samples)
{
    struct outcome o = judge_with("", "");

    cr_assert_not(o.failed);
    near(&o, "deliveries_per_s", 90000);
    near(&o, "server_cores", 0.25);
    near(&o, "cpu_us_per_delivery", 0.25 / 90000 * 1e6);
    near(&o, "cpu_user_us_per_delivery", 0.05 / 90000 * 1e6);
    near(&o, "cpu_sys_us_per_delivery", 0.2 / 90000 * 1e6);
    near(&o, "generator_us_per_delivery", 0.4 / 90000 * 1e6);
    near(&o, "foreign_percent", 10);
    near(&o, "sample_lag_us", 120);
    near(&o, "deliveries_per_write", 3);
    near(&o, "reads_per_message", 1);
    near(&o, "switches_per_delivery", 0.1);
    near(&o, "latency_p99_us", 900);
    near(&o, "latency_p999_us", 1000);
    near(&o, "rate_offered", 10000);
    cr_assert(isnan(outcome_value(&o, "wakeups_per_delivery")));
    for (size_t i = 0; i < o.count; i++)
        cr_assert_null(outcome_reason(&o, o.values[i].metric));
}

Test(bench_outcome, slow_readers_and_lock_waits_are_counted)
{
    struct evidence ev = evidence(GOOD);
    struct outcome o;

    /* 10,000 messages/s over 2 s in 10 rooms, 100 bytes each. */
    cJSON_AddNumberToObject(ev.load, "measure_s", 2);
    cJSON_AddNumberToObject(ev.load, "slow_cut", 3);
    cJSON_AddNumberToObject(ev.stats_before, "bytes_out", 1000);
    cJSON_AddNumberToObject(ev.stats_after, "bytes_out", 9001000);
    /* 0.1 s of waiting in 2 s of 4 threads. */
    cJSON_AddNumberToObject(ev.stats_before, "uptime_s", 1);
    cJSON_AddNumberToObject(ev.stats_after, "uptime_s", 3);
    cJSON_AddNumberToObject(ev.stats_before, "lock_wait_ns", 1e6);
    cJSON_AddNumberToObject(ev.stats_after, "lock_wait_ns", 1.01e8);
    cJSON_AddNumberToObject(ev.stats_after, "threads", 4);
    cJSON_AddNumberToObject(ev.stats_after, "sendq_kills", 3);
    point.param[PARAM_SLOW] = 0.1;
    outcome_judge(&o, &ev);
    point.param[PARAM_SLOW] = 0;
    evidence_clear(&ev);
    near(&o, "lock_wait_percent", 1.25);
    near(&o, "slow_cut", 3);
    near(&o, "sendq_kills", 3);
    near(&o, "mib_past_slow", 2000.0 * 100 / (1 << 20));
}

Test(bench_outcome, p999_takes_ten_thousand_messages)
{
    struct outcome o = judge_with("\"sent\":20000", "\"sent\":9999");

    cr_assert(isnan(outcome_value(&o, "latency_p999_us")));
    near(&o, "latency_p99_us", 900);
}

Test(bench_outcome, any_fault_of_delivery_fails_the_trial)
{
    static const char *const faults[][3] = {
        {"\"lost\":0", "\"lost\":1", "lost: 1"},
        {"\"duplicates\":0", "\"duplicates\":2", "duplicates: 2"},
        {"\"reordered\":0", "\"reordered\":3", "reordered: 3"},
        {"\"gaps\":0", "\"gaps\":1", "gaps: 1"},
        {"\"order_violations\":0", "\"order_violations\":5",
         "order_violations: 5"},
        {"\"corrupt\":0", "\"corrupt\":4", "corrupt: 4"},
        {"\"unexpected_closes\":0", "\"unexpected_closes\":5",
         "unexpected_closes: 5"}};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct outcome o = judge_with(faults[i][0], faults[i][1]);
        cr_assert(o.failed);
        cr_assert_str_eq(o.failure, faults[i][2]);
        cr_assert_str_eq(reason(&o, "deliveries_per_s"), faults[i][2]);
        cr_assert_str_eq(reason(&o, "cpu_us_per_delivery"), faults[i][2]);
    }
}

Test(bench_outcome, a_dead_server_fails_the_trial)
{
    struct evidence ev = evidence(GOOD);
    struct outcome o;

    strcpy(ev.failure, "chat-x was killed by SIGSEGV");
    cJSON_Delete(ev.load);
    ev.load = NULL;
    outcome_judge(&o, &ev);
    cr_assert(o.failed);
    cr_assert_eq(o.count, 0);
    cr_assert_str_eq(o.failure, "chat-x was killed by SIGSEGV");
    evidence_clear(&ev);
}

Test(bench_outcome, a_busy_generator_voids_throughput_alone)
{
    struct outcome o = judge_with("\"core_share\":0.5", "\"core_share\":0.86");

    cr_assert_not(o.failed);
    cr_assert(strstr(reason(&o, "deliveries_per_s"), "86 % of its core"));
    cr_assert_str_eq(reason(&o, "cpu_us_per_delivery"), "");
    cr_assert_str_eq(reason(&o, "latency_p50_us"), "");
    o = judge_with("\"core_share\":0.5", "\"core_share\":0.85");
    cr_assert_str_eq(reason(&o, "deliveries_per_s"), "");
}

Test(bench_outcome, a_window_cut_short_voids_all)
{
    point.param[PARAM_MEASURE] = 2;
    struct outcome o =
        judge_with("\"sent\":20000", "\"sent\":20000,\"measure_s\":1.7");

    cr_assert(strstr(reason(&o, "deliveries_per_s"), "1.7 s of the 2 s"));
    cr_assert_str_neq(reason(&o, "latency_p99_us"), "");
    cr_assert_str_neq(reason(&o, "cpu_us_per_delivery"), "");
    o = judge_with("\"sent\":20000", "\"sent\":20000,\"measure_s\":1.9");
    cr_assert_str_eq(reason(&o, "deliveries_per_s"), "");
}

/* Of the schedule as drawn, not of the nominal rate. */
Test(bench_outcome, a_schedule_not_kept_voids_the_rate)
{
    struct outcome o =
        judge_with("\"sent\":20000",
                   "\"sent\":20000,\"scheduled\":20000,\"achieved\":19799");

    cr_assert(strstr(reason(&o, "rate_offered"), "19799 of the 20000"));
    cr_assert_str_neq(reason(&o, "messages_per_s"), "");
    cr_assert_str_eq(reason(&o, "cpu_us_per_delivery"), "");
    o = judge_with("\"sent\":20000",
                   "\"sent\":20000,\"scheduled\":20000,\"achieved\":19800");
    cr_assert_str_eq(reason(&o, "rate_offered"), "");
}

Test(bench_outcome, late_sends_void_latencies_alone)
{
    struct outcome o = judge_with("\"p50\":5,", "\"p50\":21,");

    cr_assert(strstr(reason(&o, "latency_p99_us"), "sent late"));
    cr_assert_str_eq(reason(&o, "deliveries_per_s"), "");
    o = judge_with("\"p50\":5,", "\"p50\":20,");
    cr_assert_str_eq(reason(&o, "latency_p99_us"), "");
    /* One wake-up's worth is no lateness, however fast the server. */
    o = judge_with("\"p50\":200,", "\"p50\":20,");
    cr_assert_str_eq(reason(&o, "latency_p99_us"), "");
}

Test(bench_outcome, steal_voids_latencies_then_all)
{
    struct outcome o = judge_with("percent\":1", "percent\":5.1");

    cr_assert(strstr(reason(&o, "latency_p50_us"), "5.1 %"));
    cr_assert_str_eq(reason(&o, "cpu_us_per_delivery"), "");
    o = judge_with("percent\":1", "percent\":20.1");
    cr_assert(strstr(reason(&o, "cpu_us_per_delivery"), "20.1 %"));
    cr_assert(strstr(reason(&o, "deliveries_per_s"), "20.1 %"));
    cr_assert_not(o.failed);
}

Test(bench_outcome, a_growing_backlog_is_past_the_knee)
{
    struct outcome o = judge_with("per_s\":90000", "per_s\":85000");

    cr_assert_str_eq(reason(&o, "latency_p50_us"),
                     "past its knee: 85000 deliveries/s of the 90000/s due");
    cr_assert(strstr(reason(&o, "cpu_us_per_delivery"), "knee"));
    cr_assert_not(o.failed);
    o = judge_with("per_s\":90000", "per_s\":86000");
    cr_assert_str_eq(reason(&o, "latency_p50_us"), "");
}

Test(bench_outcome, a_run_chat_load_calls_invalid_has_failed)
{
    const char *not_valid = "\"valid\":false,\"reasons\":[\"a\",\"b\"]";
    struct outcome o = judge_with("\"valid\":true,\"reasons\":[]", not_valid);

    cr_assert(o.failed);
    cr_assert_str_eq(o.failure, "a; b");
    cr_assert_str_eq(reason(&o, "cpu_us_per_delivery"), "a; b");
    struct evidence ev = evidence("{\"received\":0}");
    outcome_judge(&o, &ev);
    cr_assert(o.failed);
    evidence_clear(&ev);
}

Test(bench_outcome, memory_is_a_difference_over_the_connections)
{
    struct evidence ev = evidence(GOOD);
    struct outcome o;

    point.mode = MODE_HOLD;
    ev.empty = (struct memory_sample){2000, 500, 40, 1};
    ev.full = (struct memory_sample){5000, 3000, 60, 201};
    ev.memory_taken = true;
    ev.kernel_stack_kib = 16;
    outcome_judge(&o, &ev);
    near(&o, "rss_kib_per_conn", 30);
    near(&o, "anon_kib_per_conn", 25);
    near(&o, "page_table_kib_per_conn", 0.2);
    near(&o, "kernel_stack_kib_per_conn", 32);
    near(&o, "heap_kib_per_conn", 1);
    near(&o, "setup_s", 0.5);
    cr_assert(isnan(outcome_value(&o, "deliveries_per_s")));
    evidence_clear(&ev);
}

/* Writes rows, reads them back and compares. */
Test(bench_rows, survive_a_csv)
{
    static const struct arm arm = {.name = "reactor",
                                   .server = "reactor",
                                   .args = "--threads 2"};
    struct step step = {&point, &arm, 3, 2};
    struct rows rows = {NULL, 0}, back = {NULL, 0};
    struct outcome o = judge_with("percent\":1", "percent\":6");
    char path[] = "/tmp/bench_rows_XXXXXX", why[256] = "";

    strcpy(o.doubt[METRIC_LATENCY], "a \"quoted\", long\nreason");
    point.server_args = (char[]){"--work spin:5,\"x\""};
    rows_add_outcome(&rows, &step, 1234.5, &o);
    char *head = rows_csv_head();
    char *body = rows_csv(&rows, 0, "run-1", "exp", &step);
    FILE *f = fdopen(mkstemp(path), "w");
    cr_assert_not_null(f);
    fprintf(f, "%s%s", head, body);
    cr_assert_eq(fclose(f), 0);
    cr_assert_eq(rows_read(&back, path, why, sizeof(why)), 0, "%s", why);
    unlink(path);
    cr_assert_eq(back.count, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        const struct row *a = &rows.v[i], *b = &back.v[i];
        cr_assert_str_eq(a->server, b->server);
        cr_assert_str_eq(a->point, b->point);
        cr_assert_str_eq(a->reason, b->reason);
        cr_assert_eq(a->metric, b->metric);
        cr_assert_float_eq(a->value, b->value, 1e-9 * fabs(a->value));
        cr_assert_eq(a->block, b->block);
        cr_assert_eq(a->order, b->order);
        cr_assert_eq(a->valid, b->valid);
        cr_assert_eq(b->rate, 1234.5);
    }
    point.server_args = NULL;
    free(head);
    free(body);
    rows_free(&rows);
    rows_free(&back);
}

Test(bench_rows, calibration_and_void_figures_are_no_values)
{
    static const struct arm arm = {.name = "null", .server = "null"};
    struct rows rows = {NULL, 0};
    struct outcome good = judge_with("", "");
    struct outcome doubtful = judge_with("percent\":1", "percent\":6");
    struct outcome lossy = judge_with("\"lost\":0", "\"lost\":1");
    double values[256];
    int blocks[256];
    size_t trials;

    for (int b = 0; b <= 2; b++)
        rows_add_outcome(&rows, &(struct step){&point, &arm, b, 1}, 10, &good);
    rows_add_outcome(&rows, &(struct step){&point, &arm, 3, 1}, 10, &doubtful);
    rows_add_outcome(&rows, &(struct step){&point, &arm, 4, 1}, 10, &lossy);
    cr_assert_lt(rows.count, 256);
    cr_assert_eq(rows_values(&rows, "null", "p", "latency_p50_us", values,
                             blocks, &trials),
                 2);
    cr_assert_eq(trials, 4);
    cr_assert_eq(blocks[1], 2);
    cr_assert_eq(rows_values(&rows, "null", "p", "cpu_us_per_delivery", values,
                             NULL, NULL),
                 3);
    cr_assert_eq(rows_values(&rows, "other", "p", "trial", values, NULL, NULL),
                 0);
    rows_free(&rows);
}

Test(bench_server, options_of_arm_and_point_come_after_its_own)
{
    struct point p = {.name = "p", .id = "p", .mode = MODE_CLOSED};
    struct arm arm = {.name = "pool+4",
                      .server = "pool",
                      .args = "--threads 4  -v"};
    const char *want[] = {"bin/chat-pool", "--port",    "0",      "--stats",
                          "s.json",        "--threads", "4",      "-v",
                          "--sendq",       "1M",        "--work", "sleep:250"};

    for (int i = 0; i < PARAM_COUNT; i++)
        p.param[i] = NAN;
    p.param[PARAM_CONNS] = 20;
    p.param[PARAM_SLEEP] = 250;
    p.server_args = (char[]){"--sendq 1M"};
    char **argv = server_argv("bin", &arm, &p, "s.json");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        cr_assert_str_eq(argv[i], want[i]);
    cr_assert_null(argv[sizeof(want) / sizeof(want[0])]);
    server_free_argv(argv);
    /* What is the server's is not chat-load's. */
    struct endpoint at = {"::1", "9"};
    argv = server_load_argv("bin", &p, &at, NAN, 1, "j", "h");
    for (size_t i = 0; argv[i]; i++)
        cr_assert_str_neq(argv[i], "--work");
    server_free_argv(argv);
}

Test(bench_server, ready_lines)
{
    static const char *const bad[] = {"",
                                      "ready",
                                      "ready x",
                                      "ready x 127.0.0.1",
                                      "ready x :1",
                                      "ready x 1.2.3.4:",
                                      "ready x 1.2.3.4:12a",
                                      "steady x 127.0.0.1:1",
                                      "ready x 127.0.0.1:1 more"};
    struct endpoint at;

    cr_assert(server_parse_ready("ready reactor 127.0.0.1:40123", &at));
    cr_assert_str_eq(at.host, "127.0.0.1");
    cr_assert_str_eq(at.port, "40123");
    cr_assert(server_parse_ready("ready null [::1]:6667\r\n", &at));
    cr_assert_str_eq(at.host, "::1");
    cr_assert_str_eq(at.port, "6667");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_not(server_parse_ready(bad[i], &at), "%s", bad[i]);
}

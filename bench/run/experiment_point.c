/* The keys of the [point] sections. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/experiment_impl.h"
#include "common/die.h"

static int allowed_keys(struct parse *p, const char *key)
{
    char list[512] = "mode, rate, deliveries, blocks, servers, server-args, "
                     "placement, judge";

    for (int i = 0; i < PARAM_COUNT; i++) {
        size_t len = strlen(list);
        snprintf(list + len, sizeof(list) - len, ", %s", param_info[i].key);
    }
    return parse_fail(p, "unknown key '%s'; a [point] takes %s", key, list);
}

static int parse_mode(struct parse *p, struct draft *d, const char *value)
{
    for (int m = 0; m < MODE_COUNT; m++) {
        if (strcmp(value, mode_name((enum mode)m)) == 0) {
            d->point.mode = (enum mode)m;
            d->mode_given = true;
            return 0;
        }
    }
    return parse_fail(p, "'mode' takes closed, open, knee or hold, got '%s'",
                      value);
}

/* The values of one key; more than one make it the point's sweep. */
static int take_values(struct parse *p, struct draft *d, int which,
                       const double *values, size_t count, double *single)
{
    *single = values[0];
    if (count == 1)
        return 0;
    if (d->point.swept != SWEPT_NONE)
        return parse_fail(p, "a point sweeps one key; split [point %s]",
                          d->point.name);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (values[i] == values[j])
                return parse_fail(p, "the sweep names %g twice", values[i]);
    d->point.swept = which;
    d->sweep_count = (int)count;
    memcpy(d->sweep, values, count * sizeof(*values));
    return 0;
}

/* chat-load's own maximum and least of an automatic warm-up. */
#define WARMUP_AUTO_S     10
#define WARMUP_AUTO_MIN_S 1

int parse_warmup(struct parse *p, const char *text, double *seconds,
                 bool *is_auto)
{
    const struct param_info *info = &param_info[PARAM_WARMUP];
    bool with_limit = strncmp(text, "auto:", 5) == 0;

    *is_auto = with_limit || strcmp(text, "auto") == 0;
    *seconds = WARMUP_AUTO_S;
    if (*is_auto && !with_limit)
        return 0;
    return parse_number(p, info->key, info->takes, with_limit ? text + 5 : text,
                        with_limit ? WARMUP_AUTO_MIN_S : info->min, info->max,
                        false, seconds);
}

static int parse_param(struct parse *p, struct draft *d, enum param param,
                       const char *value)
{
    const struct param_info *info = &param_info[param];
    struct words w = words_split(value);
    double values[SWEEP_MAX];
    int err = 0;

    if (w.count == 0 || w.count > SWEEP_MAX)
        err = parse_fail(p, "'%s' takes 1 to %d values", info->key, SWEEP_MAX);
    for (size_t i = 0; i < w.count && !err; i++)
        err = parse_number(p, info->key, info->takes, w.word[i], info->min,
                           info->max, info->whole, &values[i]);
    if (!err)
        err = take_values(p, d, (int)param, values, w.count,
                          &d->point.param[param]);
    words_free(&w);
    return err;
}

static const char rate_takes[] =
    "messages/s (20000), or a share of a yardstick (25% of null@closed, 50% of "
    "knee(null))";

/* "null@closed" or "knee(null)" */
static int parse_yardstick(struct parse *p, struct rate *rate, const char *word)
{
    const char *at = strchr(word, '@');
    size_t len = strlen(word);

    if (strncmp(word, "knee(", 5) == 0 && len > 6 && word[len - 1] == ')') {
        rate->kind = RATE_OF_KNEE;
        rate->server = xasprintf("%.*s", (int)len - 6, word + 5);
        return 0;
    }
    if (!at || at == word || !at[1])
        return parse_fail(p, "'rate' takes %s, got '%s'", rate_takes, word);
    rate->kind = RATE_OF_CLOSED;
    rate->server = xasprintf("%.*s", (int)(at - word), word);
    rate->point = xstrdup(at + 1);
    return 0;
}

static int parse_rate_words(struct parse *p, struct draft *d, struct words *w)
{
    struct rate *rate = &d->point.rate;
    bool share = w->count >= 3 && strcmp(w->word[w->count - 2], "of") == 0;
    size_t count = share ? w->count - 2 : w->count;
    double values[SWEEP_MAX];

    if (count == 0 || count > SWEEP_MAX)
        return parse_fail(p, "'rate' takes %s, not %zu values", rate_takes,
                          count);
    for (size_t i = 0; i < count; i++) {
        char *word = w->word[i];
        size_t len = strlen(word);
        if (share && word[len - 1] == '%')
            word[len - 1] = '\0';
        else if (share)
            return parse_fail(p, "'rate' takes %s, got '%s'", rate_takes, word);
        if (parse_number(p, "rate", rate_takes, word, share ? 0.1 : 1,
                         share ? 1000 : 1e9, false, &values[i]))
            return -1;
        if (share)
            values[i] /= 100;
    }
    rate->kind = RATE_FIXED;
    if (share && parse_yardstick(p, rate, w->word[w->count - 1]))
        return -1;
    return take_values(p, d, SWEPT_RATE, values, count, &rate->value);
}

static int parse_judge(struct parse *p, struct point *point, const char *value)
{
    struct words w = words_split(value);
    int err = 0;

    if (w.count > JUDGE_MAX)
        err = parse_fail(p, "'judge' takes 1 to %d metrics, got %zu", JUDGE_MAX,
                         w.count);
    for (size_t i = 0; i < w.count && !err; i++) {
        point->judge[i] = metric_find(w.word[i]);
        if (!point->judge[i])
            err = parse_fail(p,
                             "'judge' takes metrics (metric.c lists them), "
                             "got '%s'",
                             w.word[i]);
    }
    words_free(&w);
    return err;
}

int parse_point_key(struct parse *p, struct draft *d, const char *key,
                    const char *value)
{
    double number;

    if (strcmp(key, "mode") == 0)
        return parse_mode(p, d, value);
    if (strcmp(key, "rate") == 0) {
        struct words w = words_split(value);
        int err = parse_rate_words(p, d, &w);
        words_free(&w);
        return err;
    }
    if (strcmp(key, "deliveries") == 0)
        return parse_number(p, key, "deliveries a second, 1 to 1e9", value, 1,
                            1e9, false, &d->point.deliveries);
    if (strcmp(key, "judge") == 0)
        return parse_judge(p, &d->point, value);
    if (strcmp(key, "server-args") == 0) {
        d->point.server_args = xstrdup(value);
        return 0;
    }
    if (strcmp(key, "placement") == 0) {
        d->point.shared = strcmp(value, "shared") == 0;
        if (!d->point.shared && strcmp(value, "split") != 0)
            return parse_fail(p, "'placement' takes split or shared, got '%s'",
                              value);
        return 0;
    }
    if (strcmp(key, "servers") == 0) {
        if (strcmp(value, "all") != 0)
            d->point.servers = words_split(value);
        return 0;
    }
    if (strcmp(key, "blocks") == 0) {
        if (parse_number(p, key, "a number of blocks, 1 to 1000", value, 1,
                         1000, true, &number))
            return -1;
        d->point.blocks = (int)number;
        return 0;
    }
    if (strcmp(key, "warmup") == 0 && strncmp(value, "auto", 4) == 0)
        return parse_warmup(p, value, &d->point.param[PARAM_WARMUP],
                            &d->point.warmup_auto);
    for (int i = 0; i < PARAM_COUNT; i++)
        if (strcmp(key, param_info[i].key) == 0)
            return parse_param(p, d, (enum param)i, value);
    return allowed_keys(p, key);
}

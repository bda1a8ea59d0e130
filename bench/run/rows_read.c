/* Reading a rows.csv back. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/files.h"
#include "bench/run/rows.h"
#include "common/die.h"

enum column {
    COL_BLOCK,
    COL_ORDER,
    COL_SERVER,
    COL_POINT,
    COL_RATE,
    COL_METRIC,
    COL_VALUE,
    COL_VALID,
    COL_REASON,
    COL_NEEDED,                  /* the columns above must be there */
    COL_CONTROL_OF = COL_NEEDED, /* since there is an A/A arm */
    COL_COUNT
};

static const char *const column_names[COL_COUNT] = {"block",  "order",
                                                    "server", "point",
                                                    "rate",   "metric",
                                                    "value",  "valid",
                                                    "reason", "control_of"};

enum { FIELDS_MAX = 64 };

/*
 * Cuts the record at *text into fields, in place, and moves *text behind it.
 * Returns how many; 0 for a broken record.
 */
static size_t cut_record(char **text, char **fields, int *lines)
{
    char *in = *text;
    size_t n = 0;

    *lines = 1;
    for (;;) {
        char *out = in;
        bool quoted = *in == '"';
        if (n == FIELDS_MAX)
            return 0;
        fields[n++] = out;
        in += quoted;
        while (*in && (quoted || (*in != ',' && *in != '\n'))) {
            if (quoted && *in == '"' && *++in != '"')
                break;
            *lines += quoted && *in == '\n';
            *out++ = *in++;
        }
        char end = *in;
        if (end != ',' && end != '\n' && end != '\0')
            return 0;
        *out = '\0';
        in += end != '\0';
        if (end != ',') {
            *text = in;
            return end == '\n' ? n : 0; /* cut off in mid-record */
        }
    }
}

static bool find_columns(char **fields, size_t n, size_t *place)
{
    for (int c = 0; c < COL_COUNT; c++) {
        place[c] = n;
        for (size_t i = 0; i < n; i++)
            if (strcmp(fields[i], column_names[c]) == 0)
                place[c] = i;
        if (place[c] == n && c < COL_NEEDED)
            return false;
    }
    return true;
}

static double to_number(const char *s)
{
    char *end;
    double v = strtod(s, &end);

    return *s && !*end ? v : NAN;
}

static void take_row(struct rows *rows, char **f, size_t fields,
                     const size_t *place)
{
    const struct metric *m = metric_find(f[place[COL_METRIC]]);
    const char *of =
        place[COL_CONTROL_OF] < fields ? f[place[COL_CONTROL_OF]] : "";

    if (!m)
        return;
    if ((rows->count & (rows->count - 1)) == 0)
        rows->v = xrealloc(rows->v, (rows->count ? rows->count * 2 : 1) *
                                        sizeof(*rows->v));
    rows->v[rows->count++] = (struct row){
        .server = xstrdup(f[place[COL_SERVER]]),
        .point = xstrdup(f[place[COL_POINT]]),
        .reason = xstrdup(f[place[COL_REASON]]),
        .control_of = *of ? xstrdup(of) : NULL,
        .metric = m,
        .value = to_number(f[place[COL_VALUE]]),
        .rate = to_number(f[place[COL_RATE]]),
        .block = (int)strtol(f[place[COL_BLOCK]], NULL, 10),
        .order = (int)strtol(f[place[COL_ORDER]], NULL, 10),
        .valid = strcmp(f[place[COL_VALID]], "1") == 0,
    };
}

int rows_read(struct rows *rows, const char *path, char *why, size_t size)
{
    char *text = file_read(path), *p = text, *fields[FIELDS_MAX];
    size_t place[COL_COUNT], columns = 0;
    int line = 1, lines, err = 0;

    if (!text) {
        snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
        return -1;
    }
    columns = cut_record(&p, fields, &lines);
    if (columns == 0 || !find_columns(fields, columns, place)) {
        snprintf(why, size, "%s:1: this is not a rows.csv of chat-bench", path);
        err = -1;
    }
    while (!err && *p) {
        line += lines;
        if (cut_record(&p, fields, &lines) == columns) {
            take_row(rows, fields, columns, place);
            continue;
        }
        snprintf(why, size, "%s:%d: expected %zu fields", path, line, columns);
        err = -1;
    }
    free(text);
    return err;
}

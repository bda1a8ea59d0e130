/*
 * json - the result of a run as one JSON object.
 *
 * The main thread. Out of memory ends the program.
 */
#ifndef CHAT_LOAD_JSON_H
#define CHAT_LOAD_JSON_H

#include <stdio.h>

#include "bench/load/report.h"
#include "bench/load/total.h"

/* Returns 0, or -EIO when it could not be written. */
int json_print(FILE *f, const struct total *t, const struct verdict *v);

#endif

/*
 * ini - the text format of the experiment files, with line numbers.
 *
 *   # a comment
 *   title = some words
 *   expect = a longer text
 *       goes on in lines that begin with a space
 *   [point closed]
 *   conns = 200
 *
 * Chosen over JSON because these files are read and written by people, carry a
 * paragraph of expectation each, and every error must name its line. Pure: no
 * file is touched. What sections and keys mean is experiment.c's business.
 */
#ifndef BENCH_INI_H
#define BENCH_INI_H

#include <stddef.h>

/* One `key = value`, or the head of a section (key NULL). */
struct ini_entry {
    int line;      /* where it begins, from 1 */
    char *section; /* "point"; "" before the first section */
    char *name;    /* "closed" in [point closed]; "" if there is none */
    char *key;     /* NULL for a section's head */
    char *value;   /* without the blanks around it; NULL for a head */
};

struct ini {
    struct ini_entry *entries; /* in the order of the file */
    size_t count;              /* how many */
};

/*
 * Parses `text`. On an error returns the line's number and puts what is wrong
 * into `why` (nothing is left to free); 0 if all is well.
 */
int ini_parse(struct ini *ini, const char *text, char *why, size_t size);

void ini_free(struct ini *ini);

#endif

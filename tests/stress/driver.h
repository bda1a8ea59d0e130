/*
 * driver - main of a program that drives server binaries with cases of the
 * contract suite's kind (tests/contract), but chosen by the server's name.
 *
 *     PROGRAM [--filter GLOB] [--list] SERVER_BINARY...
 */
#ifndef CHAT_TESTS_DRIVER_H
#define CHAT_TESTS_DRIVER_H

#include <stddef.h>

#include "tests/contract/contract.h"

struct driver_row {
    const char *server; /* last component of the binary; NULL: any that no row
                         * names */
    struct contract_case test;
};

/*
 * Runs the rows of each server binary on the command line, one case at a time;
 * `doc` is for --help. Main's result: 0, 1 when one failed, 2 for a bad command
 * line, 130 when interrupted. Closes with "N passed, N failed".
 */
int driver_main(const struct driver_row *rows, size_t count, const char *doc,
                int argc, char **argv);

#endif

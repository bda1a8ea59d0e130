/*
 * contract - the tables of test cases.
 *
 * A suite is one file, contract_NAME.c: static functions, one for each case,
 * and at its end
 *
 *     static const struct contract_case cases[] = {CASE(first), CASE(second)};
 *     CONTRACT_SUITE(NAME)
 *
 * A new suite is added to CONTRACT_SUITES below, the one list of them; a case
 * left out of its table is a compiler warning (unused function).
 */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include <stddef.h>

#include "tests/contract/case.h"
#include "tests/contract/peer.h"
#include "tests/contract/server.h"

#define CONTRACT_SUITES(X)                                                     \
    X(delivery)                                                                \
    X(order)                                                                   \
    X(framing)                                                                 \
    X(slow)                                                                    \
    X(register)                                                                \
    X(nick)                                                                    \
    X(rooms)                                                                   \
    X(talk)                                                                    \
    X(query)                                                                   \
    X(chunks)                                                                  \
    X(clients)                                                                 \
    X(hostile)                                                                 \
    X(limits)                                                                  \
    X(options)                                                                 \
    X(lifecycle)

struct contract_case {
    const char *name;  /* unique within the suite */
    void (*run)(void); /* returns when it passed */
};

struct contract_suite {
    const char *name;                  /* NAME of contract_NAME.c */
    const struct contract_case *cases; /* in the order they are run */
    size_t count;                      /* number of them */
};

#define CASE(fn)                                                               \
    {                                                                          \
#fn, fn                                                                \
    }
#define CONTRACT_SUITE(name)                                                   \
    const struct contract_suite contract_##name = {#name, cases,               \
                                                   sizeof(cases) /             \
                                                       sizeof(cases[0])};

#define CONTRACT_DECLARE(name)                                                 \
    extern const struct contract_suite contract_##name;
CONTRACT_SUITES(CONTRACT_DECLARE)

#endif

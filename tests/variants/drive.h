/*
 * drive - one way to use a server, given to a variant and to its model.
 *
 * A drive is run in rounds against one server and says whether a round has
 * shown the fault. The variant is driven until it has; the model, under the
 * same drive, never may.
 */
#ifndef CHAT_TESTS_VARIANTS_DRIVE_H
#define CHAT_TESTS_VARIANTS_DRIVE_H

#include <stdbool.h>

#include "tests/contract/contract.h"

struct drive {
    const char *const *args; /* the server's; a NULL ends them */
    /* Opens the peers that stay. */
    void (*open)(const struct server *s);
    /* One round, 0 first; whether it has shown the fault. */
    bool (*round)(const struct server *s, int number);
    const char *fault; /* what it is, for messages */
};

/* Runs rounds until one shows the fault; none in a hundred fails the case. */
void drive_until_fault(const struct drive *d);

/* Runs rounds, none of which may show the fault. */
void drive_without_fault(const struct drive *d);

/*
 * Waits until every thread of the server is asleep and stays so, which is to
 * say that it has done all it is going to do about what has been sent to it. A
 * stillness of some 150 ms shows it, far longer than the kernel takes to hand a
 * segment over; a server that is never still fails the case at the hang guard.
 * What it has sent can be read afterwards without waiting.
 */
void drive_settle(const struct server *s);

/* The two cases of a drive. */
#define DRIVE_CASES(name)                                                      \
    static void name##_fails(void)                                             \
    {                                                                          \
        drive_until_fault(&name);                                              \
    }                                                                          \
    static void name##_holds(void)                                             \
    {                                                                          \
        drive_without_fault(&name);                                            \
    }

/* And their rows: the variant fails, the model holds. */
#define DRIVE_ROWS(name, variant, model)                                       \
    {variant, CASE(name##_fails)},                                             \
    {                                                                          \
        model, CASE(name##_holds)                                              \
    }

#endif

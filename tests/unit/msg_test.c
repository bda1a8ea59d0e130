/*
 * msg_test - one message, shared. That the last reference frees it is seen by
 * SAN=address: too late is a leak, too early a use after free.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "common/msg.h"

Test(msg, is_a_copy)
{
    char text[] = "PING :\0x\r\n";
    struct msg *m = msg_new(text, sizeof(text) - 1);

    cr_assert(m);
    memset(text, '#', sizeof(text));
    cr_expect_eq(m->len, 10);
    cr_expect_eq(memcmp(m->data, "PING :\0x\r\n", 10), 0);
    cr_expect_eq(atomic_load(&m->refs), 1);
    msg_unref(m);
}

Test(msg, may_be_empty)
{
    struct msg *m = msg_new("", 0);

    cr_assert(m);
    cr_expect_eq(m->len, 0);
    msg_unref(m);
}

Test(msg, lives_as_long_as_a_reference)
{
    struct msg *m = msg_new("a\r\n", 3);

    cr_assert(m);
    cr_expect_eq(msg_ref(m), m);
    cr_expect_eq(msg_ref(m), m);
    cr_expect_eq(atomic_load(&m->refs), 3);
    msg_unref(m);
    msg_unref(m);
    cr_expect_eq(memcmp(m->data, "a\r\n", 3), 0);
    msg_unref(m);
}

enum { THREADS = 4, ROUNDS = 20000 };

/* Owns one reference, takes and gives back many, then gives back its own. */
static void *hold(void *arg)
{
    struct msg *m = arg;

    for (int i = 0; i < ROUNDS; i++) {
        msg_ref(m);
        msg_ref(m);
        msg_unref(m);
        msg_unref(m);
    }
    msg_unref(m);
    return NULL;
}

Test(msg, counts_across_threads)
{
    struct msg *m = msg_new("a\r\n", 3);
    pthread_t threads[THREADS];

    cr_assert(m);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, hold, msg_ref(m)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(atomic_load(&m->refs), 1);
    msg_unref(m);
}

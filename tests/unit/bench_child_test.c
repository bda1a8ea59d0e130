/* What a program that chat-bench starts finds. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/run/child.h"

/* Linux takes a real-time thread's slack away, and its children inherit that;
 * here it is taken away by hand, which needs no rights. */
Test(bench_child, timers_are_those_of_a_shell)
{
    char *argv[] = {"/bin/cat", "/proc/self/timerslack_ns", NULL};
    char text[32] = "";
    struct child c;
    int out[2];

    cr_assert_eq(prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul), 0);
    cr_assert_eq(pipe(out), 0);
    struct child_spec spec = {.argv = argv,
                              .out_fd = out[1],
                              .err_fd = 2,
                              .pass_fd = -1};
    cr_assert_eq(child_start(&c, &spec), 0);
    close(out[1]);
    cr_assert_gt(read(out[0], text, sizeof(text) - 1), 0);
    cr_expect_str_eq(text, "50000\n");
    struct pollfd ended = {.fd = c.pidfd, .events = POLLIN};
    cr_assert_eq(poll(&ended, 1, -1), 1);
    cr_assert(child_reap(&c));
    cr_expect(child_succeeded(&c));
}

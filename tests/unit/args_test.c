/*
 * args_test - a bad command line is one line on stderr that names the option,
 * what it takes and what it got; exit 2. A good one is read whole.
 *
 * Each command line is parsed in a child process, because the parser ends it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/args.h"
#include "common/die.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the test's program reads. */
struct values {
    long long count;
    double rate;
    long long bytes;
    bool verbose;
    const char *word; /* the argument without an option */
};

static const struct argp_option options[] = {
    {"count", 'c', "N", 0, "How many", 0},
    {"rate", 'r', "R", 0, "How often", 0},
    {"bytes", 'b', "BYTES", 0, "How large", 0},
    {"bytes-too", 'x', "N", 0, "So that --byt is ambiguous", 0},
    {"verbose", 'v', NULL, 0, "Say more", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct values *v = state->input;

    switch (key) {
    case 'c': v->count = args_int("--count", "a number", arg, -5, 100); break;
    case 'r': v->rate = args_double("--rate", "a rate", arg, 0, 1e6); break;
    case 'b':
        v->bytes = args_bytes("--bytes", "a size", arg, 10, 1LL << 40);
        break;
    case 'x': break;
    case 'v': v->verbose = true; break;
    case ARGP_KEY_ARG: v->word = arg; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* How a command line ended: `out` and `err` are what was printed. */
struct outcome {
    int status;
    char out[8192];
    char err[1024];
};

/* exit() would run what Criterion has registered; this runs before. */
static void leave_at_once(int status, void *arg)
{
    (void)arg;
    fflush(NULL);
    _exit(status);
}

static _Noreturn void run_child(const char *words, bool takes_argument)
{
    struct argp argp = {.options = options,
                        .parser = parse,
                        .args_doc = takes_argument ? "[WORD]" : NULL};
    struct values v = {.word = "-"};
    char copy[512], *argv[16] = {"/usr/bin/prog"};
    int argc = 1;

    on_exit(leave_at_once, NULL);
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *w = strtok(copy, "|"); w; w = strtok(NULL, "|"))
        argv[argc++] = w;
    die_set_program(argv[0]);
    args_parse(&argp, argc, argv, &v);
    printf("%lld %g %lld %d %s", v.count, v.rate, v.bytes, v.verbose, v.word);
    exit(0);
}

static void read_file(FILE *f, char *text, size_t size)
{
    rewind(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
}

/* `words` are separated by '|'. */
static struct outcome run(const char *words, bool takes_argument)
{
    struct outcome o;
    FILE *out = tmpfile(), *err = tmpfile();
    int status;

    cr_assert(out && err);
    fflush(NULL);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        run_child(words, takes_argument);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    o.status = WEXITSTATUS(status);
    read_file(out, o.out, sizeof(o.out));
    read_file(err, o.err, sizeof(o.err));
    return o;
}

static const struct {
    const char *words, *values;
} good[] = {
    {"", "0 0 0 0 -"},
    {"--count|5|--rate=2.5|-v", "5 2.5 0 1 -"},
    {"-c5|-r|1e3", "5 1000 0 0 -"},
    {"-vc|-5", "-5 0 0 1 -"},
    {"--count=100", "100 0 0 0 -"},
    {"--cou|7", "7 0 0 0 -"},
    {"--bytes=10", "0 0 10 0 -"},
    {"--bytes=1k", "0 0 1024 0 -"},
    {"--bytes=3M", "0 0 3145728 0 -"},
    {"--bytes=1024G", "0 0 1099511627776 0 -"},
    {"--count=1|--count=2", "2 0 0 0 -"},
};

Test(args, reads_what_is_right)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct outcome o = run(good[i].words, false);
        cr_expect_eq(o.status, 0, "%s: %s", good[i].words, o.err);
        cr_expect_str_eq(o.out, good[i].values, "%s: %s", good[i].words, o.out);
        cr_expect_str_eq(o.err, "");
    }
}

Test(args, an_argument_where_one_is_taken)
{
    cr_expect_str_eq(run("-v|word", true).out, "0 0 0 1 word");
    cr_expect_str_eq(run("--|-v", true).out, "0 0 0 0 -v");
}

#define INT_RANGE    "--count takes a number from -5 to 100, got "
#define DOUBLE_RANGE "--rate takes a rate from 0 to 1000000, got "
#define BYTES_RANGE  "--bytes takes a size from 10 to 1099511627776, got "

static const struct {
    const char *words, *message; /* without "prog: " and the line's end */
} bad[] = {
    {"--count=x", INT_RANGE "'x'"},
    {"--count=", INT_RANGE "''"},
    {"--count=5x", INT_RANGE "'5x'"},
    {"--count=5 ", INT_RANGE "'5 '"},
    {"--count= 5", INT_RANGE "' 5'"},
    {"--count=0x5", INT_RANGE "'0x5'"},
    {"--count=1.5", INT_RANGE "'1.5'"},
    {"--count=101", INT_RANGE "'101'"},
    {"--count=-6", INT_RANGE "'-6'"},
    {"--count=99999999999999999999", INT_RANGE "'99999999999999999999'"},
    {"--count=--5", INT_RANGE "'--5'"},
    {"--rate=x", DOUBLE_RANGE "'x'"},
    {"--rate=", DOUBLE_RANGE "''"},
    {"--rate=1e7", DOUBLE_RANGE "'1e7'"},
    {"--rate=nan", DOUBLE_RANGE "'nan'"},
    {"--rate=inf", DOUBLE_RANGE "'inf'"},
    {"--rate=-0.1", DOUBLE_RANGE "'-0.1'"},
    {"--rate=1e999", DOUBLE_RANGE "'1e999'"},
    {"--rate= 1", DOUBLE_RANGE "' 1'"},
    {"--rate=1 ", DOUBLE_RANGE "'1 '"},
    {"--bytes=x", BYTES_RANGE "'x'"},
    {"--bytes=", BYTES_RANGE "''"},
    {"--bytes=k", BYTES_RANGE "'k'"},
    {"--bytes=5kk", BYTES_RANGE "'5kk'"},
    {"--bytes=5K", BYTES_RANGE "'5K'"},
    {"--bytes=9", BYTES_RANGE "'9'"},
    {"--bytes= 10", BYTES_RANGE "' 10'"},
    {"--bytes=-10", BYTES_RANGE "'-10'"},
    {"--bytes=1025G", BYTES_RANGE "'1025G'"},
    {"--bytes=99999999999G", BYTES_RANGE "'99999999999G'"},
    {"--bytes=99999999999999999999", BYTES_RANGE "'99999999999999999999'"},
    {"--count", "--count takes N (How many), got nothing"},
    {"-c", "-c takes N (How many), got nothing"},
    {"--verbose=1", "--verbose takes no value, got '1'"},
    {"--nothing",
     "unknown or ambiguous option '--nothing'; --help lists what is taken"},
    {"--byt=5",
     "unknown or ambiguous option '--byt=5'; --help lists what is taken"},
    {"-z", "unknown or ambiguous option '-z'; --help lists what is taken"},
    {"word", "takes no argument without an option, got 'word'"},
    {"-v|--|-v", "takes no argument without an option, got '-v'"},
};

Test(args, says_what_is_wrong_in_one_line)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct outcome o = run(bad[i].words, false);
        char want[300];
        snprintf(want, sizeof(want), "prog: %s\n", bad[i].message);
        cr_expect_str_eq(o.err, want, "%s: %s", bad[i].words, o.err);
        cr_expect_eq(o.status, 2, "%s: exit %d", bad[i].words, o.status);
        cr_expect_str_eq(o.out, "");
    }
}

Test(args, help_usage_and_version)
{
    struct outcome o = run("--help", false);

    cr_expect_eq(o.status, 0);
    cr_expect(strstr(o.out, "Usage: prog [OPTION...]"), "%s", o.out);
    cr_expect(strstr(o.out, "--count=N"));
    cr_expect(strstr(o.out, "--usage"));
    cr_expect_str_eq(o.err, "");
    cr_expect_eq(strcmp(run("-?", false).out, o.out), 0);
    o = run("--usage", false);
    cr_expect_eq(o.status, 0);
    cr_expect(strstr(o.out, "Usage: prog"));
    o = run("--version", false);
    cr_expect_eq(o.status, 0);
    cr_expect_str_eq(o.out, "chat " CHAT_VERSION "\n");
    cr_expect_str_eq(run("-V", false).out, o.out);
}

/* Typed lines, taken apart. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"

static struct command parse(const char *line)
{
    struct command c;

    command_parse(line, strlen(line), &c);
    return c;
}

/* The command means `kind` with this word and text. */
static void check(const char *line, enum command_kind kind, const char *word,
                  const char *text)
{
    struct command c = parse(line);

    cr_expect_eq(c.kind, kind, "%s: %s", line, c.error);
    if (word)
        cr_expect(c.word_len == strlen(word) &&
                      strncmp(c.word, word, c.word_len) == 0,
                  "%s: word '%.*s'", line, (int)c.word_len, c.word);
    if (text)
        cr_expect(c.text_len == strlen(text) &&
                      strncmp(c.text, text, c.text_len) == 0,
                  "%s: text '%.*s'", line, (int)c.text_len, c.text);
}

Test(command, plain_lines_are_said_as_they_are)
{
    check("hi", COMMAND_SAY, NULL, "hi");
    check("  two  spaces ", COMMAND_SAY, NULL, "  two  spaces ");
    check(" /not a command", COMMAND_SAY, NULL, " /not a command");
    check("//etc/passwd", COMMAND_SAY, NULL, "/etc/passwd");
    check("///", COMMAND_SAY, NULL, "//");
    check("", COMMAND_NOTHING, NULL, NULL);
}

Test(command, takes_each_command)
{
    check("/nick bob", COMMAND_NICK, "bob", NULL);
    check("/join #a,#b", COMMAND_JOIN, NULL, "#a,#b");
    check("/part", COMMAND_PART, "", "");
    check("/part #a", COMMAND_PART, "#a", "");
    check("/part #a so  long ", COMMAND_PART, "#a", "so  long ");
    check("/part so long", COMMAND_PART, "", "so long");
    check("/msg bob hi  there", COMMAND_MSG, "bob", "hi  there");
    check("/names", COMMAND_NAMES, "", NULL);
    check("/names #a", COMMAND_NAMES, "#a", NULL);
    check("/who bob*", COMMAND_WHO, "bob*", NULL);
    check("/topic", COMMAND_TOPIC, "", "");
    check("/topic #a", COMMAND_TOPIC, "#a", "");
    check("/topic #a new one", COMMAND_TOPIC, "#a", "new one");
    check("/topic new one", COMMAND_TOPIC, "", "new one");
    check("/me waves", COMMAND_ACTION, NULL, "waves");
    check("/quit", COMMAND_QUIT, NULL, "");
    check("/quit see you", COMMAND_QUIT, NULL, "see you");
    check("/help", COMMAND_HELP, "", NULL);
    check("/help me", COMMAND_HELP, "me", NULL);
    check("/NICK bob", COMMAND_NICK, "bob", NULL);
    check("/nick   bob  ", COMMAND_NICK, "bob", NULL);
}

Test(command, says_what_a_command_takes)
{
    static const char *const bad[] = {"/nick",   "/nick a b", "/join",
                                      "/msg",    "/msg bob",  "/msg bob ",
                                      "/me",     "/me  ",     "/names #a #b",
                                      "/who a b"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct command c = parse(bad[i]);
        cr_expect_eq(c.kind, COMMAND_BAD, "%s", bad[i]);
        cr_expect(strstr(c.error, " takes "), "%s: %s", bad[i], c.error);
    }
}

Test(command, unknown_ones_get_one_clear_line)
{
    struct command c = parse("/foo bar");
    char line[10000];

    cr_expect_eq(c.kind, COMMAND_BAD);
    cr_expect(strstr(c.error, "/foo;") && strstr(c.error, "/help"));
    cr_expect_null(strchr(c.error, '\n'));
    cr_expect_eq(parse("/").kind, COMMAND_BAD);
    cr_expect_eq(parse("/ nick x").kind, COMMAND_BAD);
    cr_expect_eq(parse("/nic").kind, COMMAND_BAD);
    cr_expect_eq(parse("/nickx").kind, COMMAND_BAD);
    memset(line, 'x', sizeof(line));
    line[0] = '/';
    command_parse(line, sizeof(line), &c);
    cr_expect_eq(c.kind, COMMAND_BAD);
    cr_expect_lt(strlen(c.error), sizeof(c.error) - 1, "not cut off");
}

Test(command, help_lists_all_or_one)
{
    struct text t = {0};

    cr_expect_eq(command_help(&t, "", 0), 11);
    cr_expect(strstr(t.data, "/topic") && strstr(t.data, "/quit"));
    text_clear(&t);
    cr_expect_eq(command_help(&t, "/me", 3), 1);
    cr_expect(strncmp(t.data, "/me ", 4) == 0);
    cr_expect_eq(command_help(&t, "foo", 3), 0);
    text_free(&t);
}

/* Cuts the text into pieces and checks that they are it, none too long and
 * none within a UTF-8 sequence. */
static size_t check_pieces(const char *text, size_t len, size_t max)
{
    size_t n = 0;

    for (size_t at = 0; at < len; n++) {
        size_t piece = command_piece(text + at, len - at, max);
        cr_assert(piece > 0 && piece <= max && piece <= len - at);
        at += piece;
        if (at < len)
            cr_expect(((unsigned char)text[at] & 0xC0) != 0x80,
                      "cut within a sequence at %zu of %zu", at, max);
    }
    return n;
}

Test(command, pieces_lose_nothing)
{
    struct text t = {0};

    for (int i = 0; i < 100; i++)
        text_adds(&t, "\u00E9\u20AC\U0001F980 x");
    for (size_t max = 4; max < 500; max++)
        check_pieces(t.data, t.len, max);
    cr_expect_eq(check_pieces("short", 5, 400), 1);
    cr_expect_eq(check_pieces("12345678", 8, 4), 2);
    text_free(&t);
}

Test(command, pieces_end_behind_a_space_if_one_is_near)
{
    char bytes[300];

    cr_expect_eq(command_piece("hello big world", 15, 12), 10);
    cr_expect_eq(command_piece("hellobigworld", 13, 12), 12);
    memset(bytes, 0x80, sizeof(bytes)); /* no UTF-8 at all */
    cr_expect_eq(command_piece(bytes, sizeof(bytes), 200), 200);
    memset(bytes, 'x', sizeof(bytes));
    bytes[10] = ' '; /* too far back to be worth it */
    cr_expect_eq(command_piece(bytes, sizeof(bytes), 200), 200);
}

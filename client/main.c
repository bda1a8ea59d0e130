/*
 * chat-client - talk in the rooms of an IRC server, from a terminal or a pipe.
 *
 * One thread, one libev loop for standard input and the socket. The name of
 * the server is resolved before the loop starts, and that may block; after
 * that, only writing to standard output can (see term.h).
 *
 * Left out on purpose: TLS, several servers, scrollback, CTCP replies, IRCv3.
 */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "common/die.h"

/* Started with 0, 1 or 2 closed, the socket would become one of them, and the
 * chat's output would be sent as if it were typed. */
static void fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* IRC is UTF-8 today, whatever the locale says; the editor needs the widths. */
static void use_utf8(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char **argv)
{
    struct client_options options;

    fill_standard_descriptors();
    die_set_program(argv[0]);
    use_utf8();
    client_options_parse(&options, argc, argv);
    int status = client_run(&options);
    client_options_free(&options);
    return status;
}

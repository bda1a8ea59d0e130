/*
 * options - the command line of chat-client.
 *
 * Called from main before the loop exists. What is wrong ends the program with
 * one line and exit status 2.
 */
#ifndef CHAT_CLIENT_OPTIONS_H
#define CHAT_CLIENT_OPTIONS_H

#include <stdbool.h>

#include "client/rooms.h"
#include "common/irc.h"

struct client_options {
    const char *host;             /* name or address; from argv */
    int port;                     /* 1 to 65535 */
    const char *password;         /* from argv, or NULL */
    char login[IRC_NICK_MAX + 1]; /* the login name as a legal nick */
    char nick[IRC_NICK_MAX + 1];  /* wanted */
    bool nick_chosen;             /* by --nick */
    struct rooms rooms;           /* wanted; client_options_free frees them */
    double linger_s;              /* after the end of the input */
    bool reconnect;               /* when the connection is lost */
    bool colors;                  /* where the terminal has them */
};

void client_options_parse(struct client_options *o, int argc, char **argv);
void client_options_free(struct client_options *o);

#endif

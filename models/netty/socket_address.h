/*
 * socket_address - an IPv4 or IPv6 address and a port, as a value.
 */
#ifndef NETTY_SOCKET_ADDRESS_H
#define NETTY_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

enum { SOCKET_ADDRESS_TEXT = 64 /* "[addr]:port" with its NUL */ };

struct socket_address {
    socklen_t len; /* bytes of the one in use */
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    } u;
};

/* From numbers as text, without asking a name server. 0, or -EINVAL. */
int socket_address_parse(struct socket_address *a, const char *host, int port);

/* "addr:port" or "[addr]:port" into `text`, which is returned. */
const char *socket_address_format(const struct socket_address *a,
                                  char text[SOCKET_ADDRESS_TEXT]);

/* The address alone. An IPv6 one that starts with ':' gets a '0' in front, so
 * that it can be a parameter of a protocol. */
const char *socket_address_format_host(const struct socket_address *a,
                                       char text[SOCKET_ADDRESS_TEXT]);

int socket_address_port(const struct socket_address *a);

#endif

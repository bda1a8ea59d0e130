#include "models/netty/socket_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int socket_address_parse(struct socket_address *a, const char *host, int port)
{
    struct socket_address parsed = {.len = 0};

    if (port < 0 || port > 65535)
        return -EINVAL;
    if (inet_pton(AF_INET, host, &parsed.u.in4.sin_addr) == 1) {
        parsed.len = sizeof(parsed.u.in4);
        parsed.u.in4.sin_family = AF_INET;
        parsed.u.in4.sin_port = htons((in_port_t)port);
    } else {
        memset(&parsed, 0, sizeof(parsed));
        if (inet_pton(AF_INET6, host, &parsed.u.in6.sin6_addr) != 1)
            return -EINVAL;
        parsed.len = sizeof(parsed.u.in6);
        parsed.u.in6.sin6_family = AF_INET6;
        parsed.u.in6.sin6_port = htons((in_port_t)port);
    }
    *a = parsed;
    return 0;
}

int socket_address_port(const struct socket_address *a)
{
    return ntohs(a->u.any.sa_family == AF_INET6 ? a->u.in6.sin6_port
                                                : a->u.in4.sin_port);
}

const char *socket_address_format(const struct socket_address *a,
                                  char text[SOCKET_ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (a->u.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->u.in6.sin6_addr, host, sizeof(host));
        snprintf(text, SOCKET_ADDRESS_TEXT, "[%s]:%d", host,
                 socket_address_port(a));
    } else {
        inet_ntop(AF_INET, &a->u.in4.sin_addr, host, sizeof(host));
        snprintf(text, SOCKET_ADDRESS_TEXT, "%s:%d", host,
                 socket_address_port(a));
    }
    return text;
}

const char *socket_address_format_host(const struct socket_address *a,
                                       char text[SOCKET_ADDRESS_TEXT])
{
    bool v6 = a->u.any.sa_family == AF_INET6;

    text[0] = '0';
    if (!v6) {
        inet_ntop(AF_INET, &a->u.in4.sin_addr, text, SOCKET_ADDRESS_TEXT);
        return text;
    }
    inet_ntop(AF_INET6, &a->u.in6.sin6_addr, text + 1, SOCKET_ADDRESS_TEXT - 1);
    if (text[1] != ':')
        memmove(text, text + 1, strlen(text + 1) + 1);
    return text;
}

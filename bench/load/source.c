#include "bench/load/source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOW_BYTES = 4 }; /* an address is counted up in its last 32 bits */

/* The last 32 bits of an address of `size` bytes. */
static uint32_t low_of(const unsigned char *bytes, size_t size)
{
    uint32_t low;

    memcpy(&low, bytes + size - LOW_BYTES, LOW_BYTES);
    return ntohl(low);
}

static int parse_prefix(const char *text, unsigned bits, unsigned *prefix)
{
    char *end;

    if (strspn(text, "0123456789") != strlen(text) || !*text)
        return -EINVAL;
    unsigned long n = strtoul(text, &end, 10);
    if (n > bits)
        return -EINVAL;
    *prefix = (unsigned)n;
    return 0;
}

int source_parse(struct source *s, const char *text)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);

    *s = (struct source){0};
    if (len >= sizeof(address))
        return -EINVAL;
    snprintf(address, sizeof(address), "%.*s", (int)len, text);
    sa_family_t family = strchr(address, ':') ? AF_INET6 : AF_INET;
    unsigned size = family == AF_INET ? 4 : 16, prefix = size * 8;
    if (inet_pton(family, address, s->bytes) != 1 ||
        (slash && parse_prefix(slash + 1, prefix, &prefix) != 0))
        return -EINVAL;
    unsigned host_bits = size * 8 - prefix;
    uint64_t range = 1ull << (host_bits > 32 ? 32 : host_bits);
    s->family = family;
    s->count = range - (low_of(s->bytes, size) & (range - 1));
    return 0;
}

socklen_t source_pick(const struct source *s, uint64_t i,
                      struct sockaddr_storage *to)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    size_t size = s->family == AF_INET ? 4 : 16;
    unsigned char bytes[16];

    memcpy(bytes, s->bytes, size);
    /* Never carries: count ends where the last 32 bits do, or before. */
    uint32_t low = htonl(low_of(bytes, size) + (uint32_t)(i % s->count));
    memcpy(bytes + size - LOW_BYTES, &low, LOW_BYTES);
    memset(to, 0, sizeof(*to));
    to->ss_family = s->family;
    if (s->family == AF_INET) {
        memcpy(&v4->sin_addr, bytes, size);
        return sizeof(*v4);
    }
    memcpy(&v6->sin6_addr, bytes, size);
    return sizeof(*v6);
}

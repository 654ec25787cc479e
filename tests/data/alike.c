/* SPDX-License-Identifier: MIT */
/* Listeners that differ only in what many tools do not show, for a test that they are told apart:
 * bound to devices, in a VRF, MPTCP, with MD5 keys and fast open, IPv4 mapped into IPv6, with
 * zones, one for both families beside one for each. Run it in a network namespace of its own that
 * has the devices "one" and "two" and, if the kernel has VRF, "red"; a kind that the kernel refuses
 * is named on a line "without NAME". Prints "ready", then waits for the end of standard input. */
#include <arpa/inet.h>
#include <err.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct kind {
    const char *name;
    int family, protocol, port;
    const char *address; /* NULL: any */
    const char *zone;    /* of the address */
    const char *device;  /* bound to it */
    bool v6_only, fast_open, md5;
};

static const struct kind kinds[] = {
    {.name = "any", .family = AF_INET, .port = 9001},
    {.name = "device one", .family = AF_INET, .port = 9002, .device = "one"},
    {.name = "device two", .family = AF_INET, .port = 9002, .device = "two"},
    {.name = "device lo", .family = AF_INET, .port = 9002, .device = "lo"},
    {.name = "VRF", .family = AF_INET, .port = 9002, .device = "red"},
    {.name = "MPTCP", .family = AF_INET, .protocol = IPPROTO_MPTCP, .port = 9003},
    {.name = "MD5", .family = AF_INET, .port = 9004, .md5 = true},
    {.name = "fast open", .family = AF_INET, .port = 9005, .fast_open = true},
    {.name = "mapped", .family = AF_INET6, .port = 9006, .address = "::ffff:127.0.0.1"},
    {.name = "mapped's twin", .family = AF_INET, .port = 9006, .address = "127.0.0.2"},
    {.name = "zone one", .family = AF_INET6, .port = 9007, .address = "fe80::1", .zone = "one"},
    {.name = "zone two", .family = AF_INET6, .port = 9007, .address = "fe80::1", .zone = "two"},
    {.name = "both families", .family = AF_INET6, .port = 9008},
    {.name = "IPv6 alone", .family = AF_INET6, .port = 9009, .v6_only = true},
    {.name = "IPv4 beside it", .family = AF_INET, .port = 9009},
};

static bool set(int fd, int level, int option, const void *value, socklen_t len)
{
    return setsockopt(fd, level, option, value, len) == 0;
}

static bool add_key(int fd)
{
    struct tcp_md5sig key = {.tcpm_keylen = 6, .tcpm_key = "secret"};
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memcpy(&key.tcpm_addr, &peer, sizeof peer);
    return set(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof key);
}

static bool bind_to(int fd, const struct kind *k)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)k->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)k->port)};
    if (k->zone)
        v6.sin6_scope_id = if_nametoindex(k->zone);
    if (k->address &&
        inet_pton(k->family, k->address,
                  k->family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr) != 1)
        return false;
    return k->family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0
                                : bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0;
}

static bool open_kind(const struct kind *k)
{
    const int one = 1, v6_only = k->v6_only, queue = 5;
    const int fd = socket(k->family, SOCK_STREAM, k->protocol);
    return fd >= 0 &&
           (k->family == AF_INET || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only)) &&
           (!k->device ||
            set(fd, SOL_SOCKET, SO_BINDTODEVICE, k->device, (socklen_t)strlen(k->device))) &&
           (!k->md5 || add_key(fd)) && set(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) &&
           bind_to(fd, k) && listen(fd, 8) == 0 &&
           (!k->fast_open || set(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue));
}

int main(void)
{
    char byte;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!open_kind(&kinds[i])) {
            warn("%s", kinds[i].name);
            printf("without %s\n", kinds[i].name);
        }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

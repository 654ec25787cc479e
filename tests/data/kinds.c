/* SPDX-License-Identifier: MIT */
/* Opens sockets that look alike but are not: `kinds DEVICE DEVICE`. It prints "ready", or "ready
 * mptcp" where the kernel has MPTCP, and holds them until standard input ends.
 *
 * 18022: a listener on each of the devices. 18301: a listener on [::] that takes IPv4, too; 18302:
 * one that does not. 18085: a socket that is only bound. 18400: a connection over IPv4 of an IPv4
 * client, and one of an IPv6 client. 18041: two connections by MPTCP, half-closed by the client. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in ipv4(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
        err(1, "setsockopt %d", option);
}

static int listener(int protocol, uint32_t address, uint16_t port, const char *device)
{
    struct sockaddr_in at = ipv4(address, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return -1;
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)))
        err(1, "%s", device);
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 5) != 0)
        err(1, "listen on %u", port);
    return fd;
}

static void listen_ipv6(uint16_t port, int only)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 5) != 0)
        err(1, "listen on [::]:%u", port);
}

static void join(int fd, const void *to, socklen_t len)
{
    if (connect(fd, to, len) != 0)
        err(1, "connect");
}

static void connect_both_ways(uint16_t port)
{
    struct sockaddr_in at = ipv4(INADDR_LOOPBACK, port);
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    (void)listener(0, INADDR_LOOPBACK, port, NULL);
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    join(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), &at, sizeof(at));
    join(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), &mapped, sizeof(mapped));
}

/* Returns 1, or 0 where the kernel has no MPTCP. */
static int connect_mptcp(uint16_t port)
{
    struct sockaddr_in at = ipv4(INADDR_LOOPBACK, port);
    int waiting = listener(IPPROTO_MPTCP, INADDR_LOOPBACK, port, NULL);

    for (int i = 0; i < 2 && waiting >= 0; i++) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
        join(client, &at, sizeof(at));
        if (accept(waiting, NULL, NULL) < 0)
            err(1, "accept");
        shutdown(client, SHUT_WR);
    }
    return waiting >= 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = ipv4(INADDR_ANY, 18085);
    char byte;

    if (argc != 3)
        errx(2, "usage: kinds DEVICE DEVICE");
    (void)listener(0, INADDR_ANY, 18022, argv[1]);
    (void)listener(0, INADDR_ANY, 18022, argv[2]);
    listen_ipv6(18301, 0);
    listen_ipv6(18302, 1);
    if (bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&at, sizeof(at)))
        err(1, "bind");
    connect_both_ways(18400);
    puts(connect_mptcp(18041) ? "ready mptcp" : "ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}

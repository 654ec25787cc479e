/* SPDX-License-Identifier: MIT */
/* Make connections that live for less than a millisecond on loopback, one after the other.
 *
 *     brief N [SENT [RECEIVED [PER_SECOND [PORT [UNREAD]]]]]
 *
 * The client sends SENT bytes, is sent RECEIVED, and closes first; then the server closes. While
 * more than UNREAD bytes wait for somebody who is told of ends, no new connection is made. Prints
 * how many microseconds the longest of them lived and how many lived for a millisecond or more. For
 * a network namespace of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX  16384
#define LOOK_EVERY 8u     /* connections: two ends each, 1,280 bytes for each end */
#define PER_SOURCE 10000u /* connections per source address: few ports are in use then */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "brief: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void transfer(int from, int to, size_t len)
{
    static char bytes[BYTES_MAX];

    if (len && write(from, bytes, len) != (ssize_t)len)
        fail("write");
    for (size_t got = 0; got < len;) {
        ssize_t n = read(to, bytes, len - got);
        if (n <= 0)
            fail("read");
        got += (size_t)n;
    }
}

static int listen_on(struct sockaddr_in *addr, unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    socklen_t len = sizeof *addr;

    *addr = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) || listen(fd, 128) ||
        getsockname(fd, (struct sockaddr *)addr, &len))
        fail("listen");
    return fd;
}

/* Returns how long it lived. */
static int64_t connection(int listener, const struct sockaddr_in *to, unsigned i, size_t sent,
                          size_t received)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f010001u + i / PER_SOURCE)};
    int client = socket(AF_INET, SOCK_STREAM, 0), one = 1, server;
    int64_t began;

    setsockopt(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (client < 0 || bind(client, (struct sockaddr *)&from, sizeof from))
        fail("bind");
    began = now_ns();
    if (connect(client, (const struct sockaddr *)to, sizeof *to))
        fail("connect");
    server = accept(listener, NULL, NULL);
    if (server < 0)
        fail("accept");
    transfer(client, server, sent);
    transfer(server, client, received);
    close(client);
    close(server);
    return now_ns() - began;
}

/* The most that waits in a socket of a group of sock_diag. net/netlink/af_netlink.c
 * netlink_native_seq_show() */
static unsigned long unread(void)
{
    FILE *f = fopen("/proc/net/netlink", "r");
    unsigned long most = 0, waits, groups;
    char line[256];
    unsigned protocol;

    if (!f)
        fail("/proc/net/netlink");
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%*s %u %*s %lx %lu", &protocol, &groups, &waits) == 3 &&
            protocol == NETLINK_SOCK_DIAG && groups && waits > most)
            most = waits;
    }
    fclose(f);
    return most;
}

static unsigned number(int argc, char **argv, int i, unsigned otherwise)
{
    return i < argc ? (unsigned)strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    unsigned n = number(argc, argv, 1, 0), per_second = number(argc, argv, 4, 0), slow = 0;
    unsigned unread_max = number(argc, argv, 6, 0);
    size_t sent = number(argc, argv, 2, 0), received = number(argc, argv, 3, 0);
    int64_t longest = 0, start = now_ns();
    struct sockaddr_in to;

    if (n == 0 || sent > BYTES_MAX || received > BYTES_MAX) {
        fprintf(stderr, "usage: brief N [SENT [RECEIVED [PER_SECOND [PORT [UNREAD]]]]]\n");
        return 2;
    }
    int listener = listen_on(&to, number(argc, argv, 5, 0));
    for (unsigned i = 0; i < n; i++) {
        int64_t lived = connection(listener, &to, i, sent, received);
        longest = lived > longest ? lived : longest;
        slow += lived >= 1000000;
        while (unread_max && i % LOOK_EVERY == 0 && unread() > unread_max)
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        while (per_second && now_ns() - start < (int64_t)(i + 1) * 1000000000 / per_second)
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    printf("%u connections, longest %lld us, %u of a millisecond or more, %lld ms in all\n", n,
           (long long)(longest / 1000), slow, (long long)((now_ns() - start) / 1000000));
    return 0;
}

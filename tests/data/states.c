/* SPDX-License-Identifier: MIT */
/* Holds a real socket in every TCP state of the present network namespace, for tests that compare
 * tcptop with ss: run it under `unshare -nm`. Prints "ready" when all stand, then waits for the end
 * of standard input. `states PORT…` holds only the recipes of these ports.
 *
 * Two tricks: a client with a tiny receive buffer that never reads closes the window, so that the
 * server's FIN queues behind data; a listener with backlog 0 and one connection drops further SYNs.
 * Loopback is enough; no device, no raw socket, no tool is needed. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/ipv6.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1
#define LINK_LOCAL     "fe80::5354:1"

struct place {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t len;
};

struct pair {
    int listener, client, server;
};

static struct place loopback(int family, int port)
{
    struct place p = {.len = sizeof(p.v4)};

    if (family == AF_INET) {
        p.v4.sin_family = AF_INET;
        p.v4.sin_port = htons((uint16_t)port);
        p.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        p.len = sizeof(p.v6);
        p.v6.sin6_family = AF_INET6;
        p.v6.sin6_port = htons((uint16_t)port);
        p.v6.sin6_addr = in6addr_loopback;
    }
    return p;
}

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
        err(1, "setsockopt %d", option);
}

static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        err(1, "socket");
    return fd;
}

static int listen_at(struct place p, int backlog)
{
    int fd = new_socket(p.any.sa_family);

    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (p.any.sa_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&p.v6.sin6_addr))
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (bind(fd, &p.any, p.len) != 0 || listen(fd, backlog) != 0)
        err(1, "listen on port %d", ntohs(p.v4.sin_port));
    return fd;
}

/* `wait` false: leave the connection where it stands. */
static int connect_to(struct place p, int receive_buffer, bool wait)
{
    int fd = new_socket(p.any.sa_family);

    if (receive_buffer)
        set(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    if (!wait)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, &p.any, p.len) != 0 && errno != EINPROGRESS)
        err(1, "connect to port %d", ntohs(p.v4.sin_port));
    return fd;
}

/* Wait until the kernel has the socket in `state` and nothing of it is under way: acknowledgements
 * are delayed by up to 40 ms. */
static void expect(int fd, int state, const char *what)
{
    struct tcp_info info;
    socklen_t len;
    struct timespec nap = {.tv_nsec = 1000000};

    for (int i = 0; i < 30000; i++) {
        len = sizeof(info);
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
            err(1, "TCP_INFO");
        if (info.tcpi_state == state && (info.tcpi_unacked == 0 || state == TCP_SYN_SENT))
            return;
        nanosleep(&nap, NULL);
    }
    errx(1, "%s: state %d instead of %d, %u segments under way", what, info.tcpi_state, state,
         info.tcpi_unacked);
}

static void half_close(int fd)
{
    if (shutdown(fd, SHUT_WR) != 0)
        err(1, "shutdown");
}

static struct pair pair_at(struct place p, int receive_buffer)
{
    struct pair pair = {.listener = listen_at(p, 16)};

    pair.client = connect_to(p, receive_buffer, true);
    pair.server = accept4(pair.listener, NULL, NULL, SOCK_CLOEXEC);
    if (pair.server < 0)
        err(1, "accept");
    return pair;
}

static struct pair open_pair(int family, int port)
{
    return pair_at(loopback(family, port), 0);
}

/* A pair whose client's window is shut with data queued behind it. */
static struct pair stuffed_pair(int family, int port)
{
    struct pair p = pair_at(loopback(family, port), 2048);
    static const char data[4096];

    set(p.server, SOL_SOCKET, SO_SNDBUF, 16384);
    fcntl(p.server, F_SETFL, O_NONBLOCK);
    while (write(p.server, data, sizeof(data)) > 0)
        ;
    if (errno != EAGAIN)
        err(1, "write");
    expect(p.server, TCP_ESTABLISHED, "zero window");
    return p;
}

/* The server's half-close leaves it an owner, its close leaves an orphan. */
static void leave(int fd, bool orphan)
{
    if (orphan)
        close(fd);
    else
        half_close(fd);
}

static void listen_with_queue(int family, int port)
{
    listen_at(loopback(family, port), 7);
    for (int i = 0; i < 2; i++)
        connect_to(loopback(family, port), 0, true);
}

static void bound(int family, int port)
{
    struct place p = loopback(family, port);

    if (bind(new_socket(family), &p.any, p.len) != 0)
        err(1, "bind");
}

static void established(int family, int port)
{
    struct pair p = open_pair(family, port);

    if (write(p.server, "unread", 6) != 6)
        err(1, "write");
    expect(p.server, TCP_ESTABLISHED, "unread data");
}

static void keepalive(int family, int port)
{
    struct pair p = open_pair(family, port);

    set(p.server, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(p.client, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void zero_window(int family, int port)
{
    stuffed_pair(family, port);
}

static void syn_sent(int family, int port)
{
    int client;

    listen_at(loopback(family, port), 0);
    connect_to(loopback(family, port), 0, true);
    client = connect_to(loopback(family, port), 0, false);
    expect(client, TCP_SYN_SENT, "SYN_SENT");
}

static void syn_recv(int family, int port)
{
    set(listen_at(loopback(family, port), 16), IPPROTO_TCP, TCP_DEFER_ACCEPT, 120);
    connect_to(loopback(family, port), 0, true);
}

static void fin_wait1(int family, int port, bool orphan)
{
    struct pair p = stuffed_pair(family, port);

    leave(p.server, orphan);
    if (!orphan)
        expect(p.server, TCP_FIN_WAIT1, "FIN_WAIT1");
}

static void fin_wait1_owned(int family, int port)
{
    fin_wait1(family, port, false);
}

static void fin_wait1_orphan(int family, int port)
{
    fin_wait1(family, port, true);
}

/* The client's end is the CLOSE_WAIT. */
static void fin_wait2(int family, int port, bool orphan)
{
    struct pair p = open_pair(family, port);

    half_close(p.server);
    expect(p.client, TCP_CLOSE_WAIT, "CLOSE_WAIT");
    expect(p.server, TCP_FIN_WAIT2, "FIN_WAIT2");
    if (orphan)
        close(p.server);
}

static void fin_wait2_owned(int family, int port)
{
    fin_wait2(family, port, false);
}

static void fin_wait2_orphan(int family, int port)
{
    fin_wait2(family, port, true);
}

static void closing(int family, int port, bool orphan)
{
    struct pair p = stuffed_pair(family, port);

    leave(p.server, orphan);
    half_close(p.client);
    expect(p.client, TCP_FIN_WAIT2, "the peer of CLOSING");
    if (!orphan)
        expect(p.server, TCP_CLOSING, "CLOSING");
}

static void closing_owned(int family, int port)
{
    closing(family, port, false);
}

static void closing_orphan(int family, int port)
{
    closing(family, port, true);
}

static void last_ack(int family, int port, bool orphan)
{
    struct pair p = stuffed_pair(family, port);

    half_close(p.client);
    expect(p.server, TCP_CLOSE_WAIT, "CLOSE_WAIT");
    expect(p.client, TCP_FIN_WAIT2, "the peer of LAST_ACK");
    leave(p.server, orphan);
    if (!orphan)
        expect(p.server, TCP_LAST_ACK, "LAST_ACK");
}

static void last_ack_owned(int family, int port)
{
    last_ack(family, port, false);
}

static void last_ack_orphan(int family, int port)
{
    last_ack(family, port, true);
}

static void time_wait(int family, int port)
{
    struct place p = loopback(family, port);
    int listener = listen_at(p, 16);

    for (int i = 0; i < 3; i++) {
        int client = connect_to(p, 0, true), server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        close(server);
        expect(client, TCP_CLOSE_WAIT, "CLOSE_WAIT");
        close(client);
    }
}

/* Closed by the peer before anybody accepted it: CLOSE_WAIT without inode. */
static void not_accepted(int family, int port)
{
    listen_at(loopback(family, port), 16);
    int client = connect_to(loopback(family, port), 0, true);
    half_close(client);
    expect(client, TCP_FIN_WAIT2, "the peer of CLOSE_WAIT");
}

/* A dual-stack listener and an IPv4 client: ::ffff:127.0.0.1. */
static void mapped(int family, int port)
{
    struct place any = loopback(AF_INET6, port);

    if (family == AF_INET)
        return;
    any.v6.sin6_addr = in6addr_any;
    int listener = listen_at(any, 16);
    connect_to(loopback(AF_INET, port), 0, true);
    if (accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0)
        err(1, "accept");
}

static void link_local(int family, int port)
{
    struct place p = loopback(AF_INET6, port);

    if (family == AF_INET)
        return;
    inet_pton(AF_INET6, LINK_LOCAL, &p.v6.sin6_addr);
    p.v6.sin6_scope_id = LOOPBACK_INDEX;
    pair_at(p, 0);
}

static const struct recipe {
    int port;
    void (*hold)(int family, int port);
} recipes[] = {
    {3000, time_wait},        {8001, listen_with_queue}, {8002, bound},
    {8003, established},      {8004, keepalive},         {8005, zero_window},
    {8006, syn_sent},         {8007, syn_recv},          {8008, fin_wait1_owned},
    {8009, fin_wait1_orphan}, {8010, fin_wait2_owned},   {8011, fin_wait2_orphan},
    {8012, closing_owned},    {8013, closing_orphan},    {8014, last_ack_owned},
    {8015, last_ack_orphan},  {8016, not_accepted},      {8017, mapped},
    {8018, link_local},
};

/* Loopback up, with a link-local address where there is IPv6. Returns whether there is. */
static bool prepare_loopback(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    struct in6_ifreq addr = {.ifr6_prefixlen = 64, .ifr6_ifindex = LOOPBACK_INDEX};
    struct place p = loopback(AF_INET6, 0);
    int fd = new_socket(AF_INET);

    if (ioctl(fd, SIOCSIFFLAGS, &up) != 0)
        err(1, "loopback up");
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, &p.any, p.len) != 0)
        return false;
    inet_pton(AF_INET6, LINK_LOCAL, &addr.ifr6_addr);
    if (ioctl(fd, SIOCSIFADDR, &addr) != 0 && errno != EEXIST)
        err(1, "link-local address");
    close(fd);
    return true;
}

static bool chosen(int port, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (atoi(argv[i]) == port)
            return true;
    }
    return argc == 1;
}

int main(int argc, char **argv)
{
    bool ipv6 = prepare_loopback();
    char byte;

    for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
        if (!chosen(recipes[i].port, argc, argv))
            continue;
        recipes[i].hold(AF_INET, recipes[i].port);
        if (ipv6)
            recipes[i].hold(AF_INET6, recipes[i].port);
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

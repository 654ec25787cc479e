/* SPDX-License-Identifier: MIT */
/* A development server on [::1]:3000 that closes first: 16 clients load a page each, then it goes
 * on listening. Run it under `unshare -n`. Prints "ready" when all have closed, then waits for the
 * end of standard input. */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT    3000
#define CLIENTS 16

static void loopback_up(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &up) != 0)
        err(1, "loopback up");
    close(fd);
}

static int listen_at(const struct sockaddr_in6 *place)
{
    const int on = 1;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)place, sizeof *place) != 0 || listen(fd, CLIENTS) != 0)
        err(1, "listen");
    return fd;
}

/* A page without keep-alive: the server sends it and closes, then the client does. */
static void load_page(int listener, const struct sockaddr_in6 *place)
{
    int client = socket(AF_INET6, SOCK_STREAM, 0), server;
    char page[64];

    if (client < 0 || connect(client, (const struct sockaddr *)place, sizeof *place) != 0)
        err(1, "connect");
    server = accept(listener, NULL, NULL);
    if (server < 0 || write(client, "GET / HTTP/1.0\r\n\r\n", 18) != 18 ||
        read(server, page, sizeof page) <= 0 || write(server, "HTTP/1.0 200 OK\r\n\r\n", 19) != 19)
        err(1, "page");
    close(server);
    while (read(client, page, sizeof page) > 0)
        ;
    close(client);
}

int main(void)
{
    const struct sockaddr_in6 place = {
        .sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    char byte;

    loopback_up();
    const int listener = listen_at(&place);
    for (int i = 0; i < CLIENTS; i++)
        load_page(listener, &place);
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Connections over loopback that send what a test knows, until standard input ends:
 *
 *   talk RATE            sends RATE bytes per second, fifty times a second, to one that reads
 *   talk stall           sends all it can to one that reads nothing
 *   talk half-closed     the client has closed its direction, the server has not
 *
 * Prints "PORT CLIENT_PORT", and at "stop" on standard input stops sending and prints the bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICKS 50

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static unsigned port_of(int fd)
{
    struct sockaddr_in a;
    socklen_t len = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &len))
        fail("getsockname");
    return ntohs(a.sin_port);
}

/* A listener, a client and the server's end of it. */
static void connect_pair(int fd[3])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;

    fd[0] = socket(AF_INET, SOCK_STREAM, 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    if (fd[0] < 0 || fd[1] < 0 || bind(fd[0], (struct sockaddr *)&a, len) || listen(fd[0], 3) ||
        getsockname(fd[0], (struct sockaddr *)&a, &len) ||
        connect(fd[1], (struct sockaddr *)&a, len))
        fail("connect");
    fd[2] = accept(fd[0], NULL, NULL);
    if (fd[2] < 0)
        fail("accept");
}

static char data[1 << 20];

static size_t send_some(int fd, size_t n)
{
    ssize_t sent = send(fd, data, n < sizeof data ? n : sizeof data, MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN)
        fail("send");
    return sent < 0 ? 0 : (size_t)sent;
}

static void read_all(int fd)
{
    while (recv(fd, data, sizeof data, MSG_DONTWAIT) > 0)
        continue;
}

/* Does a line, or the end, wait on standard input? */
static bool told(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&in, 1, 0) > 0;
}

static void wait_until(struct timespec *due)
{
    due->tv_nsec += 1000000000 / TICKS;
    if (due->tv_nsec >= 1000000000) {
        due->tv_nsec -= 1000000000;
        due->tv_sec++;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL) == EINTR)
        continue;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "0";
    bool stall = !strcmp(how, "stall");
    size_t per_tick = stall ? sizeof data : (size_t)atol(how) / TICKS, sent = 0;
    struct timespec due;
    int fd[3];
    char line[64];

    connect_pair(fd);
    if (!strcmp(how, "half-closed"))
        shutdown(fd[1], SHUT_WR);
    printf("%u %u\n", port_of(fd[0]), port_of(fd[1]));
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &due);
    while (!told()) {
        sent += per_tick ? send_some(fd[1], per_tick) : 0;
        if (!stall)
            read_all(fd[2]);
        wait_until(&due);
    }
    if (fgets(line, sizeof line, stdin)) {
        wait_until(&due);
        if (!stall)
            read_all(fd[2]);
        printf("%zu\n", sent);
        fflush(stdout);
        while (fgets(line, sizeof line, stdin))
            continue;
    }
    return 0;
}

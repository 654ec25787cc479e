/* SPDX-License-Identifier: MIT */
/* Make many TCP sockets on loopback, say so, and hold them until standard input ends.
 *
 *     load ESTABLISHED N [P]  N sockets, both ends of N / 2 connections
 *     load TIME_WAIT N        N entries, all processes share the work; they last a minute
 *
 * For a network namespace of its own. As many processes as the limit of open files asks for, or P;
 * at most 14,000 connections per source address, since connect() looks for a free port ever longer.
 * Gives up after two minutes. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PER_SOURCE     14000u
#define FDS_OF_OURS    64u
#define PROCESSES_MAX  500u
#define TCP_TIMEOUTS_S 120u

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static int listen_on_loopback(struct sockaddr_in *addr)
{
    socklen_t len = sizeof *addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) || listen(fd, 128) ||
        getsockname(fd, (struct sockaddr *)addr, &len))
        fail("listen");
    return fd;
}

/* Connection number `n` of process `process`, from 127.1.process.n / PER_SOURCE + 1. */
static int connect_from(unsigned process, unsigned n, const struct sockaddr_in *to)
{
    uint32_t source = 0x7f010001u + (process << 8) + n / PER_SOURCE;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0)
        fail("socket");
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) ||
        connect(fd, (const struct sockaddr *)to, sizeof *to))
        fail("connect");
    return fd;
}

static void work(unsigned process, unsigned connections, bool hold)
{
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);

    for (unsigned n = 0; n < connections; n++) {
        int client = connect_from(process, n, &addr), server = accept(listener, NULL, NULL);
        if (server < 0)
            fail("accept");
        if (!hold) {
            close(client); /* first: this end gets the TIME_WAIT */
            close(server);
        }
    }
    if (!hold)
        close(listener);
}

static unsigned fds_per_process(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max > 1u << 20)
        return 1u << 20;
    return files.rlim_max > 2 * FDS_OF_OURS ? (unsigned)files.rlim_max - FDS_OF_OURS : FDS_OF_OURS;
}

/* A child makes its share, says so by a byte and keeps it until the parent goes. */
static void child(unsigned process, unsigned connections, bool hold, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(TCP_TIMEOUTS_S);
    work(process, connections, hold);
    alarm(0);
    if (write(ready, "", 1) != 1)
        fail("write");
    pause();
}

static void wait_for_children(int ready, unsigned processes)
{
    char byte;

    while (processes > 0) {
        if (read(ready, &byte, 1) != 1)
            fail("a process failed, so does this");
        processes--;
    }
}

int main(int argc, char **argv)
{
    bool hold = argc >= 3 && strcmp(argv[1], "ESTABLISHED") == 0;
    unsigned long sockets = argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned wanted = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    unsigned connections, processes, share;
    pid_t children[PROCESSES_MAX];
    int ready[2];
    char byte;

    if (!sockets || sockets > 4000000 || (!hold && strcmp(argv[1], "TIME_WAIT") != 0)) {
        fputs("usage: load ESTABLISHED|TIME_WAIT N [PROCESSES]\n", stderr);
        return 2;
    }
    connections = (unsigned)(hold ? sockets / 2 : sockets);
    share = hold ? fds_per_process() / 2 : (connections + 1) / 2;
    if (wanted && (connections + wanted - 1) / wanted < share)
        share = (connections + wanted - 1) / wanted;
    processes = (connections + share - 1) / share;
    if (processes > PROCESSES_MAX || pipe(ready)) {
        fputs("load: too many sockets for this limit of open files\n", stderr);
        return 1;
    }
    for (unsigned p = 0; p < processes; p++) {
        unsigned left = connections - p * share;
        children[p] = fork();
        if (children[p] < 0)
            fail("fork");
        if (children[p] == 0) {
            close(ready[0]);
            child(p, left < share ? left : share, hold, ready[1]);
            _exit(0);
        }
    }
    close(ready[1]);
    alarm(TCP_TIMEOUTS_S);
    wait_for_children(ready[0], processes);
    alarm(0);
    printf("%lu sockets, processes holding them: %u\n", sockets, processes);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    for (unsigned p = 0; p < processes; p++)
        kill(children[p], SIGKILL);
    while (wait(NULL) > 0) /* until the last socket is closed */
        continue;
    return 0;
}

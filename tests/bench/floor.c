/* SPDX-License-Identifier: MIT */
/* The floor of a sample: what the kernel's own dump costs. Sends the request that tcptop sends (one
 * walk for both families, all listed states) and only receives.
 *
 *     floor             one dump
 *     floor SECONDS     a bare tick: each second a dump, and the host's counters read but not
 * parsed
 */
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES 32768
#define LISTED       0x1fffu /* without BOUND_INACTIVE */

static char buffer[BUFFER_BYTES];

static bool ask(int fd)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req req;
    } request = {
        .head = {.nlmsg_len = sizeof request,
                 .nlmsg_type = TCPDIAG_GETSOCK,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .req = {.idiag_states = LISTED},
    };

    return send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request;
}

/* The end of the dump is the last message of a datagram. */
static bool is_last(ssize_t len)
{
    struct nlmsghdr last;
    ssize_t at = len - (ssize_t)NLMSG_SPACE(sizeof(int));

    if (at < 0)
        return true;
    memcpy(&last, buffer + at, sizeof last);
    return last.nlmsg_type == NLMSG_DONE && last.nlmsg_len == NLMSG_LENGTH(sizeof(int));
}

static bool dump(int fd)
{
    unsigned long long bytes = 0;
    ssize_t len;

    if (!ask(fd))
        return false;
    do {
        len = recv(fd, buffer, sizeof buffer, 0);
        if (len <= 0)
            return false;
        bytes += (unsigned long long)len;
    } while (!is_last(len));
    printf("%llu bytes\n", bytes);
    fflush(stdout);
    return true;
}

static bool tick(int fd, long seconds)
{
    static const char *const names[] = {"/proc/net/snmp", "/proc/net/netstat",
                                        "/proc/net/sockstat"};
    int counters[sizeof names / sizeof *names];
    struct timespec due;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        counters[i] = open(names[i], O_RDONLY | O_CLOEXEC);
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (; seconds > 0; seconds--) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (pread(counters[i], buffer, sizeof buffer, 0) <= 0)
                return false;
        if (!dump(fd))
            return false;
        due.tv_sec++;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    return true;
}

int main(int argc, char **argv)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0 || !(argc > 1 ? tick(fd, strtol(argv[1], NULL, 10)) : dump(fd))) {
        perror("floor");
        return 1;
    }
    return 0;
}

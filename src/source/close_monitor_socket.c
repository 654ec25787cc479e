/* The socket that is told of ends: multicast, a large buffer where that is allowed, lost ones
 * counted. */
#include "close_monitor_socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"

#define BUFFER_BYTES (8 << 20) /* doubled by the kernel: 13,000 messages, charged at 1,280 */
#define ROOMY_BYTES  (4 << 20) /* room for what comes during a nap */
#define SPARE_FDS    4u        /* descriptors left for files that come later */

bool close_socket_drops(const struct close_socket *close_socket, uint32_t *drops)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;

    if (getsockopt(close_socket->fd, SOL_SOCKET, SO_MEMINFO, info, &len) ||
        len < (SK_MEMINFO_DROPS + 1) * sizeof info[0])
        return false;
    *drops = info[SK_MEMINFO_DROPS];
    return true;
}

static bool leaves_descriptors(int fd)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) || (rlim_t)fd + SPARE_FDS < limit.rlim_cur;
}

static uint32_t group_bit(unsigned group)
{
    return UINT32_C(1) << (group - 1);
}

static int open_socket(int *fd)
{
    struct sockaddr_nl groups = {
        .nl_family = AF_NETLINK,
        .nl_groups = group_bit(SKNLGRP_INET_TCP_DESTROY) | group_bit(SKNLGRP_INET6_TCP_DESTROY),
    };

    *fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    if (*fd < 0)
        return -errno;
    if (bind(*fd, (const struct sockaddr *)&groups, sizeof groups)) {
        int error = -errno;
        close(*fd);
        return error;
    }
    if (leaves_descriptors(*fd))
        return 0;
    close(*fd);
    return -EMFILE;
}

int close_socket_open(struct close_socket *close_socket, uint16_t netns)
{
    int bytes = BUFFER_BYTES, on = 1, rc;
    socklen_t len = sizeof bytes;

    *close_socket = (struct close_socket){.netns = netns};
    rc = open_socket(&close_socket->fd);
    if (rc)
        return rc;
    uint64_t before = privileges_raise(PRIVILEGE_NET);
    if (setsockopt(close_socket->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
        (void)setsockopt(close_socket->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    privileges_restore(before);
    close_socket->roomy = getsockopt(close_socket->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len) == 0 &&
                          bytes >= ROOMY_BYTES;
    close_socket->counts_drops = close_socket_drops(close_socket, &close_socket->drops);
    /* Else the first loss would stop everything until the buffer is empty. */
    if (close_socket->counts_drops)
        (void)setsockopt(close_socket->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
    return 0;
}

void close_socket_close(struct close_socket *close_socket)
{
    if (close_socket->fd >= 0)
        close(close_socket->fd);
}

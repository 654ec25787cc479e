/* SPDX-License-Identifier: MIT */
/* What the users of a netlink socket that asks the kernel have in common: only the kernel is
 * believed. Whoever has CAP_NET_ADMIN in the network namespace may send to a netlink socket there,
 * and may choose the port and the sequence number that its messages carry. */
#ifndef TCPTOP_SRC_SOURCE_NETLINK_SOCKET_H
#define TCPTOP_SRC_SOURCE_NETLINK_SOCKET_H

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "tcptop/base/clock.h"

#define NETLINK_STRANGERS_MAX 64 /* messages of others that one call skips */

/** Let the kernel refuse what others than itself send to the socket, so that it cannot be flooded:
 *  net/netlink/af_netlink.c netlink_getsockbyportid(). It need not succeed: netlink_receive() looks
 *  at the sender as well. */
static inline void netlink_connect(const struct mnl_socket *socket)
{
    const struct sockaddr_nl peer = {.nl_family = AF_NETLINK};

    (void)connect(mnl_socket_get_fd(socket), (const struct sockaddr *)&peer, sizeof peer);
}

/** A sequence number to begin with, which others cannot guess. */
static inline uint32_t netlink_first_seq(void)
{
    uint32_t seq;

    return getrandom(&seq, sizeof seq, GRND_NONBLOCK) == sizeof seq ? seq
                                                                    : (uint32_t)clock_mono_ns();
}

/** Receive one message of the kernel; those of others are dropped.
 *  Returns its length, 0 at the end of the file, or -1 with errno: EAGAIN also where there were
 *  only messages of others, ENOSPC where the buffer is too small. */
static inline ssize_t netlink_receive(const struct mnl_socket *socket, void *buffer, size_t size)
{
    for (int i = 0; i < NETLINK_STRANGERS_MAX; i++) {
        struct sockaddr_nl from = {0};
        struct iovec iov = {buffer, size};
        struct msghdr message = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1};
        const ssize_t got = recvmsg(mnl_socket_get_fd(socket), &message, 0);

        if (got <= 0)
            return got;
        if (message.msg_namelen != sizeof from || from.nl_pid != 0)
            continue;
        if (!(message.msg_flags & MSG_TRUNC))
            return got;
        errno = ENOSPC;
        return -1;
    }
    errno = EAGAIN;
    return -1;
}

#endif

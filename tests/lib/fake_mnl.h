/* SPDX-License-Identifier: MIT */
/* A netlink socket without a kernel behind it: include this, define fake_sendto() and
 * fake_recvfrom(), then include the source that is to use it. */
#ifndef TESTS_LIB_FAKE_MNL_H
#define TESTS_LIB_FAKE_MNL_H

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/diag_build.h"

/* What was done to it. */
static struct fake_mnl {
    unsigned opened, closed;
    int fd;                     /* what poll() sees */
    int open_error, bind_error; /* errno of opening and binding, 0: they work */
    uint32_t sender;            /* of what fake_recvfrom() returns, which sets it; 0: the kernel */
    bool no_ipv6;               /* for fake_socket() */
} fake_mnl;

/** Nothing was done yet; `readable`: there seems to be an answer at any time, else never. */
static inline void fake_mnl_reset(bool readable)
{
    if (fake_mnl.fd > 0)
        close(fake_mnl.fd);
    fake_mnl = (struct fake_mnl){.fd = eventfd(readable, EFD_CLOEXEC)};
}

static inline struct mnl_socket *fake_open2(int bus, int flags)
{
    (void)bus, (void)flags;
    errno = fake_mnl.open_error;
    if (fake_mnl.open_error)
        return NULL;
    fake_mnl.opened++;
    return (struct mnl_socket *)&fake_mnl;
}

static inline int fake_bind(struct mnl_socket *s, unsigned groups, pid_t pid)
{
    (void)s, (void)groups, (void)pid;
    errno = fake_mnl.bind_error;
    return fake_mnl.bind_error ? -1 : 0;
}

static inline int fake_close(struct mnl_socket *s)
{
    (void)s;
    fake_mnl.closed++;
    return 0;
}

static inline unsigned fake_get_portid(const struct mnl_socket *s)
{
    (void)s;
    return BUILD_PORTID;
}

static inline int fake_get_fd(const struct mnl_socket *s)
{
    (void)s;
    return fake_mnl.fd;
}

/** socket(2) of a kernel that may be without IPv6, for a source that looks: a test whose source
 * does puts it into the place of socket(). */
static inline int fake_socket(int family, int type, int protocol)
{
    (void)type, (void)protocol;
    if (fake_mnl.no_ipv6 && family == AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return eventfd(0, EFD_CLOEXEC);
}

static ssize_t fake_sendto(const struct mnl_socket *s, const void *request, size_t len);
static ssize_t fake_recvfrom(const struct mnl_socket *s, void *buffer, size_t size);

/** Copy an answer, all of its messages with this sequence number. Returns its length. */
static inline ssize_t fake_answer(void *buffer, const struct str *answer, uint32_t seq)
{
    if (answer->len)
        memcpy(buffer, answer->data, answer->len);
    for (size_t at = 0; at + sizeof(struct nlmsghdr) <= answer->len;) {
        struct nlmsghdr h;
        memcpy(&h, (char *)buffer + at, sizeof(h));
        h.nlmsg_seq = seq;
        memcpy((char *)buffer + at, &h, sizeof(h));
        at += (h.nlmsg_len + 3) & ~3u;
    }
    return (ssize_t)answer->len;
}

/* recvmsg(2) in the place of libmnl's receiving: who sent it is looked at. */
static inline ssize_t fake_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct sockaddr_nl *from = message->msg_name;

    (void)fd, (void)flags;
    fake_mnl.sender = 0;
    const ssize_t got = fake_recvfrom((struct mnl_socket *)&fake_mnl, message->msg_iov->iov_base,
                                      message->msg_iov->iov_len);
    *from = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_pid = fake_mnl.sender};
    return got;
}

#define recvmsg               fake_recvmsg
#define mnl_socket_open2      fake_open2
#define mnl_socket_bind       fake_bind
#define mnl_socket_close      fake_close
#define mnl_socket_get_portid fake_get_portid
#define mnl_socket_get_fd     fake_get_fd
#define mnl_socket_sendto     fake_sendto

#endif

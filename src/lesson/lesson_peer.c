/* SPDX-License-Identifier: MIT */
/* The operations of a peer, each a few system calls that any program makes. Three of them keep a
 * state from ending: a FIN waits behind data that does not fit into the peer's closed window
 * (RFC 9293 3.8.6), TCP_DEFER_ACCEPT leaves a connection in SYN_RECV (tcp(7)), and a full accept
 * queue leaves a SYN without an answer (listen(2)). */
#include "tcptop/lesson/lesson_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tcptop/base/clock.h"

#define WAIT_MS      2000
#define BACKLOG      16
#define SMALL_WINDOW 2048
#define DEFER_S      3600 /* longer than anybody looks at it */
#define QUIET_MS     20   /* nothing unacknowledged for so long: nothing more is sent */

void lesson_peer_init(struct lesson_peer *peer)
{
    *peer = (struct lesson_peer){.listener = -1, .socket = -1, .second = -1};
}

static struct sockaddr_in place(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

static int make(int *fd)
{
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *fd < 0 ? -errno : set(*fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

static int bind_to(int fd, uint16_t port)
{
    const struct sockaddr_in at = place(port);
    return bind(fd, (const struct sockaddr *)&at, sizeof at) ? -errno : 0;
}

static int wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    const int ready = poll(&p, 1, WAIT_MS);
    return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : -errno;
}

/* Connect to the server. `answered`: wait until it has answered. */
static int connect_to_server(int fd, bool answered)
{
    const struct sockaddr_in at = place(LESSON_PEER_PORT);
    int error = 0;
    socklen_t len = sizeof error;
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -errno;
    if (!answered)
        return 0;
    const int rc = wait_for(fd, POLLOUT);
    if (rc)
        return rc;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? -errno : -error;
}

static int listen_with(struct lesson_peer *peer, int backlog, int defer_s)
{
    int rc = make(&peer->listener);
    if (!rc)
        rc = bind_to(peer->listener, LESSON_PEER_PORT);
    if (!rc && defer_s)
        rc = set(peer->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_s);
    if (!rc && listen(peer->listener, backlog))
        rc = -errno;
    return rc;
}

static int do_listen(struct lesson_peer *peer)
{
    return listen_with(peer, BACKLOG, 0);
}

/* It is full with more than its backlog in it: net/sock.h sk_acceptq_is_full(). */
static int do_listen_full(struct lesson_peer *peer)
{
    return listen_with(peer, 0, 0);
}

static int do_listen_deferring(struct lesson_peer *peer)
{
    return listen_with(peer, BACKLOG, DEFER_S);
}

static int do_bind(struct lesson_peer *peer)
{
    const int rc = make(&peer->listener);
    return rc ? rc : bind_to(peer->listener, LESSON_PEER_PORT);
}

static int do_bind_twice(struct lesson_peer *peer)
{
    (void)peer;
    int fd, rc = make(&fd);
    if (!rc)
        rc = set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (!rc)
        rc = bind_to(fd, LESSON_PEER_PORT);
    if (fd >= 0)
        close(fd);
    return rc == -EADDRINUSE ? 0 : rc ? rc : -EEXIST;
}

static int do_listen_bound(struct lesson_peer *peer)
{
    return listen(peer->listener, BACKLOG) ? -errno : 0;
}

static int do_accept(struct lesson_peer *peer)
{
    const int rc = wait_for(peer->listener, POLLIN);
    if (rc)
        return rc;
    peer->socket = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return peer->socket < 0 ? -errno : 0;
}

static int connect_with(struct lesson_peer *peer, int window, uint16_t port)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int rc = make(&peer->socket);
    if (!rc && window)
        rc = set(peer->socket, SOL_SOCKET, SO_RCVBUF, window);
    if (!rc && port)
        rc = bind_to(peer->socket, port);
    if (!rc)
        rc = connect_to_server(peer->socket, true);
    if (!rc && getsockname(peer->socket, (struct sockaddr *)&at, &len))
        rc = -errno;
    if (!rc)
        peer->port = ntohs(at.sin_port);
    return rc;
}

static int do_connect(struct lesson_peer *peer)
{
    return connect_with(peer, 0, 0);
}

static int do_connect_small(struct lesson_peer *peer)
{
    return connect_with(peer, SMALL_WINDOW, 0);
}

static int do_connect_again(struct lesson_peer *peer)
{
    return connect_with(peer, 0, peer->port);
}

static int do_connect_unanswered(struct lesson_peer *peer)
{
    const int rc = make(&peer->second);
    return rc ? rc : connect_to_server(peer->second, false);
}

/* Until nothing has been unacknowledged for a while. */
static int settle(int fd)
{
    const struct timespec nap = {.tv_nsec = NS_PER_MS};
    struct tcp_info info;
    for (int quiet = 0, i = 0; i < WAIT_MS; i++) {
        socklen_t len = sizeof info;
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
            return -errno;
        quiet = info.tcpi_unacked == 0 ? quiet + 1 : 0;
        if (quiet == QUIET_MS)
            return 0;
        nanosleep(&nap, NULL);
    }
    return -ETIMEDOUT;
}

static int do_write(struct lesson_peer *peer)
{
    static const char data[LESSON_PEER_BYTES] = "unread";
    return write(peer->socket, data, sizeof data) == sizeof data ? settle(peer->socket) : -EIO;
}

static int do_fill(struct lesson_peer *peer)
{
    static const char data[4096];
    const int rc = set(peer->socket, SOL_SOCKET, SO_SNDBUF, 8 * SMALL_WINDOW);
    if (rc)
        return rc;
    while (write(peer->socket, data, sizeof data) > 0)
        ;
    return errno == EAGAIN ? settle(peer->socket) : -errno;
}

static int do_read_all(struct lesson_peer *peer)
{
    static char data[65536];
    int rc;
    while ((rc = wait_for(peer->socket, POLLIN)) == 0) {
        const ssize_t n = read(peer->socket, data, sizeof data);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EAGAIN)
            return -errno;
    }
    return rc;
}

static int do_shut(struct lesson_peer *peer)
{
    return shutdown(peer->socket, SHUT_WR) ? -errno : 0;
}

static int close_one(int *fd)
{
    const int closing = *fd;
    *fd = -1;
    return close(closing) ? -errno : 0;
}

static int do_close(struct lesson_peer *peer)
{
    return close_one(&peer->socket);
}

static int do_close_second(struct lesson_peer *peer)
{
    return close_one(&peer->second);
}

static int do_close_listener(struct lesson_peer *peer)
{
    return close_one(&peer->listener);
}

/* By RST, which leaves no TIME_WAIT. */
static int do_abandon(struct lesson_peer *peer)
{
    const struct linger now = {.l_onoff = 1};
    int *const fds[] = {&peer->socket, &peer->second, &peer->listener};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] < 0)
            continue;
        setsockopt(*fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close_one(fds[i]);
    }
    return 0;
}

int lesson_peer_do(struct lesson_peer *peer, enum lesson_op op)
{
    static int (*const ops[LESSON_OP_COUNT])(struct lesson_peer *) = {
        [LESSON_OP_ABANDON] = do_abandon,
        [LESSON_OP_BIND] = do_bind,
        [LESSON_OP_BIND_TWICE] = do_bind_twice,
        [LESSON_OP_LISTEN_BOUND] = do_listen_bound,
        [LESSON_OP_LISTEN] = do_listen,
        [LESSON_OP_LISTEN_FULL] = do_listen_full,
        [LESSON_OP_LISTEN_DEFERRING] = do_listen_deferring,
        [LESSON_OP_ACCEPT] = do_accept,
        [LESSON_OP_CONNECT] = do_connect,
        [LESSON_OP_CONNECT_SMALL] = do_connect_small,
        [LESSON_OP_CONNECT_AGAIN] = do_connect_again,
        [LESSON_OP_CONNECT_UNANSWERED] = do_connect_unanswered,
        [LESSON_OP_WRITE] = do_write,
        [LESSON_OP_FILL] = do_fill,
        [LESSON_OP_READ_ALL] = do_read_all,
        [LESSON_OP_SHUT] = do_shut,
        [LESSON_OP_CLOSE] = do_close,
        [LESSON_OP_CLOSE_SECOND] = do_close_second,
        [LESSON_OP_CLOSE_LISTENER] = do_close_listener,
    };
    return (unsigned)op < LESSON_OP_COUNT && ops[op] ? ops[op](peer) : -EINVAL;
}

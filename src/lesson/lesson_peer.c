/* The acts, each a few calls that any program makes. How a state is held: a FIN queues behind data
 * that the peer's shut window keeps back (RFC 9293 3.8.6), TCP_DEFER_ACCEPT keeps a request one
 * (tcp(7)), a full accept queue leaves a SYN without an answer (listen(2)). */
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

#define PATIENCE_MS  2000
#define BACKLOG      16
#define SMALL_WINDOW 2048
#define DEFER_S      3600 /* longer than anybody looks at it */
#define QUIET_MS     20   /* nothing unacknowledged for so long: nothing more is sent */

void actor_init(struct actor *a)
{
    *a = (struct actor){.listener = -1, .socket = -1, .second = -1};
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
    const int ready = poll(&p, 1, PATIENCE_MS);
    return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : -errno;
}

/* To the server; `answered`: done when it has answered. */
static int connect_to_server(int fd, bool answered)
{
    const struct sockaddr_in at = place(ACTOR_PORT);
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

static int listen_with(struct actor *a, int backlog, int defer_s)
{
    int rc = make(&a->listener);
    if (!rc)
        rc = bind_to(a->listener, ACTOR_PORT);
    if (!rc && defer_s)
        rc = set(a->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_s);
    if (!rc && listen(a->listener, backlog))
        rc = -errno;
    return rc;
}

static int do_listen(struct actor *a)
{
    return listen_with(a, BACKLOG, 0);
}

/* It is full with more than its backlog in it: net/sock.h sk_acceptq_is_full(). */
static int do_listen_full(struct actor *a)
{
    return listen_with(a, 0, 0);
}

static int do_listen_deferring(struct actor *a)
{
    return listen_with(a, BACKLOG, DEFER_S);
}

static int do_bind(struct actor *a)
{
    const int rc = make(&a->listener);
    return rc ? rc : bind_to(a->listener, ACTOR_PORT);
}

static int do_bind_twice(struct actor *a)
{
    (void)a;
    int fd, rc = make(&fd);
    if (!rc)
        rc = set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    if (!rc)
        rc = bind_to(fd, ACTOR_PORT);
    if (fd >= 0)
        close(fd);
    return rc == -EADDRINUSE ? 0 : rc ? rc : -EEXIST;
}

static int do_listen_bound(struct actor *a)
{
    return listen(a->listener, BACKLOG) ? -errno : 0;
}

static int do_accept(struct actor *a)
{
    const int rc = wait_for(a->listener, POLLIN);
    if (rc)
        return rc;
    a->socket = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return a->socket < 0 ? -errno : 0;
}

static int connect_with(struct actor *a, int window, uint16_t port)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int rc = make(&a->socket);
    if (!rc && window)
        rc = set(a->socket, SOL_SOCKET, SO_RCVBUF, window);
    if (!rc && port)
        rc = bind_to(a->socket, port);
    if (!rc)
        rc = connect_to_server(a->socket, true);
    if (!rc && getsockname(a->socket, (struct sockaddr *)&at, &len))
        rc = -errno;
    if (!rc)
        a->port = ntohs(at.sin_port);
    return rc;
}

static int do_connect(struct actor *a)
{
    return connect_with(a, 0, 0);
}

static int do_connect_small(struct actor *a)
{
    return connect_with(a, SMALL_WINDOW, 0);
}

static int do_connect_again(struct actor *a)
{
    return connect_with(a, 0, a->port);
}

static int do_connect_unanswered(struct actor *a)
{
    const int rc = make(&a->second);
    return rc ? rc : connect_to_server(a->second, false);
}

/* Until nothing has been unacknowledged for a while. */
static int settle(int fd)
{
    const struct timespec nap = {.tv_nsec = NS_PER_MS};
    struct tcp_info info;
    for (int quiet = 0, i = 0; i < PATIENCE_MS; i++) {
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

static int do_write(struct actor *a)
{
    static const char data[ACTOR_BYTES] = "unread";
    return write(a->socket, data, sizeof data) == sizeof data ? settle(a->socket) : -EIO;
}

static int do_fill(struct actor *a)
{
    static const char data[4096];
    const int rc = set(a->socket, SOL_SOCKET, SO_SNDBUF, 8 * SMALL_WINDOW);
    if (rc)
        return rc;
    while (write(a->socket, data, sizeof data) > 0)
        ;
    return errno == EAGAIN ? settle(a->socket) : -errno;
}

static int do_read_all(struct actor *a)
{
    static char data[65536];
    int rc;
    while ((rc = wait_for(a->socket, POLLIN)) == 0) {
        const ssize_t n = read(a->socket, data, sizeof data);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EAGAIN)
            return -errno;
    }
    return rc;
}

static int do_shut(struct actor *a)
{
    return shutdown(a->socket, SHUT_WR) ? -errno : 0;
}

static int close_one(int *fd)
{
    const int closing = *fd;
    *fd = -1;
    return close(closing) ? -errno : 0;
}

static int do_close(struct actor *a)
{
    return close_one(&a->socket);
}

static int do_close_second(struct actor *a)
{
    return close_one(&a->second);
}

static int do_close_listener(struct actor *a)
{
    return close_one(&a->listener);
}

/* By RST, which leaves no TIME_WAIT. */
static int do_abandon(struct actor *a)
{
    const struct linger now = {.l_onoff = 1};
    int *const fds[] = {&a->socket, &a->second, &a->listener};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] < 0)
            continue;
        setsockopt(*fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close_one(fds[i]);
    }
    return 0;
}

int actor_do(struct actor *a, enum act act)
{
    static int (*const acts[ACT_COUNT])(struct actor *) = {
        [ACT_ABANDON] = do_abandon,
        [ACT_BIND] = do_bind,
        [ACT_BIND_TWICE] = do_bind_twice,
        [ACT_LISTEN_BOUND] = do_listen_bound,
        [ACT_LISTEN] = do_listen,
        [ACT_LISTEN_FULL] = do_listen_full,
        [ACT_LISTEN_DEFERRING] = do_listen_deferring,
        [ACT_ACCEPT] = do_accept,
        [ACT_CONNECT] = do_connect,
        [ACT_CONNECT_SMALL] = do_connect_small,
        [ACT_CONNECT_AGAIN] = do_connect_again,
        [ACT_CONNECT_UNANSWERED] = do_connect_unanswered,
        [ACT_WRITE] = do_write,
        [ACT_FILL] = do_fill,
        [ACT_READ_ALL] = do_read_all,
        [ACT_SHUT] = do_shut,
        [ACT_CLOSE] = do_close,
        [ACT_CLOSE_SECOND] = do_close_second,
        [ACT_CLOSE_LISTENER] = do_close_listener,
    };
    return (unsigned)act < ACT_COUNT && acts[act] ? acts[act](a) : -EINVAL;
}

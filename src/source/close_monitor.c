/* SPDX-License-Identifier: MIT */
/* Receives the kernel's notification of each TCP socket that is destroyed, on a thread of its own.
 *
 * The thread parses the notifications into rows of a sample that no other thread sees until
 * close_monitor_take() hands it over. Each namespace has a multicast socket, with a large receive
 * buffer where that is allowed, whose losses the kernel counts. close_monitor_join at the end
 * connects the sampling of one namespace with its own monitor or one that it shares. */
#include "tcptop/source/close_monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/kernel_version.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/netlink.h"

#define CLOSE_SOCKETS_MAX 1024             /* namespaces */
#define BURST             32u              /* messages received by one call */
#define MESSAGE_MAX       1024u            /* bytes of one; they have 380 on Linux 6.18 */
#define BUFFER_BYTES      (8 << 20)        /* doubled by the kernel: 13,000 messages of 1,280 */
#define LARGE_BYTES       (4 << 20)        /* a buffer that holds what arrives within NAP_NS */
#define SPARE_FDS         4u               /* descriptors left for files that are opened later */
#define NAP_NS            (20 * NS_PER_MS) /* pause between two reads: fewer wake-ups */
#define BUDGET_NS         NS_PER_S         /* the time over which the share is kept */
#define RETRY_NS          (30 * NS_PER_S)
#define EINTR_MAX         100

/* One namespace's socket. */
struct close_socket {
    int fd; /* -1: never opened */
    uint16_t netns;
    bool failed;       /* it failed or could not be opened: nothing is received from it */
    bool counts_drops; /* the kernel says how many messages were lost: Linux 4.12 */
    bool large;        /* it got a large buffer */
    uint32_t drops;    /* as counted last */
};

struct close_monitor {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;  /* on the monotonic clock; ends a nap */
    int wake_fd;          /* eventfd; ends a poll */
    bool stop;
    double share;
    int64_t window_ns, spent_ns; /* when the current second began, and CPU time used in it */

    struct close_socket sockets[CLOSE_SOCKETS_MAX];
    struct pollfd fds[CLOSE_SOCKETS_MAX + 1]; /* the thread's */
    unsigned n_sockets;

    struct sample_pool *pool;
    struct sample_builder *events; /* received since the last take; NULL: none */
    uint32_t before_dump;          /* of them: received before close_monitor_mark() */
    bool nothing_taken;            /* no take yet: receiving began between two samples */
    uint64_t lost;
    bool lost_vaguely;

    struct mmsghdr message[BURST];
    struct iovec iov[BURST];
    struct sockaddr_nl from[BURST];
    _Alignas(8) uint8_t bytes[BURST][MESSAGE_MAX];
};

/* The socket ------------------------------------------------------------ */

/* How many messages the kernel has dropped so far; wraps. False when it does not say. */
static bool close_socket_drops(const struct close_socket *sock, uint32_t *drops)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;

    if (getsockopt(sock->fd, SOL_SOCKET, SO_MEMINFO, info, &len) ||
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

/* A kernel that does not have the groups lets everybody join them, and never sends anything. */
static int open_socket(int *fd)
{
    struct sockaddr_nl groups = {
        .nl_family = AF_NETLINK,
        .nl_groups = group_bit(SKNLGRP_INET_TCP_DESTROY) | group_bit(SKNLGRP_INET6_TCP_DESTROY),
    };

    if (!kernel_version_reaches(4, 2))
        return -EOPNOTSUPP;
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

/* Open the socket in the namespace of the calling thread. Returns 0 or -errno, -EMFILE also when
 * few descriptors would be left. */
static int close_socket_open(struct close_socket *sock, uint16_t netns)
{
    int bytes = BUFFER_BYTES, on = 1, rc;
    socklen_t len = sizeof bytes;

    *sock = (struct close_socket){.netns = netns};
    rc = open_socket(&sock->fd);
    if (rc)
        return rc;
    const uint64_t before = privileges_raise(PRIVILEGE_NET);
    if (setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
        (void)setsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    privileges_restore(before);
    sock->large =
        getsockopt(sock->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len) == 0 && bytes >= LARGE_BYTES;
    sock->counts_drops = close_socket_drops(sock, &sock->drops);
    /* Without this option the first loss stops delivery until the buffer is empty. */
    if (sock->counts_drops)
        (void)setsockopt(sock->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
    return 0;
}

static void close_socket_close(struct close_socket *sock)
{
    if (sock->fd >= 0)
        close(sock->fd);
}

/* Receiving ------------------------------------------------------------ */

static bool is_full(const struct close_monitor *w)
{
    return w->events && w->events->sample.n_live >= CLOSE_MONITOR_KEPT;
}

static bool is_over_budget(const struct close_monitor *w)
{
    return (double)w->spent_ns > w->share * (double)BUDGET_NS;
}

/* Turn one message into a row. Any process may send to a netlink socket; a message that does not
 * come from the kernel (port 0) is ignored. */
static void add_event(struct close_monitor *w, const struct close_socket *sock, unsigned i)
{
    struct diag d = {.builder = w->events, .states = STATE_MASK_LISTED, .destroyed = true};
    const struct msghdr *h = &w->message[i].msg_hdr;
    uint32_t before = w->events->sample.n_live;

    if (h->msg_namelen < sizeof w->from[i] || w->from[i].nl_pid != 0)
        return;
    if (h->msg_flags & MSG_TRUNC ||
        diag_parse(&d, w->bytes[i], w->message[i].msg_len) == DIAG_NO_MEMORY)
        w->lost++;
    w->lost += w->events->sample.rejected;
    w->events->sample.rejected = 0;
    for (uint32_t row = before; row < w->events->sample.n_live; row++) {
        w->events->sample.conn[row].netns = sock->netns;
        w->events->sample.conn[row].cgroup =
            0; /* a number of these rows means nothing in a sample */
    }
}

static bool prepare_receive(struct close_monitor *w)
{
    if (!w->events)
        w->events = sample_builder_new(w->pool);
    if (!w->events)
        return false;
    w->events->sample.needs = NEED_TCP_INFO;
    for (unsigned i = 0; i < BURST; i++) {
        w->iov[i] = (struct iovec){w->bytes[i], MESSAGE_MAX};
        w->message[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &w->from[i],
                                                     .msg_namelen = sizeof w->from[i],
                                                     .msg_iov = &w->iov[i],
                                                     .msg_iovlen = 1}};
    }
    return true;
}

/* Receive one batch of notifications. Returns false when the socket has no more. */
static bool receive_batch(struct close_monitor *w, struct close_socket *sock)
{
    int got;

    if (!prepare_receive(w))
        return false;
    for (int i = 0; i < EINTR_MAX; i++) {
        got = recvmmsg(sock->fd, w->message, BURST, MSG_DONTWAIT, NULL);
        if (got >= 0 || errno != EINTR)
            break;
    }
    if (got < 0 && errno == ENOBUFS) { /* some were lost; the kernel does not say how many */
        w->lost++;
        w->lost_vaguely = true;
        return true;
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        sock->failed = true;
    for (int i = 0; i < got; i++)
        add_event(w, sock, (unsigned)i);
    return got == (int)BURST;
}

/* Receive from all sockets until they are empty, CLOSE_MONITOR_KEPT rows are held or the CPU time
 * is used up. */
static void receive_all(struct close_monitor *w)
{
    int64_t now = clock_mono_ns();

    if (now - w->window_ns >= BUDGET_NS) {
        w->window_ns = now;
        w->spent_ns = 0;
    }
    for (unsigned i = 0; i < w->n_sockets; i++) {
        struct close_socket *sock = &w->sockets[i];
        bool more = !sock->failed;
        while (more && !is_full(w) && !is_over_budget(w)) {
            int64_t then = clock_thread_cpu_ns();
            more = receive_batch(w, sock);
            w->spent_ns += clock_thread_cpu_ns() - then;
        }
    }
}

/* Add the messages that the kernel has dropped since the last call. */
static void count_drops(struct close_monitor *w)
{
    for (unsigned i = 0; i < w->n_sockets; i++) {
        struct close_socket *sock = &w->sockets[i];
        uint32_t drops;
        if (sock->failed || !sock->counts_drops || !close_socket_drops(sock, &drops))
            continue;
        w->lost += drops - sock->drops;
        sock->drops = drops;
    }
}

/* The thread ------------------------------------------------------------ */

static nfds_t fill_fds(struct close_monitor *w)
{
    nfds_t n = 0;

    w->fds[n++] = (struct pollfd){.fd = w->wake_fd, .events = POLLIN};
    for (unsigned i = 0; i < w->n_sockets; i++) {
        if (!w->sockets[i].failed)
            w->fds[n++] = (struct pollfd){.fd = w->sockets[i].fd, .events = POLLIN};
    }
    return n;
}

/* Until when nothing is to be received, on the monotonic clock: 0 not to wait, INT64_MAX until the
 * next close_monitor_take(). */
static int64_t pause_end(const struct close_monitor *w)
{
    if (is_full(w))
        return INT64_MAX;
    if (is_over_budget(w))
        return w->window_ns + BUDGET_NS;
    for (unsigned i = 0; i < w->n_sockets; i++) {
        if (!w->sockets[i].large)
            return 0;
    }
    return clock_mono_ns() + NAP_NS;
}

/* Wait as pause_end() says, or until the monitor stops. Needs the lock. */
static void pause_receiving(struct close_monitor *w)
{
    int64_t end = pause_end(w);

    while (!w->stop && (end == INT64_MAX ? is_full(w) : clock_mono_ns() < end)) {
        if (end == INT64_MAX)
            pthread_cond_wait(&w->wake, &w->lock);
        else
            thread_wait_until(&w->wake, &w->lock, end);
    }
}

static void *close_monitor_main(void *arg)
{
    struct close_monitor *w = arg;
    eventfd_t woken;

    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        nfds_t n = fill_fds(w);
        pthread_mutex_unlock(&w->lock);
        poll(w->fds, n, -1);
        if (w->fds[0].revents)
            (void)eventfd_read(w->wake_fd, &woken);
        pthread_mutex_lock(&w->lock);
        receive_all(w);
        pause_receiving(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void wake(struct close_monitor *w)
{
    pthread_cond_signal(&w->wake);
    (void)eventfd_write(w->wake_fd, 1);
}

static int start(struct close_monitor *w)
{
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake_fd < 0)
        return -errno;
    w->pool = sample_pool_new();
    if (!w->pool)
        return -ENOMEM;
    pthread_mutex_init(&w->lock, NULL);
    thread_condition_init(&w->wake);
    return thread_start(&w->thread, close_monitor_main, w);
}

static void release(struct close_monitor *w)
{
    for (unsigned i = 0; i < w->n_sockets; i++)
        close_socket_close(&w->sockets[i]);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    sample_discard(w->events);
    sample_pool_free(w->pool);
    free(w);
}

int close_monitor_new(struct close_monitor **out, double share)
{
    struct close_monitor *w = calloc(1, sizeof *w);
    int rc;

    if (!w)
        return -ENOMEM;
    w->share = share;
    w->nothing_taken = true;
    rc = start(w);
    if (rc) {
        release(w);
        return rc;
    }
    *out = w;
    return 0;
}

void close_monitor_free(struct close_monitor *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    wake(w);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    release(w);
}

int close_monitor_add(struct close_monitor *w, uint16_t netns)
{
    struct close_socket sock;
    int rc = close_socket_open(&sock, netns);

    if (rc) {
        sock.fd = -1;
        sock.failed = true;
    }
    pthread_mutex_lock(&w->lock);
    if (w->n_sockets < CLOSE_SOCKETS_MAX) {
        w->sockets[w->n_sockets++] = sock;
    } else {
        close_socket_close(&sock);
        rc = -EMFILE;
    }
    wake(w);
    pthread_mutex_unlock(&w->lock);
    return rc;
}

static struct close_socket *close_socket_of(struct close_monitor *w, uint16_t netns)
{
    for (unsigned i = 0; i < w->n_sockets; i++) {
        if (w->sockets[i].netns == netns)
            return &w->sockets[i];
    }
    return NULL;
}

bool close_monitor_receives(struct close_monitor *w, uint16_t netns)
{
    const struct close_socket *sock;
    bool receives;

    pthread_mutex_lock(&w->lock);
    sock = close_socket_of(w, netns);
    receives = sock && !sock->failed;
    pthread_mutex_unlock(&w->lock);
    return receives;
}

/* The thread may be in poll() for the socket, which would keep the socket and so its namespace
 * alive: it is woken. */
void close_monitor_remove(struct close_monitor *w, uint16_t netns)
{
    struct close_socket *sock;

    pthread_mutex_lock(&w->lock);
    receive_all(w);
    count_drops(w);
    sock = close_socket_of(w, netns);
    if (sock) {
        close_socket_close(sock);
        *sock = w->sockets[--w->n_sockets];
        wake(w);
    }
    pthread_mutex_unlock(&w->lock);
}

void close_monitor_mark(struct close_monitor *w)
{
    pthread_mutex_lock(&w->lock);
    receive_all(w);
    w->before_dump = w->events ? w->events->sample.n_live : 0;
    pthread_mutex_unlock(&w->lock);
}

void close_monitor_take(struct close_monitor *w, struct sample_builder *b)
{
    struct sample *s = &b->sample;

    pthread_mutex_lock(&w->lock);
    receive_all(w);
    count_drops(w);
    b->close_events = w->events ? sample_publish(w->events) : NULL;
    b->events_before_dump = w->before_dump;
    s->close_stats.lost = w->lost;
    s->close_stats.lost_vaguely = w->lost_vaguely;
    s->close_events_known = !w->nothing_taken && w->n_sockets > 0;
    for (unsigned i = 0; i < w->n_sockets; i++)
        s->close_events_known &= !w->sockets[i].failed;
    w->events = NULL;
    w->before_dump = 0;
    w->lost = 0;
    w->lost_vaguely = w->nothing_taken = false;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

/* One namespace ------------------------------------------------------------ */

static int join_start(struct close_monitor_join *join, struct close_monitor *shared, double share)
{
    int rc = 0;

    if (!join->monitor && shared)
        join->monitor = shared;
    else if (!join->monitor)
        rc = close_monitor_new(&join->monitor, share);
    join->shared = join->monitor == shared;
    return rc ? rc : close_monitor_add(join->monitor, join->netns);
}

static void join_stop(struct close_monitor_join *join)
{
    if (join->monitor && join->shared)
        close_monitor_remove(join->monitor, join->netns);
    else
        close_monitor_free(join->monitor);
    join->monitor = NULL;
}

static void join_update(struct close_monitor_join *join, struct close_monitor *shared, double share,
                        uint16_t netns)
{
    int rc;

    if (share <= 0) {
        close_monitor_join_close(join);
        return;
    }
    if (join->refused || clock_mono_ns() < join->retry_ns)
        return;
    if (join->monitor && close_monitor_receives(join->monitor, join->netns))
        return;
    join_stop(join);
    join->netns = netns;
    rc = join_start(join, shared, share);
    if (!rc)
        return;
    join->refused = netlink_refused(rc);
    join->retry_ns = clock_mono_ns() + RETRY_NS;
    if (!join->shared) /* in a shared monitor the failed socket stays: it makes the counts unknown
                        */
        join_stop(join);
}

void close_monitor_join_open(struct close_monitor_join *join, struct close_monitor *shared,
                             double share, uint16_t netns)
{
    join_update(join, shared, share, netns);
    if (join->monitor && !join->shared)
        close_monitor_mark(join->monitor);
}

void close_monitor_join_take(struct close_monitor_join *join, struct sample_builder *b)
{
    if (join->monitor && !join->shared)
        close_monitor_take(join->monitor, b);
}

void close_monitor_join_close(struct close_monitor_join *join)
{
    join_stop(join);
    *join = (struct close_monitor_join){0};
}

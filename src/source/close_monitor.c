/* Multicast messages about the ends of sockets → rows of a sample that nobody else sees yet. */
#include "tcptop/source/close_monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "close_monitor_socket.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/diag.h"

#define CLOSE_SOCKETS_MAX 1024             /* namespaces */
#define BURST             32u              /* messages received by one call */
#define MESSAGE_MAX       1024u            /* bytes of one; they have 380 on Linux 6.18 */
#define NAP_NS            (20 * NS_PER_MS) /* between two looks into such a buffer: fewer wake-ups */
#define BUDGET_NS         NS_PER_S         /* the time over which the share is kept */
#define EINTR_MAX         100

struct close_monitor {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;  /* on the monotonic clock; ends a nap */
    int wake_fd;          /* eventfd; ends a poll */
    bool stop;
    double share;
    int64_t window_ns, spent_ns; /* since when it is kept, and the CPU time used since */

    struct close_socket close_socket[CLOSE_SOCKETS_MAX];
    struct pollfd fds[CLOSE_SOCKETS_MAX + 1]; /* the thread's */
    unsigned n_close_sockets;

    struct sample_pool *pool;
    struct sample *events; /* since the last take; NULL: nothing */
    uint32_t marked;       /* of them: before the dump under way began */
    bool fresh;            /* nothing was taken yet: hearing began in between */
    uint64_t lost;
    bool lost_vaguely;

    struct mmsghdr message[BURST];
    struct iovec iov[BURST];
    struct sockaddr_nl from[BURST];
    _Alignas(8) uint8_t bytes[BURST][MESSAGE_MAX];
};

/* Listening ------------------------------------------------------------ */

static bool is_full(const struct close_monitor *w)
{
    return w->events && w->events->n_live >= CLOSE_MONITOR_KEPT;
}

static bool is_over_budget(const struct close_monitor *w)
{
    return (double)w->spent_ns > w->share * (double)BUDGET_NS;
}

/* One message becomes a row. Whoever may send to a netlink socket, only the kernel is believed. */
static void hear(struct close_monitor *w, const struct close_socket *close_socket, unsigned i)
{
    struct diag d = {.sample = w->events, .states = STATE_MASK_LISTED};
    const struct msghdr *h = &w->message[i].msg_hdr;
    uint32_t before = w->events->n_live;

    if (h->msg_namelen < sizeof w->from[i] || w->from[i].nl_pid != 0)
        return;
    if (h->msg_flags & MSG_TRUNC ||
        diag_parse(&d, w->bytes[i], w->message[i].msg_len) == DIAG_NO_MEMORY)
        w->lost++;
    w->lost += w->events->rejected;
    w->events->rejected = 0;
    for (uint32_t row = before; row < w->events->n_live; row++)
        w->events->conn[row].netns = close_socket->netns;
}

static bool prepare(struct close_monitor *w)
{
    if (!w->events)
        w->events = sample_new(w->pool);
    if (!w->events)
        return false;
    w->events->needs = NEED_TCP_INFO;
    for (unsigned i = 0; i < BURST; i++) {
        w->iov[i] = (struct iovec){w->bytes[i], MESSAGE_MAX};
        w->message[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &w->from[i],
                                                     .msg_namelen = sizeof w->from[i],
                                                     .msg_iov = &w->iov[i],
                                                     .msg_iovlen = 1}};
    }
    return true;
}

/* What one call brings: false when there is no more. */
static bool listen_once(struct close_monitor *w, struct close_socket *close_socket)
{
    int got;

    if (!prepare(w))
        return false;
    for (int i = 0; i < EINTR_MAX; i++) {
        got = recvmmsg(close_socket->fd, w->message, BURST, MSG_DONTWAIT, NULL);
        if (got >= 0 || errno != EINTR)
            break;
    }
    if (got < 0 && errno == ENOBUFS) { /* so many, and no number */
        w->lost++;
        w->lost_vaguely = true;
        return true;
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        close_socket->failed = true;
    for (int i = 0; i < got; i++)
        hear(w, close_socket, (unsigned)i);
    return got == (int)BURST;
}

/* Take in what all sockets hold, as far as there is room and time. */
static void listen_all(struct close_monitor *w)
{
    int64_t now = clock_mono_ns();

    if (now - w->window_ns >= BUDGET_NS) {
        w->window_ns = now;
        w->spent_ns = 0;
    }
    for (unsigned i = 0; i < w->n_close_sockets; i++) {
        struct close_socket *close_socket = &w->close_socket[i];
        bool more = !close_socket->failed;
        while (more && !is_full(w) && !is_over_budget(w)) {
            int64_t then = clock_thread_cpu_ns();
            more = listen_once(w, close_socket);
            w->spent_ns += clock_thread_cpu_ns() - then;
        }
    }
}

/* What the kernel dropped since the last look. */
static void count_drops(struct close_monitor *w)
{
    for (unsigned i = 0; i < w->n_close_sockets; i++) {
        struct close_socket *close_socket = &w->close_socket[i];
        uint32_t drops;
        if (close_socket->failed || !close_socket->counts_drops ||
            !close_socket_drops(close_socket, &drops))
            continue;
        w->lost += drops - close_socket->drops;
        close_socket->drops = drops;
    }
}

/* The thread ------------------------------------------------------------ */

static nfds_t fill_fds(struct close_monitor *w)
{
    nfds_t n = 0;

    w->fds[n++] = (struct pollfd){.fd = w->wake_fd, .events = POLLIN};
    for (unsigned i = 0; i < w->n_close_sockets; i++) {
        if (!w->close_socket[i].failed)
            w->fds[n++] = (struct pollfd){.fd = w->close_socket[i].fd, .events = POLLIN};
    }
    return n;
}

/* Until when the sockets are better left alone; 0: they are not. INT64_MAX: until a take. */
static int64_t rest_until(const struct close_monitor *w)
{
    if (is_full(w))
        return INT64_MAX;
    if (is_over_budget(w))
        return w->window_ns + BUDGET_NS;
    for (unsigned i = 0; i < w->n_close_sockets; i++) {
        if (!w->close_socket[i].roomy)
            return 0;
    }
    return clock_mono_ns() + NAP_NS;
}

/* Needs the lock. */
static void rest(struct close_monitor *w)
{
    int64_t end = rest_until(w);

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
        listen_all(w);
        rest(w);
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
    for (unsigned i = 0; i < w->n_close_sockets; i++)
        close_socket_close(&w->close_socket[i]);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    sample_unref(w->events);
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
    w->fresh = true;
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
    struct close_socket close_socket;
    int rc = close_socket_open(&close_socket, netns);

    if (rc) {
        close_socket.fd = -1;
        close_socket.failed = true;
    }
    pthread_mutex_lock(&w->lock);
    if (w->n_close_sockets < CLOSE_SOCKETS_MAX) {
        w->close_socket[w->n_close_sockets++] = close_socket;
    } else {
        close_socket_close(&close_socket);
        rc = -EMFILE;
    }
    wake(w);
    pthread_mutex_unlock(&w->lock);
    return rc;
}

static struct close_socket *close_socket_of(struct close_monitor *w, uint16_t netns)
{
    for (unsigned i = 0; i < w->n_close_sockets; i++) {
        if (w->close_socket[i].netns == netns)
            return &w->close_socket[i];
    }
    return NULL;
}

bool close_monitor_hears(struct close_monitor *w, uint16_t netns)
{
    const struct close_socket *close_socket;
    bool hears;

    pthread_mutex_lock(&w->lock);
    close_socket = close_socket_of(w, netns);
    hears = close_socket && !close_socket->failed;
    pthread_mutex_unlock(&w->lock);
    return hears;
}

/* The thread may be waiting for the socket, and is woken: what waits for a socket keeps it, and so
 * its namespace. */
void close_monitor_remove(struct close_monitor *w, uint16_t netns)
{
    struct close_socket *close_socket;

    pthread_mutex_lock(&w->lock);
    listen_all(w);
    count_drops(w);
    close_socket = close_socket_of(w, netns);
    if (close_socket) {
        close_socket_close(close_socket);
        *close_socket = w->close_socket[--w->n_close_sockets];
        wake(w);
    }
    pthread_mutex_unlock(&w->lock);
}

void close_monitor_mark(struct close_monitor *w)
{
    pthread_mutex_lock(&w->lock);
    listen_all(w);
    w->marked = w->events ? w->events->n_live : 0;
    pthread_mutex_unlock(&w->lock);
}

void close_monitor_take(struct close_monitor *w, struct sample *s)
{
    pthread_mutex_lock(&w->lock);
    listen_all(w);
    count_drops(w);
    s->ended = w->events;
    s->ended_before = w->marked;
    s->close_stats.lost = w->lost;
    s->close_stats.lost_vaguely = w->lost_vaguely;
    s->close_events_known = !w->fresh && w->n_close_sockets > 0;
    for (unsigned i = 0; i < w->n_close_sockets; i++)
        s->close_events_known &= !w->close_socket[i].failed;
    w->events = NULL;
    w->marked = 0;
    w->lost = 0;
    w->lost_vaguely = w->fresh = false;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

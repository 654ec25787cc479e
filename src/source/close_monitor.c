/* Multicast messages about the ends of sockets → rows of a snapshot that nobody else sees yet. */
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

#define EARS_MAX    1024             /* namespaces */
#define BURST       32u              /* messages received by one call */
#define MESSAGE_MAX 1024u            /* bytes of one; they have 380 on Linux 6.18 */
#define NAP_NS      (20 * NS_PER_MS) /* between two looks into such a buffer: fewer wake-ups */
#define BUDGET_NS   NS_PER_S         /* the time over which the share is kept */
#define EINTR_MAX   100

struct deathwatch {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;  /* on the monotonic clock; ends a nap */
    int wake_fd;          /* eventfd; ends a poll */
    bool stop;
    double share;
    int64_t window_ns, spent_ns; /* since when it is kept, and the CPU time used since */

    struct ear ear[EARS_MAX];
    struct pollfd fds[EARS_MAX + 1]; /* the thread's */
    unsigned n_ears;

    struct snapshot_pool *pool;
    struct snapshot *told; /* since the last take; NULL: nothing */
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

static bool is_full(const struct deathwatch *w)
{
    return w->told && w->told->n_live >= DEATHWATCH_KEPT;
}

static bool is_over_budget(const struct deathwatch *w)
{
    return (double)w->spent_ns > w->share * (double)BUDGET_NS;
}

/* One message becomes a row. Whoever may send to a netlink socket, only the kernel is believed. */
static void hear(struct deathwatch *w, const struct ear *ear, unsigned i)
{
    struct diag d = {.snapshot = w->told, .states = STATE_MASK_LISTED};
    const struct msghdr *h = &w->message[i].msg_hdr;
    uint32_t before = w->told->n_live;

    if (h->msg_namelen < sizeof w->from[i] || w->from[i].nl_pid != 0)
        return;
    if (h->msg_flags & MSG_TRUNC ||
        diag_parse(&d, w->bytes[i], w->message[i].msg_len) == DIAG_NO_MEMORY)
        w->lost++;
    w->lost += w->told->rejected;
    w->told->rejected = 0;
    for (uint32_t row = before; row < w->told->n_live; row++)
        w->told->conn[row].netns = ear->netns;
}

static bool prepare(struct deathwatch *w)
{
    if (!w->told)
        w->told = snapshot_new(w->pool);
    if (!w->told)
        return false;
    w->told->needs = NEED_FLOW;
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
static bool listen_once(struct deathwatch *w, struct ear *ear)
{
    int got;

    if (!prepare(w))
        return false;
    for (int i = 0; i < EINTR_MAX; i++) {
        got = recvmmsg(ear->fd, w->message, BURST, MSG_DONTWAIT, NULL);
        if (got >= 0 || errno != EINTR)
            break;
    }
    if (got < 0 && errno == ENOBUFS) { /* so many, and no number */
        w->lost++;
        w->lost_vaguely = true;
        return true;
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        ear->deaf = true;
    for (int i = 0; i < got; i++)
        hear(w, ear, (unsigned)i);
    return got == (int)BURST;
}

/* Take in what all sockets hold, as far as there is room and time. */
static void listen_all(struct deathwatch *w)
{
    int64_t now = clock_mono_ns();

    if (now - w->window_ns >= BUDGET_NS) {
        w->window_ns = now;
        w->spent_ns = 0;
    }
    for (unsigned i = 0; i < w->n_ears; i++) {
        struct ear *ear = &w->ear[i];
        bool more = !ear->deaf;
        while (more && !is_full(w) && !is_over_budget(w)) {
            int64_t then = clock_thread_cpu_ns();
            more = listen_once(w, ear);
            w->spent_ns += clock_thread_cpu_ns() - then;
        }
    }
}

/* What the kernel dropped since the last look. */
static void count_drops(struct deathwatch *w)
{
    for (unsigned i = 0; i < w->n_ears; i++) {
        struct ear *ear = &w->ear[i];
        uint32_t drops;
        if (ear->deaf || !ear->counts_drops || !ear_drops(ear, &drops))
            continue;
        w->lost += drops - ear->drops;
        ear->drops = drops;
    }
}

/* The thread ------------------------------------------------------------ */

static nfds_t fill_fds(struct deathwatch *w)
{
    nfds_t n = 0;

    w->fds[n++] = (struct pollfd){.fd = w->wake_fd, .events = POLLIN};
    for (unsigned i = 0; i < w->n_ears; i++) {
        if (!w->ear[i].deaf)
            w->fds[n++] = (struct pollfd){.fd = w->ear[i].fd, .events = POLLIN};
    }
    return n;
}

/* Until when the sockets are better left alone; 0: they are not. INT64_MAX: until a take. */
static int64_t rest_until(const struct deathwatch *w)
{
    if (is_full(w))
        return INT64_MAX;
    if (is_over_budget(w))
        return w->window_ns + BUDGET_NS;
    for (unsigned i = 0; i < w->n_ears; i++) {
        if (!w->ear[i].roomy)
            return 0;
    }
    return clock_mono_ns() + NAP_NS;
}

/* Needs the lock. */
static void rest(struct deathwatch *w)
{
    int64_t end = rest_until(w);

    while (!w->stop && (end == INT64_MAX ? is_full(w) : clock_mono_ns() < end)) {
        if (end == INT64_MAX)
            pthread_cond_wait(&w->wake, &w->lock);
        else
            thread_wait_until(&w->wake, &w->lock, end);
    }
}

static void *deathwatch_main(void *arg)
{
    struct deathwatch *w = arg;
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

static void wake(struct deathwatch *w)
{
    pthread_cond_signal(&w->wake);
    (void)eventfd_write(w->wake_fd, 1);
}

static int start(struct deathwatch *w)
{
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake_fd < 0)
        return -errno;
    w->pool = snapshot_pool_new();
    if (!w->pool)
        return -ENOMEM;
    pthread_mutex_init(&w->lock, NULL);
    thread_condition_init(&w->wake);
    return thread_start(&w->thread, deathwatch_main, w);
}

static void release(struct deathwatch *w)
{
    for (unsigned i = 0; i < w->n_ears; i++)
        ear_close(&w->ear[i]);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    snapshot_unref(w->told);
    snapshot_pool_free(w->pool);
    free(w);
}

int deathwatch_new(struct deathwatch **out, double share)
{
    struct deathwatch *w = calloc(1, sizeof *w);
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

void deathwatch_free(struct deathwatch *w)
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

int deathwatch_add(struct deathwatch *w, uint16_t netns)
{
    struct ear ear;
    int rc = ear_open(&ear, netns);

    if (rc) {
        ear.fd = -1;
        ear.deaf = true;
    }
    pthread_mutex_lock(&w->lock);
    if (w->n_ears < EARS_MAX) {
        w->ear[w->n_ears++] = ear;
    } else {
        ear_close(&ear);
        rc = -EMFILE;
    }
    wake(w);
    pthread_mutex_unlock(&w->lock);
    return rc;
}

static struct ear *ear_of(struct deathwatch *w, uint16_t netns)
{
    for (unsigned i = 0; i < w->n_ears; i++) {
        if (w->ear[i].netns == netns)
            return &w->ear[i];
    }
    return NULL;
}

bool deathwatch_hears(struct deathwatch *w, uint16_t netns)
{
    const struct ear *ear;
    bool hears;

    pthread_mutex_lock(&w->lock);
    ear = ear_of(w, netns);
    hears = ear && !ear->deaf;
    pthread_mutex_unlock(&w->lock);
    return hears;
}

/* The thread may be waiting for the socket, and is woken: what waits for a socket keeps it, and so
 * its namespace. */
void deathwatch_remove(struct deathwatch *w, uint16_t netns)
{
    struct ear *ear;

    pthread_mutex_lock(&w->lock);
    listen_all(w);
    count_drops(w);
    ear = ear_of(w, netns);
    if (ear) {
        ear_close(ear);
        *ear = w->ear[--w->n_ears];
        wake(w);
    }
    pthread_mutex_unlock(&w->lock);
}

void deathwatch_mark(struct deathwatch *w)
{
    pthread_mutex_lock(&w->lock);
    listen_all(w);
    w->marked = w->told ? w->told->n_live : 0;
    pthread_mutex_unlock(&w->lock);
}

void deathwatch_take(struct deathwatch *w, struct snapshot *s)
{
    pthread_mutex_lock(&w->lock);
    listen_all(w);
    count_drops(w);
    s->ended = w->told;
    s->ended_before = w->marked;
    s->deaths.lost = w->lost;
    s->deaths.lost_vaguely = w->lost_vaguely;
    s->deaths_told = !w->fresh && w->n_ears > 0;
    for (unsigned i = 0; i < w->n_ears; i++)
        s->deaths_told &= !w->ear[i].deaf;
    w->told = NULL;
    w->marked = 0;
    w->lost = 0;
    w->lost_vaguely = w->fresh = false;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

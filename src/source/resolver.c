/* SPDX-License-Identifier: MIT */
/* One channel of c-ares, its sockets and an eventfd in one poll(). Questions wait in a ring until
 * few enough are under way; answers wait in another until they are taken. */
#include "tcptop/source/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"
#include "tcptop/base/utf8.h"

#define TIMEOUT_MS 2000 /* of the first try; the second waits longer */
#define TRIES      2
#define WAIT_MS    1000
#define STOP_NS    (50 * NS_PER_MS)

#define SOCKETS_MAX 32 /* c-ares opens at most one for UDP and one for TCP per server */

#define REVERSE_NAME 80

struct resolver {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t told; /* an answer is there */
    int bell;            /* eventfd: something to do */
    int wake_fd;         /* the caller's */
    ares_channel channel;

    /* of the thread alone */
    unsigned under_way;
    struct pollfd polled[1 + SOCKETS_MAX]; /* the bell, then the sockets of c-ares */
    nfds_t polled_n;

    /* under the lock */
    bool stop;
    struct name_key ask[RESOLVER_WAITING];
    struct name_answer answer[RESOLVER_WAITING];
    unsigned ask_first, ask_n, answer_first, answer_n;
};

struct dns_question {
    struct resolver *resolver;
    struct name_key key;
};

static void ring(int fd)
{
    const uint64_t one = 1;
    const ssize_t n = write(fd, &one, sizeof one);

    (void)n; /* full: it rings already */
}

static void tell(struct resolver *r, const struct name_key *k, enum name_outcome outcome,
                 const char *name)
{
    pthread_mutex_lock(&r->lock);
    if (r->answer_n < RESOLVER_WAITING) {
        struct name_answer *a = &r->answer[(r->answer_first + r->answer_n++) % RESOLVER_WAITING];

        *a = (struct name_answer){.key = *k, .outcome = outcome};
        utf8_sanitise_into(a->name, sizeof a->name, name, strnlen(name, sizeof a->name - 1));
        if (outcome == NAME_FOUND && !a->name[0])
            a->outcome = NAME_NONE;
    }
    pthread_cond_signal(&r->told);
    if (!r->stop && r->wake_fd >= 0) /* which may be closed after that */
        ring(r->wake_fd);
    pthread_mutex_unlock(&r->lock);
}

/* The end of a question. What ended only because the channel closes is not told. */
static void answered(struct dns_question *q, int status, const char *name)
{
    bool none = status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADRESP ||
                status == ARES_EBADNAME;

    q->resolver->under_way--;
    if (status == ARES_SUCCESS && name)
        tell(q->resolver, &q->key, NAME_FOUND, name);
    else if (status != ARES_EDESTRUCTION)
        tell(q->resolver, &q->key, none ? NAME_NONE : NAME_FAILED, "");
    free(q);
}

static int address_bytes(const struct name_key *k)
{
    return k->family == AF_INET ? 4 : 16;
}

/* Asks DNS for the PTR record of `name`; answered() gets the outcome. From 1.28 on c-ares has an
 * API of parsed records, and newer versions deprecate the one before it. */
#if ARES_VERSION >= 0x011c00
static void dns_answered(void *arg, ares_status_t status, size_t timeouts,
                         const ares_dns_record_t *reply)
{
    struct dns_question *q = arg;
    const char *name = NULL;
    size_t n = status == ARES_SUCCESS ? ares_dns_record_rr_cnt(reply, ARES_SECTION_ANSWER) : 0;

    (void)timeouts;
    for (size_t i = 0; i < n; i++) {
        const ares_dns_rr_t *rr = ares_dns_record_rr_get_const(reply, ARES_SECTION_ANSWER, i);
        if (ares_dns_rr_get_type(rr) == ARES_REC_TYPE_PTR)
            name = ares_dns_rr_get_str(rr, ARES_RR_PTR_DNAME);
    }
    answered(q, status == ARES_SUCCESS && !name ? ARES_ENODATA : (int)status, name);
}

static void query_ptr(struct dns_question *q, const char *name)
{
    ares_query_dnsrec(q->resolver->channel, name, ARES_CLASS_IN, ARES_REC_TYPE_PTR, dns_answered, q,
                      NULL);
}
#else
#define CLASS_IN 1
#define TYPE_PTR 12

static void dns_answered(void *arg, int status, int timeouts, unsigned char *reply, int len)
{
    struct dns_question *q = arg;
    struct hostent *host = NULL;

    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_ptr_reply(reply, len, q->key.bytes, address_bytes(&q->key),
                                      q->key.family, &host);
    answered(q, status, host ? host->h_name : NULL);
    if (host)
        ares_free_hostent(host);
}

static void query_ptr(struct dns_question *q, const char *name)
{
    ares_query(q->resolver->channel, name, CLASS_IN, TYPE_PTR, dns_answered, q);
}
#endif

/* "1.2.0.192.in-addr.arpa", RFC 1035, 3.5; by four bits in ip6.arpa, RFC 3596, 2.5 */
static void reverse_name(char out[REVERSE_NAME], const struct name_key *k)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = k->bytes;

    if (k->family == AF_INET) {
        snprintf(out, REVERSE_NAME, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
        return;
    }
    for (int i = 15; i >= 0; i--) {
        *out++ = digits[b[i] & 15];
        *out++ = '.';
        *out++ = digits[b[i] >> 4];
        *out++ = '.';
    }
    memcpy(out, "ip6.arpa", sizeof "ip6.arpa");
}

/* The file answers at once. Its "not found" comes here; ares_gethostbyaddr() would say the same of
 * a server that did not answer, so DNS is asked apart from it. */
static void file_answered(void *arg, int status, int timeouts, struct hostent *host)
{
    struct dns_question *q = arg;
    char name[REVERSE_NAME];

    (void)timeouts;
    if (status == ARES_SUCCESS || status == ARES_EDESTRUCTION || status == ARES_ENOMEM) {
        answered(q, status, host ? host->h_name : NULL);
        return;
    }
    reverse_name(name, &q->key);
    query_ptr(q, name);
}

static void ask_dns(struct resolver *r, const struct name_key *k)
{
    struct dns_question *q = malloc(sizeof *q);

    if (!q) {
        tell(r, k, NAME_FAILED, "");
        return;
    }
    *q = (struct dns_question){r, *k};
    r->under_way++;
    ares_gethostbyaddr(r->channel, q->key.bytes, address_bytes(k), k->family, file_answered, q);
}

static void ask_services(struct resolver *r, const struct name_key *k)
{
    struct servent entry, *found = NULL;
    char buffer[4096];
    uint16_t port;

    memcpy(&port, k->bytes, sizeof port);
    if (getservbyport_r(htons(port), "tcp", &entry, buffer, sizeof buffer, &found) || !found)
        tell(r, k, NAME_NONE, "");
    else
        tell(r, k, NAME_FOUND, found->s_name);
}

/* The next question that may be asked now; false when there is none, or too many are under way. */
static bool next_question(struct resolver *r, struct name_key *k, bool *stop)
{
    bool there;

    pthread_mutex_lock(&r->lock);
    *stop = r->stop;
    there = !r->stop && r->ask_n > 0 && r->under_way < RESOLVER_ASKED;
    if (there) {
        *k = r->ask[r->ask_first];
        r->ask_first = (r->ask_first + 1) % RESOLVER_WAITING;
        r->ask_n--;
    }
    pthread_mutex_unlock(&r->lock);
    return there;
}

static bool ask_all(struct resolver *r)
{
    struct name_key k;
    bool stop;

    while (next_question(r, &k, &stop)) {
        if (k.family == NAME_SERVICE)
            ask_services(r, &k);
        else
            ask_dns(r, &k);
    }
    return !stop;
}

/* c-ares calls this when it waits for something else at a socket; both false: it closes it. */
static void socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver *r = arg;
    short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    nfds_t i = 1;

    while (i < r->polled_n && r->polled[i].fd != fd)
        i++;
    if (!events && i < r->polled_n)
        r->polled[i] = r->polled[--r->polled_n];
    else if (events && i < 1 + SOCKETS_MAX) {
        r->polled[i] = (struct pollfd){.fd = fd, .events = events};
        r->polled_n += i == r->polled_n;
    }
}

/* Wait for the bell, for DNS, or until c-ares has something to give up. */
static void wait_and_process(struct resolver *r)
{
    struct pollfd fds[1 + SOCKETS_MAX]; /* a copy: c-ares opens and closes sockets on the way */
    struct timeval longest = {.tv_sec = WAIT_MS / 1000}, tv;
    struct timeval *due = ares_timeout(r->channel, r->under_way ? &longest : NULL, &tv);
    nfds_t n = r->polled_n;
    uint64_t count;

    memcpy(fds, r->polled, n * sizeof fds[0]);
    poll(fds, n, due ? (int)(due->tv_sec * 1000 + due->tv_usec / 1000) + 1 : -1);
    if (fds[0].revents) {
        const ssize_t got = read(r->bell, &count, sizeof count);
        (void)got;
    }
    for (nfds_t i = 1; i < n; i++) {
        bool out = fds[i].revents & POLLOUT, in = fds[i].revents & ~POLLOUT;
        ares_process_fd(r->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
                        out ? fds[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what took too long */
}

static void *resolver_main(void *arg)
{
    struct resolver *r = arg;

    while (ask_all(r))
        wait_and_process(r);
    return NULL;
}

static int library_status;

/* The library counts its users without a lock: it is set up once and stays. */
static void init_library(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

static int open_channel(struct resolver *r, const char *servers)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char files[] = "f"; /* what ares_gethostbyaddr() may look at */
    struct ares_options options = {.timeout = TIMEOUT_MS,
                                   .tries = TRIES,
                                   .lookups = files,
                                   .sock_state_cb = socket_state,
                                   .sock_state_cb_data = r};
    int status;

    pthread_once(&once, init_library);
    if (library_status != ARES_SUCCESS)
        return library_status;
    status = ares_init_options(&r->channel, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                                   ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && servers) {
        status = ares_set_servers_ports_csv(r->channel, servers);
        if (status != ARES_SUCCESS)
            ares_destroy(r->channel);
    }
    return status;
}

static void init_locks(struct resolver *r)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->told, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void fini_locks(struct resolver *r)
{
    pthread_cond_destroy(&r->told);
    pthread_mutex_destroy(&r->lock);
}

int resolver_start(struct resolver **out, int wake_fd, const char *servers, struct err *err)
{
    struct resolver *r = calloc(1, sizeof *r);
    int rc, status;

    if (!r)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    r->wake_fd = wake_fd;
    status = open_channel(r, servers);
    if (status != ARES_SUCCESS) {
        free(r);
        return err_set(err, -EIO, "%s", ares_strerror(status));
    }
    init_locks(r);
    r->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    r->polled[0] = (struct pollfd){.fd = r->bell, .events = POLLIN};
    r->polled_n = 1;
    rc = r->bell < 0 ? -errno : thread_start(&r->thread, resolver_main, r);
    if (rc == 0) {
        *out = r;
        return 0;
    }
    if (r->bell >= 0)
        close(r->bell);
    ares_destroy(r->channel);
    fini_locks(r);
    free(r);
    return err_set(err, rc, "%s", err_name(rc));
}

bool resolver_ask(struct resolver *r, const struct name_key *k)
{
    bool room;

    pthread_mutex_lock(&r->lock);
    room = r->ask_n < RESOLVER_WAITING;
    if (room)
        r->ask[(r->ask_first + r->ask_n++) % RESOLVER_WAITING] = *k;
    pthread_mutex_unlock(&r->lock);
    if (room)
        ring(r->bell);
    return room;
}

bool resolver_take(struct resolver *r, struct name_answer *a)
{
    bool there;

    pthread_mutex_lock(&r->lock);
    there = r->answer_n > 0;
    if (there) {
        *a = r->answer[r->answer_first];
        r->answer_first = (r->answer_first + 1) % RESOLVER_WAITING;
        r->answer_n--;
    }
    pthread_mutex_unlock(&r->lock);
    return there;
}

void resolver_wait(struct resolver *r, int64_t until_ns)
{
    const struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
    int rc = 0;

    pthread_mutex_lock(&r->lock);
    while (r->answer_n == 0 && rc == 0)
        rc = pthread_cond_timedwait(&r->told, &r->lock, &until);
    pthread_mutex_unlock(&r->lock);
}

static void clear_up(void *arg)
{
    struct resolver *r = arg;

    pthread_join(r->thread, NULL);
    ares_destroy(r->channel); /* answers all that is under way with EDESTRUCTION */
    close(r->bell);
    fini_locks(r);
    free(r);
}

/* A list of services that the network keeps may hold the thread up. */
void resolver_stop(struct resolver *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_mutex_unlock(&r->lock);
    ring(r->bell);
    (void)thread_run_until(clear_up, r, clock_mono_ns() + STOP_NS);
}

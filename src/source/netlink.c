/* SPDX-License-Identifier: MIT */
/* The live dump: request, receive, parse by hand; every wait and every repetition is bounded. */
#include "tcptop/source/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink_socket.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/row_stream.h"
#include "tcptop/source/diag.h"

#ifndef NETLINK_BUFFER       /* tests build it tiny */
#define NETLINK_BUFFER 32768 /* the kernel makes no larger batch; less costs up to 8 % */
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define SILENCE_MS     2000 /* a dump that brings no byte for so long has failed */
#define POLL_SLICE_MS  100  /* how soon a cancellation is seen */
#define EINTR_MAX      100
#define INTERRUPTS_MAX 3 /* dumps flagged NLM_F_DUMP_INTR before one is taken as it is */

int netlink_init(struct netlink *n, struct tap *tap, const struct source *stop)
{
    *n = (struct netlink){.tap = tap, .stop = stop, .buffer = malloc(NETLINK_BUFFER)};
    return n->buffer ? 0 : -ENOMEM;
}

static void disconnect(struct netlink *n)
{
    if (n->socket)
        mnl_socket_close(n->socket);
    n->socket = NULL;
}

void netlink_fini(struct netlink *n)
{
    disconnect(n);
    free(n->buffer);
    n->buffer = NULL;
}

bool netlink_refused(int error)
{
    static const int refusals[] = {EACCES,          EPERM,      ENOENT, EINVAL,      ENOSYS,
                                   EPROTONOSUPPORT, EOPNOTSUPP, ENODEV, EAFNOSUPPORT};

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (error == -refusals[i])
            return true;
    }
    return false;
}

/* Whoever calls it disconnects when it fails. */
static int connect_kernel(struct netlink *n)
{
    if (n->socket)
        return 0;
    n->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!n->socket)
        return -errno;
    if (mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    netlink_connect(n->socket);
    n->seq = netlink_first_seq();
    return 0;
}

static uint8_t extensions(const struct sample *s)
{
    unsigned info = s->needs & NEED_TCP_INFO ? 1u << (INET_DIAG_INFO - 1) : 0;
    unsigned drops = s->needs & NEED_DROPS ? 1u << (INET_DIAG_SKMEMINFO - 1) : 0;
    unsigned congestion = s->needs & NEED_CONGESTION ? 1u << (INET_DIAG_CONG - 1) : 0;

    return (uint8_t)(info | congestion | drops);
}

/* Some kernels list request sockets only when their own state number is asked for too. */
static uint32_t states(const struct kernel_filter *filter, const struct sample *s)
{
    uint32_t states = filter->states & STATE_MASK_LISTED;

    if (states & STATE_BIT(TCP_STATE_SYN_RECV))
        states |= STATE_BIT(TCP_STATE_NEW_SYN_RECV);
    if (s->needs & NEED_BOUND)
        states |= filter->states & STATE_BIT(TCP_STATE_BOUND_INACTIVE);
    return states;
}

/* AF_UNSPEC makes the legacy request, which knows no family and no other protocol. The number of
 * MPTCP needs an attribute of its own: the field has eight bits. */
static int request_send(struct netlink *n, uint8_t family, uint32_t protocol,
                        const struct kernel_filter *filter, const struct sample *s)
{
    _Alignas(4) char buffer[256 + KERNEL_FILTER_BYTES];
    struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    h->nlmsg_seq = ++n->seq ? n->seq : ++n->seq; /* 0 would accept any answer */
    if (family == AF_UNSPEC) {
        struct inet_diag_req *req = mnl_nlmsg_put_extra_header(h, sizeof(*req));

        h->nlmsg_type = TCPDIAG_GETSOCK;
        req->idiag_family = AF_INET;
        req->idiag_ext = extensions(s);
        req->idiag_states = states(filter, s);
    } else {
        struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(h, sizeof(*req));

        h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
        req->sdiag_family = family;
        req->sdiag_protocol = (uint8_t)protocol;
        req->idiag_ext = extensions(s);
        req->idiag_states = states(filter, s);
    }
    if (filter->len)
        mnl_attr_put(h, INET_DIAG_REQ_BYTECODE, filter->len, filter->code);
    if (protocol > UINT8_MAX)
        mnl_attr_put_u32(h, INET_DIAG_REQ_PROTOCOL, protocol);
    for (int i = 0; i < EINTR_MAX; i++) {
        ssize_t sent = mnl_socket_sendto(n->socket, h, h->nlmsg_len);

        if (sent == (ssize_t)h->nlmsg_len)
            return 0;
        if (sent >= 0 || errno != EINTR)
            return sent >= 0 ? -EIO : -errno;
    }
    return -EINTR;
}

/* Wait for bytes: 0, -ETIMEDOUT, -ECANCELED or another error. */
static int wait_readable(const struct netlink *n)
{
    struct pollfd fd = {.fd = mnl_socket_get_fd(n->socket), .events = POLLIN};
    int64_t end = clock_mono_ns() + SILENCE_MS * NS_PER_MS;

    do {
        if (source_cancelled(n->stop))
            return -ECANCELED;
        int ready = poll(&fd, 1, POLL_SLICE_MS);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    } while (clock_mono_ns() < end);
    return -ETIMEDOUT;
}

/* Bytes received, or -errno. An end of file is not an answer of the kernel's. While a dump goes on
 * the next bytes are there at once, so that asking whether they are would only cost. */
static ssize_t receive(struct netlink *n)
{
    for (int i = 0; i < EINTR_MAX; i++) {
        if (source_cancelled(n->stop))
            return -ECANCELED;
        ssize_t got = netlink_receive(n->socket, n->buffer, NETLINK_BUFFER);
        if (got > 0)
            return got;
        if (got == 0)
            return -EIO;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        int error = wait_readable(n);
        if (error)
            return error;
    }
    return -EINTR;
}

/* Send a request, whose answer goes into `b`. */
static int ask(struct netlink *n, uint8_t family, uint32_t protocol,
               const struct kernel_filter *filter, struct sample_builder *b)
{
    int error = request_send(n, family, protocol, filter, &b->sample);

    n->answer = (struct diag){.builder = b,
                              .states = states(filter, &b->sample),
                              .seq = n->seq,
                              .portid = mnl_socket_get_portid(n->socket)};
    return error;
}

/* Read one batch of the answer, which the kernel makes when it is asked for. Returns 1: there is
 * more, 0: that was the last one, or -errno. */
static int read_batch(struct netlink *n, bool tapped)
{
    ssize_t got = receive(n);

    if (got < 0)
        return (int)got;
    if (tapped)
        n->tap->bytes(n->tap, n->buffer, (size_t)got);
    switch (diag_parse(&n->answer, n->buffer, (size_t)got)) {
    case DIAG_MORE:
        return 1;
    case DIAG_DONE:
        return 0;
    case DIAG_NO_MEMORY:
        return -ENOMEM;
    case DIAG_ERROR:
        return n->answer.error;
    case DIAG_STOPPED:
    default:
        return -EBADMSG;
    }
}

/* One request and its answer, all of it or the first `enough` rows (0: all). `*interrupted`: the
 * kernel says that the table changed. Returns 0, 1 when there was enough, or -errno. */
static int dump(struct netlink *n, uint8_t family, uint32_t protocol,
                const struct kernel_filter *filter, uint32_t enough, struct sample_builder *b,
                bool *interrupted)
{
    bool tapped = n->tap && protocol == IPPROTO_TCP;
    int rc = ask(n, family, protocol, filter, b);

    if (rc)
        return rc;
    do {
        if (enough && b->sample.n_live >= enough)
            return 1;
        rc = read_batch(n, tapped);
    } while (rc == 1);
    if (b->row_stream)
        row_stream_flush(b->row_stream, b);
    *interrupted |= n->answer.interrupted > 0;
    return rc;
}

/* A kernel without IPv6 has no handler for its dump (sock_diag_handler), and no such sockets. */
static bool ipv6_is_absent(int error)
{
    if (error != -ENOENT)
        return false;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EAFNOSUPPORT;
}

static int dump_families(struct netlink *n, uint32_t protocol, const struct kernel_filter *filter,
                         struct sample_builder *b, bool *interrupted)
{
    int error = dump(n, AF_INET, protocol, filter, 0, b, interrupted);
    if (error)
        return error;
    error = dump(n, AF_INET6, protocol, filter, 0, b, interrupted);
    return ipv6_is_absent(error) ? 0 : error;
}

static int walk(struct netlink *n, enum netlink_kind kind, const struct kernel_filter *filter,
                struct sample_builder *b, bool *interrupted)
{
    return kind == NETLINK_LEGACY ? dump(n, AF_UNSPEC, IPPROTO_TCP, filter, 0, b, interrupted)
                                  : dump_families(n, IPPROTO_TCP, filter, b, interrupted);
}

/* Forget what an interrupted or broken dump brought; the next try starts from nothing. */
static void forget(struct sample_builder *b)
{
    struct sample *s = &b->sample;

    sample_drop_all(b);
    s->rejected = 0;
    if (b->row_stream)
        row_stream_begin(b->row_stream, b);
}

int netlink_take(struct netlink *n, enum netlink_kind kind, const struct kernel_filter *filter,
                 struct sample_builder *b)
{
    struct sample *s = &b->sample;
    bool interrupted = true;
    int error = 0;

    for (int i = 0; i < INTERRUPTS_MAX && interrupted && !error; i++) {
        forget(b);
        if (n->tap)
            n->tap->begin(n->tap);
        interrupted = false;
        error = connect_kernel(n);
        if (!error)
            error = walk(n, kind, filter, b, &interrupted);
    }
    if (error) {
        disconnect(n);
        forget(b);
        return error;
    }
    if (interrupted)
        sample_set_status(s, SAMPLE_PARTIAL, (struct sample_reason){.code = REASON_INTERRUPTED});
    sample_set_rejected(s);
    return 0;
}

int netlink_taste(struct netlink *n, const struct kernel_filter *filter, uint32_t enough,
                  struct sample_builder *b)
{
    bool interrupted = false;
    int rc = connect_kernel(n);

    if (!rc)
        rc = dump(n, AF_UNSPEC, IPPROTO_TCP, filter, enough, b, &interrupted);
    if (rc)
        disconnect(n); /* what was not read must not answer the next request */
    if (rc < 0)
        forget(b);
    return rc;
}

int netlink_gather_begin(struct netlink *n, const struct kernel_filter *filter,
                         struct sample_builder *b)
{
    int rc;

    disconnect(n); /* an answer that was not read to its end must not be read now */
    rc = connect_kernel(n);
    if (!rc)
        rc = ask(n, AF_UNSPEC, IPPROTO_TCP, filter, b);
    if (rc)
        disconnect(n);
    return rc;
}

int netlink_gather(struct netlink *n, int64_t until_ns)
{
    int rc;

    do {
        rc = read_batch(n, false);
    } while (rc == 1 && clock_mono_ns() < until_ns);
    if (rc == 0 && (n->answer.interrupted || n->answer.builder->sample.rejected))
        rc = -EBADMSG;
    if (rc < 0)
        disconnect(n);
    return rc;
}

int netlink_take_mptcp(struct netlink *n, const struct kernel_filter *filter,
                       struct sample_builder *b)
{
    bool interrupted = false;
    int rc = connect_kernel(n);

    if (!rc)
        rc = dump_families(n, IPPROTO_MPTCP, filter, b, &interrupted);
    if (rc)
        disconnect(n);
    return rc;
}

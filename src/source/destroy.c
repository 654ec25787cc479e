/* SPDX-License-Identifier: MIT */
/* One socket is looked up by its exact identity, compared, and ended. Requests that are no dump are
 * answered while they are sent, so nothing here takes long. */
#include "tcptop/source/destroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink_socket.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/diag.h"
#include "tcptop/source/namespaces.h"
#include "tcptop/source/netns_worker.h"

#define ANSWER_BYTES 8192
#define ANSWER_MS    500
#define LOOKUPS_MAX  4096 /* to find one listener of a group: some milliseconds */

/* One attempt: whom to talk to, and the name that the kernel looks up. */
struct attempt {
    struct mnl_socket *socket;
    const struct conn *c;
    uint32_t seq;
    uint16_t dport; /* of the lookup; see find_in_group() */
};

static void put_identity(struct inet_diag_req_v2 *req, const struct attempt *a)
{
    const struct conn *c = a->c;

    req->sdiag_family = c->family;
    req->sdiag_protocol = IPPROTO_TCP;
    req->idiag_states = ~0u;
    req->id.idiag_sport = htons(c->sport);
    req->id.idiag_dport = htons(a->dport);
    memcpy(req->id.idiag_src, c->src, sizeof(c->src));
    memcpy(req->id.idiag_dst, c->dst, sizeof(c->dst));
    req->id.idiag_if = c->ifindex;
    req->id.idiag_cookie[0] = (uint32_t)c->cookie;
    req->id.idiag_cookie[1] = (uint32_t)(c->cookie >> 32);
}

static int send_request(struct attempt *a, uint16_t type, uint16_t flags)
{
    _Alignas(4) char buffer[256];
    struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

    h->nlmsg_type = type;
    h->nlmsg_flags = NLM_F_REQUEST | flags;
    h->nlmsg_seq = ++a->seq ? a->seq : ++a->seq; /* 0 would accept any answer */
    put_identity(mnl_nlmsg_put_extra_header(h, sizeof(struct inet_diag_req_v2)), a);
    return mnl_socket_sendto(a->socket, h, h->nlmsg_len) < 0 ? -errno : 0;
}

/* Bytes of one answer, or -errno. */
static ssize_t receive(const struct attempt *a, void *buffer, size_t size)
{
    struct pollfd fd = {.fd = mnl_socket_get_fd(a->socket), .events = POLLIN};
    int64_t end = clock_mono_ns() + ANSWER_MS * NS_PER_MS;

    for (int64_t left; (left = end - clock_mono_ns()) > 0;) {
        int ready = poll(&fd, 1, (int)(left / NS_PER_MS) + 1);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        ssize_t got = netlink_receive(a->socket, buffer, size);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got > 0 ? got : got == 0 ? -EIO : -errno;
    }
    return -ETIMEDOUT;
}

/* Send and take the answer: 0 with what it says about the socket in `s`, or its -errno. */
static int exchange(struct attempt *a, uint16_t type, uint16_t flags, struct sample_builder *b)
{
    _Alignas(4) char buffer[ANSWER_BYTES];
    struct diag d = {.builder = b, .portid = mnl_socket_get_portid(a->socket), .states = ~0u};
    int error = send_request(a, type, flags);

    if (error)
        return error;
    d.seq = a->seq;
    do {
        ssize_t got = receive(a, buffer, sizeof(buffer));
        if (got < 0)
            return (int)got;
        d.foreign = 0;
        enum diag_result result = diag_parse(&d, buffer, (size_t)got);
        if (result != DIAG_MORE)
            return result == DIAG_ERROR ? d.error : result == DIAG_NO_MEMORY ? -ENOMEM : -EBADMSG;
    } while (d.foreign); /* not the answer to this */
    return 0;
}

/* The socket as it is now, in the only row of the sample of `b`. Returns 0 or -errno, -ENOENT:
 * there is none. */
static int look(struct attempt *a, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    int error;

    if (s->n_live)
        sample_drop_last(b);
    error = exchange(a, SOCK_DIAG_BY_FAMILY, 0, b);
    return error ? error : s->n_live == 1 ? 0 : -EBADMSG;
}

/* Listeners that share a port (SO_REUSEPORT) share a name, too; among them the kernel chooses by a
 * hash of the peer that the lookup names (reuseport_select_sock). So peers that do not exist are
 * named until the choice falls on the one with our cookie; no other is ever touched. */
static int find_in_group(struct attempt *a, struct sample_builder *b)
{
    int error = -ENOENT;

    for (unsigned i = 1; i <= LOOKUPS_MAX && error == -ENOENT; i++) {
        a->dport = (uint16_t)i;
        error = look(a, b);
    }
    return error;
}

static bool same_owner(const struct conn *was, const struct conn *is)
{
    if ((was->flags | is->flags) & CONN_NO_OWNER)
        return (was->flags & CONN_NO_OWNER) == (is->flags & CONN_NO_OWNER);
    return was->uid == is->uid && was->inode == is->inode;
}

static struct destroyed failure(int error)
{
    switch (error) {
    case -ENOENT:
        return (struct destroyed){.outcome = DESTROY_GONE};
    case -EPERM:
        return (struct destroyed){.outcome = DESTROY_DENIED};
    case -EOPNOTSUPP:
        return (struct destroyed){.outcome = DESTROY_UNSUPPORTED};
    default:
        return (struct destroyed){.outcome = DESTROY_FAILED, .error = error};
    }
}

static struct destroyed compare_and_end(struct attempt *a, struct sample_builder *b)
{
    struct sample *s = &b->sample;
    const struct conn *is = s->conn;
    int error;

    if (is->state != a->c->state)
        return (struct destroyed){.outcome = DESTROY_STATE, .state = is->state};
    if (!same_owner(a->c, is))
        return (struct destroyed){.outcome = DESTROY_OWNER};
    error = exchange(a, SOCK_DESTROY, NLM_F_ACK, b);
    return error ? failure(error) : (struct destroyed){.outcome = DESTROY_DONE};
}

struct destroyed destroy_by(struct mnl_socket *socket, const struct conn *c)
{
    struct attempt a = {.socket = socket, .c = c, .seq = netlink_first_seq(), .dport = c->dport};
    struct sample_builder *b;
    struct destroyed result;
    int error;

    if (c->flags & CONN_NO_COOKIE)
        return (struct destroyed){.outcome = DESTROY_NAMELESS};
    if (c->flags & CONN_BOUND) /* in no table that the lookup reads */
        return (struct destroyed){.outcome = DESTROY_UNREACHABLE};
    b = sample_builder_new(NULL);
    error = b ? look(&a, b) : -ENOMEM;
    if (error == -ENOENT && c->state == TCP_STATE_LISTEN)
        error = find_in_group(&a, b);
    result = error ? failure(error) : compare_and_end(&a, b);
    sample_discard(b);
    return result;
}

static struct destroyed destroy_here(const struct conn *c)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    struct destroyed result;

    if (!socket)
        return (struct destroyed){.outcome = DESTROY_FAILED, .error = -errno};
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        result = (struct destroyed){.outcome = DESTROY_FAILED, .error = -errno};
    } else {
        netlink_connect(socket);
        result = destroy_by(socket, c);
    }
    mnl_socket_close(socket);
    return result;
}

struct destroy_job {
    const struct conn *c;
    struct destroyed result;
};

static int destroy_there(void *arg)
{
    struct destroy_job *j = arg;

    j->result = destroy_here(j->c);
    return 0;
}

/* A descriptor of the namespace, or -errno. */
static int open_place(const struct destroy_place *place)
{
    struct namespaces found = {0};
    int rc = namespaces_look(&found);

    if (!rc)
        rc = namespaces_open(namespaces_find(&found, place->inode), place->inode, place->spec);
    namespaces_fini(&found);
    return rc;
}

/* In the namespace of the row: the own one when `place` is NULL. */
static struct destroyed destroy_in(const struct conn *c, const struct destroy_place *place)
{
    struct destroy_job j = {.c = c};
    struct netns_worker *netns_worker;
    int fd, rc;

    if (!place)
        return destroy_here(c);
    fd = open_place(place);
    if (fd < 0)
        return (struct destroyed){.outcome = DESTROY_NO_ENTRY, .error = fd};
    rc = netns_worker_new(&netns_worker);
    if (!rc) {
        rc = netns_worker_run(netns_worker, fd, destroy_there, &j, NULL);
        netns_worker_free(netns_worker);
    }
    close(fd);
    return rc ? (struct destroyed){.outcome = DESTROY_NO_ENTRY, .error = rc} : j.result;
}

struct destroyed destroy_conn(const struct conn *c, const struct destroy_place *place)
{
    const uint64_t before = privileges_raise(PRIVILEGE_NET);
    const struct destroyed result = destroy_in(c, place);

    privileges_restore(before);
    return result;
}

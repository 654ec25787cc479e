/* SPDX-License-Identifier: MIT */
/* inet_diag messages → rows. The hot loop of every sample: no allocation, no callback, each record
 * is copied once, from the receive buffer into its row. */
#include "tcptop/source/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/byte_order.h"
#include "tcptop/model/row_stream.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */
#define SWAPPED_MAX                                                                                \
    4096 /* bytes of a message that can be converted: the kernel's are under 1 KiB */

_Static_assert(sizeof(struct inet_diag_msg) == 72, "inet_diag_msg is kernel ABI");

/* A record where it lies, aligned or not: to copy it first would cost half as much again. */
struct record {
    struct inet_diag_msg m;
} __attribute__((packed, may_alias));

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static uint8_t owner_flag(unsigned state, unsigned timer, uint32_t inode)
{
    return conn_request(state, inode) || conn_timewait(state, timer) ? CONN_NO_OWNER : 0;
}

void diag_mark_owner(struct conn *c)
{
    c->flags |= owner_flag(c->state, c->timer, c->inode);
}

/* The kernel writes no cookie as all ones (INET_DIAG_NOCOOKIE); 0 is never given out. */
static void set_cookie(struct conn *c, uint32_t low, uint32_t high)
{
    c->cookie = (uint64_t)high << 32 | low;
    if (c->cookie == 0 || c->cookie == UINT64_MAX) {
        c->cookie = 0;
        c->flags |= CONN_NO_COOKIE;
    }
}

/* What has just been written is not read again: narrow writes that are read as one wait. */
static void record_fill(struct conn *c, const struct record *r, uint32_t asked)
{
    if (r->m.idiag_family == AF_INET) {
        memcpy(c->src, r->m.id.idiag_src, 4);
        memcpy(c->dst, r->m.id.idiag_dst, 4);
    } else {
        memcpy(c->src, r->m.id.idiag_src, 16);
        memcpy(c->dst, r->m.id.idiag_dst, 16);
    }
    c->sport = ntohs(r->m.id.idiag_sport);
    c->dport = ntohs(r->m.id.idiag_dport);
    c->family = r->m.idiag_family;
    c->state = r->m.idiag_state;
    c->timer = r->m.idiag_timer;
    c->retrans = r->m.idiag_retrans;
    c->ifindex = r->m.id.idiag_if;
    c->expires_ms = r->m.idiag_expires;
    c->rqueue = r->m.idiag_rqueue;
    c->wqueue = r->m.idiag_wqueue;
    c->uid = r->m.idiag_uid;
    c->inode = r->m.idiag_inode;
    set_cookie(c, r->m.id.idiag_cookie[0], r->m.id.idiag_cookie[1]);
    if (r->m.idiag_state == TCP_STATE_CLOSE && asked & STATE_BIT(TCP_STATE_BOUND_INACTIVE))
        c->flags |= CONN_BOUND;
    c->flags |= owner_flag(r->m.idiag_state, r->m.idiag_timer, r->m.idiag_inode);
}

/* What an attribute holds; NULL when there is none. */
struct attr {
    const uint8_t *at;
    size_t len;
};

/* The attributes that are read. */
struct attrs {
    struct attr info, congestion, cgroup, memory, v6only, ulp;
};

static void note_attr(struct attrs *found, unsigned type, struct attr attr)
{
    switch (type) {
    case INET_DIAG_INFO:
        found->info = attr;
        break;
    case INET_DIAG_CONG:
        found->congestion = attr;
        break;
    case INET_DIAG_CGROUP_ID:
        found->cgroup = attr;
        break;
    case INET_DIAG_SKMEMINFO:
        found->memory = attr;
        break;
    case INET_DIAG_SKV6ONLY:
        found->v6only = attr;
        break;
    case INET_DIAG_ULP_INFO:
        found->ulp = attr;
        break;
    default:
        break;
    }
}

/* False: damaged. */
static bool find_attrs(const uint8_t *attrs, size_t len, struct attrs *found)
{
    while (len >= sizeof(struct rtattr)) {
        struct rtattr a;

        memcpy(&a, attrs, sizeof(a));
        if (a.rta_len < sizeof(a) || a.rta_len > len)
            return false;
        note_attr(found, a.rta_type, (struct attr){attrs + sizeof(a), a.rta_len - sizeof(a)});
        size_t step = align4(a.rta_len) < len ? align4(a.rta_len) : len;
        attrs += step;
        len -= step;
    }
    return len == 0;
}

/* Does the socket's upper layer call itself "mptcp"? The kernel says so with tcp_info, before Linux
 * 6.15 only where CAP_NET_ADMIN asks (net/ipv4/tcp_diag.c tcp_diag_put_ulp). */
static bool is_mptcp(const struct attr *ulp)
{
    static const char name[] = "mptcp";
    struct rtattr a;

    if (ulp->len < sizeof(a) + sizeof(name))
        return false;
    memcpy(&a, ulp->at, sizeof(a));
    return a.rta_type == INET_ULP_INFO_NAME && a.rta_len == sizeof(a) + sizeof(name) &&
           memcmp(ulp->at + sizeof(a), name, sizeof(name)) == 0;
}

static void record_mark(struct sample *s, struct conn *c, const struct attrs *found)
{
    if (found->v6only.len > 0)
        c->extra = *found->v6only.at ? V6ONLY_YES : V6ONLY_NO;
    if (!is_mptcp(&found->ulp))
        return;
    c->flags |= CONN_MPTCP;
    s->has_mptcp = true;
}

static bool known(const struct record *r)
{
    return (r->m.idiag_family == AF_INET || r->m.idiag_family == AF_INET6) &&
           r->m.idiag_state >= TCP_STATE_ESTABLISHED && r->m.idiag_state <= TCP_STATE_CLOSING &&
           r->m.idiag_timer <= TIMER_DELACK;
}

/* Bound-only sockets are asked for by bit 13 and come as state 7. */
static bool wanted(const struct diag *d, unsigned state)
{
    uint32_t bits = STATE_BIT(state);

    if (state == TCP_STATE_CLOSE)
        bits |= STATE_BIT(TCP_STATE_BOUND_INACTIVE);
    return d->states & bits;
}

/* Did the dump meet a socket while the kernel destroyed it? The dump takes references to the
 * sockets of a hash bucket and reads them after it has let go of the bucket (net/ipv4/inet_diag.c
 * inet_diag_dump_icsk): by then one that is closed has no file and may have lost its local port
 * (inet_put_port). One that a process has bound, or keeps after a reset, has both. */
static bool is_being_destroyed(const struct record *r)
{
    return r->m.idiag_state == TCP_STATE_CLOSE && (!r->m.id.idiag_sport || !r->m.idiag_inode);
}

/* The number of the control group; 0 where the kernel does not tell it. */
static unsigned cgroup_of(struct sample_builder *b, const struct attr *a)
{
    uint64_t id;

    if (a->len != sizeof(id))
        return 0;
    memcpy(&id, a->at, sizeof(id));
    return cgroups_number(&b->cgroup_ids, id);
}

/* Note what a listener has dropped, which is the last of these numbers. */
static void note_drops(struct sample *s, const struct conn *c, const struct attr *memory)
{
    uint32_t drops;

    if (c->state != TCP_STATE_LISTEN || c->flags & CONN_NO_COOKIE ||
        memory->len < (SK_MEMINFO_DROPS + 1) * sizeof(drops))
        return;
    memcpy(&drops, memory->at + SK_MEMINFO_DROPS * sizeof(drops), sizeof(drops));
    drops_add(&s->drops, c->cookie, c->netns, drops);
}

static enum diag_result record_take(struct diag *d, const uint8_t *payload, size_t len)
{
    struct sample_builder *b = d->builder;
    struct sample *s = &b->sample;
    const struct record *r = (const struct record *)payload;
    struct attrs found = {0};
    struct tcp_metrics *metrics;

    if (len < sizeof(*r) || !known(r) ||
        !find_attrs(payload + sizeof(*r), len - sizeof(*r), &found)) {
        s->rejected++;
        return DIAG_MORE;
    }
    if (!wanted(d, r->m.idiag_state) || (!d->destroyed && is_being_destroyed(r)))
        return DIAG_MORE;
    if (b->row_stream && row_stream_is_full(b->row_stream, s))
        row_stream_flush(b->row_stream, b);

    struct conn *c = sample_add(b, &metrics);
    if (!c)
        return DIAG_NO_MEMORY;
    record_fill(c, r, d->states);
    c->cgroup = cgroup_of(b, &found.cgroup) & CGROUP_MASK;
    if (found.memory.at)
        note_drops(s, c, &found.memory);
    if (found.v6only.at || found.ulp.at)
        record_mark(s, c, &found);
    if (metrics && found.info.at)
        tcp_metrics_read(metrics, found.info.at, found.info.len, r->m.idiag_state);
    if (metrics && found.congestion.at)
        metrics->congestion =
            sample_add_congestion(b, (const char *)found.congestion.at, found.congestion.len);
    return DIAG_MORE;
}

/* The errno inside NLMSG_ERROR and NLMSG_DONE; nonsense there is an error of its own. */
static enum diag_result end_take(struct diag *d, const uint8_t *payload, size_t len,
                                 enum diag_result without_error)
{
    int32_t error = 0;

    if (len >= sizeof(error))
        memcpy(&error, payload, sizeof(error));
    else if (without_error != DIAG_DONE)
        error = -EBADMSG;
    if (error < -ERRNO_MAX || (error > 0 && without_error != DIAG_DONE))
        error = -EBADMSG;
    if (error >= 0)
        return without_error;
    d->error = error;
    return DIAG_ERROR;
}

static enum diag_result message_take(struct diag *d, const struct nlmsghdr *h,
                                     const uint8_t *payload, size_t len)
{
    if ((d->seq && h->nlmsg_seq != d->seq) || (d->portid && h->nlmsg_pid != d->portid)) {
        d->foreign++;
        return DIAG_MORE;
    }
    if (h->nlmsg_flags & NLM_F_DUMP_INTR)
        d->interrupted++;
    switch (h->nlmsg_type) {
    case TCPDIAG_GETSOCK:
    case SOCK_DIAG_BY_FAMILY:
        return record_take(d, payload, len);
    case NLMSG_NOOP:
        return DIAG_MORE;
    case NLMSG_DONE:
        return end_take(d, payload, len, DIAG_DONE);
    case NLMSG_ERROR:
        return end_take(d, payload, len, DIAG_MORE);
    case NLMSG_OVERRUN:
        d->error = -ENOBUFS;
        return DIAG_ERROR;
    default:
        d->builder->sample.rejected++;
        return DIAG_MORE;
    }
}

/* The header at the front of `bytes`, in the byte order of this machine. */
static struct nlmsghdr read_header(const uint8_t *bytes, bool swapped)
{
    struct nlmsghdr h;

    memcpy(&h, bytes, sizeof(h));
    if (swapped) {
        h.nlmsg_len = __builtin_bswap32(h.nlmsg_len);
        h.nlmsg_type = __builtin_bswap16(h.nlmsg_type);
        h.nlmsg_flags = __builtin_bswap16(h.nlmsg_flags);
        h.nlmsg_seq = __builtin_bswap32(h.nlmsg_seq);
        h.nlmsg_pid = __builtin_bswap32(h.nlmsg_pid);
    }
    return h;
}

/* Addresses and ports are in network order on every machine. */
static void swap_record(struct inet_diag_msg *m)
{
    uint32_t *const numbers[] = {
        &m->id.idiag_if,  &m->id.idiag_cookie[0], &m->id.idiag_cookie[1], &m->idiag_expires,
        &m->idiag_rqueue, &m->idiag_wqueue,       &m->idiag_uid,          &m->idiag_inode,
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        *numbers[i] = __builtin_bswap32(*numbers[i]);
}

/* The attributes up to the first damaged one, at which the parser stops too. `depth`: of those
 * within an attribute. */
static void swap_attributes(uint8_t *attrs, size_t len, int depth)
{
    while (len >= sizeof(struct rtattr)) {
        struct rtattr a;

        memcpy(&a, attrs, sizeof(a));
        a.rta_len = __builtin_bswap16(a.rta_len);
        a.rta_type = __builtin_bswap16(a.rta_type);
        memcpy(attrs, &a, sizeof(a));
        if (a.rta_len < sizeof(a) || a.rta_len > len)
            return;
        if (a.rta_type == INET_DIAG_INFO)
            tcp_metrics_swap(attrs + sizeof(a), a.rta_len - sizeof(a));
        else if (a.rta_type == INET_DIAG_ULP_INFO && depth == 0)
            swap_attributes(attrs + sizeof(a), a.rta_len - sizeof(a), depth + 1);
        else if (a.rta_type == INET_DIAG_CGROUP_ID && a.rta_len == sizeof(a) + sizeof(uint64_t))
            swap_bytes(attrs + sizeof(a), sizeof(uint64_t));
        for (size_t at = sizeof(a);
             a.rta_type == INET_DIAG_SKMEMINFO && at + sizeof(uint32_t) <= a.rta_len;
             at += sizeof(uint32_t))
            swap_bytes(attrs + at, sizeof(uint32_t));
        size_t step = align4(a.rta_len) < len ? align4(a.rta_len) : len;
        attrs += step;
        len -= step;
    }
}

/* What follows the header of a message of `type`. */
static void swap_payload(uint8_t *payload, size_t len, unsigned type)
{
    struct inet_diag_msg m;

    if ((type == NLMSG_DONE || type == NLMSG_ERROR) && len >= sizeof(int32_t))
        swap_bytes(payload, sizeof(int32_t));
    if ((type != TCPDIAG_GETSOCK && type != SOCK_DIAG_BY_FAMILY) || len < sizeof(m))
        return;
    memcpy(&m, payload, sizeof(m));
    swap_record(&m);
    memcpy(payload, &m, sizeof(m));
    swap_attributes(payload + sizeof(m), len - sizeof(m), 0);
}

/* Convert each message and parse it as one of this machine's. */
static enum diag_result parse_swapped(struct diag *d, const uint8_t *p, size_t len)
{
    enum diag_result result = DIAG_MORE;
    size_t used = 0;

    d->swapped = false;
    while (result == DIAG_MORE && used < len) {
        uint8_t copy[SWAPPED_MAX];
        size_t left = len - used;
        struct nlmsghdr h = {0};

        if (left >= sizeof(h))
            h = read_header(p + used, true);
        if (left < sizeof(h) || h.nlmsg_len < sizeof(h) || h.nlmsg_len > left) {
            d->builder->sample.rejected++;
            result = DIAG_STOPPED;
            break;
        }
        if (h.nlmsg_len <= sizeof(copy)) {
            memcpy(copy, &h, sizeof(h));
            memcpy(copy + sizeof(h), p + used + sizeof(h), h.nlmsg_len - sizeof(h));
            swap_payload(copy + sizeof(h), h.nlmsg_len - sizeof(h), h.nlmsg_type);
            result = diag_parse(d, copy, h.nlmsg_len);
        } else {
            d->builder->sample.rejected++;
        }
        used += align4(h.nlmsg_len) < left ? align4(h.nlmsg_len) : left;
    }
    d->swapped = true;
    d->used = used;
    return result;
}

bool diag_is_swapped(const void *bytes, size_t len)
{
    uint32_t first = 0;

    if (len >= sizeof(first))
        memcpy(&first, bytes, sizeof(first));
    return first != 0 && (first & 0xffff) == 0;
}

enum diag_result diag_parse(struct diag *d, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    enum diag_result result = DIAG_MORE;

    if (d->swapped)
        return parse_swapped(d, p, len);
    d->used = 0;
    while (result == DIAG_MORE && d->used < len) {
        size_t left = len - d->used;
        struct nlmsghdr h;

        if (left >= sizeof(h))
            memcpy(&h, p + d->used, sizeof(h));
        if (left < sizeof(h) || h.nlmsg_len < sizeof(h) || h.nlmsg_len > left) {
            d->builder->sample.rejected++;
            return DIAG_STOPPED;
        }
        result = message_take(d, &h, p + d->used + sizeof(h), h.nlmsg_len - sizeof(h));
        d->used += align4(h.nlmsg_len) < left ? align4(h.nlmsg_len) : left;
    }
    return result;
}

size_t diag_whole(const void *bytes, size_t len, bool swapped, bool *damaged)
{
    const uint8_t *p = bytes;
    size_t whole = 0;
    struct nlmsghdr h;

    if (damaged)
        *damaged = false;
    while (len - whole >= sizeof(h)) {
        h = read_header(p + whole, swapped);
        if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > DIAG_MESSAGE_MAX) {
            if (damaged)
                *damaged = true;
            break;
        }
        if (align4(h.nlmsg_len) > len - whole)
            break;
        whole += align4(h.nlmsg_len);
    }
    return whole;
}

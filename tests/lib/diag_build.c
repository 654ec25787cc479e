/* SPDX-License-Identifier: MIT */
/* Builds netlink messages as the kernel would send them, for tests and recorded scenes. */
#include "lib/diag_build.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

void build_message(struct str *out, uint16_t type, uint16_t flags, const void *payload, size_t len)
{
    struct nlmsghdr h = {.nlmsg_len = (uint32_t)(sizeof(h) + len),
                         .nlmsg_type = type,
                         .nlmsg_flags = flags,
                         .nlmsg_seq = BUILD_SEQ,
                         .nlmsg_pid = BUILD_PORTID};

    str_add_bytes(out, &h, sizeof(h));
    str_add_bytes(out, payload, len);
    str_add_many(out, '\0', -len & 3);
}

void build_conn(struct str *out, const struct conn *c, const void *info, size_t info_len)
{
    build_conn_with(out, c, info, info_len, NULL);
}

static size_t put_attribute(uint8_t *at, uint16_t type, const void *value, size_t len)
{
    struct rtattr a = {.rta_type = type, .rta_len = (unsigned short)(sizeof(a) + len)};

    memcpy(at, &a, sizeof(a));
    memcpy(at + sizeof(a), value, len);
    return a.rta_len;
}

/* What the kernel tells of an IPv6 listener, and of a subflow of MPTCP. */
static size_t put_kind(uint8_t *at, const struct conn *c)
{
    static const char name[] = "mptcp";
    uint8_t nested[sizeof(struct rtattr) + sizeof(name) + 2] = {0}, only;
    size_t len = 0;

    if (conn_v6only(c) != V6ONLY_UNKNOWN) {
        only = conn_v6only(c) == V6ONLY_YES;
        len += put_attribute(at, INET_DIAG_SKV6ONLY, &only, 1);
        len += -len & 3;
    }
    if (c->flags & CONN_MPTCP) {
        (void)put_attribute(nested, INET_ULP_INFO_NAME, name, sizeof(name));
        len += put_attribute(at + len, INET_DIAG_ULP_INFO, nested, sizeof(nested));
        len += -len & 3;
    }
    return len;
}

/* The record without attributes. */
static struct inet_diag_msg record_of(const struct conn *c)
{
    struct inet_diag_msg m = {.idiag_family = c->family,
                              .idiag_state = c->state,
                              .idiag_timer = c->timer,
                              .idiag_retrans = c->retrans,
                              .idiag_expires = c->expires_ms,
                              .idiag_rqueue = c->rqueue,
                              .idiag_wqueue = c->wqueue,
                              .idiag_uid = c->uid,
                              .idiag_inode = c->inode};

    m.id.idiag_sport = htons(c->sport);
    m.id.idiag_dport = htons(c->dport);
    m.id.idiag_if = c->ifindex;
    m.id.idiag_cookie[0] = c->flags & CONN_NO_COOKIE ? UINT32_MAX : (uint32_t)c->cookie;
    m.id.idiag_cookie[1] = c->flags & CONN_NO_COOKIE ? UINT32_MAX : (uint32_t)(c->cookie >> 32);
    memcpy(m.id.idiag_src, c->src, sizeof(c->src));
    memcpy(m.id.idiag_dst, c->dst, sizeof(c->dst));
    return m;
}

void build_conn_attr(struct str *out, const struct conn *c, uint16_t type, const void *value,
                     size_t len)
{
    uint8_t payload[sizeof(struct inet_diag_msg) + sizeof(struct rtattr) + 1024];
    struct inet_diag_msg m = record_of(c);

    memcpy(payload, &m, sizeof(m));
    len = sizeof(m) + put_attribute(payload + sizeof(m), type, value, len);
    build_message(out, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, payload, len);
}

void build_conn_with(struct str *out, const struct conn *c, const void *info, size_t info_len,
                     const char *congestion)
{
    uint8_t payload[sizeof(struct inet_diag_msg) + 6 * sizeof(struct rtattr) + 1024 + 64] = {0};
    size_t len = sizeof(struct inet_diag_msg);
    struct inet_diag_msg m = record_of(c);

    memcpy(payload, &m, sizeof(m));
    if (congestion) /* before tcp_info, as the kernel does not: the order says nothing */
        len += put_attribute(payload + len, INET_DIAG_CONG, congestion, strlen(congestion) + 1);
    len += -len & 3;
    len += put_kind(payload + len, c);
    if (info && info_len <= 1024)
        len += put_attribute(payload + len, INET_DIAG_INFO, info, info_len);
    build_message(out, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, payload, len);
}

void build_done(struct str *out, int error)
{
    build_message(out, NLMSG_DONE, NLM_F_MULTI, &error, sizeof(error));
}

void build_info(uint8_t info[BUILD_INFO_BYTES], const struct tcp_metrics *f)
{
    memset(info, 0, BUILD_INFO_BYTES);
#define FIELD(type, name, offset)                                                                  \
    if (f->valid >> METRICS_##name & 1)                                                            \
        memcpy(info + (offset), &f->name, sizeof(type));
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
}

struct conn build_plain(unsigned state, uint16_t sport, uint16_t dport, uint64_t cookie)
{
    return (struct conn){.src = {10, 0, 0, 1},
                         .dst = {10, 0, 0, 2},
                         .cookie = cookie,
                         .inode = 1000 + sport,
                         .uid = 1000,
                         .sport = sport,
                         .dport = dport,
                         .family = AF_INET,
                         .state = (uint8_t)state};
}

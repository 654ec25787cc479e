/* SPDX-License-Identifier: MIT */
/* Which records are the same connection, and of what kind one is. */
#include "tcptop/model/conn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/hash.h"
#include "tcptop/model/end_text.h"
#include "tcptop/model/state.h"

#define LOOPBACK_IFINDEX 1 /* in every namespace, include/net/flow.h of the kernel */

/* A subflow of MPTCP stays ESTABLISHED when the process has closed the connection and the peer has
 * not, so the connection's own state decides there (net/mptcp/protocol.c __mptcp_close). Where that
 * is not known it may also be a further subflow of one that waits, or of one that was closed. */
enum conn_kind conn_kind(const struct conn *c)
{
    static const uint8_t without_inode[TCP_STATE_COUNT] = {
        [TCP_STATE_SYN_RECV] = CONN_REQUEST_SOCKET, [TCP_STATE_FIN_WAIT1] = CONN_ORPHAN,
        [TCP_STATE_FIN_WAIT2] = CONN_ORPHAN,        [TCP_STATE_CLOSING] = CONN_ORPHAN,
        [TCP_STATE_LAST_ACK] = CONN_ORPHAN,         [TCP_STATE_ESTABLISHED] = CONN_NOT_ACCEPTED,
        [TCP_STATE_CLOSE_WAIT] = CONN_NOT_ACCEPTED,
    };

    unsigned mptcp = conn_mptcp_state(c);

    if (c->flags & CONN_BOUND)
        return CONN_BOUND_ONLY;
    if (c->inode || c->unknown & CONN_UNKNOWN_INODE || c->state >= TCP_STATE_COUNT)
        return CONN_PLAIN;
    if (without_inode[c->state] == CONN_NOT_ACCEPTED && c->flags & CONN_MPTCP)
        return (enum conn_kind)without_inode[mptcp < TCP_STATE_COUNT ? mptcp : 0];
    return (enum conn_kind)without_inode[c->state];
}

static bool address_is_loopback(uint8_t family, const uint8_t address[16])
{
    static const uint8_t one[16] = {[15] = 1};
    static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

    if (family == AF_INET)
        return address[0] == 127;
    return memcmp(address, one, sizeof one) == 0 || memcmp(address, mapped, sizeof mapped) == 0;
}

bool conn_is_loopback(const struct conn *c)
{
    return c->ifindex == LOOPBACK_IFINDEX ||
           (!conn_address_unknown(c, false) && address_is_loopback(c->family, c->src)) ||
           (!conn_address_unknown(c, true) && address_is_loopback(c->family, c->dst));
}

char *conn_address(const struct conn *c, bool remote, char out[CONN_ADDRESS_SIZE])
{
    const uint8_t *address = remote ? c->dst : c->src;

    if (conn_address_unknown(c, remote)) {
        const char *text = end_text(end_text_number(address));
        snprintf(out, CONN_ADDRESS_SIZE, "%s", *text ? text : FMT_NONE);
    } else if (!inet_ntop(c->family, address, out, CONN_ADDRESS_SIZE))
        out[0] = '\0';
    return out;
}

bool conn_address_missing(const struct conn *c, bool remote)
{
    return conn_address_unknown(c, remote) && !end_text_number(remote ? c->dst : c->src);
}

const char *conn_port_text(const struct conn *c, bool remote)
{
    return conn_port_unknown(c, remote) && c->flags & CONN_NO_COOKIE
               ? end_text(c->port_text[remote])
               : "";
}

bool conn_is_dual_stack(const struct conn *c)
{
    static const uint8_t any[16];

    return c->family == AF_INET6 && conn_v6only(c) == V6ONLY_NO &&
           memcmp(c->src, any, sizeof any) == 0;
}

void conn_plain_address(const struct conn *c, bool remote, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *address = remote ? c->dst : c->src;

    if (c->family == AF_INET) {
        memcpy(out, mapped, sizeof mapped);
        memcpy(out + sizeof mapped, address, 4);
    } else {
        memcpy(out, address, 16);
    }
}

bool conn_same_endpoints(const struct conn *a, const struct conn *b)
{
    return a->sport == b->sport && a->dport == b->dport && a->family == b->family &&
           a->ifindex == b->ifindex && a->netns == b->netns &&
           memcmp(a->src, b->src, sizeof a->src) == 0 && memcmp(a->dst, b->dst, sizeof a->dst) == 0;
}

/* A socket without a file has inode 0 from its close() on, or until it is accepted: so 0 equals
 * any. Two different ones are different sockets (listeners sharing a port by SO_REUSEPORT). */
static bool same_tuple(const struct conn *a, const struct conn *b)
{
    return (a->inode == b->inode || !a->inode || !b->inode) && conn_same_endpoints(a, b);
}

bool conn_same(const struct conn *a, const struct conn *b)
{
    if ((a->flags | b->flags) & CONN_NO_COOKIE)
        return same_tuple(a, b);
    return a->cookie == b->cookie && a->netns == b->netns;
}

uint64_t conn_tuple_hash(const struct conn *c, uint64_t seed)
{
    uint64_t ports =
        (uint64_t)c->sport << 48 | (uint64_t)c->dport << 32 | (uint64_t)c->family << 16 | c->netns;

    return hash_bytes(c->dst, sizeof c->dst,
                      hash_bytes(c->src, sizeof c->src, hash_u64(ports ^ seed)));
}

uint64_t conn_hash(const struct conn *c)
{
    uint64_t seed = hash_secret()->seed;

    return c->flags & CONN_NO_COOKIE ? conn_tuple_hash(c, seed)
                                     : hash_u64(c->cookie + hash_u64(c->netns ^ seed));
}

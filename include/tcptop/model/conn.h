/* SPDX-License-Identifier: MIT */
/* One connection in one sample. Kept at 80 bytes because a sample may hold a million. */
#ifndef TCPTOP_MODEL_CONN_H
#define TCPTOP_MODEL_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/state.h"

/* idiag_timer, net/ipv4/inet_diag.c inet_sk_diag_fill(). A record with another code is damaged: it
 * is left out and counted. */
enum conn_timer {
    TIMER_OFF = 0,
    TIMER_RETRANSMIT = 1, /* also loss probe, SYN and SYN,ACK */
    TIMER_KEEPALIVE = 2,  /* also an orphan before FIN_WAIT2 proper */
    TIMER_TIMEWAIT = 3,
    TIMER_PROBE = 4, /* zero window */
    TIMER_DELACK = 5
};

enum conn_flag {
    CONN_NO_COOKIE = 1,       /* from /proc or an import: cookie is not known */
    CONN_NO_OWNER = 2,        /* uid and inode mean nothing here (mini-sockets): show "–" */
    CONN_NO_BACKLOG = 4,      /* LISTEN read from /proc: wqueue is not the backlog */
    CONN_BOUND = 8,           /* state CLOSE as the answer to BOUND_INACTIVE */
    CONN_ROUNDED_TIMER = 16,  /* expiry in clock ticks of 10 ms (/proc) */
    CONN_UNSEEN = 32,         /* closed row that no sample had: the kernel reported its end */
    CONN_CLOSE_REPORTED = 64, /* TIME_WAIT record whose socket the kernel reported closed */
    CONN_MPTCP = 128,         /* a subflow of an MPTCP connection, or a listener for them */
};

/* What is not known of a row that was read from the output of another program. None of it is set in
 * a row from the kernel or a recording. The members that it stands for then have these values. */
enum conn_unknown {
    CONN_UNKNOWN_RECV_Q = 1, /* rqueue 0 */
    CONN_UNKNOWN_SEND_Q = 2, /* wqueue 0; of a listener CONN_NO_BACKLOG is set, too */
    CONN_UNKNOWN_TIMER = 4,  /* timer TIMER_OFF, expires_ms and retrans 0 */
    CONN_UNKNOWN_INODE = 8,  /* inode is a number that no other row has and no socket need have had,
                                for finding the process; 0: nobody holds the socket, for certain */
    CONN_UNKNOWN_UID = 16,   /* uid is such a number, for finding the name of the user */
    CONN_UNKNOWN_LOCAL_ADDR = 32, /* src is no address but a text: conn_address() */
    CONN_UNKNOWN_REMOTE_ADDR = 64,
    CONN_UNKNOWN_LOCAL_PORT = 128, /* sport 0, and port_text[0] may be a text: conn_port_text() */
    CONN_UNKNOWN_REMOTE_PORT = 256,
    CONN_UNKNOWN_STATE = 512, /* state 0 */
};

/* INET_DIAG_SKV6ONLY, which the kernel tells of listening and bound IPv6 sockets
 * (net/ipv4/inet_diag.c inet_diag_msg_attrs_fill). */
enum conn_v6only { V6ONLY_UNKNOWN, V6ONLY_NO, V6ONLY_YES };

#define CONN_DEVICE_NAMED (UINT32_C(1) << 31) /* in ifindex: the rest is a text, see end_text() */

struct conn {
    uint8_t src[16]; /* network order; IPv4 in the first four bytes, the rest 0 */
    uint8_t dst[16];
    union {
        _Alignas(8) uint64_t cookie; /* the same layout where 64-bit numbers need only 4 */
        uint32_t port_text[2]; /* with CONN_NO_COOKIE and CONN_UNKNOWN_…_PORT: what stands in the
                                  port's place, for end_text(); local, remote */
    };
    uint32_t inode;   /* 0: no file refers to it */
    uint32_t uid;     /* see CONN_NO_OWNER */
    uint32_t ifindex; /* bound device or scope of a link-local address; 0: none */
    uint32_t expires_ms;
    uint32_t rqueue; /* bytes; LISTEN: accept queue length */
    uint32_t wqueue; /* bytes; LISTEN: backlog limit */
    uint16_t sport;  /* host order */
    uint16_t dport;
    uint8_t family;  /* AF_INET or AF_INET6 */
    uint8_t state;   /* enum tcp_state */
    uint8_t timer;   /* enum conn_timer */
    uint8_t retrans; /* unanswered repeats, see idiag_retrans; not a total */
    uint16_t netns;  /* index of the namespace in the sample; 0: the one tcptop was started in */
    uint8_t flags;   /* enum conn_flag */
    unsigned was_state : 4;     /* the state before the last change that was seen, 0: none */
    unsigned extra : 4;         /* see conn_v6only() and conn_mptcp_state() */
    unsigned cgroup : 15;       /* which of the sample's control groups made the socket, see
                                   model/cgroups.h; 0: not known */
    unsigned socket_cookie : 1; /* of a timewait record: samples had its socket, with the same
                                   cookie */
    uint16_t unknown;           /* enum conn_unknown */
};

_Static_assert(sizeof(struct conn) == 80, "a sample may hold a million");

/** Kinds of connections that are explained in words of their own beside the state. */
enum conn_kind { CONN_PLAIN, CONN_REQUEST_SOCKET, CONN_ORPHAN, CONN_NOT_ACCEPTED, CONN_BOUND_ONLY };

/** REQUEST_SOCKET: SYN_RECV with inode 0 (net/ipv4/inet_diag.c inet_req_diag_fill). ORPHAN: FIN_*,
 *  CLOSING, LAST_ACK without inode. NOT_ACCEPTED: ESTABLISHED or CLOSE_WAIT without inode. */
enum conn_kind conn_kind(const struct conn *c);

/** Is it the timewait record that the kernel keeps after the socket has gone: in TIME_WAIT, or of
 * an orphan in FIN_WAIT2 (net/ipv4/tcp_minisocks.c tcp_time_wait)? */
static inline bool conn_timewait(unsigned state, unsigned timer)
{
    return state == TCP_STATE_TIME_WAIT ||
           (state == TCP_STATE_FIN_WAIT2 && timer == TIMER_TIMEWAIT);
}

static inline bool conn_is_timewait(const struct conn *c)
{
    return conn_timewait(c->state, c->timer);
}

/** Is it a request socket: a handshake that has no full socket yet, or a Fast Open child that is
 * not accepted? The full socket copies the request's cookie (net/ipv4/inet_connection_sock.c
 *  inet_csk_clone_lock). A request that is dumped first after that copy has a cookie of its own. */
static inline bool conn_request(unsigned state, uint32_t inode)
{
    return state == TCP_STATE_SYN_RECV && inode == 0;
}

static inline bool conn_is_request(const struct conn *c)
{
    return conn_request(c->state, c->inode);
}

/** Has nobody the socket open any more: is it an orphan, or a timewait record? */
static inline bool conn_is_let_go(const struct conn *c)
{
    return conn_is_timewait(c) || conn_kind(c) == CONN_ORPHAN;
}

/** Of Recv-Q and Send-Q, what is no data (net/ipv4/tcp_diag.c tcp_diag_get_info): 1 where the FIN
 *  that has come waits to be read; 1 where the SYN or the FIN of this end is not acknowledged. */
static inline uint32_t conn_unread_fin(const struct conn *c)
{
    return c->rqueue && (c->state == TCP_STATE_CLOSE_WAIT || c->state == TCP_STATE_LAST_ACK ||
                         c->state == TCP_STATE_CLOSING);
}

static inline uint32_t conn_unacked_sign(const struct conn *c)
{
    return c->wqueue && c->state != TCP_STATE_ESTABLISHED && c->state != TCP_STATE_CLOSE_WAIT &&
           c->state != TCP_STATE_LISTEN;
}

/** The state that the record counts for: BOUND_INACTIVE apart from CLOSE; 0 for a state that this
 *  program does not know. */
static inline unsigned conn_counts_as(const struct conn *c)
{
    if (c->flags & CONN_BOUND)
        return TCP_STATE_BOUND_INACTIVE;
    return c->state < TCP_STATE_COUNT ? c->state : 0;
}

/** Does the kernel take it for a connection of the loopback: is either end in 127.0.0.0/8, also
 *  mapped into IPv6, or ::1, or is it bound to the loopback device? net/ipv4/tcp_ipv4.c
 *  tcp_twsk_unique(), which does so for tcp_tw_reuse = 2. */
bool conn_is_loopback(const struct conn *c);

#define CONN_ADDRESS_SIZE 64 /* of an address as text, or what stands in its place */

/** One end's address as text, without port, brackets or scope; what an imported dump has in its
 *  place where that is a name or a cut address. Returns `out`. */
char *conn_address(const struct conn *c, bool remote, char out[CONN_ADDRESS_SIZE]);

/** Is the address not known, and nothing was printed in its place? */
bool conn_address_missing(const struct conn *c, bool remote);

/** What stands in the place of a port that is not known; "" where nothing does. */
const char *conn_port_text(const struct conn *c, bool remote);

/** Is the end's address, or its port, not known as a number? */
static inline bool conn_address_unknown(const struct conn *c, bool remote)
{
    return c->unknown & (remote ? CONN_UNKNOWN_REMOTE_ADDR : CONN_UNKNOWN_LOCAL_ADDR);
}

static inline bool conn_port_unknown(const struct conn *c, bool remote)
{
    return c->unknown & (remote ? CONN_UNKNOWN_REMOTE_PORT : CONN_UNKNOWN_LOCAL_PORT);
}

/** Is something of the two ends not known as a number? Such ends equal no others. */
static inline bool conn_ends_unknown(const struct conn *c)
{
    return c->unknown & (CONN_UNKNOWN_LOCAL_ADDR | CONN_UNKNOWN_REMOTE_ADDR |
                         CONN_UNKNOWN_LOCAL_PORT | CONN_UNKNOWN_REMOTE_PORT);
}

/** What the kernel tells of a listening or bound socket; V6ONLY_UNKNOWN for all others. */
static inline enum conn_v6only conn_v6only(const struct conn *c)
{
    return c->state == TCP_STATE_LISTEN || c->state == TCP_STATE_CLOSE ? (enum conn_v6only)c->extra
                                                                       : V6ONLY_UNKNOWN;
}

/** The state of the MPTCP connection that a subflow belongs to, 0 when it is not known. A subflow
 *  stays ESTABLISHED while the connection closes (RFC 8684 section 3.3.3). */
static inline unsigned conn_mptcp_state(const struct conn *c)
{
    return c->flags & CONN_MPTCP && c->state != TCP_STATE_LISTEN && c->state != TCP_STATE_CLOSE
               ? c->extra
               : 0;
}

/** Does it listen on, or is it bound to, every IPv6 address and every IPv4 one? ss shows such a
 *  socket as "*". False where the kernel has not told. */
bool conn_is_dual_stack(const struct conn *c);

/** The address of one end as 16 bytes of IPv6, an IPv4 one mapped into ::ffff:0:0/96. So a host is
 * the same one, whether the program opened an IPv4 socket or an IPv6 one for it (RFC
 * 4291, 2.5.5.2). */
void conn_plain_address(const struct conn *c, bool remote, uint8_t out[16]);

/** Same family, namespace, device, addresses and ports. Inodes do not count. */
bool conn_same_endpoints(const struct conn *a, const struct conn *b);

/** Same connection in two samples: by cookie where both have one, else by family, 4-tuple, ifindex,
 *  netns and inode, where inode 0 equals any (a socket loses its file when it is closed). */
bool conn_same(const struct conn *a, const struct conn *b);

/** A hash for tables in memory, consistent with conn_same() among records that both have, or both
 * lack, a cookie. Another one in each process, so nobody can choose connections that have the same
 * one.
 */
uint64_t conn_hash(const struct conn *c);

/** A hash of what every record has, whether it has a cookie or not. With a `seed` of
 *  hash_secret()->seed nobody can choose connections that have the same one. */
uint64_t conn_tuple_hash(const struct conn *c, uint64_t seed);

#endif

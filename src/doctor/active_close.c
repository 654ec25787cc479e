/* SPDX-License-Identifier: MIT */
/* TIME_WAIT by the end that closed: a server's port here, or an ephemeral port of a client here.
 *
 * The most used destination is found by counting PEERS_COUNTED of them at a time, on at most
 * PEER_LOOKS rows spread over the sample: one that has a share of the rows that could matter is
 * surely among them, and its ports are then counted exactly. */
#include "tcptop/doctor/active_close.h"

#include <string.h>

#include "tcptop/base/top_k.h"
#include "tcptop/doctor/listeners.h"

#define PEERS_COUNTED 64
#define PEER_LOOKS    8192

/* Is it known of every namespace whose rows are there? */
static bool ranges_known(const struct sample *s)
{
    struct port_range r;

    if (!listeners_several(s))
        return host_port_range(&s->host, &r);
    for (uint32_t i = 0; i < s->namespaces->n; i++)
        if (s->namespaces->list[i].shown && !host_port_range(&s->namespaces->list[i].host, &r))
            return false;
    return true;
}

/* Ephemeral ports are unique per source address, destination address and destination port, whether
 * the sockets are IPv4's or IPv6's. Without padding, since it is compared byte by byte. */
struct peer_key {
    uint8_t src[16], dst[16];
    uint16_t dport, netns;
};

static struct peer_key key_of(const struct conn *c)
{
    struct peer_key key = {.dport = c->dport, .netns = c->netns};

    conn_plain_address(c, false, key.src);
    conn_plain_address(c, true, key.dst);
    return key;
}

static bool same_peer(const struct conn *a, const struct conn *b)
{
    const struct peer_key x = key_of(a), y = key_of(b);

    return memcmp(&x, &y, sizeof x) == 0;
}

static void count_peer(struct top_k *peers, const struct conn *c, uint32_t row)
{
    const struct peer_key key = key_of(c);

    top_k_count(peers, &key, row);
}

static void count_ports_to_peer(struct active_close *c, const struct sample *s,
                                const struct listeners *listening)
{
    const struct conn *peer = &s->conn[c->peer];
    struct port_range range;

    (void)host_port_range(sample_host(s, peer), &range);
    c->range = (uint32_t)range.usable;
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *conn = &s->conn[row];
        if (!host_port_in_range(&range, conn->sport) || !same_peer(conn, peer) ||
            listeners_have(listening, conn))
            continue;
        c->peer_ports++;
        c->peer_waiting += conn->state == TCP_STATE_TIME_WAIT;
    }
}

/* The rows in TIME_WAIT one by one. */
static void sort_rows(struct active_close *c, const struct sample *s,
                      const struct listeners *listening)
{
    struct top_k_item most;
    struct top_k peers;
    struct port_range range;
    uint32_t left = s->count[TCP_STATE_TIME_WAIT], stride = left / PEER_LOOKS + 1;

    (void)host_port_range(&s->host, &range);
    top_k_init(&peers, sizeof(struct peer_key), PEERS_COUNTED);
    for (uint32_t row = 0; row < s->n_live && left > 0; row++) {
        const struct conn *conn = &s->conn[row];
        if (conn->state != TCP_STATE_TIME_WAIT)
            continue;
        left--;
        if (conn_port_unknown(conn, false))
            continue;
        if (listeners_several(s))
            (void)host_port_range(sample_host(s, conn), &range);
        if (listeners_have(listening, conn)) {
            c->server_port = c->server == 0 || c->server_port == conn->sport ? conn->sport : 0;
            c->server++;
        } else if (c->range_known && host_port_in_range(&range, conn->sport)) {
            if (c->client++ % stride == 0)
                count_peer(&peers, conn, row);
        } else if (c->range_known) {
            c->other++;
        }
    }
    if (top_k_best(&peers, &most, 1))
        c->peer = most.row;
    top_k_fini(&peers);
}

void active_close_count(struct active_close *c, const struct sample *s,
                        const struct port_set *listening)
{
    struct listeners l;
    struct port_range range;

    *c = (struct active_close){.peer = UINT32_MAX};
    if (listeners_init(&l, s, listening))
        return;
    c->range_known = ranges_known(s);
    c->range = host_port_range(&s->host, &range) ? (uint32_t)range.usable : 0;
    sort_rows(c, s, &l);
    if (c->peer != UINT32_MAX)
        count_ports_to_peer(c, s, &l);
    listeners_fini(&l);
}

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

/* The ephemeral ports of a namespace; high < low: not known. */
struct range {
    int64_t low, high;
};

static struct range range_of(const struct host *h)
{
    struct range r = {.low = 0, .high = -1};

    if (!host_sysctl(h, SYSCTL_PORT_LOW, &r.low) || !host_sysctl(h, SYSCTL_PORT_HIGH, &r.high))
        return (struct range){.low = 0, .high = -1};
    return r;
}

static bool is_known(const struct range *r)
{
    return r->low <= r->high;
}

/* Without those that are reserved: the kernel does not choose them. */
static uint32_t size_of(const struct range *r, const struct host *h)
{
    int64_t reserved, all = r->high - r->low + 1;

    if (!host_sysctl(h, SYSCTL_RESERVED_PORTS, &reserved) || reserved < 0 || reserved >= all)
        reserved = 0;
    return (uint32_t)(all - reserved);
}

static bool is_within(const struct range *r, const struct conn *c)
{
    return c->sport >= r->low && c->sport <= r->high;
}

/* Is it known of every namespace whose rows are there? */
static bool ranges_known(const struct sample *s)
{
    struct range r = range_of(&s->host);

    if (!listeners_several(s))
        return is_known(&r);
    for (uint32_t i = 0; i < s->namespaces->n; i++) {
        r = range_of(&s->namespaces->list[i].host);
        if (s->namespaces->list[i].shown && !is_known(&r))
            return false;
    }
    return true;
}

/* Ephemeral ports are unique per source address, destination address and destination port. */
static bool same_peer(const struct conn *a, const struct conn *b)
{
    return a->dport == b->dport && a->family == b->family && a->netns == b->netns &&
           memcmp(a->dst, b->dst, sizeof(a->dst)) == 0 &&
           memcmp(a->src, b->src, sizeof(a->src)) == 0;
}

/* What same_peer() compares; without padding, since it is compared byte by byte. */
struct peer_key {
    uint8_t src[16], dst[16];
    uint16_t dport, family, netns;
};

static void count_peer(struct top_k *peers, const struct conn *c, uint32_t row)
{
    struct peer_key key = {.dport = c->dport, .family = c->family, .netns = c->netns};

    memcpy(key.src, c->src, sizeof key.src);
    memcpy(key.dst, c->dst, sizeof key.dst);
    top_k_count(peers, &key, row);
}

static void count_ports_to_peer(struct active_close *c, const struct sample *s,
                                const struct listeners *listening)
{
    const struct conn *peer = &s->conn[c->peer];
    const struct range range = range_of(sample_host(s, peer));

    c->range = size_of(&range, sample_host(s, peer));
    for (uint32_t row = 0; row < s->n_live; row++) {
        const struct conn *conn = &s->conn[row];
        if (!is_within(&range, conn) || !same_peer(conn, peer) || listeners_have(listening, conn))
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
    struct range range = range_of(&s->host);
    uint32_t left = s->count[TCP_STATE_TIME_WAIT], stride = left / PEER_LOOKS + 1;

    top_k_init(&peers, sizeof(struct peer_key), PEERS_COUNTED);
    for (uint32_t row = 0; row < s->n_live && left > 0; row++) {
        const struct conn *conn = &s->conn[row];
        if (conn->state != TCP_STATE_TIME_WAIT)
            continue;
        left--;
        if (listeners_several(s))
            range = range_of(sample_host(s, conn));
        if (listeners_have(listening, conn)) {
            c->server_port = c->server == 0 || c->server_port == conn->sport ? conn->sport : 0;
            c->server++;
        } else if (c->range_known && is_within(&range, conn)) {
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
    struct range range = range_of(&s->host);

    *c = (struct active_close){.peer = UINT32_MAX};
    if (listeners_init(&l, s, listening))
        return;
    c->range_known = ranges_known(s);
    c->range = is_known(&range) ? size_of(&range, &s->host) : 0;
    sort_rows(c, s, &l);
    if (c->peer != UINT32_MAX)
        count_ports_to_peer(c, s, &l);
    listeners_fini(&l);
}

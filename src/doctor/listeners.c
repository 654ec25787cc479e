/* SPDX-License-Identifier: MIT */
/* The listening sockets of a sample. Where rows of several namespaces are shown, what listens in
 * one serves nobody in another. */
#include "tcptop/doctor/listeners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uint32_t port_key(const struct conn *c)
{
    return (uint32_t)c->netns << 16 | c->sport;
}

static int compare_keys(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

bool listeners_several(const struct sample *s)
{
    return s->namespaces && s->namespaces->several;
}

int listeners_init(struct listeners *l, const struct sample *s, const struct port_set *ports)
{
    uint32_t left = s->count[TCP_STATE_LISTEN];

    *l = (struct listeners){.ports = ports};
    if (!listeners_several(s))
        return 0;
    l->by_netns = malloc((left + 1) * sizeof *l->by_netns);
    for (uint32_t row = 0; row < s->n_live && l->by_netns && l->n < left; row++) {
        if (s->conn[row].state == TCP_STATE_LISTEN)
            l->by_netns[l->n++] = port_key(&s->conn[row]);
    }
    if (l->by_netns)
        qsort(l->by_netns, l->n, sizeof *l->by_netns, compare_keys);
    return l->by_netns ? 0 : -ENOMEM;
}

void listeners_fini(struct listeners *l)
{
    free(l->by_netns);
    *l = (struct listeners){0};
}

bool listeners_have(const struct listeners *l, const struct conn *c)
{
    const uint32_t key = port_key(c);

    return port_set_has(l->ports, c->sport) &&
           (!l->by_netns || bsearch(&key, l->by_netns, l->n, sizeof key, compare_keys));
}

bool listeners_on_port_of(const struct sample *s, const struct port_set *listening,
                          const struct conn *c)
{
    if (!port_set_has(listening, c->sport))
        return false;
    for (uint32_t row = 0; row < s->n_live && listeners_several(s); row++) {
        const struct conn *other = &s->conn[row];
        if (other->state == TCP_STATE_LISTEN && port_key(other) == port_key(c))
            return true;
    }
    return !listeners_several(s);
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t any[16];

/* The four bytes of an IPv4 address, also of a mapped one; NULL: it is none. */
static const uint8_t *as_v4(uint8_t family, const uint8_t address[16])
{
    if (family == AF_INET)
        return address;
    return memcmp(address, mapped, sizeof mapped) == 0 ? address + sizeof mapped : NULL;
}

static bool is_any(const struct conn *listener)
{
    return memcmp(listener->src, any, sizeof any) == 0;
}

static bool same_address(const struct conn *listener, uint8_t family, const uint8_t address[16])
{
    const uint8_t *a = as_v4(listener->family, listener->src), *b = as_v4(family, address);

    if (a || b)
        return a && b && memcmp(a, b, 4) == 0;
    return memcmp(listener->src, address, 16) == 0;
}

bool listeners_share_port(const struct conn *a, const struct conn *b)
{
    return !conn_address_unknown(a, false) && !conn_port_unknown(a, false) &&
           !conn_address_unknown(b, false) && !conn_port_unknown(b, false) &&
           a->sport == b->sport && a->netns == b->netns && a->family == b->family &&
           a->ifindex == b->ifindex && memcmp(a->src, b->src, sizeof a->src) == 0;
}

/* net/ipv4/inet_hashtables.c compute_score(), net/ipv6/inet6_hashtables.c compute_score() */
bool listeners_takes(const struct conn *listener, const struct conn *c, bool remote)
{
    const uint8_t *address = remote ? c->dst : c->src;

    if (listener->state != TCP_STATE_LISTEN || listener->netns != c->netns ||
        listener->sport != (remote ? c->dport : c->sport) ||
        (listener->ifindex && listener->ifindex != c->ifindex) ||
        conn_port_unknown(listener, false) || conn_address_unknown(listener, false) ||
        conn_port_unknown(c, remote) || conn_address_unknown(c, remote))
        return false;
    if (is_any(listener))
        return as_v4(c->family, address) ? conn_v6only(listener) != V6ONLY_YES
                                         : listener->family == AF_INET6;
    return same_address(listener, c->family, address);
}

/* Which of several that take a connection the kernel chooses: that of its very address, then the
 * one bound to its device or of IPv4 (compute_score()). */
static unsigned rank_of(const struct conn *listener)
{
    return (is_any(listener) ? 0u : 4u) + (listener->ifindex != 0) + (listener->family == AF_INET);
}

uint32_t listeners_find(const struct sample *s, const struct conn *c, uint32_t *n)
{
    uint32_t left = s->count[TCP_STATE_LISTEN], best = UINT32_MAX, equals = 0;
    unsigned best_rank = 0;

    for (uint32_t row = 0; row < s->n_live && left; row++) {
        const struct conn *l = &s->conn[row];
        if (l->state != TCP_STATE_LISTEN)
            continue;
        left--;
        if (!listeners_takes(l, c, false))
            continue;
        unsigned rank = rank_of(l);
        if (best == UINT32_MAX || rank > best_rank) {
            best = row;
            best_rank = rank;
            equals = 1;
        } else if (rank == best_rank) {
            best = l->rqueue > s->conn[best].rqueue ? row : best;
            equals++;
        }
    }
    if (n)
        *n = equals;
    return best;
}

static bool same_process(const struct owner_group *a, const struct owner_group *b)
{
    return a && b && a->member[0]->pid == b->member[0]->pid;
}

bool listeners_is_certain(const struct sample *s, uint32_t listener)
{
    uint32_t left = s->count[TCP_STATE_LISTEN];

    for (uint32_t row = 0; row < s->n_live && left; row++) {
        const struct conn *c = &s->conn[row];
        if (c->state != TCP_STATE_LISTEN)
            continue;
        left--;
        if (row != listener && c->rqueue && listeners_share_port(c, &s->conn[listener]) &&
            !same_process(sample_owner(s, row, NULL), sample_owner(s, listener, NULL)))
            return false;
    }
    return true;
}

/* Processes, peers, ports and queues of a breakdown. */
#include "breakdown_parts.h"

#include <string.h>

#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/owner/process.h"

#define LOCAL_PORT (UINT64_C(1) << 16) /* in the key of a port */

void breakdown_add_process(struct breakdown_work *w, uint32_t row)
{
    bool former;
    const struct owner_group *g = sample_owner(w->s, row, &former);

    if (!g) {
        w->b->ownerless++;
        return;
    }
    /* those that share a socket stand under the first of them */
    uint64_t key = (uint64_t)g->member[0]->pid << 1 | former;
    top_k_count(&w->processes, &key, row);
}

void breakdown_take_range(struct breakdown_work *w, const struct host *h)
{
    int64_t low, high;

    w->host = h;
    w->low = UINT16_MAX;
    w->high = 0;
    if (host_sysctl(h, SYSCTL_PORT_LOW, &low) && host_sysctl(h, SYSCTL_PORT_HIGH, &high)) {
        w->low = (uint16_t)low;
        w->high = (uint16_t)high;
    }
}

static bool is_ephemeral(const struct breakdown_work *w, uint16_t port)
{
    return port >= w->low && port <= w->high;
}

/* Is this the server's end? Its listener may have gone: then the peer's port tells, if only that
 * one is of the kind that the kernel chooses. */
static bool is_server(struct breakdown_work *w, const struct conn *c)
{
    const struct host *h = sample_host(w->s, c);

    if (h != w->host)
        breakdown_take_range(w, h);
    return listeners_have(&w->listeners, c) ||
           (is_ephemeral(w, c->dport) && !is_ephemeral(w, c->sport));
}

static bool has_peer(const struct breakdown_work *w)
{
    return w->b->state != TCP_STATE_LISTEN && w->b->state != TCP_STATE_BOUND_INACTIVE;
}

/* Does the local port count, or the peer's? */
static bool is_local(struct breakdown_work *w, const struct conn *c)
{
    return !has_peer(w) || is_server(w, c);
}

/* Clients of a server here have a port of their own each: they count by address. */
void breakdown_add_place(struct breakdown_work *w, uint32_t row)
{
    const struct conn *c = &w->s->conn[row];
    bool local = is_local(w, c);
    uint64_t port = local ? LOCAL_PORT | c->sport : c->dport;
    uint64_t peer = (uint64_t)c->netns << 32 | (uint64_t)c->family << 16 | (local ? 0 : c->dport);
    uint64_t half[2];

    top_k_count(&w->ports, &port, row);
    if (!has_peer(w))
        return;
    /* A hash stands for the peer. Nobody can choose addresses that have the same one. */
    memcpy(half, c->dst, sizeof half);
    peer = hash_u64(half[0] ^ hash_u64(half[1] ^ hash_u64(peer ^ w->seed)));
    top_k_count(&w->peers, &peer, row);
}

static bool is_fuller(const struct breakdown_queue *a, const struct breakdown_queue *b)
{
    uint64_t of_a = (uint64_t)a->length * (b->limit + UINT64_C(1));
    uint64_t of_b = (uint64_t)b->length * (a->limit + UINT64_C(1));

    if (of_a != of_b)
        return of_a > of_b;
    return a->port != b->port ? a->port < b->port : a->limit < b->limit;
}

/* A port has a queue for each socket that listens on it, as for IPv4 and IPv6. What overflows is
 * one of them, so the fullest stands for the port. */
void breakdown_add_queue(struct breakdown *b, uint16_t port, uint32_t length, uint32_t limit)
{
    const struct breakdown_queue queue = {port, length, limit};
    unsigned at = 0;

    while (at < b->n_queues && b->queue[at].port != port)
        at++;
    if (at < b->n_queues && !is_fuller(&queue, &b->queue[at]))
        return;
    if (at == b->n_queues && at < BREAKDOWN_TOP)
        b->n_queues++;
    else if (at == BREAKDOWN_TOP && !is_fuller(&queue, &b->queue[--at]))
        return;
    for (; at > 0 && is_fuller(&queue, &b->queue[at - 1]); at--)
        b->queue[at] = b->queue[at - 1];
    b->queue[at] = queue;
}

void breakdown_note_limit(struct breakdown_work *w, const struct conn *c)
{
    if (!(c->flags & CONN_NO_BACKLOG))
        w->limits[w->n_limits++] = (struct breakdown_queue){.port = c->sport, .limit = c->wqueue};
}

/* Requests per port against the backlogs of all listeners there. */
static void lead_requests(struct breakdown_work *w, const struct top_k_item *top, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint16_t port = w->s->conn[top[i].row].sport;
        uint32_t limit = 0;
        uint64_t key;
        memcpy(&key, top[i].key, sizeof key);
        for (uint32_t l = 0; l < w->n_limits; l++)
            limit += w->limits[l].port == port ? w->limits[l].limit : 0;
        if (limit > 0 && key & LOCAL_PORT)
            breakdown_add_queue(w->b, port, top[i].count, limit);
    }
}

/* Of many that occur once each none leads: the first stands for them. */
static unsigned worth_naming(const struct top_k_item *top, unsigned n, uint32_t distinct)
{
    bool more = distinct > n;

    while (more && n > 1 && top[n - 1].count == 1)
        n--;
    return n;
}

static unsigned lead(struct breakdown_work *w, struct breakdown_list *list,
                     const struct top_k *counted, struct top_k_item top[BREAKDOWN_TOP])
{
    list->n = worth_naming(top, top_k_best(counted, top, BREAKDOWN_TOP), counted->counts.n);
    list->distinct = counted->counts.n;
    list->at_least = counted->at_least_by;
    for (unsigned i = 0; i < list->n; i++) {
        list->entry[i].conn = w->s->conn[top[i].row];
        list->entry[i].by_port = !is_local(w, &list->entry[i].conn);
        list->entry[i].count = top[i].count;
    }
    return list->n;
}

static void lead_processes(struct breakdown_work *w)
{
    struct top_k_item top[BREAKDOWN_TOP];
    struct breakdown *b = w->b;

    b->n_processes = top_k_best(&w->processes, top, BREAKDOWN_TOP);
    b->other_processes = w->processes.counts.n - b->n_processes;
    for (unsigned i = 0; i < b->n_processes; i++) {
        struct breakdown_process *p = &b->process[i];
        const struct owner_group *g = sample_owner(w->s, top[i].row, &p->former);
        p->count = top[i].count;
        if (!g)
            continue;
        utf8_sanitise_into(p->name, sizeof p->name, g->member[0]->process,
                           strlen(g->member[0]->process));
        p->pid = g->member[0]->pid;
        p->start_ticks = g->member[0]->start_ticks;
    }
}

/* What a leak runs into; of this host's processes only. */
static void find_limit(struct breakdown_work *w)
{
    struct breakdown *b = w->b;
    bool recorded = w->s->backend == BACKEND_FRAME || w->s->backend == BACKEND_RAW;

    if (b->state != TCP_STATE_CLOSE_WAIT || b->n_processes == 0 || b->process[0].former ||
        recorded || !process_files_max(b->process[0].pid, b->process[0].start_ticks, &b->files_max))
        b->files_max = 0;
}

void breakdown_lead(struct breakdown_work *w)
{
    struct top_k_item top[BREAKDOWN_TOP];
    unsigned n;

    lead_processes(w);
    find_limit(w);
    lead(w, &w->b->peers, &w->peers, top);
    n = lead(w, &w->b->ports, &w->ports, top);
    if (w->b->state == TCP_STATE_SYN_RECV)
        lead_requests(w, top, n);
}

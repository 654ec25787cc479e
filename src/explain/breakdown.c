/* SPDX-License-Identifier: MIT */
/* One pass over a sample's rows for one state. */
#include "tcptop/explain/breakdown.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/state_age.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/sample_summary.h"
#include "tcptop/owner/process.h"

#define KEYS       65536u              /* processes, peers or ports that are counted at a time */
#define LOCAL_PORT (UINT64_C(1) << 16) /* in the key of a port */

const uint32_t breakdown_age_s[BREAKDOWN_AGES] = {10, 60, 600, 3600};

static void add_age(struct breakdown *b, const struct sample *s, uint32_t row)
{
    struct state_age age = state_age_of(s, row);

    b->ages_vague |= !age.exact;
    if (age.ms > b->oldest_ms)
        b->oldest_ms = age.ms;
    for (unsigned i = 0; i < BREAKDOWN_AGES; i++)
        b->aged[i] += age.ms >= UINT64_C(1000) * breakdown_age_s[i];
}

static void add_queues(struct breakdown *b, const struct conn *c)
{
    uint32_t came = conn_unread_fin(c), went = conn_unacked_sign(c);
    uint32_t received = c->rqueue - came, sent = c->wqueue - went;

    b->queues++;
    b->received.rows += received > 0;
    b->received.bytes += received;
    b->received.most = received > b->received.most ? received : b->received.most;
    b->sent.rows += sent > 0;
    b->sent.bytes += sent;
    b->sent.most = sent > b->sent.most ? sent : b->sent.most;
    b->fin_only += went && c->wqueue == 1;
    b->fin_unread += came && c->rqueue == 1;
}

static void add_repeats(struct breakdown *b, const struct conn *c)
{
    uint32_t repeats = c->timer == TIMER_RETRANSMIT ? c->retrans : 0;

    b->timers++;
    b->keepalive += c->timer == TIMER_KEEPALIVE;
    b->repeats[repeats > 5 ? 3 : repeats > 2 ? 2 : repeats > 0 ? 1 : 0]++;
    if (repeats > b->most_repeats)
        b->most_repeats = repeats;
}

static void add_silence(struct breakdown *b, const struct sample *s, uint32_t row)
{
    const struct tcp_metrics *f = sample_metrics(s, row);
    uint64_t received, sent, silence;

    if (!tcp_metrics_get(f, METRICS_last_data_recv_ms, &received) ||
        !tcp_metrics_get(f, METRICS_last_data_sent_ms, &sent))
        return;
    silence = received < sent ? received : sent;
    b->silent++;
    if (silence > b->silence_ms)
        b->silence_ms = silence;
}

static void add_end(struct breakdown *b, const struct sample *s, const struct conn *c)
{
    uint64_t ms;

    if (!tcp_timeouts_left(sample_host(s, c), c, &ms))
        return;
    if (b->close_event++ == 0 || ms < b->first_end_ms)
        b->first_end_ms = ms;
    if (ms > b->last_end_ms)
        b->last_end_ms = ms;
}

/* Processes, peers, ports and queues -------------------------------------------------------- */

static void add_process(struct breakdown_work *w, uint32_t row)
{
    bool former;
    const struct owner_group *g = sample_owner(w->s, row, &former);

    if (!g) {
        w->b->ownerless++;
        w->b->hidden += sample_owner_hidden(w->s, row);
        return;
    }
    /* those that share a socket stand under the first of them */
    uint64_t key = (uint64_t)g->member[0]->pid << 1 | former;
    top_k_count(&w->processes, &key, row);
}

static void take_range(struct breakdown_work *w, const struct host *h)
{
    w->host = h;
    (void)host_port_range(h, &w->ports_of_host);
}

/* Is this the server's end? Its listener may have gone: then the peer's port tells, if only that
 * one is of the kind that the kernel chooses. */
static bool is_server(struct breakdown_work *w, const struct conn *c)
{
    const struct host *h = sample_host(w->s, c);

    if (h != w->host)
        take_range(w, h);
    return listeners_have(&w->listeners, c) || (host_port_in_range(&w->ports_of_host, c->dport) &&
                                                !host_port_in_range(&w->ports_of_host, c->sport));
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
static void add_place(struct breakdown_work *w, uint32_t row)
{
    const struct conn *c = &w->s->conn[row];
    bool local = is_local(w, c);
    uint64_t port = local ? LOCAL_PORT | c->sport : c->dport;
    uint64_t peer = (uint64_t)c->netns << 32 | (local ? 0 : c->dport);
    uint8_t address[16];
    uint64_t half[2];

    if (!conn_port_unknown(c, !local))
        top_k_count(&w->ports, &port, row);
    if (!has_peer(w) || conn_address_unknown(c, true) || (!local && conn_port_unknown(c, true)))
        return;
    /* A hash stands for the peer. Nobody can choose addresses that have the same one. */
    conn_plain_address(c, true, address);
    memcpy(half, address, sizeof half);
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
static void add_queue(struct breakdown *b, uint16_t port, uint32_t length, uint32_t limit)
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

static void note_limit(struct breakdown_work *w, const struct conn *c)
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
            add_queue(w->b, port, top[i].count, limit);
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
    bool recorded = sample_is_recorded(w->s);

    if (b->state != TCP_STATE_CLOSE_WAIT || b->n_processes == 0 || b->process[0].former ||
        recorded || !process_files_max(b->process[0].pid, b->process[0].start_ticks, &b->files_max))
        b->files_max = 0;
}

static void lead_all(struct breakdown_work *w)
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

/* The pass over the rows --------------------------------------------------------------------- */

static void look_at(struct breakdown_work *w, uint32_t row)
{
    const struct conn *c = &w->s->conn[row];
    struct breakdown *b = w->b;

    b->rows++;
    add_age(b, w->s, row);
    add_process(w, row);
    add_place(w, row);
    if (b->state == TCP_STATE_LISTEN) {
        if (!(c->flags & CONN_NO_BACKLOG) && !conn_port_unknown(c, false))
            add_queue(b, c->sport, c->rqueue, c->wqueue);
        return;
    }
    if (!(c->unknown & (CONN_UNKNOWN_RECV_Q | CONN_UNKNOWN_SEND_Q)))
        add_queues(b, c);
    if (!(c->unknown & CONN_UNKNOWN_TIMER))
        add_repeats(b, c);
    add_silence(b, w->s, row);
    add_end(b, w->s, c);
}

int breakdown_begin(struct breakdown_work *w, struct breakdown *b, const struct sample *s,
                    const struct sample_summary *summary, unsigned state)
{
    uint32_t listening = s->count[TCP_STATE_LISTEN];

    *b = (struct breakdown){.state = 0};
    *w = (struct breakdown_work){.b = b, .s = s, .seed = hash_secret()->seed};
    if (listeners_init(&w->listeners, s, &summary->listening))
        return -ENOMEM;
    if (state == TCP_STATE_SYN_RECV && listening) {
        w->limits = malloc(listening * sizeof *w->limits);
        if (!w->limits) {
            listeners_fini(&w->listeners);
            return -ENOMEM;
        }
    }
    top_k_init(&w->processes, sizeof(uint64_t), KEYS);
    top_k_init(&w->peers, sizeof(uint64_t), KEYS);
    top_k_init(&w->ports, sizeof(uint64_t), KEYS);
    take_range(w, &s->host);
    b->state = state;
    b->of = s;
    b->seq = s->seq;
    b->carried_ns = s->left_out & STATE_BIT(state) ? s->carried_ns : 0;
    b->owners_known = s->owner;
    return 0;
}

bool breakdown_step(struct breakdown_work *w, uint32_t rows)
{
    const struct sample *s = w->s;
    uint32_t end = s->n_live - w->row > rows ? w->row + rows : s->n_live;

    for (; w->row < end; w->row++) {
        const struct conn *c = &s->conn[w->row];
        if (conn_counts_as(c) == w->b->state)
            look_at(w, w->row);
        else if (w->limits && c->state == TCP_STATE_LISTEN)
            note_limit(w, c);
    }
    return w->row == s->n_live;
}

void breakdown_finish(struct breakdown_work *w)
{
    lead_all(w);
    if (w->processes.failed || w->peers.failed || w->ports.failed)
        *w->b = (struct breakdown){.state = 0};
    top_k_fini(&w->processes);
    top_k_fini(&w->peers);
    top_k_fini(&w->ports);
    listeners_fini(&w->listeners);
    free(w->limits);
}

int breakdown_make(struct breakdown *b, const struct sample *s,
                   const struct sample_summary *summary, unsigned state)
{
    struct breakdown_work w;
    int rc = breakdown_begin(&w, b, s, summary, state);

    if (rc)
        return rc;
    breakdown_step(&w, UINT32_MAX);
    breakdown_finish(&w);
    return b->state ? 0 : -ENOMEM;
}

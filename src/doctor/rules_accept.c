/* SPDX-License-Identifier: MIT */
/* A process that does not accept although connections wait in the queue of its listener.
 *
 * That the queue is not empty, or has the same length, proves nothing: a server under load accepts
 * one and another one comes. accept() takes the one that has waited longest: reqsk_queue_remove()
 * of include/net/request_sock.h. So where every connection that waited through the time between two
 * looks still waits at the next one, and the queue is no shorter, nothing was accepted between the
 * two. A connection that is reset meanwhile is not listed any more but keeps its place in the queue
 * until it is accepted: so the queue must then be as much longer as new ones are seen. Where none
 * is listed at all, the namespace must not have had more new connections (PassiveOpens:
 * net/ipv4/tcp_minisocks.c tcp_create_openreq_child, before one is put into a queue) than the queue
 * has grown.
 *
 * Where several listen on one address and port (SO_REUSEPORT) nobody tells which of them a
 * connection waits for. That some stay proves something of a listener only where they are more than
 * the others have in their queues: then some of its own are among them. */
#include <string.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/listeners.h"

/* Who is accepted at all is accepted sooner, but on a host that is very busy. */
#define WAITS_S 1.0

/* The values of a candidate: a listener, as it was at the look before. */
enum {
    QUEUE,
    WAITING,
    KEPT,
    OTHERS,
    OPENS, /* and one; 0: not known */
};

_Static_assert(OPENS < CANDIDATE_VALUES, "room for all values");

/* The connections of a queue. */
struct waiting {
    uint32_t n;             /* listed */
    uint32_t kept, settled; /* as in a bucket */
    uint32_t gone;          /* whose client has closed */
    uint64_t others;        /* places in the queues of others that they could wait for */
    double oldest_s;        /* at least */
};

/* Buckets: one of each listener with a queue, by its row; one of the waiting connections of each
 * local address and port. */
static void count_waiting(struct check *l, uint32_t row, const struct conn *c)
{
    uint64_t port = (uint64_t)c->netns << 32 | (uint64_t)c->family << 16 | c->sport;
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_ACCEPT_STALLED],
                                          hash_bytes(c->src, sizeof c->src, hash_u64(port)), row);
    struct candidate *one =
        bucket ? trends_candidate(l, RULE_ACCEPT_STALLED, subjects_conn_key(c), false) : NULL;
    double age = (double)subjects_age(l, row, NULL).ms / 1000.0, quiet;

    if (!one)
        return;
    if (subjects_metrics_seconds(subjects_metrics(l, row), METRICS_last_ack_recv_ms, &quiet) &&
        quiet > age)
        age = quiet; /* its handshake has ended at least so long ago */
    int64_t since = l->now_ns - (int64_t)(age * (double)NS_PER_S);
    one->since_ns = since < one->since_ns ? since : one->since_ns;
    age = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    one->value[0] = one->fresh ? 0 : one->value[0] + 1; /* looks before this one */
    bucket->n++;
    bucket->kept += one->value[0] >= 1;
    bucket->settled += one->value[0] >= 2;
    bucket->all += c->state == TCP_STATE_CLOSE_WAIT;
    bucket->worst = age > bucket->worst ? age : bucket->worst;
}

void rules_accept_stalled_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->state == TCP_STATE_LISTEN && c->rqueue)
        (void)trends_bucket(&l->d->bucket_table[RULE_ACCEPT_STALLED], subjects_conn_key(c), row);
    else if (c->inode == 0 && conn_kind(c) == CONN_NOT_ACCEPTED)
        count_waiting(l, row, c);
}

/* Does it listen on any address? */
static bool is_any(const struct conn *listener)
{
    static const uint8_t any[16];

    return memcmp(listener->src, any, sizeof any) == 0;
}

/* Is there a listener with a queue that the kernel prefers for the connection, since it listens on
 * this very address? net/ipv4/inet_hashtables.c compute_score() */
static bool waits_for_another(const struct check *l, const struct conn *listener,
                              const struct conn *c)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_ACCEPT_STALLED];

    for (uint32_t i = 0; is_any(listener) && i < all->n; i++) {
        const struct conn *other = &l->s->conn[all->bucket[i].row];
        if (!is_any(other) && listeners_takes(other, c, false))
            return true;
    }
    return false;
}

static uint64_t queues_of_others(const struct check *l, const struct conn *listener)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_ACCEPT_STALLED];
    uint8_t address[16], other_address[16];
    uint64_t places = 0;

    conn_plain_address(listener, false, address);
    for (uint32_t i = 0; i < all->n; i++) {
        const struct conn *other = &l->s->conn[all->bucket[i].row];
        if (other == listener || other->state != TCP_STATE_LISTEN ||
            other->sport != listener->sport || other->netns != listener->netns)
            continue;
        conn_plain_address(other, false, other_address);
        bool same = memcmp(address, other_address, sizeof address) == 0;
        if (same || (is_any(listener) && is_any(other)))
            places += other->rqueue;
    }
    return places;
}

static struct waiting waiting_for(const struct check *l, const struct conn *listener)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_ACCEPT_STALLED];
    struct waiting w = {.others = queues_of_others(l, listener)};

    for (uint32_t i = 0; i < all->n; i++) {
        const struct bucket *b = &all->bucket[i];
        const struct conn *c = &l->s->conn[b->row];
        if (c->state == TCP_STATE_LISTEN || !listeners_takes(listener, c, false) ||
            waits_for_another(l, listener, c))
            continue;
        w.n += b->n;
        w.kept += b->kept;
        w.settled += b->settled;
        w.gone += b->all;
        w.oldest_s = b->worst > w.oldest_s ? b->worst : w.oldest_s;
    }
    return w;
}

/* Was nothing accepted since the look before? `was`: the listener then. */
static bool holds_still(const struct candidate *was, const struct conn *c, const struct waiting *w,
                        uint64_t opens, bool opens_known)
{
    uint64_t grown = c->rqueue - was->value[QUEUE];

    if (c->rqueue < was->value[QUEUE])
        return false;
    if (opens_known && was->value[OPENS] && opens + 1 - was->value[OPENS] <= grown)
        return true;
    bool all_stay = was->value[KEPT] > was->value[OTHERS]
                        ? w->settled == was->value[KEPT] /* new ones may be another's */
                        : w->kept == was->value[WAITING];
    return w->kept > 0 && (all_stay || grown >= w->n - w->kept);
}

static void report_stall(struct check *l, const struct bucket *b, const struct waiting *w,
                         double stalled_s)
{
    const struct conn *c = &l->s->conn[b->row];
    struct finding *f =
        doctor_report(l, RULE_ACCEPT_STALLED, subjects_netns_of(l, c), b->key, SEVERITY_WARNING);

    if (!f)
        return;
    subjects_name_listener(l, f, b->row);
    f->advice = (uint8_t)suspects_advice(f, ADVICE_ACCEPT);
    figure(f, FIGURE_ACCEPT_STALLED_QUEUE, c->rqueue);
    if (!(c->flags & CONN_NO_BACKLOG))
        figure(f, FIGURE_ACCEPT_STALLED_LIMIT, c->wqueue);
    figure(f, FIGURE_ACCEPT_STALLED_STALLED, stalled_s);
    if (w->oldest_s > stalled_s)
        figure(f, FIGURE_ACCEPT_STALLED_OLDEST, w->oldest_s);
    if (w->gone)
        figure(f, FIGURE_ACCEPT_STALLED_GONE, w->gone);
}

static void judge_listener(struct check *l, const struct bucket *b)
{
    const struct conn *c = &l->s->conn[b->row];
    const struct netns_ctx *p = subjects_netns_of(l, c);
    struct candidate *was = trends_group(l, RULE_ACCEPT_STALLED, b->key);
    struct waiting w = waiting_for(l, c);
    uint64_t opens = 0;
    bool opens_known = host_counter(p->host, COUNTER_PASSIVE_OPENS, &opens);

    if (!was)
        return;
    if (was->fresh || !holds_still(was, c, &w, opens, opens_known))
        was->since_ns = l->now_ns;
    was->value[QUEUE] = c->rqueue;
    was->value[WAITING] = w.n;
    was->value[KEPT] = w.kept;
    was->value[OTHERS] = w.others;
    was->value[OPENS] = opens_known ? opens + 1 : 0;
    /* a full queue is found by the other rule, which says for how long nothing was accepted */
    if (!(c->flags & CONN_NO_BACKLOG) && c->rqueue >= c->wqueue)
        return;
    double stalled_s = (double)(l->now_ns - was->since_ns) / (double)NS_PER_S;
    double least = limit(l, THRESHOLD_ACCEPT_STALLED_AGE);
    if (stalled_s >= least)
        report_stall(l, b, &w, stalled_s);
    else if (stalled_s > 0 || w.oldest_s >= WAITS_S)
        doctor_undecided(l, RULE_ACCEPT_STALLED);
}

void rules_accept_stalled(struct check *l)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_ACCEPT_STALLED];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_ACCEPT_STALLED);
    for (uint32_t i = 0; i < all->n; i++)
        if (l->s->conn[all->bucket[i].row].state == TCP_STATE_LISTEN)
            judge_listener(l, &all->bucket[i]);
}

double rules_accept_stalled_s(struct check *l, const struct conn *c)
{
    const struct candidate *was = trends_group(l, RULE_ACCEPT_STALLED, subjects_conn_key(c));

    return was ? (double)(l->now_ns - was->since_ns) / (double)NS_PER_S : 0;
}

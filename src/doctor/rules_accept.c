/* SPDX-License-Identifier: MIT */
/* A process that does not accept although connections wait in the queue of its listener.
 *
 * That the queue is not empty, or has the same length, proves nothing: a server under load accepts
 * one and another one comes. accept() takes the one that has waited longest: reqsk_queue_remove()
 * of include/net/request_sock.h. So where every connection that waited through the time between two
 * looks still waits at the next one, and the queue is no shorter, nothing was accepted between the
 * two. A connection that is reset meanwhile is not listed any more but keeps its place in the queue
 * until it is accepted: so the queue must then be as much longer as new ones are seen. Where none
 * is listed at all, the namespace must not have had more new connections (PassiveOpens, counted
 * when one is put into a queue) than the queue has grown. */
#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/listeners.h"

/* The values of a candidate: a listener, as it was at the look before. */
enum { QUEUE, WAITING, KEPT, OPENS, OPENS_KNOWN };

_Static_assert(OPENS_KNOWN < CANDIDATE_VALUES, "room for all values");

/* The connections of a queue. */
struct waiting {
    uint32_t n;             /* listed */
    uint32_t kept, settled; /* as in a bucket */
    uint32_t gone;          /* whose client has closed */
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

static struct waiting waiting_for(const struct check *l, const struct conn *listener)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_ACCEPT_STALLED];
    struct waiting w = {0};

    for (uint32_t i = 0; i < all->n; i++) {
        const struct bucket *b = &all->bucket[i];
        const struct conn *c = &l->s->conn[b->row];
        if (c->state == TCP_STATE_LISTEN || !listeners_takes(listener, c, false))
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
    if (opens_known && was->value[OPENS_KNOWN] && opens - was->value[OPENS] <= grown)
        return true;
    bool all_stay = was->value[KEPT]
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
    was->value[OPENS] = opens;
    was->value[OPENS_KNOWN] = opens_known;
    /* a full queue is found by the other rule, which says for how long nothing was accepted */
    if (!(c->flags & CONN_NO_BACKLOG) && c->rqueue >= c->wqueue)
        return;
    double stalled_s = (double)(l->now_ns - was->since_ns) / (double)NS_PER_S;
    double least = limit(l, THRESHOLD_ACCEPT_STALLED_AGE);
    if (stalled_s >= least)
        report_stall(l, b, &w, stalled_s);
    else if (stalled_s * 2 >= least)
        doctor_undecided(l, RULE_ACCEPT_STALLED);
    else
        l->d->pending |= stalled_s > 0;
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

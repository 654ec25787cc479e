/* SPDX-License-Identifier: MIT */
/* The rule about listeners whose queue of connections is full. */
#include "check.h"
#include "subjects.h"
#include "suspects.h"

#define STALL_TOLD_S 2 /* without an accept() are worth telling of a full queue */

/* LISTEN ----------------------------------------------------------------------------------------
 *
 * A queue is full when it holds more than its limit (include/net/sock.h sk_acceptq_is_full); one
 * that holds as many takes one more. One that is full in one look is a burst.
 *
 * ListenOverflows counts segments that found a queue full: each SYN (net/ipv4/tcp_input.c
 * tcp_conn_request) and each last ACK of a handshake (net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock),
 * those that a client repeats again. So it is no number of clients. It is the namespace's, so a
 * listener is blamed by its own queue. ListenDrops is no measure of it: it counts all that a
 * listener drops. */

/* A queue that was found full and now has room for as many again as wait: what filled it was a
 * burst, which a larger backlog would hold. Where it stayed full before, the process is too slow
 * all the same, and clients would only wait for longer. */
static void note_room(struct check *l, const struct conn *c)
{
    const struct netns_ctx *p = subjects_netns_of(l, c);
    struct finding *f = doctor_found(l, RULE_ACCEPT_QUEUE, p, subjects_conn_key(c));
    int64_t somaxconn;

    if (!f || f->advice != ADVICE_RULE || c->rqueue > c->wqueue / 2)
        return;
    f->advice = host_sysctl(p->host, SYSCTL_SOMAXCONN, &somaxconn) && c->wqueue >= somaxconn
                    ? ADVICE_SOMAXCONN
                    : ADVICE_BACKLOG;
}

void rules_accept_queue_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->flags & CONN_NO_BACKLOG) {
        l->backlog_unknown = true;
        return;
    }
    if (c->rqueue <= c->wqueue) {
        note_room(l, c);
        return;
    }
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_ACCEPT_QUEUE], subjects_conn_key(c), row);
    struct candidate *one = trends_candidate(l, RULE_ACCEPT_QUEUE, subjects_conn_key(c), false);
    if (!bucket || !one)
        return;
    bucket->n = c->rqueue;
    bucket->all = !one->fresh;                          /* full at the look before, too */
    bucket->worst = subjects_since_s(l, one->since_ns); /* at every look since */
}

struct overflows {
    bool known;
    uint64_t n;
    double over_s;
};

/* Whether it was a burst only a later look can tell; `was`: what earlier ones could. */
static enum advice queue_advice(const struct bucket *bucket, enum advice was)
{
    bool known = was == ADVICE_SOONER || was == ADVICE_BACKLOG || was == ADVICE_SOMAXCONN;

    return bucket->all ? ADVICE_SOONER : known ? was : ADVICE_RULE;
}

static void blame_listener(struct check *l, struct finding *f, const struct bucket *bucket,
                           enum advice was)
{
    const struct conn *c = &l->s->conn[bucket->row];
    double stalled_s = rules_accept_stalled_s(l, c);
    bool stalled = stalled_s >= STALL_TOLD_S; /* more workers would not accept either */

    subjects_name_listener(l, f, bucket->row);
    f->advice = (uint8_t)suspects_advice(f, stalled ? ADVICE_ACCEPT : queue_advice(bucket, was));
    figure(f, FIGURE_ACCEPT_QUEUE_QUEUE, c->rqueue);
    figure(f, FIGURE_ACCEPT_QUEUE_LIMIT, c->wqueue);
    if (stalled)
        figure(f, FIGURE_ACCEPT_QUEUE_STALLED, stalled_s);
}

/* `bucket` NULL: none of the listeners has a full queue now. The first one that has takes the place
 * of what was found before of nobody. */
static void report_queue(struct check *l, const struct netns_ctx *p, const struct bucket *bucket,
                         const struct overflows *overflows)
{
    uint64_t key = bucket ? bucket->key : 0;
    int64_t somaxconn = INT64_MAX;
    bool sustained = bucket && bucket->worst >= limit(l, THRESHOLD_ACCEPT_QUEUE_SUSTAINED);

    if (bucket)
        doctor_forget(l, RULE_ACCEPT_QUEUE, p, 0);
    const struct finding *before = doctor_found(l, RULE_ACCEPT_QUEUE, p, key);
    enum advice was = before ? (enum advice)before->advice : ADVICE_RULE;
    struct finding *f = doctor_report(l, RULE_ACCEPT_QUEUE, p, key,
                                      sustained ? SEVERITY_CRITICAL : SEVERITY_WARNING);

    if (!f)
        return;
    if (overflows->known)
        figure(f, FIGURE_ACCEPT_QUEUE_OVERFLOWS, (double)overflows->n);
    f->window_s = overflows->known ? overflows->over_s : 0;
    if (host_sysctl(p->host, SYSCTL_SOMAXCONN, &somaxconn))
        figure(f, FIGURE_ACCEPT_QUEUE_SOMAXCONN, (double)somaxconn);
    if (bucket)
        blame_listener(l, f, bucket, was);
}

void rules_accept_queue(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_ACCEPT_QUEUE);
    if (l->backlog_unknown)
        doctor_not_looked(l, RULE_ACCEPT_QUEUE, SKIP_BACKLOG);
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        struct overflows o = {0};
        bool blamed = false;
        o.known = trends_grown(l, p, COUNTER_LISTEN_OVERFLOWS, WINDOW_S, &o.n, &o.over_s);
        bool many = o.known && (double)o.n >= limit(l, THRESHOLD_ACCEPT_QUEUE_OVERFLOWS);
        uint32_t n = subjects_largest(&l->d->bucket_table[RULE_ACCEPT_QUEUE], 1, bucket);

        for (uint32_t i = 0; i < n; i++) {
            const struct conn *c = &l->s->conn[bucket[i]->row];
            if (subjects_netns_of(l, c) != p)
                continue;
            blamed = true;
            if ((many && !listener_drops_none(l, c)) || bucket[i]->all)
                report_queue(l, p, bucket[i], &o);
            else
                doctor_undecided(l, RULE_ACCEPT_QUEUE);
        }
        if (many && !blamed && !doctor_blames(l, RULE_ACCEPT_QUEUE, FIGURE_ACCEPT_QUEUE_QUEUE, p))
            report_queue(l, p, NULL, &o);
    }
    listener_drops_name(l);
}

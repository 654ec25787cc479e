/* SPDX-License-Identifier: MIT */
/* Rules about listeners: queues of connections that nobody accepts, and of handshakes that do not
 * finish. */
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

void rules_accept_queue_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->flags & CONN_NO_BACKLOG || c->rqueue <= c->wqueue)
        return;
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

/* A larger backlog helps against a rush; where the queue stays full, the process is too slow, and
 * clients would only wait for longer. */
static enum advice queue_advice(const struct check *l, const struct bucket *bucket,
                                int64_t somaxconn)
{
    const struct conn *c = &l->s->conn[bucket->row];

    if (bucket->all)
        return ADVICE_SOONER;
    return (int64_t)c->wqueue >= somaxconn ? ADVICE_SOMAXCONN : ADVICE_BACKLOG;
}

static void blame_listener(struct check *l, struct finding *f, const struct bucket *bucket,
                           int64_t somaxconn)
{
    const struct conn *c = &l->s->conn[bucket->row];
    double stalled_s = rules_accept_stalled_s(l, c);
    bool stalled = stalled_s >= limit(l, THRESHOLD_ACCEPT_STALLED_AGE);

    subjects_name_listener(l, f, bucket->row);
    f->advice =
        (uint8_t)suspects_advice(f, stalled ? ADVICE_ACCEPT : queue_advice(l, bucket, somaxconn));
    figure(f, FIGURE_ACCEPT_QUEUE_QUEUE, c->rqueue);
    figure(f, FIGURE_ACCEPT_QUEUE_LIMIT, c->wqueue);
    if (stalled_s >= STALL_TOLD_S)
        figure(f, FIGURE_ACCEPT_QUEUE_STALLED, stalled_s);
}

/* `bucket` NULL: none of the listeners has a full queue now. */
static void report_queue(struct check *l, const struct netns_ctx *p, const struct bucket *bucket,
                         const struct overflows *overflows)
{
    uint64_t key = bucket ? bucket->key : 0;
    int64_t somaxconn = INT64_MAX;
    bool sustained = bucket && bucket->worst >= limit(l, THRESHOLD_ACCEPT_QUEUE_SUSTAINED);
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
        blame_listener(l, f, bucket, somaxconn);
}

/* A listener that is found, or was until a moment ago, explains the overflows. */
static bool explains(const struct check *l, const struct netns_ctx *p)
{
    for (uint32_t i = 0; i < l->d->n_active; i++) {
        const struct finding *f = &l->d->active[i];
        if (f->rule == RULE_ACCEPT_QUEUE && f->subject == SUBJECT_LISTENER &&
            f->scope.ends.netns == p->id)
            return true;
    }
    return false;
}

void rules_accept_queue(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_ACCEPT_QUEUE);
    if (l->s->backend == BACKEND_PROC)
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
        if (many && !blamed && !explains(l, p))
            report_queue(l, p, NULL, &o);
    }
    listener_drops_name(l);
}

/* SYN_RECV --------------------------------------------------------------------------------------
 *
 * What was done for want of room in the queue of requests (net/ipv4/tcp_input.c tcp_conn_request):
 *
 *  - TcpExtSyncookiesSent counts the cookies that were sent (include/net/tcp.h
 *    cookie_init_sequence). With tcp_syncookies = 2 every answer is one, and it shows nothing.
 *  - TcpExtTCPReqQFullDoCookies counts that a cookie is wanted (tcp_syn_flood_action), before the
 *    kernel looks at the accept queue: where that is full the SYN is dropped and no cookie is sent.
 *    So it shows nothing.
 *  - TcpExtTCPReqQFullDrop counts SYNs dropped at a full queue while cookies are off. What
 *    tcp_max_syn_backlog refuses then is counted only by ListenDrops, with all else that is
 * dropped.
 *
 * TCP_DEFER_ACCEPT keeps clients here on purpose, so their number alone is no warning. Where the
 * accept queue of the listener is full, requests stay because their last ACK is dropped
 * (net/ipv4/tcp_minisocks.c tcp_check_req): they follow from what RULE_ACCEPT_QUEUE finds. */

void rules_syn_backlog_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->state != TCP_STATE_SYN_RECV)
        return;
    uint64_t port = (uint64_t)c->netns << 16 | c->sport;
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_SYN_BACKLOG], port, row);
    if (bucket)
        bucket->n++;
}

static const struct conn *listener_of(const struct check *l, const struct conn *c)
{
    for (uint32_t row = 0; row < l->s->n_live; row++) {
        const struct conn *other = &l->s->conn[row];
        if (other->state == TCP_STATE_LISTEN && other->sport == c->sport &&
            other->netns == c->netns)
            return other;
    }
    return NULL;
}

struct turned_away {
    bool known;
    uint64_t cookies, drops;
    double over_s;
    int64_t syncookies; /* -1: not known */
};

static struct turned_away turned_away(const struct check *l, const struct netns_ctx *p)
{
    struct turned_away t = {.syncookies = -1};

    t.known = trends_grown(l, p, COUNTER_SYNCOOKIES_SENT, RECENT_S, &t.cookies, &t.over_s) &&
              trends_grown(l, p, COUNTER_REQQ_FULL_DROP, RECENT_S, &t.drops, NULL);
    if (!host_sysctl(p->host, SYSCTL_SYNCOOKIES, &t.syncookies) || t.syncookies == 2)
        t.cookies = 0;
    return t;
}

static void report_syns(struct check *l, const struct netns_ctx *p, const struct bucket *bucket,
                        const struct turned_away *t, bool counted)
{
    const struct conn *c = bucket ? &l->s->conn[bucket->row] : NULL;
    const struct conn *listener = c ? listener_of(l, c) : NULL;
    uint64_t key = bucket ? bucket->key : 0;
    struct candidate *turns = counted ? trends_group(l, RULE_SYN_BACKLOG, p->id) : NULL;
    bool sustained = turns && subjects_since_s(l, turns->since_ns) >=
                                  limit(l, THRESHOLD_SYN_BACKLOG_SUSTAINED); /* at every look */
    struct finding *f = doctor_report(l, RULE_SYN_BACKLOG, p, key,
                                      !counted    ? SEVERITY_INFO
                                      : sustained ? SEVERITY_CRITICAL
                                                  : SEVERITY_WARNING);

    if (!f)
        return;
    if (c) {
        f->subject = SUBJECT_LISTENER;
        f->scope.ends = listener ? *listener : *c;
        f->scope.by = SCOPE_SPORT;
        figure(f, FIGURE_SYN_BACKLOG_COUNT, bucket->n);
    }
    if (listener && !(listener->flags & CONN_NO_BACKLOG))
        figure(f, FIGURE_SYN_BACKLOG_LIMIT, listener->wqueue);
    if (t->known && counted) {
        figure(f, FIGURE_SYN_BACKLOG_COOKIES, (double)t->cookies);
        figure(f, FIGURE_SYN_BACKLOG_DROPS, (double)t->drops);
        f->window_s = t->over_s;
    }
    if (t->syncookies >= 0)
        figure(f, FIGURE_SYN_BACKLOG_SYNCOOKIES, (double)t->syncookies);
}

static bool half_full(const struct check *l, const struct bucket *bucket)
{
    const struct conn *listener = listener_of(l, &l->s->conn[bucket->row]);

    return listener && !(listener->flags & CONN_NO_BACKLOG) &&
           listener->rqueue <= listener->wqueue && bucket->n * 2 > listener->wqueue &&
           bucket->n >= limit(l, THRESHOLD_SYN_BACKLOG_COUNT);
}

void rules_syn_backlog(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_SYN_BACKLOG], 1, bucket);
    doctor_looked(l, RULE_SYN_BACKLOG);
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        struct turned_away t = turned_away(l, p);
        uint64_t away = t.cookies + t.drops;
        bool counted = away > 0 && (double)away >= limit(l, THRESHOLD_SYN_BACKLOG_DROPS);
        bool blamed = false;

        if (!t.known && l->d->looks > 0)
            doctor_not_looked(l, RULE_SYN_BACKLOG, SKIP_COUNTERS);
        for (uint32_t i = 0; i < n; i++) {
            if (subjects_netns_of(l, &l->s->conn[bucket[i]->row]) != p)
                continue;
            if ((counted && !blamed) || half_full(l, bucket[i]))
                report_syns(l, p, bucket[i], &t, counted && !blamed);
            blamed = true;
        }
        if (counted && !blamed)
            report_syns(l, p, NULL, &t, true);
    }
}

/* SYNs dropped by tcp_max_syn_backlog -----------------------------------------------------------
 *
 * With tcp_syncookies = 0 a SYN is dropped where less than a quarter of tcp_max_syn_backlog is left
 * beside the listener's requests, unless the host is known from earlier connections
 * (net/ipv4/tcp_input.c tcp_conn_request, tcp_peer_is_proven). No counter is this one's alone:
 * TcpExtListenDrops counts every SYN that a listener drops, and each last ACK that finds the accept
 * queue full. Those of full accept queues are in TcpExtListenOverflows too, those of a full backlog
 * in TcpExtTCPReqQFullDrop. What is left may also be a SYN without a route back, or a request that
 * an ICMP error ended (tcp_req_err), so a listener must be seen at the limit as well. */

void rules_syn_drops_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->state != TCP_STATE_SYN_RECV || c->inode)
        return;
    uint64_t port = (uint64_t)c->netns << 16 | c->sport;
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_SYN_DROPS], port, row);
    if (bucket)
        bucket->n++;
}

/* SYNs dropped that no full queue explains. False when the counters are not known. */
static bool unexplained_drops(const struct check *l, const struct netns_ctx *p, uint64_t *drops,
                              double *over_s)
{
    uint64_t overflows, full;

    if (!trends_grown(l, p, COUNTER_LISTEN_DROPS, RECENT_S, drops, over_s) ||
        !trends_grown(l, p, COUNTER_LISTEN_OVERFLOWS, RECENT_S, &overflows, NULL) ||
        !trends_grown(l, p, COUNTER_REQQ_FULL_DROP, RECENT_S, &full, NULL))
        return false;
    *drops = *drops > overflows + full ? *drops - overflows - full : 0;
    return true;
}

/* The port of the namespace with most requests, if they leave less than a quarter of the limit. */
static const struct bucket *at_syn_limit(struct check *l, const struct netns_ctx *p, int64_t most)
{
    const struct bucket_table *ports = &l->d->bucket_table[RULE_SYN_DROPS];
    const struct bucket *fullest = NULL;

    for (uint32_t i = 0; i < ports->n; i++)
        if (subjects_netns_of(l, &l->s->conn[ports->bucket[i].row]) == p &&
            (!fullest || ports->bucket[i].n > fullest->n))
            fullest = &ports->bucket[i];
    return fullest && fullest->n >= most - most / 4 ? fullest : NULL;
}

static void report_syn_drops(struct check *l, const struct netns_ctx *p,
                             const struct bucket *bucket, uint64_t drops, double over_s)
{
    const struct conn *c = &l->s->conn[bucket->row], *listener = listener_of(l, c);
    struct finding *f = doctor_report(l, RULE_SYN_DROPS, p, bucket->key, SEVERITY_WARNING);

    if (!f)
        return;
    f->subject = SUBJECT_LISTENER;
    f->marks = rules[RULE_SYN_DROPS].states;
    f->scope.ends = listener ? *listener : *c;
    f->scope.by = SCOPE_SPORT;
    figure(f, FIGURE_SYN_DROPS_DROPS, (double)drops);
    figure(f, FIGURE_SYN_DROPS_OVER, over_s);
    figure(f, FIGURE_SYN_DROPS_WAITING, bucket->n);
    figure(f, FIGURE_SYN_DROPS_LIMIT, (double)p->host->sysctl[SYSCTL_MAX_SYN_BACKLOG]);
    if (listener && !(listener->flags & CONN_NO_BACKLOG))
        figure(f, FIGURE_SYN_DROPS_BACKLOG, listener->wqueue);
}

void rules_syn_drops(struct check *l)
{
    if (!l->rows)
        return;
    doctor_looked(l, RULE_SYN_DROPS);
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        const struct bucket *bucket;
        int64_t cookies, most;
        uint64_t drops;
        double over_s;

        bool known = host_sysctl(p->host, SYSCTL_SYNCOOKIES, &cookies);
        if (known && cookies != 0)
            continue;
        if (!known || !host_sysctl(p->host, SYSCTL_MAX_SYN_BACKLOG, &most)) {
            doctor_not_looked(l, RULE_SYN_DROPS, SKIP_SYSCTL);
            continue;
        }
        if (!unexplained_drops(l, p, &drops, &over_s)) {
            if (l->d->looks > 0)
                doctor_not_looked(l, RULE_SYN_DROPS, SKIP_COUNTERS);
            continue;
        }
        bucket = at_syn_limit(l, p, most);
        if (bucket && drops > 0 && (double)drops >= limit(l, THRESHOLD_SYN_DROPS_COUNT))
            report_syn_drops(l, p, bucket, drops, over_s);
    }
}

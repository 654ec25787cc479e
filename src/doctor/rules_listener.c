/* SPDX-License-Identifier: MIT */
/* Rules about listeners: queues of connections that nobody accepts, and of handshakes that do not
 * finish. */
#include "check.h"
#include "subjects.h"

/* LISTEN ----------------------------------------------------------------------------------------
 *
 * The counters are those of the namespace, so a listener is blamed by its own queue; a queue that
 * is full for one sample is a burst. */

void rules_accept_queue_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->flags & CONN_NO_BACKLOG || c->rqueue == 0 || c->rqueue < c->wqueue)
        return;
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_ACCEPT_QUEUE], subjects_conn_key(c), row);
    struct candidate *one = trends_candidate(l, RULE_ACCEPT_QUEUE, subjects_conn_key(c), false);
    if (!bucket || !one)
        return;
    bucket->n = c->rqueue;
    bucket->all = !one->fresh; /* full at the look before, too */
}

static void report_queue(struct check *l, const struct netns_ctx *p, const struct conn *c,
                         uint64_t key, uint64_t overflows)
{
    int64_t since = doctor_holds_since(l, RULE_ACCEPT_QUEUE, p, key), somaxconn;
    double held = since ? (double)(l->now_ns - since) / (double)NS_PER_S : 0;
    bool sustained = c && held >= limit(l, THRESHOLD_ACCEPT_QUEUE_SUSTAINED);
    struct finding *f = doctor_report(l, RULE_ACCEPT_QUEUE, p, key,
                                      sustained ? SEVERITY_CRITICAL : SEVERITY_WARNING);

    if (!f)
        return;
    if (c) {
        f->subject = SUBJECT_LISTENER;
        f->scope.ends = *c;
        f->scope.by = SCOPE_SRC | SCOPE_SPORT;
        figure(f, FIGURE_ACCEPT_QUEUE_QUEUE, c->rqueue);
        figure(f, FIGURE_ACCEPT_QUEUE_LIMIT, c->wqueue);
    }
    figure(f, FIGURE_ACCEPT_QUEUE_OVERFLOWS, (double)overflows);
    if (host_sysctl(p->host, SYSCTL_SOMAXCONN, &somaxconn))
        figure(f, FIGURE_ACCEPT_QUEUE_SOMAXCONN, (double)somaxconn);
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
        uint64_t overflows = 0;
        bool blamed = false;
        bool counted = trends_grown(l, p, COUNTER_LISTEN_OVERFLOWS, WINDOW_S, &overflows, NULL);
        bool many = counted && (double)overflows >= limit(l, THRESHOLD_ACCEPT_QUEUE_OVERFLOWS);
        uint32_t n = subjects_largest(&l->d->bucket_table[RULE_ACCEPT_QUEUE], 1, bucket);

        for (uint32_t i = 0; i < n; i++) {
            const struct conn *c = &l->s->conn[bucket[i]->row];
            if (subjects_netns_of(l, c) != p)
                continue;
            blamed = true;
            if (many || bucket[i]->all)
                report_queue(l, p, c, bucket[i]->key, overflows);
            else
                doctor_undecided(l, RULE_ACCEPT_QUEUE);
        }
        if (many && !blamed && !explains(l, p))
            report_queue(l, p, NULL, 0, overflows);
    }
}

/* SYN_RECV --------------------------------------------------------------------------------------
 *
 * With tcp_syncookies = 2 every answer is a cookie; TCP_DEFER_ACCEPT keeps clients here on
 * purpose, so their number alone is no warning; a rush is short. */

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
    int64_t syncookies;
};

static struct turned_away turned_away(const struct check *l, const struct netns_ctx *p)
{
    struct turned_away t = {.syncookies = -1};
    uint64_t sent = 0;

    t.known = trends_grown(l, p, COUNTER_REQQ_FULL_COOKIES, RECENT_S, &t.cookies, NULL) &&
              trends_grown(l, p, COUNTER_REQQ_FULL_DROP, RECENT_S, &t.drops, NULL);
    (void)host_sysctl(p->host, SYSCTL_SYNCOOKIES, &t.syncookies);
    if (t.syncookies != 2 && trends_grown(l, p, COUNTER_SYNCOOKIES_SENT, RECENT_S, &sent, NULL) &&
        sent > t.cookies)
        t.cookies = sent;
    return t;
}

static void report_syns(struct check *l, const struct netns_ctx *p, const struct bucket *bucket,
                        const struct turned_away *t, bool counted)
{
    const struct conn *c = bucket ? &l->s->conn[bucket->row] : NULL;
    const struct conn *listener = c ? listener_of(l, c) : NULL;
    uint64_t key = bucket ? bucket->key : 0;
    int64_t since = doctor_holds_since(l, RULE_SYN_BACKLOG, p, key);
    double held = since ? (double)(l->now_ns - since) / (double)NS_PER_S : 0;
    bool sustained = held >= limit(l, THRESHOLD_SYN_BACKLOG_SUSTAINED);
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
    }
    if (t->syncookies >= 0)
        figure(f, FIGURE_SYN_BACKLOG_SYNCOOKIES, (double)t->syncookies);
}

static bool half_full(const struct check *l, const struct bucket *bucket)
{
    const struct conn *listener = listener_of(l, &l->s->conn[bucket->row]);

    return listener && !(listener->flags & CONN_NO_BACKLOG) && bucket->n * 2 > listener->wqueue &&
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

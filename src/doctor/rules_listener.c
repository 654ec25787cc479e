/* SPDX-License-Identifier: MIT */
/* Rules about listeners: queues of connections that nobody accepts, and of handshakes that do not
 * finish. */
#include "check.h"
#include "subjects.h"
#include "suspects.h"

#define STALL_TOLD_S 2 /* without an accept() are worth telling of a full queue */

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
                         uint64_t overflows)
{
    uint64_t key = bucket ? bucket->key : 0;
    int64_t since = doctor_holds_since(l, RULE_ACCEPT_QUEUE, p, key), somaxconn = INT64_MAX;
    double held = since ? (double)(l->now_ns - since) / (double)NS_PER_S : 0;
    bool sustained = bucket && held >= limit(l, THRESHOLD_ACCEPT_QUEUE_SUSTAINED);
    struct finding *f = doctor_report(l, RULE_ACCEPT_QUEUE, p, key,
                                      sustained ? SEVERITY_CRITICAL : SEVERITY_WARNING);

    if (!f)
        return;
    figure(f, FIGURE_ACCEPT_QUEUE_OVERFLOWS, (double)overflows);
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
                report_queue(l, p, bucket[i], overflows);
            else
                doctor_undecided(l, RULE_ACCEPT_QUEUE);
        }
        if (many && !blamed && !explains(l, p))
            report_queue(l, p, NULL, overflows);
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

/* SPDX-License-Identifier: MIT */
/* Rules about handshakes that do not finish: requests that fill the backlog of a listener, and SYNs
 * that are dropped for want of room. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/listeners.h"

/* Requests of listeners --------------------------------------------------------------------------
 *
 * Each listener has a queue of requests of its own, and both limits are compared with its length
 * (include/net/inet_connection_sock.h inet_csk_reqsk_queue_len). A request does not say whose it
 * is; the kernel's choice among listeners tells (net/ipv4/inet_hashtables.c
 * __inet_lookup_listener). Of several on one address and port (SO_REUSEPORT) any may have it. */

#define NOBODY UINT32_MAX

/* The requests of one listener, or of several that share its address and port. */
struct requests {
    uint64_t key;
    uint32_t row;      /* one of them */
    uint32_t listener; /* its row; NOBODY: it is not in the sample */
    uint32_t sharing;  /* listeners that share the port with it, itself included */
    uint32_t n;
};

struct queues {
    uint32_t n;
    struct requests one[BUCKETS_MAX]; /* the longest first */
};

static uint64_t local_key(const struct conn *c)
{
    uint64_t place = (uint64_t)c->netns << 32 | (uint64_t)c->family << 16 | c->sport;

    return hash_bytes(c->src, sizeof c->src, hash_u64(place) ^ c->ifindex);
}

/* Buckets: the requests to one local address and port. */
static void count_request(struct check *l, enum rule_id rule, uint32_t row, const struct conn *c)
{
    struct bucket *bucket =
        conn_is_request(c) ? trends_bucket(&l->d->bucket_table[rule], local_key(c), row) : NULL;

    if (bucket)
        bucket->n++;
}

void rules_syn_backlog_row(struct check *l, uint32_t row, const struct conn *c)
{
    count_request(l, RULE_SYN_BACKLOG, row, c);
}

static int compare_requests(const void *a, const void *b)
{
    const struct requests *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->key > y->key) - (x->key < y->key);
}

/* Those of one namespace. */
static void find_queues(struct check *l, enum rule_id rule, const struct netns_ctx *p,
                        struct queues *all)
{
    const struct bucket_table *table = &l->d->bucket_table[rule];

    all->n = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        const struct bucket *b = &table->bucket[i];
        const struct conn *c = &l->s->conn[b->row];
        if (subjects_netns_of(l, c) != p)
            continue;
        struct requests one = {.row = b->row, .n = b->n};
        one.listener = listeners_find(l->s, c, &one.sharing);
        one.key = local_key(one.listener == NOBODY ? c : &l->s->conn[one.listener]);
        uint32_t at = 0;
        while (at < all->n && all->one[at].key != one.key)
            at++;
        if (at < all->n)
            all->one[at].n += one.n;
        else
            all->one[all->n++] = one;
    }
    qsort(all->one, all->n, sizeof all->one[0], compare_requests);
}

static const struct conn *listener_of(const struct check *l, const struct requests *q)
{
    return q->listener == NOBODY ? NULL : &l->s->conn[q->listener];
}

/* How many requests the listeners may have; 0: not known. */
static uint64_t backlog_of(const struct check *l, const struct requests *q)
{
    const struct conn *c = listener_of(l, q);

    return c && !(c->flags & CONN_NO_BACKLOG) ? (uint64_t)c->wqueue * q->sharing : 0;
}

/* Is it known that the listener has dropped nothing over the last seconds? */
static bool is_cleared(const struct check *l, const struct requests *q, double seconds)
{
    const struct conn *c = listener_of(l, q);

    return c && q->sharing == 1 && listener_drops_watched(l, seconds) && listener_drops_none(l, c);
}

static void name_listener(struct check *l, struct finding *f, const struct requests *q)
{
    static const uint8_t any[16];
    const struct conn *listener = listener_of(l, q);

    f->subject = SUBJECT_LISTENER;
    f->scope.ends = listener ? *listener : l->s->conn[q->row];
    f->scope.by = SCOPE_SPORT;
    if (listener && memcmp(listener->src, any, sizeof any) != 0)
        f->scope.by |= SCOPE_SRC;
    if (!listener)
        return;
    suspects_name(l, f, q->listener);
    if (q->sharing > 1)
        suspects_count_sharing(l, f, q->listener);
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
 *    dropped.
 *
 * They are the namespace's. A listener is blamed for them by its own requests, which must be more
 * than half of its backlog, or because no other one listens there. Of those whose requests are so
 * many it is the one that is nearest to its backlog.
 *
 * TCP_DEFER_ACCEPT keeps clients here on purpose, so their number alone is no warning. Where the
 * accept queue of the listener is full, requests stay because their last ACK is dropped
 * (net/ipv4/tcp_minisocks.c tcp_check_req): they follow from what RULE_ACCEPT_QUEUE finds. */

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

/* `q` NULL: it is not known whose requests they are. The first that is known takes the place of
 * what was found before of nobody. */
static void report_syns(struct check *l, const struct netns_ctx *p, const struct requests *q,
                        const struct turned_away *t, bool counted)
{
    if (q)
        doctor_forget(l, RULE_SYN_BACKLOG, p, 0);
    struct candidate *turns = counted ? trends_group(l, RULE_SYN_BACKLOG, p->id) : NULL;
    bool sustained = turns && subjects_since_s(l, turns->since_ns) >=
                                  limit(l, THRESHOLD_SYN_BACKLOG_SUSTAINED); /* at every look */
    struct finding *f = doctor_report(l, RULE_SYN_BACKLOG, p, q ? q->key : 0,
                                      !counted    ? SEVERITY_INFO
                                      : sustained ? SEVERITY_CRITICAL
                                                  : SEVERITY_WARNING);

    if (!f)
        return;
    if (q) {
        name_listener(l, f, q);
        figure(f, FIGURE_SYN_BACKLOG_COUNT, q->n);
    }
    if (q && q->sharing == 1 && backlog_of(l, q))
        figure(f, FIGURE_SYN_BACKLOG_LIMIT, (double)backlog_of(l, q));
    if (t->known && counted) {
        figure(f, FIGURE_SYN_BACKLOG_COOKIES, (double)t->cookies);
        figure(f, FIGURE_SYN_BACKLOG_DROPS, (double)t->drops);
        f->window_s = t->over_s;
    }
    if (t->syncookies >= 0)
        figure(f, FIGURE_SYN_BACKLOG_SYNCOOKIES, (double)t->syncookies);
}

/* More than half of the backlog is used; of a full accept queue that is a consequence. */
static bool is_half_full(const struct check *l, const struct requests *q)
{
    const struct conn *c = listener_of(l, q);

    return backlog_of(l, q) && c->rqueue <= c->wqueue && (uint64_t)q->n * 2 > backlog_of(l, q);
}

/* Whose requests were turned away; NULL: nobody knows. */
static const struct requests *blamed(const struct check *l, const struct queues *all,
                                     const struct turned_away *t)
{
    const struct requests *fullest = NULL;

    for (uint32_t i = 0; i < all->n; i++) {
        const struct requests *q = &all->one[i];
        bool dropped = t->cookies || !is_cleared(l, q, t->over_s);

        if (dropped && (uint64_t)q->n * 2 > backlog_of(l, q) && backlog_of(l, q) &&
            (!fullest || q->n * backlog_of(l, fullest) > fullest->n * backlog_of(l, q)))
            fullest = q;
    }
    if (!fullest && all->n && l->s->count[TCP_STATE_LISTEN] == 1)
        fullest = &all->one[0];
    return fullest;
}

void rules_syn_backlog(struct check *l)
{
    struct queues all;

    if (!l->rows)
        return;
    doctor_looked(l, RULE_SYN_BACKLOG);
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        struct turned_away t = turned_away(l, p);
        uint64_t away = t.cookies + t.drops;
        bool counted = away > 0 && (double)away >= limit(l, THRESHOLD_SYN_BACKLOG_DROPS);

        if (!t.known && l->d->looks > 0)
            doctor_not_looked(l, RULE_SYN_BACKLOG, SKIP_COUNTERS);
        find_queues(l, RULE_SYN_BACKLOG, p, &all);
        const struct requests *whose = counted ? blamed(l, &all, &t) : NULL;
        if (whose ||
            (counted && !doctor_blames(l, RULE_SYN_BACKLOG, FIGURE_SYN_BACKLOG_COOKIES, p)))
            report_syns(l, p, whose, &t, true);
        for (uint32_t i = 0; i < all.n && i < REPORTS_MAX; i++)
            if (&all.one[i] != whose && is_half_full(l, &all.one[i]) &&
                all.one[i].n >= limit(l, THRESHOLD_SYN_BACKLOG_COUNT))
                report_syns(l, p, &all.one[i], &t, false);
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
 * an ICMP error ended (tcp_req_err), so a listener must be seen at the limit as well. Where samples
 * have what each listener dropped, one that dropped nothing is not accused. */

void rules_syn_drops_row(struct check *l, uint32_t row, const struct conn *c)
{
    count_request(l, RULE_SYN_DROPS, row, c);
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

/* Do the requests leave less than a quarter of the limit? Of listeners that share a port one must:
 * there are more than could wait while none does. */
static bool is_at_limit(const struct requests *q, int64_t most)
{
    int64_t least = most - most / 4;

    return q->n >= least && (int64_t)q->n > (least - 1) * (int64_t)q->sharing;
}

static void report_syn_drops(struct check *l, const struct netns_ctx *p, const struct requests *q,
                             uint64_t drops, double over_s)
{
    struct finding *f = doctor_report(l, RULE_SYN_DROPS, p, q->key, SEVERITY_WARNING);

    if (!f)
        return;
    name_listener(l, f, q);
    f->marks = rules[RULE_SYN_DROPS].states;
    figure(f, FIGURE_SYN_DROPS_DROPS, (double)drops);
    figure(f, FIGURE_SYN_DROPS_OVER, over_s);
    figure(f, FIGURE_SYN_DROPS_WAITING, q->n);
    figure(f, FIGURE_SYN_DROPS_LIMIT, (double)p->host->sysctl[SYSCTL_MAX_SYN_BACKLOG]);
    if (q->sharing == 1 && backlog_of(l, q))
        figure(f, FIGURE_SYN_DROPS_BACKLOG, (double)backlog_of(l, q));
}

static void check_syn_drops(struct check *l, const struct netns_ctx *p, int64_t most)
{
    struct queues all;
    uint64_t drops;
    double over_s;

    if (!unexplained_drops(l, p, &drops, &over_s)) {
        if (l->d->looks > 0)
            doctor_not_looked(l, RULE_SYN_DROPS, SKIP_COUNTERS);
        return;
    }
    if (drops == 0 || (double)drops < limit(l, THRESHOLD_SYN_DROPS_COUNT))
        return;
    find_queues(l, RULE_SYN_DROPS, p, &all);
    for (uint32_t i = 0; i < all.n && i < REPORTS_MAX; i++)
        if (is_at_limit(&all.one[i], most) && !is_cleared(l, &all.one[i], over_s))
            report_syn_drops(l, p, &all.one[i], drops, over_s);
}

void rules_syn_drops(struct check *l)
{
    if (!l->rows)
        return;
    doctor_looked(l, RULE_SYN_DROPS);
    for (uint32_t at = 0; at < l->d->n_netns_ctxs; at++) {
        const struct netns_ctx *p = &l->d->netns_ctx[at];
        int64_t cookies, most;

        bool known = host_sysctl(p->host, SYSCTL_SYNCOOKIES, &cookies);
        if (known && cookies != 0)
            continue;
        if (known && host_sysctl(p->host, SYSCTL_MAX_SYN_BACKLOG, &most))
            check_syn_drops(l, p, most);
        else
            doctor_not_looked(l, RULE_SYN_DROPS, SKIP_SYSCTL);
    }
}

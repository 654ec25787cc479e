/* SPDX-License-Identifier: MIT */
/* Rules about how data flows: closed windows, unread data, what is sent again, who limits. */
#include <string.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/doctor/tcp_timeouts.h"

#define METRICS_LEAST_S 2.5 /* between two looks that are compared */
#define METRICS_MOST_S  9.0 /* then the next comparison begins anew */
#define METRICS_BUSY_US UINT64_C(500000)

/* The values of a candidate that sends. */
enum { SENT, AGAIN, BUSY, PEER, BUFFER };

static double worse(double a, double b)
{
    return a > b ? a : b;
}

/* Has a number of the kernel kept its value since an earlier look? `one` remembers since when, and
 * when that was confirmed last. A look without the number confirms nothing. */
enum { KEPT_NUMBER, KEPT_KNOWN, KEPT_UNTIL_NS, KEPT_MOVES };

static void keep(const struct check *l, struct candidate *one, uint64_t number)
{
    one->value[KEPT_MOVES] = one->value[KEPT_KNOWN] && one->value[KEPT_NUMBER] != number;
    if (!one->value[KEPT_KNOWN] || one->value[KEPT_MOVES])
        one->since_ns = l->now_ns;
    one->value[KEPT_NUMBER] = number;
    one->value[KEPT_KNOWN] = 1;
    one->value[KEPT_UNTIL_NS] = (uint64_t)l->now_ns;
}

/* For how many seconds, at least; negative: not confirmed yet. */
static double kept_s(const struct candidate *one)
{
    if (!one->value[KEPT_KNOWN])
        return -1;
    return (double)((int64_t)one->value[KEPT_UNTIL_NS] - one->since_ns) / (double)NS_PER_S;
}

/* Only tcp_info decides: ask for it, or say that it is not there. Where the number has just moved
 * there is nothing to wait for. */
static void await_metrics(struct check *l, enum rule_id rule, const struct candidate *one,
                          unsigned state)
{
    if (one->value[KEPT_MOVES])
        return;
    if (subjects_metrics_possible(l))
        l->d->hurry = l->d->pending = true;
    else
        doctor_not_looked_in(l, rule, SKIP_FIGURES, state);
}

/* A window is often shut for milliseconds, and the timer of the probes in two looks is not one
 * closure. While something waits to be sent the kernel sends as soon as the window opens
 * (net/ipv4/tcp_input.c tcp_ack_probe): where tcpi_bytes_acked is the same in two looks it did not
 * open between them. The doublings of the timer prove more (tcp_timeouts.h), not its time left,
 * since that depends on the round-trip time. A window that is only too small for what is next has
 * the same timer; tcpi_snd_wnd tells. */
void rules_zero_window_row(struct check *l, uint32_t row, const struct conn *c)
{
    const struct tcp_metrics *f = subjects_metrics(l, row);
    uint64_t acked, window;

    if (c->timer != TIMER_PROBE || c->wqueue == 0)
        return;
    struct candidate *one = trends_candidate(l, RULE_ZERO_WINDOW, subjects_conn_key(c), false);
    if (!one)
        return;
    if (tcp_metrics_get(f, METRICS_snd_wnd_bytes, &window) && window > 0) {
        one->value[KEPT_KNOWN] = 0;
        return;
    }
    if (tcp_metrics_get(f, METRICS_bytes_acked, &acked)) {
        uint64_t stalled = tcp_timeouts_stalled_ms(sample_host(l->s, c), c, f);
        keep(l, one, acked);
        int64_t since = l->now_ns - (int64_t)stalled * NS_PER_MS;
        if (since < one->since_ns)
            one->since_ns = since;
    }
    double shut = kept_s(one);
    if (shut < limit(l, THRESHOLD_ZERO_WINDOW_AGE)) {
        await_metrics(l, RULE_ZERO_WINDOW, one, c->state);
        return;
    }
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_ZERO_WINDOW], subjects_peer_key(c, false), row);
    if (!bucket)
        return;
    bucket->all++;
    bucket->n++;
    bucket->states |= STATE_BIT(c->state);
    trends_worst(bucket, shut, false);
    bucket->sum += c->wqueue;
    suspects_count_holder(l, RULE_ZERO_WINDOW, bucket, row);
}

/* Did what is in the receive queue come a while ago? Some of it may have been read since, which
 * two looks tell. */
static bool lies_unread(const struct tcp_metrics *m)
{
    double since_s;

    return subjects_metrics_seconds(m, METRICS_last_data_recv_ms, &since_s) && since_s >= 1;
}

/* A program that reads in batches leaves data for a while, and one that reads slowly may always
 * have as much in its Recv-Q. What it has read is tcpi_bytes_received less Recv-Q, which is the
 * kernel's copied_seq (net/ipv4/tcp_diag.c tcp_diag_get_info, net/ipv4/tcp.c tcp_get_info): where
 * that is the same in two looks it read nothing between them. An unread FIN counts as a byte in
 * both. */
void rules_slow_reader_row(struct check *l, uint32_t row, const struct conn *c)
{
    uint64_t received;
    bool unowned;

    if (c->rqueue < limit(l, THRESHOLD_SLOW_READER_BYTES) || c->inode == 0)
        return;
    struct candidate *one = trends_candidate(l, RULE_SLOW_READER, subjects_conn_key(c), false);
    if (!one)
        return;
    if (tcp_metrics_get(subjects_metrics(l, row), METRICS_bytes_received, &received))
        keep(l, one, received - c->rqueue);
    double age = kept_s(one);
    if (age < limit(l, THRESHOLD_SLOW_READER_AGE)) {
        await_metrics(l, RULE_SLOW_READER, one, c->state);
        if (!one->value[KEPT_MOVES] && (age > 0 || lies_unread(subjects_metrics(l, row))))
            doctor_not_looked_in(l, RULE_SLOW_READER, SKIP_UNDECIDED, c->state);
        return;
    }
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_SLOW_READER],
                                          subjects_owner_key(l, row, &unowned), row);
    if (!bucket)
        return;
    bucket->n++;
    bucket->unowned = unowned;
    trends_worst(bucket, age, false);
    bucket->sum += c->rqueue;
    subjects_count_peer(l, RULE_SLOW_READER, bucket, row);
}

/* Between two looks at a connection its own counters are compared (net/ipv4/tcp.c tcp_get_info):
 *
 *  - tcpi_bytes_sent counts what is sent again, too, tcpi_bytes_retrans only that
 *    (net/ipv4/tcp_output.c __tcp_transmit_skb, __tcp_retransmit_skb), whether it was lost or not.
 *  - tcpi_busy_time runs while something is not acknowledged; tcpi_rwnd_limited is the part of it
 * in which the peer's window kept back what there was to send (tcp_write_xmit), tcpi_sndbuf_limited
 *    that in which a writer waited for room and nothing was left to send (tcp_cwnd_validate). Only
 *    one of them runs at a time (tcp_chrono_start). */

/* Is the connection one that sends much now? Then its counters in `now`. */
static bool sends(const struct check *l, const struct tcp_metrics *f,
                  uint64_t now[CANDIDATE_VALUES])
{
    static const enum tcp_metric field[CANDIDATE_VALUES] = {
        [SENT] = METRICS_bytes_sent,
        [AGAIN] = METRICS_bytes_retrans,
        [BUSY] = METRICS_busy_us,
        [PEER] = METRICS_rwnd_limited_us,
        [BUFFER] = METRICS_sndbuf_limited_us,
    };
    double quiet;

    if (!f || !subjects_metrics_seconds(f, METRICS_last_data_sent_ms, &quiet) ||
        quiet > 2 * limit(l, THRESHOLD_DOCTOR_INFO_EVERY))
        return false;
    for (unsigned i = 0; i < CANDIDATE_VALUES; i++)
        if (!tcp_metrics_get(f, field[i], &now[i]))
            return false;
    return (double)now[SENT] >= limit(l, THRESHOLD_FLOW_RETRANS_BYTES);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100 / (double)whole : 0;
}

static void judge_retrans(struct check *l, uint32_t row, const uint64_t by[CANDIDATE_VALUES],
                          double over_s)
{
    double share = percent(by[AGAIN], by[SENT]);

    if ((double)by[SENT] < limit(l, THRESHOLD_FLOW_RETRANS_BYTES) ||
        share <= limit(l, THRESHOLD_FLOW_RETRANS_SHARE))
        return;
    uint64_t key = subjects_peer_key(&l->s->conn[row], false);
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_FLOW_RETRANS], key, row);
    if (!bucket)
        return;
    bucket->n++;
    if (share > bucket->worst) {
        bucket->worst = share;
        bucket->sum = (double)by[SENT];
        bucket->over_s = over_s;
    }
    suspects_count_holder(l, RULE_FLOW_RETRANS, bucket, row);
}

static void judge_limits(struct check *l, uint32_t row, const uint64_t by[CANDIDATE_VALUES],
                         double over_s)
{
    double peer = percent(by[PEER], by[BUSY]), buffer = percent(by[BUFFER], by[BUSY]);
    double busy_least = limit(l, THRESHOLD_SEND_BUFFER_BUSY);
    struct bucket *bucket;
    bool unowned;

    if (by[BUSY] < METRICS_BUSY_US || (double)by[BUSY] < busy_least * 1e6)
        return;
    if (peer > limit(l, THRESHOLD_ZERO_WINDOW_SHARE)) {
        bucket = trends_bucket(&l->d->bucket_table[RULE_ZERO_WINDOW],
                               subjects_peer_key(&l->s->conn[row], false), row);
        if (bucket) {
            bucket->n++;
            bucket->states |= STATE_BIT(l->s->conn[row].state);
            bucket->top_n++; /* limited ones */
            bucket->top_row =
                (uint32_t)worse(bucket->top_row, peer * 10); /* tenths of a per cent */
            bucket->over_s = worse(bucket->over_s, over_s);
            suspects_count_holder(l, RULE_ZERO_WINDOW, bucket, row);
        }
    }
    if (buffer > limit(l, THRESHOLD_SEND_BUFFER_SHARE)) {
        bucket = trends_bucket(&l->d->bucket_table[RULE_SEND_BUFFER],
                               subjects_owner_key(l, row, &unowned), row);
        if (bucket) {
            bucket->n++;
            bucket->unowned = unowned;
            bucket->worst = worse(bucket->worst, buffer);
            bucket->over_s = worse(bucket->over_s, over_s);
        }
    }
}

void rules_flow_retrans_row(struct check *l, uint32_t row, const struct conn *c)
{
    uint64_t now[CANDIDATE_VALUES], by[CANDIDATE_VALUES];
    const struct tcp_metrics *f = subjects_metrics(l, row);

    if (!f || !sends(l, f, now))
        return;
    struct candidate *one = trends_candidate(l, RULE_FLOW_RETRANS, subjects_conn_key(c), true);
    if (!one)
        return;
    double over = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    bool anew = one->fresh || over >= METRICS_MOST_S;
    for (unsigned i = 0; i < CANDIDATE_VALUES; i++) {
        by[i] = now[i] - one->value[i];
        anew |= now[i] < one->value[i]; /* connected anew */
    }
    if (!one->fresh && over >= METRICS_LEAST_S && now[SENT] >= one->value[SENT]) {
        judge_retrans(l, row, by, over);
        judge_limits(l, row, by, over);
    }
    if (!anew)
        return;
    one->since_ns = l->now_ns;
    memcpy(one->value, now, sizeof now);
}

/* Idle is what has neither sent nor received data: tcpi_last_data_sent and tcpi_last_data_recv
 * (net/ipv4/tcp.c tcp_get_info). Probes of keepalive are no data, but where they are sent there is
 * a timer. A subflow of MPTCP may be idle while its connection uses another one. */
void rules_keepalive_row(struct check *l, uint32_t row, const struct conn *c)
{
    const struct tcp_metrics *f = subjects_metrics(l, row);
    double sent, received;
    bool unowned;

    if (!f || c->flags & CONN_MPTCP || c->unknown & CONN_UNKNOWN_TIMER || c->timer != TIMER_OFF ||
        c->wqueue || c->inode == 0 ||
        !subjects_metrics_seconds(f, METRICS_last_data_sent_ms, &sent) ||
        !subjects_metrics_seconds(f, METRICS_last_data_recv_ms, &received))
        return;
    double idle = sent < received ? sent : received;
    if (idle < limit(l, THRESHOLD_KEEPALIVE_IDLE))
        return;
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_KEEPALIVE],
                                          subjects_owner_key(l, row, &unowned), row);
    if (!bucket)
        return;
    bucket->n++;
    bucket->unowned = unowned;
    bucket->worst = worse(bucket->worst, idle);
}

/* tcp_info comes with some samples only; between these the last answer stands. */
static bool figures_due(struct check *l, enum rule_id rule)
{
    if (l->figures || l->s->n_live == 0)
        doctor_looked(l, rule);
    else if (!subjects_metrics_possible(l))
        doctor_not_looked(l, rule, SKIP_FIGURES);
    return l->figures;
}

/* Segments that came out of order are sent again although none was lost. The receiver reports them
 * (TCPDSACKRecv), which the kernel counts per namespace, not per connection. */
static bool mostly_needless(const struct check *l, const struct netns_ctx *p)
{
    uint64_t again, needless;

    return trends_grown(l, p, COUNTER_RETRANS_SEGS, MINUTE_S, &again, NULL) &&
           trends_grown(l, p, COUNTER_DSACK_RECV, MINUTE_S, &needless, NULL) && again > 0 &&
           needless * 2 >= again;
}

void rules_flow_retrans(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!figures_due(l, RULE_FLOW_RETRANS))
        return;
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_FLOW_RETRANS], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[bucket[i]->row];
        const struct netns_ctx *p = subjects_netns_of(l, c);
        if (mostly_needless(l, p))
            continue;
        struct finding *f =
            doctor_report(l, RULE_FLOW_RETRANS, p, bucket[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_PEER;
        f->scope.ends = *c;
        f->scope.by = SCOPE_DST;
        if (bucket[i]->n == 1) /* the others to that peer have nothing to do with it */
            f->scope.by |= SCOPE_SRC | SCOPE_SPORT | SCOPE_DPORT;
        suspects_name_holder(l, f, bucket[i]);
        figure(f, FIGURE_FLOW_RETRANS_COUNT, bucket[i]->n);
        figure(f, FIGURE_FLOW_RETRANS_SHARE, bucket[i]->worst);
        figure(f, FIGURE_FLOW_RETRANS_SENT, bucket[i]->sum);
        f->window_s = bucket[i]->over_s;
    }
}

void rules_zero_window(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_ZERO_WINDOW);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_ZERO_WINDOW], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[bucket[i]->row];
        struct finding *f = doctor_report(l, RULE_ZERO_WINDOW, subjects_netns_of(l, c),
                                          bucket[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_PEER;
        f->scope.ends = *c;
        f->scope.by = SCOPE_DST | (bucket[i]->all ? SCOPE_PROBE : 0);
        f->marks &= bucket[i]->states;
        suspects_name_holder(l, f, bucket[i]);
        if (bucket[i]->all) {
            figure(f, FIGURE_ZERO_WINDOW_SHUT, bucket[i]->all);
            figure_at_least(f, FIGURE_ZERO_WINDOW_OLDEST, bucket[i]->worst);
            figure(f, FIGURE_ZERO_WINDOW_WAITING, bucket[i]->sum);
        }
        if (bucket[i]->top_n) {
            figure(f, FIGURE_ZERO_WINDOW_LIMITED, bucket[i]->top_n);
            figure(f, FIGURE_ZERO_WINDOW_SHARE, bucket[i]->top_row / 10.0);
            f->window_s = bucket[i]->over_s;
        }
    }
}

void rules_slow_reader(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_SLOW_READER);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_SLOW_READER], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        if (subjects_await_owner(l, RULE_SLOW_READER, bucket[i]))
            continue;
        const struct netns_ctx *p = subjects_netns_of(l, &l->s->conn[bucket[i]->row]);
        struct finding *f = doctor_report(l, RULE_SLOW_READER, p, bucket[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        subjects_name_owner(l, f, bucket[i]->row);
        (void)subjects_name_peer(l, f, bucket[i]);
        f->scope.by |= SCOPE_UNREAD;
        f->scope.ends.rqueue = (uint32_t)limit(l, THRESHOLD_SLOW_READER_BYTES);
        figure(f, FIGURE_SLOW_READER_COUNT, bucket[i]->n);
        figure_at_least(f, FIGURE_SLOW_READER_OLDEST, bucket[i]->worst);
        figure(f, FIGURE_SLOW_READER_WAITING, bucket[i]->sum);
    }
}

/* By process, for the two rules that only inform. */
static void report_owners(struct check *l, enum rule_id rule, uint32_t least, uint32_t by)
{
    const struct bucket *bucket[REPORTS_MAX];
    uint32_t n = subjects_largest(&l->d->bucket_table[rule], least, bucket);

    for (uint32_t i = 0; i < n; i++) {
        if (subjects_await_owner(l, rule, bucket[i]))
            continue;
        const struct netns_ctx *p = subjects_netns_of(l, &l->s->conn[bucket[i]->row]);
        struct finding *f = doctor_report(l, rule, p, bucket[i]->key, SEVERITY_INFO);
        if (!f)
            return;
        subjects_name_owner(l, f, bucket[i]->row);
        f->scope.by |= by;
        figure(f, 0, bucket[i]->n);
        figure(f, 1, bucket[i]->worst);
        f->window_s = bucket[i]->over_s;
    }
}

_Static_assert(FIGURE_SEND_BUFFER_COUNT == 0 && FIGURE_SEND_BUFFER_SHARE == 1 &&
                   FIGURE_KEEPALIVE_COUNT == 0 && FIGURE_KEEPALIVE_IDLE == 1,
               "report_owners() fills both");

void rules_send_buffer(struct check *l)
{
    if (figures_due(l, RULE_SEND_BUFFER))
        report_owners(l, RULE_SEND_BUFFER, 1, 0);
}

void rules_keepalive(struct check *l)
{
    if (figures_due(l, RULE_KEEPALIVE))
        report_owners(l, RULE_KEEPALIVE, (uint32_t)limit(l, THRESHOLD_KEEPALIVE_COUNT),
                      SCOPE_TIMELESS);
}

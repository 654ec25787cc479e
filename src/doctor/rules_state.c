/* SPDX-License-Identifier: MIT */
/* Rules about the states that connections stay in: leaked, stuck, waiting for a slow end. */
#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "subjects.h"
#include "suspects.h"
#include "tcptop/base/hash.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/owner/process.h"

#define TREND_LOOKS 3 /* without a decrease */

/* The values of a candidate in CLOSE_WAIT. */
enum { ACKED, KNOWN, FLOWING, OPEN };

/* CLOSE_WAIT ------------------------------------------------------------------------------------
 *
 * The state begins with the peer's FIN (net/ipv4/tcp_input.c tcp_fin). One that is older than the
 * first sample is so by tcpi_last_ack_recv: each segment of the peer carries an ACK, and the FIN
 * was the last thing that it sent (state_age.h).
 *
 * No leak: a child that is not accepted yet, which has no file, and a half-close, whose process
 * still sends: its tcpi_bytes_acked grows (net/ipv4/tcp_input.c tcp_snd_una_update). That the count
 * did not fall in three looks does not show that they are the same sockets; that each of them is so
 * old does. */

/* Does data still flow? Of one that sent a moment ago the first look cannot tell whether more is
 * acknowledged: the next one does. */
static void judge_metrics(const struct check *l, struct candidate *one, const struct tcp_metrics *f)
{
    uint64_t acked = 0;
    double quiet = 0;

    if (!f || !tcp_metrics_get(f, METRICS_bytes_acked, &acked))
        return;
    bool recent = subjects_metrics_seconds(f, METRICS_last_data_sent_ms, &quiet) &&
                  quiet < limit(l, THRESHOLD_CLOSE_WAIT_AGE);
    bool grew = !one->value[KNOWN] || acked > one->value[ACKED];
    one->value[OPEN] = recent && !one->value[KNOWN];
    one->value[ACKED] = acked;
    one->value[KNOWN] = 1;
    one->value[FLOWING] = recent && grew;
}

void rules_close_wait_row(struct check *l, uint32_t row, const struct conn *c)
{
    const struct tcp_metrics *f = subjects_metrics(l, row);
    bool unowned;
    struct bucket *bucket = NULL;

    if (c->inode == 0)
        return;
    bucket = trends_bucket(&l->d->bucket_table[RULE_CLOSE_WAIT],
                           subjects_owner_key(l, row, &unowned), row);
    if (!bucket)
        return;
    bucket->all++;
    bucket->unowned = unowned;
    struct candidate *one = trends_candidate(l, RULE_CLOSE_WAIT, subjects_conn_key(c), false);
    if (!one)
        return;
    struct state_age age = subjects_age(l, row, one);
    if ((double)age.ms < limit(l, THRESHOLD_CLOSE_WAIT_AGE) * 1000)
        return;
    judge_metrics(l, one, f);
    if ((!one->value[KNOWN] && subjects_metrics_possible(l)) || one->value[OPEN]) {
        l->d->hurry = l->d->pending = true;
        bucket->awaits_metrics++;
        return;
    }
    if (one->value[FLOWING])
        return;
    bucket->n++;
    trends_worst(bucket, (double)age.ms / 1000, age.exact);
    subjects_count_peer(l, RULE_CLOSE_WAIT, bucket, row);
}

/* Three looks without a decrease? A decrease decides that it is none at present. */
static bool does_not_shrink(struct check *l, enum rule_id rule, const struct bucket *bucket)
{
    struct candidate *trend = trends_group(l, rule, bucket->key);

    if (!trend)
        return false;
    trend->value[1] = bucket->n >= trend->value[0] ? trend->value[1] + 1 : 0;
    trend->value[0] = bucket->n;
    if (trend->value[1] == 0)
        l->d->pending = true;
    else if (trend->value[1] < TREND_LOOKS)
        doctor_undecided(l, rule);
    return trend->value[1] >= TREND_LOOKS;
}

/* How many files the first process of a row may have open; of this host's processes only. */
static bool file_limit(const struct check *l, uint32_t row, uint64_t *files)
{
    const struct owner_group *group = sample_owner(l->s, row, NULL);

    return group && !sample_is_recorded(l->s) &&
           process_files_max(group->member[0]->pid, group->member[0]->start_ticks, files);
}

static void report_close_wait(struct check *l, const struct bucket *bucket)
{
    const struct conn *c = &l->s->conn[bucket->row];
    struct finding *f =
        doctor_report(l, RULE_CLOSE_WAIT, subjects_netns_of(l, c), bucket->key, SEVERITY_WARNING);
    uint64_t files;

    if (!f)
        return;
    subjects_name_owner(l, f, bucket->row);
    f->scope.by |= c->unknown & CONN_UNKNOWN_INODE ? 0 : SCOPE_OWNED;
    if (subjects_name_peer(l, f, bucket))
        figure(f, FIGURE_CLOSE_WAIT_PEER, bucket->top_n);
    figure(f, FIGURE_CLOSE_WAIT_LEAKED, bucket->n);
    figure(f, FIGURE_CLOSE_WAIT_ALL, bucket->all);
    figure(f, FIGURE_CLOSE_WAIT_AGE, limit(l, THRESHOLD_CLOSE_WAIT_AGE));
    figure_age(f, FIGURE_CLOSE_WAIT_OLDEST, bucket->worst, !bucket->vague);
    if (!file_limit(l, bucket->row, &files) || files == 0)
        return;
    figure(f, FIGURE_CLOSE_WAIT_FILES, (double)files);
    figure(f, FIGURE_CLOSE_WAIT_SHARE, bucket->all * 100.0 / (double)files);
    if (f->value[FIGURE_CLOSE_WAIT_SHARE] > limit(l, THRESHOLD_CLOSE_WAIT_FILES))
        f->severity = SEVERITY_CRITICAL;
}

void rules_close_wait(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_CLOSE_WAIT);
    uint32_t least = (uint32_t)limit(l, THRESHOLD_CLOSE_WAIT_COUNT);
    const struct bucket_table *all = &l->d->bucket_table[RULE_CLOSE_WAIT];
    uint32_t n = subjects_largest(all, least, bucket);
    for (uint32_t i = 0; i < n; i++)
        if (does_not_shrink(l, RULE_CLOSE_WAIT, bucket[i]) &&
            !subjects_await_owner(l, RULE_CLOSE_WAIT, bucket[i]))
            report_close_wait(l, bucket[i]);
    for (uint32_t i = 0; i < all->n; i++)
        if (all->bucket[i].awaits_metrics + all->bucket[i].n >= least && all->bucket[i].n < least)
            doctor_undecided(l, RULE_CLOSE_WAIT);
}

/* FIN_WAIT2 -------------------------------------------------------------------------------------
 *
 * Orphans end by themselves: after tcp_fin_timeout up to 60 s, above that after twice the excess
 * (tcp_timeouts.h; net/ipv4/tcp.c tcp_close, net/ipv4/tcp_timer.c tcp_keepalive_timer). So a few of
 * them say nothing. What a process keeps has no limit, and its age is tcpi_last_ack_recv where it
 * is older than the first sample; but it may be a half-close that is meant, so that is only a note.
 * Buckets: one of the orphans of each namespace, one of each process. */

#define ORPHANS UINT64_C(0xffff000000000000)

void rules_fin_wait2_row(struct check *l, uint32_t row, const struct conn *c)
{
    struct bucket_table *bucket_table = &l->d->bucket_table[RULE_FIN_WAIT2];
    bool unowned;

    if (c->unknown & CONN_UNKNOWN_INODE)
        return;
    if (c->inode == 0) {
        struct bucket *bucket =
            trends_bucket(bucket_table, ORPHANS | subjects_netns_of(l, c)->id, row);
        if (bucket) {
            bucket->n++;
            subjects_count_peer(l, RULE_FIN_WAIT2, bucket, row);
            suspects_count_holder(l, RULE_FIN_WAIT2, bucket, row);
        }
        return;
    }
    struct state_age age =
        subjects_age(l, row, trends_candidate(l, RULE_FIN_WAIT2, subjects_conn_key(c), false));
    if ((double)age.ms < limit(l, THRESHOLD_FIN_WAIT2_AGE) * 1000)
        return;
    struct bucket *bucket = trends_bucket(bucket_table, subjects_owner_key(l, row, &unowned), row);
    if (!bucket)
        return;
    bucket->n++;
    bucket->unowned = unowned;
    trends_worst(bucket, (double)age.ms / 1000, age.exact);
    subjects_count_peer(l, RULE_FIN_WAIT2, bucket, row);
}

static void report_fin_wait2(struct check *l, const struct bucket *bucket, bool orphans)
{
    const struct netns_ctx *p = subjects_netns_of(l, &l->s->conn[bucket->row]);
    struct finding *f = doctor_report(l, RULE_FIN_WAIT2, p, bucket->key,
                                      orphans ? SEVERITY_WARNING : SEVERITY_INFO);
    uint64_t limit_s;

    if (!f)
        return;
    if (subjects_name_peer(l, f, bucket))
        figure(f, FIGURE_FIN_WAIT2_PEER, bucket->top_n);
    if (orphans) {
        f->scope.by = SCOPE_ORPHAN;
        suspects_name_holder(l, f, bucket);
        figure(f, FIGURE_FIN_WAIT2_ORPHANS, bucket->n);
        if (tcp_timeouts_fin_wait2(p->host, &limit_s))
            figure(f, FIGURE_FIN_WAIT2_LIMIT, (double)limit_s);
        return;
    }
    subjects_name_owner(l, f, bucket->row);
    f->scope.by |= SCOPE_OWNED;
    figure(f, FIGURE_FIN_WAIT2_OWNED, bucket->n);
    figure_age(f, FIGURE_FIN_WAIT2_OLDEST, bucket->worst, !bucket->vague);
}

void rules_fin_wait2(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_FIN_WAIT2);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_FIN_WAIT2], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        bool orphans = bucket[i]->key >= ORPHANS;
        if (orphans ? bucket[i]->n >= limit(l, THRESHOLD_FIN_WAIT2_ORPHANS)
                    : !subjects_await_owner(l, RULE_FIN_WAIT2, bucket[i]))
            report_fin_wait2(l, bucket[i], orphans);
    }
}

/* SYN_SENT --------------------------------------------------------------------------------------
 *
 * What is counted are the unanswered repeats of the SYN (icsk_retransmits, as idiag_retrans), and
 * how long it has been repeated: tcpi_total_rto_time, or the doublings of the timer
 * (tcp_timeouts.h). The number of repeats is no age: the first tcp_syn_linear_timeouts waits are
 * not doubled. Nor is the time that was watched.
 *
 * Not stuck: the slower one of two attempts by IPv6 and IPv4 at once (RFC 8305). */

void rules_syn_sent_row(struct check *l, uint32_t row, const struct conn *c)
{
    struct state_age age =
        subjects_age(l, row, trends_candidate(l, RULE_SYN_SENT, subjects_conn_key(c), false));

    if (c->retrans < limit(l, THRESHOLD_SYN_SENT_REPEATS) &&
        (double)age.ms <= limit(l, THRESHOLD_SYN_SENT_AGE) * 1000) {
        l->d->pending |= c->retrans > 0;
        return;
    }
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_SYN_SENT], subjects_peer_key(c, true), row);
    if (!bucket)
        return;
    bucket->n++;
    trends_worst(bucket, (double)age.ms / 1000, age.exact);
    bucket->sum = c->retrans > bucket->sum ? c->retrans : bucket->sum;
    suspects_count(l, bucket->key, row, &bucket->holder);
}

static bool same_owner(struct check *l, uint32_t a, uint32_t b)
{
    bool unowned_a, unowned_b;
    uint64_t key_a = subjects_owner_key(l, a, &unowned_a);
    uint64_t key_b = subjects_owner_key(l, b, &unowned_b);

    return unowned_a || unowned_b ? l->s->conn[a].uid == l->s->conn[b].uid : key_a == key_b;
}

/* Has a connection by IPv4 won against the attempt: of the same process, or user where no process
 * is known, to the same port, and not older than the attempt? */
static bool has_won(struct check *l, uint32_t row, uint32_t attempt)
{
    const struct conn *c = &l->s->conn[attempt], *other = &l->s->conn[row];

    if (other->state != TCP_STATE_ESTABLISHED || other->family != AF_INET ||
        other->dport != c->dport || other->netns != c->netns || !other->inode ||
        !same_owner(l, row, attempt))
        return false;
    struct state_age age = subjects_age(l, attempt, NULL);
    return !age.exact || subjects_age(l, row, NULL).ms <= age.ms;
}

/* Is there such a connection for each of the attempts? */
static bool won_by_ipv4(struct check *l, const struct bucket *bucket)
{
    uint32_t won = 0;

    if (l->s->conn[bucket->row].family != AF_INET6)
        return false;
    for (uint32_t row = 0; row < l->s->n_live && won < bucket->n; row++)
        won += has_won(l, row, bucket->row);
    return won >= bucket->n;
}

void rules_syn_sent(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_SYN_SENT);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_SYN_SENT], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[bucket[i]->row];
        if (won_by_ipv4(l, bucket[i]))
            continue;
        struct finding *f = doctor_report(l, RULE_SYN_SENT, subjects_netns_of(l, c), bucket[i]->key,
                                          SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_DESTINATION;
        f->scope.ends = *c;
        f->scope.by = SCOPE_DST | SCOPE_DPORT;
        suspects_name_first(l, f, bucket[i]->holder.n ? bucket[i]->holder.row : bucket[i]->row);
        figure(f, FIGURE_SYN_SENT_COUNT, bucket[i]->n);
        figure(f, FIGURE_SYN_SENT_REPEATS, bucket[i]->sum);
        if (bucket[i]->worst > 0)
            figure_age(f, FIGURE_SYN_SENT_OLDEST, bucket[i]->worst, !bucket[i]->vague);
    }
}

/* FIN_WAIT1, LAST_ACK, CLOSING ------------------------------------------------------------------
 *
 * What is told is how long nothing was acknowledged, at least: by what was watched, and by what the
 * kernel's repeats and probes prove (tcp_timeouts.h). The number of repeats is no age. */

static double stalled_s(const struct check *l, uint32_t row, const struct conn *c)
{
    return (double)tcp_timeouts_stalled_ms(sample_host(l->s, c), c, subjects_metrics(l, row)) /
           1000;
}

/* Since when, at the latest, nothing was acknowledged. What was written may not change while the
 * candidate is watched: where Send-Q shrinks, something was. */
static double unacknowledged_s(const struct check *l, uint32_t row, const struct conn *c,
                               struct candidate *one)
{
    double stalled = stalled_s(l, row, c);
    int64_t since = l->now_ns - (int64_t)(stalled * (double)NS_PER_S);

    if (!one)
        return stalled;
    if (one->fresh || c->wqueue < one->value[0])
        one->since_ns = l->now_ns;
    if (since < one->since_ns)
        one->since_ns = since;
    one->value[0] = c->wqueue;
    return subjects_since_s(l, one->since_ns);
}

/* On a long path the answer takes its time, so the FIN must have been repeated. Where the window is
 * shut the peer answers, and nothing is repeated: that is for RULE_ZERO_WINDOW. */
void rules_last_ack_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->timer != TIMER_RETRANSMIT || c->retrans == 0)
        return;
    struct candidate *one = trends_candidate(l, RULE_LAST_ACK, subjects_conn_key(c), false);
    double age = unacknowledged_s(l, row, c, one);
    struct state_age closing = subjects_age(l, row, NULL);
    if (closing.exact)
        age = (double)closing.ms / 1000;
    if (age < limit(l, THRESHOLD_LAST_ACK_AGE)) {
        l->d->hurry = l->d->pending = true;
        return;
    }
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_LAST_ACK], subjects_netns_of(l, c)->id, row);
    if (!bucket)
        return;
    bucket->n++;
    trends_worst(bucket, age, closing.exact);
    subjects_count_peer(l, RULE_LAST_ACK, bucket, row);
    suspects_count_holder(l, RULE_LAST_ACK, bucket, row);
}

void rules_last_ack(struct check *l)
{
    const struct bucket_table *bucket_table = &l->d->bucket_table[RULE_LAST_ACK];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_LAST_ACK);
    for (uint32_t i = 0; i < bucket_table->n; i++) {
        const struct conn *c = &l->s->conn[bucket_table->bucket[i].row];
        struct finding *f =
            doctor_report(l, RULE_LAST_ACK, subjects_netns_of(l, c), 0, SEVERITY_INFO);
        if (!f)
            return;
        (void)subjects_name_peer(l, f, &bucket_table->bucket[i]);
        suspects_name_holder(l, f, &bucket_table->bucket[i]);
        figure(f, FIGURE_LAST_ACK_COUNT, bucket_table->bucket[i].n);
        figure_age(f, FIGURE_LAST_ACK_OLDEST, bucket_table->bucket[i].worst,
                   !bucket_table->bucket[i].vague);
    }
}

/* A slow peer still takes data: nobody writes to an orphan, so where its Send-Q is the same in two
 * looks nothing was acknowledged between them. */
void rules_fin_wait1_row(struct check *l, uint32_t row, const struct conn *c)
{
    if (c->inode || c->wqueue <= 1)
        return;
    struct candidate *one = trends_candidate(l, RULE_FIN_WAIT1, subjects_conn_key(c), false);
    if (!one)
        return;
    bool same = !one->fresh && c->wqueue == one->value[0];
    double age = unacknowledged_s(l, row, c, one);
    l->d->pending |= !same;
    if (age < limit(l, THRESHOLD_FIN_WAIT1_AGE)) {
        l->d->hurry |= c->timer == TIMER_PROBE || c->retrans > 0;
        return;
    }
    struct bucket *bucket =
        trends_bucket(&l->d->bucket_table[RULE_FIN_WAIT1], subjects_peer_key(c, false), row);
    if (!bucket)
        return;
    bucket->n++;
    trends_worst(bucket, age, false);
    suspects_count_holder(l, RULE_FIN_WAIT1, bucket, row);
}

/* Orphans and their limit are the whole host's, whichever namespace says them (net/ipv4/proc.c
 * sockstat_seq_show). The kernel counts twice or four times where it checks an orphan whose peer
 * takes nothing or that an ICMP error has met (net/ipv4/tcp_timer.c tcp_out_of_resources), so it
 * resets such ones when a half or a quarter of tcp_max_orphans is reached. */
static void check_orphans(struct check *l)
{
    const struct netns_ctx *p = l->d->n_netns_ctxs ? &l->d->netns_ctx[0] : NULL;
    uint64_t orphans;
    int64_t most;

    if (!p || !host_gauge(p->host, GAUGE_ORPHAN, &orphans) ||
        !host_sysctl(p->host, SYSCTL_MAX_ORPHANS, &most) || most <= 0)
        return;
    if ((double)orphans * 100 <= limit(l, THRESHOLD_FIN_WAIT1_SHARE) * (double)most)
        return;
    struct finding *f = doctor_report(l, RULE_FIN_WAIT1, NULL, 1, SEVERITY_WARNING);
    if (!f)
        return;
    f->scope.by = SCOPE_ORPHAN;
    figure(f, FIGURE_FIN_WAIT1_ORPHANS, (double)orphans);
    figure(f, FIGURE_FIN_WAIT1_LIMIT, (double)most);
}

void rules_fin_wait1(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_FIN_WAIT1);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_FIN_WAIT1], 1, bucket);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[bucket[i]->row];
        struct finding *f = doctor_report(l, RULE_FIN_WAIT1, subjects_netns_of(l, c),
                                          bucket[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_PEER;
        f->scope.ends = *c;
        f->scope.by = SCOPE_DST | SCOPE_ORPHAN;
        suspects_name_holder(l, f, bucket[i]);
        figure(f, FIGURE_FIN_WAIT1_COUNT, bucket[i]->n);
        figure_at_least(f, FIGURE_FIN_WAIT1_OLDEST, bucket[i]->worst);
    }
    check_orphans(l);
}

/* Connected to itself ---------------------------------------------------------------------------
 *
 * connect() to an ephemeral port of this host chooses, once in so many tries, that port as its own.
 * The SYN then comes back to the socket that sent it, which takes it for a simultaneous open
 * (net/ipv4/tcp_input.c tcp_rcv_synsent_state_process; RFC 9293 section 3.5). It is one socket, and
 * one row: no other one can have the same two ends the other way round. */

void rules_self_connect_row(struct check *l, uint32_t row, const struct conn *c)
{
    bool unowned;

    if (conn_ends_unknown(c) || c->sport != c->dport || memcmp(c->src, c->dst, sizeof c->src) != 0)
        return;
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_SELF_CONNECT],
                                          subjects_owner_key(l, row, &unowned), row);
    if (!bucket)
        return;
    bucket->n++;
    bucket->unowned = unowned;
}

void rules_self_connect(struct check *l)
{
    const struct bucket *bucket[REPORTS_MAX];

    if (!l->rows)
        return;
    doctor_looked(l, RULE_SELF_CONNECT);
    uint32_t n = subjects_largest(&l->d->bucket_table[RULE_SELF_CONNECT],
                                  (uint32_t)limit(l, THRESHOLD_SELF_CONNECT_COUNT), bucket);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[bucket[i]->row];
        if (subjects_await_owner(l, RULE_SELF_CONNECT, bucket[i]))
            continue;
        struct finding *f = doctor_report(l, RULE_SELF_CONNECT, subjects_netns_of(l, c),
                                          bucket[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        subjects_name_owner(l, f, bucket[i]->row);
        f->scope.ends = f->peer = *c;
        f->scope.by |= SCOPE_SRC | SCOPE_SPORT | SCOPE_DST | SCOPE_DPORT;
        f->has_peer = f->peer_port = true;
        figure(f, FIGURE_SELF_CONNECT_COUNT, bucket[i]->n);
    }
}

/* Connections that only become more -------------------------------------------------------------
 *
 * No leak: a pool that fills and then stays, a load test, whose connections are in use. So the
 * number must have grown in each third of the window, and half as many as were added must be
 * without data for a third of it: tcpi_last_data_sent and tcpi_last_data_recv
 * (net/ipv4/tcp.c tcp_get_info), which begin with the connection, so one without any data counts
 * from its handshake on. Of MPTCP each path is a row, and one may be unused while its
 * connection is not: these are left out. Buckets: a process and a destination; the first 256 of a
 * dump, among which one with many connections is. What counts are the samples that have tcp_info.
 *
 * Before the window is over nothing is found. Until then each look at the rows counts them, too:
 * where a number grows so fast that it would get as large within the window, that is suspected, and
 * ESTABLISHED is not called normal. Where none does, the rule has nothing against it. */

/* The values of a candidate. */
enum { AT_START, AT_PART, PARTS_GROWN, PART_NS };

/* … of one that is counted before the window is over. */
enum { SEEN_FIRST, SEEN_LAST, SEEN_GROW_NS };

#define PARTS      3
#define PART_LEAST 0.9 /* of a part: figures may come a little early */

static double growing_part_s(const struct check *l)
{
    return limit(l, THRESHOLD_GROWING_WINDOW) / PARTS;
}

/* Do looks without figures count, too? Until the window is over; in a recording without figures, of
 * which the recorder tells when that was, always. Among more rows than figures are asked of, and
 * on a host that has none, the rule never looks, and nothing is counted. */
static bool counts_rows(const struct check *l)
{
    const unsigned skip = l->d->skip[RULE_GROWING];

    return skip == SKIP_YET || skip == SKIP_SHORT ||
           (skip == SKIP_FIGURES && sample_is_recorded(l->s));
}

void rules_growing_row(struct check *l, uint32_t row, const struct conn *c)
{
    const struct tcp_metrics *f = subjects_metrics(l, row);
    double sent = 0, received = 0, part = growing_part_s(l);
    bool unowned;

    if (!f && (l->figures || !counts_rows(l)))
        return;
    if (!c->inode || c->flags & CONN_MPTCP || subjects_is_served(l, c))
        return;
    uint64_t owner = subjects_owner_key(l, row, &unowned);
    struct bucket *bucket = trends_bucket(&l->d->bucket_table[RULE_GROWING],
                                          hash_u64(owner) ^ subjects_peer_key(c, true), row);
    if (!bucket)
        return;
    bucket->n++;
    bucket->unowned = unowned;
    bucket->all += subjects_metrics_seconds(f, METRICS_last_data_sent_ms, &sent) &&
                   subjects_metrics_seconds(f, METRICS_last_data_recv_ms, &received) &&
                   sent >= part && received >= part;
}

/* Does the number grow as fast as the rule wants it, as far as was seen? Where it has not grown for
 * a part of the window, it is counted anew. */
static bool grows_fast(struct check *l, const struct bucket *bucket)
{
    struct candidate *one = trends_group(l, RULE_GROWING, bucket->key);

    if (!one)
        return false;
    if (one->fresh || bucket->n > one->value[SEEN_LAST])
        one->value[SEEN_GROW_NS] = (uint64_t)l->now_ns;
    int64_t still_ns = l->now_ns - (int64_t)one->value[SEEN_GROW_NS];
    if (one->fresh || bucket->n <= one->value[SEEN_FIRST] ||
        (double)still_ns >= growing_part_s(l) * (double)NS_PER_S) {
        one->value[SEEN_FIRST] = bucket->n;
        one->since_ns = l->now_ns;
    }
    one->value[SEEN_LAST] = bucket->n;
    double grown = (double)bucket->n - (double)one->value[SEEN_FIRST];
    double seconds = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    return grown > 0 && grown * limit(l, THRESHOLD_GROWING_WINDOW) >=
                            limit(l, THRESHOLD_GROWING_COUNT) * seconds;
}

/* The window is not over yet: is anything suspected? */
static void growing_too_short(struct check *l)
{
    doctor_not_looked(l, RULE_GROWING, SKIP_SHORT);
    l->d->spared[RULE_GROWING] = l->d->grows_fast ? 0 : UINT32_MAX;
}

/* A part in which the number did not grow begins the count anew. */
static void follow_growth(const struct check *l, struct candidate *one, uint32_t n)
{
    int64_t part_ns = (int64_t)(growing_part_s(l) * PART_LEAST * (double)NS_PER_S);
    bool grew = n > one->value[AT_PART];

    if (!one->fresh && l->now_ns - (int64_t)one->value[PART_NS] < part_ns)
        return;
    one->value[PARTS_GROWN] = !one->fresh && grew ? one->value[PARTS_GROWN] + 1 : 0;
    if (one->value[PARTS_GROWN] == 0) {
        one->value[AT_START] = n;
        one->since_ns = l->now_ns;
    }
    one->value[AT_PART] = n;
    one->value[PART_NS] = (uint64_t)l->now_ns;
}

static void report_growing(struct check *l, const struct bucket *bucket,
                           const struct candidate *one)
{
    const struct conn *c = &l->s->conn[bucket->row];
    struct finding *f =
        doctor_report(l, RULE_GROWING, subjects_netns_of(l, c), bucket->key, SEVERITY_WARNING);

    if (!f)
        return;
    subjects_name_owner(l, f, bucket->row);
    f->scope.ends = f->peer = *c;
    f->scope.by |= SCOPE_DST | SCOPE_DPORT;
    f->has_peer = f->peer_port = true;
    figure(f, FIGURE_GROWING_COUNT, bucket->n);
    figure(f, FIGURE_GROWING_GROWN, bucket->n - (double)one->value[AT_START]);
    figure(f, FIGURE_GROWING_OVER, (double)(l->now_ns - one->since_ns) / (double)NS_PER_S);
    figure(f, FIGURE_GROWING_UNUSED, bucket->all);
    figure(f, FIGURE_GROWING_QUIET, growing_part_s(l));
}

static void judge_growth(struct check *l, const struct bucket *bucket)
{
    struct candidate *one = trends_candidate(l, RULE_GROWING, bucket->key, true);
    double grown;

    if (!one)
        return;
    follow_growth(l, one, bucket->n);
    grown = (double)bucket->n - (double)one->value[AT_START];
    if (one->value[PARTS_GROWN] < PARTS || grown < limit(l, THRESHOLD_GROWING_COUNT) ||
        bucket->all * 2.0 < grown || subjects_await_owner(l, RULE_GROWING, bucket))
        return;
    report_growing(l, bucket, one);
}

void rules_growing(struct check *l)
{
    const struct bucket_table *all = &l->d->bucket_table[RULE_GROWING];
    const struct candidate *whole;
    const unsigned before = l->d->skip[RULE_GROWING];

    if (l->rows && counts_rows(l)) {
        l->d->grows_fast = false;
        for (uint32_t i = 0; i < all->n; i++)
            l->d->grows_fast |= grows_fast(l, &all->bucket[i]);
    }
    if (!subjects_metrics_possible(l)) {
        doctor_not_looked(l, RULE_GROWING, SKIP_FIGURES);
        return;
    }
    if (!(l->s->needs & NEED_TCP_INFO)) {
        if (before == SKIP_YET || before == SKIP_SHORT)
            growing_too_short(l);
        return;
    }
    whole = trends_candidate(l, RULE_GROWING, 0, true);
    doctor_looked(l, RULE_GROWING);
    if (!whole || (double)(l->now_ns - whole->since_ns) <
                      limit(l, THRESHOLD_GROWING_WINDOW) * PART_LEAST * (double)NS_PER_S)
        growing_too_short(l);
    for (uint32_t i = 0; i < all->n; i++)
        judge_growth(l, &all->bucket[i]);
}

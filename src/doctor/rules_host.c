/* SPDX-License-Identifier: MIT */
/* Rules by counters, totals and limits of a namespace: no row is looked at. */
#include "check.h"
#include "subjects.h"
#include "tcptop/doctor/retransmission.h"

#define USUAL_S      300.0 /* over which the usual rate of resets is averaged */
#define USUAL_FROM_S 60    /* it is not known before */
#define STORM_S      5     /* a shorter one is a burst */

/* The limit is of each namespace. All timewait records count against it, those of orphans in
 * FIN_WAIT2 too, as they do in sockstat's `tw` (net/ipv4/inet_timewait_sock.c inet_twsk_alloc).
 * TcpExtTCPTimeWaitOverflow counts records that could not be made, at the limit or for want of
 * memory (net/ipv4/tcp_minisocks.c tcp_time_wait). */
void rules_tw_table(struct check *l)
{
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++) {
        const struct netns_ctx *p = &l->d->netns_ctx[i];
        uint64_t tw, overflows = 0;
        double over = 0;
        int64_t most;

        if (!host_gauge(p->host, GAUGE_TW, &tw) ||
            !host_sysctl(p->host, SYSCTL_MAX_TW_BUCKETS, &most)) {
            doctor_not_looked(l, RULE_TW_TABLE, SKIP_COUNTERS);
            continue;
        }
        doctor_looked(l, RULE_TW_TABLE);
        bool counted = trends_grown(l, p, COUNTER_TW_OVERFLOW, MINUTE_S, &overflows, &over);
        if (overflows == 0 && (double)tw * 100 < limit(l, THRESHOLD_TW_TABLE_SHARE) * (double)most)
            continue;
        struct finding *f = doctor_report(l, RULE_TW_TABLE, p, 0, SEVERITY_WARNING);
        if (!f)
            return;
        figure(f, FIGURE_TW_TABLE_COUNT, (double)tw);
        figure(f, FIGURE_TW_TABLE_LIMIT, (double)most);
        if (counted)
            figure(f, FIGURE_TW_TABLE_OVERFLOWS, (double)overflows);
        f->window_s = over;
    }
}

/* OutSegs leaves segments that are sent again out but counts bare ACKs, so data segments are
 * compared (net/ipv4/tcp_output.c __tcp_transmit_skb). TcpRetransSegs counts all that is sent
 * again, SYNs, SYN,ACKs and loss probes too (__tcp_retransmit_skb, tcp_rtx_synack);
 * TcpExtTCPSynRetrans the first two. TcpExtTCPOrigDataSent counts each data segment once
 * (tcp_event_new_data_sent). TcpExtTCPDSACKRecv counts reports of the receivers that something came
 * twice (net/ipv4/tcp_input.c tcp_check_dsack): one may stand for several segments, and the path
 * may have doubled one. */
static bool count_retransmission(const struct check *l, const struct netns_ctx *p,
                                 struct retransmission *r, double *over)
{
    *r = (struct retransmission){0};
    (void)trends_grown(l, p, COUNTER_DSACK_RECV, MINUTE_S, &r->needless, NULL);
    return trends_grown(l, p, COUNTER_RETRANS_SEGS, MINUTE_S, &r->segments, over) &&
           trends_grown(l, p, COUNTER_SYN_RETRANS, MINUTE_S, &r->syns, NULL) &&
           trends_grown(l, p, COUNTER_ORIG_DATA_SENT, MINUTE_S, &r->sent, NULL);
}

void rules_retransmission(struct check *l)
{
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++) {
        const struct netns_ctx *p = &l->d->netns_ctx[i];
        struct retransmission r;
        double over;

        if (!count_retransmission(l, p, &r, &over)) {
            doctor_not_looked(l, RULE_RETRANSMISSION, l->d->looks ? SKIP_COUNTERS : SKIP_SHORT);
            continue;
        }
        doctor_looked(l, RULE_RETRANSMISSION);
        double share = retransmission_share(&r);
        if ((double)r.sent < limit(l, THRESHOLD_RETRANSMISSION_SEGS) ||
            share < limit(l, THRESHOLD_RETRANSMISSION_WARN))
            continue;
        struct finding *f =
            doctor_report(l, RULE_RETRANSMISSION, p, 0,
                          share >= limit(l, THRESHOLD_RETRANSMISSION_CRIT) ? SEVERITY_CRITICAL
                                                                           : SEVERITY_WARNING);
        if (!f)
            return;
        figure(f, FIGURE_RETRANSMISSION_SHARE, share);
        figure(f, FIGURE_RETRANSMISSION_AGAIN, (double)retransmission_again(&r));
        figure(f, FIGURE_RETRANSMISSION_SENT, (double)r.sent);
        figure(f, FIGURE_RETRANSMISSION_SPURIOUS, (double)r.needless);
        f->window_s = over;
    }
}

/* What the kernel did for want of memory within the window. */
struct shortage {
    uint64_t pressures, aborts, pruned;
    double over_s; /* 0: not known */
};

/* TcpExtTCPMemoryPressures counts how often the host came under pressure, in the namespace of the
 * socket that brought it there (net/ipv4/tcp.c tcp_enter_memory_pressure). TcpExtPruneCalled counts
 * single sockets whose receive buffer is full, too (net/ipv4/tcp_input.c tcp_prune_queue), so it
 * only goes with the others. TcpExtTCPAbortOnMemory counts orphans that were reset because there
 * are too many of them, too (tcp_check_oom): only with memory under pressure does it show a lack of
 * memory. */
static struct shortage shortage_of(const struct check *l, const struct netns_ctx *p, bool pressed)
{
    struct shortage s = {0};

    if (!trends_grown(l, p, COUNTER_MEMORY_PRESSURES, MINUTE_S, &s.pressures, &s.over_s) ||
        !trends_grown(l, p, COUNTER_ABORT_ON_MEMORY, MINUTE_S, &s.aborts, NULL) ||
        !trends_grown(l, p, COUNTER_PRUNE_CALLED, MINUTE_S, &s.pruned, NULL))
        return (struct shortage){0};
    if (!pressed && !s.pressures)
        s.aborts = 0;
    return s;
}

/* The memory and its limits are the whole host's; a container's own limit presses separately. */
void rules_memory(struct check *l)
{
    const struct netns_ctx *p = l->d->n_netns_ctxs ? &l->d->netns_ctx[0] : NULL;
    uint64_t pages;
    int64_t pressure, most;

    if (!p || !host_gauge(p->host, GAUGE_MEM_PAGES, &pages)) {
        doctor_not_looked(l, RULE_MEMORY, SKIP_COUNTERS);
        return;
    }
    if (!host_sysctl(p->host, SYSCTL_MEM_PRESSURE, &pressure) ||
        !host_sysctl(p->host, SYSCTL_MEM_MAX, &most)) {
        doctor_not_looked(l, RULE_MEMORY, SKIP_SYSCTL);
        return;
    }
    doctor_looked(l, RULE_MEMORY);
    bool pressed = (double)pages >= (double)pressure;
    bool critical = (double)pages * 100 >= limit(l, THRESHOLD_MEMORY_CRIT) * (double)most;
    struct shortage s = shortage_of(l, p, pressed || critical);
    if (!critical && !pressed && !s.pressures)
        return;
    struct finding *f =
        doctor_report(l, RULE_MEMORY, NULL, 0, critical ? SEVERITY_CRITICAL : SEVERITY_WARNING);
    if (!f)
        return;
    figure(f, FIGURE_MEMORY_PAGES, (double)pages);
    figure(f, FIGURE_MEMORY_PRESSURE, (double)pressure);
    figure(f, FIGURE_MEMORY_MAX, (double)most);
    f->window_s = s.over_s;
    if (s.over_s <= 0)
        return;
    figure(f, FIGURE_MEMORY_PRESSURES, (double)s.pressures);
    figure(f, FIGURE_MEMORY_ABORTS, (double)s.aborts);
    figure(f, FIGURE_MEMORY_PRUNED, (double)s.pruned);
}

/* Resets -----------------------------------------------------------------------------------------
 *
 * TcpOutRsts counts resets that were sent (net/ipv4/tcp_ipv4.c tcp_v4_send_reset,
 * net/ipv4/tcp_output.c tcp_send_active_reset). TcpEstabResets counts connections that went from
 * ESTABLISHED or CLOSE_WAIT to CLOSE at once (net/ipv4/tcp.c tcp_set_state): by a reset, but also
 * by an abort of this end, a timeout or `ss -K`. TcpExtTCPAbortOnClose: closed with unread data.
 * TcpExtTCPAbortOnData: closed with SO_LINGER 0, or data came after close(). TcpAttemptFails:
 * handshakes that failed at either end.
 *
 * A burst, as at the end of a load test, is no storm: a storm goes on for STORM_S, with pauses of
 * at most RECENT_S. What is told of it are totals from its begin to its last sample, which stay
 * true. */

enum { RESETS_SENT, RESETS_ENDED }; /* the two that have a usual rate */

static const struct {
    enum host_counter counter;
    unsigned figure;
} reset_counters[RESET_COUNTERS] = {
    [RESETS_SENT] = {COUNTER_OUT_RSTS, FIGURE_RESETS_SENT},
    [RESETS_ENDED] = {COUNTER_ESTAB_RESETS, FIGURE_RESETS_ENDED},
    {COUNTER_ABORT_ON_CLOSE, FIGURE_RESETS_UNREAD},
    {COUNTER_ABORT_ON_DATA, FIGURE_RESETS_DATA},
    {COUNTER_ATTEMPT_FAILS, FIGURE_RESETS_ATTEMPTS},
};

static struct reset_counts count_resets(const struct netns_ctx *p)
{
    struct reset_counts now = {.valid = 0};

    for (unsigned i = 0; i < RESET_COUNTERS; i++)
        now.valid |= (uint8_t)(host_counter(p->host, reset_counters[i].counter, &now.n[i]) << i);
    return now;
}

/* The usual rates, as long as nothing exceeds them. True once they are known. */
static bool know_usual(const struct check *l, struct netns_ctx *p, const struct reset_counts *now,
                       bool exceeded)
{
    double step = subjects_since_s(l, p->usual_ns);

    if (!p->usual_from_ns) {
        p->usual_from_ns = l->now_ns;
    } else if (step > 0 && !exceeded) {
        double age = subjects_since_s(l, p->usual_from_ns);
        double part = step / (age < USUAL_S ? age : USUAL_S);
        for (unsigned i = 0; i <= RESETS_ENDED; i++) {
            uint64_t before = p->resets.n[i];
            double rate = now->n[i] >= before ? (double)(now->n[i] - before) / step : 0;
            p->usual[i] += (rate - p->usual[i]) * (part < 1 ? part : 1);
        }
    }
    p->usual_ns = l->now_ns;
    p->resets = *now;
    return l->now_ns - p->usual_from_ns >= USUAL_FROM_S * NS_PER_S;
}

/* Is the rate over the last seconds far above the usual one? Probes of load balancers and linger 0
 * reset all the time. */
static bool exceeds(const struct check *l, const struct netns_ctx *p, unsigned which)
{
    uint64_t by;
    double over;

    if (!trends_grown(l, p, reset_counters[which].counter, RECENT_S, &by, &over) || over <= 0)
        return false;
    double rate = (double)by / over;
    return rate > limit(l, THRESHOLD_RESETS_RATE) &&
           rate > p->usual[which] * limit(l, THRESHOLD_RESETS_FACTOR);
}

/* Follow what exceeds its usual rate from its begin on, which is after the look before. */
static void follow_storm(const struct check *l, struct netns_ctx *p, const struct reset_counts *now,
                         unsigned which)
{
    struct storm *storm = &p->storm;

    if (!storm->from_ns)
        *storm = (struct storm){.from_ns = p->usual_ns, .from = p->resets, .which = which};
    if (now->n[which] > p->resets.n[which])
        storm->last_ns = l->now_ns;
    storm->last = *now;
}

static void report_resets(struct check *l, const struct netns_ctx *p)
{
    struct finding *f = doctor_report(l, RULE_RESETS, p, 0, SEVERITY_WARNING);
    const struct storm *storm = &p->storm;

    if (!f)
        return;
    f->window_s = (double)(storm->last_ns - storm->from_ns) / (double)NS_PER_S;
    figure(f, FIGURE_RESETS_USUAL, p->usual[storm->which]);
    for (unsigned i = 0; i < RESET_COUNTERS; i++)
        if ((storm->from.valid & storm->last.valid) >> i & 1 &&
            storm->last.n[i] >= storm->from.n[i])
            figure(f, reset_counters[i].figure, (double)(storm->last.n[i] - storm->from.n[i]));
}

static void check_resets(struct check *l, struct netns_ctx *p)
{
    struct reset_counts now = count_resets(p);
    bool ready = p->usual_from_ns;

    if ((now.valid & 3) != 3) {
        doctor_not_looked(l, RULE_RESETS, SKIP_COUNTERS);
        return;
    }
    bool sent = ready && exceeds(l, p, RESETS_SENT), ended = ready && exceeds(l, p, RESETS_ENDED);
    if (sent || ended)
        follow_storm(l, p, &now, sent ? RESETS_SENT : RESETS_ENDED);
    else
        p->storm = (struct storm){.from_ns = 0};
    if (!know_usual(l, p, &now, sent || ended)) {
        doctor_not_looked(l, RULE_RESETS, SKIP_MINUTE);
        return;
    }
    doctor_looked(l, RULE_RESETS);
    if (!sent && !ended)
        return;
    if (p->storm.last_ns - p->storm.from_ns >= STORM_S * NS_PER_S)
        report_resets(l, p);
    else
        doctor_undecided(l, RULE_RESETS);
}

void rules_resets(struct check *l)
{
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++)
        check_resets(l, &l->d->netns_ctx[i]);
}

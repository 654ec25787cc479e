/* SPDX-License-Identifier: MIT */
/* Rules by counters, totals and limits of a namespace: no row is looked at. */
#include "check.h"
#include "tcptop/doctor/retransmission.h"

#define USUAL_S      300.0 /* over which the usual rate of resets is averaged */
#define USUAL_FROM_S 60    /* it is not known before */

/* The limit is of each namespace, and nothing but TIME_WAIT counts against it
 * (net/ipv4/inet_timewait_sock.c inet_twsk_alloc). */
void rules_tw_table(struct check *l)
{
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++) {
        const struct netns_ctx *p = &l->d->netns_ctx[i];
        uint64_t tw, overflows = 0;
        int64_t most;

        if (!host_gauge(p->host, GAUGE_TW, &tw) ||
            !host_sysctl(p->host, SYSCTL_MAX_TW_BUCKETS, &most)) {
            doctor_not_looked(l, RULE_TW_TABLE, SKIP_COUNTERS);
            continue;
        }
        doctor_looked(l, RULE_TW_TABLE);
        (void)trends_grown(l, p, COUNTER_TW_OVERFLOW, MINUTE_S, &overflows, NULL);
        if (overflows == 0 && (double)tw * 100 < limit(l, THRESHOLD_TW_TABLE_SHARE) * (double)most)
            continue;
        struct finding *f = doctor_report(l, RULE_TW_TABLE, p, 0, SEVERITY_WARNING);
        if (!f)
            return;
        figure(f, FIGURE_TW_TABLE_COUNT, (double)tw);
        figure(f, FIGURE_TW_TABLE_LIMIT, (double)most);
        figure(f, FIGURE_TW_TABLE_OVERFLOWS, (double)overflows);
    }
}

/* OutSegs leaves segments that are sent again out but counts bare ACKs, so data segments are
 * compared (net/ipv4/tcp_output.c __tcp_transmit_skb). */
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
        figure(f, FIGURE_RETRANSMISSION_OVER, over);
    }
}

/* The memory and its limits are the whole host's; a container's own limit presses separately. */
void rules_memory(struct check *l)
{
    const struct netns_ctx *p = l->d->n_netns_ctxs ? &l->d->netns_ctx[0] : NULL;
    uint64_t pages, pressures = 0, aborts = 0, pruned = 0;
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
    (void)trends_grown(l, p, COUNTER_MEMORY_PRESSURES, MINUTE_S, &pressures, NULL);
    (void)trends_grown(l, p, COUNTER_ABORT_ON_MEMORY, MINUTE_S, &aborts, NULL);
    (void)trends_grown(l, p, COUNTER_PRUNE_CALLED, MINUTE_S, &pruned, NULL);
    bool critical = (double)pages * 100 >= limit(l, THRESHOLD_MEMORY_CRIT) * (double)most;
    if (!critical && pages < (uint64_t)pressure && !pressures && !aborts)
        return;
    struct finding *f =
        doctor_report(l, RULE_MEMORY, NULL, 0, critical ? SEVERITY_CRITICAL : SEVERITY_WARNING);
    if (!f)
        return;
    figure(f, FIGURE_MEMORY_PAGES, (double)pages);
    figure(f, FIGURE_MEMORY_PRESSURE, (double)pressure);
    figure(f, FIGURE_MEMORY_MAX, (double)most);
    figure(f, FIGURE_MEMORY_PRESSURES, (double)pressures);
    figure(f, FIGURE_MEMORY_ABORTS, (double)aborts);
    figure(f, FIGURE_MEMORY_PRUNED, (double)pruned);
}

/* The usual rates, as long as there is no storm. True once they are known. */
static bool know_usual(struct check *l, struct netns_ctx *p, const uint64_t now[2], bool storm)
{
    double step = (double)(l->now_ns - p->usual_ns) / (double)NS_PER_S;

    if (!p->usual_from_ns) {
        p->usual_from_ns = l->now_ns;
    } else if (step > 0 && !storm) {
        double age = (double)(l->now_ns - p->usual_from_ns) / (double)NS_PER_S;
        double part = step / (age < USUAL_S ? age : USUAL_S);
        for (int i = 0; i < 2; i++) {
            double rate = now[i] >= p->resets[i] ? (double)(now[i] - p->resets[i]) / step : 0;
            p->usual[i] += (rate - p->usual[i]) * (part < 1 ? part : 1);
        }
    }
    p->usual_ns = l->now_ns;
    p->resets[0] = now[0];
    p->resets[1] = now[1];
    return l->now_ns - p->usual_from_ns >= USUAL_FROM_S * NS_PER_S;
}

static bool is_storm(const struct check *l, double rate, double usual)
{
    return rate > limit(l, THRESHOLD_RESETS_RATE) &&
           rate > usual * limit(l, THRESHOLD_RESETS_FACTOR);
}

static void report_resets(struct check *l, const struct netns_ctx *p, const double rate[2],
                          bool of_own)
{
    struct finding *f = doctor_report(l, RULE_RESETS, p, 0, SEVERITY_WARNING);
    uint64_t by;

    if (!f)
        return;
    figure(f, FIGURE_RESETS_SENT, rate[0]);
    figure(f, FIGURE_RESETS_ENDED, rate[1]);
    figure(f, FIGURE_RESETS_USUAL, p->usual[of_own ? 0 : 1]);
    if (trends_grown(l, p, COUNTER_ABORT_ON_CLOSE, MINUTE_S, &by, NULL))
        figure(f, FIGURE_RESETS_UNREAD, (double)by);
    if (trends_grown(l, p, COUNTER_ABORT_ON_DATA, MINUTE_S, &by, NULL))
        figure(f, FIGURE_RESETS_DATA, (double)by);
    if (trends_grown(l, p, COUNTER_ATTEMPT_FAILS, MINUTE_S, &by, NULL))
        figure(f, FIGURE_RESETS_ATTEMPTS, (double)by);
}

/* Probes of load balancers and linger 0 reset all the time, so only what is far above the usual
 * counts. */
void rules_resets(struct check *l)
{
    for (uint32_t i = 0; i < l->d->n_netns_ctxs; i++) {
        struct netns_ctx *p = &l->d->netns_ctx[i];
        uint64_t now[2], by[2];
        double rate[2] = {0}, over;

        if (!host_counter(p->host, COUNTER_OUT_RSTS, &now[0]) ||
            !host_counter(p->host, COUNTER_ESTAB_RESETS, &now[1])) {
            doctor_not_looked(l, RULE_RESETS, SKIP_COUNTERS);
            continue;
        }
        if (trends_grown(l, p, COUNTER_OUT_RSTS, WINDOW_S, &by[0], &over) &&
            trends_grown(l, p, COUNTER_ESTAB_RESETS, WINDOW_S, &by[1], NULL) && over > 0) {
            rate[0] = (double)by[0] / over;
            rate[1] = (double)by[1] / over;
        }
        bool sent = is_storm(l, rate[0], p->usual[0]), ended = is_storm(l, rate[1], p->usual[1]);
        bool known = know_usual(l, p, now, sent || ended);
        if (!known) {
            doctor_not_looked(l, RULE_RESETS, SKIP_SHORT);
            continue;
        }
        doctor_looked(l, RULE_RESETS);
        if (sent || ended)
            report_resets(l, p, rate, sent);
    }
}

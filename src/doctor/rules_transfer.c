/* Rules about how data flows: closed windows, unread data, what is sent again, who limits. */
#include <string.h>

#include "doctor_internal.h"

#define FLOW_LEAST_S 2.5 /* between two looks that are compared */
#define FLOW_MOST_S  9.0 /* then the next comparison begins anew */
#define FLOW_BUSY_US UINT64_C(500000)

/* Values of a suspect that sends. */
enum { SENT, AGAIN, BUSY, PEER, BUFFER };

static double worse(double a, double b)
{
    return a > b ? a : b;
}

/* Trap: a window is shut for milliseconds all the time. A probe's timer has doubled from 200 ms on,
 * so the window has been shut for at least as long as it still runs. */
void row_zero_window(struct look *l, uint32_t row, const struct conn *c)
{
    if (c->timer != TIMER_PROBE || c->wqueue == 0)
        return;
    struct suspect *one = suspect_at(l, RULE_ZERO_WINDOW, conn_key(c), false);
    if (!one)
        return;
    double shut = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    shut = worse(shut, (double)c->expires_ms / 1000 - 0.2);
    if (shut < limit(l, THRESHOLD_ZERO_WINDOW_AGE)) {
        l->d->pending = true;
        return;
    }
    struct lot *lot = bag_at(&l->d->bag[RULE_ZERO_WINDOW], peer_key(c, false), row);
    if (!lot)
        return;
    lot->all++;
    lot->n++;
    lot->worst = worse(lot->worst, shut);
    lot->sum += c->wqueue;
}

/* Traps: an unread FIN counts as a byte; who reads in batches leaves data for a while. */
void row_slow_reader(struct look *l, uint32_t row, const struct conn *c)
{
    bool unowned;

    if (c->rqueue < limit(l, THRESHOLD_SLOW_READER_BYTES) || c->inode == 0)
        return;
    struct suspect *one = suspect_at(l, RULE_SLOW_READER, conn_key(c), false);
    if (!one)
        return;
    if (c->rqueue < one->value[0])
        one->since_ns = l->now_ns; /* somebody reads */
    one->value[0] = c->rqueue;
    double age = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    if (age < limit(l, THRESHOLD_SLOW_READER_AGE)) {
        l->d->pending = true;
        return;
    }
    struct lot *lot = bag_at(&l->d->bag[RULE_SLOW_READER], owner_key(l, row, &unowned), row);
    if (!lot)
        return;
    lot->n++;
    lot->unowned = unowned;
    lot->worst = worse(lot->worst, age);
    lot->sum += c->rqueue;
    count_peer_of(l, lot, row);
}

/* Is the connection one that sends much now? Then its counters in `now`. */
static bool sends(const struct look *l, const struct flow *f, uint64_t now[SUSPECT_VALUES])
{
    static const enum flow_field field[SUSPECT_VALUES] = {
        [SENT] = FLOW_bytes_sent,      [AGAIN] = FLOW_bytes_retrans,      [BUSY] = FLOW_busy_us,
        [PEER] = FLOW_rwnd_limited_us, [BUFFER] = FLOW_sndbuf_limited_us,
    };
    double quiet;

    if (!f || !flow_seconds(f, FLOW_last_data_sent_ms, &quiet) ||
        quiet > 2 * limit(l, THRESHOLD_DOCTOR_INFO_EVERY))
        return false;
    for (unsigned i = 0; i < SUSPECT_VALUES; i++)
        if (!flow_get(f, field[i], &now[i]))
            return false;
    return (double)now[SENT] >= limit(l, THRESHOLD_FLOW_RETRANS_BYTES);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100 / (double)whole : 0;
}

static void judge_retrans(struct look *l, uint32_t row, const uint64_t by[SUSPECT_VALUES])
{
    double share = percent(by[AGAIN], by[SENT]);

    if ((double)by[SENT] < limit(l, THRESHOLD_FLOW_RETRANS_BYTES) ||
        share <= limit(l, THRESHOLD_FLOW_RETRANS_SHARE))
        return;
    uint64_t key = peer_key(&l->s->conn[row], false);
    struct lot *lot = bag_at(&l->d->bag[RULE_FLOW_RETRANS], key, row);
    if (!lot)
        return;
    lot->n++;
    if (share > lot->worst) {
        lot->worst = share;
        lot->sum = (double)by[SENT];
    }
}

static void judge_limits(struct look *l, uint32_t row, const uint64_t by[SUSPECT_VALUES])
{
    double peer = percent(by[PEER], by[BUSY]), buffer = percent(by[BUFFER], by[BUSY]);
    double busy_least = limit(l, THRESHOLD_SEND_BUFFER_BUSY);
    struct lot *lot;
    bool unowned;

    if (by[BUSY] < FLOW_BUSY_US || (double)by[BUSY] < busy_least * 1e6)
        return;
    if (peer > limit(l, THRESHOLD_ZERO_WINDOW_SHARE)) {
        lot = bag_at(&l->d->bag[RULE_ZERO_WINDOW], peer_key(&l->s->conn[row], false), row);
        if (lot) {
            lot->n++;
            lot->top_n++;                                            /* limited ones */
            lot->top_row = (uint32_t)worse(lot->top_row, peer * 10); /* tenths of a per cent */
        }
    }
    if (buffer > limit(l, THRESHOLD_SEND_BUFFER_SHARE)) {
        lot = bag_at(&l->d->bag[RULE_SEND_BUFFER], owner_key(l, row, &unowned), row);
        if (lot) {
            lot->n++;
            lot->unowned = unowned;
            lot->worst = worse(lot->worst, buffer);
        }
    }
}

void row_flow(struct look *l, uint32_t row, const struct conn *c)
{
    uint64_t now[SUSPECT_VALUES], by[SUSPECT_VALUES];
    const struct flow *f = flow_of(l, row);

    if (!f || !sends(l, f, now))
        return;
    struct suspect *one = suspect_at(l, RULE_FLOW_RETRANS, conn_key(c), true);
    if (!one)
        return;
    double over = (double)(l->now_ns - one->since_ns) / (double)NS_PER_S;
    bool anew = one->fresh || over >= FLOW_MOST_S;
    for (unsigned i = 0; i < SUSPECT_VALUES; i++) {
        by[i] = now[i] - one->value[i];
        anew |= now[i] < one->value[i]; /* connected anew */
    }
    if (!one->fresh && over >= FLOW_LEAST_S && now[SENT] >= one->value[SENT]) {
        judge_retrans(l, row, by);
        judge_limits(l, row, by);
    }
    if (!anew)
        return;
    one->since_ns = l->now_ns;
    memcpy(one->value, now, sizeof now);
}

void row_keepalive(struct look *l, uint32_t row, const struct conn *c)
{
    const struct flow *f = flow_of(l, row);
    double sent, received;
    bool unowned;

    if (!f || c->timer != TIMER_OFF || c->wqueue || c->inode == 0 ||
        !flow_seconds(f, FLOW_last_data_sent_ms, &sent) ||
        !flow_seconds(f, FLOW_last_data_recv_ms, &received))
        return;
    double idle = sent < received ? sent : received;
    if (idle < limit(l, THRESHOLD_KEEPALIVE_IDLE))
        return;
    struct lot *lot = bag_at(&l->d->bag[RULE_KEEPALIVE], owner_key(l, row, &unowned), row);
    if (!lot)
        return;
    lot->n++;
    lot->unowned = unowned;
    lot->worst = worse(lot->worst, idle);
}

/* Figures come only now and then: between, what they said stands. */
static bool figures_due(struct look *l, enum rule_id rule)
{
    if (l->figures || l->s->n_live == 0)
        looked(l, rule);
    else if (!figures_possible(l))
        not_looked(l, rule, UNLOOKED_FIGURES);
    return l->figures;
}

/* Trap: segments that came out of order are sent again although none was lost. The receiver says
 * so, but only to the namespace's counters. */
static bool mostly_needless(const struct look *l, const struct place *p)
{
    uint64_t again, needless;

    return grown(l, p, COUNTER_RETRANS_SEGS, MINUTE_S, &again, NULL) &&
           grown(l, p, COUNTER_DSACK_RECV, MINUTE_S, &needless, NULL) && again > 0 &&
           needless * 2 >= again;
}

void check_flow_retrans(struct look *l)
{
    const struct lot *lot[REPORTS_MAX];

    if (!figures_due(l, RULE_FLOW_RETRANS))
        return;
    uint32_t n = largest_lots(&l->d->bag[RULE_FLOW_RETRANS], 1, lot);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[lot[i]->row];
        const struct place *p = place_of(l, c);
        if (mostly_needless(l, p))
            continue;
        struct finding *f = report(l, RULE_FLOW_RETRANS, p, lot[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_PEER;
        f->concern.ends = *c;
        f->concern.by = CONCERN_DST;
        figure(f, FIGURE_FLOW_RETRANS_COUNT, lot[i]->n);
        figure(f, FIGURE_FLOW_RETRANS_SHARE, lot[i]->worst);
        figure(f, FIGURE_FLOW_RETRANS_SENT, lot[i]->sum);
    }
}

void check_zero_window(struct look *l)
{
    const struct lot *lot[REPORTS_MAX];

    if (!l->rows)
        return;
    looked(l, RULE_ZERO_WINDOW);
    uint32_t n = largest_lots(&l->d->bag[RULE_ZERO_WINDOW], 1, lot);
    for (uint32_t i = 0; i < n; i++) {
        const struct conn *c = &l->s->conn[lot[i]->row];
        struct finding *f =
            report(l, RULE_ZERO_WINDOW, place_of(l, c), lot[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        f->subject = SUBJECT_PEER;
        f->concern.ends = *c;
        f->concern.by = CONCERN_DST | (lot[i]->all ? CONCERN_PROBE : 0);
        if (lot[i]->all) {
            figure(f, FIGURE_ZERO_WINDOW_SHUT, lot[i]->all);
            figure(f, FIGURE_ZERO_WINDOW_OLDEST, lot[i]->worst);
            figure(f, FIGURE_ZERO_WINDOW_WAITING, lot[i]->sum);
        }
        if (lot[i]->top_n) {
            figure(f, FIGURE_ZERO_WINDOW_LIMITED, lot[i]->top_n);
            figure(f, FIGURE_ZERO_WINDOW_SHARE, lot[i]->top_row / 10.0);
        }
    }
}

void check_slow_reader(struct look *l)
{
    const struct lot *lot[REPORTS_MAX];
    uint64_t closed;

    if (!l->rows)
        return;
    looked(l, RULE_SLOW_READER);
    uint32_t n = largest_lots(&l->d->bag[RULE_SLOW_READER], 1, lot);
    for (uint32_t i = 0; i < n; i++) {
        if (awaits_owner(l, lot[i]))
            continue;
        const struct place *p = place_of(l, &l->s->conn[lot[i]->row]);
        struct finding *f = report(l, RULE_SLOW_READER, p, lot[i]->key, SEVERITY_WARNING);
        if (!f)
            return;
        name_owner(l, f, lot[i]->row);
        (void)name_peer(l, f, lot[i]);
        f->concern.by |= CONCERN_UNREAD;
        f->concern.ends.rqueue = (uint32_t)limit(l, THRESHOLD_SLOW_READER_BYTES);
        figure(f, FIGURE_SLOW_READER_COUNT, lot[i]->n);
        figure(f, FIGURE_SLOW_READER_OLDEST, lot[i]->worst);
        figure(f, FIGURE_SLOW_READER_WAITING, lot[i]->sum);
        if (grown(l, p, COUNTER_TO_ZERO_WINDOW, MINUTE_S, &closed, NULL) && closed)
            figure(f, FIGURE_SLOW_READER_CLOSED, (double)closed);
    }
}

/* By process, for the two rules that only inform. */
static void report_owners(struct look *l, enum rule_id rule, uint32_t least, uint32_t by)
{
    const struct lot *lot[REPORTS_MAX];
    uint32_t n = largest_lots(&l->d->bag[rule], least, lot);

    for (uint32_t i = 0; i < n; i++) {
        if (awaits_owner(l, lot[i]))
            continue;
        const struct place *p = place_of(l, &l->s->conn[lot[i]->row]);
        struct finding *f = report(l, rule, p, lot[i]->key, SEVERITY_INFO);
        if (!f)
            return;
        name_owner(l, f, lot[i]->row);
        f->concern.by |= by;
        figure(f, 0, lot[i]->n);
        figure(f, 1, lot[i]->worst);
    }
}

_Static_assert(FIGURE_SEND_BUFFER_COUNT == 0 && FIGURE_SEND_BUFFER_SHARE == 1 &&
                   FIGURE_KEEPALIVE_COUNT == 0 && FIGURE_KEEPALIVE_IDLE == 1,
               "report_owners() fills both");

void check_send_buffer(struct look *l)
{
    if (figures_due(l, RULE_SEND_BUFFER))
        report_owners(l, RULE_SEND_BUFFER, 1, 0);
}

void check_keepalive(struct look *l)
{
    if (figures_due(l, RULE_KEEPALIVE))
        report_owners(l, RULE_KEEPALIVE, (uint32_t)limit(l, THRESHOLD_KEEPALIVE_COUNT),
                      CONCERN_TIMELESS);
}

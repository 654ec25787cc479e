/* Counts, changes, rates and timers as facts. */
#include "tcptop/explain/state_facts.h"

#include "tcptop/base/clock.h"

#define RATE_MIN 0.1 /* per second; below, a change is said as a number */

bool teller_grown(const struct teller *t, enum host_counter which, uint64_t *by)
{
    double per_s;

    if (!history_rate(&t->s->history, which, HISTORY_STRIP, &per_s))
        return false;
    *by = (uint64_t)(per_s * history_span_s(&t->s->history, HISTORY_STRIP) + 0.5);
    return true;
}

void teller_rate(struct teller *t, enum host_counter which, enum msg id)
{
    double per_s;

    if (history_rate(&t->s->history, which, HISTORY_STRIP, &per_s))
        TELL(t->e, id, live_rate(LIVE, per_s, false), t->window);
}

void teller_some(struct teller *t, uint32_t n, enum msg id)
{
    if (n > 0)
        TELL(t->e, id, COUNT(n));
}

void teller_count(struct teller *t)
{
    uint32_t now = t->s->count[t->state];
    int64_t change;
    double per_s;

    if (t->window_s <= 0 || !history_change(&t->s->history, t->state, HISTORY_STRIP, &change)) {
        TELL(t->e, MSG_FACT_COUNT, COUNT(now));
        return;
    }
    per_s = (double)change / t->window_s;
    if (change == 0)
        TELL(t->e, MSG_FACT_COUNT_SAME, COUNT(now), t->window);
    else if (per_s < RATE_MIN && per_s > -RATE_MIN)
        TELL(t->e, MSG_FACT_COUNT_CHANGE, COUNT(now), live_change(LIVE, change), t->window);
    else
        TELL(t->e, MSG_FACT_COUNT_RATE, COUNT(now), live_rate(LIVE, per_s, true), t->window);
}

void teller_deaths(struct teller *t)
{
    const struct history *h = &t->s->history;
    struct deaths d;
    double seconds;
    bool throughout;

    if (!history_deaths(h, HISTORY_STRIP, &d, &seconds))
        return;
    throughout = seconds >= history_span_s(h, HISTORY_STRIP);
    TELL(t->e, d.lost ? MSG_FACT_CLOSED_AT_LEAST : MSG_FACT_CLOSED,
         live_rate(LIVE, (double)d.ended / seconds, false),
         throughout ? t->window : plain_time(LIVE, seconds));
    if (d.unseen)
        TELL(t->e, d.lost ? MSG_FACT_UNSEEN_AT_LEAST : MSG_FACT_UNSEEN, COUNT(d.unseen));
}

static const struct {
    uint8_t from, to;
} edges[EDGE_COUNT] = {
#define TCP_STATE_CLOSED        0
#define EDGE(ident, from_, to_) {TCP_STATE_##from_, TCP_STATE_##to_},
    STATE_EDGES(EDGE)
#undef EDGE
};

/* TIME_WAIT outlives the time between samples, so all of it is seen. */
static bool sees_all(const struct teller *t, const struct edge_span *span)
{
    return t->state == TCP_STATE_TIME_WAIT && span->whole && span->longest_ns < 60 * NS_PER_S;
}

bool teller_moves(const struct teller *t, struct teller_moves *m)
{
    struct edge_span span;

    *m = (struct teller_moves){0};
    if (!history_edges(&t->s->history, t->window_s, &span))
        return false;
    for (unsigned edge = 0; edge < EDGE_COUNT; edge++) {
        double per_s = edge_rate(&span, (enum state_edge)edge);
        m->entered_s += edges[edge].to == t->state ? per_s : 0;
        m->left_s += edges[edge].from == t->state && edges[edge].from ? per_s : 0;
    }
    m->exact = sees_all(t, &span);
    return true;
}

void teller_timer(struct teller *t)
{
    const struct conn *c = t->row;

    if (!c)
        return;
    switch (c->timer) {
    case TIMER_TIMEWAIT:
        TELL(t->e, MSG_FACT_THIS_LEFT, TIME(c->expires_ms));
        break;
    case TIMER_RETRANSMIT:
        TELL(t->e, MSG_FACT_THIS_REPEAT, COUNT(c->retrans), TIME(c->expires_ms));
        break;
    case TIMER_KEEPALIVE:
        TELL(t->e, MSG_FACT_THIS_KEEPALIVE, TIME(c->expires_ms));
        break;
    case TIMER_PROBE:
        TELL(t->e, MSG_FACT_THIS_PROBE, TIME(c->expires_ms));
        break;
    case TIMER_OFF:
        TELL(t->e, MSG_FACT_THIS_IDLE, NULL);
        break;
    default:
        break;
    }
}

/* Counts, changes, rates and timers as facts. */
#include "tcptop/explain/state_facts.h"

#include "tcptop/base/clock.h"

#define RATE_MIN 0.1 /* per second; below, a change is said as a number */

bool facts_grown(const struct state_facts *t, enum host_counter which, uint64_t *by)
{
    double per_s;

    if (!history_rate(&t->s->history, which, HISTORY_SHOWN, &per_s))
        return false;
    *by = (uint64_t)(per_s * history_span_s(&t->s->history, HISTORY_SHOWN) + 0.5);
    return true;
}

void facts_rate(struct state_facts *t, enum host_counter which, enum msg id)
{
    double per_s;

    if (history_rate(&t->s->history, which, HISTORY_SHOWN, &per_s))
        ADD_FACT(t->e, id, live_rate(LIVE, per_s, false), t->window);
}

void facts_some(struct state_facts *t, uint32_t n, enum msg id)
{
    if (n > 0)
        ADD_FACT(t->e, id, COUNT(n));
}

void facts_count(struct state_facts *t)
{
    uint32_t now = t->s->count[t->state];
    int64_t change;
    double per_s;

    if (t->window_s <= 0 || !history_change(&t->s->history, t->state, HISTORY_SHOWN, &change)) {
        ADD_FACT(t->e, MSG_FACT_COUNT, COUNT(now));
        return;
    }
    per_s = (double)change / t->window_s;
    if (change == 0)
        ADD_FACT(t->e, MSG_FACT_COUNT_SAME, COUNT(now), t->window);
    else if (per_s < RATE_MIN && per_s > -RATE_MIN)
        ADD_FACT(t->e, MSG_FACT_COUNT_CHANGE, COUNT(now), live_change(LIVE, change), t->window);
    else
        ADD_FACT(t->e, MSG_FACT_COUNT_RATE, COUNT(now), live_rate(LIVE, per_s, true), t->window);
}

void facts_close_stats(struct state_facts *t)
{
    const struct history *h = &t->s->history;
    struct close_stats d;
    double seconds;
    bool throughout;

    if (!history_close_stats(h, HISTORY_SHOWN, &d, &seconds))
        return;
    throughout = seconds >= history_span_s(h, HISTORY_SHOWN);
    ADD_FACT(t->e, d.lost ? MSG_FACT_CLOSED_AT_LEAST : MSG_FACT_CLOSED,
             live_rate(LIVE, (double)d.ended / seconds, false),
             throughout ? t->window : plain_time(LIVE, seconds));
    if (d.unseen)
        ADD_FACT(t->e, d.lost ? MSG_FACT_UNSEEN_AT_LEAST : MSG_FACT_UNSEEN, COUNT(d.unseen));
}

static const struct {
    uint8_t from, to;
} transitions[TRANSITION_COUNT] = {
#define TCP_STATE_CLOSED              0
#define TRANSITION(ident, from_, to_) {TCP_STATE_##from_, TCP_STATE_##to_},
    STATE_TRANSITIONS(TRANSITION)
#undef TRANSITION
};

/* TIME_WAIT outlives the time between samples, so all of it is seen. */
static bool sees_all(const struct state_facts *t, const struct transition_span *span)
{
    return t->state == TCP_STATE_TIME_WAIT && span->whole && span->longest_ns < 60 * NS_PER_S;
}

bool facts_moves(const struct state_facts *t, struct facts_moves *m)
{
    struct transition_span span;

    *m = (struct facts_moves){0};
    if (!history_transitions(&t->s->history, t->window_s, &span))
        return false;
    for (unsigned transition = 0; transition < TRANSITION_COUNT; transition++) {
        double per_s = history_transition_rate(&span, (enum state_transition)transition);
        m->entered_s += transitions[transition].to == t->state ? per_s : 0;
        m->left_s +=
            transitions[transition].from == t->state && transitions[transition].from ? per_s : 0;
    }
    m->exact = sees_all(t, &span);
    return true;
}

void facts_timer(struct state_facts *t)
{
    const struct conn *c = t->row;

    if (!c)
        return;
    switch (c->timer) {
    case TIMER_TIMEWAIT:
        ADD_FACT(t->e, MSG_FACT_THIS_LEFT, TIME(c->expires_ms));
        break;
    case TIMER_RETRANSMIT:
        ADD_FACT(t->e, MSG_FACT_THIS_REPEAT, COUNT(c->retrans), TIME(c->expires_ms));
        break;
    case TIMER_KEEPALIVE:
        ADD_FACT(t->e, MSG_FACT_THIS_KEEPALIVE, TIME(c->expires_ms));
        break;
    case TIMER_PROBE:
        ADD_FACT(t->e, MSG_FACT_THIS_PROBE, TIME(c->expires_ms));
        break;
    case TIMER_OFF:
        ADD_FACT(t->e, MSG_FACT_THIS_IDLE, NULL);
        break;
    default:
        break;
    }
}

/* SPDX-License-Identifier: MIT */
/* The sample, its window and its history, as seen from one state. */
#include "state_facts.h"

#include "tcptop/base/clock.h"

#define TREND_LEAST 2 /* so many more, or fewer */

void state_facts_init(struct state_facts *t, const struct explain_subject *subject,
                      const struct sample_summary *summary)
{
    const struct sample *s = subject->sample;

    *t = (struct state_facts){.s = s, .state = subject->state, .row_at = UINT32_MAX};
    t->state_counts = summary->state_counts[subject->state];
    t->active_close = &summary->active_close;
    if (subject->breakdown && subject->breakdown->state == t->state)
        t->b = subject->breakdown;
    if (subject->row < s->n_live && conn_counts_as(&s->conn[subject->row]) == t->state) {
        t->row_at = subject->row;
        t->row = &s->conn[subject->row];
    }
    if (subject->row >= s->n_live && subject->row < sample_rows(s) &&
        conn_counts_as(&s->conn[subject->row]) == t->state) {
        t->row_missed = sample_row_kind(s, subject->row) == ROW_MISSING;
        t->row_gone = !t->row_missed;
    }
    t->window_s = history_span_s(&s->history, FACTS_POINTS);
}

bool state_facts_known(const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;

    return s && s->status != SAMPLE_FAILED && subject->state > 0 &&
           subject->state < TCP_STATE_COUNT;
}

bool state_facts_grown(const struct state_facts *t, enum host_counter which, uint64_t *by,
                       double *seconds)
{
    return history_growth(&t->s->history, which, FACTS_POINTS, by, seconds);
}

enum trend state_facts_trend(const struct state_facts *t, double *per_s, double *seconds)
{
    const struct history *h = &t->s->history;
    int64_t change;

    if (!history_change(h, t->state, FACTS_POINTS, &change, seconds) || *seconds < TREND_MIN_S)
        return TREND_UNKNOWN;
    *per_s = (double)change / *seconds;
    if (change > -TREND_LEAST && change < TREND_LEAST) /* one that comes or goes is no trend */
        return TREND_FLAT;
    return (change < 0 ? -change : change) * 4 <= (int64_t)history_max(h, t->state, FACTS_POINTS)
               ? TREND_FLAT
               : TREND_MOVING;
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

bool state_facts_moves(const struct state_facts *t, struct state_moves *m)
{
    struct transition_span span;

    *m = (struct state_moves){.entered_exact = true};
    if (!history_transitions(&t->s->history, t->window_s, &span))
        return false;
    for (unsigned transition = 0; transition < TRANSITION_COUNT; transition++) {
        bool counted;
        double per_s = history_transition_rate(&t->s->history, &span,
                                               (enum state_transition)transition, &counted);
        if (transitions[transition].to == t->state) {
            m->entered_s += per_s;
            m->entered_exact = m->entered_exact && counted;
        }
        m->left_s +=
            transitions[transition].from == t->state && transitions[transition].from ? per_s : 0;
    }
    m->seconds = span.seconds;
    m->exact = sees_all(t, &span);
    m->entered_exact = m->entered_exact || m->exact;
    return true;
}

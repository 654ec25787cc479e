/* What one row adds to the counts of its state. */
#include "tcptop/explain/state_counts.h"

/* What counts as old in a state. */
static const uint32_t old_s[TCP_STATE_COUNT] = {
    [TCP_STATE_CLOSE_WAIT] = 60,
    [TCP_STATE_LAST_ACK] = 10,
    [TCP_STATE_FIN_WAIT1] = 30,
    [TCP_STATE_CLOSING] = 10,
};

/* Since when the row is in its state, in tenths of a second; `certain`: it was seen to enter. */
static uint32_t age_ds(const struct sample *s, uint32_t row, bool *certain)
{
    uint32_t since = s->times ? s->times[row].changed_ds : s->now_ds;

    *certain = s->times && since > 0;
    return s->now_ds - since;
}

static void state_counts_age(struct state_counts *t, const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    bool certain, old = age_ds(s, row, &certain) >= old_s[c->state] * 10;

    if (old)
        t->aged++;
    else if (certain)
        t->young++;
    if (old && !c->inode && c->wqueue > 1)
        t->stuck++;
}

static void state_counts_timer(struct state_counts *t, const struct conn *c)
{
    if (c->timer == TIMER_PROBE)
        t->shut++;
    if (c->timer == TIMER_OFF && c->wqueue == 0)
        t->idle++;
    if (c->timer != TIMER_TIMEWAIT)
        return;
    if (t->timed == 0 || c->expires_ms < t->left_min_ms)
        t->left_min_ms = c->expires_ms;
    if (c->expires_ms > t->left_max_ms)
        t->left_max_ms = c->expires_ms;
    t->timed++;
}

/* Is a's accept queue nearer its limit than b's? */
static bool is_fuller(const struct conn *a, const struct conn *b)
{
    return (uint64_t)a->rqueue * (b->wqueue + UINT64_C(1)) >
           (uint64_t)b->rqueue * (a->wqueue + UINT64_C(1));
}

static void state_counts_queue(struct state_counts *t, const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];

    if (c->flags & CONN_NO_BACKLOG)
        return;
    t->queued += c->rqueue;
    if (c->rqueue > 0 && c->rqueue >= c->wqueue)
        t->queues_full++;
    if (t->fullest == UINT32_MAX || is_fuller(c, &s->conn[t->fullest]))
        t->fullest = row;
}

void state_counts_add(struct state_counts state_counts[TCP_STATE_COUNT], const struct sample *s,
                      uint32_t row)
{
    const struct conn *c = &s->conn[row];
    struct state_counts *t =
        &state_counts[c->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : c->state];

    if (c->state >= TCP_STATE_COUNT)
        return;
    t->rows++;
    if (c->state == TCP_STATE_LISTEN) {
        state_counts_queue(t, s, row);
        return;
    }
    t->without_inode += conn_kind(c) != CONN_PLAIN;
    t->repeating += c->retrans >= STATE_COUNTS_REPEATS;
    t->unsent += c->wqueue > 1;
    t->unread[c->rqueue < 2 ? c->rqueue : 2]++;
    state_counts_timer(t, c);
    state_counts_age(t, s, row);
}

/* SPDX-License-Identifier: MIT */
/* The passes over the rows: one for all states, and one or two more for TIME_WAIT. */
#include "tcptop/explain/sample_summary.h"

#include "tcptop/doctor/tcp_timeouts.h"

/* Of a timewait record, or of an orphan that will become one. */
static bool left_of(const struct sample *s, const struct conn *c, uint32_t *ms)
{
    uint64_t left;

    *ms = c->expires_ms;
    if (c->timer != TIMER_KEEPALIVE || c->state != TCP_STATE_FIN_WAIT2)
        return c->timer == TIMER_TIMEWAIT;
    if (!tcp_timeouts_left(sample_host(s, c), c, &left))
        return false;
    *ms = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
    return true;
}

static void add_timer(struct state_counts *t, const struct sample *s, const struct conn *c)
{
    uint32_t left;

    if (c->timer == TIMER_PROBE)
        t->shut++;
    if (c->timer == TIMER_OFF && c->wqueue == 0 &&
        !(c->unknown & (CONN_UNKNOWN_TIMER | CONN_UNKNOWN_SEND_Q)))
        t->idle++;
    if (!left_of(s, c, &left))
        return;
    if (t->timed == 0 || left < t->left_min_ms)
        t->left_min_ms = left;
    if (left > t->left_max_ms)
        t->left_max_ms = left;
    t->timed++;
}

/* Is a's accept queue nearer its limit than b's? */
static bool is_fuller(const struct conn *a, const struct conn *b)
{
    return (uint64_t)a->rqueue * (b->wqueue + UINT64_C(1)) >
           (uint64_t)b->rqueue * (a->wqueue + UINT64_C(1));
}

static void add_queue(struct state_counts *t, const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];

    if (c->flags & CONN_NO_BACKLOG)
        return;
    t->queued += c->rqueue;
    if (t->fullest == UINT32_MAX || is_fuller(c, &s->conn[t->fullest]))
        t->fullest = row;
}

#define SOUGHT_DS 20 /* before that a name need not have come */

/* Of MPTCP a subflow that is ESTABLISHED may be one whose connection is orphaned: it is not counted
 * with those that wait to be accepted. */
static bool lacks_file(const struct conn *c)
{
    enum conn_kind kind = conn_kind(c);

    return kind == CONN_NOT_ACCEPTED || (kind != CONN_PLAIN && !(c->flags & CONN_MPTCP));
}

static void add_row(struct state_counts state_counts[TCP_STATE_COUNT], const struct sample *s,
                    uint32_t row)
{
    const struct conn *c = &s->conn[row];
    struct state_counts *t =
        &state_counts[c->flags & CONN_BOUND ? TCP_STATE_BOUND_INACTIVE : c->state];

    if (c->state >= TCP_STATE_COUNT)
        return;
    t->rows++;
    if (c->state == TCP_STATE_LISTEN) {
        add_queue(t, s, row);
        return;
    }
    t->without_inode += lacks_file(c);
    t->repeating += c->retrans > 0;
    t->unsent += c->wqueue > 1;
    if (!(c->unknown & CONN_UNKNOWN_RECV_Q))
        t->unread[c->rqueue < 2 ? c->rqueue : 2]++;
    t->unknown_inode += (c->unknown & CONN_UNKNOWN_INODE) != 0;
    add_timer(t, s, c);
}

static void add_rate(struct sample_summary *v, const struct rate *rate)
{
    if (rate->tx_bytes_s != RATE_UNKNOWN)
        v->tx_bytes_s += rate->tx_bytes_s;
    if (rate->rx_bytes_s != RATE_UNKNOWN)
        v->rx_bytes_s += rate->rx_bytes_s;
}

/* Is the process of the row still looked for, although it has been listed for a while? A search is
 * as fast as the limit of CPU time and a busy host let it be. */
static bool is_sought(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];

    return s->owner && c->inode && owner_word_group(s->owner[row]) == OWNER_UNKNOWN && s->times &&
           s->now_ds - s->times[row].born_ds >= SOUGHT_DS;
}

/* Of the rows from `from` to `to`. */
static void add_rows(struct sample_summary *v, const struct sample *s, uint32_t from, uint32_t to)
{
    for (uint32_t row = from; row < to; row++) {
        const struct conn *c = &s->conn[row];
        if (!conn_port_unknown(c, false))
            port_set_add(&v->used, c->sport);
        if (!conn_port_unknown(c, true))
            port_set_add(&v->used, c->dport);
        if (row >= s->n_live)
            continue;
        if (c->state == TCP_STATE_LISTEN && !conn_port_unknown(c, false))
            port_set_add(&v->listening, c->sport);
        add_row(v->state_counts, s, row);
        v->sought += !sample_is_recorded(s) && is_sought(s, row);
        if (s->rate)
            add_rate(v, &s->rate[row]);
    }
}

void sample_summary_make(struct sample_summary *v, const struct sample *s)
{
    *v = (struct sample_summary){.state_counts = {{0}}};
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        v->state_counts[state].fullest = UINT32_MAX;
    add_rows(v, s, 0, sample_rows(s));
    active_close_count(&v->active_close, s, &v->listening);
}

/* When the rows that it carries, or will hand on, were dumped. */
static int64_t dumped_ns(const struct sample *s)
{
    return s->left_out ? s->carried_ns : s->mono_ns;
}

bool sample_summary_renew(struct sample_summary *v, const struct sample *s,
                          const struct sample_summary *before, const struct sample *old)
{
    const uint32_t peer = before->active_close.peer;

    if (!s->left_out || s->rate || dumped_ns(old) != s->carried_ns)
        return false;
    *v = *before;
    v->listening = (struct port_set){{0}};
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        if (!(s->left_out & STATE_BIT(state)))
            v->state_counts[state] = (struct state_counts){.fullest = UINT32_MAX};
    add_rows(v, s, 0, s->n_live - s->n_carried);
    add_rows(v, s, s->n_live, sample_rows(s));
    if (peer != UINT32_MAX)
        v->active_close.peer = sample_find(s, &old->conn[peer], peer);
    return peer == UINT32_MAX || v->active_close.peer != UINT32_MAX;
}

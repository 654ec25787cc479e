/* TIME_WAIT: who closed first, and whether ephemeral ports run short. */
#include "tcptop/explain/state_facts.h"

/* Shares of the ephemeral ports to one peer; judgement, not standard. */
#define PORTS_WATCH   0.5
#define PORTS_PROBLEM 0.9

static void facts_left(struct state_facts *t, enum msg one, enum msg range)
{
    uint32_t from = t->state_counts.left_min_ms, to = t->state_counts.left_max_ms;

    if (t->state_counts.timed == 0)
        return;
    if (from / 1000 == to / 1000)
        ADD_FACT(t->e, one, TIME(from));
    else
        ADD_FACT(t->e, range, live_seconds(LIVE, from), live_seconds(LIVE, to));
}

/* Moves by less than a quarter of its maximum, what the sparkline draws as flat, and has been
 * watched for long enough to say so. */
static bool is_flat(const struct state_facts *t)
{
    uint32_t max = history_max(&t->s->history, t->state, HISTORY_SHOWN);
    int64_t change;

    if (history_span_s(&t->s->history, HISTORY_SHOWN) < TREND_MIN_S)
        return false;
    if (!history_change(&t->s->history, t->state, HISTORY_SHOWN, &change))
        return false;
    return (change < 0 ? -change : change) * 4 <= (int64_t)max;
}

static void facts_active_close(struct state_facts *t, const struct active_close *c)
{
    if (c->server > 0 && c->server == t->state_counts.rows && c->server_port) {
        ADD_FACT(t->e, MSG_FACT_TW_PORT, live_port(LIVE, c->server_port));
        if (t->state_counts.left_min_ms / 1000 == t->state_counts.left_max_ms / 1000)
            ADD_FACT(t->e, MSG_FACT_TW_PORT_LEFT, COUNT(0), TIME(t->state_counts.left_min_ms));
        else
            ADD_FACT(t->e, MSG_FACT_TW_PORT_LEFT_RANGE, COUNT(0),
                     live_seconds(LIVE, t->state_counts.left_min_ms),
                     live_seconds(LIVE, t->state_counts.left_max_ms));
        return;
    }
    facts_some(t, c->server, MSG_FACT_TW_SERVER);
    if (c->client > 0)
        ADD_FACT(t->e, MSG_FACT_TW_CLIENT, COUNT(c->client), COUNT(c->peer_ports), COUNT(c->range));
    facts_some(t, c->other, MSG_FACT_TW_OTHER);
    if (c->server == t->state_counts.rows || c->client == t->state_counts.rows)
        facts_left(t, MSG_FACT_LEFT, MSG_FACT_LEFT_RANGE);
}

/* Ephemeral ports to the most used peer that connect() cannot have, as a share; negative when not
 * known. Where tcp_tw_reuse applies those in TIME_WAIT are as good as free. */
static double ports_taken(const struct state_facts *t, const struct active_close *c)
{
    int64_t reuse;

    if (!c->range_known)
        return c->server == t->state_counts.rows ? 0 : -1;
    if (c->peer == UINT32_MAX)
        return 0;
    if (!host_sysctl(sample_host(t->s, &t->s->conn[c->peer]), SYSCTL_TW_REUSE, &reuse))
        reuse = 0;
    if (reuse == 1 || (reuse == 2 && conn_is_loopback(&t->s->conn[c->peer])))
        return (double)(c->peer_ports - c->peer_waiting) / c->range;
    return (double)c->peer_ports / c->range;
}

static void judge_time_wait(struct state_facts *t, const struct active_close *c)
{
    double taken = ports_taken(t, c);
    uint64_t overflows = 0;

    if (taken >= PORTS_WATCH) {
        ADD_FACT(t->e, MSG_FACT_TW_PEER, live_remote(LIVE, &t->s->conn[c->peer]));
        if (taken >= PORTS_PROBLEM)
            JUDGE(t, VERDICT_PROBLEM, MSG_VERDICT_TW_PORTS_OUT, live_percent(LIVE, taken));
        else
            JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_PORTS, live_percent(LIVE, taken));
    } else if (facts_grown(t, COUNTER_TW_OVERFLOW, &overflows) && overflows > 0) {
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_OVERFLOW, COUNT(overflows), t->window);
    } else if (taken >= 0) {
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_TW_NORMAL, NULL);
    }
}

void facts_time_wait(struct state_facts *t)
{
    facts_timer(t);
    ADD_FACT(t->e, is_flat(t) ? MSG_FACT_TW_COUNT_FLAT : MSG_FACT_TW_COUNT,
             COUNT(t->state_counts.rows));
    facts_active_close(t, t->active_close);
    judge_time_wait(t, t->active_close);
}

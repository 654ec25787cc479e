/* TIME_WAIT: who closed first, and whether ephemeral ports run short. */
#include <string.h>

#include "tcptop/explain/state_facts.h"

/* Shares of the ephemeral ports to one peer; judgement, not standard. */
#define PORTS_WATCH   0.5
#define PORTS_PROBLEM 0.9

static bool is_loopback(const struct conn *c)
{
    static const uint8_t v6[16] = {[15] = 1};
    static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

    return memcmp(c->dst, v6, sizeof(v6)) == 0 || memcmp(c->dst, mapped, sizeof(mapped)) == 0 ||
           (c->dst[0] == 127 && memcmp(c->dst + 4, v6, 12) == 0);
}

static void tell_left(struct teller *t, enum msg one, enum msg range)
{
    uint32_t from = t->tally.left_min_ms, to = t->tally.left_max_ms;

    if (t->tally.timed == 0)
        return;
    if (from / 1000 == to / 1000)
        TELL(t->e, one, TIME(from));
    else
        TELL(t->e, range, live_seconds(LIVE, from), live_seconds(LIVE, to));
}

/* Moves by less than a quarter of its maximum, what the sparkline draws as flat, and has been
 * watched for long enough to say so. */
static bool is_flat(const struct teller *t)
{
    uint32_t max = history_max(&t->s->history, t->state, HISTORY_STRIP);
    int64_t change;

    if (history_span_s(&t->s->history, HISTORY_STRIP) < TREND_MIN_S)
        return false;
    if (!history_change(&t->s->history, t->state, HISTORY_STRIP, &change))
        return false;
    return (change < 0 ? -change : change) * 4 <= (int64_t)max;
}

static void tell_closers(struct teller *t, const struct closers *c)
{
    if (c->server > 0 && c->server == t->tally.rows && c->server_port) {
        TELL(t->e, MSG_FACT_TW_PORT, live_port(LIVE, c->server_port));
        if (t->tally.left_min_ms / 1000 == t->tally.left_max_ms / 1000)
            TELL(t->e, MSG_FACT_TW_PORT_LEFT, COUNT(0), TIME(t->tally.left_min_ms));
        else
            TELL(t->e, MSG_FACT_TW_PORT_LEFT_RANGE, COUNT(0),
                 live_seconds(LIVE, t->tally.left_min_ms),
                 live_seconds(LIVE, t->tally.left_max_ms));
        return;
    }
    teller_some(t, c->server, MSG_FACT_TW_SERVER);
    if (c->client > 0)
        TELL(t->e, MSG_FACT_TW_CLIENT, COUNT(c->client), COUNT(c->peer_ports), COUNT(c->range));
    teller_some(t, c->other, MSG_FACT_TW_OTHER);
    if (c->server == t->tally.rows || c->client == t->tally.rows)
        tell_left(t, MSG_FACT_LEFT, MSG_FACT_LEFT_RANGE);
}

/* Ephemeral ports to the most used peer that connect() cannot have, as a share; negative when not
 * known. Where tcp_tw_reuse applies those in TIME_WAIT are as good as free. */
static double ports_taken(const struct teller *t, const struct closers *c)
{
    int64_t reuse;

    if (!c->range_known)
        return c->server == t->tally.rows ? 0 : -1;
    if (c->peer == UINT32_MAX)
        return 0;
    if (!host_sysctl(snapshot_host(t->s, &t->s->conn[c->peer]), SYSCTL_TW_REUSE, &reuse))
        reuse = 0;
    if (reuse == 1 || (reuse == 2 && is_loopback(&t->s->conn[c->peer])))
        return (double)(c->peer_ports - c->peer_waiting) / c->range;
    return (double)c->peer_ports / c->range;
}

static void judge_time_wait(struct teller *t, const struct closers *c)
{
    double taken = ports_taken(t, c);
    uint64_t overflows = 0;

    if (taken >= PORTS_WATCH) {
        TELL(t->e, MSG_FACT_TW_PEER, live_remote(LIVE, &t->s->conn[c->peer]));
        if (taken >= PORTS_PROBLEM)
            JUDGE(t, VERDICT_PROBLEM, MSG_VERDICT_TW_PORTS_OUT, live_percent(LIVE, taken));
        else
            JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_PORTS, live_percent(LIVE, taken));
    } else if (teller_grown(t, COUNTER_TW_OVERFLOW, &overflows) && overflows > 0) {
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_OVERFLOW, COUNT(overflows), t->window);
    } else if (taken >= 0) {
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_TW_NORMAL, NULL);
    }
}

void tell_time_wait(struct teller *t)
{
    teller_timer(t);
    TELL(t->e, is_flat(t) ? MSG_FACT_TW_COUNT_FLAT : MSG_FACT_TW_COUNT, COUNT(t->tally.rows));
    tell_closers(t, t->closers);
    judge_time_wait(t, t->closers);
}

/* SPDX-License-Identifier: MIT */
/* Counting ESTABLISHED and TIME_WAIT by the kernel's counters. */
#include "tcptop/model/state_counters.h"

#include "tcptop/model/sample.h"

#define DRIFT_SHARE 100 /* of the connections: the counters may be off by one in so many, … */
#define DRIFT_MIN   10  /* … and by so many besides */

/* Timewait records that stand for an orphan in FIN_WAIT2, among the rows of the dump. */
static uint32_t fin_wait2_records(const struct sample *s)
{
    uint32_t n = 0;

    for (uint32_t row = 0; s->count[TCP_STATE_FIN_WAIT2] && sample_is_dumped(s, row); row++)
        n += s->conn[row].state == TCP_STATE_FIN_WAIT2 && conn_is_timewait(&s->conn[row]);
    return n;
}

/* How far `count` is beyond what can have been listed while the counter went from one reading to
 * the other: what began in between may be among the rows, what ended need not be. */
static int64_t beyond(int64_t count, int64_t before, int64_t after, int64_t begun)
{
    int64_t ended = begun - (after - before), low, high;

    low = before - (ended > 0 ? ended : 0);
    high = before + (begun > 0 ? begun : 0);
    return count < low ? count - low : count > high ? count - high : 0;
}

static bool is_small(int64_t drift, int64_t count)
{
    int64_t most = count / DRIFT_SHARE + DRIFT_MIN;

    return drift >= -most && drift <= most;
}

void state_counters_compare(struct state_drift *drift, const struct sample *s)
{
    const struct state_counters *c = &s->counters;
    const uint32_t *count = s->count;

    *drift = (struct state_drift){.known = false};
    if (!c->valid || s->left_out || s->status != SAMPLE_COMPLETE)
        return;
    int64_t open = (int64_t)count[TCP_STATE_ESTABLISHED] + count[TCP_STATE_CLOSE_WAIT];
    int64_t records = (int64_t)count[TCP_STATE_TIME_WAIT] + fin_wait2_records(s);
    int64_t before = (int64_t)c->before.established, after = (int64_t)c->after.established;
    int64_t begun = (int64_t)(c->after.opened - c->before.opened) + count[TCP_STATE_SYN_SENT] +
                    count[TCP_STATE_SYN_RECV];
    int64_t closing = begun - (after - before) + count[TCP_STATE_FIN_WAIT1] +
                      count[TCP_STATE_FIN_WAIT2] + count[TCP_STATE_CLOSING];

    drift->established = beyond(open, before, after, begun);
    drift->timewait =
        beyond(records, (int64_t)c->before.timewait, (int64_t)c->after.timewait, closing);
    drift->known = is_small(drift->established, open) && is_small(drift->timewait, records);
}

static uint32_t at_least_none(int64_t count)
{
    return count < 0 ? 0 : count > UINT32_MAX / 4 ? UINT32_MAX / 4 : (uint32_t)count;
}

void state_counters_apply(const struct state_drift *drift, struct sample *s)
{
    const struct state_reading *now = &s->counters.after;
    uint32_t *count = s->count;

    count[TCP_STATE_ESTABLISHED] =
        at_least_none((int64_t)now->established + drift->established - count[TCP_STATE_CLOSE_WAIT]);
    count[TCP_STATE_TIME_WAIT] =
        at_least_none((int64_t)now->timewait + drift->timewait - fin_wait2_records(s));
    s->total = 0;
    for (unsigned state = 0; state < TCP_STATE_COUNT; state++)
        s->total += count[state];
}

/* SPDX-License-Identifier: MIT */
/* The age of a state: what was watched, and what the kernel's counters prove besides. */
#include "tcptop/doctor/state_age.h"

#include "tcptop/doctor/tcp_timeouts.h"

#define MS_PER_DS 100

/* Begun by a segment of the peer, which carries an ACK. Requests and timewait records have none. */
#define BEGUN_BY_PEER                                                                              \
    (STATE_BIT(TCP_STATE_CLOSE_WAIT) | STATE_BIT(TCP_STATE_FIN_WAIT2) |                            \
     STATE_BIT(TCP_STATE_CLOSING))
/* Left as soon as what waits to be acknowledged is: the SYN, or a FIN with nothing in front. */
#define ENDED_BY_ACK                                                                               \
    (STATE_BIT(TCP_STATE_SYN_SENT) | STATE_BIT(TCP_STATE_FIN_WAIT1) |                              \
     STATE_BIT(TCP_STATE_LAST_ACK) | STATE_BIT(TCP_STATE_CLOSING))

static uint64_t proved_ms(const struct sample *s, uint32_t row)
{
    const struct conn *c = &s->conn[row];
    const struct tcp_metrics *m = sample_metrics(s, row);
    uint64_t ack = 0, stalled = 0;

    if (c->state >= TCP_STATE_COUNT)
        return 0;
    if (BEGUN_BY_PEER >> c->state & 1)
        (void)tcp_metrics_get(m, METRICS_last_ack_recv_ms, &ack);
    if (ENDED_BY_ACK >> c->state & 1 && c->wqueue <= 1)
        stalled = tcp_timeouts_stalled_ms(sample_host(s, c), c, m);
    return ack > stalled ? ack : stalled;
}

struct state_age state_age_of(const struct sample *s, uint32_t row)
{
    uint32_t since = s->times ? s->times[row].changed_ds : 0;
    struct state_age age = {.exact = since > 0};

    if (s->times)
        age.ms = (uint64_t)(s->now_ds - since) * MS_PER_DS;
    if (age.exact)
        return age;
    uint64_t proved = proved_ms(s, row);
    if (proved > age.ms)
        age.ms = proved;
    return age;
}

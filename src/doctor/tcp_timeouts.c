/* SPDX-License-Identifier: MIT */
/* Retransmissions and the waits between them. */
#include "tcptop/doctor/tcp_timeouts.h"

/* Milliseconds. include/net/tcp.h: TCP_TIMEOUT_INIT, TCP_RTO_MIN, TCP_RTO_MAX. */
#define RTO_INIT_MS 1000
#define RTO_MIN_MS  200
#define RTO_MAX_MS  120000

#define ORPHAN_RETRIES_DEFAULT 8 /* net/ipv4/tcp_timer.c tcp_orphan_retries(): when 0 */

/* The wait after the `n`th retransmission; the first `linear` do not lengthen it. */
static uint64_t wait_ms(uint64_t rto_ms, int64_t n, int64_t linear)
{
    for (int64_t i = linear; i < n && rto_ms < RTO_MAX_MS; i++)
        rto_ms *= 2;
    return rto_ms < RTO_MAX_MS ? rto_ms : RTO_MAX_MS;
}

/* Until the wait after the last of `retries` is over, from the wait after the `from`th on. */
static uint64_t waits_ms(uint64_t rto_ms, int64_t from, int64_t retries, int64_t linear)
{
    uint64_t total = 0;

    for (int64_t n = from; n <= retries && n < 256; n++)
        total += wait_ms(rto_ms, n, linear);
    return total;
}

/* net/ipv4/tcp_timer.c tcp_write_timeout(): linear timeouts come on top of the retries; kernels
 * before 6.5 know none. */
static bool syn_retries(const struct host *h, int64_t *retries, int64_t *linear)
{
    if (!host_sysctl(h, SYSCTL_SYN_RETRIES, retries))
        return false;
    if (!host_sysctl(h, SYSCTL_SYN_LINEAR_TIMEOUTS, linear))
        *linear = 0;
    *retries += *linear;
    return true;
}

bool tcp_timeouts_syn(const struct host *h, uint64_t *seconds)
{
    int64_t retries, linear;

    if (!syn_retries(h, &retries, &linear))
        return false;
    *seconds = waits_ms(RTO_INIT_MS, 0, retries, linear) / 1000;
    return true;
}

bool tcp_timeouts_synack(const struct host *h, uint64_t *seconds)
{
    int64_t retries;

    if (!host_sysctl(h, SYSCTL_SYNACK_RETRIES, &retries))
        return false;
    *seconds = waits_ms(RTO_INIT_MS, 0, retries, 0) / 1000;
    return true;
}

bool tcp_timeouts_data(const struct host *h, uint64_t *seconds)
{
    int64_t retries;

    if (!host_sysctl(h, SYSCTL_RETRIES2, &retries))
        return false;
    *seconds = waits_ms(RTO_MIN_MS, 0, retries, 0) / 1000;
    return true;
}

bool tcp_timeouts_orphan_retries(const struct host *h, uint64_t *retries)
{
    int64_t set;

    if (!host_sysctl(h, SYSCTL_ORPHAN_RETRIES, &set) || set < 0)
        return false;
    *retries = set ? (uint64_t)set : ORPHAN_RETRIES_DEFAULT;
    return true;
}

bool tcp_timeouts_orphan(const struct host *h, uint64_t *seconds)
{
    uint64_t retries;

    if (!tcp_timeouts_orphan_retries(h, &retries))
        return false;
    *seconds = waits_ms(RTO_MIN_MS, 0, (int64_t)retries, 0) / 1000;
    return true;
}

bool tcp_timeouts_left(const struct host *h, const struct conn *c, uint64_t *ms)
{
    int64_t retries, linear = 0;
    bool known = c->state == TCP_STATE_SYN_SENT ? syn_retries(h, &retries, &linear)
                                                : host_sysctl(h, SYSCTL_SYNACK_RETRIES, &retries);

    if (!known || c->timer != TIMER_RETRANSMIT || c->retrans > retries ||
        c->expires_ms > wait_ms(RTO_INIT_MS, c->retrans, linear))
        return false;
    *ms = c->expires_ms + waits_ms(RTO_INIT_MS, c->retrans + 1, retries, linear);
    return true;
}

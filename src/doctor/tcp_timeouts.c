/* SPDX-License-Identifier: MIT */
/* Retransmissions and the waits between them. */
#include "tcptop/doctor/tcp_timeouts.h"

#include "tcptop/model/state.h"

/* Milliseconds. include/net/tcp.h: TCP_TIMEOUT_INIT, TCP_RTO_MIN, TCP_RTO_MAX,
 * TCP_RESOURCE_PROBE_INTERVAL, TCP_TIMEWAIT_LEN. */
#define RTO_INIT_MS       1000
#define RTO_MIN_MS        200
#define RTO_MAX_MS        120000
#define RESOURCE_PROBE_MS 500
#define TIMEWAIT_MS       60000

#define ORPHAN_RETRIES_DEFAULT 8   /* net/ipv4/tcp_timer.c tcp_orphan_retries(): when 0 */
#define REPEATS_MOST           255 /* the sysctls are bytes; a recording may hold anything */
#define BACKOFF_MOST           31  /* a wait that is doubled so often is far beyond the longest */
#define FIN_TIMEOUT_MOST_S     INT32_MAX

/* The longest wait: tcp_rto_max_ms (Linux 6.15), a constant before. */
static uint64_t rto_max_ms(const struct host *h)
{
    int64_t most;
    bool set = host_sysctl(h, SYSCTL_RTO_MAX_MS, &most) && most > 0 && most < RTO_MAX_MS;

    return set ? (uint64_t)most : RTO_MAX_MS;
}

/* The shortest wait for data: tcp_rto_min_us (Linux 6.11), a constant before. */
static uint64_t rto_min_ms(const struct host *h)
{
    int64_t least;

    if (!host_sysctl(h, SYSCTL_RTO_MIN_US, &least) || least < 0 || least / 1000 > RTO_MAX_MS)
        return RTO_MIN_MS;
    return (uint64_t)least / 1000;
}

/* A number of repeats. */
static bool retries_of(const struct host *h, enum host_sysctl which, int64_t *retries)
{
    if (!host_sysctl(h, which, retries) || *retries < 0)
        return false;
    if (*retries > REPEATS_MOST)
        *retries = REPEATS_MOST;
    return true;
}

/* The wait after the `n`th retransmission; the first `linear` do not lengthen it. */
static uint64_t wait_ms(const struct host *h, uint64_t rto_ms, int64_t n, int64_t linear)
{
    uint64_t most = rto_max_ms(h);

    for (int64_t i = linear; i < n && rto_ms < most; i++)
        rto_ms *= 2;
    return rto_ms < most ? rto_ms : most;
}

/* The waits after none to `n - 1` retransmissions: when the `n`th is due. */
static uint64_t waits_ms(const struct host *h, uint64_t rto_ms, int64_t n, int64_t linear)
{
    uint64_t total = 0;

    for (int64_t i = 0; i < n; i++)
        total += wait_ms(h, rto_ms, i, linear);
    return total;
}

/* The time that the kernel allows for so many retransmissions, whatever their number really is:
 * net/ipv4/tcp_timer.c tcp_model_timeout. */
static uint64_t model_ms(const struct host *h, uint64_t rto_ms, int64_t retries)
{
    return waits_ms(h, rto_ms, retries + 1, 0);
}

/* net/ipv4/tcp_timer.c tcp_write_timeout(): linear timeouts come on top of the retries; kernels
 * before 6.5 know none. */
static bool syn_retries(const struct host *h, int64_t *retries, int64_t *linear)
{
    if (!retries_of(h, SYSCTL_SYN_RETRIES, retries))
        return false;
    if (!retries_of(h, SYSCTL_SYN_LINEAR_TIMEOUTS, linear))
        *linear = 0;
    return true;
}

/* At which of its timeouts connect() fails, and when that is: the first at which the
 * retransmissions are used up, or the time that the model allows for tcp_syn_retries is over. */
static int64_t syn_end(const struct host *h, int64_t retries, int64_t linear, uint64_t *ms)
{
    uint64_t allowed = model_ms(h, RTO_INIT_MS, retries);
    int64_t n = 0;

    *ms = wait_ms(h, RTO_INIT_MS, 0, linear);
    while (n < retries + linear && (n == 0 || *ms < allowed))
        *ms += wait_ms(h, RTO_INIT_MS, ++n, linear);
    return n;
}

bool tcp_timeouts_syn(const struct host *h, uint64_t *seconds)
{
    int64_t retries, linear;
    uint64_t ms;

    if (!syn_retries(h, &retries, &linear))
        return false;
    (void)syn_end(h, retries, linear, &ms);
    *seconds = ms / 1000;
    return true;
}

bool tcp_timeouts_synack(const struct host *h, uint64_t *seconds)
{
    int64_t retries;

    if (!retries_of(h, SYSCTL_SYNACK_RETRIES, &retries))
        return false;
    *seconds = model_ms(h, RTO_INIT_MS, retries) / 1000;
    return true;
}

/* The model begins with TCP_RTO_MIN, whatever tcp_rto_min_us says. */
bool tcp_timeouts_data(const struct host *h, uint64_t *seconds)
{
    int64_t retries;

    if (!retries_of(h, SYSCTL_RETRIES2, &retries))
        return false;
    *seconds = model_ms(h, RTO_MIN_MS, retries) / 1000;
    return true;
}

bool tcp_timeouts_orphan(const struct host *h, uint64_t *seconds)
{
    int64_t retries;

    if (!retries_of(h, SYSCTL_ORPHAN_RETRIES, &retries))
        return false;
    *seconds = model_ms(h, RTO_MIN_MS, retries ? retries : ORPHAN_RETRIES_DEFAULT) / 1000;
    return true;
}

/* Given up at the first timeout at which the doubled wait has reached the longest one and
 * tcp_orphan_retries doublings are done; answers keep the number of probes at 0. There are no more
 * doublings than tcp_retries2 (tcp_send_probe0), so with few of them it is never given up. */
bool tcp_timeouts_orphan_window(const struct host *h, uint64_t *seconds)
{
    int64_t retries, most, doublings = 0;

    if (!retries_of(h, SYSCTL_ORPHAN_RETRIES, &retries))
        return false;
    while (doublings < retries || wait_ms(h, RTO_MIN_MS, doublings, 0) < rto_max_ms(h))
        doublings++;
    if (!retries_of(h, SYSCTL_RETRIES2, &most) || doublings > most)
        return false;
    *seconds = waits_ms(h, RTO_MIN_MS, doublings + 1, 0) / 1000;
    return true;
}

/* How long the timewait record of an orphan lasts that began with the keepalive timer; 0: it has
 * begun with the record. */
static uint64_t fin_excess_ms(int64_t timeout)
{
    uint64_t ms = (uint64_t)timeout * 1000;

    return ms > TIMEWAIT_MS ? ms - TIMEWAIT_MS : 0;
}

static bool fin_timeout(const struct host *h, int64_t *seconds)
{
    return host_sysctl(h, SYSCTL_FIN_TIMEOUT, seconds) && *seconds >= 0 &&
           *seconds <= FIN_TIMEOUT_MOST_S;
}

bool tcp_timeouts_fin_wait2(const struct host *h, uint64_t *seconds)
{
    int64_t timeout;

    if (!fin_timeout(h, &timeout))
        return false;
    uint64_t excess = fin_excess_ms(timeout);
    *seconds = excess ? 2 * excess / 1000 : (uint64_t)timeout;
    return true;
}

static bool left_syn_sent(const struct host *h, const struct conn *c, uint64_t *ms)
{
    int64_t retries, linear, last;
    uint64_t end, due;

    if (!syn_retries(h, &retries, &linear))
        return false;
    last = syn_end(h, retries, linear, &end);
    if (c->retrans > last || c->expires_ms > wait_ms(h, RTO_INIT_MS, c->retrans, linear))
        return false;
    due = waits_ms(h, RTO_INIT_MS, c->retrans + 1, linear);
    *ms = c->expires_ms + (end - due);
    return true;
}

/* A SYN that the client repeats is answered at once and counted among the SYN,ACKs that were
 * repeated (net/ipv4/tcp_minisocks.c tcp_check_req), so this may be too short. */
static bool left_syn_recv(const struct host *h, const struct conn *c, uint64_t *ms)
{
    int64_t retries;

    if (!retries_of(h, SYSCTL_SYNACK_RETRIES, &retries) || c->retrans > retries ||
        c->expires_ms > wait_ms(h, RTO_INIT_MS, c->retrans, 0))
        return false;
    *ms = c->expires_ms + model_ms(h, RTO_INIT_MS, retries) -
          waits_ms(h, RTO_INIT_MS, c->retrans + 1, 0);
    return true;
}

bool tcp_timeouts_left(const struct host *h, const struct conn *c, uint64_t *ms)
{
    int64_t timeout;

    *ms = c->expires_ms;
    if (conn_is_timewait(c))
        return c->timer == TIMER_TIMEWAIT;
    if (c->state == TCP_STATE_FIN_WAIT2 && c->inode == 0 && c->timer == TIMER_KEEPALIVE) {
        if (!fin_timeout(h, &timeout))
            return false;
        *ms += fin_excess_ms(timeout);
        return true;
    }
    if (c->timer != TIMER_RETRANSMIT)
        return false;
    return c->state == TCP_STATE_SYN_SENT   ? left_syn_sent(h, c, ms)
           : c->state == TCP_STATE_SYN_RECV ? left_syn_recv(h, c, ms)
                                            : false;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Nothing was answered: see the header. Every doubling in force was waited for; a repeat besides
 * took the shortest wait, which after a drop by the own host is half a second. */
static uint64_t repeating_ms(const struct host *h, const struct conn *c,
                             const struct tcp_metrics *m)
{
    uint64_t base = c->state == TCP_STATE_SYN_SENT ? RTO_INIT_MS : rto_min_ms(h);
    uint64_t rto_us, backoff = 0, episodes, since_first, ms;

    if (c->retrans == 0 || c->state == TCP_STATE_SYN_RECV)
        return 0;
    if (tcp_metrics_get(m, METRICS_backoff, &backoff) &&
        tcp_metrics_get(m, METRICS_rto_us, &rto_us)) {
        backoff = least(backoff, least(c->retrans, BACKOFF_MOST));
        base = least(base, rto_us / 1000 >> backoff);
    }
    ms = waits_ms(h, base, (int64_t)backoff, 0) +
         (c->retrans - backoff) * least(base, RESOURCE_PROBE_MS);
    if (tcp_metrics_get(m, METRICS_rto_episodes, &episodes) && episodes == 1 &&
        tcp_metrics_get(m, METRICS_rto_time_ms, &since_first) && since_first + base > ms)
        ms = since_first + base;
    return ms;
}

/* The peer's window is shut, or too small for what is next. The doublings begin with TCP_RTO_MIN or
 * more when it shuts (include/net/tcp.h tcp_probe0_base) and end when it opens (tcp_ack_probe). One
 * may be left from repeats before, but no data is sent while it is shut. */
static uint64_t probing_ms(const struct host *h, const struct conn *c, const struct tcp_metrics *m)
{
    uint64_t backoff, quiet;

    if (!tcp_metrics_get(m, METRICS_backoff, &backoff) ||
        !tcp_metrics_get(m, METRICS_last_data_sent_ms, &quiet))
        return (uint64_t)c->retrans * RTO_MIN_MS; /* none of these probes was answered */
    return least(waits_ms(h, RTO_MIN_MS, (int64_t)backoff, 0), quiet);
}

uint64_t tcp_timeouts_stalled_ms(const struct host *h, const struct conn *c,
                                 const struct tcp_metrics *m)
{
    if (c->timer == TIMER_RETRANSMIT)
        return repeating_ms(h, c, m);
    return c->timer == TIMER_PROBE && c->wqueue > 0 ? probing_ms(h, c, m) : 0;
}

/* SPDX-License-Identifier: MIT */
/* Growth of counters between two samples of a connection. */
#include "tcptop/model/rate.h"

#include "tcptop/base/clock.h"
#include "tcptop/model/state.h"

#define RECEIVER_PERCENT 50 /* of the time with data to send */
#define BUFFER_PERCENT   30
#define RATE_MAX         1e18 /* bytes per second: more is no measurement */

bool rate_growth(const struct span *s, enum tcp_metric field, uint64_t *growth)
{
    uint64_t from, to;

    if (!tcp_metrics_get(s->from, field, &from) || !tcp_metrics_get(s->to, field, &to) || to < from)
        return false;
    *growth = to - from;
    return true;
}

/* How many of the acknowledged bytes are SYN and FIN. Whoever opened has had its SYN counted once
 * it left SYN_SENT; of others no SYN is, in no state. */
static uint64_t acked_signs(unsigned state)
{
    return state == TCP_STATE_SYN_SENT ? 0 : state == TCP_STATE_FIN_WAIT2 ? 2 : 1;
}

/* The peer's FIN among the bytes received. */
static uint64_t received_signs(unsigned state)
{
    return state == TCP_STATE_CLOSE_WAIT || state == TCP_STATE_LAST_ACK ||
           state == TCP_STATE_CLOSING;
}

/* The signs that came in between are no payload. */
static uint64_t per_second(const struct span *s, enum tcp_metric field,
                           uint64_t (*signs)(unsigned state))
{
    uint64_t bytes, signs_from = signs(s->from_state), signs_to = signs(s->to_state);

    if (s->ns <= 0 || !rate_growth(s, field, &bytes))
        return RATE_UNKNOWN;
    if (signs_to > signs_from)
        bytes -= signs_to - signs_from < bytes ? signs_to - signs_from : bytes;
    double rate = (double)bytes * (double)NS_PER_S / (double)s->ns + 0.5;
    return rate < RATE_MAX ? (uint64_t)rate : RATE_UNKNOWN;
}

struct rate rate_between(const struct span *s)
{
    return (struct rate){per_second(s, METRICS_bytes_acked, acked_signs),
                         per_second(s, METRICS_bytes_received, received_signs)};
}

enum send_limit rate_limit(const struct span *s)
{
    uint64_t busy, receiver, buffer, acked, app = 0;

    if (s->ns <= 0 || !rate_growth(s, METRICS_busy_us, &busy) ||
        !rate_growth(s, METRICS_rwnd_limited_us, &receiver) ||
        !rate_growth(s, METRICS_sndbuf_limited_us, &buffer) ||
        !rate_growth(s, METRICS_bytes_acked, &acked))
        return LIMIT_UNKNOWN;
    if (busy == 0 && acked == 0)
        return LIMIT_UNKNOWN;
    if (busy < (uint64_t)s->ns / NS_PER_US / 2)
        return LIMIT_APPLICATION;
    if (receiver * 100 >= busy * RECEIVER_PERCENT)
        return LIMIT_RECEIVER;
    if (buffer * 100 >= busy * BUFFER_PERCENT)
        return LIMIT_SEND_BUFFER;
    (void)tcp_metrics_get(s->to, METRICS_app_limited, &app);
    return app ? LIMIT_APPLICATION : LIMIT_PATH;
}

bool rate_again(const struct span *s, uint64_t *permille)
{
    uint64_t sent, again;

    if (!rate_growth(s, METRICS_bytes_sent, &sent) ||
        !rate_growth(s, METRICS_bytes_retrans, &again) || sent == 0 || again > sent)
        return false;
    *permille = (uint64_t)((double)again * 1000 / (double)sent + 0.5);
    return true;
}

/* Figures of a row: from tcp_info, from two samples, and what a listener's queues say together. */
#include "cells.h"

/* What a missing row had last gives it its place in an order, but is not known of it now: its value
 * is absent. last_name(s, row, &n) reads it. */
#define MOVING_CELL(name)                                                                          \
    void get_##name(const struct sample *s, uint32_t row, struct value *v)                         \
    {                                                                                              \
        bool now = sample_row_kind(s, row) != ROW_MISSING;                                         \
        v->type = now && last_##name(s, row, &v->number) ? VALUE_NUMBER : VALUE_NONE;              \
    }                                                                                              \
    uint64_t key_##name(const struct sample *s, uint32_t row)                                      \
    {                                                                                              \
        uint64_t n;                                                                                \
        return last_##name(s, row, &n) ? key_below_absent(n) : KEY_ABSENT;                         \
    }

/* A column that is one field of tcp_info. */
#define METRICS_CELL(name, field)                                                                  \
    static bool last_##name(const struct sample *s, uint32_t row, uint64_t *n)                     \
    {                                                                                              \
        return tcp_metrics_get(sample_last_metrics(s, row), METRICS_##field, n);                   \
    }                                                                                              \
    MOVING_CELL(name)

METRICS_CELL(rtt_us, rtt_us)
METRICS_CELL(min_rtt_us, min_rtt_us)
METRICS_CELL(cwnd_segs, cwnd_segs)
METRICS_CELL(bytes_acked, bytes_acked)
METRICS_CELL(bytes_received, bytes_received)
METRICS_CELL(bytes_sent, bytes_sent)
METRICS_CELL(bytes_retrans, bytes_retrans)
METRICS_CELL(retrans_segs, total_retrans_segs)
METRICS_CELL(notsent_bytes, notsent_bytes)
METRICS_CELL(delivery_bytes_s, delivery_bytes_s)

static bool last_retr_permille(const struct sample *s, uint32_t row, uint64_t *n)
{
    uint64_t sent, again;
    const struct tcp_metrics *metrics = sample_last_metrics(s, row);
    if (!tcp_metrics_get(metrics, METRICS_bytes_sent, &sent) ||
        !tcp_metrics_get(metrics, METRICS_bytes_retrans, &again))
        return false;
    if (sent == 0 || again > sent)
        return false;
    *n = again <= UINT64_MAX / 1000 ? again * 1000 / sent : again / (sent / 1000);
    return true;
}
MOVING_CELL(retr_permille)

static bool last_tx_bytes_s(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->rate ? s->rate[row].tx_bytes_s : RATE_UNKNOWN;
    return *n != RATE_UNKNOWN;
}

static bool last_rx_bytes_s(const struct sample *s, uint32_t row, uint64_t *n)
{
    *n = s->rate ? s->rate[row].rx_bytes_s : RATE_UNKNOWN;
    return *n != RATE_UNKNOWN;
}

static bool last_rate_bytes_s(const struct sample *s, uint32_t row, uint64_t *n)
{
    uint64_t tx, rx;
    if (!last_tx_bytes_s(s, row, &tx) || !last_rx_bytes_s(s, row, &rx))
        return false;
    *n = tx + rx; /* each is far below half of what fits */
    return true;
}

MOVING_CELL(tx_bytes_s)
MOVING_CELL(rx_bytes_s)
MOVING_CELL(rate_bytes_s)

/* A queue is full beyond its limit, so there may be more than 1000. With a limit of 0 one waits. */
static bool read_backlog_permille(const struct sample *s, uint32_t row, uint64_t *n)
{
    const struct conn *c = &s->conn[row];
    uint64_t limit = c->wqueue ? c->wqueue : 1;
    *n = c->rqueue * UINT64_C(1000) / limit;
    return c->state == TCP_STATE_LISTEN && !(c->flags & CONN_NO_BACKLOG) &&
           sample_row_kind(s, row) != ROW_MISSING;
}
NUMBER_CELL(backlog_permille)

void get_congestion(const struct sample *s, uint32_t row, struct value *v)
{
    value_set_text(v, sample_congestion(s, row));
}

/* The first eight characters, as a number that is ordered as they are. */
uint64_t key_congestion(const struct sample *s, uint32_t row)
{
    const char *name = sample_congestion(s, row);
    uint64_t key = 0;
    for (int i = 0; name && i < 8; i++) {
        key = key << 8 | (uint8_t)*name;
        name += *name != '\0';
    }
    return name ? key_below_absent(key) : KEY_ABSENT;
}

static enum send_limit limit_of(const struct sample *s, uint32_t row)
{
    const struct tcp_metrics *metrics = sample_metrics(s, row);
    return metrics && metrics->limit < LIMIT_COUNT ? (enum send_limit)metrics->limit
                                                   : LIMIT_UNKNOWN;
}

void get_limited_by(const struct sample *s, uint32_t row, struct value *v)
{
    static const char *const words[LIMIT_COUNT] = {
        [LIMIT_APPLICATION] = "application",
        [LIMIT_RECEIVER] = "receiver",
        [LIMIT_SEND_BUFFER] = "send_buffer",
        [LIMIT_PATH] = "path",
    };
    value_set_text(v, words[limit_of(s, row)]);
}

uint64_t key_limited_by(const struct sample *s, uint32_t row)
{
    enum send_limit limit = limit_of(s, row);
    return limit == LIMIT_UNKNOWN ? KEY_ABSENT : (uint64_t)limit;
}

/* SPDX-License-Identifier: MIT */
/* struct tcp_info by our own offsets. net/ipv4/tcp.c tcp_get_info() of the kernel. */
#include "tcptop/model/tcp_metrics.h"

#include <string.h>

#include "tcptop/base/byte_order.h"
#include "tcptop/model/state.h"

#define BIT(field) (UINT32_C(1) << METRICS_##field)

#define SSTHRESH_UNSET UINT32_C(0x7fffffff) /* TCP_INFINITE_SSTHRESH */
#define NO_MIN_RTT     UINT32_MAX

/* tcpi_delivery_rate_app_limited, the first bit field of its byte. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define APP_LIMITED         0x01
#define FOREIGN_APP_LIMITED 0x80
#else
#define APP_LIMITED         0x80
#define FOREIGN_APP_LIMITED 0x01
#endif
#define APP_LIMITED_OFFSET 7

/* Fields that the kernel fills although they say nothing. */
static uint32_t meaningless(const struct tcp_metrics *f, unsigned state)
{
    uint32_t bits = 0;

    if (state == TCP_STATE_LISTEN) /* unacked is the accept queue, the rest is never set */
        return UINT32_MAX;
    if (state == TCP_STATE_SYN_SENT || state == TCP_STATE_SYN_RECV) /* "ago" counts from boot */
        bits |= BIT(last_data_sent_ms) | BIT(last_data_recv_ms) | BIT(last_ack_recv_ms) |
                BIT(snd_wnd_bytes);
    if (f->rtt_us == 0) /* before the first measurement */
        bits |= BIT(rtt_us) | BIT(rttvar_us);
    if (f->min_rtt_us == NO_MIN_RTT)
        bits |= BIT(min_rtt_us);
    if (f->ssthresh_segs == SSTHRESH_UNSET)
        bits |= BIT(ssthresh_segs);
    if (f->delivery_bytes_s == 0 || !(f->valid & BIT(delivery_bytes_s)))
        bits |= BIT(delivery_bytes_s) | BIT(app_limited);
    return bits;
}

void tcp_metrics_read(struct tcp_metrics *f, const void *tcp_info, size_t len, unsigned state)
{
    const uint8_t *bytes = tcp_info;

    memset(f, 0, sizeof *f);
#define FIELD(type, name, offset)                                                                  \
    if (len >= (offset) + sizeof(type)) {                                                          \
        memcpy(&f->name, bytes + (offset), sizeof(type));                                          \
        f->valid |= BIT(name);                                                                     \
    }
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    f->app_limited = (f->app_limited & APP_LIMITED) != 0;
    f->valid &= ~meaningless(f, state);
}

void tcp_metrics_swap(void *tcp_info, size_t len)
{
    uint8_t *bytes = tcp_info;

#define FIELD(type, name, offset)                                                                  \
    if (sizeof(type) > 1 && len >= (offset) + sizeof(type))                                        \
        swap_bytes(bytes + (offset), sizeof(type));
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    /* The first bit field of a byte is its lowest bit on little-endian machines, its highest on
     * big-endian ones. */
    if (len > APP_LIMITED_OFFSET)
        bytes[APP_LIMITED_OFFSET] =
            bytes[APP_LIMITED_OFFSET] & FOREIGN_APP_LIMITED ? APP_LIMITED : 0;
}

bool tcp_metrics_get(const struct tcp_metrics *f, enum tcp_metric field, uint64_t *value)
{
    if (!f || !(f->valid >> field & 1))
        return false;
    switch (field) {
#define FIELD(type, name, offset)                                                                  \
    case METRICS_##name:                                                                           \
        *value = f->name;                                                                          \
        return true;
        TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    case TCP_METRIC_COUNT:
        break;
    }
    return false;
}

/* struct tcp_info by our own offsets. net/ipv4/tcp.c tcp_get_info() of the kernel. */
#include "tcptop/model/flow.h"

#include <string.h>

#include "tcptop/model/state.h"

#define BIT(field) (UINT32_C(1) << FLOW_##field)

#define SSTHRESH_UNSET UINT64_C(0x7fffffff) /* TCP_INFINITE_SSTHRESH */
#define NO_MIN_RTT     UINT64_C(0xffffffff)

static inline uint64_t load(const uint8_t *bytes, size_t size)
{
    uint32_t u32;
    uint64_t u64;

    switch (size) {
    case 1:
        return bytes[0];
    case 4:
        memcpy(&u32, bytes, sizeof u32);
        return u32;
    default:
        memcpy(&u64, bytes, sizeof u64);
        return u64;
    }
}

/* Fields that the kernel fills although they say nothing. */
static uint32_t meaningless(const struct flow *f, unsigned state)
{
    uint32_t bits = 0;

    if (state == TCP_STATE_LISTEN) /* unacked is the accept queue, the rest is never set */
        return UINT32_MAX;
    if (state == TCP_STATE_SYN_SENT || state == TCP_STATE_SYN_RECV) /* "ago" counts from boot */
        bits |= BIT(last_data_sent_ms) | BIT(last_data_recv_ms) | BIT(last_ack_recv_ms) |
                BIT(snd_wnd_bytes);
    if (f->value[FLOW_rtt_us] == 0) /* before the first measurement */
        bits |= BIT(rtt_us) | BIT(rttvar_us);
    if (f->value[FLOW_min_rtt_us] == NO_MIN_RTT)
        bits |= BIT(min_rtt_us);
    if (f->value[FLOW_ssthresh_segs] == SSTHRESH_UNSET)
        bits |= BIT(ssthresh_segs);
    if (f->value[FLOW_delivery_rate_bps] == 0)
        bits |= BIT(delivery_rate_bps);
    return bits;
}

void flow_read(struct flow *f, const void *tcp_info, size_t len, unsigned state)
{
    const uint8_t *bytes = tcp_info;

    memset(f, 0, sizeof *f);
#define FIELD(name, offset, size)                                                                  \
    if (len >= (offset) + (size)) {                                                                \
        f->value[FLOW_##name] = load(bytes + (offset), (size));                                    \
        f->valid |= BIT(name);                                                                     \
    }
    FLOW_FIELDS(FIELD)
#undef FIELD
    f->valid &= ~meaningless(f, state);
}

bool flow_get(const struct flow *f, enum flow_field field, uint64_t *value)
{
    if (!f || !(f->valid >> field & 1))
        return false;
    *value = f->value[field];
    return true;
}

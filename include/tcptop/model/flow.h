/* Figures of one connection from struct tcp_info, read by our own offsets and the attribute's
 * length, not by the build host's header. A field that the kernel did not send, or that means
 * nothing in the socket's state, is not valid; it is never 0. */
#ifndef TCPTOP_MODEL_FLOW_H
#define TCPTOP_MODEL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FIELD(name, offset in struct tcp_info, bytes there). include/uapi/linux/tcp.h; fields were only
 * ever added at the end. Units are in the names; *_segs are segments, the rest bytes. */
#define FLOW_FIELDS(FIELD)                                                                         \
    FIELD(backoff, 4, 1)                                                                           \
    FIELD(rto_us, 8, 4)                                                                            \
    FIELD(unacked_segs, 24, 4)                                                                     \
    FIELD(lost_segs, 32, 4)                                                                        \
    FIELD(last_data_sent_ms, 44, 4)                                                                \
    FIELD(last_data_recv_ms, 52, 4)                                                                \
    FIELD(last_ack_recv_ms, 56, 4) /* in CLOSE_WAIT: time since the peer's FIN */                  \
    FIELD(rtt_us, 68, 4)                                                                           \
    FIELD(rttvar_us, 72, 4)                                                                        \
    FIELD(ssthresh_segs, 76, 4) /* 0x7fffffff is "unset": not valid */                             \
    FIELD(cwnd_segs, 80, 4)                                                                        \
    FIELD(total_retrans_segs, 100, 4)                                                              \
    FIELD(bytes_acked, 120, 8)                                                                     \
    FIELD(bytes_received, 128, 8)                                                                  \
    FIELD(notsent_bytes, 144, 4)                                                                   \
    FIELD(min_rtt_us, 148, 4)        /* all ones is "no sample": not valid */                      \
    FIELD(delivery_rate_bps, 160, 8) /* bytes per second, last sample, does not decay */           \
    FIELD(busy_us, 168, 8)           /* includes the two below */                                  \
    FIELD(rwnd_limited_us, 176, 8)                                                                 \
    FIELD(sndbuf_limited_us, 184, 8)                                                               \
    FIELD(bytes_sent, 200, 8) /* includes what was sent again */                                   \
    FIELD(bytes_retrans, 208, 8)                                                                   \
    FIELD(snd_wnd_bytes, 228, 4) /* the peer's window */                                           \
    FIELD(rcv_wnd_bytes, 232, 4)

enum flow_field {
#define FIELD(name, offset, size) FLOW_##name,
    FLOW_FIELDS(FIELD)
#undef FIELD
        FLOW_FIELD_COUNT
};

struct flow {
    uint32_t valid; /* bit per enum flow_field */
    uint64_t value[FLOW_FIELD_COUNT];
};

_Static_assert(FLOW_FIELD_COUNT <= 32, "validity bits");

/** Read `len` bytes of a tcp_info attribute of a socket in `state`. */
void flow_read(struct flow *f, const void *tcp_info, size_t len, unsigned state);

/** The field's value in `*value`; false when it is not known (`f` may be NULL). */
bool flow_get(const struct flow *f, enum flow_field field, uint64_t *value);

#endif

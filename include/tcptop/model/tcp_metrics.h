/* SPDX-License-Identifier: MIT */
/* Metrics of one connection from struct tcp_info, read by our own offsets and the attribute's
 * length, not by the build host's header. A field that the kernel did not send, or that means
 * nothing in the socket's state, is not valid; it is never 0. */
#ifndef TCPTOP_MODEL_TCP_METRICS_H
#define TCPTOP_MODEL_TCP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FIELD(type, name, offset in struct tcp_info). include/uapi/linux/tcp.h; fields were only ever
 * added at the end. Wide ones come first, so that struct tcp_metrics has no holes. Units are in the
 * names. bytes_*, total_retrans_segs and the times with data to send (busy_us, *_limited_us) count
 * from the start of the connection. */
#define TCP_METRICS_FIELDS(FIELD)                                                                  \
    FIELD(uint64_t, bytes_acked, 120)      /* with the SYN of who opened, and the FIN */           \
    FIELD(uint64_t, bytes_received, 128)   /* with the FIN */                                      \
    FIELD(uint64_t, delivery_bytes_s, 160) /* of the last sample, does not decay */                \
    FIELD(uint64_t, busy_us, 168)          /* includes the two below */                            \
    FIELD(uint64_t, rwnd_limited_us, 176)                                                          \
    FIELD(uint64_t, sndbuf_limited_us, 184)                                                        \
    FIELD(uint64_t, bytes_sent, 200) /* includes what was sent again, but no SYN, no FIN */        \
    FIELD(uint64_t, bytes_retrans, 208)                                                            \
    FIELD(uint32_t, rto_us, 8)                                                                     \
    FIELD(uint32_t, last_data_sent_ms, 44)                                                         \
    FIELD(uint32_t, last_data_recv_ms, 52)                                                         \
    FIELD(uint32_t, last_ack_recv_ms, 56) /* in CLOSE_WAIT: time since the peer's FIN */           \
    FIELD(uint32_t, rtt_us, 68)                                                                    \
    FIELD(uint32_t, rttvar_us, 72)                                                                 \
    FIELD(uint32_t, ssthresh_segs, 76) /* 0x7fffffff is "unset": not valid */                      \
    FIELD(uint32_t, cwnd_segs, 80)                                                                 \
    FIELD(uint32_t, total_retrans_segs, 100) /* includes the SYN */                                \
    FIELD(uint32_t, notsent_bytes, 144)                                                            \
    FIELD(uint32_t, min_rtt_us, 148)    /* all ones is "no sample": not valid */                   \
    FIELD(uint32_t, snd_wnd_bytes, 228) /* the peer's window */                                    \
    FIELD(uint32_t, rto_time_ms, 244)   /* spent repeating after a timeout, now included */        \
    FIELD(uint16_t, rto_episodes, 242)  /* how often a repetition after a timeout began */         \
    FIELD(uint8_t, backoff, 4)          /* doublings of the running timer, see tcp_timeouts.h */   \
    FIELD(uint8_t, app_limited, 7)      /* 1: the delivery rate is, for want of data to send */

enum tcp_metric {
#define FIELD(type, name, offset) METRICS_##name,
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
        TCP_METRIC_COUNT
};

/* Who kept a connection from sending faster since the sample before, see rate.h. */
enum send_limit {
    LIMIT_UNKNOWN, /* also of one that had nothing to send */
    LIMIT_APPLICATION,
    LIMIT_PATH,
    LIMIT_RECEIVER,
    LIMIT_SEND_BUFFER,
    LIMIT_COUNT
};

struct tcp_metrics {
#define FIELD(type, name, offset) type name;
    TCP_METRICS_FIELDS(FIELD)
#undef FIELD
    uint8_t limit;      /* enum send_limit; of a live row, by the join */
    uint8_t congestion; /* see sample_congestion(); 0: not known */
    uint32_t valid;     /* bit per enum tcp_metric */
};

_Static_assert(TCP_METRIC_COUNT <= 32, "validity bits");
_Static_assert(sizeof(struct tcp_metrics) <= 128, "a sample may hold a million");

/** Nothing is known. */
static inline void tcp_metrics_clear(struct tcp_metrics *f)
{
    f->valid = 0;
    f->limit = LIMIT_UNKNOWN;
    f->congestion = 0;
}

/** Read `len` bytes of a tcp_info attribute of a socket in `state`. */
void tcp_metrics_read(struct tcp_metrics *f, const void *tcp_info, size_t len, unsigned state);

/** Turn the first `len` bytes of a tcp_info of the other byte order into this machine's, as far as
 *  tcp_metrics_read() reads them. */
void tcp_metrics_swap(void *tcp_info, size_t len);

/** The field's value in `*value`; false when it is not known (`f` may be NULL). */
bool tcp_metrics_get(const struct tcp_metrics *f, enum tcp_metric field, uint64_t *value);

#endif

/* SPDX-License-Identifier: MIT */
/* What the host itself says at the time of a sample: counters, socket totals, sysctls. All of the
 * namespace that was sampled, unless said otherwise. */
#ifndef TCPTOP_MODEL_HOST_H
#define TCPTOP_MODEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cumulative counters: COUNTER(ident, file, section, name in the file). */
#define HOST_COUNTERS(COUNTER)                                                                     \
    COUNTER(ACTIVE_OPENS, "snmp", "Tcp", "ActiveOpens")                                            \
    COUNTER(PASSIVE_OPENS, "snmp", "Tcp", "PassiveOpens")                                          \
    COUNTER(ATTEMPT_FAILS, "snmp", "Tcp", "AttemptFails")                                          \
    COUNTER(ESTAB_RESETS, "snmp", "Tcp", "EstabResets")                                            \
    COUNTER(IN_SEGS, "snmp", "Tcp", "InSegs")                                                      \
    COUNTER(OUT_SEGS, "snmp", "Tcp", "OutSegs")                                                    \
    COUNTER(RETRANS_SEGS, "snmp", "Tcp", "RetransSegs")                                            \
    COUNTER(OUT_RSTS, "snmp", "Tcp", "OutRsts")                                                    \
    COUNTER(LISTEN_OVERFLOWS, "netstat", "TcpExt", "ListenOverflows")                              \
    COUNTER(LISTEN_DROPS, "netstat", "TcpExt", "ListenDrops")                                      \
    COUNTER(TIMEOUTS, "netstat", "TcpExt", "TCPTimeouts")                                          \
    COUNTER(SYN_RETRANS, "netstat", "TcpExt", "TCPSynRetrans")                                     \
    COUNTER(TW, "netstat", "TcpExt", "TW")                                                         \
    COUNTER(TW_RECYCLED, "netstat", "TcpExt", "TWRecycled")                                        \
    COUNTER(TW_OVERFLOW, "netstat", "TcpExt", "TCPTimeWaitOverflow")                               \
    COUNTER(SYNCOOKIES_SENT, "netstat", "TcpExt", "SyncookiesSent")                                \
    COUNTER(REQQ_FULL_DROP, "netstat", "TcpExt", "TCPReqQFullDrop")                                \
    COUNTER(ORIG_DATA_SENT, "netstat", "TcpExt", "TCPOrigDataSent")                                \
    COUNTER(DSACK_RECV, "netstat", "TcpExt", "TCPDSACKRecv")                                       \
    COUNTER(MEMORY_PRESSURES, "netstat", "TcpExt", "TCPMemoryPressures")                           \
    COUNTER(PRUNE_CALLED, "netstat", "TcpExt", "PruneCalled")                                      \
    COUNTER(ABORT_ON_MEMORY, "netstat", "TcpExt", "TCPAbortOnMemory")                              \
    COUNTER(ABORT_ON_CLOSE, "netstat", "TcpExt", "TCPAbortOnClose")                                \
    COUNTER(ABORT_ON_DATA, "netstat", "TcpExt", "TCPAbortOnData")

enum host_counter {
#define COUNTER(ident, file, section, name) COUNTER_##ident,
    HOST_COUNTERS(COUNTER)
#undef COUNTER
        COUNTER_COUNT
};

/* Momentary values from /proc/net/sockstat. inuse and tw are the namespace's, the rest the
 * host's (sockstat_seq_show). tw includes orphan FIN_WAIT2. */
#define HOST_GAUGES(GAUGE)                                                                         \
    GAUGE(INUSE, "inuse")                                                                          \
    GAUGE(ORPHAN, "orphan")                                                                        \
    GAUGE(TW, "tw")                                                                                \
    GAUGE(ALLOC, "alloc")                                                                          \
    GAUGE(MEM_PAGES, "mem")

enum host_gauge {
#define GAUGE(ident, name) GAUGE_##ident,
    HOST_GAUGES(GAUGE)
#undef GAUGE
        GAUGE_COUNT
};

/* Settings that the texts quote: SYSCTL(ident, path below /proc/sys, which number of the line).
 * RESERVED_PORTS is a list of ports and ranges: how many of them lie within the port range. */
#define SYSCTL_IN_RANGE 1000 /* in the place of which number */
#define HOST_SYSCTLS(SYSCTL)                                                                       \
    SYSCTL(FIN_TIMEOUT, "net/ipv4/tcp_fin_timeout", 0)                                             \
    SYSCTL(TW_REUSE, "net/ipv4/tcp_tw_reuse", 0)                                                   \
    SYSCTL(TW_REUSE_DELAY, "net/ipv4/tcp_tw_reuse_delay", 0)                                       \
    SYSCTL(MAX_TW_BUCKETS, "net/ipv4/tcp_max_tw_buckets", 0)                                       \
    SYSCTL(PORT_LOW, "net/ipv4/ip_local_port_range", 0)                                            \
    SYSCTL(PORT_HIGH, "net/ipv4/ip_local_port_range", 1)                                           \
    SYSCTL(SYN_RETRIES, "net/ipv4/tcp_syn_retries", 0)                                             \
    SYSCTL(SYN_LINEAR_TIMEOUTS, "net/ipv4/tcp_syn_linear_timeouts", 0)                             \
    SYSCTL(SYNACK_RETRIES, "net/ipv4/tcp_synack_retries", 0)                                       \
    SYSCTL(SYNCOOKIES, "net/ipv4/tcp_syncookies", 0)                                               \
    SYSCTL(SOMAXCONN, "net/core/somaxconn", 0)                                                     \
    SYSCTL(MAX_SYN_BACKLOG, "net/ipv4/tcp_max_syn_backlog", 0)                                     \
    SYSCTL(ABORT_ON_OVERFLOW, "net/ipv4/tcp_abort_on_overflow", 0)                                 \
    SYSCTL(RETRIES2, "net/ipv4/tcp_retries2", 0)                                                   \
    SYSCTL(ORPHAN_RETRIES, "net/ipv4/tcp_orphan_retries", 0)                                       \
    SYSCTL(MAX_ORPHANS, "net/ipv4/tcp_max_orphans", 0)                                             \
    SYSCTL(KEEPALIVE_TIME, "net/ipv4/tcp_keepalive_time", 0)                                       \
    SYSCTL(KEEPALIVE_INTVL, "net/ipv4/tcp_keepalive_intvl", 0)                                     \
    SYSCTL(KEEPALIVE_PROBES, "net/ipv4/tcp_keepalive_probes", 0)                                   \
    SYSCTL(RFC1337, "net/ipv4/tcp_rfc1337", 0)                                                     \
    SYSCTL(TIMESTAMPS, "net/ipv4/tcp_timestamps", 0)                                               \
    SYSCTL(RTO_MIN_US, "net/ipv4/tcp_rto_min_us", 0)                                               \
    SYSCTL(RTO_MAX_MS, "net/ipv4/tcp_rto_max_ms", 0)                                               \
    SYSCTL(MEM_PRESSURE, "net/ipv4/tcp_mem", 1)                                                    \
    SYSCTL(MEM_MAX, "net/ipv4/tcp_mem", 2)                                                         \
    SYSCTL(RESERVED_PORTS, "net/ipv4/ip_local_reserved_ports", SYSCTL_IN_RANGE)

enum host_sysctl {
#define SYSCTL(ident, path, index) SYSCTL_##ident,
    HOST_SYSCTLS(SYSCTL)
#undef SYSCTL
        SYSCTL_COUNT
};

struct host {
    char name[65];                                     /* sanitised; "" when unknown */
    char kernel[65];                                   /* release, sanitised */
    uint32_t counter_valid, gauge_valid, sysctl_valid; /* one bit per entry */
    uint64_t counter[COUNTER_COUNT];
    uint64_t gauge[GAUGE_COUNT];
    int64_t sysctl[SYSCTL_COUNT];
};

/** The value in `*value`; false when it is not known on this host. */
bool host_counter(const struct host *h, enum host_counter which, uint64_t *value);
bool host_gauge(const struct host *h, enum host_gauge which, uint64_t *value);
bool host_sysctl(const struct host *h, enum host_sysctl which, int64_t *value);

/** Figures that no host can have become unknown: counters over INT64_MAX, gauges and the limits of
 *  tcp_mem over 2^48, ports outside 0 to 65535, other settings that are no int of the kernel. Call
 *  it for a host that was read from a file, so that nothing that is computed from it can overflow.
 */
void host_drop_impossible(struct host *h);

/** The last component of the sysctl's path: "tcp_fin_timeout". */
const char *host_sysctl_name(enum host_sysctl which);

/** The setting that sysctl(8) calls by these `len` bytes, "net.ipv4.tcp_fin_timeout": an enum
 *  host_sysctl, the first of those that are numbers of one line. -1: none of them. */
int host_sysctl_find(const char *name, size_t len);

/* The local ports from which connect() chooses, net.ipv4.ip_local_port_range. */
struct port_range {
    int64_t low, high; /* high < low: not known */
    int64_t usable;    /* without those in ip_local_reserved_ports; 0: not known */
};

/** The range of the host's namespace. False when it is not known. */
bool host_port_range(const struct host *h, struct port_range *r);

/** Is it a port that connect() could have chosen? False where the range is not known. */
static inline bool host_port_in_range(const struct port_range *r, uint16_t port)
{
    return port >= r->low && port <= r->high;
}

#endif

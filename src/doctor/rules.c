/* The rules as rows, and their thresholds' defaults. */
#include <stddef.h>

#include "tcptop/doctor/doctor.h"

/* Commands to check further, one per line. A line is left out when a value in it is not known. */
#define COMMANDS_CLOSE_WAIT                                                                        \
    "ss -tnpoe state close-wait\n"                                                                 \
    "ls -l /proc/{pid}/fd"
#define COMMANDS_ACCEPT_QUEUE                                                                      \
    "ss -tlnp 'sport = :{lport}'\n"                                                                \
    "nstat -az TcpExtListenOverflows TcpExtListenDrops\n"                                          \
    "sysctl net.core.somaxconn"
#define COMMANDS_SYN_BACKLOG                                                                       \
    "ss -tn state syn-recv 'sport = :{lport}' | wc -l\n"                                           \
    "nstat -az TcpExtTCPReqQFullDoCookies TcpExtTCPReqQFullDrop TcpExtSyncookiesSent"
#define COMMANDS_EPHEMERAL                                                                         \
    "ss -tan 'src {laddr} and dst {raddr} and dport = :{rport}' | wc -l\n"                         \
    "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse"
#define COMMANDS_BOUND "ss -tanpe state unconnected"
#define COMMANDS_TW_TABLE                                                                          \
    "nstat -az TcpExtTCPTimeWaitOverflow\n"                                                        \
    "sysctl net.ipv4.tcp_max_tw_buckets"
#define COMMANDS_FIN_WAIT2 "ss -tnpo state fin-wait-2"
#define COMMANDS_SYN_SENT                                                                          \
    "ip route get {raddr}\n"                                                                       \
    "ss -tnpo state syn-sent 'dst {raddr}'\n"                                                      \
    "tcpdump -ni any 'host {raddr} and tcp port {rport}'"
#define COMMANDS_LAST_ACK                                                                          \
    "ss -tno state last-ack\n"                                                                     \
    "ss -tno state closing"
#define COMMANDS_FIN_WAIT1                                                                         \
    "ss -tnoe state fin-wait-1 'dst {raddr}'\n"                                                    \
    "ss -tnoe state fin-wait-1\n"                                                                  \
    "sysctl net.ipv4.tcp_max_orphans"
#define COMMANDS_RETRANSMISSION                                                                    \
    "nstat -az TcpRetransSegs TcpExtTCPOrigDataSent TcpExtTCPSynRetrans TcpExtTCPDSACKRecv\n"      \
    "ss -tni\n"                                                                                    \
    "ip -s link"
#define COMMANDS_FLOW_RETRANS "ss -tni 'dst {raddr}'"
#define COMMANDS_ZERO_WINDOW  "ss -tnpoi 'dst {raddr}'"
#define COMMANDS_SLOW_READER                                                                       \
    "ss -tnpm state established\n"                                                                 \
    "cat /proc/{pid}/stack /proc/{pid}/wchan"
#define COMMANDS_SEND_BUFFER                                                                       \
    "ss -tnpim\n"                                                                                  \
    "sysctl net.ipv4.tcp_wmem"
#define COMMANDS_KEEPALIVE "ss -tnpoi state established"
#define COMMANDS_MEMORY                                                                            \
    "cat /proc/net/sockstat\n"                                                                     \
    "sysctl net.ipv4.tcp_mem\n"                                                                    \
    "ss -tnm"
#define COMMANDS_RESETS                                                                            \
    "nstat -az TcpOutRsts TcpEstabResets TcpAttemptFails TcpExtTCPAbortOnClose "                   \
    "TcpExtTCPAbortOnData"

const struct rule rules[RULE_COUNT] = {
#define RULE(ident, key, mask)                                                                     \
    [RULE_##ident] = {.name = (key),                                                               \
                      .states = (mask),                                                            \
                      .label = MSG_RULE_##ident##_NAME,                                            \
                      .title = MSG_RULE_##ident##_TITLE,                                           \
                      .seen = MSG_RULE_##ident##_SEEN,                                             \
                      .means = MSG_RULE_##ident##_MEANS,                                           \
                      .act = MSG_RULE_##ident##_DO,                                                \
                      .harmless = MSG_RULE_##ident##_HARMLESS,                                     \
                      .commands = COMMANDS_##ident},
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

static const struct {
    uint8_t rule, which;
    struct rule_figure figure;
} figures[] = {
#define RULE(ident, key, mask)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)
#define FIGURE(rule, field, key, kind)                                                             \
    {RULE_##rule, FIGURE_##rule##_##field, {key, KIND_OF_##kind}},
#include "tcptop/doctor/rules.def"
};

const struct rule_figure *rule_figure(unsigned rule, unsigned which)
{
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (figures[i].rule == rule && figures[i].which == which)
            return &figures[i].figure;
    return NULL;
}

void limits_init(struct limits *limits)
{
    *limits = (struct limits){
        .value =
            {
#define RULE(ident, key, mask)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)                             \
    [THRESHOLD_##rule##_##field] = (number),
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
            },
    };
}

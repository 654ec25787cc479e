/* Cells as screen and text output show them: "–" for what is not known. */
#include <sys/socket.h>

#include "cells.h"
#include "endpoint.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/query/column.h"

/* Queues and counts in the width of their column, digits otherwise. */
#define COUNT_COLUMNS   8
#define BACKLOG_COLUMNS 5 /* each of the two */

static void add_plain(struct str *out, uint64_t n)
{
    str_add_uint(out, n);
}

static void add_count(struct str *out, uint64_t n)
{
    char text[FMT_SIZE];
    str_add(out, fmt_count_fit(text, sizeof text, n, COUNT_COLUMNS));
}

static void add_latency(struct str *out, uint64_t us)
{
    char text[FMT_SIZE];
    str_add(out, fmt_latency(text, sizeof text, us));
}

static void add_duration_ms(struct str *out, uint64_t ms)
{
    char text[FMT_SIZE];
    str_add(out, fmt_duration(text, sizeof text, ms));
}

static void add_duration_s(struct str *out, uint64_t s)
{
    add_duration_ms(out, s * 1000);
}

static void add_bytes(struct str *out, uint64_t bytes)
{
    char text[FMT_SIZE];
    str_add(out, fmt_bytes(text, sizeof text, bytes));
}

static void add_permille(struct str *out, uint64_t n)
{
    char text[FMT_SIZE];
    str_add(out, fmt_percent(text, sizeof text, n, 1000));
}

/* netstat's sign for a port that is none. */
static void add_port(struct str *out, uint64_t port)
{
    if (port)
        add_plain(out, port);
    else
        str_add_char(out, '*');
}

static void format_number(const struct sample *s, uint32_t row, struct str *out, value_getter get,
                          void (*add)(struct str *out, uint64_t n))
{
    struct value v;
    get(s, row, &v);
    if (v.type == VALUE_NUMBER)
        add(out, v.number);
    else
        str_add(out, FMT_NONE);
}

#define NUMBER_FORMAT(name, getter, add)                                                           \
    void format_##name(const struct sample *s, uint32_t row, struct str *out)                      \
    {                                                                                              \
        format_number(s, row, out, getter, add);                                                   \
    }

NUMBER_FORMAT(local_port, get_local_port, add_port)
NUMBER_FORMAT(remote_port, get_remote_port, add_port)
NUMBER_FORMAT(left, get_expires_ms, add_duration_ms)
NUMBER_FORMAT(expires_ms, get_expires_ms, add_count)
NUMBER_FORMAT(recv_q, get_recv_q, add_count)
NUMBER_FORMAT(send_q, get_send_q, add_count)
NUMBER_FORMAT(rtt_us, get_rtt_us, add_latency)
NUMBER_FORMAT(retr_permille, get_retr_permille, add_permille)
NUMBER_FORMAT(retrans, get_retrans, add_plain)
NUMBER_FORMAT(uid, get_uid, add_plain)
NUMBER_FORMAT(inode, get_inode, add_plain)
NUMBER_FORMAT(ifindex, get_ifindex, add_plain)
NUMBER_FORMAT(age_s, get_age_s, add_duration_s)
NUMBER_FORMAT(min_rtt_us, get_min_rtt_us, add_latency)
NUMBER_FORMAT(cwnd_segs, get_cwnd_segs, add_count)
NUMBER_FORMAT(bytes_acked, get_bytes_acked, add_bytes)
NUMBER_FORMAT(bytes_received, get_bytes_received, add_bytes)
NUMBER_FORMAT(bytes_sent, get_bytes_sent, add_bytes)
NUMBER_FORMAT(bytes_retrans, get_bytes_retrans, add_bytes)
NUMBER_FORMAT(retrans_segs, get_retrans_segs, add_count)
NUMBER_FORMAT(notsent_bytes, get_notsent_bytes, add_count)
NUMBER_FORMAT(delivery_bytes_s, get_delivery_bytes_s, add_bytes)
NUMBER_FORMAT(tx_bytes_s, get_tx_bytes_s, add_bytes)
NUMBER_FORMAT(rx_bytes_s, get_rx_bytes_s, add_bytes)
NUMBER_FORMAT(rate_bytes_s, get_rate_bytes_s, add_bytes)

/* How much of its backlog a listener uses: "3/511". */
void format_backlog_permille(const struct sample *s, uint32_t row, struct str *out)
{
    char used[FMT_SIZE], limit[FMT_SIZE];
    struct value v;
    get_backlog_permille(s, row, &v);
    if (v.type != VALUE_NUMBER) {
        str_add(out, FMT_NONE);
        return;
    }
    str_add(out, fmt_count_fit(used, sizeof used, s->conn[row].rqueue, BACKLOG_COLUMNS));
    str_add_char(out, '/');
    str_add(out, fmt_count_fit(limit, sizeof limit, s->conn[row].wqueue, BACKLOG_COLUMNS));
}

static void format_text(const struct sample *s, uint32_t row, struct str *out, value_getter get)
{
    struct value v;
    get(s, row, &v);
    str_add(out, v.type == VALUE_TEXT ? v.text : FMT_NONE);
}

#define TEXT_FORMAT(name)                                                                          \
    void format_##name(const struct sample *s, uint32_t row, struct str *out)                      \
    {                                                                                              \
        format_text(s, row, out, get_##name);                                                      \
    }

TEXT_FORMAT(local_addr)
TEXT_FORMAT(remote_addr)
TEXT_FORMAT(timer)
TEXT_FORMAT(cookie)
TEXT_FORMAT(netns)
TEXT_FORMAT(congestion)

const char *limit_word(enum send_limit limit)
{
    static const enum msg words[LIMIT_COUNT] = {
        [LIMIT_APPLICATION] = MSG_LIMIT_APPLICATION,
        [LIMIT_RECEIVER] = MSG_LIMIT_RECEIVER,
        [LIMIT_SEND_BUFFER] = MSG_LIMIT_SEND_BUFFER,
        [LIMIT_PATH] = MSG_LIMIT_PATH,
    };
    return limit > LIMIT_UNKNOWN && limit < LIMIT_COUNT ? text(words[limit]) : FMT_NONE;
}

void format_limited_by(const struct sample *s, uint32_t row, struct str *out)
{
    const struct tcp_metrics *metrics = sample_metrics(s, row);
    str_add(out, limit_word(metrics ? (enum send_limit)metrics->limit : LIMIT_UNKNOWN));
}

void format_proto(const struct sample *s, uint32_t row, struct str *out)
{
    str_add(out, s->conn[row].family == AF_INET6 ? "tcp6" : "tcp");
}

void format_state(const struct sample *s, uint32_t row, struct str *out)
{
    str_add(out, state_name(s->conn[row].state));
}

void format_local(const struct sample *s, uint32_t row, struct str *out)
{
    struct endpoint e = endpoint_local(&s->conn[row]);
    endpoint_netstat(&e, s, out);
}

void format_remote(const struct sample *s, uint32_t row, struct str *out)
{
    struct endpoint e = endpoint_remote(&s->conn[row]);
    endpoint_netstat(&e, s, out);
}

void conn_format_local(const struct conn *c, struct str *out)
{
    struct endpoint e = endpoint_local(c);
    endpoint_netstat(&e, NULL, out);
}

void conn_format_remote(const struct conn *c, struct str *out)
{
    struct endpoint e = endpoint_remote(c);
    endpoint_netstat(&e, NULL, out);
}

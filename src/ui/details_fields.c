/* Details: the values of a connection's fields. What was not measured is "–", in its place. After
 * the end the last ones that were seen stand. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "overlay_details.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/query/column.h"

static void add(struct details *t, bool right, enum msg label, const char *value)
{
    struct field *f = right ? &t->right[t->n_right++] : &t->left[t->n_left++];

    f->label = label;
    copy_text(f->value, sizeof f->value, *value ? value : FMT_NONE);
}

static void add_bytes(struct details *t, bool right, enum msg label, enum tcp_metric which,
                      const char *unit)
{
    uint64_t value;
    char bytes[FMT_SIZE], shown[FMT_SIZE + 8] = "";

    if (tcp_metrics_get(t->metrics, which, &value))
        snprintf(shown, sizeof shown, "%s%s", fmt_bytes(bytes, sizeof bytes, value), unit);
    add(t, right, label, shown);
}

static void latency(const struct details *t, enum tcp_metric which, char out[FMT_SIZE])
{
    uint64_t value;

    out[0] = '\0';
    if (tcp_metrics_get(t->metrics, which, &value))
        fmt_latency(out, FMT_SIZE, value);
}

/* What a column says of the row; "" where there is no such column, no row or nothing known. */
static void cell(const struct details *t, const char *column, char *out, size_t size)
{
    int id = column_find(column, strlen(column));
    struct str value = STR_INIT;

    out[0] = '\0';
    if (id < 0 || t->row == UINT32_MAX)
        return;
    column_format(id, t->s, t->row, &value);
    if (strcmp(str_text(&value), FMT_NONE) != 0)
        copy_text(out, size, str_text(&value));
    str_fini(&value);
}

static void add_owner(struct details *t)
{
    char value[DETAILS_VALUE];

    details_process(t, value);
    add(t, false, MSG_VIEW_DETAIL_PROCESS, value);
    cell(t, "user", value, sizeof value);
    if (!*value && !(t->c->flags & CONN_NO_OWNER) && t->c->inode)
        snprintf(value, sizeof value, "uid %u", t->c->uid);
    add(t, false, MSG_VIEW_DETAIL_USER, value);
    cell(t, "cgroup", value, sizeof value);
    add(t, false, MSG_VIEW_DETAIL_CGROUP, value);
}

/* No sample ever had it: what moves is not known. */
static bool is_unseen(const struct details *t)
{
    return t->c->flags & CONN_UNSEEN;
}

static void add_timer(struct details *t)
{
    static const enum msg words[] = {
        [TIMER_OFF] = MSG_VIEW_TIMER_OFF,        [TIMER_RETRANSMIT] = MSG_VIEW_TIMER_RETRANSMIT,
        [TIMER_KEEPALIVE] = MSG_VIEW_TIMER_KEEP, [TIMER_TIMEWAIT] = MSG_VIEW_TIMER_TIMEWAIT,
        [TIMER_PROBE] = MSG_VIEW_TIMER_PROBE,    [TIMER_DELACK] = MSG_VIEW_TIMER_DELACK,
    };
    char left[FMT_SIZE], value[FILL_SIZE] = "";

    fmt_duration(left, sizeof left, t->c->expires_ms);
    if (t->row != UINT32_MAX && !is_unseen(t) && t->c->timer < sizeof words / sizeof *words)
        fill(value, words[t->c->timer], left, NULL, NULL);
    add(t, false, MSG_VIEW_DETAIL_TIMER, value);
}

static void add_queues(struct details *t)
{
    const struct conn *c = t->c;
    char count[FMT_SIZE], limit[FMT_SIZE], value[FILL_SIZE];

    fmt_count(count, sizeof count, c->rqueue);
    fmt_count(limit, sizeof limit, c->wqueue);
    if (c->state == TCP_STATE_LISTEN) {
        fill(value, MSG_VIEW_WAITING, count, NULL, NULL);
        add(t, false, MSG_VIEW_DETAIL_ACCEPT_QUEUE, value);
        add(t, false, MSG_VIEW_DETAIL_BACKLOG, c->flags & CONN_NO_BACKLOG ? "" : limit);
        return;
    }
    snprintf(value, sizeof value, "%s B", count);
    add(t, false, MSG_VIEW_DETAIL_RECV_Q, is_unseen(t) ? "" : value);
    snprintf(value, sizeof value, "%s B", limit);
    add(t, false, MSG_VIEW_DETAIL_SEND_Q, is_unseen(t) ? "" : value);
}

static void add_identity(struct details *t)
{
    const struct conn *c = t->c;
    char cookie[24] = FMT_NONE, inode[16] = FMT_NONE, value[FILL_SIZE];

    if (!(c->flags & CONN_NO_COOKIE))
        snprintf(cookie, sizeof cookie, "%" PRIx64, c->cookie);
    if (!(c->flags & CONN_NO_OWNER))
        snprintf(inode, sizeof inode, "%u", c->inode);
    fill(value, MSG_VIEW_IDENTITY, cookie, inode, NULL);
    add(t, false, MSG_VIEW_DETAIL_IDENTITY, value);
}

static void add_window(struct details *t)
{
    uint64_t window;
    char count[FMT_SIZE], value[FMT_SIZE + 8] = "";

    if (tcp_metrics_get(t->metrics, METRICS_snd_wnd_bytes, &window))
        snprintf(value, sizeof value, "%s B", fmt_count(count, sizeof count, window));
    add(t, false, MSG_VIEW_DETAIL_PEER_WINDOW, value);
}

static void add_rtt(struct details *t)
{
    char rtt[FMT_SIZE], varies[FMT_SIZE], value[FILL_SIZE];

    latency(t, METRICS_rtt_us, rtt);
    latency(t, METRICS_rttvar_us, varies);
    copy_text(value, sizeof value, rtt);
    if (*rtt && *varies)
        fill(value, MSG_VIEW_RTT_VARIES, rtt, varies, NULL);
    add(t, true, MSG_VIEW_DETAIL_RTT, value);
    latency(t, METRICS_min_rtt_us, rtt);
    add(t, true, MSG_VIEW_DETAIL_RTT_MIN, rtt);
    latency(t, METRICS_rto_us, rtt);
    add(t, true, MSG_VIEW_DETAIL_RTO, rtt);
}

static void add_congestion(struct details *t)
{
    uint64_t window, threshold;
    char count[24] = "", limit[24] = "", value[FILL_SIZE] = "";

    if (tcp_metrics_get(t->metrics, METRICS_cwnd_segs, &window)) {
        snprintf(count, sizeof count, "%" PRIu64, window);
        if (tcp_metrics_get(t->metrics, METRICS_ssthresh_segs, &threshold))
            snprintf(limit, sizeof limit, "%" PRIu64, threshold);
        fill(value, *limit ? MSG_VIEW_SEGMENTS_THRESHOLD : MSG_VIEW_SEGMENTS, count, limit, NULL);
    }
    add(t, true, MSG_VIEW_DETAIL_CONGESTION, value);
}

static void add_sent_again(struct details *t)
{
    uint64_t again, sent;
    char bytes[FMT_SIZE], share[FMT_SIZE], value[FILL_SIZE] = "";

    if (tcp_metrics_get(t->metrics, METRICS_bytes_retrans, &again) &&
        tcp_metrics_get(t->metrics, METRICS_bytes_sent, &sent)) {
        fmt_bytes(bytes, sizeof bytes, again);
        fmt_percent(share, sizeof share, again, sent);
        snprintf(value, sizeof value, sent ? "%s, %s" : "%s", bytes, share);
    }
    add(t, true, MSG_VIEW_DETAIL_SENT_AGAIN, value);
}

/* Of the time that was watched, how long it had data to send; of that, what the peer's window or
 * the send buffer held up. */
static void add_busy(struct details *t)
{
    struct span span;
    uint64_t busy, peer, buffer;
    char share[FMT_SIZE], by_peer[FMT_SIZE], by_buffer[FMT_SIZE], value[FILL_SIZE] = "";

    if (t->watch && watch_whole(t->watch, &span) && span.ns > 0 &&
        rate_growth(&span, METRICS_busy_us, &busy) &&
        rate_growth(&span, METRICS_rwnd_limited_us, &peer) &&
        rate_growth(&span, METRICS_sndbuf_limited_us, &buffer)) {
        uint64_t whole = (uint64_t)(span.ns / NS_PER_US);

        snprintf(share, sizeof share, "%" PRIu64, busy < whole ? busy * 100 / whole : 100);
        snprintf(by_peer, sizeof by_peer, "%" PRIu64, busy ? peer * 100 / busy : 0);
        snprintf(by_buffer, sizeof by_buffer, "%" PRIu64, busy ? buffer * 100 / busy : 0);
        fill(value, MSG_VIEW_BUSY_SHARES, share, by_peer, by_buffer);
    }
    add(t, true, MSG_VIEW_DETAIL_BUSY, value);
}

static void add_ago(struct details *t, enum msg label, enum tcp_metric which)
{
    uint64_t ms;
    char ago[FMT_SIZE], value[FILL_SIZE] = "";

    if (tcp_metrics_get(t->metrics, which, &ms) && !details_gone(t))
        fill(value, MSG_VIEW_AGO, fmt_duration(ago, sizeof ago, ms), NULL, NULL);
    add(t, false, label, value);
}

static void add_limit(struct details *t)
{
    struct span span;
    enum send_limit limit = LIMIT_UNKNOWN;

    if (t->watch && !details_gone(t) && watch_span(t->watch, 0, &span))
        limit = rate_limit(&span);
    add(t, true, MSG_VIEW_DETAIL_LIMITED, limit_word(limit));
}

static void fill_upper(struct details *t)
{
    add_owner(t);
    add_timer(t);
    add_queues(t);
    add_window(t);
    add_identity(t);
    add_rtt(t);
    add_congestion(t);
    add_bytes(t, true, MSG_VIEW_DETAIL_RECEIVED, METRICS_bytes_received, "");
    add_bytes(t, true, MSG_VIEW_DETAIL_SENT, METRICS_bytes_sent, "");
    add_sent_again(t);
    add_busy(t);
}

static void fill_lower(struct details *t)
{
    char value[64];

    add_ago(t, MSG_VIEW_DETAIL_LAST_SENT, METRICS_last_data_sent_ms);
    add_ago(t, MSG_VIEW_DETAIL_LAST_RECEIVED, METRICS_last_data_recv_ms);
    snprintf(value, sizeof value, "%u", t->c->retrans);
    add(t, false, MSG_VIEW_DETAIL_REPEATS, t->row == UINT32_MAX || is_unseen(t) ? "" : value);
    snprintf(value, sizeof value, "%u", t->c->ifindex);
    add(t, false, MSG_VIEW_DETAIL_DEVICE, t->c->ifindex ? value : text(MSG_VIEW_ANY_DEVICE));
    cell(t, "congestion", value, sizeof value);
    add(t, true, MSG_VIEW_DETAIL_ALGORITHM, value);
    add_limit(t);
    add_bytes(t, true, MSG_VIEW_DETAIL_DELIVERY, METRICS_delivery_bytes_s, "/s");
    add_bytes(t, true, MSG_VIEW_DETAIL_UNSENT, METRICS_notsent_bytes, "");
}

void details_fields(struct details *t)
{
    fill_upper(t);
    fill_lower(t);
}

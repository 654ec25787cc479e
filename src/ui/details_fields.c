/* SPDX-License-Identifier: MIT */
/* The details' values: the fields of a connection, who holds its socket, and what it sent, got,
 * waited for and repeated over the last samples. What was not measured is "–", in its place. After
 * the end the last values that were seen stand. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "details_fields.h"
#include "details_listener.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/listeners.h"
#include "tcptop/query/column.h"

bool details_gone(const struct details *t)
{
    return t->row == UINT32_MAX || sample_row_kind(t->s, t->row) == ROW_CLOSED;
}

/* Did the last sample have it? */
static bool is_live(const struct details *t)
{
    return t->row != UINT32_MAX && sample_row_kind(t->s, t->row) == ROW_LIVE;
}

void details_put_cut(struct drawing *d, int x, int y, int w, enum role role, const char *value)
{
    canvas_put(d->c, x, y, w, role, value);
    if (w > 0 && utf8_width(value) > w)
        canvas_put(d->c, x + w - 1, y, 1, ROLE_DIM, "…");
}

#define MINUTES_FROM_MS 100000

#define US_PER_S UINT64_C(1000000)

#define HOLDERS_SHOWN 16 /* lines; the last one counts the others */
#define GAP           2

static const struct owner_group *group_of(const struct details *t, bool *former)
{
    return t->row == UINT32_MAX ? NULL : sample_owner(t->s, t->row, former);
}

static void name_holder(const struct owner *o, bool former, char out[DETAILS_VALUE])
{
    snprintf(out, DETAILS_VALUE, former ? "(%s %u)" : "%s %u", *o->process ? o->process : FMT_NONE,
             o->pid);
}

/* "waits for accept() by nginx 812": whose listener it is. */
static void waits_text(const struct details *t, char out[DETAILS_VALUE])
{
    const struct owner_group *g;
    char who[DETAILS_VALUE];
    uint32_t listener;

    if (!is_live(t) || conn_kind(t->c) != CONN_NOT_ACCEPTED)
        return;
    listener = listeners_find(t->s, t->c, NULL);
    if (listener == UINT32_MAX)
        return;
    g = listeners_is_certain(t->s, listener) ? sample_owner(t->s, listener, NULL) : NULL;
    if (g)
        name_holder(g->member[0], false, who);
    draw_fill(out, g ? MSG_VIEW_WAITS_FOR : MSG_VIEW_WAITS, g ? who : "", NULL, NULL);
}

/* Why no process is named: it may not be looked at, or there is none. */
static void why_no_process(const struct details *t, char out[DETAILS_VALUE])
{
    const uint32_t rights = OWNER_LACK_PTRACE | OWNER_LACK_SEARCH;

    if (!is_live(t) || t->s->import)
        return;
    if (sample_owner_hidden(t->s, t->row))
        draw_copy_text(
            out, DETAILS_VALUE,
            text(t->s->owners->lacks & rights ? MSG_VIEW_OWNER_HIDDEN : MSG_VIEW_OWNER_ELSEWHERE));
    else if (conn_is_let_go(t->c))
        draw_copy_text(out, DETAILS_VALUE, text(MSG_VIEW_OWNER_KERNEL));
    else if (t->s->owners && t->s->owner && t->c->inode && !t->s->owners->lacks &&
             owner_word_group(t->s->owner[t->row]) == OWNER_NOBODY)
        draw_copy_text(out, DETAILS_VALUE, text(MSG_VIEW_OWNER_NOBODY));
}

static void process_text(const struct details *t, char out[DETAILS_VALUE])
{
    bool former;
    const struct owner_group *g = group_of(t, &former);
    size_t len;

    out[0] = '\0';
    if (!g)
        waits_text(t, out);
    if (!g && !*out)
        why_no_process(t, out);
    if (!g)
        return;
    name_holder(g->member[0], former, out);
    len = strlen(out);
    if (g->n > 1)
        snprintf(out + len, DETAILS_VALUE - len, " +%u", g->n - 1);
}

const char *details_command(const struct details *t)
{
    const struct owner_group *g = group_of(t, NULL);

    return g ? g->member[0]->cmdline : "";
}

int details_holders(const struct details *t)
{
    const struct owner_group *g = group_of(t, NULL);

    if (!g || g->n < 2)
        return 0;
    return g->n <= HOLDERS_SHOWN ? (int)g->n : HOLDERS_SHOWN;
}

/* The widest name, or user, of those that are shown. */
static int widest(const struct details *t, const struct owner_group *g, bool former, bool user)
{
    char name[DETAILS_VALUE];
    int most = 0;

    for (uint32_t i = 0; i < g->n && i < HOLDERS_SHOWN; i++) {
        const struct owner_user *u = owner_table_user(t->s->owners, g->member[i]->uid);
        name_holder(g->member[i], former, name);
        int w = utf8_width(user ? u ? u->name : FMT_NONE : name);
        most = w > most ? w : most;
    }
    return most;
}

/* Text of at most `w` columns; returns where the next one stands. */
static int put_part(struct drawing *d, int x, int y, int w, int end, const char *value)
{
    int room = w < end - x ? w : end - x;

    details_put_cut(d, x, y, room, strcmp(value, FMT_NONE) ? ROLE_TEXT : ROLE_DIM, value);
    return x + w + GAP;
}

void details_holder(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    bool former;
    const struct owner_group *g = group_of(t, &former);
    const struct owner *o = g->member[i];
    const struct owner_user *user = owner_table_user(t->s->owners, o->uid);
    char value[DETAILS_VALUE], count[FMT_SIZE];
    int at = x + DETAILS_LABEL, end = x + w;

    if (i == 0)
        canvas_put(d->c, x, y, DETAILS_LABEL - 1, ROLE_DIM, text(MSG_VIEW_DETAIL_HOLDERS));
    if (i == HOLDERS_SHOWN - 1 && g->n > HOLDERS_SHOWN) {
        fmt_count(count, sizeof count, g->n - HOLDERS_SHOWN + 1);
        draw_fill(value, MSG_VIEW_HOLDERS_MORE, count, NULL, NULL);
        details_put_cut(d, at, y, end - at, ROLE_DIM, value);
        return;
    }
    name_holder(o, former, value);
    at = put_part(d, at, y, widest(t, g, former, false), end, value);
    at = put_part(d, at, y, widest(t, g, former, true), end, user ? user->name : FMT_NONE);
    put_part(d, at, y, end - at, end, *o->cgroup ? o->cgroup : FMT_NONE);
}

static void add(struct details *t, bool right, enum msg label, const char *value)
{
    struct field *f = right ? &t->right[t->n_right++] : &t->left[t->n_left++];

    f->label = label;
    draw_copy_text(f->value, sizeof f->value, *value ? value : FMT_NONE);
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
        text_latency(out, FMT_SIZE, value);
}

/* What a column says of the row; "" where there is no such column, no row or nothing known. */
static void cell(const struct details *t, const char *column, char *out, size_t size)
{
    int id = column_find(column, strlen(column));
    struct str value = STR_INIT;

    out[0] = '\0';
    if (id < 0 || t->row == UINT32_MAX)
        return;
    column_format((enum column_id)id, t->s, t->row, &value);
    if (strcmp(str_text(&value), FMT_NONE) != 0)
        draw_copy_text(out, size, str_text(&value));
    str_fini(&value);
}

static void add_owner(struct details *t)
{
    char value[DETAILS_VALUE];

    process_text(t, value);
    add(t, false, MSG_VIEW_DETAIL_PROCESS, value);
    cell(t, "user", value, sizeof value);
    if (!*value && !(t->c->flags & CONN_NO_OWNER) && !(t->c->unknown & CONN_UNKNOWN_UID) &&
        (t->c->inode || t->c->uid))
        snprintf(value, sizeof value, "uid %u", t->c->uid);
    add(t, false, MSG_VIEW_DETAIL_USER, value);
    cell(t, "cgroup", value, sizeof value);
    add(t, false, MSG_VIEW_DETAIL_CGROUP, value);
}

/* No sample ever had it, so what moves is not known, or the dump does not tell it. `what`: enum
 * conn_unknown. */
static bool is_untold(const struct details *t, unsigned what)
{
    return t->c->flags & CONN_UNSEEN || t->c->unknown & what ||
           (!is_live(t) && !details_gone(t)); /* after the end the last ones stand */
}

/* A time: short ones in the form of the columns, others as the pane says them. */
static void duration(uint64_t ms, char out[FILL_SIZE])
{
    if (ms < MINUTES_FROM_MS)
        text_duration(out, FILL_SIZE, ms);
    else
        draw_duration(out, ms / 1000);
}

static void add_timer(struct details *t)
{
    static const enum msg words[] = {
        [TIMER_OFF] = MSG_VIEW_TIMER_OFF,        [TIMER_RETRANSMIT] = MSG_VIEW_TIMER_RETRANSMIT,
        [TIMER_KEEPALIVE] = MSG_VIEW_TIMER_KEEP, [TIMER_TIMEWAIT] = MSG_VIEW_TIMER_TIMEWAIT,
        [TIMER_PROBE] = MSG_VIEW_TIMER_PROBE,    [TIMER_DELACK] = MSG_VIEW_TIMER_DELACK,
    };
    char left[FILL_SIZE], value[FILL_SIZE] = "";

    duration(t->c->expires_ms, left);
    if (is_live(t) && !is_untold(t, CONN_UNKNOWN_TIMER) &&
        t->c->timer < sizeof words / sizeof *words)
        draw_fill(value, words[t->c->timer], left, NULL, NULL);
    add(t, false, MSG_VIEW_DETAIL_TIMER, value);
}

/* What the listener has dropped since it listens, and since the sample before. */
static void add_drops(struct details *t)
{
    const struct drop_count *drops = t->row == UINT32_MAX ? NULL : drops_find(t->s, t->row);
    char all[FMT_SIZE], grown[FMT_SIZE], span[FMT_SIZE], value[FILL_SIZE] = "";

    if (drops) {
        fmt_count(all, sizeof all, drops->drops);
        fmt_count(grown, sizeof grown, drops->grown);
        text_interval(span, sizeof span, (uint64_t)(t->s->drops.span_ns / NS_PER_MS));
        draw_fill(value, drops->compared ? MSG_VIEW_DROPPED_LATELY : MSG_VIEW_DROPPED, all, grown,
                  span);
    }
    add(t, true, MSG_VIEW_DETAIL_DROPS, value);
}

/* Of a listener: how its clients reach it, what waits, what found no room. */
static void add_listener(struct details *t)
{
    const struct conn *c = t->c;
    char count[FMT_SIZE], value[FILL_SIZE];

    add(t, false, MSG_VIEW_DETAIL_REACH, details_listener_reach(c));
    draw_fill(value, MSG_VIEW_WAITING, fmt_count(count, sizeof count, c->rqueue), NULL, NULL);
    add(t, true, MSG_VIEW_DETAIL_ACCEPT_QUEUE, c->unknown & CONN_UNKNOWN_RECV_Q ? "" : value);
    fmt_count(count, sizeof count, c->wqueue);
    add(t, true, MSG_VIEW_DETAIL_BACKLOG, c->flags & CONN_NO_BACKLOG ? "" : count);
    add_drops(t);
}

/* Bytes of data, and what counts as one besides: "0 B + FIN". */
static void queue_text(uint32_t queue, uint32_t sign, const char *name, char out[FILL_SIZE])
{
    char count[FMT_SIZE];

    fmt_count(count, sizeof count, queue - sign);
    snprintf(out, FILL_SIZE, sign ? "%s B + %s" : "%s B", count, name);
}

static void add_queues(struct details *t)
{
    const struct conn *c = t->c;
    char value[FILL_SIZE];

    queue_text(c->rqueue, conn_unread_fin(c), "FIN", value);
    add(t, false, MSG_VIEW_DETAIL_RECV_Q, is_untold(t, CONN_UNKNOWN_RECV_Q) ? "" : value);
    queue_text(c->wqueue, conn_unacked_sign(c), c->state == TCP_STATE_SYN_SENT ? "SYN" : "FIN",
               value);
    add(t, false, MSG_VIEW_DETAIL_SEND_Q, is_untold(t, CONN_UNKNOWN_SEND_Q) ? "" : value);
}

static void add_identity(struct details *t)
{
    const struct conn *c = t->c;
    char cookie[24] = "", inode[16] = "";

    if (!(c->flags & CONN_NO_COOKIE))
        snprintf(cookie, sizeof cookie, "%" PRIx64, c->cookie);
    if (!(c->flags & CONN_NO_OWNER) && !(c->unknown & CONN_UNKNOWN_INODE))
        snprintf(inode, sizeof inode, "%u", c->inode);
    add(t, false, MSG_COL_COOKIE, cookie);
    add(t, false, MSG_COL_INODE, inode);
}

static void add_retries(struct details *t)
{
    char value[16];

    snprintf(value, sizeof value, "%u", t->c->retrans);
    add(t, false, MSG_VIEW_DETAIL_REPEATS,
        t->row == UINT32_MAX || is_untold(t, CONN_UNKNOWN_TIMER) ? "" : value);
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
    draw_copy_text(value, sizeof value, rtt);
    if (*rtt && *varies)
        draw_fill(value, MSG_VIEW_RTT_VARIES, rtt, varies, NULL);
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
        draw_fill(value, *limit ? MSG_VIEW_SEGMENTS_THRESHOLD : MSG_VIEW_SEGMENTS, count, limit,
                  NULL);
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
        draw_fill(value, sent ? MSG_VIEW_RETR_OF_SENT : MSG_SESSION_NOTE, bytes, share, NULL);
    }
    add(t, true, MSG_COL_BYTES_RETRANS, value);
}

/* Data of the peer. The kernel counts its FIN as one byte more. */
static void add_received(struct details *t)
{
    const bool fin = t->c->state == TCP_STATE_CLOSE_WAIT || t->c->state == TCP_STATE_LAST_ACK ||
                     t->c->state == TCP_STATE_CLOSING;
    uint64_t value;
    char bytes[FMT_SIZE + 8] = "";

    if (tcp_metrics_get(t->metrics, METRICS_bytes_received, &value)) {
        fmt_bytes(bytes, FMT_SIZE, value - (fin && value));
        if (fin && value)
            strcat(bytes, " + FIN");
    }
    add(t, true, MSG_COL_BYTES_RECEIVED, bytes);
}

/* What the connection did from the first to the last sample that was watched, in us; unknown where
 * that is less than a second. */
struct sending {
    uint64_t whole, busy, peer, buffer; /* busy: with data to send; of that, held up by … */
};

static bool sending_of(const struct details *t, struct sending *to)
{
    struct span span;

    if (!t->watch || !watch_whole(t->watch, &span) || span.ns < NS_PER_S ||
        !rate_growth(&span, METRICS_busy_us, &to->busy) ||
        !rate_growth(&span, METRICS_rwnd_limited_us, &to->peer) ||
        !rate_growth(&span, METRICS_sndbuf_limited_us, &to->buffer))
        return false;
    to->whole = (uint64_t)(span.ns / NS_PER_US);
    return true;
}

static void add_busy(struct details *t)
{
    struct sending sent;
    char share[FMT_SIZE], watched[FILL_SIZE], value[FILL_SIZE] = "";

    if (sending_of(t, &sent)) {
        snprintf(share, sizeof share, "%" PRIu64,
                 sent.busy < sent.whole ? sent.busy * 100 / sent.whole : 100);
        draw_duration(watched, sent.whole / US_PER_S);
        draw_fill(value, MSG_VIEW_SHARE_OF, share, watched, NULL);
    }
    add(t, true, MSG_VIEW_DETAIL_BUSY, value);
}

/* Of the time with data to send, what the peer's window and the send buffer held up. */
static void add_waited(struct details *t)
{
    struct sending sent;
    char peer[FMT_SIZE], buffer[FMT_SIZE], value[FILL_SIZE] = "";

    if (sending_of(t, &sent)) {
        snprintf(peer, sizeof peer, "%" PRIu64, sent.busy ? sent.peer * 100 / sent.busy : 0);
        snprintf(buffer, sizeof buffer, "%" PRIu64, sent.busy ? sent.buffer * 100 / sent.busy : 0);
        draw_fill(value, MSG_VIEW_WAITED_SHARES, peer, buffer, NULL);
    }
    add(t, true, MSG_VIEW_DETAIL_WAITED, value);
}

/* When data went that way last. The kernel counts from the start of the connection where none ever
 * has: then there is no such time. */
static void add_ago(struct details *t, enum msg label, enum tcp_metric which,
                    enum tcp_metric carried)
{
    uint64_t ms, bytes;
    char ago[FILL_SIZE], value[FILL_SIZE] = "";
    const bool none = tcp_metrics_get(t->metrics, carried, &bytes) && bytes == 0;

    if (!none && tcp_metrics_get(t->metrics, which, &ms) && is_live(t)) {
        duration(ms, ago);
        draw_fill(value, MSG_VIEW_AGO, ago, NULL, NULL);
    }
    add(t, false, label, value);
}

static void add_limit(struct details *t)
{
    struct span span;
    enum send_limit limit = LIMIT_UNKNOWN;

    if (t->watch && is_live(t) && watch_span(t->watch, 0, &span))
        limit = rate_limit(&span);
    add(t, true, MSG_VIEW_DETAIL_LIMITED, column_limit_word(limit));
}

static void fill_upper(struct details *t)
{
    add_owner(t);
    if (t->listens) {
        add_listener(t);
        return;
    }
    add_timer(t);
    add_retries(t);
    add_queues(t);
    add_window(t);
    add_rtt(t);
    add_congestion(t);
    add_received(t);
    add_bytes(t, true, MSG_COL_BYTES_SENT, METRICS_bytes_sent, "");
    add_sent_again(t);
    add_busy(t);
}

static void fill_lower(struct details *t)
{
    char value[64];

    if (!t->listens) {
        add_ago(t, MSG_VIEW_DETAIL_LAST_SENT, METRICS_last_data_sent_ms, METRICS_bytes_sent);
        add_ago(t, MSG_VIEW_DETAIL_LAST_RECEIVED, METRICS_last_data_recv_ms,
                METRICS_bytes_received);
    }
    cell(t, "ifindex", value, sizeof value);
    if (!*value && t->c->ifindex && !(t->c->ifindex & CONN_DEVICE_NAMED))
        /* no row: the name may be another one's by now */
        snprintf(value, sizeof value, "%u", t->c->ifindex);
    add(t, false, MSG_VIEW_DETAIL_DEVICE,
        *value                 ? value
        : t->s && t->s->import ? FMT_NONE /* only ss tells it, and not of every socket */
                               : text(MSG_VIEW_ANY_DEVICE));
    add_identity(t);
    if (t->listens)
        return;
    cell(t, "congestion", value, sizeof value);
    add(t, true, MSG_VIEW_DETAIL_ALGORITHM, value);
    add_limit(t);
    add_waited(t);
    add_bytes(t, true, MSG_VIEW_DETAIL_DELIVERY, METRICS_delivery_bytes_s, "/s");
    add_bytes(t, true, MSG_VIEW_DETAIL_UNSENT, METRICS_notsent_bytes, "");
}

void details_fields(struct details *t)
{
    fill_upper(t);
    t->n_upper = t->n_left;
    fill_lower(t);
}

#define LABEL_W  13
#define FIGURE_W 13 /* of the largest and the newest value; less where there is less room */
#define LEAST_W  11

struct columns {
    int cells, figure_w;
};

static struct columns columns_of(int w)
{
    static const int sizes[] = {30, 20, 15, 10};
    struct columns c = {.figure_w = w >= LABEL_W + 30 + 2 * FIGURE_W ? FIGURE_W : LEAST_W};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !c.cells; i++) {
        if (LABEL_W + sizes[i] + 2 * c.figure_w <= w)
            c.cells = sizes[i];
    }
    return c;
}

typedef bool (*trace_value)(const struct watch *w, uint32_t back, uint64_t *value);

static bool tx(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    *value = watch_span(w, back, &span) ? rate_between(&span).tx_bytes_s : RATE_UNKNOWN;
    return *value != RATE_UNKNOWN;
}

static bool rx(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    *value = watch_span(w, back, &span) ? rate_between(&span).rx_bytes_s : RATE_UNKNOWN;
    return *value != RATE_UNKNOWN;
}

static bool rtt(const struct watch *w, uint32_t back, uint64_t *value)
{
    return tcp_metrics_get(&watch_at(w, back)->metrics, METRICS_rtt_us, value);
}

static bool again(const struct watch *w, uint32_t back, uint64_t *value)
{
    struct span span;

    return watch_span(w, back, &span) && rate_again(&span, value);
}

/* Their names have the unit of time: TX/s. */
static void per_second(char out[FILL_SIZE], uint64_t value)
{
    fmt_bytes(out, FILL_SIZE, value);
}

static void say_latency(char out[FILL_SIZE], uint64_t value)
{
    text_latency(out, FILL_SIZE, value);
}

static void share(char out[FILL_SIZE], uint64_t value)
{
    fmt_percent(out, FILL_SIZE, value, 1000);
}

/* Of a listener: connections that wait for accept(). */
static bool queue(const struct watch *w, uint32_t back, uint64_t *value)
{
    *value = watch_at(w, back)->queue;
    return !(w->conn.unknown & CONN_UNKNOWN_RECV_Q);
}

#define RATE_UNIT 1000 /* thousandths per second */

/* What it dropped. */
static bool drops(const struct watch *w, uint32_t back, uint64_t *value)
{
    const struct watch_point *to = watch_at(w, back), *from = watch_at(w, back + 1);

    if (!from || !from->drops_known || !to->drops_known || to->mono_ns <= from->mono_ns)
        return false;
    *value = (uint64_t)(to->drops - from->drops) * RATE_UNIT * NS_PER_S /
             (uint64_t)(to->mono_ns - from->mono_ns);
    return true;
}

static void plain_count(char out[FILL_SIZE], uint64_t value)
{
    fmt_count(out, FILL_SIZE, value);
}

static void drop_rate(char out[FILL_SIZE], uint64_t value)
{
    fmt_rate(out, FILL_SIZE, (double)value / RATE_UNIT);
}

struct trace {
    enum msg label;
    trace_value value;
    void (*format)(char out[FILL_SIZE], uint64_t value);
    enum role role;
};

static const struct trace connection_traces[] = {
    {MSG_COL_TX, tx, per_second, ROLE_LIVE},
    {MSG_COL_RX, rx, per_second, ROLE_LIVE},
    {MSG_VIEW_DETAIL_RTT, rtt, say_latency, ROLE_LIVE},
    {MSG_VIEW_DETAIL_RETR, again, share, ROLE_WARN},
};

static const struct trace listener_traces[] = {
    {MSG_VIEW_DETAIL_ACCEPT_QUEUE, queue, plain_count, ROLE_LIVE},
    {MSG_COL_DROPS_S, drops, drop_rate, ROLE_WARN},
};

int details_traces(const struct details *t)
{
    return t->listens ? sizeof listener_traces / sizeof *listener_traces
                      : sizeof connection_traces / sizeof *connection_traces;
}

/* The points of the watch, oldest first; samples that failed are missed ones. */
static void collect(struct spark_series *s, const struct watch *w, trace_value value)
{
    *s = (struct spark_series){.floor = 1};
    for (uint32_t back = w->len; back > 0; back--) {
        const struct watch_point *p = watch_at(w, back - 1), *next = watch_at(w, back - 2);
        struct spark_point *to = &s->point[s->n++];

        to->seq = p->seq;
        to->kind = !p->there                        ? SPARK_MISSED
                   : value(w, back - 1, &to->value) ? SPARK_VALUE
                                                    : SPARK_NONE;
        for (uint64_t seq = p->seq + 1; back > 1 && next && seq < next->seq; seq++) {
            if (s->n + back - 1 >= HISTORY_SHOWN)
                break;
            s->point[s->n++] = (struct spark_point){.seq = seq, .kind = SPARK_MISSED};
        }
    }
}

/* From the first point that is drawn to the newest one; 0: there are not two. */
static int64_t traced_ns(const struct watch *w)
{
    return w && w->len > 1 ? watch_at(w, 0)->mono_ns - watch_at(w, w->len - 1)->mono_ns : 0;
}

void details_trace_head(struct drawing *d, const struct details *t, int x, int y, int w)
{
    struct columns c = columns_of(w);
    int max_x = x + LABEL_W + c.cells, now_x = max_x + c.figure_w;
    char title[FILL_SIZE] = "";
    const char *max = text(MSG_VIEW_TRACE_MAX), *now = text(MSG_VIEW_TRACE_NOW);
    int64_t ns = traced_ns(t->watch);

    if (ns > 0) {
        char seconds[24];

        snprintf(seconds, sizeof seconds, "%.*f", ns < NS_PER_S / 2 ? 1 : 0,
                 (double)ns / (double)NS_PER_S);
        draw_fill(title, MSG_VIEW_LAST_SECONDS, seconds, NULL, NULL);
    }
    canvas_put(d->c, x + LABEL_W, y, c.cells, ROLE_DIM, title);
    canvas_put_right(d->c, max_x, y, c.figure_w, ROLE_DIM, max);
    canvas_put_right(d->c, now_x, y, c.figure_w, ROLE_DIM, now);
}

void details_trace(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    const struct trace *trace = t->listens ? &listener_traces[i] : &connection_traces[i];
    struct columns c = columns_of(w);
    int max_x = x + LABEL_W + c.cells, now_x = max_x + c.figure_w;
    struct spark_series s = {.n = 0};
    struct spark spark;
    char max_text[FILL_SIZE] = FMT_NONE, now_text[FILL_SIZE] = FMT_NONE;
    uint64_t max;

    if (t->watch)
        collect(&s, t->watch, trace->value);
    if (spark_max(&s, &max))
        trace->format(max_text, max);
    if (s.n && s.point[s.n - 1].kind == SPARK_VALUE && is_live(t))
        trace->format(now_text, s.point[s.n - 1].value);
    canvas_put(d->c, x, y, LABEL_W - 1, ROLE_DIM, text(trace->label));
    spark_of(&spark, &s, c.cells);
    spark_draw(&spark, d->c, x + LABEL_W, y, trace->role);
    canvas_put_right(d->c, max_x, y, c.figure_w, ROLE_DIM, max_text);
    canvas_put_right(d->c, now_x, y, c.figure_w, ROLE_TEXT, now_text);
}

/* Everything known about one connection. A field that was not measured shows "–" in its place. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/survey.h"
#include "tcptop/query/column.h"

#define LABEL_W     13
#define RIGHT_LABEL 11
#define RIGHT_X     42
#define TWO_FROM_W  76
#define FIELDS      9 /* of each side */
#define DS_PER_S    10

struct field {
    enum msg label;
    char value[64];
};

struct details {
    const struct snapshot *s;
    const struct conn *c;
    const struct flow *flow;
    const struct survey *survey; /* may be NULL */
    uint32_t row;                /* UINT32_MAX: gone from the snapshot */
    struct field left[FIELDS], right[FIELDS];
    int n_left, n_right;
};

static void add(struct details *t, bool right, enum msg label, const char *value)
{
    struct field *f = right ? &t->right[t->n_right++] : &t->left[t->n_left++];

    f->label = label;
    copy_text(f->value, sizeof f->value, *value ? value : FMT_NONE);
}

static void add_bytes(struct details *t, bool right, enum msg label, enum flow_field which)
{
    uint64_t value;
    char text[FMT_SIZE] = "";

    if (flow_get(t->flow, which, &value))
        fmt_bytes(text, sizeof text, value);
    add(t, right, label, text);
}

static void latency(const struct details *t, enum flow_field which, char out[FMT_SIZE])
{
    uint64_t value;

    out[0] = '\0';
    if (flow_get(t->flow, which, &value))
        fmt_latency(out, FMT_SIZE, value);
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

static void fill_left(struct details *t)
{
    const struct conn *c = t->c;
    char value[64] = "";
    uint64_t window;

    if (!(c->flags & CONN_NO_OWNER))
        snprintf(value, sizeof value, "uid %u", c->uid);
    add(t, false, MSG_VIEW_DETAIL_USER, value);
    add_timer(t);
    snprintf(value, sizeof value, "%u", c->retrans);
    add(t, false, MSG_VIEW_DETAIL_REPEATS, is_unseen(t) ? "" : value);
    add_queues(t);
    value[0] = '\0';
    if (flow_get(t->flow, FLOW_snd_wnd_bytes, &window)) {
        fmt_count(value, sizeof value - 2, window);
        strcat(value, " B");
    }
    add(t, false, MSG_VIEW_DETAIL_PEER_WINDOW, value);
    value[0] = '\0';
    if (!(c->flags & CONN_NO_COOKIE))
        snprintf(value, sizeof value, "%" PRIx64, c->cookie);
    add(t, false, MSG_VIEW_DETAIL_COOKIE, value);
    value[0] = '\0';
    if (!(c->flags & CONN_NO_OWNER))
        snprintf(value, sizeof value, "%u", c->inode);
    add(t, false, MSG_VIEW_DETAIL_INODE, value);
    snprintf(value, sizeof value, "%u", c->ifindex);
    add(t, false, MSG_VIEW_DETAIL_DEVICE, c->ifindex ? value : text(MSG_VIEW_ANY_DEVICE));
}

static void add_congestion(struct details *t)
{
    uint64_t window, threshold;
    char count[24] = "", limit[24] = "", value[FILL_SIZE] = "";

    if (flow_get(t->flow, FLOW_cwnd_segs, &window)) {
        snprintf(count, sizeof count, "%" PRIu64, window);
        if (flow_get(t->flow, FLOW_ssthresh_segs, &threshold))
            snprintf(limit, sizeof limit, "%" PRIu64, threshold);
        fill(value, *limit ? MSG_VIEW_SEGMENTS_THRESHOLD : MSG_VIEW_SEGMENTS, count, limit, NULL);
    }
    add(t, true, MSG_VIEW_DETAIL_CONGESTION, value);
}

static void add_sent_again(struct details *t)
{
    uint64_t again, sent;
    char bytes[FMT_SIZE], share[FMT_SIZE], value[FILL_SIZE] = "";

    if (flow_get(t->flow, FLOW_bytes_retrans, &again) &&
        flow_get(t->flow, FLOW_bytes_sent, &sent)) {
        fmt_bytes(bytes, sizeof bytes, again);
        fmt_percent(share, sizeof share, again, sent);
        snprintf(value, sizeof value, sent ? "%s, %s" : "%s", bytes, share);
    }
    add(t, true, MSG_VIEW_DETAIL_SENT_AGAIN, value);
}

/* Time with data to send, and which parts of it the peer's window or the send buffer held up. */
static void add_busy(struct details *t)
{
    uint64_t busy, peer, buffer;
    char value[FILL_SIZE] = "", time[FMT_SIZE] = "", by_peer[FMT_SIZE], by_buffer[FMT_SIZE];

    if (flow_get(t->flow, FLOW_busy_us, &busy) && flow_get(t->flow, FLOW_rwnd_limited_us, &peer) &&
        flow_get(t->flow, FLOW_sndbuf_limited_us, &buffer)) {
        fmt_latency(time, sizeof time, busy);
        fmt_percent(by_peer, sizeof by_peer, peer, busy ? busy : 1);
        fmt_percent(by_buffer, sizeof by_buffer, buffer, busy ? busy : 1);
        fill(value, MSG_VIEW_HELD_UP, by_peer, by_buffer, NULL);
    }
    add(t, true, MSG_VIEW_DETAIL_BUSY, time);
    add(t, true, MSG_VIEW_DETAIL_HELD_UP, value);
}

static void fill_right(struct details *t)
{
    char rtt[FMT_SIZE], varies[FMT_SIZE], value[FILL_SIZE];

    latency(t, FLOW_rtt_us, rtt);
    latency(t, FLOW_rttvar_us, varies);
    if (*rtt && *varies)
        fill(value, MSG_VIEW_RTT_VARIES, rtt, varies, NULL);
    else
        copy_text(value, sizeof value, rtt);
    add(t, true, MSG_VIEW_DETAIL_RTT, value);
    latency(t, FLOW_min_rtt_us, rtt);
    add(t, true, MSG_VIEW_DETAIL_RTT_MIN, rtt);
    latency(t, FLOW_rto_us, rtt);
    add(t, true, MSG_VIEW_DETAIL_RTO, rtt);
    add_congestion(t);
    add_bytes(t, true, MSG_VIEW_DETAIL_RECEIVED, FLOW_bytes_received);
    add_bytes(t, true, MSG_VIEW_DETAIL_SENT, FLOW_bytes_sent);
    add_sent_again(t);
    add_busy(t);
}

static void make(struct details *t, const struct drawing *d)
{
    *t = (struct details){
        .s = d->s, .survey = d->v->survey, .c = &d->ui->details, .row = UINT32_MAX};
    if (d->s && d->ui->details_row < snapshot_rows(d->s)) {
        t->row = d->ui->details_row;
        t->c = &d->s->conn[t->row];
        t->flow = snapshot_flow(d->s, t->row);
    }
    fill_left(t);
    fill_right(t);
}

static bool is_gone(const struct details *t)
{
    return t->row == UINT32_MAX || snapshot_row_kind(t->s, t->row) == ROW_CLOSED;
}

/* Who opened the connection, as far as its states or a listener on the port tell. */
static const char *direction(const struct details *t)
{
    const struct conn *c = t->c;

    if (c->state == TCP_STATE_LISTEN || c->flags & CONN_BOUND)
        return " ";
    if (c->state == TCP_STATE_SYN_SENT || c->was_state == TCP_STATE_SYN_SENT)
        return "→";
    if (c->state == TCP_STATE_SYN_RECV || c->was_state == TCP_STATE_SYN_RECV)
        return "←";
    return t->survey && closers_listens(t->s, &t->survey->listening, c) ? "←" : " ";
}

/* The wall clock of a moment on the clock of struct life. */
static void clock_of(const struct details *t, uint32_t when_ds, char out[FMT_SIZE])
{
    int64_t ago = (int64_t)(t->s->now_ds - when_ds);

    fmt_clock(out, FMT_SIZE, t->s->wall_ns - ago * (NS_PER_S / DS_PER_S));
}

static void state_line(const struct details *t, char out[FILL_SIZE])
{
    char words[FILL_SIZE], clock[FMT_SIZE];
    const struct life *life;

    if (t->row == UINT32_MAX || !t->s->life) {
        copy_text(out, FILL_SIZE, text(MSG_VIEW_CLOSED));
        return;
    }
    life = &t->s->life[t->row];
    if (is_gone(t)) {
        clock_of(t, life->changed_ds, clock);
        fill(out, MSG_VIEW_CLOSED_AT, clock, NULL, NULL);
        return;
    }
    duration_words(words, (t->s->now_ds - life->changed_ds) / DS_PER_S);
    fill(out, life->changed_ds ? MSG_VIEW_STATE_FOR : MSG_VIEW_STATE_AT_LEAST,
         state_name(t->c->state), words, NULL);
}

static void seen_line(const struct details *t, char out[FILL_SIZE])
{
    char born[FMT_SIZE], changed[FMT_SIZE];
    const struct life *life;

    out[0] = '\0';
    if (t->row == UINT32_MAX || !t->s->life)
        return;
    life = &t->s->life[t->row];
    clock_of(t, life->born_ds, born);
    clock_of(t, life->changed_ds, changed);
    if (is_unseen(t))
        fill(out, MSG_VIEW_SEEN_NEVER, NULL, NULL, NULL);
    else if (is_gone(t))
        fill(out, life->born_ds ? MSG_VIEW_SEEN_SINCE : MSG_VIEW_SEEN_BEFORE, born, NULL, NULL);
    else if (t->c->was_state && life->changed_ds)
        fill(out, MSG_VIEW_SEEN_CHANGE, state_name(t->c->was_state), state_name(t->c->state),
             changed);
    else
        fill(out, life->born_ds ? MSG_VIEW_SEEN_SINCE : MSG_VIEW_SEEN_BEFORE, born, NULL, NULL);
}

#define HEAD_LINES 3 /* addresses, seen, blank */

static bool two_columns(const struct overlay_area *a)
{
    return a->inner.w >= TWO_FROM_W;
}

static void draw_head(struct drawing *d, const struct details *t, const struct overlay_area *a,
                      int y, uint32_t line)
{
    struct str local = STR_INIT, remote = STR_INIT;
    char pair[160], words[FILL_SIZE];
    int x = a->inner.x + 1, w = a->inner.w - 2;

    if (line == 0) {
        conn_format_local(t->c, &local);
        conn_format_remote(t->c, &remote);
        snprintf(pair, sizeof pair, "%s %s %s", str_text(&local), direction(t), str_text(&remote));
        state_line(t, words);
        canvas_put(d->c, x, y, w, ROLE_LIVE, pair);
        if (utf8_width(pair) + 2 + utf8_width(words) <= w)
            canvas_put_right(d->c, x + w - utf8_width(words), y, utf8_width(words),
                             is_gone(t) ? ROLE_CLOSED : state_role(t->c->state), words);
    } else if (line == 1) {
        seen_line(t, words);
        canvas_put(d->c, x, y, w, ROLE_DIM, words);
    }
    str_fini(&local);
    str_fini(&remote);
}

static void draw_field(struct drawing *d, const struct field *f, int x, int y, int label_w, int w)
{
    enum role role = strcmp(f->value, FMT_NONE) ? ROLE_TEXT : ROLE_DIM;

    canvas_put(d->c, x, y, label_w - 1, ROLE_DIM, text(f->label));
    canvas_put(d->c, x + label_w, y, w - label_w, role, f->value);
}

static void draw_fields(struct drawing *d, const struct details *t, const struct overlay_area *a,
                        int y, uint32_t i)
{
    int x = a->inner.x + 1, w = a->inner.w - 2;

    if (two_columns(a)) {
        draw_field(d, &t->left[i], x, y, LABEL_W, RIGHT_X - 2);
        draw_field(d, &t->right[i], a->inner.x + RIGHT_X, y, RIGHT_LABEL, w - RIGHT_X + 1);
    } else if (i < FIELDS) {
        draw_field(d, &t->left[i], x, y, LABEL_W, w);
    } else {
        draw_field(d, &t->right[i - FIELDS], x, y, LABEL_W, w);
    }
}

void details_extent(const struct drawing *d, uint32_t *lines, uint32_t *shown)
{
    struct overlay_area a;

    overlay_area(d, &a);
    *lines = HEAD_LINES + (two_columns(&a) ? FIELDS : 2 * FIELDS);
    *shown = a.inner.h < 0 ? 0 : (uint32_t)a.inner.h < *lines ? (uint32_t)a.inner.h : *lines;
}

/* "11 of 305": the row's place among those that the total counts; none for a closed one. */
static void place_of(char out[FILL_SIZE], const struct drawing *d)
{
    char at[FMT_SIZE], of[FMT_SIZE];

    out[0] = '\0';
    if (!d->rows || d->ui->details_place == 0)
        return;
    fmt_count(at, sizeof at, d->ui->details_place);
    fmt_count(of, sizeof of, d->rows->matched_live);
    fill(out, MSG_VIEW_POSITION, at, of, NULL);
}

void draw_details(struct drawing *d)
{
    struct details t;
    struct overlay_area a;
    uint32_t lines, shown, top = d->ui->overlay_top;
    char right[FILL_SIZE];

    make(&t, d);
    overlay_area(d, &a);
    details_extent(d, &lines, &shown);
    if (top > lines - shown)
        top = lines - shown;
    place_of(right, d);
    overlay_frame(d, &a, text(MSG_VIEW_DETAILS_TITLE), right);
    for (uint32_t i = 0; i < shown; i++) {
        int y = a.inner.y + (int)i;

        if (top + i < HEAD_LINES)
            draw_head(d, &t, &a, y, top + i);
        else
            draw_fields(d, &t, &a, y, top + i - HEAD_LINES);
    }
    if (is_gone(&t))
        canvas_paint(d->c, a.inner.x, a.inner.y, a.inner.w, a.inner.h, ROLE_DIM);
}

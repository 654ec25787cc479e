/* SPDX-License-Identifier: MIT */
/* Connections that someone looks at closely, from sample to sample. */
#include "tcptop/model/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcptop/base/clock.h"
#include "tcptop/model/sample_builder.h"

#define NONE       UINT32_MAX
#define NS_PER_DS  (NS_PER_S / 10)
#define PEER_AGAIN 10 /* samples until an other end that was not there is looked for again */

/* An address as IPv6 writes it. */
static void widen(uint8_t wide[16], const struct conn *c, const uint8_t *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(wide, c->family == AF_INET ? mapped : address, sizeof mapped);
    memcpy(wide + 12, c->family == AF_INET ? address : address + 12, 4);
}

static bool same_address(const struct conn *a, const uint8_t *x, const struct conn *b,
                         const uint8_t *y)
{
    uint8_t wide_x[16], wide_y[16];

    widen(wide_x, a, x);
    widen(wide_y, b, y);
    return memcmp(wide_x, wide_y, sizeof wide_x) == 0;
}

bool watch_is_peer(const struct conn *a, const struct conn *b)
{
    return !conn_ends_unknown(a) && !conn_ends_unknown(b) && a->sport == b->dport &&
           a->dport == b->sport && a->sport && a->dport && same_address(a, a->src, b, b->dst) &&
           same_address(a, a->dst, b, b->src);
}

static int64_t wall_of(const struct sample *s, uint32_t when_ds)
{
    return s->wall_ns - (int64_t)(s->now_ds - when_ds) * NS_PER_DS;
}

static void add_change(struct watch *w, unsigned state, int64_t wall_ns)
{
    if (w->n_changes == WATCH_CHANGES) {
        memmove(w->change, w->change + 1, (WATCH_CHANGES - 1) * sizeof *w->change);
        w->n_changes--;
    }
    w->change[w->n_changes++] = (struct watch_change){wall_ns, (uint8_t)state};
}

/* What the join knows of a row that was not watched before. */
static void begin(struct watch *w, const struct sample *s)
{
    const struct row_times *times = &s->times[w->row];
    const struct conn *c = &s->conn[w->row];
    bool is_closed = sample_row_kind(s, w->row) == ROW_CLOSED; /* its last change is its end */

    w->conn = *c;
    if (c->was_state)
        add_change(w, c->was_state, 0);
    if (c->was_state && !is_closed)
        add_change(w, c->state, wall_of(s, times->changed_ds));
    else
        add_change(w, c->state, !c->was_state && times->born_ds ? wall_of(s, times->born_ds) : 0);
}

static void add_point(struct watch *w, const struct sample *s, bool there)
{
    uint32_t slot = (w->head + w->len) % HISTORY_SHOWN;
    struct watch_point *p = &w->point[slot];
    const struct tcp_metrics *metrics = there ? sample_metrics(s, w->row) : NULL;

    *p = (struct watch_point){
        .seq = s->seq, .mono_ns = s->mono_ns, .there = there, .state = w->conn.state};
    if (metrics)
        p->metrics = *metrics;
    if (there && w->conn.state == TCP_STATE_LISTEN) {
        const struct drop_count *drops = drops_find(s, w->row);

        p->queue = w->conn.rqueue;
        p->drops_known = drops != NULL;
        p->drops = drops ? drops->drops : 0;
    }
    if (w->len < HISTORY_SHOWN)
        w->len++;
    else
        w->head = (w->head + 1) % HISTORY_SHOWN;
}

/* The row of the connection is known: what this sample says of it. */
static void follow(struct watch *w, const struct sample *s)
{
    enum row_kind kind = w->row == NONE ? ROW_CLOSED : sample_row_kind(s, w->row);

    if (kind == ROW_CLOSED) {
        if (!w->closed_ns && w->n_changes) /* one that was gone before has no time */
            w->closed_ns = w->row == NONE ? s->wall_ns : wall_of(s, s->times[w->row].changed_ds);
        return;
    }
    if (kind == ROW_LIVE && w->n_changes && w->conn.state != s->conn[w->row].state)
        add_change(w, s->conn[w->row].state, wall_of(s, s->times[w->row].changed_ds));
    w->closed_ns = 0;
    w->conn = s->conn[w->row];
    if (kind != ROW_LIVE || sample_is_dumped(s, w->row)) /* of a carried row nothing new is known */
        add_point(w, s, kind == ROW_LIVE);
}

static uint32_t find_peer(const struct sample *s, const struct watch *w)
{
    uint32_t found = NONE;

    for (uint32_t row = 0; row < s->n_live + s->n_missing; row++) {
        const struct conn *c = &s->conn[row];
        if (row == w->row || !watch_is_peer(&w->conn, c))
            continue;
        if (c->netns == w->conn.netns) /* the nearest one where several namespaces have such */
            return row;
        found = found == NONE ? row : found;
    }
    return found;
}

static void follow_peer(struct watch *w, const struct sample *s)
{
    bool listens = w->conn.state == TCP_STATE_LISTEN || w->conn.flags & CONN_BOUND;

    if (listens || (w->has_peer && w->peer_row == NONE))
        return;
    if (w->has_peer) {
        w->peer_row = sample_find(s, &w->peer, w->peer_row);
    } else if (!w->closed_ns && (!w->peer_asked || s->seq - w->peer_asked >= PEER_AGAIN)) {
        w->peer_asked = s->seq;
        w->peer_row = find_peer(s, w);
    }
    if (w->peer_row == NONE)
        return;
    w->has_peer = true;
    w->peer = s->conn[w->peer_row];
}

static void update(struct watch *w, const struct sample *next, const struct sample *prev,
                   const struct conn *c)
{
    const struct watch *before = prev ? watch_find(prev, c) : NULL;

    if (before) {
        *w = *before;
    } else {
        *w = (struct watch){.conn = *c, .row = 0, .peer_row = NONE};
    }
    if (w->row != NONE || !w->n_changes) /* one that went is not looked for again */
        w->row = sample_find(next, &w->conn, w->row);
    if (w->row != NONE && !w->n_changes)
        begin(w, next);
    follow(w, next);
    follow_peer(w, next);
}

int watch_update(struct sample_builder *b, const struct sample *prev, const struct conn *conns,
                 uint32_t n)
{
    struct sample *next = &b->sample;

    n = n < WATCH_MAX ? n : WATCH_MAX;
    if (n > b->watch_cap) {
        struct watch *larger = realloc(next->watch, n * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        next->watch = larger;
        b->watch_cap = n;
    }
    for (uint32_t i = 0; i < n; i++)
        update(&next->watch[i], next, prev, &conns[i]);
    next->n_watch = n;
    return 0;
}

const struct watch *watch_find(const struct sample *s, const struct conn *c)
{
    for (uint32_t i = 0; i < s->n_watch; i++) {
        if (conn_same(&s->watch[i].conn, c))
            return &s->watch[i];
    }
    return NULL;
}

const struct watch_point *watch_at(const struct watch *w, uint32_t back)
{
    return back < w->len ? &w->point[(w->head + w->len - 1 - back) % HISTORY_SHOWN] : NULL;
}

static bool span_of(const struct watch_point *from, const struct watch_point *to, struct span *span)
{
    if (!from || !to || !from->metrics.valid || !to->metrics.valid)
        return false;
    *span = (struct span){.from = &from->metrics,
                          .to = &to->metrics,
                          .from_state = from->state,
                          .to_state = to->state,
                          .ns = to->mono_ns - from->mono_ns};
    return true;
}

bool watch_span(const struct watch *w, uint32_t back, struct span *span)
{
    return span_of(watch_at(w, back + 1), watch_at(w, back), span);
}

static bool has_figures(const struct watch *w, uint32_t back)
{
    const struct watch_point *p = watch_at(w, back);

    return p && p->metrics.valid;
}

bool watch_whole(const struct watch *w, struct span *span)
{
    uint32_t newest = 0, oldest = w->len;

    while (newest < w->len && !has_figures(w, newest))
        newest++;
    while (oldest > newest && !has_figures(w, oldest - 1))
        oldest--;
    return oldest > newest + 1 && span_of(watch_at(w, oldest - 1), watch_at(w, newest), span);
}

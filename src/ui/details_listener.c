/* SPDX-License-Identifier: MIT */
/* A listener's clients by address, the listeners beside it, and the kernel's settings for it. */
#include "details_listener.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "states.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/top_k.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/doctor/listeners.h"
#include "tcptop/query/column.h"

#define ADDRESSES 4096 /* that are told apart */
#define COUNT_W   8
#define GAP       2

/* Did the connection come by the listener, as far as its ends tell? */
static bool is_client(const struct details *t, const struct conn *c)
{
    return c->sport == t->c->sport && c->state != TCP_STATE_LISTEN && !(c->flags & CONN_BOUND) &&
           c->state < TCP_STATE_COUNT && listeners_takes(t->c, c, false);
}

/* The addresses with the most connections, and how many addresses there are. */
static void find_peers(struct details *t)
{
    struct listener_view *l = &t->listener;
    struct top_k_item top[LISTENER_PEERS];
    struct top_k addresses;
    uint8_t address[16];

    top_k_init(&addresses, sizeof address, ADDRESSES);
    for (uint32_t row = 0; row < t->s->n_live; row++) {
        if (!is_client(t, &t->s->conn[row]))
            continue;
        conn_plain_address(&t->s->conn[row], true, address);
        top_k_count(&addresses, address, row);
    }
    l->n_peers = top_k_best(&addresses, top, LISTENER_PEERS);
    l->addresses = addresses.counts.n;
    l->unknown = addresses.failed;
    l->at_least = addresses.at_least_by > 0;
    for (unsigned i = 0; i < l->n_peers; i++)
        l->peer[i] = (struct listener_peer){.row = top[i].row};
    top_k_fini(&addresses);
}

/* The states of the connections of those addresses. */
static void count_peers(struct details *t)
{
    struct listener_view *l = &t->listener;
    uint8_t known[LISTENER_PEERS][16], address[16];

    for (unsigned i = 0; i < l->n_peers; i++)
        conn_plain_address(&t->s->conn[l->peer[i].row], true, known[i]);
    for (uint32_t row = 0; l->n_peers && row < t->s->n_live; row++) {
        const struct conn *c = &t->s->conn[row];
        unsigned i = 0;

        if (!is_client(t, c))
            continue;
        conn_plain_address(c, true, address);
        while (i < l->n_peers && memcmp(address, known[i], sizeof address) != 0)
            i++;
        if (i < l->n_peers)
            l->peer[i].state[c->state]++;
    }
}

void details_listener_look(struct details *t)
{
    struct listener_view *l = &t->listener;

    for (uint32_t row = 0; row < t->s->n_live; row++) {
        const struct conn *c = &t->s->conn[row];

        if (is_client(t, c))
            l->state[c->state]++;
        if (c->state != TCP_STATE_LISTEN || conn_port_unknown(c, false) ||
            conn_port_unknown(t->c, false) || c->sport != t->c->sport || c->netns != t->c->netns ||
            row == t->row)
            continue;
        if (l->n_others < LISTENER_OTHERS)
            l->other[l->n_others] = row;
        l->n_others++;
    }
    if ((l->unknown = t->s->n_live > LISTENER_ROWS_MAX))
        return;
    find_peers(t);
    count_peers(t);
}

const char *details_listener_reach(const struct conn *c)
{
    static const uint8_t any[16];

    if (conn_is_loopback(c))
        return text(MSG_VIEW_REACH_LOOPBACK);
    if (memcmp(c->src, any, sizeof any) != 0)
        return text(MSG_VIEW_REACH_ONE);
    if (c->family == AF_INET)
        return text(MSG_VIEW_REACH_V4);
    switch (conn_v6only(c)) {
    case V6ONLY_NO:
        return text(MSG_VIEW_REACH_BOTH);
    case V6ONLY_YES:
        return text(MSG_VIEW_REACH_V6);
    case V6ONLY_UNKNOWN:
        break;
    }
    return text(MSG_VIEW_REACH_V6_AT_LEAST);
}

static int shown_peers(const struct listener_view *l)
{
    return l->addresses > l->n_peers ? (int)l->n_peers - 1 : (int)l->n_peers;
}

int details_listener_peers(const struct details *t)
{
    return t->listener.unknown ? 1 : (int)t->listener.n_peers;
}

static void more(const struct details *t, int shown, char out[DETAILS_VALUE])
{
    char count[FMT_SIZE];

    fmt_count(count, sizeof count, t->listener.addresses - (uint32_t)shown);
    draw_fill(out, t->listener.at_least ? MSG_VIEW_PEERS_MORE_AT_LEAST : MSG_VIEW_PEERS_MORE, count,
              NULL, NULL);
}

void details_listener_peer(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    const struct listener_view *l = &t->listener;
    char address[CONN_ADDRESS_SIZE], value[DETAILS_VALUE], number[FMT_SIZE];
    int at = x + DETAILS_LABEL, widest = 0;
    uint64_t count = 0;

    if (i == 0)
        canvas_put(d->c, x, y, DETAILS_LABEL - 1, ROLE_DIM, text(MSG_VIEW_DETAIL_PEERS));
    if (l->unknown) {
        canvas_put(d->c, at, y, 1, ROLE_DIM, FMT_NONE);
        return;
    }
    if (i >= shown_peers(l)) {
        more(t, i, value);
        details_put_cut(d, at, y, w - DETAILS_LABEL, ROLE_DIM, value);
        return;
    }
    for (int j = 0; j < shown_peers(l); j++) {
        finding_address(&t->s->conn[l->peer[j].row], true, address);
        widest = utf8_width(address) > widest ? utf8_width(address) : widest;
    }
    finding_address(&t->s->conn[l->peer[i].row], true, address);
    details_put_cut(d, at, y, w - DETAILS_LABEL, ROLE_TEXT, address);
    at += widest;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        count += l->peer[i].state[state];
    if (at + COUNT_W + GAP >= x + w)
        return;
    canvas_put_right(d->c, at, y, COUNT_W, ROLE_TEXT, fmt_count(number, sizeof number, count));
    at += COUNT_W + GAP;
    states_draw_chips(d->c, at, y, x + w - at, l->peer[i].state,
                      states_chips_form(l->peer[i].state, x + w - at), ROLE_TEXT);
}

int details_listener_others(const struct details *t)
{
    return t->listener.n_others < LISTENER_OTHERS ? (int)t->listener.n_others : LISTENER_OTHERS;
}

void details_listener_other(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    const struct listener_view *l = &t->listener;
    struct str value = STR_INIT;
    char words[DETAILS_VALUE], count[FMT_SIZE];

    if (i == 0)
        canvas_put(d->c, x, y, DETAILS_LABEL - 1, ROLE_DIM, text(MSG_VIEW_DETAIL_SAME_PORT));
    if (i == LISTENER_OTHERS - 1 && l->n_others > LISTENER_OTHERS) {
        fmt_count(count, sizeof count, l->n_others - LISTENER_OTHERS + 1);
        draw_fill(words, MSG_VIEW_HOLDERS_MORE, count, NULL, NULL);
        details_put_cut(d, x + DETAILS_LABEL, y, w - DETAILS_LABEL, ROLE_DIM, words);
        return;
    }
    column_format_local(t->s, &t->s->conn[l->other[i]], &value);
    str_add(&value, "  ");
    column_process_fit(t->s, l->other[i], INT_MAX, &value);
    details_put_cut(d, x + DETAILS_LABEL, y, w - DETAILS_LABEL, ROLE_TEXT, str_text(&value));
    str_fini(&value);
}

void details_listener_settings(const struct details *t, char out[DETAILS_VALUE])
{
    static const enum host_sysctl settings[] = {SYSCTL_SOMAXCONN, SYSCTL_MAX_SYN_BACKLOG,
                                                SYSCTL_SYNCOOKIES, SYSCTL_ABORT_ON_OVERFLOW};
    const struct host *h = t->s ? sample_host(t->s, t->c) : NULL;
    size_t len = 0;
    int64_t value;

    out[0] = '\0';
    for (size_t i = 0; h && i < sizeof settings / sizeof *settings; i++) {
        if (!host_sysctl(h, settings[i], &value))
            continue;
        int n = snprintf(out + len, DETAILS_VALUE - len, "%s%s = %lld", len ? ", " : "",
                         host_sysctl_name(settings[i]), (long long)value);
        len += n > 0 ? (size_t)n : 0;
    }
}

/* SPDX-License-Identifier: MIT */
/* The table IN NUMBERS: what every state is counted by, what only some are, and which lines each
 * state has. A function appends one value, or nothing where it is not known. */
#include "tcptop/explain/numbers.h"

#include <stdio.h>

#include "state_facts.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/doctor/state_age.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/sample_summary.h"
#include "tcptop/explain/typeset.h"

#define AHEAD_S     600 /* what comes next: so far ahead */
#define TIME_WAIT_S 60  /* include/net/tcp.h TCP_TIMEWAIT_LEN */

/* Append a message with its values. */
#define SAY(out, id, ...) fact_fill(out, id, __VA_ARGS__)

/* Every state -------------------------------------------------------------------------------- */

/* How long ago the rows were dumped that a brief sample carries. */
static uint64_t carried_ms(const struct sample *s)
{
    return (uint64_t)(s->mono_ns - s->carried_ns) / NS_PER_MS;
}

/* Since when it is in its state, and when the kernel gives it up. */
static void number_this_one(struct str *out, const struct state_facts *t)
{
    struct state_age age = state_age_of(t->s, t->row_at);
    uint64_t left;

    if (t->s->times)
        SAY(out, age.exact ? MSG_NUMBERS_FOR : MSG_NUMBERS_FOR_AT_LEAST, TIME(age.ms));
    if ((t->state == TCP_STATE_SYN_SENT || t->state == TCP_STATE_SYN_RECV) &&
        tcp_timeouts_left(sample_host(t->s, t->row), t->row, &left)) {
        str_add(out, out->len ? ", " : "");
        SAY(out, MSG_NUMBERS_PRESUMED, TIME(left));
    }
    if (t->row_at < t->s->n_live && !sample_is_dumped(t->s, t->row_at)) {
        str_add(out, out->len ? ", " : "");
        SAY(out, MSG_NUMBERS_SEEN, TIME(carried_ms(t->s)));
    }
}

/* Of a state that the dump of a brief sample left out: how old its rows are. */
static void number_carried(struct str *out, const struct state_facts *t)
{
    SAY(out, MSG_NUMBERS_CARRIED, COUNT(t->state_counts.rows), TIME(carried_ms(t->s)));
}

static void number_share(struct str *out, const struct state_facts *t)
{
    uint32_t count = t->s->count[t->state];

    if (t->s->total > 0)
        SAY(out, MSG_NUMBERS_SHARE_OF, COUNT(count), COUNT(t->s->total),
            live_percent(LIVE, (double)count / t->s->total));
}

static void number_trend(struct str *out, const struct state_facts *t)
{
    double per_s = 0, seconds = 0;
    int64_t change;

    switch (state_facts_trend(t, &per_s, &seconds)) {
    case TREND_UNKNOWN:
        break;
    case TREND_FLAT:
        change = (int64_t)(per_s * seconds + (per_s < 0 ? -0.5 : 0.5));
        if (change)
            SAY(out, MSG_NUMBERS_LITTLE, live_change(LIVE, change), WINDOW(seconds));
        else
            SAY(out, MSG_NUMBERS_FLAT, WINDOW(seconds));
        break;
    case TREND_MOVING:
        SAY(out, per_s > 0 ? MSG_NUMBERS_GROWING : MSG_NUMBERS_DRAINING,
            live_rate(LIVE, (per_s < 0 ? -per_s : per_s) * 60), WINDOW(seconds));
        break;
    }
}

static void number_moves(struct str *out, const struct state_facts *t)
{
    struct state_moves m;

    if (!state_facts_moves(t, &m))
        return;
    if (m.exact)
        SAY(out, MSG_NUMBERS_ENTERED, live_rate(LIVE, m.entered_s), live_rate(LIVE, m.left_s),
            WINDOW(m.seconds));
    else if (m.entered_exact && m.entered_s > 0 && m.left_s > 0)
        SAY(out, MSG_NUMBERS_LEFT_SOME_AT_LEAST, live_rate(LIVE, m.entered_s),
            live_rate_least(LIVE, m.left_s), WINDOW(m.seconds));
    else if (m.entered_exact && m.entered_s > 0)
        SAY(out, MSG_NUMBERS_ENTERED_ALONE, live_rate(LIVE, m.entered_s), WINDOW(m.seconds));
    else if (m.entered_s > 0 && m.left_s > 0)
        SAY(out, MSG_NUMBERS_MOVED_AT_LEAST, live_rate_least(LIVE, m.entered_s),
            live_rate_least(LIVE, m.left_s), WINDOW(m.seconds));
    else if (m.entered_s > 0 || m.left_s > 0) /* "at least 0" says nothing */
        SAY(out, m.entered_s > 0 ? MSG_NUMBERS_ENTERED_AT_LEAST : MSG_NUMBERS_LEFT_AT_LEAST,
            live_rate_least(LIVE, m.entered_s > 0 ? m.entered_s : m.left_s), WINDOW(m.seconds));
}

/* Only what there is: the ages that none has reached are left out. */
static void number_age(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;

    if (!b || b->rows == 0 || (b->ages_vague && b->oldest_ms == 0))
        return;
    SAY(out, b->ages_vague ? MSG_NUMBERS_OLDEST_AT_LEAST : MSG_NUMBERS_OLDEST, TIME(b->oldest_ms));
    for (unsigned i = 0; i < BREAKDOWN_AGES && b->aged[i] > 0; i++) {
        str_add(out, i ? ", " : "; ");
        const bool exact = !b->ages_vague || b->aged[i] == b->rows; /* more than all cannot be */
        SAY(out, exact ? MSG_NUMBERS_OVER : MSG_NUMBERS_OVER_AT_LEAST, COUNT(b->aged[i]),
            live_unmarked_time(LIVE, breakdown_age_s[i]));
    }
}

static void number_next_count(struct str *out, const struct state_facts *t)
{
    double count = t->s->count[t->state], per_s = 0, seconds;
    enum trend trend = state_facts_trend(t, &per_s, &seconds);

    if (trend == TREND_FLAT)
        SAY(out, MSG_NUMBERS_STAYS, COUNT(t->s->count[t->state]));
    else if (trend == TREND_MOVING && count + per_s * AHEAD_S > 0)
        SAY(out, MSG_NUMBERS_THEN, COUNT((uint64_t)(count + per_s * AHEAD_S + 0.5)));
    else if (trend == TREND_MOVING)
        SAY(out, MSG_NUMBERS_THEN_NONE, TIME((uint64_t)(count / -per_s * 1000)));
}

/* One more entry of a list. */
static void add_entry(struct str *out, const char *what, uint32_t count)
{
    str_add(out, out->len ? ", " : "");
    SAY(out, MSG_NUMBERS_ENTRY, what, COUNT(count));
}

static void add_others(struct str *out, enum msg id, uint32_t n)
{
    if (n > 0)
        SAY(out, id, COUNT(n));
}

/* Connections in an accept queue: no process has them yet. */
static uint32_t unaccepted(const struct state_facts *t)
{
    const uint32_t unknown = t->b->ownerless - t->b->hidden, n = t->state_counts.without_inode;

    if (t->state != TCP_STATE_ESTABLISHED && t->state != TCP_STATE_CLOSE_WAIT)
        return 0;
    return n < unknown ? n : unknown;
}

/* Other programs may print only the PID. */
static enum msg process_words(const struct breakdown_process *p)
{
    return p->former ? MSG_NUMBERS_FORMER : *p->name ? MSG_NUMBERS_PROCESS : MSG_NUMBERS_PID;
}

static void number_processes(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;
    char what[BREAKDOWN_NAME + 64], pid[16];

    if (!b || b->n_processes == 0)
        return;
    for (unsigned i = 0; i < b->n_processes; i++) {
        const struct breakdown_process *p = &b->process[i];
        struct str name = STR_INIT;
        snprintf(pid, sizeof pid, "%u", p->pid);
        SAY(&name, process_words(p), *p->name ? p->name : pid, pid);
        snprintf(what, sizeof what, "%s", str_text(&name));
        add_entry(out, what, p->count);
        str_fini(&name);
    }
    add_others(out, MSG_NUMBERS_OTHERS, b->other_processes);
    add_others(out, MSG_NUMBERS_HIDDEN, b->hidden);
    add_others(out, MSG_NUMBERS_UNACCEPTED, unaccepted(t));
    add_others(out, MSG_NUMBERS_OWNERLESS, b->ownerless - b->hidden - unaccepted(t));
}

/* Are there both servers elsewhere, which go by address and port, and clients of servers here,
 * which go by address? */
static bool is_mixed(const struct breakdown_list *peers)
{
    unsigned by_port = 0;

    for (unsigned i = 0; i < peers->n; i++)
        by_port += peers->entry[i].by_port;
    return by_port && by_port < peers->n;
}

/* Beside 10.0.0.1:5432 a 10.0.0.1 would seem to be all of it, so it is said to be the client. */
static void name_peer(struct str *out, const struct breakdown_list *peers, unsigned i)
{
    const struct conn *c = &peers->entry[i].conn;
    char address[LIVE_SIZE];

    if (peers->entry[i].by_port)
        str_add(out, live_remote(address, c));
    else if (is_mixed(peers))
        SAY(out, MSG_NUMBERS_CLIENT, live_address(address, c, true));
    else
        str_add(out, live_address(address, c, true));
}

static void number_peers(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;

    for (unsigned i = 0; b && i < b->peers.n; i++) {
        struct str what = STR_INIT;
        name_peer(&what, &b->peers, i);
        add_entry(out, str_text(&what), b->peers.entry[i].count);
        str_fini(&what);
    }
    if (b && b->peers.at_least)
        SAY(out, MSG_NUMBERS_AND_MORE, NULL);
    else if (b)
        add_others(out, MSG_NUMBERS_OTHERS, b->peers.distinct - b->peers.n);
}

static void number_ports(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;

    for (unsigned i = 0; b && i < b->ports.n; i++) {
        const struct conn *c = &b->ports.entry[i].conn;
        bool local = !b->ports.entry[i].by_port;
        struct str what = STR_INIT;
        SAY(&what, local ? MSG_NUMBERS_LOCAL_PORT : MSG_NUMBERS_REMOTE_PORT,
            live_port(LIVE, local ? c->sport : c->dport));
        add_entry(out, str_text(&what), b->ports.entry[i].count);
        str_fini(&what);
    }
    if (b)
        add_others(out, MSG_NUMBERS_OTHERS, b->ports.distinct - b->ports.n);
}

/* Which settings of the kernel bear on the state. */
static const char *const settings[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] = "[{somaxconn}, ][{tcp_abort_on_overflow}]",
    [TCP_STATE_SYN_SENT] = "[{tcp_syn_retries}, ][{tcp_syn_linear_timeouts}]",
    [TCP_STATE_SYN_RECV] = "[{tcp_synack_retries}, ][{tcp_syncookies}]",
    [TCP_STATE_ESTABLISHED] = "[{tcp_retries2}, ][{tcp_keepalive_time}]",
    [TCP_STATE_CLOSE_WAIT] = "[{tcp_keepalive_time}]",
    [TCP_STATE_LAST_ACK] = "[{tcp_orphan_retries}, ][{tcp_retries2}, ][{tcp_max_orphans}]",
    [TCP_STATE_FIN_WAIT1] = "[{tcp_orphan_retries}, ][{tcp_retries2}, ][{tcp_max_orphans}]",
    [TCP_STATE_FIN_WAIT2] = "[{tcp_fin_timeout}]",
    [TCP_STATE_CLOSING] = "[{tcp_orphan_retries}, ][{tcp_retries2}, ][{tcp_max_orphans}]",
    [TCP_STATE_TIME_WAIT] = "[{tcp_tw_reuse}: {tw_reuse}, ][{tcp_max_tw_buckets}, ]",
};

static void add_range(struct str *out, const struct host *h)
{
    int64_t low, high;
    char bounds[LIVE_SIZE];

    if (!host_sysctl(h, SYSCTL_PORT_LOW, &low) || !host_sysctl(h, SYSCTL_PORT_HIGH, &high))
        return;
    snprintf(bounds, sizeof bounds, MARK_LIVE "%d–%d" MARK_END, (int)low, (int)high);
    str_addf(out, "%s%s" NBSP "=" NBSP "%s", out->len ? ", " : "",
             host_sysctl_name(SYSCTL_PORT_LOW), bounds);
}

static void number_kernel(struct str *out, const struct state_facts *t)
{
    const struct host *h = t->row ? sample_host(t->s, t->row) : &t->s->host;

    if (settings[t->state])
        expand(out, settings[t->state], h);
    if (out->len > 2 && str_text(out)[out->len - 1] == ' ') /* nothing came behind the comma */
        str_truncate(out, out->len - 2);
    if (t->state == TCP_STATE_TIME_WAIT || t->state == TCP_STATE_BOUND_INACTIVE ||
        t->state == TCP_STATE_SYN_SENT)
        add_range(out, h);
}

/* Some states -------------------------------------------------------------------------------- */

static bool counter_rate(const struct state_facts *t, enum host_counter which, char out[LIVE_SIZE],
                         double *seconds)
{
    uint64_t by;

    if (!state_facts_grown(t, which, &by, seconds))
        return false;
    live_rate(out, (double)by / *seconds);
    return true;
}

/* The kernel counts each. */
static void number_opens(struct str *out, const struct state_facts *t)
{
    char active[LIVE_SIZE], passive[LIVE_SIZE];
    double seconds;

    if (counter_rate(t, COUNTER_ACTIVE_OPENS, active, &seconds) &&
        counter_rate(t, COUNTER_PASSIVE_OPENS, passive, &seconds))
        SAY(out, MSG_NUMBERS_OPENS, active, passive, WINDOW(seconds));
}

static void number_resets(struct str *out, const struct state_facts *t)
{
    char resets[LIVE_SIZE], failed[LIVE_SIZE];
    double seconds;

    if (counter_rate(t, COUNTER_ESTAB_RESETS, resets, &seconds) &&
        counter_rate(t, COUNTER_ATTEMPT_FAILS, failed, &seconds))
        SAY(out, MSG_NUMBERS_RESETS, resets, failed, WINDOW(seconds));
}

/* In FIN_WAIT2 only those without a process have an end. */
static void number_left(struct str *out, const struct state_facts *t)
{
    bool orphans = t->state == TCP_STATE_FIN_WAIT2;
    const struct breakdown *b = t->b;

    if (!b || b->close_event == 0)
        return;
    if (b->first_end_ms / 1000 == b->last_end_ms / 1000)
        SAY(out, orphans ? MSG_NUMBERS_ORPHANS_END_ALL : MSG_NUMBERS_ENDS_ALL,
            TIME(b->first_end_ms), COUNT(b->close_event));
    else
        SAY(out, orphans ? MSG_NUMBERS_ORPHANS_END : MSG_NUMBERS_ENDS, TIME(b->first_end_ms),
            TIME(b->last_end_ms), COUNT(b->close_event));
}

/* As many as are closed in the time that each stays. */
static void number_next_waits(struct str *out, const struct state_facts *t)
{
    struct state_moves m;
    char rate[LIVE_SIZE];

    if (t->window_s < TREND_MIN_S || !state_facts_moves(t, &m) || !m.exact)
        return;
    /* what is shown multiplies to the count that is shown */
    const int digits = m.entered_s < 10 ? 2 : m.entered_s < 100 ? 1 : 0;
    const double unit = digits == 2 ? 100 : digits ? 10 : 1;
    const double shown = (double)(uint64_t)(m.entered_s * unit + 0.5) / unit;
    if (digits)
        snprintf(rate, sizeof rate, MARK_LIVE "%.*f" MARK_END, digits, shown);
    else
        live_count(rate, (uint64_t)shown);
    SAY(out, MSG_NUMBERS_CLOSINGS, rate, COUNT((uint64_t)(shown * TIME_WAIT_S + 0.5)));
}

static void number_next_end(struct str *out, const struct state_facts *t)
{
    enum host_sysctl which =
        t->state == TCP_STATE_SYN_SENT ? SYSCTL_SYN_RETRIES : SYSCTL_SYNACK_RETRIES;

    if (!t->b || t->b->close_event == 0)
        return;
    if (t->b->first_end_ms / 1000 == t->b->last_end_ms / 1000)
        SAY(out, MSG_NUMBERS_GIVES_UP_ALL, TIME(t->b->first_end_ms), host_sysctl_name(which));
    else
        SAY(out, MSG_NUMBERS_GIVES_UP, TIME(t->b->first_end_ms), TIME(t->b->last_end_ms),
            host_sysctl_name(which));
}

/* When the kernel gives up orphans: those without an answer, and those whose peer answers with a
 * shut window. */
static void number_next_orphans(struct str *out, const struct state_facts *t)
{
    const struct host *h = t->row ? sample_host(t->s, t->row) : &t->s->host;
    uint64_t seconds;

    if (!t->b || t->state_counts.without_inode == 0 || !tcp_timeouts_orphan(h, &seconds))
        return;
    SAY(out, MSG_NUMBERS_ORPHANS_GIVEN_UP, TIME(seconds * 1000), COUNT(t->b->most_repeats));
    if (t->state_counts.shut && tcp_timeouts_orphan_window(h, &seconds))
        SAY(out, MSG_NUMBERS_ORPHANS_SHUT, TIME(seconds * 1000));
}

static void number_queues(struct str *out, const struct state_facts *t)
{
    for (unsigned i = 0; t->b && i < t->b->n_queues; i++) {
        const struct breakdown_queue *q = &t->b->queue[i];
        str_add(out, i ? ", " : "");
        SAY(out, q->length > q->limit ? MSG_NUMBERS_QUEUE_FULL : MSG_NUMBERS_QUEUE,
            live_port(LIVE, q->port), COUNT(q->length), COUNT(q->limit));
    }
    if (t->b && t->b->n_queues && t->b->ports.distinct > t->b->n_queues)
        add_others(out, MSG_NUMBERS_OTHERS, t->b->ports.distinct - t->b->n_queues);
}

static void number_overflows(struct str *out, const struct state_facts *t)
{
    uint64_t overflows, drops;
    double seconds;

    if (state_facts_grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows, &seconds) &&
        state_facts_grown(t, COUNTER_LISTEN_DROPS, &drops, &seconds))
        SAY(out, MSG_NUMBERS_OVERFLOWED, COUNT(overflows), COUNT(drops), WINDOW(seconds));
}

static void number_cookies(struct str *out, const struct state_facts *t)
{
    uint64_t sent, dropped;
    double seconds;

    if (state_facts_grown(t, COUNTER_SYNCOOKIES_SENT, &sent, &seconds) &&
        state_facts_grown(t, COUNTER_REQQ_FULL_DROP, &dropped, &seconds))
        SAY(out, MSG_NUMBERS_COOKIES_SENT, COUNT(sent), COUNT(dropped), WINDOW(seconds));
}

static void number_repeats(struct str *out, const struct state_facts *t)
{
    static const enum msg kinds[BREAKDOWN_REPEATS] = {MSG_NUMBERS_REPEATS_0, MSG_NUMBERS_REPEATS_1,
                                                      MSG_NUMBERS_REPEATS_3, MSG_NUMBERS_REPEATS_6};

    for (unsigned i = 0; t->b && i < BREAKDOWN_REPEATS; i++) {
        if (t->b->repeats[i] == 0)
            continue;
        str_add(out, out->len ? ", " : "");
        SAY(out, kinds[i], COUNT(t->b->repeats[i]));
    }
}

static void number_received(struct str *out, const struct state_facts *t)
{
    if (t->b && t->b->received.rows > 0)
        SAY(out, MSG_NUMBERS_UNREAD, COUNT(t->b->received.rows),
            live_bytes(LIVE, t->b->received.bytes));
    else if (t->b && t->b->rows > 0 && t->b->queues == t->b->rows)
        SAY(out, MSG_NUMBERS_ALL_READ, NULL);
    if (t->b && t->b->fin_unread > 0)
        SAY(out, MSG_NUMBERS_FIN_ONLY, COUNT(t->b->fin_unread));
}

static void number_sent(struct str *out, const struct state_facts *t)
{
    if (!t->b || t->b->rows == 0)
        return;
    if (t->b->sent.rows > 0)
        SAY(out, MSG_NUMBERS_UNACKED, COUNT(t->b->sent.rows), live_bytes(LIVE, t->b->sent.bytes));
    else if (t->b->queues == t->b->rows)
        SAY(out, MSG_NUMBERS_ALL_ACKED, NULL);
    if (t->b->fin_only > 0)
        SAY(out, MSG_NUMBERS_FIN_ONLY, COUNT(t->b->fin_only));
}

/* How much of its open files the process with most of them has here. */
static void number_files(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;
    char pid[16];

    if (!b || b->files_max == 0)
        return;
    snprintf(pid, sizeof pid, "%u", b->process[0].pid);
    SAY(out, MSG_NUMBERS_FILES_OF, b->process[0].name, pid, COUNT(b->process[0].count),
        COUNT(b->files_max),
        live_percent(LIVE, (double)b->process[0].count / (double)b->files_max));
}

static void number_idle(struct str *out, const struct state_facts *t)
{
    if (!t->b || t->b->rows == 0)
        return;
    if (t->b->timers == t->b->rows)
        SAY(out, MSG_NUMBERS_IDLING, COUNT(t->state_counts.idle), COUNT(t->b->keepalive));
    if (t->b->timers == t->b->rows && t->b->silent == t->b->rows)
        SAY(out, MSG_NUMBERS_SILENCE, TIME(t->b->silence_ms));
}

/* Towards the destination that has most; on a server's end none is used. */
static void number_ephemeral(struct str *out, const struct state_facts *t)
{
    const struct active_close *c = t->active_close;
    const struct conn *peer;

    if (!c->range_known)
        return;
    if (c->peer == UINT32_MAX) {
        SAY(out, MSG_NUMBERS_NO_PORTS, COUNT(0), COUNT(c->range));
        return;
    }
    peer = &t->s->conn[c->peer];
    SAY(out, MSG_NUMBERS_PORTS_USED, COUNT(c->peer_ports), COUNT(c->range),
        live_address(LIVE, peer, false), live_remote(LIVE, peer));
}

static void number_table(struct str *out, const struct state_facts *t)
{
    uint64_t used, overflows;
    double seconds;
    int64_t limit;

    if (!host_sysctl(&t->s->host, SYSCTL_MAX_TW_BUCKETS, &limit) || limit <= 0)
        return;
    const bool all = host_gauge(&t->s->host, GAUGE_TW, &used);
    if (!all)
        used = t->s->count[TCP_STATE_TIME_WAIT];
    SAY(out, MSG_NUMBERS_OF_LIMIT, COUNT(used), COUNT((uint64_t)limit),
        live_percent(LIVE, (double)used / (double)limit));
    if (all && used > t->s->count[TCP_STATE_TIME_WAIT] && t->s->count[TCP_STATE_FIN_WAIT2])
        SAY(out, MSG_NUMBERS_TABLE_ORPHANS, NULL);
    if (state_facts_grown(t, COUNTER_TW_OVERFLOW, &overflows, &seconds))
        SAY(out, MSG_NUMBERS_TABLE_OVERFLOWS, COUNT(overflows), WINDOW(seconds));
}

/* The whole host's: the limit is one for all namespaces. */
static void number_orphans(struct str *out, const struct state_facts *t)
{
    uint64_t used;
    int64_t limit;

    if (host_gauge(&t->s->host, GAUGE_ORPHAN, &used) &&
        host_sysctl(&t->s->host, SYSCTL_MAX_ORPHANS, &limit) && limit > 0)
        SAY(out, MSG_NUMBERS_OF_LIMIT, COUNT(used), COUNT((uint64_t)limit),
            live_percent(LIVE, (double)used / (double)limit));
}

/* The table ---------------------------------------------------------------------------------- */

/* A line of the table, and for which states. */
struct line {
    enum msg label;
    void (*add)(struct str *out, const struct state_facts *t);
    uint32_t states;
};

#define BIT(state) STATE_BIT(TCP_STATE_##state)
#define LISTED     (STATE_MASK_LISTED & ~BIT(CLOSE))
#define BOTH_ENDS  (LISTED & ~BIT(LISTEN))
#define UNFINISHED (BIT(FIN_WAIT1) | BIT(LAST_ACK) | BIT(CLOSING))

static const struct line lines[] = {
    {MSG_NUMBERS_SHARE, number_share, LISTED | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_TREND, number_trend, LISTED | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_MOVES, number_moves, BOTH_ENDS & ~BIT(ESTABLISHED)},
    {MSG_NUMBERS_MOVES, number_opens, BIT(ESTABLISHED)},
    {MSG_NUMBERS_MOVES, number_resets, BIT(CLOSE)},
    {MSG_NUMBERS_AGE, number_age, (LISTED & ~BIT(TIME_WAIT)) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_LEFT, number_left, BIT(TIME_WAIT) | BIT(FIN_WAIT2)},
    {MSG_NUMBERS_NEXT, number_next_waits, BIT(TIME_WAIT)},
    {MSG_NUMBERS_NEXT, number_next_count, BIT(ESTABLISHED) | BIT(CLOSE_WAIT) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_NEXT, number_next_end, BIT(SYN_SENT) | BIT(SYN_RECV)},
    {MSG_NUMBERS_NEXT, number_next_orphans, UNFINISHED},
    {MSG_NUMBERS_QUEUES, number_queues, BIT(LISTEN)},
    {MSG_NUMBERS_OVERFLOWS, number_overflows, BIT(LISTEN)},
    {MSG_NUMBERS_BACKLOG, number_queues, BIT(SYN_RECV)},
    {MSG_NUMBERS_COOKIES, number_cookies, BIT(SYN_RECV)},
    {MSG_NUMBERS_REPEATS, number_repeats, BIT(SYN_SENT) | BIT(SYN_RECV) | UNFINISHED},
    {MSG_NUMBERS_RECEIVED, number_received, BIT(ESTABLISHED) | BIT(CLOSE_WAIT)},
    {MSG_NUMBERS_SENT, number_sent, BIT(ESTABLISHED) | BIT(CLOSE_WAIT) | UNFINISHED},
    {MSG_NUMBERS_FILES, number_files, BIT(CLOSE_WAIT)},
    {MSG_NUMBERS_IDLE, number_idle, BIT(ESTABLISHED)},
    {MSG_NUMBERS_EPHEMERAL, number_ephemeral, BIT(TIME_WAIT)},
    {MSG_NUMBERS_TABLE, number_table, BIT(TIME_WAIT)},
    {MSG_NUMBERS_ORPHANS, number_orphans, UNFINISHED},
    {MSG_NUMBERS_PROCESSES, number_processes, (LISTED & ~BIT(SYN_RECV)) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_PEERS, number_peers, BOTH_ENDS},
    {MSG_NUMBERS_PORTS, number_ports, BOTH_ENDS | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_KERNEL, number_kernel, LISTED | BIT(BOUND_INACTIVE)},
};

#define LINES (sizeof lines / sizeof *lines)

static void add_line(struct str *out, enum msg label, const struct str *value)
{
    str_addf(out, "%s%s\t%s", out->len ? "\n" : "", text(label),
             value->len ? str_text(value) : FMT_NONE);
    out->failed = out->failed || value->failed;
}

static void add_lines(struct str *out, const struct state_facts *t)
{
    struct str value = STR_INIT;

    if (t->row) {
        number_this_one(&value, t);
        add_line(out, MSG_NUMBERS_THIS_ONE, &value);
    }
    if (t->s->left_out & STATE_BIT(t->state)) {
        str_clear(&value);
        number_carried(&value, t);
        add_line(out, MSG_NUMBERS_ROWS, &value);
    }
    for (size_t i = 0; i < LINES; i++) {
        if (!(lines[i].states & STATE_BIT(t->state)))
            continue;
        str_clear(&value);
        lines[i].add(&value, t);
        add_line(out, lines[i].label, &value);
    }
    str_fini(&value);
}

void numbers_add(struct str *out, const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;
    struct sample_summary summary;
    struct state_facts t;

    if (!subject->breakdown || !state_facts_known(subject) ||
        (subject->state == TCP_STATE_BOUND_INACTIVE && !(s->needs & NEED_BOUND)))
        return;
    if (!subject->summary)
        sample_summary_make(&summary, s);
    state_facts_init(&t, subject, subject->summary ? subject->summary : &summary);
    add_lines(out, &t);
}

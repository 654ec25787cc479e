/* What every state is counted by. */
#include <stdio.h>

#include "numbers_parts.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/typeset.h"

#define AHEAD_S 600 /* what comes next: so far ahead */

/* How the count changed over the window. FLAT: by less than a quarter of its maximum, what the
 * sparkline draws as flat. */
enum trend { TREND_UNKNOWN, TREND_FLAT, TREND_MOVING };

static enum trend trend_of(const struct state_facts *t, double *per_s)
{
    const struct history *h = &t->s->history;
    int64_t change;

    if (history_span_s(h, HISTORY_SHOWN) < TREND_MIN_S ||
        !history_change(h, t->state, HISTORY_SHOWN, &change))
        return TREND_UNKNOWN;
    *per_s = (double)change / t->window_s;
    return (change < 0 ? -change : change) * 4 <= (int64_t)history_max(h, t->state, HISTORY_SHOWN)
               ? TREND_FLAT
               : TREND_MOVING;
}

/* Since when it is in its state, and when the kernel gives it up. */
void number_this_one(struct str *out, const struct state_facts *t)
{
    const struct row_times *times = t->s->times ? &t->s->times[t->row - t->s->conn] : NULL;
    uint64_t left;

    if (times)
        SAY(out, times->changed_ds ? MSG_NUMBERS_FOR : MSG_NUMBERS_FOR_AT_LEAST,
            TIME(UINT64_C(100) * (t->s->now_ds - times->changed_ds)));
    if ((t->state == TCP_STATE_SYN_SENT || t->state == TCP_STATE_SYN_RECV) &&
        tcp_timeouts_left(sample_host(t->s, t->row), t->row, &left)) {
        str_add(out, out->len ? ", " : "");
        SAY(out, MSG_NUMBERS_PRESUMED, TIME(left));
    }
}

void number_share(struct str *out, const struct state_facts *t)
{
    uint32_t count = t->s->count[t->state];

    if (t->s->total > 0)
        SAY(out, MSG_NUMBERS_SHARE_OF, COUNT(count), COUNT(t->s->total),
            live_percent(LIVE, (double)count / t->s->total));
}

void number_trend(struct str *out, const struct state_facts *t)
{
    double per_s = 0;

    switch (trend_of(t, &per_s)) {
    case TREND_UNKNOWN:
        break;
    case TREND_FLAT:
        SAY(out, MSG_NUMBERS_FLAT, t->window);
        break;
    case TREND_MOVING:
        SAY(out, per_s > 0 ? MSG_NUMBERS_GROWING : MSG_NUMBERS_DRAINING,
            live_rate(LIVE, (per_s < 0 ? -per_s : per_s) * 60, false));
        break;
    }
}

void number_moves(struct str *out, const struct state_facts *t)
{
    struct facts_moves m;

    if (facts_moves(t, &m))
        SAY(out, m.exact ? MSG_NUMBERS_ENTERED : MSG_NUMBERS_ENTERED_AT_LEAST,
            live_rate(LIVE, m.entered_s, false), live_rate(LIVE, m.left_s, false));
}

/* Only what there is: the ages that none has reached are left out. */
void number_age(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;

    if (!b || b->rows == 0)
        return;
    SAY(out, b->ages_vague ? MSG_NUMBERS_OLDEST_AT_LEAST : MSG_NUMBERS_OLDEST, TIME(b->oldest_ms));
    for (unsigned i = 0; i < BREAKDOWN_AGES && b->aged[i] > 0; i++) {
        str_add(out, i ? ", " : "; ");
        SAY(out,
            !b->ages_vague ? MSG_NUMBERS_OVER
            : i            ? MSG_NUMBERS_OVER_TOO
                           : MSG_NUMBERS_OVER_AT_LEAST,
            COUNT(b->aged[i]), plain_time(LIVE, breakdown_age_s[i]));
    }
}

void number_next_count(struct str *out, const struct state_facts *t)
{
    double count = t->s->count[t->state], per_s = 0;
    enum trend trend = trend_of(t, &per_s);

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

void number_processes(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;
    char what[BREAKDOWN_NAME + 64], pid[16];

    if (!b || b->n_processes == 0)
        return;
    for (unsigned i = 0; i < b->n_processes; i++) {
        const struct breakdown_process *p = &b->process[i];
        struct str name = STR_INIT;
        snprintf(pid, sizeof pid, "%u", p->pid);
        SAY(&name, p->former ? MSG_NUMBERS_FORMER : MSG_NUMBERS_PROCESS, p->name, pid);
        snprintf(what, sizeof what, "%s", str_text(&name));
        add_entry(out, what, p->count);
        str_fini(&name);
    }
    add_others(out, MSG_NUMBERS_OTHERS, b->other_processes);
    add_others(out, MSG_NUMBERS_OWNERLESS, b->ownerless);
}

/* A peer of a server here has many ports, so it goes by its address. */
static void name_peer(char out[LIVE_SIZE], const struct breakdown *b, unsigned i)
{
    const struct conn *c = &b->peers.entry[i].conn;

    if (b->peers.entry[i].by_port)
        live_remote(out, c);
    else
        live_address(out, c, true);
}

void number_peers(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;
    char what[LIVE_SIZE];

    for (unsigned i = 0; b && i < b->peers.n; i++) {
        name_peer(what, b, i);
        add_entry(out, what, b->peers.entry[i].count);
    }
    if (b && b->peers.at_least)
        SAY(out, MSG_NUMBERS_AND_MORE, NULL);
    else if (b)
        add_others(out, MSG_NUMBERS_OTHERS, b->peers.distinct - b->peers.n);
}

void number_ports(struct str *out, const struct state_facts *t)
{
    const struct breakdown *b = t->b;

    for (unsigned i = 0; b && i < b->ports.n; i++) {
        const struct conn *c = &b->ports.entry[i].conn;
        bool local = !b->ports.entry[i].by_port;
        struct str what = STR_INIT;
        SAY(&what, local ? MSG_NUMBERS_LOCAL_PORT : MSG_NUMBERS_FOREIGN_PORT,
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
    [TCP_STATE_FIN_WAIT2] = "[{tcp_fin_timeout}, ][{tcp_max_orphans}]",
    [TCP_STATE_CLOSING] = "[{tcp_orphan_retries}, ][{tcp_retries2}, ][{tcp_max_orphans}]",
    [TCP_STATE_TIME_WAIT] = "[{tcp_tw_reuse}: {tw_reuse}, ][{tcp_max_tw_buckets}, ]",
};

static void add_range(struct str *out, const struct host *h)
{
    int64_t low, high;
    char bounds[LIVE_SIZE];

    if (!host_sysctl(h, SYSCTL_PORT_LOW, &low) || !host_sysctl(h, SYSCTL_PORT_HIGH, &high))
        return;
    snprintf(bounds, sizeof bounds, MARK_LIVE "%d" NBSP "%d" MARK_END, (int)low, (int)high);
    str_addf(out, "%s%s" NBSP "=" NBSP "%s", out->len ? ", " : "",
             host_sysctl_name(SYSCTL_PORT_LOW), bounds);
}

void number_kernel(struct str *out, const struct state_facts *t)
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

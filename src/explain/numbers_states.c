/* What only some states are counted by. */
#include <stdio.h>

#include "numbers_parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/typeset.h"

#define TIME_WAIT_S 60 /* include/net/tcp.h TCP_TIMEWAIT_LEN */

static bool counter_rate(const struct state_facts *t, enum host_counter which, char out[LIVE_SIZE])
{
    double per_s;

    if (!history_rate(&t->s->history, which, HISTORY_SHOWN, &per_s))
        return false;
    live_rate(out, per_s, false);
    return true;
}

/* The kernel counts each. */
void number_opens(struct str *out, const struct state_facts *t)
{
    char active[LIVE_SIZE], passive[LIVE_SIZE];

    if (counter_rate(t, COUNTER_ACTIVE_OPENS, active) &&
        counter_rate(t, COUNTER_PASSIVE_OPENS, passive))
        SAY(out, MSG_NUMBERS_OPENS, active, passive);
}

void number_resets(struct str *out, const struct state_facts *t)
{
    char resets[LIVE_SIZE], failed[LIVE_SIZE];

    if (counter_rate(t, COUNTER_ESTAB_RESETS, resets) &&
        counter_rate(t, COUNTER_ATTEMPT_FAILS, failed))
        SAY(out, MSG_NUMBERS_RESETS, resets, failed);
}

/* In FIN_WAIT2 only orphans have an end. */
void number_left(struct str *out, const struct state_facts *t)
{
    bool orphans = t->state == TCP_STATE_FIN_WAIT2;
    const struct breakdown *b = t->b;

    if (!b || b->close_event == 0)
        return;
    if (b->first_end_ms / 1000 == b->last_end_ms / 1000)
        SAY(out, orphans ? MSG_NUMBERS_ORPHANS_END_ALL : MSG_NUMBERS_ENDS_ALL,
            TIME(b->first_end_ms));
    else
        SAY(out, orphans ? MSG_NUMBERS_ORPHANS_END : MSG_NUMBERS_ENDS, TIME(b->first_end_ms),
            TIME(b->last_end_ms));
}

/* As many as are closed in the time that each stays. */
void number_next_waits(struct str *out, const struct state_facts *t)
{
    struct facts_moves m;
    char rate[LIVE_SIZE];

    if (t->window_s < TREND_MIN_S || !facts_moves(t, &m) || !m.exact)
        return;
    if (m.entered_s < 1) /* a tenth would not multiply to what is told */
        snprintf(rate, sizeof rate, MARK_LIVE "%.2f" MARK_END, m.entered_s);
    else
        live_rate(rate, m.entered_s, false);
    SAY(out, MSG_NUMBERS_CLOSINGS, rate, COUNT((uint64_t)(m.entered_s * TIME_WAIT_S + 0.5)));
}

void number_next_end(struct str *out, const struct state_facts *t)
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

/* An orphan is given up after so many repeats without an answer. */
void number_next_orphans(struct str *out, const struct state_facts *t)
{
    uint64_t retries;

    if (tcp_timeouts_orphan_retries(&t->s->host, &retries) && t->b)
        SAY(out, MSG_NUMBERS_ORPHAN_REPEATS, COUNT(retries), COUNT(t->b->most_repeats));
}

void number_queues(struct str *out, const struct state_facts *t)
{
    for (unsigned i = 0; t->b && i < t->b->n_queues; i++) {
        const struct breakdown_queue *q = &t->b->queue[i];
        str_add(out, i ? ", " : "");
        SAY(out, MSG_NUMBERS_QUEUE, live_port(LIVE, q->port), COUNT(q->length), COUNT(q->limit));
    }
}

void number_overflows(struct str *out, const struct state_facts *t)
{
    uint64_t overflows, drops;

    if (facts_grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows) &&
        facts_grown(t, COUNTER_LISTEN_DROPS, &drops))
        SAY(out, MSG_NUMBERS_OVERFLOWED, COUNT(overflows), COUNT(drops), t->window);
}

void number_cookies(struct str *out, const struct state_facts *t)
{
    uint64_t sent, dropped;

    if (facts_grown(t, COUNTER_SYNCOOKIES_SENT, &sent) &&
        facts_grown(t, COUNTER_REQQ_FULL_DROP, &dropped))
        SAY(out, MSG_NUMBERS_COOKIES_SENT, COUNT(sent), COUNT(dropped), t->window);
}

void number_repeats(struct str *out, const struct state_facts *t)
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

void number_received(struct str *out, const struct state_facts *t)
{
    if (t->b && t->b->received.rows > 0)
        SAY(out, MSG_NUMBERS_UNREAD, COUNT(t->b->received.rows),
            live_bytes(LIVE, t->b->received.bytes));
    else if (t->b && t->b->rows > 0)
        SAY(out, MSG_NUMBERS_ALL_READ, NULL);
}

void number_sent(struct str *out, const struct state_facts *t)
{
    if (!t->b || t->b->rows == 0)
        return;
    if (t->b->sent.rows > 0)
        SAY(out, MSG_NUMBERS_UNACKED, COUNT(t->b->sent.rows), live_bytes(LIVE, t->b->sent.bytes));
    else
        SAY(out, MSG_NUMBERS_ALL_ACKED, NULL);
    if (t->b->fin_only > 0)
        SAY(out, MSG_NUMBERS_FIN_ONLY, COUNT(t->b->fin_only));
}

/* How much of its open files the process with most of them has here. */
void number_files(struct str *out, const struct state_facts *t)
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

void number_idle(struct str *out, const struct state_facts *t)
{
    if (!t->b || t->b->rows == 0)
        return;
    SAY(out, MSG_NUMBERS_IDLING, COUNT(t->state_counts.idle), COUNT(t->b->keepalive));
    if (t->b->silent == t->b->rows)
        SAY(out, MSG_NUMBERS_SILENCE, TIME(t->b->silence_ms));
}

/* Towards the destination that has most; on a server's end none is used. */
void number_ephemeral(struct str *out, const struct state_facts *t)
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

void number_table(struct str *out, const struct state_facts *t)
{
    uint64_t used, overflows;
    int64_t limit;

    if (!host_sysctl(&t->s->host, SYSCTL_MAX_TW_BUCKETS, &limit) || limit <= 0)
        return;
    if (!host_gauge(&t->s->host, GAUGE_TW, &used))
        used = t->s->count[TCP_STATE_TIME_WAIT];
    SAY(out, MSG_NUMBERS_OF_LIMIT, COUNT(used), COUNT((uint64_t)limit),
        live_percent(LIVE, (double)used / (double)limit));
    if (facts_grown(t, COUNTER_TW_OVERFLOW, &overflows))
        SAY(out, MSG_NUMBERS_TABLE_OVERFLOWS, COUNT(overflows));
}

/* The whole host's: the limit is one for all namespaces. */
void number_orphans(struct str *out, const struct state_facts *t)
{
    uint64_t used;
    int64_t limit;

    if (host_gauge(&t->s->host, GAUGE_ORPHAN, &used) &&
        host_sysctl(&t->s->host, SYSCTL_MAX_ORPHANS, &limit) && limit > 0)
        SAY(out, MSG_NUMBERS_OF_LIMIT, COUNT(used), COUNT((uint64_t)limit),
            live_percent(LIVE, (double)used / (double)limit));
}

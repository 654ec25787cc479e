/* From counts to facts and a verdict, one function per state. A verdict says WATCH only where the
 * sample itself is the evidence; what takes the process or several samples is for diagnoses. */
#include "tcptop/explain/evidence.h"

#include <string.h>

#include "tcptop/explain/closers.h"
#include "tcptop/explain/facts.h"
#include "tcptop/explain/tally.h"
#include "tcptop/explain/typeset.h"

/* Where we draw lines; judgement, not standard. */
#define PORTS_WATCH   0.5
#define PORTS_PROBLEM 0.9
#define AGAIN_WATCH   0.01 /* of segments sent again */
#define AGAIN_MIN     1000 /* segments; with fewer the share says nothing */
#define ORPHANS_WATCH 1000
#define RATE_MIN      0.1 /* per second; below, a change is said as a number */

struct teller {
    struct evidence *e;
    const struct snapshot *s;
    unsigned state;
    const struct conn *row; /* the selected connection, NULL: none in this state */
    struct tally tally;
    double window_s;        /* seconds the last samples stand for, 0: only one sample */
    char window[LIVE_SIZE]; /* the same in words */
};

struct str *evidence_next(struct evidence *e)
{
    if (e->n_facts < EVIDENCE_FACTS)
        return &e->fact[e->n_facts++];
    str_clear(&e->spare);
    return &e->spare;
}

static bool is_loopback(const struct conn *c)
{
    static const uint8_t v6[16] = {[15] = 1};
    static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

    return memcmp(c->dst, v6, sizeof(v6)) == 0 || memcmp(c->dst, mapped, sizeof(mapped)) == 0 ||
           (c->dst[0] == 127 && memcmp(c->dst + 4, v6, 12) == 0);
}

/* Say a verdict. A partial sample allows none that all is well. */
#define JUDGE(t, which, id, ...)                                                                   \
    do {                                                                                           \
        if ((which) == VERDICT_NORMAL && (t)->s->status != SAMPLE_COMPLETE)                        \
            break;                                                                                 \
        (t)->e->verdict = (which);                                                                 \
        fact_fill(&(t)->e->reason, id, __VA_ARGS__);                                               \
    } while (0)

/* How much a counter grew over the window; false when not known. */
static bool grown(const struct teller *t, enum host_counter which, uint64_t *by)
{
    double per_s;

    if (!history_rate(&t->s->history, which, HISTORY_STRIP, &per_s))
        return false;
    *by = (uint64_t)(per_s * history_span_s(&t->s->history, HISTORY_STRIP) + 0.5);
    return true;
}

static void tell_rate(struct teller *t, enum host_counter which, enum msg id)
{
    double per_s;

    if (history_rate(&t->s->history, which, HISTORY_STRIP, &per_s))
        TELL(t->e, id, live_rate(LIVE, per_s, false), t->window);
}

/* A count worth a line only when there is something to count. */
static void tell_some(struct teller *t, uint32_t n, enum msg id)
{
    if (n > 0)
        TELL(t->e, id, COUNT(n));
}

static void tell_count(struct teller *t)
{
    uint32_t now = t->s->count[t->state];
    int64_t change;
    double per_s;

    if (t->window_s <= 0 || !history_change(&t->s->history, t->state, HISTORY_STRIP, &change)) {
        TELL(t->e, MSG_FACT_COUNT, COUNT(now));
        return;
    }
    per_s = (double)change / t->window_s;
    if (change == 0)
        TELL(t->e, MSG_FACT_COUNT_SAME, COUNT(now), t->window);
    else if (per_s < RATE_MIN && per_s > -RATE_MIN)
        TELL(t->e, MSG_FACT_COUNT_CHANGE, COUNT(now), live_change(LIVE, change), t->window);
    else
        TELL(t->e, MSG_FACT_COUNT_RATE, COUNT(now), live_rate(LIVE, per_s, true), t->window);
}

/* What the timer of the selected connection says. */
static void tell_timer(struct teller *t)
{
    const struct conn *c = t->row;

    if (!c)
        return;
    switch (c->timer) {
    case TIMER_TIMEWAIT:
        TELL(t->e, MSG_FACT_THIS_LEFT, TIME(c->expires_ms));
        break;
    case TIMER_RETRANSMIT:
        TELL(t->e, MSG_FACT_THIS_REPEAT, COUNT(c->retrans), TIME(c->expires_ms));
        break;
    case TIMER_KEEPALIVE:
        TELL(t->e, MSG_FACT_THIS_KEEPALIVE, TIME(c->expires_ms));
        break;
    case TIMER_PROBE:
        TELL(t->e, MSG_FACT_THIS_PROBE, TIME(c->expires_ms));
        break;
    case TIMER_OFF:
        TELL(t->e, MSG_FACT_THIS_IDLE, NULL);
        break;
    default:
        break;
    }
}

static void tell_left(struct teller *t, enum msg one, enum msg range)
{
    uint32_t from = t->tally.left_min_ms, to = t->tally.left_max_ms;

    if (t->tally.timed == 0)
        return;
    if (from / 1000 == to / 1000)
        TELL(t->e, one, TIME(from));
    else
        TELL(t->e, range, live_seconds(LIVE, from), live_seconds(LIVE, to));
}

/* TIME_WAIT ---------------------------------------------------------------------------------- */

/* Moves by less than a quarter of its maximum: what the sparkline draws as flat. */
static bool is_flat(const struct teller *t)
{
    uint32_t max = history_max(&t->s->history, t->state, HISTORY_STRIP);
    int64_t change;

    if (!history_change(&t->s->history, t->state, HISTORY_STRIP, &change))
        return false;
    return (change < 0 ? -change : change) * 4 <= (int64_t)max;
}

static void tell_closers(struct teller *t, const struct closers *c)
{
    if (c->server > 0 && c->server == t->tally.rows && c->server_port) {
        TELL(t->e, MSG_FACT_TW_PORT, live_port(LIVE, c->server_port));
        TELL(t->e, MSG_FACT_TW_PORT_LEFT, COUNT(0), live_seconds(LIVE, t->tally.left_min_ms),
             live_seconds(LIVE, t->tally.left_max_ms));
        return;
    }
    tell_some(t, c->server, MSG_FACT_TW_SERVER);
    if (c->client > 0)
        TELL(t->e, MSG_FACT_TW_CLIENT, COUNT(c->client), COUNT(c->peer_ports), COUNT(c->range));
    tell_some(t, c->other, MSG_FACT_TW_OTHER);
    if (c->server == t->tally.rows || c->client == t->tally.rows)
        tell_left(t, MSG_FACT_LEFT, MSG_FACT_LEFT_RANGE);
}

/* Ephemeral ports to the most used peer that connect() cannot have, as a share; negative when not
 * known. Where tcp_tw_reuse applies those in TIME_WAIT are as good as free. */
static double ports_taken(const struct teller *t, const struct closers *c)
{
    int64_t reuse;

    if (!c->range_known)
        return c->server == t->tally.rows ? 0 : -1;
    if (c->peer == UINT32_MAX)
        return 0;
    if (!host_sysctl(&t->s->host, SYSCTL_TW_REUSE, &reuse))
        reuse = 0;
    if (reuse == 1 || (reuse == 2 && is_loopback(&t->s->conn[c->peer])))
        return (double)(c->peer_ports - c->peer_waiting) / c->range;
    return (double)c->peer_ports / c->range;
}

static void judge_time_wait(struct teller *t, const struct closers *c)
{
    double taken = ports_taken(t, c);
    uint64_t overflows = 0;

    if (taken >= PORTS_WATCH) {
        TELL(t->e, MSG_FACT_TW_PEER, live_remote(LIVE, &t->s->conn[c->peer]));
        if (taken >= PORTS_PROBLEM)
            JUDGE(t, VERDICT_PROBLEM, MSG_VERDICT_TW_PORTS_OUT, live_percent(LIVE, taken));
        else
            JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_PORTS, live_percent(LIVE, taken));
    } else if (grown(t, COUNTER_TW_OVERFLOW, &overflows) && overflows > 0) {
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_TW_OVERFLOW, COUNT(overflows), t->window);
    } else if (taken >= 0) {
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_TW_NORMAL, NULL);
    }
}

static void tell_time_wait(struct teller *t)
{
    struct closers c;

    closers_count(&c, t->s);
    tell_timer(t);
    TELL(t->e, is_flat(t) ? MSG_FACT_TW_COUNT_FLAT : MSG_FACT_TW_COUNT, COUNT(t->tally.rows));
    tell_closers(t, &c);
    judge_time_wait(t, &c);
}

/* LISTEN, SYN_SENT, SYN_RECV ----------------------------------------------------------------- */

static void tell_listen(struct teller *t)
{
    const struct conn *fullest =
        t->tally.fullest == UINT32_MAX ? NULL : &t->s->conn[t->tally.fullest];
    uint64_t overflows = 0;
    bool counted = grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows);

    if (t->row && !(t->row->flags & CONN_NO_BACKLOG))
        TELL(t->e, MSG_FACT_THIS_QUEUE, COUNT(t->row->rqueue), COUNT(t->row->wqueue));
    tell_count(t);
    if (fullest && t->tally.queued > 0)
        TELL(t->e, MSG_FACT_LISTEN_QUEUE, COUNT(fullest->rqueue), COUNT(fullest->wqueue),
             live_port(LIVE, fullest->sport));
    else if (fullest)
        TELL(t->e, MSG_FACT_LISTEN_EMPTY, COUNT(0));
    if (counted)
        TELL(t->e, MSG_FACT_LISTEN_OVERFLOWS, COUNT(overflows), t->window);
    tell_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
    if (t->tally.queues_full > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_FULL, NULL);
    else if (overflows > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_OVERFLOW, t->window);
    else if (fullest)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_LISTEN_NORMAL, NULL);
}

static void tell_syn_sent(struct teller *t)
{
    tell_timer(t);
    tell_count(t);
    tell_some(t, t->tally.repeating, MSG_FACT_REPEATING);
    tell_rate(t, COUNTER_ACTIVE_OPENS, MSG_FACT_OPENED);
    if (t->tally.repeating > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_SS_WATCH, NULL);
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_SS_NORMAL, NULL);
}

static void tell_syn_recv(struct teller *t)
{
    uint64_t cookies = 0, full = 0, drops = 0;
    bool known =
        grown(t, COUNTER_REQQ_FULL_COOKIES, &full) && grown(t, COUNTER_REQQ_FULL_DROP, &drops);

    tell_timer(t);
    tell_count(t);
    tell_some(t, t->tally.repeating, MSG_FACT_REPEATING);
    if (grown(t, COUNTER_SYNCOOKIES_SENT, &cookies))
        TELL(t->e, MSG_FACT_SR_COOKIES, COUNT(cookies), t->window);
    if (known && drops > 0)
        TELL(t->e, MSG_FACT_SR_DROPS, COUNT(drops), t->window);
    else
        tell_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
    if (known && full + drops > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_SR_WATCH, t->window);
    else if (known)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_SR_NORMAL, t->window);
}

/* ESTABLISHED, CLOSE_WAIT -------------------------------------------------------------------- */

/* Share of data segments that were sent again over the window; negative when not known or too few
 * were sent. Repeated SYNs are not data. */
static double share_sent_again(const struct teller *t)
{
    uint64_t again, syns, sent;

    if (!grown(t, COUNTER_RETRANS_SEGS, &again) || !grown(t, COUNTER_SYN_RETRANS, &syns) ||
        !grown(t, COUNTER_ORIG_DATA_SENT, &sent) || sent < AGAIN_MIN)
        return -1;
    return again > syns ? (double)(again - syns) / (double)sent : 0;
}

static void tell_established(struct teller *t)
{
    double again = share_sent_again(t);

    tell_timer(t);
    tell_count(t);
    tell_some(t, t->tally.without_inode, MSG_FACT_NOT_ACCEPTED);
    tell_some(t, t->tally.shut, MSG_FACT_ES_SHUT);
    tell_some(t, t->tally.idle, MSG_FACT_ES_IDLE);
    if (again < 0) {
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_ES_OPEN, NULL);
        return;
    }
    TELL(t->e, MSG_FACT_ES_AGAIN, live_percent(LIVE, again), t->window);
    if (again >= AGAIN_WATCH)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_ES_WATCH, live_percent(LIVE, again));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_ES_NORMAL, NULL);
}

static void tell_close_wait(struct teller *t)
{
    if (t->row)
        TELL(t->e, t->row->rqueue > 0 ? MSG_FACT_THIS_UNREAD : MSG_FACT_THIS_READ,
             COUNT(t->row->rqueue));
    tell_count(t);
    tell_some(t, t->tally.unread[1], MSG_FACT_CW_UNREAD);
    tell_some(t, t->tally.unread[0], MSG_FACT_CW_READ);
    tell_some(t, t->tally.unread[2], MSG_FACT_CW_DATA);
    tell_some(t, t->tally.without_inode, MSG_FACT_NOT_ACCEPTED);
    if (t->tally.rows == 0)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_NONE, NULL);
    else if (t->tally.young == t->tally.rows)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_YOUNG, NULL);
    else
        t->e->act = true;
}

/* FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK ---------------------------------------------------- */

static void tell_fin_wait1(struct teller *t)
{
    tell_timer(t);
    tell_count(t);
    tell_some(t, t->tally.without_inode, MSG_FACT_ORPHANS);
    tell_some(t, t->tally.unsent, MSG_FACT_UNSENT);
    if (t->tally.stuck > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F1_WATCH, COUNT(t->tally.stuck));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

static void tell_fin_wait2(struct teller *t)
{
    uint32_t orphans = t->tally.without_inode;

    if (t->row && t->row->inode)
        TELL(t->e, MSG_FACT_THIS_HALF_CLOSED, NULL);
    else if (t->row && t->row->timer == TIMER_TIMEWAIT) /* 2 is no keepalive here */
        tell_timer(t);
    tell_count(t);
    if (t->tally.timed > 0)
        TELL(t->e, MSG_FACT_F2_ORPHANS, COUNT(orphans), TIME(t->tally.left_max_ms));
    tell_some(t, t->tally.rows - orphans, MSG_FACT_F2_OWNED);
    if (orphans >= ORPHANS_WATCH)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F2_WATCH, COUNT(orphans));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_F2_NORMAL, NULL);
}

static void tell_last(struct teller *t)
{
    tell_timer(t);
    tell_count(t);
    tell_some(t, t->tally.without_inode, MSG_FACT_ORPHANS);
    tell_some(t, t->tally.unsent, MSG_FACT_UNSENT);
    if (t->tally.aged > 0)
        TELL(t->e, MSG_FACT_AGED, COUNT(t->tally.aged), plain_time(LIVE, 10));
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

/* CLOSE, BOUND_INACTIVE ---------------------------------------------------------------------- */

static void tell_close(struct teller *t)
{
    TELL(t->e, MSG_FACT_NOT_LISTED, NULL);
}

static void tell_bound(struct teller *t)
{
    if (!(t->s->needs & NEED_BOUND)) {
        TELL(t->e, MSG_FACT_NOT_ASKED, NULL);
        return;
    }
    tell_count(t);
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_BOUND, NULL);
}

static const struct {
    void (*tell)(struct teller *t);
    uint32_t age_s; /* what counts as old in this state */
} tellers[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] = {tell_listen, 0},
    [TCP_STATE_SYN_SENT] = {tell_syn_sent, 0},
    [TCP_STATE_SYN_RECV] = {tell_syn_recv, 0},
    [TCP_STATE_ESTABLISHED] = {tell_established, 0},
    [TCP_STATE_CLOSE_WAIT] = {tell_close_wait, 60},
    [TCP_STATE_LAST_ACK] = {tell_last, 10},
    [TCP_STATE_FIN_WAIT1] = {tell_fin_wait1, 30},
    [TCP_STATE_FIN_WAIT2] = {tell_fin_wait2, 0},
    [TCP_STATE_CLOSING] = {tell_last, 10},
    [TCP_STATE_TIME_WAIT] = {tell_time_wait, 0},
    [TCP_STATE_CLOSE] = {tell_close, 0},
    [TCP_STATE_BOUND_INACTIVE] = {tell_bound, 0},
};

/* Each sample stands for the interval before it, so n samples cover n intervals. */
static double window_of(const struct history *h)
{
    uint32_t n = h->len < HISTORY_STRIP ? h->len : HISTORY_STRIP;

    return n < 2 ? 0 : history_span_s(h, n) * n / (n - 1);
}

void evidence_collect(struct evidence *e, const struct explain_subject *subject)
{
    const struct snapshot *s = subject->snapshot;
    struct teller t = {.e = e, .s = s, .state = subject->state};

    *e = (struct evidence){.n_facts = 0};
    if (!s || s->status == SAMPLE_FAILED || t.state >= TCP_STATE_COUNT || !tellers[t.state].tell)
        return;
    if (subject->row < s->n_live && s->conn[subject->row].state == t.state)
        t.row = &s->conn[subject->row];
    t.window_s = window_of(&s->history);
    plain_time(t.window, t.window_s);
    if (s->status == SAMPLE_PARTIAL)
        TELL(e, MSG_FACT_PARTIAL, NULL);
    tally_rows(&t.tally, s, t.state, tellers[t.state].age_s);
    tellers[t.state].tell(&t);
}

bool evidence_failed(const struct evidence *e)
{
    bool failed = str_failed(&e->reason);

    for (unsigned i = 0; i < e->n_facts; i++)
        failed = failed || str_failed(&e->fact[i]);
    return failed;
}

void evidence_fini(struct evidence *e)
{
    for (unsigned i = 0; i < EVIDENCE_FACTS; i++)
        str_fini(&e->fact[i]);
    str_fini(&e->reason);
    str_fini(&e->spare);
    *e = (struct evidence){.n_facts = 0};
}

const char *verdict_word(enum verdict v)
{
    static const enum msg words[] = {
        [VERDICT_NORMAL] = MSG_EXPLAIN_NORMAL,
        [VERDICT_WATCH] = MSG_EXPLAIN_WATCH,
        [VERDICT_PROBLEM] = MSG_EXPLAIN_PROBLEM,
    };

    return v == VERDICT_NONE ? "" : text(words[v]);
}

const char *verdict_mark(enum verdict v)
{
    static const char *const marks[] = {MARK_END, MARK_OK, MARK_WARN, MARK_CRIT};

    return marks[v];
}

/* SPDX-License-Identifier: MIT */
/* What a sample says about a state: the facts, and the verdict of the doctor's rules. */
#include "tcptop/explain/evidence.h"

#include <stdio.h>
#include <string.h>

#include "state_facts.h"
#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/doctor/listeners.h"
#include "tcptop/doctor/retransmission.h"
#include "tcptop/doctor/tcp_timeouts.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/typeset.h"

#define SHARE_SEGMENTS 100 /* of fewer segments a share in per cent is no figure */

#define ADD_FACT(e, id, ...) fact_fill(next_fact(e), id, __VA_ARGS__)

static struct str *next_fact(struct evidence *e)
{
    if (e->n_facts < EVIDENCE_FACTS)
        return &e->fact[e->n_facts++];
    str_clear(&e->spare);
    return &e->spare;
}

/* Counts, changes, rates, timers --------------------------------------------------------------
 */

static void facts_rate(struct evidence *e, const struct state_facts *t, enum host_counter which,
                       enum msg id)
{
    double seconds;
    uint64_t by;

    if (state_facts_grown(t, which, &by, &seconds))
        ADD_FACT(e, id, live_rate(LIVE, (double)by / seconds), WINDOW(seconds));
}

static void facts_some(struct evidence *e, uint32_t n, enum msg id)
{
    if (n > 0)
        ADD_FACT(e, id, COUNT(n));
}

static void facts_count(struct evidence *e, const struct state_facts *t)
{
    const bool requests = t->state == TCP_STATE_SYN_RECV; /* no sockets yet */
    uint32_t now = t->s->count[t->state];
    int64_t change;
    double seconds;

    if (!history_change(&t->s->history, t->state, FACTS_POINTS, &change, &seconds) ||
        seconds <= 0 || (now == 0 && change == 0))
        ADD_FACT(e, requests ? MSG_FACT_REQUESTS : MSG_FACT_COUNT, COUNT(now));
    else if (change == 0)
        ADD_FACT(e, requests ? MSG_FACT_REQUESTS_SAME : MSG_FACT_COUNT_SAME, COUNT(now),
                 WINDOW(seconds));
    else
        ADD_FACT(e,
                 change > 0 ? (requests ? MSG_FACT_REQUESTS_MORE : MSG_FACT_COUNT_MORE)
                 : requests ? MSG_FACT_REQUESTS_FEWER
                            : MSG_FACT_COUNT_FEWER,
                 COUNT(now), COUNT((uint64_t)(change > 0 ? change : -change)), WINDOW(seconds));
}

static void facts_close_stats(struct evidence *e, const struct state_facts *t)
{
    struct close_stats d;
    double seconds;

    if (!history_close_stats(&t->s->history, HISTORY_SHOWN, &d, &seconds))
        return;
    ADD_FACT(e, d.lost ? MSG_FACT_CLOSED_AT_LEAST : MSG_FACT_CLOSED,
             live_rate(LIVE, (double)d.ended / seconds), WINDOW(seconds));
    if (d.unseen)
        ADD_FACT(e, d.lost ? MSG_FACT_UNSEEN_AT_LEAST : MSG_FACT_UNSEEN, COUNT(d.unseen),
                 WINDOW(seconds));
}

/* The probe timer also runs where the window is only too small for what is next
 * (net/ipv4/tcp_output.c tcp_write_xmit); tcpi_snd_wnd tells. */
static enum msg probe_message(const struct state_facts *t)
{
    uint64_t window;

    return tcp_metrics_get(sample_metrics(t->s, t->row_at), METRICS_snd_wnd_bytes, &window) &&
                   window == 0
               ? MSG_FACT_THIS_PROBE
               : MSG_FACT_THIS_PROBE_ANY;
}

static void facts_timer(struct evidence *e, const struct state_facts *t)
{
    const struct conn *c = t->row;

    if (!c || c->unknown & CONN_UNKNOWN_TIMER)
        return;
    switch (c->timer) {
    case TIMER_TIMEWAIT:
        ADD_FACT(e, MSG_FACT_THIS_LEFT, TIME(c->expires_ms));
        break;
    case TIMER_RETRANSMIT:
        if (c->retrans)
            ADD_FACT(e, MSG_FACT_THIS_REPEAT, COUNT(c->retrans), TIME(c->expires_ms));
        else
            ADD_FACT(e, MSG_FACT_THIS_AWAITS, TIME(c->expires_ms));
        break;
    case TIMER_KEEPALIVE:
        ADD_FACT(e, MSG_FACT_THIS_KEEPALIVE, TIME(c->expires_ms));
        break;
    case TIMER_PROBE:
        ADD_FACT(e, probe_message(t), TIME(c->expires_ms));
        break;
    case TIMER_OFF:
        ADD_FACT(e, MSG_FACT_THIS_IDLE, NULL);
        break;
    default:
        break;
    }
}

/* TIME_WAIT ---------------------------------------------------------------------------------- */

static void facts_left(struct evidence *e, const struct state_facts *t, enum msg one,
                       enum msg range)
{
    uint32_t from = t->state_counts.left_min_ms, to = t->state_counts.left_max_ms;

    if (t->state_counts.timed == 0)
        return;
    if (from / 1000 == to / 1000)
        ADD_FACT(e, one, TIME(from));
    else
        ADD_FACT(e, range, live_seconds(LIVE, from), live_seconds(LIVE, to));
}

static void facts_active_close(struct evidence *e, const struct state_facts *t,
                               const struct active_close *c)
{
    if (c->server > 0 && c->server == t->state_counts.rows && c->server_port) {
        ADD_FACT(e, MSG_FACT_TW_PORT, live_port(LIVE, c->server_port));
        if (t->state_counts.timed == 0)
            return; /* an import may not tell the timers */
        if (t->state_counts.left_min_ms / 1000 == t->state_counts.left_max_ms / 1000)
            ADD_FACT(e, MSG_FACT_TW_PORT_LEFT, COUNT(0), TIME(t->state_counts.left_min_ms));
        else
            ADD_FACT(e, MSG_FACT_TW_PORT_LEFT_RANGE, COUNT(0),
                     live_seconds(LIVE, t->state_counts.left_min_ms),
                     live_seconds(LIVE, t->state_counts.left_max_ms));
        return;
    }
    facts_some(e, c->server, MSG_FACT_TW_SERVER);
    if (c->client > 0 && c->peer != UINT32_MAX)
        ADD_FACT(e, MSG_FACT_TW_CLIENT, COUNT(c->client), COUNT(c->peer_ports), COUNT(c->range),
                 live_remote(LIVE, &t->s->conn[c->peer]), COUNT(c->peer_waiting));
    facts_some(e, c->other, MSG_FACT_TW_OTHER);
    if (c->server == t->state_counts.rows || c->client == t->state_counts.rows)
        facts_left(e, t, MSG_FACT_LEFT, MSG_FACT_LEFT_RANGE);
}

static void facts_time_wait(struct evidence *e, const struct state_facts *t)
{
    double per_s, seconds;

    facts_timer(e, t);
    if (t->s->import) /* not every system keeps them for 60 s */
        ADD_FACT(e, MSG_FACT_TW_COUNT_ANY, COUNT(t->state_counts.rows));
    else
        ADD_FACT(e,
                 state_facts_trend(t, &per_s, &seconds) == TREND_FLAT && per_s == 0
                     ? MSG_FACT_TW_COUNT_FLAT
                     : MSG_FACT_TW_COUNT,
                 COUNT(t->state_counts.rows));
    facts_active_close(e, t, t->active_close);
}

/* LISTEN, SYN_SENT, SYN_RECV ----------------------------------------------------------------- */

/* What the selected listener dropped. */
static void fact_row_drops(struct evidence *e, const struct state_facts *t)
{
    const struct drop_count *drops = t->row ? drops_find(t->s, t->row_at) : NULL;

    if (drops && drops->compared)
        ADD_FACT(e, MSG_FACT_THIS_DROPS_GROWN, COUNT(drops->drops), COUNT(drops->grown),
                 TIME((uint64_t)(t->s->drops.span_ns / NS_PER_MS)));
    else if (drops)
        ADD_FACT(e, MSG_FACT_THIS_DROPS, COUNT(drops->drops));
}

/* The listener that dropped most since the sample before. */
static void fact_most_drops(struct evidence *e, const struct state_facts *t)
{
    const struct sample *s = t->s;
    uint32_t most = 0, at = 0, left = s->drops.span_ns ? s->count[TCP_STATE_LISTEN] : 0;

    for (uint32_t row = 0; row < s->n_live && left; row++) {
        const struct drop_count *drops = drops_find(s, row);

        left -= s->conn[row].state == TCP_STATE_LISTEN;
        if (drops && drops->compared && drops->grown > most) {
            most = drops->grown;
            at = row;
        }
    }
    if (most)
        ADD_FACT(e, MSG_FACT_LISTEN_DROPS, COUNT(most), live_port(LIVE, s->conn[at].sport),
                 TIME((uint64_t)(s->drops.span_ns / NS_PER_MS)));
}

static void facts_listen(struct evidence *e, const struct state_facts *t)
{
    const struct conn *fullest =
        t->state_counts.fullest == UINT32_MAX ? NULL : &t->s->conn[t->state_counts.fullest];
    uint64_t overflows = 0;
    double seconds;

    if (t->row && !(t->row->flags & CONN_NO_BACKLOG))
        ADD_FACT(e,
                 t->row->rqueue > t->row->wqueue ? MSG_FACT_THIS_QUEUE_OVER : MSG_FACT_THIS_QUEUE,
                 COUNT(t->row->rqueue), COUNT(t->row->wqueue));
    fact_row_drops(e, t);
    facts_count(e, t);
    if (fullest && t->state_counts.queued > 0)
        ADD_FACT(e,
                 fullest->rqueue > fullest->wqueue ? MSG_FACT_LISTEN_QUEUE_OVER
                                                   : MSG_FACT_LISTEN_QUEUE,
                 COUNT(fullest->rqueue), COUNT(fullest->wqueue), live_port(LIVE, fullest->sport));
    else if (fullest)
        ADD_FACT(e, MSG_FACT_LISTEN_EMPTY, NULL);
    if (state_facts_grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows, &seconds))
        ADD_FACT(e, MSG_FACT_LISTEN_OVERFLOWS, COUNT(overflows), WINDOW(seconds));
    fact_most_drops(e, t);
    facts_rate(e, t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
}

static void facts_syn_sent(struct evidence *e, const struct state_facts *t)
{
    facts_timer(e, t);
    facts_count(e, t);
    facts_some(e, t->state_counts.repeating, MSG_FACT_REPEATING);
    facts_rate(e, t, COUNTER_ACTIVE_OPENS, MSG_FACT_OPENED);
}

static void facts_syn_recv(struct evidence *e, const struct state_facts *t)
{
    uint64_t cookies = 0, drops = 0;
    double seconds;

    facts_timer(e, t);
    facts_count(e, t);
    facts_some(e, t->state_counts.repeating, MSG_FACT_REPEATING);
    if (state_facts_grown(t, COUNTER_SYNCOOKIES_SENT, &cookies, &seconds))
        ADD_FACT(e, MSG_FACT_SR_COOKIES, COUNT(cookies), WINDOW(seconds));
    if (state_facts_grown(t, COUNTER_REQQ_FULL_DROP, &drops, &seconds) && drops > 0)
        ADD_FACT(e, MSG_FACT_SR_DROPS, COUNT(drops), WINDOW(seconds));
    else
        facts_rate(e, t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
}

/* ESTABLISHED, CLOSE_WAIT -------------------------------------------------------------------- */

/* The share of data segments that were lost and sent again over the window. */
static void facts_retransmission(struct evidence *e, const struct state_facts *t)
{
    struct retransmission r = {0};
    double seconds;

    if (!state_facts_grown(t, COUNTER_DSACK_RECV, &r.needless, &seconds))
        r.needless = 0;
    if (!state_facts_grown(t, COUNTER_RETRANS_SEGS, &r.segments, &seconds) ||
        !state_facts_grown(t, COUNTER_SYN_RETRANS, &r.syns, &seconds) ||
        !state_facts_grown(t, COUNTER_ORIG_DATA_SENT, &r.sent, &seconds) || r.sent < SHARE_SEGMENTS)
        return;
    ADD_FACT(e, MSG_FACT_ES_AGAIN, live_percent(LIVE, retransmission_share(&r) / 100),
             WINDOW(seconds));
}

/* Whose queue the selected connection waits in; false when it waits in none. */
static bool facts_waits(struct evidence *e, const struct state_facts *t)
{
    uint32_t at = t->row && conn_kind(t->row) == CONN_NOT_ACCEPTED
                      ? listeners_find(t->s, t->row, NULL)
                      : UINT32_MAX;
    const struct owner_group *g = NULL;
    char pid[16];

    if (at == UINT32_MAX)
        return false;
    if (listeners_is_certain(t->s, at))
        g = sample_owner(t->s, at, NULL);
    snprintf(pid, sizeof pid, "%u", g ? g->member[0]->pid : 0);
    if (g)
        ADD_FACT(e, MSG_FACT_THIS_WAITS_FOR, live_port(LIVE, t->s->conn[at].sport),
                 g->member[0]->process, pid);
    else
        ADD_FACT(e, MSG_FACT_THIS_WAITS, live_port(LIVE, t->s->conn[at].sport));
    return true;
}

static void facts_established(struct evidence *e, const struct state_facts *t)
{
    if (!facts_waits(e, t))
        facts_timer(e, t);
    facts_count(e, t);
    facts_some(e, t->state_counts.without_inode, MSG_FACT_NOT_ACCEPTED);
    facts_some(e, t->state_counts.shut, MSG_FACT_ES_SHUT);
    facts_some(e, t->state_counts.idle, MSG_FACT_ES_IDLE);
    facts_close_stats(e, t);
    facts_retransmission(e, t);
}

/* Which process has most of them. */
static void facts_holder(struct evidence *e, const struct state_facts *t)
{
    const struct breakdown_process *p = t->b ? &t->b->process[0] : NULL;
    struct str process = STR_INIT;
    char pid[16];

    if (!p || t->b->n_processes == 0 || p->former)
        return;
    snprintf(pid, sizeof pid, "%u", p->pid);
    if (p->name[0])
        fact_fill(&process, MSG_FACT_PROCESS, p->name, pid);
    else
        fact_fill(&process, MSG_FACT_PID, pid);
    const enum msg words =
        t->b->ages_vague && t->b->oldest_ms == 0 ? MSG_FACT_CW_HOLDER_ALONE /* seen once */
        : p->count < t->b->rows
            ? t->b->ages_vague ? MSG_FACT_CW_HOLDER_OF_ALL_AT_LEAST : MSG_FACT_CW_HOLDER_OF_ALL
        : t->b->ages_vague ? MSG_FACT_CW_HOLDER_AT_LEAST
                           : MSG_FACT_CW_HOLDER;
    ADD_FACT(e, words, COUNT(p->count), str_text(&process), TIME(t->b->oldest_ms));
    str_fini(&process);
}

static void facts_peer(struct evidence *e, const struct state_facts *t)
{
    if (t->b && t->b->peers.n > 0 && t->b->peers.entry[0].count > 1 &&
        t->b->peers.entry[0].by_port && !t->b->peers.at_least)
        ADD_FACT(e, MSG_FACT_CW_PEER, COUNT(t->b->peers.entry[0].count),
                 live_remote(LIVE, &t->b->peers.entry[0].conn));
}

static void facts_close_wait(struct evidence *e, const struct state_facts *t)
{
    /* Linux counts a FIN that nobody has read as one byte of Recv-Q; others do not. */
    const bool tells_fin = !evidence_other_system(t->s);

    if (t->row && !facts_waits(e, t) && !(t->row->unknown & CONN_UNKNOWN_RECV_Q) && tells_fin)
        ADD_FACT(e, t->row->rqueue > 0 ? MSG_FACT_THIS_UNREAD : MSG_FACT_THIS_READ,
                 COUNT(t->row->rqueue));
    facts_count(e, t);
    facts_holder(e, t);
    facts_peer(e, t);
    if (tells_fin) {
        facts_some(e, t->state_counts.unread[1], MSG_FACT_CW_UNREAD);
        facts_some(e, t->state_counts.unread[0], MSG_FACT_CW_READ);
    }
    facts_some(e, t->state_counts.unread[2], MSG_FACT_CW_DATA);
    facts_some(e, t->state_counts.without_inode, MSG_FACT_NOT_ACCEPTED);
}

/* FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK ---------------------------------------------------- */

static void facts_unfinished(struct evidence *e, const struct state_facts *t)
{
    facts_timer(e, t);
    facts_count(e, t);
    facts_some(e, t->state_counts.without_inode, MSG_FACT_ORPHANS);
    facts_some(e, t->state_counts.unsent, MSG_FACT_UNSENT);
}

static void facts_fin_wait2(struct evidence *e, const struct state_facts *t)
{
    uint32_t orphans = t->state_counts.without_inode;
    uint64_t left;

    if (t->row && t->row->inode && !(t->row->unknown & CONN_UNKNOWN_INODE))
        ADD_FACT(e, MSG_FACT_THIS_HALF_CLOSED, NULL);
    else if (t->row && tcp_timeouts_left(sample_host(t->s, t->row), t->row, &left))
        ADD_FACT(e, MSG_FACT_THIS_LEFT, TIME(left));
    facts_count(e, t);
    if (t->state_counts.timed > 0)
        ADD_FACT(e, MSG_FACT_F2_ORPHANS, COUNT(orphans), TIME(t->state_counts.left_max_ms));
    facts_some(e, t->state_counts.rows - orphans - t->state_counts.unknown_inode,
               MSG_FACT_F2_OWNED);
}

/* CLOSE, BOUND_INACTIVE ---------------------------------------------------------------------- */

static void facts_close(struct evidence *e, const struct state_facts *t)
{
    double seconds;
    uint64_t resets;

    if (t->s->import && t->row)
        ADD_FACT(e, MSG_FACT_THIS_UNCONNECTED, NULL);
    if (t->s->import && t->s->count[TCP_STATE_CLOSE])
        facts_count(e, t);
    else
        ADD_FACT(e, t->row ? MSG_FACT_THIS_CLOSED : MSG_FACT_NOT_LISTED, NULL);
    facts_close_stats(e, t);
    if (state_facts_grown(t, COUNTER_ESTAB_RESETS, &resets, &seconds) && resets > 0)
        facts_rate(e, t, COUNTER_ESTAB_RESETS, MSG_FACT_RESET);
}

static void facts_bound(struct evidence *e, const struct state_facts *t)
{
    const unsigned why = t->s->findings ? t->s->findings->skip[RULE_BOUND] : SKIP_YET;

    if (t->s->needs & NEED_BOUND)
        facts_count(e, t);
    else if (why == SKIP_NO_BOUND || why == SKIP_UNRECORDED)
        ADD_FACT(e, MSG_FACT_NOT_COUNTED, finding_skip_words(why));
    else
        ADD_FACT(e, MSG_FACT_NOT_ASKED, NULL);
}

/* The verdict -------------------------------------------------------------------------------- */

/* What is said of each state: its facts, and why it is normal where no rule has found anything. */
static const struct {
    void (*facts)(struct evidence *e, const struct state_facts *t);
    enum msg normal;
    bool of_orphans; /* `normal` speaks of orphans */
} states[TCP_STATE_COUNT] = {
    [TCP_STATE_LISTEN] = {facts_listen, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_SYN_SENT] = {facts_syn_sent, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_SYN_RECV] = {facts_syn_recv, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_ESTABLISHED] = {facts_established, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_CLOSE_WAIT] = {facts_close_wait, MSG_VERDICT_CW_NORMAL, false},
    [TCP_STATE_LAST_ACK] = {facts_unfinished, MSG_VERDICT_KERNEL, true},
    [TCP_STATE_FIN_WAIT1] = {facts_unfinished, MSG_VERDICT_KERNEL, true},
    [TCP_STATE_FIN_WAIT2] = {facts_fin_wait2, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_CLOSING] = {facts_unfinished, MSG_VERDICT_KERNEL, true},
    [TCP_STATE_TIME_WAIT] = {facts_time_wait, MSG_VERDICT_TW_NORMAL, false},
    [TCP_STATE_CLOSE] = {facts_close, MSG_VERDICT_NOTHING, false},
    [TCP_STATE_BOUND_INACTIVE] = {facts_bound, MSG_VERDICT_BOUND, false},
};

/* Of what is passing: until when it was. */
static void say_finding(struct evidence *e, const struct sample *s, const struct finding *f)
{
    e->verdict = evidence_verdict_of(f);
    e->found = f;
    finding_last_seen(f, s, &e->reason);
    finding_story(f, &e->reason);
}

/* What is found of other connections in the state is not about the selected one. */
static void say_others(struct evidence *e, const struct finding *others, enum msg words)
{
    struct str title = STR_INIT, sentence = STR_INIT;

    if (!others)
        return;
    e->others = others;
    finding_title(others, &title);
    fact_fill(&sentence, words, str_text(&title));
    str_addf(&e->reason, "%s%s", e->reason.len ? " " : "", str_text(&sentence));
    e->reason.failed = e->reason.failed || title.failed || sentence.failed;
    str_fini(&title);
    str_fini(&sentence);
}

/* Why the state cannot be called normal: false when every rule about it was looked at. */
static bool say_unknown(struct evidence *e, const struct state_facts *t)
{
    struct str left = STR_INIT;

    findings_not_looked(t->s->findings, STATE_BIT(t->state), &left);
    bool unknown = left.len > 0 || !sample_is_whole(t->s);
    if (left.len > 0)
        fact_fill(&e->reason, MSG_VERDICT_NOT_LOOKED, str_text(&left));
    else if (unknown)
        fact_fill(&e->reason, MSG_VERDICT_INCOMPLETE, NULL);
    if (unknown)
        e->verdict = VERDICT_UNKNOWN;
    e->reason.failed = e->reason.failed || left.failed;
    str_fini(&left);
    return unknown;
}

static void say_normal(struct evidence *e, const struct state_facts *t, bool others)
{
    bool none = t->state_counts.rows == 0 ||
                (states[t->state].of_orphans && !t->state_counts.without_inode);

    e->verdict = VERDICT_NORMAL;
    if (!others)
        fact_fill(&e->reason, none ? MSG_VERDICT_NOTHING : states[t->state].normal, NULL);
}

/* What is found in the state is not about a connection that has left it. */
static void judge(struct evidence *e, const struct state_facts *t, uint32_t row)
{
    const uint32_t at = t->row || t->row_missed ? row : UINT32_MAX;
    const struct finding *found = t->row_gone ? NULL : finding_about(t->s, t->state, at);
    const struct finding *others = finding_about(t->s, t->state, UINT32_MAX);
    bool unknown;

    if (others && others->passing)
        others = NULL;
    if (found) {
        say_finding(e, t->s, found);
    } else if (rules_judge_state(t->state)) {
        unknown = say_unknown(e, t);
        if (!unknown)
            say_normal(e, t, others != NULL);
        say_others(e, others, unknown ? MSG_VERDICT_OTHERS_TOO : MSG_VERDICT_OTHERS);
    }
}

const char *evidence_other_system(const struct sample *s)
{
    return s && s->import && !strstr(s->import->system, "Linux") ? s->import->system : NULL;
}

void evidence_collect(struct evidence *e, const struct explain_subject *subject)
{
    struct sample_summary summary;
    struct state_facts t;

    *e = (struct evidence){.n_facts = 0};
    if (!state_facts_known(subject) || !states[subject->state].facts)
        return;
    if (!subject->summary)
        sample_summary_make(&summary, subject->sample);
    state_facts_init(&t, subject, subject->summary ? subject->summary : &summary);
    if (t.s->status == SAMPLE_PARTIAL && t.s->reason.code != REASON_BOUND_UNRECORDED &&
        t.s->reason.code != REASON_NO_BOUND) /* of these none are there, and that is said below */
        ADD_FACT(e, MSG_FACT_PARTIAL, NULL);
    if (t.row_gone || t.row_missed)
        ADD_FACT(e, t.row_gone ? MSG_FACT_THIS_CLOSED : MSG_FACT_THIS_MISSED, NULL);
    states[t.state].facts(e, &t);
    judge(e, &t, subject->row);
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

enum verdict evidence_verdict_of(const struct finding *f)
{
    return f->severity == SEVERITY_CRITICAL  ? VERDICT_PROBLEM
           : f->severity == SEVERITY_WARNING ? VERDICT_WATCH
                                             : VERDICT_NOTE;
}

static const struct {
    enum msg word;
    const char *mark;
} verdicts[] = {
    [VERDICT_UNKNOWN] = {MSG_SEVERITY_UNKNOWN, MARK_END},
    [VERDICT_NORMAL] = {MSG_EXPLAIN_NORMAL, MARK_OK},
    [VERDICT_NOTE] = {MSG_SEVERITY_INFO, MARK_END},
    [VERDICT_WATCH] = {MSG_SEVERITY_WARNING, MARK_WARN},
    [VERDICT_PROBLEM] = {MSG_SEVERITY_CRITICAL, MARK_CRIT},
};

const char *evidence_verdict_word(enum verdict v)
{
    return v == VERDICT_NONE ? "" : text(verdicts[v].word);
}

const char *evidence_verdict_mark(enum verdict v)
{
    return v == VERDICT_NONE ? MARK_END : verdicts[v].mark;
}

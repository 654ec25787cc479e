/* The facts about all states but TIME_WAIT. */
#include "tcptop/explain/state_facts.h"

#include <stdio.h>

/* Where we draw lines; judgement, not standard. */
#define AGAIN_WATCH   0.01 /* of segments sent again */
#define AGAIN_MIN     1000 /* segments; with fewer the share says nothing */
#define ORPHANS_WATCH 1000

/* LISTEN, SYN_SENT, SYN_RECV ----------------------------------------------------------------- */

void facts_listen(struct state_facts *t)
{
    const struct conn *fullest =
        t->state_counts.fullest == UINT32_MAX ? NULL : &t->s->conn[t->state_counts.fullest];
    uint64_t overflows = 0;
    bool counted = facts_grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows);

    if (t->row && !(t->row->flags & CONN_NO_BACKLOG))
        ADD_FACT(t->e, MSG_FACT_THIS_QUEUE, COUNT(t->row->rqueue), COUNT(t->row->wqueue));
    facts_count(t);
    if (fullest && t->state_counts.queued > 0)
        ADD_FACT(t->e, MSG_FACT_LISTEN_QUEUE, COUNT(fullest->rqueue), COUNT(fullest->wqueue),
                 live_port(LIVE, fullest->sport));
    else if (fullest)
        ADD_FACT(t->e, MSG_FACT_LISTEN_EMPTY, COUNT(0));
    if (counted)
        ADD_FACT(t->e, MSG_FACT_LISTEN_OVERFLOWS, COUNT(overflows), t->window);
    facts_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
    if (t->state_counts.queues_full > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_FULL, NULL);
    else if (overflows > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_OVERFLOW, t->window);
    else if (fullest)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_LISTEN_NORMAL, NULL);
}

void facts_syn_sent(struct state_facts *t)
{
    facts_timer(t);
    facts_count(t);
    facts_some(t, t->state_counts.repeating, MSG_FACT_REPEATING);
    facts_rate(t, COUNTER_ACTIVE_OPENS, MSG_FACT_OPENED);
    if (t->state_counts.repeating > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_SS_WATCH, NULL);
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_SS_NORMAL, NULL);
}

void facts_syn_recv(struct state_facts *t)
{
    uint64_t cookies = 0, full = 0, drops = 0;
    bool known = facts_grown(t, COUNTER_REQQ_FULL_COOKIES, &full) &&
                 facts_grown(t, COUNTER_REQQ_FULL_DROP, &drops);

    facts_timer(t);
    facts_count(t);
    facts_some(t, t->state_counts.repeating, MSG_FACT_REPEATING);
    if (facts_grown(t, COUNTER_SYNCOOKIES_SENT, &cookies))
        ADD_FACT(t->e, MSG_FACT_SR_COOKIES, COUNT(cookies), t->window);
    if (known && drops > 0)
        ADD_FACT(t->e, MSG_FACT_SR_DROPS, COUNT(drops), t->window);
    else
        facts_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
    if (known && full + drops > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_SR_WATCH, t->window);
    else if (known)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_SR_NORMAL, t->window);
}

/* ESTABLISHED, CLOSE_WAIT -------------------------------------------------------------------- */

/* Share of data segments that were sent again over the window; negative when not known or too few
 * were sent. Repeated SYNs are not data. */
static double share_sent_again(const struct state_facts *t)
{
    uint64_t again, syns, sent;

    if (!facts_grown(t, COUNTER_RETRANS_SEGS, &again) ||
        !facts_grown(t, COUNTER_SYN_RETRANS, &syns) ||
        !facts_grown(t, COUNTER_ORIG_DATA_SENT, &sent) || sent < AGAIN_MIN)
        return -1;
    return again > syns ? (double)(again - syns) / (double)sent : 0;
}

void facts_established(struct state_facts *t)
{
    double again = share_sent_again(t);

    facts_timer(t);
    facts_count(t);
    facts_some(t, t->state_counts.without_inode, MSG_FACT_NOT_ACCEPTED);
    facts_some(t, t->state_counts.shut, MSG_FACT_ES_SHUT);
    facts_some(t, t->state_counts.idle, MSG_FACT_ES_IDLE);
    facts_close_stats(t);
    if (again < 0) {
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_ES_OPEN, NULL);
        return;
    }
    ADD_FACT(t->e, MSG_FACT_ES_AGAIN, live_percent(LIVE, again), t->window);
    if (again >= AGAIN_WATCH)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_ES_WATCH, live_percent(LIVE, again));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_ES_NORMAL, NULL);
}

/* Which process has most of them. */
static void facts_holder(struct state_facts *t)
{
    const struct breakdown_process *p = t->b ? &t->b->process[0] : NULL;
    char pid[16];

    if (!p || t->b->n_processes == 0 || p->former)
        return;
    snprintf(pid, sizeof pid, "%u", p->pid);
    ADD_FACT(t->e, t->b->ages_vague ? MSG_FACT_CW_HOLDER_AT_LEAST : MSG_FACT_CW_HOLDER,
             COUNT(p->count), p->name, pid, TIME(t->b->oldest_ms));
}

static void facts_peer(struct state_facts *t)
{
    if (t->b && t->b->peers.n > 0 && t->b->peers.entry[0].count > 1 &&
        t->b->peers.entry[0].by_port && !t->b->peers.at_least)
        ADD_FACT(t->e, MSG_FACT_CW_PEER, COUNT(t->b->peers.entry[0].count),
                 live_remote(LIVE, &t->b->peers.entry[0].conn));
}

void facts_close_wait(struct state_facts *t)
{
    if (t->row)
        ADD_FACT(t->e, t->row->rqueue > 0 ? MSG_FACT_THIS_UNREAD : MSG_FACT_THIS_READ,
                 COUNT(t->row->rqueue));
    facts_count(t);
    facts_holder(t);
    facts_peer(t);
    facts_some(t, t->state_counts.unread[1], MSG_FACT_CW_UNREAD);
    facts_some(t, t->state_counts.unread[0], MSG_FACT_CW_READ);
    facts_some(t, t->state_counts.unread[2], MSG_FACT_CW_DATA);
    facts_some(t, t->state_counts.without_inode, MSG_FACT_NOT_ACCEPTED);
    if (t->state_counts.rows == 0)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_NONE, NULL);
    else if (t->state_counts.young == t->state_counts.rows)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_YOUNG, NULL);
    else
        t->e->act = true;
}

/* FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK ---------------------------------------------------- */

void facts_fin_wait1(struct state_facts *t)
{
    facts_timer(t);
    facts_count(t);
    facts_some(t, t->state_counts.without_inode, MSG_FACT_ORPHANS);
    facts_some(t, t->state_counts.unsent, MSG_FACT_UNSENT);
    if (t->state_counts.stuck > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F1_WATCH, COUNT(t->state_counts.stuck));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

void facts_fin_wait2(struct state_facts *t)
{
    uint32_t orphans = t->state_counts.without_inode;

    if (t->row && t->row->inode)
        ADD_FACT(t->e, MSG_FACT_THIS_HALF_CLOSED, NULL);
    else if (t->row && t->row->timer == TIMER_TIMEWAIT) /* 2 is no keepalive here */
        facts_timer(t);
    facts_count(t);
    if (t->state_counts.timed > 0)
        ADD_FACT(t->e, MSG_FACT_F2_ORPHANS, COUNT(orphans), TIME(t->state_counts.left_max_ms));
    facts_some(t, t->state_counts.rows - orphans, MSG_FACT_F2_OWNED);
    if (orphans >= ORPHANS_WATCH)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F2_WATCH, COUNT(orphans));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_F2_NORMAL, NULL);
}

void facts_last(struct state_facts *t)
{
    facts_timer(t);
    facts_count(t);
    facts_some(t, t->state_counts.without_inode, MSG_FACT_ORPHANS);
    facts_some(t, t->state_counts.unsent, MSG_FACT_UNSENT);
    if (t->state_counts.aged > 0)
        ADD_FACT(t->e, MSG_FACT_AGED, COUNT(t->state_counts.aged), plain_time(LIVE, 10));
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

/* CLOSE, BOUND_INACTIVE ---------------------------------------------------------------------- */

void facts_close(struct state_facts *t)
{
    uint64_t resets;

    ADD_FACT(t->e, MSG_FACT_NOT_LISTED, NULL);
    facts_close_stats(t);
    if (facts_grown(t, COUNTER_ESTAB_RESETS, &resets) && resets > 0)
        facts_rate(t, COUNTER_ESTAB_RESETS, MSG_FACT_RESET);
}

void facts_bound(struct state_facts *t)
{
    if (!(t->s->needs & NEED_BOUND)) {
        ADD_FACT(t->e, MSG_FACT_NOT_ASKED, NULL);
        return;
    }
    facts_count(t);
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_BOUND, NULL);
}

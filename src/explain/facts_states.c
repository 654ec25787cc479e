/* The facts about all states but TIME_WAIT. */
#include "tcptop/explain/state_facts.h"

#include <stdio.h>

/* Where we draw lines; judgement, not standard. */
#define AGAIN_WATCH   0.01 /* of segments sent again */
#define AGAIN_MIN     1000 /* segments; with fewer the share says nothing */
#define ORPHANS_WATCH 1000

/* LISTEN, SYN_SENT, SYN_RECV ----------------------------------------------------------------- */

void tell_listen(struct teller *t)
{
    const struct conn *fullest =
        t->tally.fullest == UINT32_MAX ? NULL : &t->s->conn[t->tally.fullest];
    uint64_t overflows = 0;
    bool counted = teller_grown(t, COUNTER_LISTEN_OVERFLOWS, &overflows);

    if (t->row && !(t->row->flags & CONN_NO_BACKLOG))
        TELL(t->e, MSG_FACT_THIS_QUEUE, COUNT(t->row->rqueue), COUNT(t->row->wqueue));
    teller_count(t);
    if (fullest && t->tally.queued > 0)
        TELL(t->e, MSG_FACT_LISTEN_QUEUE, COUNT(fullest->rqueue), COUNT(fullest->wqueue),
             live_port(LIVE, fullest->sport));
    else if (fullest)
        TELL(t->e, MSG_FACT_LISTEN_EMPTY, COUNT(0));
    if (counted)
        TELL(t->e, MSG_FACT_LISTEN_OVERFLOWS, COUNT(overflows), t->window);
    teller_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
    if (t->tally.queues_full > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_FULL, NULL);
    else if (overflows > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_LISTEN_OVERFLOW, t->window);
    else if (fullest)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_LISTEN_NORMAL, NULL);
}

void tell_syn_sent(struct teller *t)
{
    teller_timer(t);
    teller_count(t);
    teller_some(t, t->tally.repeating, MSG_FACT_REPEATING);
    teller_rate(t, COUNTER_ACTIVE_OPENS, MSG_FACT_OPENED);
    if (t->tally.repeating > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_SS_WATCH, NULL);
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_SS_NORMAL, NULL);
}

void tell_syn_recv(struct teller *t)
{
    uint64_t cookies = 0, full = 0, drops = 0;
    bool known = teller_grown(t, COUNTER_REQQ_FULL_COOKIES, &full) &&
                 teller_grown(t, COUNTER_REQQ_FULL_DROP, &drops);

    teller_timer(t);
    teller_count(t);
    teller_some(t, t->tally.repeating, MSG_FACT_REPEATING);
    if (teller_grown(t, COUNTER_SYNCOOKIES_SENT, &cookies))
        TELL(t->e, MSG_FACT_SR_COOKIES, COUNT(cookies), t->window);
    if (known && drops > 0)
        TELL(t->e, MSG_FACT_SR_DROPS, COUNT(drops), t->window);
    else
        teller_rate(t, COUNTER_PASSIVE_OPENS, MSG_FACT_ACCEPTED);
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

    if (!teller_grown(t, COUNTER_RETRANS_SEGS, &again) ||
        !teller_grown(t, COUNTER_SYN_RETRANS, &syns) ||
        !teller_grown(t, COUNTER_ORIG_DATA_SENT, &sent) || sent < AGAIN_MIN)
        return -1;
    return again > syns ? (double)(again - syns) / (double)sent : 0;
}

void tell_established(struct teller *t)
{
    double again = share_sent_again(t);

    teller_timer(t);
    teller_count(t);
    teller_some(t, t->tally.without_inode, MSG_FACT_NOT_ACCEPTED);
    teller_some(t, t->tally.shut, MSG_FACT_ES_SHUT);
    teller_some(t, t->tally.idle, MSG_FACT_ES_IDLE);
    teller_deaths(t);
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

/* Which process has most of them. */
static void tell_holder(struct teller *t)
{
    const struct breakdown_process *p = t->b ? &t->b->process[0] : NULL;
    char pid[16];

    if (!p || t->b->n_processes == 0 || p->former)
        return;
    snprintf(pid, sizeof pid, "%u", p->pid);
    TELL(t->e, t->b->ages_vague ? MSG_FACT_CW_HOLDER_AT_LEAST : MSG_FACT_CW_HOLDER, COUNT(p->count),
         p->name, pid, TIME(t->b->oldest_ms));
}

static void tell_peer(struct teller *t)
{
    if (t->b && t->b->peers.n > 0 && t->b->peers.entry[0].count > 1 &&
        t->b->peers.entry[0].by_port && !t->b->peers.at_least)
        TELL(t->e, MSG_FACT_CW_PEER, COUNT(t->b->peers.entry[0].count),
             live_remote(LIVE, &t->b->peers.entry[0].conn));
}

void tell_close_wait(struct teller *t)
{
    if (t->row)
        TELL(t->e, t->row->rqueue > 0 ? MSG_FACT_THIS_UNREAD : MSG_FACT_THIS_READ,
             COUNT(t->row->rqueue));
    teller_count(t);
    tell_holder(t);
    tell_peer(t);
    teller_some(t, t->tally.unread[1], MSG_FACT_CW_UNREAD);
    teller_some(t, t->tally.unread[0], MSG_FACT_CW_READ);
    teller_some(t, t->tally.unread[2], MSG_FACT_CW_DATA);
    teller_some(t, t->tally.without_inode, MSG_FACT_NOT_ACCEPTED);
    if (t->tally.rows == 0)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_NONE, NULL);
    else if (t->tally.young == t->tally.rows)
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_CW_YOUNG, NULL);
    else
        t->e->act = true;
}

/* FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK ---------------------------------------------------- */

void tell_fin_wait1(struct teller *t)
{
    teller_timer(t);
    teller_count(t);
    teller_some(t, t->tally.without_inode, MSG_FACT_ORPHANS);
    teller_some(t, t->tally.unsent, MSG_FACT_UNSENT);
    if (t->tally.stuck > 0)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F1_WATCH, COUNT(t->tally.stuck));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

void tell_fin_wait2(struct teller *t)
{
    uint32_t orphans = t->tally.without_inode;

    if (t->row && t->row->inode)
        TELL(t->e, MSG_FACT_THIS_HALF_CLOSED, NULL);
    else if (t->row && t->row->timer == TIMER_TIMEWAIT) /* 2 is no keepalive here */
        teller_timer(t);
    teller_count(t);
    if (t->tally.timed > 0)
        TELL(t->e, MSG_FACT_F2_ORPHANS, COUNT(orphans), TIME(t->tally.left_max_ms));
    teller_some(t, t->tally.rows - orphans, MSG_FACT_F2_OWNED);
    if (orphans >= ORPHANS_WATCH)
        JUDGE(t, VERDICT_WATCH, MSG_VERDICT_F2_WATCH, COUNT(orphans));
    else
        JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_F2_NORMAL, NULL);
}

void tell_last(struct teller *t)
{
    teller_timer(t);
    teller_count(t);
    teller_some(t, t->tally.without_inode, MSG_FACT_ORPHANS);
    teller_some(t, t->tally.unsent, MSG_FACT_UNSENT);
    if (t->tally.aged > 0)
        TELL(t->e, MSG_FACT_AGED, COUNT(t->tally.aged), plain_time(LIVE, 10));
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_KERNEL, NULL);
}

/* CLOSE, BOUND_INACTIVE ---------------------------------------------------------------------- */

void tell_close(struct teller *t)
{
    uint64_t resets;

    TELL(t->e, MSG_FACT_NOT_LISTED, NULL);
    teller_deaths(t);
    if (teller_grown(t, COUNTER_ESTAB_RESETS, &resets) && resets > 0)
        teller_rate(t, COUNTER_ESTAB_RESETS, MSG_FACT_RESET);
}

void tell_bound(struct teller *t)
{
    if (!(t->s->needs & NEED_BOUND)) {
        TELL(t->e, MSG_FACT_NOT_ASKED, NULL);
        return;
    }
    teller_count(t);
    JUDGE(t, VERDICT_NORMAL, MSG_VERDICT_BOUND, NULL);
}

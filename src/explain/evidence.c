/* From counts to facts and a verdict. A verdict says WATCH where the sample itself is the evidence;
 * what takes the process or several samples the doctor has found, and that has the last word. */
#include "tcptop/explain/evidence.h"

#include "tcptop/explain/finding_scope.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/sample_summary.h"
#include "tcptop/explain/state_facts.h"
#include "tcptop/explain/typeset.h"

static void (*const tellers[TCP_STATE_COUNT])(struct state_facts *t) = {
    [TCP_STATE_LISTEN] = facts_listen,         [TCP_STATE_SYN_SENT] = facts_syn_sent,
    [TCP_STATE_SYN_RECV] = facts_syn_recv,     [TCP_STATE_ESTABLISHED] = facts_established,
    [TCP_STATE_CLOSE_WAIT] = facts_close_wait, [TCP_STATE_LAST_ACK] = facts_last,
    [TCP_STATE_FIN_WAIT1] = facts_fin_wait1,   [TCP_STATE_FIN_WAIT2] = facts_fin_wait2,
    [TCP_STATE_CLOSING] = facts_last,          [TCP_STATE_TIME_WAIT] = facts_time_wait,
    [TCP_STATE_CLOSE] = facts_close,           [TCP_STATE_BOUND_INACTIVE] = facts_bound,
};

struct str *evidence_next(struct evidence *e)
{
    if (e->n_facts < EVIDENCE_FACTS)
        return &e->fact[e->n_facts++];
    str_clear(&e->spare);
    return &e->spare;
}

/* Each sample stands for the interval before it, so n samples cover n intervals. */
static double window_of(const struct history *h)
{
    uint32_t n = h->len < HISTORY_SHOWN ? h->len : HISTORY_SHOWN;

    return n < 2 ? 0 : history_span_s(h, n) * n / (n - 1);
}

void facts_init(struct state_facts *t, const struct explain_subject *subject,
                const struct sample_summary *summary)
{
    const struct sample *s = subject->sample;

    *t = (struct state_facts){.s = s, .state = subject->state};
    t->state_counts = summary->state_counts[subject->state];
    t->active_close = &summary->active_close;
    if (subject->breakdown && subject->breakdown->state == t->state)
        t->b = subject->breakdown;
    if (subject->row < s->n_live && conn_counts_as(&s->conn[subject->row]) == t->state)
        t->row = &s->conn[subject->row];
    t->window_s = window_of(&s->history);
    plain_time(t->window, t->window_s);
}

bool facts_knows(const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;

    return s && s->status != SAMPLE_FAILED && subject->state < TCP_STATE_COUNT &&
           tellers[subject->state];
}

enum verdict verdict_by(const struct finding *f)
{
    return f->severity == SEVERITY_CRITICAL ? VERDICT_PROBLEM : VERDICT_WATCH;
}

/* What the doctor found about the state, or about the selected connection. */
static void judge_by_finding(struct evidence *e, const struct finding *f)
{
    e->verdict = verdict_by(f);
    e->found = f;
    str_clear(&e->reason);
    finding_title(f, &e->reason);
    str_add(&e->reason, ". ");
    finding_sentence(f, PART_SEEN, &e->reason);
}

void evidence_collect(struct evidence *e, const struct explain_subject *subject)
{
    struct sample_summary summary;
    struct state_facts t;

    *e = (struct evidence){.n_facts = 0};
    if (!facts_knows(subject))
        return;
    if (!subject->summary)
        summary_make(&summary, subject->sample);
    facts_init(&t, subject, subject->summary ? subject->summary : &summary);
    t.e = e;
    if (t.s->status == SAMPLE_PARTIAL)
        ADD_FACT(e, MSG_FACT_PARTIAL, NULL);
    tellers[t.state](&t);
    const struct finding *found = NULL;
    if (t.row || subject->row == UINT32_MAX)
        found = finding_about(t.s, t.state, subject->row);
    if (found)
        judge_by_finding(e, found);
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

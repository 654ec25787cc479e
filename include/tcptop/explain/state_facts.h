/* What the facts about the states have in common: the sample, its window, and how to say counts,
 * changes, rates and timers. */
#ifndef TCPTOP_EXPLAIN_STATE_FACTS_H
#define TCPTOP_EXPLAIN_STATE_FACTS_H

#include "tcptop/doctor/active_close.h"
#include "tcptop/explain/breakdown.h"
#include "tcptop/explain/facts.h"
#include "tcptop/explain/state_counts.h"

/* How it has gone, or will go, is told of samples that cover at least this: half the window that
 * the words speak of. */
#define TREND_MIN_S 30.0

struct state_facts {
    struct evidence *e;
    const struct sample *s;
    unsigned state;
    const struct conn *row;                  /* the selected connection, NULL: none in this state */
    struct state_counts state_counts;        /* of the state */
    const struct active_close *active_close; /* of all TIME_WAIT rows */
    const struct breakdown *b;               /* of the state, NULL: not there */
    double window_s;        /* seconds the last samples stand for, 0: only one sample */
    char window[LIVE_SIZE]; /* the same in words */
};

struct sample_summary;

/** Is there anything to tell about the subject? */
bool facts_knows(const struct explain_subject *subject);

/** For a subject that facts_knows(); `survey` is of its sample. Facts go to t->e. */
void facts_init(struct state_facts *t, const struct explain_subject *subject,
                const struct sample_summary *summary);

/* Say a verdict. A partial sample allows none that all is well. */
#define JUDGE(t, which, id, ...)                                                                   \
    do {                                                                                           \
        if ((which) == VERDICT_NORMAL && !sample_is_whole((t)->s))                                 \
            break;                                                                                 \
        (t)->e->verdict = (which);                                                                 \
        fact_fill(&(t)->e->reason, id, __VA_ARGS__);                                               \
    } while (0)

/** How much a counter grew over the window; false when not known. */
bool facts_grown(const struct state_facts *t, enum host_counter which, uint64_t *by);

/** A counter's rate over the window, where it is known; the message takes rate and window. */
void facts_rate(struct state_facts *t, enum host_counter which, enum msg id);

/** A count worth a line only when there is something to count. */
void facts_some(struct state_facts *t, uint32_t n, enum msg id);

/** The state's count and how it changed over the window. */
void facts_count(struct state_facts *t);

/** How many connections closed, and how many of them no sample had, where the kernel tells of ends;
 *  what was lost makes both lower bounds. */
void facts_close_stats(struct state_facts *t);

/* Connections that came into the state and left it, per second over the window. */
struct facts_moves {
    double entered_s, left_s;
    bool exact; /* else both are lower bounds */
};

/** False when there are not two samples to compare. */
bool facts_moves(const struct state_facts *t, struct facts_moves *m);

/** What the timer of the selected connection says. */
void facts_timer(struct state_facts *t);

/* One per state: its facts and verdict. */
void facts_listen(struct state_facts *t);
void facts_syn_sent(struct state_facts *t);
void facts_syn_recv(struct state_facts *t);
void facts_established(struct state_facts *t);
void facts_close_wait(struct state_facts *t);
void facts_fin_wait1(struct state_facts *t);
void facts_fin_wait2(struct state_facts *t);
void facts_last(struct state_facts *t); /* CLOSING, LAST_ACK */
void facts_time_wait(struct state_facts *t);
void facts_close(struct state_facts *t);
void facts_bound(struct state_facts *t);

#endif

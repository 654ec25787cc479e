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

struct teller {
    struct evidence *e;
    const struct snapshot *s;
    unsigned state;
    const struct conn *row;        /* the selected connection, NULL: none in this state */
    struct tally tally;            /* of the state */
    const struct closers *closers; /* of all TIME_WAIT rows */
    const struct breakdown *b;     /* of the state, NULL: not there */
    double window_s;               /* seconds the last samples stand for, 0: only one sample */
    char window[LIVE_SIZE];        /* the same in words */
};

struct survey;

/** Is there anything to tell about the subject? */
bool teller_knows(const struct explain_subject *subject);

/** For a subject that teller_knows(); `survey` is of its snapshot. Facts go to t->e. */
void teller_init(struct teller *t, const struct explain_subject *subject,
                 const struct survey *survey);

/* Say a verdict. A partial sample allows none that all is well. */
#define JUDGE(t, which, id, ...)                                                                   \
    do {                                                                                           \
        if ((which) == VERDICT_NORMAL && !snapshot_is_whole((t)->s))                               \
            break;                                                                                 \
        (t)->e->verdict = (which);                                                                 \
        fact_fill(&(t)->e->reason, id, __VA_ARGS__);                                               \
    } while (0)

/** How much a counter grew over the window; false when not known. */
bool teller_grown(const struct teller *t, enum host_counter which, uint64_t *by);

/** A counter's rate over the window, where it is known; the message takes rate and window. */
void teller_rate(struct teller *t, enum host_counter which, enum msg id);

/** A count worth a line only when there is something to count. */
void teller_some(struct teller *t, uint32_t n, enum msg id);

/** The state's count and how it changed over the window. */
void teller_count(struct teller *t);

/** How many connections closed, and how many of them no sample had, where the kernel tells of ends;
 *  what was lost makes both lower bounds. */
void teller_deaths(struct teller *t);

/* Connections that came into the state and left it, per second over the window. */
struct teller_moves {
    double entered_s, left_s;
    bool exact; /* else both are lower bounds */
};

/** False when there are not two samples to compare. */
bool teller_moves(const struct teller *t, struct teller_moves *m);

/** What the timer of the selected connection says. */
void teller_timer(struct teller *t);

/* One per state: its facts and verdict. */
void tell_listen(struct teller *t);
void tell_syn_sent(struct teller *t);
void tell_syn_recv(struct teller *t);
void tell_established(struct teller *t);
void tell_close_wait(struct teller *t);
void tell_fin_wait1(struct teller *t);
void tell_fin_wait2(struct teller *t);
void tell_last(struct teller *t); /* CLOSING, LAST_ACK */
void tell_time_wait(struct teller *t);
void tell_close(struct teller *t);
void tell_bound(struct teller *t);

#endif

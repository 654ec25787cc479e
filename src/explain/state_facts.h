/* SPDX-License-Identifier: MIT */
/* What the facts about a state and its table IN NUMBERS are made from: the sample, its window, and
 * what its history says. */
#ifndef TCPTOP_SRC_EXPLAIN_STATE_FACTS_H
#define TCPTOP_SRC_EXPLAIN_STATE_FACTS_H

#include "tcptop/explain/breakdown.h"
#include "tcptop/explain/explain.h"
#include "tcptop/explain/live_value.h"
#include "tcptop/explain/sample_summary.h"

/* A trend is said of samples that cover at least this: half the window that the words speak of. */
#define TREND_MIN_S 30.0

struct state_facts {
    const struct sample *s;
    unsigned state;
    uint32_t row_at;                  /* the selected connection, UINT32_MAX: none in this state */
    const struct conn *row;           /* the same, NULL: none */
    bool row_gone;                    /* the selected one was in this state, and has closed … */
    bool row_missed;                  /* … or may have: the last sample has missed it */
    struct state_counts state_counts; /* of the state */
    const struct active_close *active_close; /* of all TIME_WAIT rows */
    const struct breakdown *b;               /* of the state, NULL: not there */
    double
        window_s; /* between the newest sample and the oldest that facts look at; 0: one sample */
};

/** Is there a sample with numbers about the state? */
bool state_facts_known(const struct explain_subject *subject);

/** For a subject whose state_facts_known(); `summary` is of its sample and stays the caller's. */
void state_facts_init(struct state_facts *t, const struct explain_subject *subject,
                      const struct sample_summary *summary);

/* The samples that facts look at: they are a minute apart where one is taken each second. */
#define FACTS_POINTS (HISTORY_SHOWN + 1)

/** How much a counter grew, and over how many seconds, which may be fewer than the window; false
 *  when not known. */
bool state_facts_grown(const struct state_facts *t, enum host_counter which, uint64_t *by,
                       double *seconds);

/** A length of time that was watched, in words; storage until the end of the block. */
#define WINDOW(seconds) live_window(LIVE, seconds)

/* How the count changed over the window. FLAT: by less than a quarter of its maximum, what the
 * sparkline draws as flat. */
enum trend { TREND_UNKNOWN, TREND_FLAT, TREND_MOVING };

/** `per_s` and `seconds`, over which it changed so, are set unless the trend is unknown. */
enum trend state_facts_trend(const struct state_facts *t, double *per_s, double *seconds);

/* Connections that came into the state and left it, per second over the window. */
struct state_moves {
    double entered_s, left_s;
    double seconds;     /* that were watched */
    bool exact;         /* both; else they are lower bounds, */
    bool entered_exact; /* but for this one, where the kernel counts */
};

/** False when there are not two samples to compare. */
bool state_facts_moves(const struct state_facts *t, struct state_moves *m);

#endif

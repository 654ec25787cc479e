/* All that takes a pass over the rows of a sample, made once for it: what the rows of each state
 * have in common, who closed first, which ports are there. Numbers only, the same in every
 * language. */
#ifndef TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H
#define TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H

#include "tcptop/doctor/active_close.h"
#include "tcptop/explain/state_counts.h"

struct survey {
    struct tally tally[TCP_STATE_COUNT];
    struct closers closers;
    struct port_set listening; /* where something listens */
    struct port_set used;      /* of either end, closed rows included */
};

void survey_make(struct survey *v, const struct snapshot *s);

#endif

/* All that takes a pass over the rows of a sample, made once for it: what the rows of each state
 * have in common, who closed first, which ports are there. Numbers only, the same in every
 * language. */
#ifndef TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H
#define TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H

#include "tcptop/doctor/active_close.h"
#include "tcptop/explain/state_counts.h"

struct sample_summary {
    struct state_counts state_counts[TCP_STATE_COUNT];
    struct active_close active_close;
    struct port_set listening; /* where something listens */
    struct port_set used;      /* of either end, closed rows included */
};

void summary_make(struct sample_summary *v, const struct sample *s);

#endif

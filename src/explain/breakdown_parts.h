/* By what rows are broken down: breakdown_parts.c, for breakdown.c. */
#ifndef TCPTOP_SRC_EXPLAIN_BREAKDOWN_PARTS_H
#define TCPTOP_SRC_EXPLAIN_BREAKDOWN_PARTS_H

#include "tcptop/explain/breakdown.h"

#define BREAKDOWN_KEYS 65536u /* processes, peers or ports that are counted at a time */

void breakdown_add_process(struct breakdown_work *w, uint32_t row);

/** Ports that the kernel chooses, of that namespace. */
void breakdown_take_range(struct breakdown_work *w, const struct host *h);

/** Count the row's peer and port. */
void breakdown_add_place(struct breakdown_work *w, uint32_t row);

/** Keep the fullest queues, the fullest first. */
void breakdown_add_queue(struct breakdown *b, uint16_t port, uint32_t length, uint32_t limit);

/** Remember the backlog of a listener; its requests come before or after it. */
void breakdown_note_limit(struct breakdown_work *w, const struct conn *c);

/** Who leads, when all rows were counted. */
void breakdown_lead(struct breakdown_work *w);

#endif

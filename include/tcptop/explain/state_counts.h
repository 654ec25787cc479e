/* Counts what the rows of one state have in common, for the facts about it. */
#ifndef TCPTOP_EXPLAIN_STATE_COUNTS_H
#define TCPTOP_EXPLAIN_STATE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/sample.h"

#define STATE_COUNTS_REPEATS 3 /* unanswered repeats that we count as many */

struct state_counts {
    uint32_t rows; /* live ones in the state */

    /* not in LISTEN */
    uint32_t without_inode;            /* orphans, requests, not accepted ones */
    uint32_t repeating;                /* STATE_COUNTS_REPEATS or more */
    uint32_t unsent;                   /* Send-Q above 1 */
    uint32_t shut;                     /* probing a closed window */
    uint32_t idle;                     /* no timer, nothing to send */
    uint32_t unread[3];                /* Recv-Q 0, 1, more */
    uint32_t aged, young;              /* surely for as long as counts as old there, surely less */
    uint32_t stuck;                    /* aged, without inode, Send-Q above 1 */
    uint32_t timed;                    /* TIME_WAIT's timer runs (orphans in FIN_WAIT2 too) */
    uint32_t left_min_ms, left_max_ms; /* of those */

    /* LISTEN */
    uint32_t fullest;     /* row whose accept queue is nearest its limit, UINT32_MAX: none known */
    uint32_t queues_full; /* at the limit */
    uint32_t queued;      /* connections in all accept queues */
};

/** Count a live row with those of its state. */
void state_counts_add(struct state_counts state_counts[TCP_STATE_COUNT], const struct sample *s,
                      uint32_t row);

#endif

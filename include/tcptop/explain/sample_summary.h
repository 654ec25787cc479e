/* SPDX-License-Identifier: MIT */
/* All that takes a pass over the rows of a sample, made once for it: what the rows of each state
 * have in common, who closed first, which ports are there. Numbers only, the same in every
 * language. */
#ifndef TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H
#define TCPTOP_EXPLAIN_SAMPLE_SUMMARY_H

#include <stdbool.h>

#include "tcptop/doctor/active_close.h"
#include "tcptop/model/sample.h"

/* What the live rows of one state have in common. */
struct state_counts {
    uint32_t rows; /* live ones in the state */

    /* not in LISTEN */
    uint32_t without_inode;            /* orphans, requests, not accepted ones */
    uint32_t unknown_inode;            /* of an import that does not tell inodes */
    uint32_t repeating;                /* sent something again that was not acknowledged */
    uint32_t unsent;                   /* Send-Q above 1 */
    uint32_t shut;                     /* probing a closed window */
    uint32_t idle;                     /* no timer, nothing to send */
    uint32_t unread[3];                /* Recv-Q 0, 1, more */
    uint32_t timed;                    /* TIME_WAIT's timer runs (orphans in FIN_WAIT2 too) */
    uint32_t left_min_ms, left_max_ms; /* of those */

    /* LISTEN */
    uint32_t fullest; /* row whose accept queue is nearest its limit, UINT32_MAX: none known */
    uint32_t queued;  /* connections in all accept queues */
};

struct sample_summary {
    struct state_counts state_counts[TCP_STATE_COUNT];
    struct active_close active_close;
    struct port_set listening;       /* where something listens */
    struct port_set used;            /* of either end, closed rows included */
    uint64_t tx_bytes_s, rx_bytes_s; /* of all live rows whose rates are known */
    uint32_t sought; /* live rows, listed for 2 s and more, whose process is still looked for */
};

/** Pass over all rows of the sample, closed ones included. */
void sample_summary_make(struct sample_summary *v, const struct sample *s);

/** The same of a brief sample `s` with a pass over the rows of its dump only: what there is to say
 * of the rows that it carries is taken from `before`, the summary of `old`. Their ports stay used
 * until the next full sample. False, and `*v` means nothing, where that cannot be done: `s` is no
 * brief sample, has rates, or `old` has rows of another dump. */
bool sample_summary_renew(struct sample_summary *v, const struct sample *s,
                          const struct sample_summary *before, const struct sample *old);

#endif

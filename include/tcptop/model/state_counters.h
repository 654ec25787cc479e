/* SPDX-License-Identifier: MIT */
/* How many connections are in ESTABLISHED and TIME_WAIT, from counters of the kernel: of one
 * network namespace, without a walk through its table.
 *
 * CurrEstab of /proc/net/snmp counts ESTABLISHED and CLOSE_WAIT (net/ipv4/tcp.c tcp_set_state),
 * "tw" of /proc/net/sockstat the timewait records, of which some stand for an orphan in FIN_WAIT2
 * (net/ipv4/tcp_minisocks.c tcp_time_wait). What a brief dump lists of CLOSE_WAIT and FIN_WAIT2 is
 * taken off. Counters and dump are not of one moment: while the dump lasts, some milliseconds to a
 * second, connections go on. */
#ifndef TCPTOP_MODEL_STATE_COUNTERS_H
#define TCPTOP_MODEL_STATE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/model/state.h"

struct sample;

/** The states that a brief dump leaves out. */
#define BRIEF_LEFT_OUT (STATE_BIT(TCP_STATE_ESTABLISHED) | STATE_BIT(TCP_STATE_TIME_WAIT))

/* What the counters said at one moment. */
struct state_reading {
    uint64_t established; /* CurrEstab */
    uint64_t timewait;    /* tw */
    uint64_t opened;      /* ActiveOpens + PassiveOpens */
};

struct state_counters {
    bool valid; /* both readings are there, and the dump in between was of all sockets */
    struct state_reading before, after; /* the dump */
};

/* How far the counters are off, as the last full dump showed: by what could not have happened while
 * it lasted. Starts as zero. */
struct state_drift {
    bool known; /* a full dump was compared, and the counters are good enough to count by */
    int64_t established, timewait; /* to be added to the counters of these names */
};

/** Compare the counts of the full sample `s` with its counters. Where there are no counters, or
 * they are off by more than a hundredth and ten, drift->known becomes false. */
void state_counters_compare(struct state_drift *drift, const struct sample *s);

/** Set the counts of the states that the brief sample `s` left out, and its total. `drift` is that
 *  of the last full sample. */
void state_counters_apply(const struct state_drift *drift, struct sample *s);

#endif

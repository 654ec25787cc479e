/* SPDX-License-Identifier: MIT */
/* The join of two consecutive samples: what is new, changed, missing, closed. */
#ifndef TCPTOP_MODEL_DIFF_H
#define TCPTOP_MODEL_DIFF_H

#include "tcptop/model/sample_builder.h"

/* Scratch memory that is kept between joins. */
struct diff;
struct diff *diff_new(void); /* NULL: out of memory */
void diff_free(struct diff *d);

/** Complete the sample of `b`, just filled and not published, from `prev`, the last sample that did
 *  not fail (NULL for the first one). `fade_ds` is how long closed rows stay, in tenths of a
 * second; they stay for at least one sample.
 *
 *  It drops duplicates, counts states, and pairs the rows with those of `prev`:
 *  - a pair goes on: times, was_state and owners are inherited, `changed` counts changes of state;
 *  - a row without a partner is born now, unless no sample could have shown it before (no complete
 *    sample before, or bound sockets not asked for): then born_ds stays 0;
 *  - a row of `prev` without a partner is missing at first. It becomes a closed row when it is
 * missed a second time, when its TIME_WAIT timer has run out, or when the kernel reported its
 * socket closed. A partial sample misses nothing: in it only sockets reported closed are closed. A
 * row that comes back keeps its birth. Where b->close_events reports a socket that no sample had,
 *  it becomes a closed row with CONN_UNSEEN; close_stats and close_stats_total are counted (`lost`
 * by who filled `b`). The reference b->close_events is given back.
 *
 *  Rates are set where they were asked for and both samples have metrics. Where owners are asked
 * for, a row inherits those it had, as former ones once it has no file, and as PENDING with its row
 * in `prev` where they were not known; owner_lookup_assign() completes both.
 *
 *  A streamed sample was counted already and has too few rows for another to be joined to it. Cost
 *  is linear. Returns 0 or -ENOMEM: then the sample is right except for its past. */
int diff_join(struct diff *d, struct sample_builder *b, const struct sample *prev,
              uint32_t fade_ds);

#endif

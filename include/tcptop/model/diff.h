/* The join of two consecutive samples: what is new, changed, missing, closed. */
#ifndef TCPTOP_MODEL_DIFF_H
#define TCPTOP_MODEL_DIFF_H

#include "tcptop/model/sample.h"

/* Scratch memory that is kept between joins. */
struct diff;
struct diff *diff_new(void); /* NULL: out of memory */
void diff_free(struct diff *d);

/** Complete `next`, just filled and not yet published, from `prev`, the last sample that did not
 * fail (NULL for the first one): drops duplicates by cookie, counts, sets life, was_state, born,
 * changed; carries rows that are missing for the first time; turns those missing twice, or once
 * with a run-out TIME_WAIT timer, into closed rows, and keeps closed rows for `fade_ds` tenths of a
 * second and at least one sample. A row that comes back keeps its birth. When `next` is partial
 * nothing is declared closed, and being missed by a partial sample is no miss. A row whose birth
 * nobody could have seen (no complete sample before, bound sockets not asked for) is not born, it
 * was there. Where next->ended tells of ends, a row whose socket ended is closed at its first miss,
 * also by a partial sample; what ended without a row is a closed row with CONN_UNSEEN; next->deaths
 * and close_stats_total are counted (`lost` by who filled `next`). next->ended is given back. Rates
 * are told where they were asked for and both samples have figures. Where owners are asked for, a
 * row inherits those it had: as former ones once it has no file, as PENDING with its row in `prev`
 * where they were not known then; owner_lookup_assign() completes both. A sieved sample was
 * counted already, and holds too little for another to be joined to it. Cost is linear. Returns 0
 * or -ENOMEM (then `next` is only itself). */
int diff_join(struct diff *d, struct sample *next, const struct sample *prev, uint32_t fade_ds);

#endif

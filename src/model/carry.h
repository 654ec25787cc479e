/* SPDX-License-Identifier: MIT */
/* The rows that a brief sample takes over from the sample before: those in states that its dump
 * left out, as far as nothing shows that they have changed or gone; and which of the rows that are
 * gathered for a full sample it shows to have done so. */
#ifndef TCPTOP_SRC_MODEL_CARRY_H
#define TCPTOP_SRC_MODEL_CARRY_H

#include "slots.h"
#include "tcptop/base/array.h"
#include "tcptop/model/sample_builder.h"

#define CARRY_WORDS 4096u /* of 64 bits, in each of two filters */

/* Memory that is kept between joins; starts as zero. */
struct carry {
    struct slots by_cookie, by_endpoints; /* of the rows of the dump and the events */
    uint64_t *cookies, *ports;            /* filters: hardly a row without a match passes; owned */
    struct u32_list doubtful; /* carried rows, by their number in the new sample, that an event may
                                 be of */
};

void carry_fini(struct carry *k);

/** Append the carried rows of `prev` to the rows that the dump of `b` brought, with their times,
 *  and their metrics where both samples have some. Not carried is a row whose cookie or endpoints a
 *  row of the dump has (it has changed its state, or made way), and one whose socket `events` or
 *  `waiting` (either may be NULL) report closed. `old` gets the numbers in `prev` of all its rows
 *  that were not carried. Returns 0 or -ENOMEM. */
int carry_rows(struct carry *k, struct sample_builder *b, const struct sample *prev,
               const struct sample *events, const struct sample *waiting, struct u32_list *old);

/** Take out of `rows`, which were read while or before the dump of `b` was taken, those that
 * carry_rows() would not carry either; the last rows take their places. `events` and `waiting` as
 * there. Returns 0 or -ENOMEM. */
int carry_prune(struct carry *k, struct sample_builder *rows, const struct sample_builder *b,
                const struct sample *events, const struct sample *waiting);

#endif

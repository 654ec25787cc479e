/* SPDX-License-Identifier: MIT */
/* How what a recorder noted goes into the findings of a sample. */
#ifndef TCPTOP_SRC_DOCTOR_DOCTOR_TOLD_H
#define TCPTOP_SRC_DOCTOR_DOCTOR_TOLD_H

#include "tcptop/doctor/doctor.h"

/** How many of the findings held when the sample was taken. */
uint32_t doctor_told_at(const struct doctor_notes *notes, const struct sample *s);

/** Add these, behind the `f->n` that there are, to `f`, which has room for them; of one that is
 *  there the time since when it holds is taken over. */
void doctor_told_add(const struct doctor_notes *notes, const struct sample *s, struct findings *f);

/** Put those that have ended behind the `f->n` that hold: the `n` that the doctor saw end, for
 *  which there is room, and those of which the recorder, where `notes` are given, tells that they
 *  had ended before the sample; then there is room for ENDED_MAX. */
void doctor_told_ended(const struct doctor_notes *notes, const struct sample *s,
                       const struct finding *ended, uint32_t n, struct findings *f);

/** Take over how rules could look by the time of the sample. `grows_fast`: RULE_GROWING would
 *  suspect something, had its window begun. */
void doctor_told_skip(const struct doctor_notes *notes, const struct sample *s, bool grows_fast,
                      struct findings *f);

#endif

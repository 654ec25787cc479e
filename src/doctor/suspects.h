/* SPDX-License-Identifier: MIT */
/* The process that a finding names: which one, and how it is. */
#ifndef TCPTOP_SRC_DOCTOR_SUSPECTS_H
#define TCPTOP_SRC_DOCTOR_SUSPECTS_H

#include "check.h"

/** Name in the finding the process that holds the socket of the row, if one is known; else the
 *  user and the service whose socket it is, and owners are asked for. Of several who share a
 * listening socket it is one that accepts: not the parent of the others, and none that is halted
 * while another one runs. */
void suspects_name(struct check *l, struct finding *f, uint32_t row);

/** The same of a socket that is shared by chance: the process with the lowest pid, as everywhere;
 * of one that is let go the process or the service that had it, if samples saw that. */
void suspects_name_first(struct check *l, struct finding *f, uint32_t row);

/** Count with the others of the finding those whose listeners share the port of the row's
 *  (SO_REUSEPORT), so that any of them may be meant. */
void suspects_count_sharing(struct check *l, struct finding *f, uint32_t row);

/** What to do about the process as it is: let it run, or give it descriptors; `otherwise` where it
 *  lacks nothing. */
enum advice suspects_advice(const struct finding *f, enum advice otherwise);

/** The same, but a lack of descriptors is not what keeps it. */
enum advice suspects_advice_to_run(const struct finding *f, enum advice otherwise);

/** Count the row with those of its process, or of its service where no process is known, among
 * those with that key, and keep in `most` whichever has most of them: a row that it still has, if
 * there is one. */
void suspects_count(struct check *l, uint64_t key, uint32_t row, struct share *most);

/** Count the row with those of its process, or of the one that had it, for a finding that is not
 * about a process but names the one that has most of the bucket's rows. */
void suspects_count_holder(struct check *l, enum rule_id rule, struct bucket *bucket, uint32_t row);

/** Name that process, if any is known. */
void suspects_name_holder(struct check *l, struct finding *f, const struct bucket *bucket);

#endif

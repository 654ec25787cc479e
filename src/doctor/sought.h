/* SPDX-License-Identifier: MIT */
/* Findings about processes that were looked for when they were found. */
#ifndef TCPTOP_SRC_DOCTOR_SOUGHT_H
#define TCPTOP_SRC_DOCTOR_SOUGHT_H

#include "check.h"

/** Name those whose processes are known now. What was found again by the process is one finding
 *  with it, since when either has held. */
void sought_name(struct check *l);

#endif

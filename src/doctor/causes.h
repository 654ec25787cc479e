/* SPDX-License-Identifier: MIT */
/* Which findings follow from another one of the same sample. */
#ifndef TCPTOP_SRC_DOCTOR_CAUSES_H
#define TCPTOP_SRC_DOCTOR_CAUSES_H

#include "check.h"

/** Find out for the findings of this round what they follow from. Connection attempts to a listener
 *  of this host whose accept queue is full, and its half-open connections, follow from that queue;
 *  a window shut by a process of this host from that process's not reading; both are then notes. A
 *  full queue of a process without descriptors follows from its leak, where that has most of them.
 */
void causes_link(struct check *l);

/** Put what follows behind its cause; both stand where the graver one did. */
void causes_order(struct findings *f);

#endif

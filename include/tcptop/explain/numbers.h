/* SPDX-License-Identifier: MIT */
/* IN NUMBERS: what was counted of a state, as a table. */
#ifndef TCPTOP_EXPLAIN_NUMBERS_H
#define TCPTOP_EXPLAIN_NUMBERS_H

#include "tcptop/base/str.h"
#include "tcptop/explain/explain.h"

/** Append lines of "label\tvalue" in the language in force. A state has the same lines at every
 *  sample, so that nothing moves: what is not known is "–". Nothing without a sample, or
 *  where the subject wants no table. */
void numbers_add(struct str *out, const struct explain_subject *subject);

#endif

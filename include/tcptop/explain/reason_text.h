/* SPDX-License-Identifier: MIT */
/* The words for a struct sample_reason. */
#ifndef TCPTOP_EXPLAIN_REASON_TEXT_H
#define TCPTOP_EXPLAIN_REASON_TEXT_H

#include "tcptop/model/sample_reason.h"
#include "tcptop/text/text.h"

#define REASON_TEXT_SIZE 640 /* bytes of a reason, NUL included */

/** Write the reason as one line in `language` into `out` and return it; "" for REASON_NONE. Output
 *  for programs is always in LANG_EN. */
const char *reason_text(char out[REASON_TEXT_SIZE], const struct sample_reason *r,
                        enum language language);

#endif

/* SPDX-License-Identifier: MIT */
/* What --diff prints. */
#ifndef TCPTOP_OUTPUT_COMPARISON_PRINT_H
#define TCPTOP_OUTPUT_COMPARISON_PRINT_H

#include "tcptop/output/output.h"
#include "tcptop/query/comparison.h"

struct comparison_print {
    const struct comparison *comparison;
    const char *name[COMPARISON_SIDES]; /* the files, as the user named them */
    uint32_t limit; /* only so many lines of each list; 0: text the first 40, JSON all */
    bool ascii;     /* text: arrows and dashes as their ASCII twins */
};

/** For a person, in the language in force: both sides, what changed by process, peer and state with
 *  the largest first, which states changed, and what could not be compared. */
void comparison_print_text(struct sink *out, const struct comparison_print *p);

/** A record for each group, each change of a state, each connection that differs, then one that
 * sums up; the same bytes in every language. */
void comparison_print_json(struct sink *out, const struct comparison_print *p);

#endif

/* SPDX-License-Identifier: MIT */
/* Misspelt names: which known one was meant. */
#ifndef TCPTOP_BASE_EDIT_DISTANCE_H
#define TCPTOP_BASE_EDIT_DISTANCE_H

/** Slips between two names: letters left out, added, wrong, or two swapped. ASCII case does not
 *  count. Names of more than 63 bytes are far from everything (UINT_MAX). */
unsigned edit_distance(const char *a, const char *b);

/** How many slips still look like `name`: one in short names, a third of the letters in long. */
unsigned edit_distance_limit(const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* What is said of a comparison of two samples, for a person and in the language in force; its two
 * sides are called A and B. */
#ifndef TCPTOP_EXPLAIN_COMPARISON_WORDS_H
#define TCPTOP_EXPLAIN_COMPARISON_WORDS_H

#include "tcptop/base/str.h"
#include "tcptop/query/comparison.h"

extern const char *const comparison_words_side[COMPARISON_SIDES]; /* "A", "B" */

/** The name of a state, a dash for one that is not known. */
const char *comparison_words_state(unsigned state);

/** Append "java → 10.0.3.7:5432", "nginx :443 ← 10.0.3.7" or "nginx :443". */
void comparison_words_ends(const struct comparison_key *key, struct str *out);

/** The same of a group, and where it has as many as before but not the same ones, how many of them
 *  have gone and have come. */
void comparison_words_group(const struct comparison_group *g, struct str *out);

/** Append "ESTABLISHED → CLOSE_WAIT" of a group that changed its state. */
void comparison_words_move(const struct comparison_key *key, struct str *out);

/** Append how many connections are only in A, only in B, in another state, the same. */
void comparison_words_sums(const struct comparison *c, struct str *out);

/** Append the names of states that this side did not list, and the other has. */
void comparison_words_unlisted(const struct comparison *c, unsigned side, struct str *out);

/** Append what is not known and so was not compared, and what counts as the same connection: whole
 *  sentences, each with a newline behind it. */
void comparison_words_notes(const struct comparison *c, struct str *out);

#endif

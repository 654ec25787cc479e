/* SPDX-License-Identifier: MIT */
/* What is said of a sample that was read from the output of another program. */
#ifndef TCPTOP_EXPLAIN_IMPORT_WORDS_H
#define TCPTOP_EXPLAIN_IMPORT_WORDS_H

#include <stdbool.h>

#include "tcptop/base/str.h"
#include "tcptop/model/import.h"

/** Append the program and its system: "netstat, Windows". */
void import_words_source(const struct import *i, struct str *out);

/** Append how many lines were what, in the language in force. */
void import_words_counts(const struct import *i, struct str *out);

/** Append which lines were skipped for a reason, in the language in force; false: none. */
bool import_words_skipped(const struct import *i, enum import_skipped_for why, struct str *out);

/** Append the n-th further note, in the language in force; false: there is none. */
bool import_words_note(const struct import *i, unsigned n, struct str *out);

#endif

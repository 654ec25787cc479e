/* SPDX-License-Identifier: MIT */
/* How app speaks to a person outside the screen. */
#ifndef TCPTOP_SRC_APP_CLI_ERROR_H
#define TCPTOP_SRC_APP_CLI_ERROR_H

#include "tcptop/base/err.h"
#include "tcptop/model/import.h"
#include "tcptop/model/sample_reason.h"
#include "tcptop/text/text.h"

/** Fill `err` (may be NULL) with a message of the catalogue; `a` and `b` (may be NULL) are
 *  sanitised, since they come from the command line. Returns -EINVAL. */
int cli_error_usage(struct err *err, enum msg id, const char *a, const char *b);

/** Fill `err` (may be NULL) with the words for `why` in the language in force. Returns `rc`. */
int cli_error_reason(struct err *err, int rc, const struct sample_reason *why);

/** What became of the lines of an imported text, on stderr: their counts, which were skipped and
 *  why, and what else there is to note. */
void cli_error_import(const struct import *i);

/** One line on stderr: "tcptop: …". */
void cli_error(const char *message);

#endif

/* SPDX-License-Identifier: MIT */
/* What is wrong with a configuration, in the language in force. */
#ifndef CONFIG_ERROR_H
#define CONFIG_ERROR_H

#include "tcptop/base/err.h"
#include "tcptop/text/text.h"

/** Puts the message into `err`, which may be NULL, with {1} to {3} replaced by `a` to `c`; those
 *  from the first NULL on are not needed. Returns `rc`. */
int config_error(struct err *err, int rc, enum msg id, const char *a, const char *b, const char *c);

#endif

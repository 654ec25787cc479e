/* SPDX-License-Identifier: MIT */
/* The live screen. */
#ifndef TCPTOP_SRC_APP_LIVE_MODE_H
#define TCPTOP_SRC_APP_LIVE_MODE_H

#include "tcptop/app/settings.h"

struct lesson;

/** Run it to its end, with a lesson unless that is NULL. Returns the exit code. */
int live_run(const struct settings *s, bool utf8, struct lesson *lesson);

#endif

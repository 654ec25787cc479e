/* SPDX-License-Identifier: MIT */
/* What has changed since a moment that was noted: see overlay_diff.c for the overlay. */
#ifndef TCPTOP_SRC_UI_OVERLAY_DIFF_H
#define TCPTOP_SRC_UI_OVERLAY_DIFF_H

#include "session_state.h"

/** The comparison that was made last, NULL while none was. */
const struct comparison *overlay_diff_made(const struct session *s);

/** Forget what was noted, after its tasks have ended. */
void overlay_diff_fini(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* The way through a state, with the counts of this host under the names. */
#ifndef TCPTOP_EXPLAIN_STATE_MAP_H
#define TCPTOP_EXPLAIN_STATE_MAP_H

#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"

#define MAP_COLUMNS 43 /* no map is wider */

/** Append the map `lines` of state_texts.h; below each line that names states one with their
 * counts, right-aligned under the names, marked live. `s` NULL: no counts. */
void state_map_draw(struct str *out, const char *lines, const struct sample *s);

#endif

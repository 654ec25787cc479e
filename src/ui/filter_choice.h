/* SPDX-License-Identifier: MIT */
/* A choice of states or of a port, made by a key, as a term of the filter's text. */
#ifndef TCPTOP_SRC_UI_FILTER_CHOICE_H
#define TCPTOP_SRC_UI_FILTER_CHOICE_H

#include <stdbool.h>

#include "tcptop/ui/ui_state.h"

enum choice_kind { CHOICE_PORT, CHOICE_STATE, CHOICE_MORE };

/** Write `filter` to `out` with `term` in the place of every earlier choice of the same kind; of
 * the kind MORE none is replaced. The rest of the filter stays; it is put in parentheses where `or`
 * or an ss expression would swallow the term. Returns false when the result is too long. */
bool filter_choice_replace(char out[UI_FILTER_MAX], const char *filter, enum choice_kind kind,
                           const char *term);

/** The port that the filter chooses as one of its terms, 0 when it names none, several, or binds
 *  terms together. */
uint16_t filter_choice_port(const char *filter);

#endif

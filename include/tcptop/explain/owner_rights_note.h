/* SPDX-License-Identifier: MIT */
/* What is said, once, where the processes of other users' sockets cannot be seen. */
#ifndef TCPTOP_EXPLAIN_OWNER_RIGHTS_NOTE_H
#define TCPTOP_EXPLAIN_OWNER_RIGHTS_NOTE_H

#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"

/** How many rows lack an owner for want of which capability. False: none does. */
bool owner_rights_note(const struct sample *s, struct str *line);

#endif

/* SPDX-License-Identifier: MIT */
/* What is said, once, where the processes of other users' sockets cannot be seen. */
#ifndef TCPTOP_EXPLAIN_OWNER_RIGHTS_NOTE_H
#define TCPTOP_EXPLAIN_OWNER_RIGHTS_NOTE_H

#include "tcptop/base/str.h"
#include "tcptop/model/sample.h"

/** Are there rows whose process cannot be seen: for want of a capability, or since it is outside of
 *  the pid namespace that /proc shows? */
static inline bool owner_rights_hide(const struct sample *s)
{
    return s->owners && s->owners->lacks && s->ownerless;
}

/** Append how many rows that are, and why. False: none is. */
bool owner_rights_note(const struct sample *s, struct str *line);

#endif

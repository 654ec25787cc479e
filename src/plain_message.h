/* SPDX-License-Identifier: MIT */
/* Messages for texts that are about no particular finding, in programs of the build. */
#ifndef TCPTOP_SRC_PLAIN_MESSAGE_H
#define TCPTOP_SRC_PLAIN_MESSAGE_H

#include "tcptop/base/str.h"

/** Append a message of the catalogue. What it has in [ ] depends on a finding and is left out; ^ is
 *  a blank. */
static inline void plain_message_add(struct str *plain, const char *text)
{
    unsigned depth = 0;

    for (const char *at = text; *at; at++) {
        depth += *at == '[';
        if (!depth)
            str_add_char(plain, *at == '^' ? ' ' : *at);
        depth -= *at == ']' && depth;
    }
}

#endif

/* SPDX-License-Identifier: MIT */
/* The capabilities of another user's /proc/PID/fd: proc(5), ptrace(2) "access mode checking". */
#include "tcptop/explain/owner_rights_note.h"

#include "tcptop/base/fmt.h"
#include "tcptop/text/text.h"

bool owner_rights_note(const struct sample *s, struct str *line)
{
    static const char *const names[] = {
        [OWNER_LACK_PTRACE] = "CAP_SYS_PTRACE",
        [OWNER_LACK_SEARCH] = "CAP_DAC_READ_SEARCH",
        [OWNER_LACK_PTRACE | OWNER_LACK_SEARCH] = "CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH",
    };
    char count[FMT_SIZE];
    if (!s->owners || !s->owners->lacks || !s->ownerless)
        return false;
    fmt_count(count, sizeof count, s->ownerless);
    text_fill(line, MSG_OWNERS_HIDDEN, count, names[s->owners->lacks], NULL);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* The capabilities of another user's /proc/PID/fd: proc(5), ptrace(2) "access mode checking"; and
 * processes that /proc does not show: pid_namespaces(7) "/proc and PID namespaces". */
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
    if (!owner_rights_hide(s))
        return false;
    const uint32_t rights = s->owners->lacks & (OWNER_LACK_PTRACE | OWNER_LACK_SEARCH);
    fmt_count(count, sizeof count, s->ownerless);
    if (!rights)
        text_fill(line, MSG_OWNERS_ELSEWHERE, count, NULL);
    else
        text_fill(line,
                  s->owners->lacks & OWNER_LACK_PROCESSES ? MSG_OWNERS_HIDDEN_OR_ELSEWHERE
                                                          : MSG_OWNERS_HIDDEN,
                  count, names[rights], NULL);
    return true;
}

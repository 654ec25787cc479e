/* SPDX-License-Identifier: MIT */
/* --learn: the live screen over a scene in a namespace of its own. The process goes there itself,
 * so that it ends with the process, and with it every socket of the scene. */
#include <errno.h>
#include <unistd.h>

#include "app.h"
#include "live_mode.h"
#include "tcptop/app/modes.h"
#include "tcptop/lesson/lesson.h"

static int give_up(enum msg why, int rc)
{
    struct err err;
    cli_error_usage(&err, why, text_error(rc), NULL);
    cli_error(err.msg);
    return EXIT_FAILED;
}

int learn_mode_run(const struct settings *s, bool utf8)
{
    struct lesson lesson;
    if (!isatty(STDOUT_FILENO)) {
        cli_error(text(MSG_LESSON_NEEDS_TERMINAL));
        return EXIT_USAGE;
    }
    int rc = lesson_net_enter();
    if (rc == -ENOSPC) { /* what unshare(2) says then is not about space */
        cli_error(text(MSG_LESSON_NO_MORE));
        return EXIT_FAILED;
    }
    if (rc)
        return give_up(MSG_LESSON_NO_NAMESPACE, rc);
    mode_keep_privileges(s);
    rc = lesson_init(&lesson, s->learn_state);
    if (rc)
        return give_up(MSG_LESSON_NO_NET, rc);
    rc = live_run(s, utf8, &lesson);
    lesson_fini(&lesson);
    return rc;
}

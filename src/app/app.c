/* What the modes share: where samples come from, waiting for the next, how output ends. */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"

int app_open_source(struct source **src, const struct settings *s, struct err *err)
{
    return s->read_path ? source_open_recording(src, s->read_path, err)
                        : source_open_namespaces(src, s->netns ? s->netns : "", err);
}

static bool shows_screen(const struct settings *s)
{
    return s->mode == MODE_LIVE || s->mode == MODE_LEARN;
}

/* On the screen, and with keys that are read from a file, `@` may ask for another namespace at any
 * time; a lesson has its own. */
static bool enters_namespaces(const struct settings *s)
{
    return s->netns || s->mode == MODE_LIVE || (s->mode == MODE_DUMP && s->keys_path);
}

/* The README has this as a table. */
static uint64_t rights_of(const struct settings *s)
{
    uint64_t rights = PRIVILEGE_PROCESSES;

    if (s->read_path || s->mode == MODE_HELP || s->mode == MODE_VERSION)
        return 0;
    if (!s->readonly && (shows_screen(s) || s->mode == MODE_BATCH))
        rights |= PRIVILEGE_NET;
    if (enters_namespaces(s))
        rights |= PRIVILEGE_NAMESPACES;
    return rights;
}

void mode_keep_privileges(const struct settings *s)
{
    privileges_keep(rights_of(s));
}

struct sample_observer *app_doctor(const struct settings *s)
{
    return doctor_new(&s->limits, false, s->cpu_budget);
}

bool app_wait(int64_t due)
{
    for (;;) {
        const int64_t left = due - clock_mono_ns();
        if (left <= 0)
            return true;
        struct pollfd out = {.fd = STDOUT_FILENO}; /* no events: only POLLERR is reported */
        if (poll(&out, 1, (int)((left + NS_PER_MS - 1) / NS_PER_MS)) > 0)
            return false;
    }
}

int app_finish(struct sink *out, int code)
{
    const int rc = sink_flush(out);
    if (rc && rc != -EPIPE) {
        struct err why;
        cli_error_usage(&why, MSG_WRITE_ERROR, err_name(rc), NULL);
        cli_error(why.msg);
        code = EXIT_FAILED;
    }
    sink_fini(out);
    return code;
}

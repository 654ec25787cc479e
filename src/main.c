/* SPDX-License-Identifier: MIT */
/* tcptop: a terminal monitor for the TCP connections of a Linux host.
 *
 * This file reads the settings, runs the mode that they choose, and is the only one that exits.
 * src/README.md says where everything else is. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "app/cli_error.h"
#include "tcptop/app/modes.h"
#include "tcptop/app/settings.h"
#include "tcptop/base/privileges.h"

/* A standard descriptor that is closed would be given to the next socket, and text written to it.
 * What is put there fails when it is used the usual way. */
static bool open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

/* With more rights than the caller has, files that the caller's environment names are not to be
 * trusted: terminal descriptions (also in $HOME/.terminfo), the configuration, names of hosts. */
static void drop_untrusted_environment(void)
{
    static const char *const names[] = {"TERMINFO", "TERMINFO_DIRS",   "TERMCAP",    "TERMPATH",
                                        "HOME",     "XDG_CONFIG_HOME", "CARES_HOSTS"};
    if (!getauxval(AT_SECURE))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static int (*const run[])(const struct settings *s, bool utf8) = {
#define MODE(ident, function, ...) [MODE_##ident] = function,
#include "tcptop/app/modes.def"
};

int main(int argc, char **argv)
{
    static struct settings settings;
    struct err err;
    if (!open_standard())
        return EXIT_FAILED;
    privileges_begin();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of write() */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that may not become larger (RLIMIT_FSIZE) */
    drop_untrusted_environment();
    const bool utf8 = settings_locale();
    const int code = settings_load(&settings, argc, argv, utf8, &err);
    if (code) {
        cli_error(err.msg);
        return code;
    }
    if (settings.mode != MODE_LEARN &&
        !settings.ui.host) /* they make a namespace, or start ssh, first */
        mode_keep_privileges(&settings);
    return run[settings.mode](&settings, utf8);
}

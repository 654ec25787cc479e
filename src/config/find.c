/* Where the configuration file is, when nobody says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tcptop/config/ini.h"

/* `variable` names an absolute directory and the file is in it. A relative one would make the
 * current directory decide, which whoever wrote there would like. */
static bool found_in(char *path, size_t size, const char *variable, const char *below)
{
    const char *dir = getenv(variable);
    if (!dir || dir[0] != '/') {
        return false;
    }
    int n = snprintf(path, size, "%s/%s", dir, below);
    return n > 0 && (size_t)n < size && access(path, F_OK) == 0;
}

int ini_find(char *path, size_t size)
{
    if (found_in(path, size, "XDG_CONFIG_HOME", "tcptop/tcptop.ini") ||
        found_in(path, size, "HOME", ".config/tcptop/tcptop.ini")) {
        return 0;
    }
    int n = snprintf(path, size, INI_SYSTEM_PATH);
    return n > 0 && (size_t)n < size && access(path, F_OK) == 0 ? 0 : -ENOENT;
}

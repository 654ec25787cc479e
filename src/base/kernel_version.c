/* SPDX-License-Identifier: MIT */
/* The release of the running kernel, compared by its first two numbers. */
#include "tcptop/base/kernel_version.h"

#include <stdio.h>
#include <sys/utsname.h>

bool kernel_version_reaches(unsigned major, unsigned minor)
{
    struct utsname u;
    unsigned has_major, has_minor;

    return uname(&u) == 0 && sscanf(u.release, "%u.%u", &has_major, &has_minor) == 2 &&
           (has_major > major || (has_major == major && has_minor >= minor));
}

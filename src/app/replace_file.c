/* SPDX-License-Identifier: MIT */
/* Writes a file beside another one and renames it over that. */
#include "replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"

static int write_whole(int fd, const char *bytes, size_t len)
{
    while (len) {
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int replace_file(const char *path, const void *bytes, size_t len)
{
    char beside[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const int n = snprintf(beside, sizeof beside, "%.*s.%s.new", (int)(name - path), path, name);

    if (!*name || n < 0 || (size_t)n >= sizeof beside)
        return *name ? -ENAMETOOLONG : -EISDIR;
    (void)privileges_unlink(beside); /* left by a process that was killed */
    const int fd = privileges_open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0)
        return fd;
    int rc = write_whole(fd, bytes, len);
    if (close(fd) && !rc)
        rc = -errno;
    if (!rc)
        rc = privileges_rename(beside, path);
    if (rc)
        (void)privileges_unlink(beside);
    return rc;
}

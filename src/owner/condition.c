/* SPDX-License-Identifier: MIT */
/* proc(5), and the freezers of both versions of control groups: Documentation/admin-guide/
 * cgroup-v2.rst "cgroup.events", cgroup-v1/freezer-subsystem.rst "freezer.state". A process that
 * version 2 has frozen is shown as sleeping, one of version 1 as in D. */
#include "tcptop/owner/condition.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"
#include "tcptop/owner/process.h"

#define FILE_BYTES  4096u
#define PATH_MOST   1024
#define COUNTED_MAX 1000000u /* descriptors, one by one */

/* Does the file of a control group say so? */
static bool group_says(const char *root, const char *path, int len, const char *file,
                       const char *words)
{
    char name[PATH_MOST + 64], bytes[256];
    ssize_t got;

    snprintf(name, sizeof name, "/sys/fs/cgroup%s%.*s/%s", root, len, path, file);
    got = process_read_file(AT_FDCWD, name, bytes, sizeof bytes);
    return got > 0 && memmem(bytes, (size_t)got, words, strlen(words));
}

/* A line of /proc/PID/cgroup: "0::/path" is of version 2, "6:freezer:/path" of version 1. Above the
 * root of its namespace a path begins with "/..": such a one is not below /sys/fs/cgroup. */
static bool line_is_frozen(const char *line, int len)
{
    static const char v1[] = ":freezer:", v2[] = "0::";
    const char *path = memmem(line, (size_t)len, v1, sizeof v1 - 1);
    bool second = len > (int)sizeof v2 && memcmp(line, v2, sizeof v2 - 1) == 0;

    if (!second && !path)
        return false;
    path = second ? line + sizeof v2 - 1 : path + sizeof v1 - 1;
    len -= (int)(path - line);
    if (len <= 1 || len > PATH_MOST || memmem(path, (size_t)len, "/..", 3))
        return false;
    if (!second)
        return group_says("/freezer", path, len, "freezer.state", "FROZEN");
    return group_says("", path, len, "cgroup.events", "frozen 1") ||
           group_says("/unified", path, len, "cgroup.events", "frozen 1");
}

static bool is_frozen(int dir_fd)
{
    char bytes[FILE_BYTES];
    ssize_t got = process_read_file(dir_fd, "cgroup", bytes, sizeof bytes);
    const char *end = bytes + (got > 0 ? got : 0), *next;

    for (const char *line = bytes; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            next = end;
        if (line_is_frozen(line, (int)(next - line)))
            return true;
    }
    return false;
}

/* One by one, where the directory's size does not say it: fs/proc/fd.c proc_readfd_count(), from
 * Linux 6.2 on. */
static uint64_t count_files(int dir_fd)
{
    uint64_t privileges = privileges_raise(PRIVILEGE_PROCESSES), n = 0;
    int fd = openat(dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *e;

    privileges_restore(privileges);
    if (fd >= 0 && !dir)
        close(fd);
    while (dir && n < COUNTED_MAX && (e = readdir(dir)))
        n += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

bool condition_read(uint32_t pid, uint64_t start_ticks, struct condition *out)
{
    char bytes[FILE_BYTES];
    struct process_facts facts;
    struct stat st;
    int dir = process_open_same(pid, start_ticks, &facts);

    if (dir < 0)
        return false;
    *out =
        (struct condition){.state = facts.state, .parent = facts.parent, .frozen = is_frozen(dir)};
    if (fstatat(dir, "fd", &st, 0) == 0)
        out->files = st.st_size > 0 ? (uint64_t)st.st_size : count_files(dir);
    ssize_t got = process_read_file(dir, "limits", bytes, sizeof bytes);
    if (got <= 0 || !process_parse_limit(bytes, (size_t)got, &out->files_max))
        out->files_max = 0;
    close(dir);
    return true;
}

/* SPDX-License-Identifier: MIT */
/* Files below /proc/PID, each read at once into a buffer on the stack. */
#include "tcptop/owner/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tcptop/base/utf8.h"
#include "tcptop/owner/cgroup.h"

#define DIRENTS_BYTES 32768u
#define CGROUP_BYTES  8192u
#define CGROUP_PATH   1024u
#define PARENT_FIELD  4 /* of /proc/PID/stat, counted from 1 … */
#define START_FIELD   22
#define ELLIPSIS      "…"
#define SOCKET        "socket:["

int process_open(int proc_fd, uint32_t pid)
{
    char name[16];
    int fd;

    snprintf(name, sizeof name, "%u", pid);
    fd = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

ssize_t process_read_file(int dir_fd, const char *name, char *bytes, size_t size)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = 1;

    if (fd < 0)
        return -errno;
    while (got > 0 && len < size) {
        got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            len += (size_t)got;
    }
    int error = got < 0 ? -errno : 0;
    close(fd);
    return error ? error : (ssize_t)len;
}

int process_name(int proc_fd, uint32_t pid, char out[PROCESS_NAME])
{
    char path[24], bytes[64];
    ssize_t len;

    snprintf(path, sizeof path, "%u/comm", pid);
    len = process_read_file(proc_fd, path, bytes, sizeof bytes);
    if (len <= 0)
        return len ? (int)len : -ESRCH;
    utf8_sanitise_into(out, PROCESS_NAME, bytes, (size_t)len - (bytes[len - 1] == '\n'));
    return 0;
}

/* The number in a field of /proc/PID/stat; `p`: the blank before field 3. NULL: there is none. */
static const char *field_number(const char *p, const char *end, int wanted, uint64_t *number)
{
    for (int field = 3; p && p < end && field < wanted; field++)
        p = memchr(p + 1, ' ', (size_t)(end - p - 1));
    if (!p || end - p < 2 || p[1] < '0' || p[1] > '9')
        return NULL;
    *number = 0;
    for (p++; p < end && *p >= '0' && *p <= '9'; p++)
        *number = *number * 10 + (uint64_t)(*p - '0');
    return p;
}

bool process_parse_stat(const char *bytes, size_t len, struct process_facts *facts)
{
    const char *open = memchr(bytes, '(', len), *close = memrchr(bytes, ')', len);
    const char *p = close ? close + 1 : NULL, *end = bytes + len;
    uint64_t number;

    if (!open || !close || close < open)
        return false;
    utf8_sanitise_into(facts->name, sizeof facts->name, open + 1, (size_t)(close - open - 1));
    facts->state = p + 1 < end ? p[1] : '?';
    p = field_number(p, end, PARENT_FIELD, &number);
    facts->parent = p && number <= UINT32_MAX ? (uint32_t)number : 0;
    return field_number(close + 1, end, START_FIELD, &facts->start_ticks);
}

void process_parse_cmdline(const char *bytes, size_t len, char out[PROCESS_CMDLINE])
{
    char line[PROCESS_CMDLINE], clean[3 * PROCESS_CMDLINE + 1]; /* a byte may become three */
    bool cut = len >= sizeof line;

    while (len > 0 && bytes[len - 1] == '\0')
        len--;
    if (len > sizeof line)
        len = sizeof line;
    for (size_t i = 0; i < len; i++)
        line[i] = bytes[i] ? bytes[i] : ' ';
    utf8_sanitise_into(clean, sizeof clean, line, len);
    size_t kept = strlen(clean), room = PROCESS_CMDLINE - sizeof ELLIPSIS;
    cut |= kept >= PROCESS_CMDLINE;
    while (cut && (kept > room || ((unsigned char)clean[kept] & 0xc0) == 0x80))
        kept--;
    memcpy(out, clean, kept);
    strcpy(out + kept, cut ? ELLIPSIS : "");
}

static void read_cgroup(int dir_fd, struct process_facts *facts)
{
    char bytes[CGROUP_BYTES], path[CGROUP_PATH];
    ssize_t len = process_read_file(dir_fd, "cgroup", bytes, sizeof bytes);

    facts->cgroup[0] = '\0';
    if (len <= 0)
        return;
    cgroup_path(bytes, (size_t)len, path, sizeof path);
    cgroup_label(path, facts->cgroup, sizeof facts->cgroup);
}

int process_read(int dir_fd, struct process_facts *facts)
{
    char bytes[PROCESS_CMDLINE];
    struct stat st;
    ssize_t len = process_read_file(dir_fd, "stat", bytes, sizeof bytes);

    if (len < 0)
        return (int)len;
    if (!process_parse_stat(bytes, (size_t)len, facts))
        return -ESRCH;
    if (fstat(dir_fd, &st) != 0)
        return -errno;
    facts->uid = st.st_uid;
    len = process_read_file(dir_fd, "cmdline", bytes, sizeof bytes);
    process_parse_cmdline(bytes, len > 0 ? (size_t)len : 0, facts->cmdline);
    read_cgroup(dir_fd, facts);
    return 0;
}

bool process_parse_limit(const char *bytes, size_t len, uint64_t *files)
{
    static const char head[] = "Max open files";
    const char *line = memmem(bytes, len, head, sizeof head - 1), *end = bytes + len;

    if (!line)
        return false;
    line += sizeof head - 1;
    while (line < end && *line == ' ')
        line++;
    if (line == end || *line < '0' || *line > '9')
        return false; /* "unlimited" */
    for (*files = 0; line < end && *line >= '0' && *line <= '9'; line++)
        *files = *files * 10 + (uint64_t)(*line - '0');
    return true;
}

int process_open_same(uint32_t pid, uint64_t start_ticks, struct process_facts *facts)
{
    char path[32], bytes[1024];
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%u", pid);
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    len = process_read_file(dir, "stat", bytes, sizeof bytes);
    if (len > 0 && process_parse_stat(bytes, (size_t)len, facts) &&
        facts->start_ticks == start_ticks)
        return dir;
    close(dir);
    return len < 0 ? (int)len : -ESRCH;
}

bool process_files_max(uint32_t pid, uint64_t start_ticks, uint64_t *files)
{
    char bytes[4096];
    struct process_facts facts;
    int dir = process_open_same(pid, start_ticks, &facts);

    if (dir < 0)
        return false;
    ssize_t len = process_read_file(dir, "limits", bytes, sizeof bytes);
    close(dir);
    return len > 0 && process_parse_limit(bytes, (size_t)len, files);
}

uint32_t process_parse_link(const char *target, size_t len)
{
    size_t at = sizeof SOCKET - 1;
    uint64_t inode = 0;

    if (len <= at || memcmp(target, SOCKET, at) != 0)
        return 0;
    for (; at < len && target[at] >= '0' && target[at] <= '9' && inode <= UINT32_MAX; at++)
        inode = inode * 10 + (uint64_t)(target[at] - '0');
    return at + 1 == len && target[at] == ']' && inode <= UINT32_MAX ? (uint32_t)inode : 0;
}

static int add_if_socket(int fd_dir, const char *name, struct u32_list *list)
{
    char target[64];
    ssize_t len = readlinkat(fd_dir, name, target, sizeof target);
    uint32_t inode = len > 0 ? process_parse_link(target, (size_t)len) : 0;

    return inode ? array_u32_add(list, inode) : 0;
}

struct dirent_head { /* struct linux_dirent64 */
    uint64_t ino;
    int64_t off;
    uint16_t len;
    uint8_t type;
    char name[];
};

static int read_links(int fd_dir, struct u32_list *list, const atomic_bool *stop)
{
    _Alignas(uint64_t) char bytes[DIRENTS_BYTES];
    long got;
    int rc = 0;

    while ((got = syscall(SYS_getdents64, fd_dir, bytes, sizeof bytes)) > 0) {
        for (long at = 0; at < got && !rc;) {
            const struct dirent_head *e = (const void *)(bytes + at);
            if (atomic_load_explicit(stop, memory_order_relaxed))
                return -ECANCELED;
            if (e->name[0] != '.')
                rc = add_if_socket(fd_dir, e->name, list);
            at += e->len;
        }
        if (rc)
            return rc;
    }
    return got < 0 ? -errno : 0;
}

int process_sockets(int dir_fd, struct u32_list *list, const atomic_bool *stop)
{
    int fd = openat(dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

    array_u32_clear(list);
    if (fd < 0)
        return -errno;
    rc = read_links(fd, list, stop);
    close(fd);
    return rc;
}

/* SPDX-License-Identifier: MIT */
/* Finds the network namespaces of this host, names them, resolves a name and opens one. */
#include "tcptop/source/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tcptop/base/array.h"
#include "tcptop/base/edit_distance.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/utf8.h"

#define PATH_BYTES   4096
#define CGROUP_BYTES 4096
#define ID_DIGITS    64 /* of a container */
#define SHORT_ID     12

static const char *const ip_netns_dirs[] = {"/run/netns/", "/var/run/netns/"};

void namespaces_fini(struct namespaces *n)
{
    for (uint32_t i = 0; i < n->n; i++)
        free(n->list[i].path);
    free(n->list);
    *n = (struct namespaces){.list = NULL};
}

const struct found_namespace *namespaces_find(const struct namespaces *n, uint64_t inode)
{
    for (uint32_t i = 0; i < n->n; i++) {
        if (n->list[i].inode == inode)
            return &n->list[i];
    }
    return NULL;
}

/* The entry of that inode, a new one if there is none; NULL: out of memory. */
static struct found_namespace *enter_in_list(struct namespaces *n, uint64_t inode)
{
    struct found_namespace *list;

    for (uint32_t i = 0; i < n->n; i++) {
        if (n->list[i].inode == inode)
            return &n->list[i];
    }
    list = array_room(n->list, n->n, &n->cap, 16, sizeof *list);
    if (!list)
        return NULL;
    n->list = list;
    n->list[n->n] = (struct found_namespace){.inode = inode};
    return &n->list[n->n++];
}

/* "net:[4026532281]" */
static bool parse_inode(const char *text, size_t len, uint64_t *inode)
{
    static const char before[] = "net:[";
    const size_t head = sizeof before - 1;

    if (len < head + 2 || memcmp(text, before, head) != 0 || text[len - 1] != ']')
        return false;
    *inode = 0;
    for (size_t i = head; i < len - 1; i++) {
        if (text[i] < '0' || text[i] > '9' || *inode > UINT64_MAX / 10 - 1)
            return false;
        *inode = *inode * 10 + (uint64_t)(text[i] - '0');
    }
    return *inode > 0;
}

/* What the link PATH below `dir` names; 0 or -errno. */
static int read_link(int dir, const char *path, uint64_t *inode)
{
    char text[64];
    ssize_t len = readlinkat(dir, path, text, sizeof text);

    if (len < 0)
        return -errno;
    return parse_inode(text, (size_t)len, inode) ? 0 : -ENOENT;
}

static uint64_t tag_of(uint32_t pid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%u/net/dev", pid);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Every octal escape is one of a blank, a newline, a backslash or "#". */
static bool unescape(const char *text, size_t len, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '\\' && len - i > 3 && text[i + 1] >= '0' && text[i + 1] <= '3') {
            c = (char)((text[i + 1] - '0') << 6 | (text[i + 2] & 7) << 3 | (text[i + 3] & 7));
            i += 3;
        }
        if (used + 1 >= size || c == '\0')
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return used > 0;
}

bool namespaces_mount(const char *line, size_t len, uint64_t *inode, char *path, size_t size)
{
    enum { ROOT = 3, POINT = 4, FIELDS = 5 }; /* mount, parent, device, root, mount point */
    const char *at = line, *end = line + len, *field[FIELDS];
    size_t width[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        if (!blank)
            return false;
        field[i] = at;
        width[i] = (size_t)(blank - at);
        at = blank + 1;
    }
    return parse_inode(field[ROOT], width[ROOT], inode) &&
           memmem(at, (size_t)(end - at), "- nsfs ", 7) &&
           unescape(field[POINT], width[POINT], path, size);
}

/* The name that `ip netns` gave a namespace mounted at `path`; NULL when the path is another one.
 */
static const char *ip_netns_name(const char *path)
{
    for (size_t i = 0; path && i < sizeof ip_netns_dirs / sizeof *ip_netns_dirs; i++) {
        size_t len = strlen(ip_netns_dirs[i]);
        if (strncmp(path, ip_netns_dirs[i], len) == 0 && path[len] && !strchr(path + len, '/'))
            return path + len;
    }
    return NULL;
}

static int add_mount(struct namespaces *n, uint64_t inode, const char *path)
{
    struct found_namespace *found = enter_in_list(n, inode);
    char *copy;

    if (!found)
        return -ENOMEM;
    if (found->path && (ip_netns_name(found->path) || !ip_netns_name(path)))
        return 0;
    copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    free(found->path);
    found->path = copy;
    return 0;
}

static int add_mounts(struct namespaces *n)
{
    FILE *file = fopen("/proc/thread-self/mountinfo", "re");
    char *line = NULL, path[PATH_BYTES];
    size_t size = 0;
    ssize_t len;
    uint64_t inode;
    int rc = 0;

    while (file && !rc && (len = getline(&line, &size, file)) > 0) {
        if (namespaces_mount(line, (size_t)len, &inode, path, sizeof path))
            rc = add_mount(n, inode, path);
    }
    free(line);
    if (file)
        fclose(file);
    return rc;
}

static int add_process(struct namespaces *n, uint64_t inode, uint32_t pid)
{
    struct found_namespace *found = enter_in_list(n, inode);

    if (!found)
        return -ENOMEM;
    if (!found->pid)
        found->pid = pid;
    if (pid == 1)
        n->init = inode;
    return 0;
}

/* A process whose namespace link we may not read still shows /proc/PID/net, whose inodes differ
 * between namespaces. */
static int add_hidden(struct namespaces *n, uint32_t pid)
{
    uint64_t tag = tag_of(pid);
    struct found_namespace *found;

    if (!tag)
        return 0;
    for (uint32_t i = 0; i < n->n; i++) {
        found = &n->list[i];
        if (!found->tag && found->pid)
            found->tag = tag_of(found->pid);
        if (found->tag == tag) {
            n->init = pid == 1 ? found->inode : n->init;
            return 0;
        }
    }
    found = enter_in_list(n, tag);
    if (!found)
        return -ENOMEM;
    found->tag = tag;
    found->hidden = true;
    found->pid = pid;
    n->init = pid == 1 ? tag : n->init;
    return 0;
}

/* Add the namespaces of all processes whose link is readable or, in a second pass, is not: the
 * second pass needs what the first one found. `*unreadable` counts those that are left for it. */
static int add_processes(struct namespaces *n, DIR *dir, bool readable, uint32_t *unreadable)
{
    int proc = dirfd(dir), rc = 0;
    const struct dirent *entry;
    uint64_t inode;
    char path[64];

    rewinddir(dir);
    while (!rc && (entry = readdir(dir))) {
        unsigned long pid = strtoul(entry->d_name, NULL, 10);
        if (!pid || pid > INT32_MAX)
            continue;
        snprintf(path, sizeof path, "%lu/ns/net", pid);
        n->blind &= pid != 1;
        int error = read_link(proc, path, &inode);
        bool refused = error == -EACCES || error == -EPERM;
        *unreadable += refused;
        if (!error && readable)
            rc = add_process(n, inode, (uint32_t)pid);
        else if (refused && !readable)
            rc = add_hidden(n, (uint32_t)pid);
    }
    return rc;
}

bool namespaces_container(const char *cgroup, size_t len, char id[SHORT_ID + 1])
{
    size_t digits = 0, found = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && memchr("0123456789abcdef", cgroup[i], 16)) {
            digits++;
            continue;
        }
        if (digits == ID_DIGITS)
            found = i;
        digits = 0;
    }
    if (!found)
        return false;
    memcpy(id, cgroup + found - ID_DIGITS, SHORT_ID);
    id[SHORT_ID] = '\0';
    return true;
}

/* Read the beginning of a file of a process. Returns the bytes, 0 when it cannot be read. */
static size_t read_of(uint32_t pid, const char *file, char *buffer, size_t size)
{
    char path[64];
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%u/%s", pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    len = read(fd, buffer, size);
    close(fd);
    return len > 0 ? (size_t)len : 0;
}

static bool name_by_process(struct found_namespace *found)
{
    char cgroup[CGROUP_BYTES], id[SHORT_ID + 1], comm[32], clean[NETNS_NAME / 2];
    size_t len;

    if (!found->pid)
        return false;
    len = read_of(found->pid, "cgroup", cgroup, sizeof cgroup);
    if (namespaces_container(cgroup, len, id)) {
        snprintf(found->name, sizeof found->name, "%s", id);
        return true;
    }
    len = read_of(found->pid, "comm", comm, sizeof comm);
    if (len == 0)
        return false;
    utf8_sanitise_into(clean, sizeof clean, comm, len - (comm[len - 1] == '\n'));
    snprintf(found->name, sizeof found->name, "%s[%u]", clean, found->pid);
    return true;
}

void namespaces_name_inode(char name[NETNS_NAME], uint64_t inode)
{
    snprintf(name, NETNS_NAME, "net:[%" PRIu64 "]", inode);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct found_namespace *)a)->name,
                  ((const struct found_namespace *)b)->name);
}

void namespaces_name(struct namespaces *n)
{
    for (uint32_t i = 0; i < n->n; i++) {
        struct found_namespace *found = &n->list[i];
        const char *name = ip_netns_name(found->path);

        if (found->inode == n->init)
            snprintf(found->name, sizeof found->name, "init");
        else if (name)
            utf8_sanitise_into(found->name, sizeof found->name, name, strlen(name));
        else if (!name_by_process(found))
            namespaces_name_inode(found->name, found->inode);
    }
    qsort(n->list, n->n, sizeof *n->list, compare_names);
    for (uint32_t from = 0, to; from < n->n; from = to) {
        for (to = from + 1; to < n->n && compare_names(&n->list[from], &n->list[to]) == 0; to++)
            continue;
        for (uint32_t i = from; to - from > 1 && i < to; i++)
            namespaces_name_inode(n->list[i].name, n->list[i].inode);
    }
}

static int look(struct namespaces *n)
{
    uint64_t own;
    int rc = read_link(AT_FDCWD, "/proc/thread-self/ns/net", &own);
    uint32_t unreadable = 0;
    DIR *dir;

    if (rc)
        return rc;
    namespaces_fini(n);
    n->own = own;
    n->blind = true;
    if (!enter_in_list(n, own))
        return -ENOMEM;
    n->list[0].tag = tag_of((uint32_t)gettid());
    dir = opendir("/proc");
    rc = dir ? add_processes(n, dir, true, &unreadable) : -errno;
    if (!rc && unreadable)
        rc = add_processes(n, dir, false, &unreadable);
    if (dir)
        closedir(dir);
    if (!rc)
        rc = add_mounts(n);
    if (!rc)
        namespaces_name(n);
    return rc;
}

int namespaces_look(struct namespaces *n)
{
    const uint64_t before = privileges_raise(PRIVILEGE_PROCESSES);
    const int rc = look(n);

    privileges_restore(before);
    return rc;
}

/* Resolving and opening ------------------------------------------------------------ */

/* Open the namespace at `path`. The file is examined before it is opened, since anything may lie
 * there. Returns the descriptor or -errno, -EINVAL when it is no network namespace. */
static int open_path(const char *path, uint64_t *inode)
{
    int place = open(path, O_PATH | O_CLOEXEC), fd;
    char again[32];
    struct statfs fs;
    struct stat st;

    if (place < 0)
        return -errno;
    if (fstat(place, &st) != 0 || fstatfs(place, &fs) != 0 || fs.f_type != NSFS_MAGIC) {
        close(place);
        return -EINVAL;
    }
    snprintf(again, sizeof again, "/proc/self/fd/%d", place);
    fd = open(again, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fd = -errno;
    close(place);
    if (fd >= 0 && ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        close(fd);
        return -EINVAL;
    }
    *inode = st.st_ino;
    return fd;
}

/* The same, only if its inode is `wanted`; else -ENOENT. */
static int open_if(const char *path, uint64_t wanted)
{
    uint64_t inode = 0;
    int fd = open_path(path, &inode);

    if (fd < 0 || inode == wanted)
        return fd;
    close(fd);
    return -ENOENT;
}

int namespaces_open(const struct found_namespace *found, uint64_t inode, const char *spec)
{
    int fd = -ENOENT;
    char path[64];

    if (found && found->hidden)
        return -EACCES;
    const uint64_t before = privileges_raise(PRIVILEGE_PROCESSES);
    if (found && found->path)
        fd = open_if(found->path, inode);
    if (fd < 0 && found && found->pid) {
        snprintf(path, sizeof path, "/proc/%u/ns/net", found->pid);
        fd = open_if(path, inode);
    }
    privileges_restore(before);
    if (fd < 0 && spec && strchr(spec, '/'))
        fd = open_if(spec, inode);
    return fd;
}

static bool is_number(const char *spec)
{
    return *spec && strspn(spec, "0123456789") == strlen(spec);
}

/* The namespace of the process with this id, also of one whose link we may not read if its tag is
 * known. Returns the inode, or 0 with `*why` set. */
static uint64_t of_process(const struct namespaces *n, const char *spec, struct sample_reason *why)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%.20s/ns/net", spec);
    const uint64_t before = privileges_raise(PRIVILEGE_PROCESSES);
    int error = stat(path, &st) == 0 ? 0 : errno;
    privileges_restore(before);
    if (!error)
        return st.st_ino;
    snprintf(path, sizeof path, "/proc/%.20s/net/dev", spec);
    for (uint32_t i = 0; error == EACCES && stat(path, &st) == 0 && i < n->n; i++) {
        if (n->list[i].tag == st.st_ino)
            return n->list[i].inode;
    }
    sample_reason_set(
        why, 0,
        sample_reason_named(error == ENOENT ? REASON_NETNS_NO_PROCESS : REASON_NETNS_OF_PROCESS,
                            error, spec));
    return 0;
}

static uint64_t of_path(const char *spec, struct sample_reason *why)
{
    uint64_t inode = 0;
    int fd = open_path(spec, &inode);

    if (fd >= 0) {
        close(fd);
        return inode;
    }
    sample_reason_set(
        why, 0,
        sample_reason_named(fd == -EINVAL ? REASON_NETNS_NO_PATH : REASON_UNREADABLE, fd, spec));
    return 0;
}

/* Is it a name of that namespace? A container id may be given in full. */
static bool is_name(const struct found_namespace *found, const char *spec)
{
    char inode[NETNS_NAME];

    if (strcmp(found->name, spec) == 0)
        return true;
    namespaces_name_inode(inode, found->inode);
    if (!found->hidden && strcmp(inode, spec) == 0)
        return true;
    return strlen(spec) == ID_DIGITS && strlen(found->name) == SHORT_ID &&
           strncmp(spec, found->name, SHORT_ID) == 0;
}

static const char *nearest(const struct namespaces *n, const char *spec)
{
    unsigned best = edit_distance_limit(spec) + 1;
    const char *name = NULL;

    for (uint32_t i = 0; i < n->n; i++) {
        const char *other = n->list[i].name;
        unsigned distance = edit_distance(spec, other);
        size_t len = strlen(spec);

        if (strncmp(other, spec, len) == 0 && other[len] == '[') /* "nginx" of "nginx[1184]" */
            distance = 0;
        if (distance < best) {
            best = distance;
            name = other;
        }
    }
    return name;
}

uint64_t namespaces_resolve(const struct namespaces *n, const char *spec, struct sample_reason *why)
{
    struct sample_reason none = sample_reason_named(REASON_NETNS_NONE, 0, spec);
    const char *near;

    if (strcmp(spec, "init") == 0)
        return n->init ? n->init : of_process(n, "1", why);
    for (uint32_t i = 0; i < n->n; i++) {
        if (is_name(&n->list[i], spec))
            return n->list[i].inode;
    }
    if (is_number(spec))
        return of_process(n, spec, why);
    if (strchr(spec, '/'))
        return of_path(spec, why);
    near = nearest(n, spec);
    if (near) {
        none.code = REASON_NETNS_NONE_NEAR;
        memcpy(none.netns, near, sizeof none.netns);
    }
    return (uint64_t)sample_reason_set(why, 0, none);
}

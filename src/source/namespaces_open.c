/* The network namespace that is meant, and a descriptor of it. */
#include <errno.h>
#include <fcntl.h>
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

#include "tcptop/base/edit_distance.h"
#include "tcptop/base/privileges.h"
#include "tcptop/source/namespaces.h"
#include "tcptop/source/source_error.h"

#define SHORT_ID 12
#define FULL_ID  64

/* A descriptor of the namespace at `path`, whatever else may lie there: it is looked at before it
 * is opened. Returns it or -errno; -EINVAL: that is none. */
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

/* The same, if it is the one that is wanted. */
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

/* Of a process: also of one that hides it, where that is known by other means. */
static uint64_t of_process(const struct namespaces *n, const char *spec, struct err *err)
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
    source_error(err, -error, error == ENOENT ? MSG_NETNS_NO_PROCESS : MSG_NETNS_OF_PROCESS, spec,
                 err_name(error));
    return 0;
}

static uint64_t of_path(const char *spec, struct err *err)
{
    uint64_t inode = 0;
    int fd = open_path(spec, &inode);

    if (fd >= 0) {
        close(fd);
        return inode;
    }
    source_error(err, fd, fd == -EINVAL ? MSG_NETNS_NO_PATH : MSG_SOURCE_UNREADABLE, spec,
                 err_name(fd));
    return 0;
}

/* The shorter id is enough. */
static bool is_name(const struct found_namespace *found, const char *spec)
{
    char inode[NETNS_NAME];

    if (strcmp(found->name, spec) == 0)
        return true;
    namespaces_name_inode(inode, found->inode);
    if (!found->hidden && strcmp(inode, spec) == 0)
        return true;
    return strlen(spec) == FULL_ID && strlen(found->name) == SHORT_ID &&
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

uint64_t namespaces_resolve(const struct namespaces *n, const char *spec, struct err *err)
{
    const char *near;

    if (strcmp(spec, "init") == 0)
        return n->init ? n->init : of_process(n, "1", err);
    for (uint32_t i = 0; i < n->n; i++) {
        if (is_name(&n->list[i], spec))
            return n->list[i].inode;
    }
    if (is_number(spec))
        return of_process(n, spec, err);
    if (strchr(spec, '/'))
        return of_path(spec, err);
    near = nearest(n, spec);
    if (near)
        source_error(err, -ENOENT, MSG_NETNS_NONE_NEAR, spec, near);
    else
        source_error(err, -ENOENT, MSG_NETNS_NONE, spec, NULL);
    return 0;
}

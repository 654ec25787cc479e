/* SPDX-License-Identifier: MIT */
/* Walks the tree of control groups, the outer ones first: services and containers are found before
 * whatever somebody nests below them. Directories that are to be read wait in one block of memory
 * as paths, and each is open only while it is read. */
#include "tcptop/owner/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/owner/cgroup.h"

#define CGROUP2_MAGIC 0x63677270        /* linux/magic.h CGROUP2_SUPER_MAGIC */
#define WALK_SHARE    100               /* a walk takes at most one hundredth of a core */
#define WALK_NS       (300 * NS_PER_MS) /* CPU time after which a walk is given up */
#define WAITING_MAX   ((size_t)8 << 20) /* bytes of paths that wait to be read */
#define PATH_BYTES                                                                                 \
    1024 /* of a path, with its NUL: what cgroup_label() looks at; deeper is not gone */
#define ENTRY_BYTES 65536 /* directory entries that are read at once */

/* One walk. */
struct cgroup_walk {
    int root;
    struct cgroup_table *table;
    struct hash_table wanted; /* by id: its number, a uint32_t */
    struct str paths;         /* of directories that are to be read, each with a NUL behind it; they
                                 begin with "/" */
    size_t at;                /* of the next one */
    int64_t until_ns;         /* on the clock of this thread */
    char path[PATH_BYTES];    /* of the directory that is being read; "": the root */
    _Alignas(uint64_t) char entries[ENTRY_BYTES];
};

static bool want_all(struct cgroup_walk *w)
{
    for (uint32_t i = 1; i < w->table->n; i++) {
        const struct cgroup *g = &w->table->cgroup[i];
        uint32_t *number;

        if (!g->id || g->looked_for)
            continue;
        number = hash_table_add(&w->wanted, &g->id, NULL);
        if (!number)
            return false;
        *number = i;
    }
    return true;
}

/* A directory with this inode is there. */
static void found(struct cgroup_walk *w, uint64_t inode, const char *path)
{
    const uint32_t *number = hash_table_find(&w->wanted, &inode);
    struct cgroup *g;

    if (!number)
        return;
    g = &w->table->cgroup[*number];
    cgroup_label(path, g->name, sizeof g->name);
    hash_table_remove(&w->wanted, &inode);
}

/* A directory below the one that is being read. */
static void take_directory(struct cgroup_walk *w, const struct dirent64 *e)
{
    char path[PATH_BYTES];
    size_t len = strlen(w->path), more = strlen(e->d_name);

    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
        len + 1 + more >= sizeof path)
        return;
    memcpy(path, w->path, len);
    path[len] = '/';
    memcpy(path + len + 1, e->d_name, more + 1);
    found(w, e->d_ino, path);
    if (w->paths.len - w->at < WAITING_MAX)
        str_add_bytes(&w->paths, path, len + 1 + more + 1);
}

/* What cannot be opened has gone, or is hidden from us: nothing is found there. */
static void read_directory(struct cgroup_walk *w)
{
    int fd = openat(w->root, *w->path ? w->path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got;

    if (fd < 0)
        return;
    while ((got = syscall(SYS_getdents64, fd, w->entries, sizeof w->entries)) > 0) {
        for (long at = 0; at < got;) {
            const struct dirent64 *e = (const void *)(w->entries + at);

            if (e->d_type == DT_DIR)
                take_directory(w, e);
            at += e->d_reclen;
        }
    }
    close(fd);
}

/* The next path that waits becomes the one being read; those before it make room now and then.
 * False: there is none. */
static bool next_path(struct cgroup_walk *w)
{
    const char *next = str_text(&w->paths) + w->at;
    size_t len;

    if (w->at >= w->paths.len)
        return false;
    len = strlen(next);
    memcpy(w->path, next, len + 1);
    w->at += len + 1;
    if (w->at > WAITING_MAX / 2) {
        memmove(w->paths.data, w->paths.data + w->at, w->paths.len - w->at);
        str_truncate(&w->paths, w->paths.len - w->at);
        w->at = 0;
    }
    return true;
}

int cgroup_tree_walk(int root, struct cgroup_table *t)
{
    struct cgroup_walk *w = calloc(1, sizeof *w);
    struct stat st;
    int rc = 0;

    if (!w)
        return -ENOMEM;
    w->root = root;
    w->table = t;
    w->paths = STR_INIT;
    w->until_ns = clock_thread_cpu_ns() + WALK_NS;
    hash_table_init(&w->wanted, sizeof(uint64_t), sizeof(uint32_t));
    if (!want_all(w))
        rc = -ENOMEM;
    else if (fstat(root, &st))
        rc = -errno;
    if (!rc) {
        found(w, st.st_ino, "/");
        do {
            read_directory(w);
        } while (w->wanted.n && clock_thread_cpu_ns() < w->until_ns && next_path(w));
        rc = str_failed(&w->paths) ? -ENOMEM : 0;
    }
    str_fini(&w->paths);
    hash_table_fini(&w->wanted);
    free(w);
    return rc;
}

/* The mounted tree of version 2: alone, or beside version 1 as systemd has it. Returns a descriptor
 * or -1. */
static int open_tree(void)
{
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    struct statfs fs;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_MAGIC)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

/* Name what was not looked for. A directory is there before a socket can be made in its group, so
 * what a walk does not find will not be found later. */
static void name_all(struct cgroup_tree *tree, struct cgroup_table *t)
{
    int64_t cpu = clock_thread_cpu_ns();
    int root = open_tree();

    if (root >= 0) {
        (void)cgroup_tree_walk(root, t);
        close(root);
    }
    for (uint32_t i = 1; i < t->n; i++)
        t->cgroup[i].looked_for = true;
    tree->due_ns = clock_mono_ns() + (clock_thread_cpu_ns() - cpu) * WALK_SHARE;
}

static bool all_looked_for(const struct cgroup_table *t)
{
    for (uint32_t i = 1; i < t->n; i++) {
        if (t->cgroup[i].id && !t->cgroup[i].looked_for)
            return false;
    }
    return true;
}

/* The table of the numbers in `ids`, with the names that `last` knows. NULL: out of memory. */
static struct cgroup_table *make_table(const struct cgroup_ids *ids,
                                       const struct cgroup_table *last)
{
    struct cgroup_table *t = cgroups_new(ids->n);

    for (uint32_t i = 1; t && i < ids->n; i++) {
        if (last && i < last->n && last->cgroup[i].id == ids->id[i])
            t->cgroup[i] = last->cgroup[i];
        else
            t->cgroup[i].id = ids->id[i];
    }
    return t;
}

void cgroup_tree_assign(struct cgroup_tree *tree, struct sample_builder *b,
                        const struct cgroup_table *last, bool walk)
{
    const struct cgroup_ids *ids = &b->cgroup_ids;

    if (b->sample.cgroups) /* of a recording that knows them */
        return;
    bool due = walk && clock_mono_ns() >= tree->due_ns;
    bool same = ids->broken || !ids->n || (last && !ids->changed && (!due || all_looked_for(last)));
    struct cgroup_table *t = same ? NULL : make_table(ids, last);

    if (t && due && !all_looked_for(t))
        name_all(tree, t);
    cgroups_unref(b->sample.cgroups);
    b->sample.cgroups = same && last ? cgroups_ref(last) : t;
}

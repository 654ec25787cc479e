/* SPDX-License-Identifier: MIT */
/* The names of control groups by their ids, from the tree where the kernel shows them: the id of a
 * group is the inode of its directory (fs/kernfs/dir.c, kernfs_ino() of 64-bit kernels). No
 * privilege is needed. Of groups outside of tcptop's cgroup namespace there are no directories, and
 * where only version 1 is mounted there are none at all: these have no name.
 *
 * For one thread at a time. */
#ifndef TCPTOP_OWNER_CGROUP_TREE_H
#define TCPTOP_OWNER_CGROUP_TREE_H

#include "tcptop/model/sample_builder.h"

/* Starts as zero. */
struct cgroup_tree {
    int64_t due_ns; /* the tree is not walked before, on the monotonic clock */
};

/** Give the sample of `b`, which is joined and not yet published, the table of its groups. `last`
 * is the table of the sample before (may be NULL), whose names are kept, also of groups that have
 * gone since. The tree is walked when there are groups that were not looked for, all in all for at
 * most a hundredth of a core; `walk`: may it be? The groups of a recording are another host's: a
 * table that the sample has from there stays. Without memory the sample has no table. */
void cgroup_tree_assign(struct cgroup_tree *tree, struct sample_builder *b,
                        const struct cgroup_table *last, bool walk);

/** Find the names of the groups of `t` below the directory `root`, which is that of a mounted tree.
 *  Bounded in time: what was not found then has no name. Returns 0 or -errno. */
int cgroup_tree_walk(int root, struct cgroup_table *t);

#endif

/* SPDX-License-Identifier: MIT */
/* What was found since the last index was made: processes, and the sockets that they hold. Filled
 * by whoever scans /proc or reads a recorded frame, one thread at a time; used up by
 * owner_index_new(). */
#ifndef TCPTOP_OWNER_CHANGES_H
#define TCPTOP_OWNER_CHANGES_H

#include "tcptop/model/owner.h"

/* A socket and who holds it: in the changes the place of a process, or OWNER_NO_PROCESS; in an
 * index the word that its row gets. */
struct owner_entry {
    uint32_t inode, value;
};

/* A connection that nobody holds any more and who held it, in the same way. */
struct owner_former {
    uint64_t cookie;
    uint32_t value;
};

#define OWNER_NO_PROCESS UINT32_MAX

struct owner_change {
    uint32_t pid;
    uint32_t place;      /* in the order of additions */
    struct owner *owner; /* a reference; NULL: the process holds nothing now, or has ended */
};

/* Starts as zero. */
struct owner_changes {
    struct owner_change *process; /* owned */
    struct owner_entry *held;     /* owned */
    struct owner_former *former;  /* owned */
    uint32_t n, cap, n_held, cap_held, n_former, cap_former;
    bool sorted; /* by owner_changes_sort(), and nothing was added since */
};

/** The process holds these sockets and no others. Takes a reference to `owner`; the inodes may come
 *  in any order and more than once. Returns 0 or -ENOMEM, then nothing is added. */
int owner_changes_put(struct owner_changes *c, struct owner *owner, const uint32_t *inodes,
                      uint32_t n);

/** The process with this pid holds nothing any more. Returns 0 or -ENOMEM. */
int owner_changes_remove(struct owner_changes *c, uint32_t pid);

/** The process that was put last held the connections with these cookies, and nobody does now.
 *  Returns 0 or -ENOMEM. */
int owner_changes_former(struct owner_changes *c, const uint64_t *cookies, uint32_t n);

/** No process that may be looked at holds these sockets. Returns 0 or -ENOMEM. */
int owner_changes_nobody(struct owner_changes *c, const uint32_t *inodes, uint32_t n);

/** Give back all memory; empty again. */
void owner_changes_fini(struct owner_changes *c);

/* For the making of an index. */

/** Sort processes by identity, each once (what was added last counts), and sockets by inode, then
 * by place, which is the place in that order from now on. Does nothing where they are sorted: a
 * thread that has filled them may do that before another uses them. Returns 0 or -ENOMEM. */
int owner_changes_sort(struct owner_changes *c);

/** The first change of a process with this pid, once they are sorted; NULL: it was not looked at.
 */
const struct owner_change *owner_changes_of(const struct owner_changes *c, uint32_t pid);

/** The same process as it was found now; NULL: it has ended, or holds nothing. Not referenced. */
struct owner *owner_changes_now(const struct owner_changes *c, const struct owner *was);

/** Make room for `n` entries before those that are held. Returns where that room begins, also for
 *  none; NULL: out of memory. */
struct owner_entry *owner_changes_room(struct owner_changes *c, uint32_t n);

#endif

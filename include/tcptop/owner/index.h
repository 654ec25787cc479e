/* SPDX-License-Identifier: MIT */
/* Which process holds which socket. Inode numbers of sockets are unique on a host, so one index
 * serves all its network namespaces.
 *
 * An index is made from the one before and from what a scan of /proc found (or what a recorded
 * frame says), and does not change any more. It is counted by references: any number of threads may
 * look things up in an old one while a new one is made and published. Who wants the newest index
 * needs a place to get it from, and that place needs a lock; see owner/scan.h.
 *
 * The entries are one sorted array of 8 bytes for each socket, with an array of places in it (one
 * byte for each socket) that shortens the search. What changes between two indexes is known for
 * each group of processes (`lost`), so that most rows of a sample need not be looked up again. */
#ifndef TCPTOP_OWNER_INDEX_H
#define TCPTOP_OWNER_INDEX_H

#include "tcptop/model/owner.h"

/* A socket, and the word that its row gets: the number of a group, with OWNER_FORMER once its
 * last holder has let it go, or OWNER_NOBODY. While changes are collected: the place of a process.
 */
struct owner_entry {
    uint32_t inode, value;
};

/* A connection that is held no more, and its former group. */
struct owner_former {
    uint64_t cookie;
    uint32_t value;
};

struct owner_index {
    atomic_uint refs;
    uint64_t generation; /* one more than that of the index before */
    uint32_t n_groups;   /* numbers below it; those below OWNER_FIRST are no groups */
    uint32_t n_entries, n_former;
    struct owner_group **group; /* by the identities of their members; owned, with a reference */
    uint64_t *lost;             /* of each group: the generation in which a socket last left it, or
                                   in which the group is new; owned */
    struct owner_entry *entry;  /* by ascending inode; owned */
    uint32_t *range; /* places in `entry`: of the first inode of each range, and the end; owned */
    unsigned range_bits; /* a range has 2 to the power of this inodes, from the first entry's on */
    struct owner_former *former; /* by ascending cookie; owned */
};

/* What has been found since the last index was made. Starts as zero. One thread at a time. */
struct owner_change {
    uint32_t pid;
    uint32_t place;      /* in the order of additions */
    struct owner *owner; /* a reference; NULL: the process holds nothing now, or has ended */
};

struct owner_changes {
    struct owner_change *process; /* owned */
    struct owner_entry *held;     /* values are places in `process`; owned */
    struct owner_former *former;  /* the same; owned */
    uint32_t n, cap, n_held, cap_held, n_former, cap_former;
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

enum owner_scope {
    OWNER_SOME,     /* a process that is not named holds what it held before; sockets that were let
                       go keep their former group */
    OWNER_SEARCHED, /* the same, but sockets that were let go are forgotten */
    OWNER_ALL,      /* there are no other processes: nothing of the index before stays */
};

/** Make an index from `before` (NULL: an empty one) and the changes, which are empty afterwards.
 * When nothing is different this is `before` itself with one more reference. NULL: out of memory.
 */
struct owner_index *owner_index_new(const struct owner_index *before, struct owner_changes *c,
                                    enum owner_scope scope);

struct owner_index *owner_index_ref(const struct owner_index *index);
void owner_index_unref(const struct owner_index *index); /* NULL is accepted */

/** The word for a row with this inode; OWNER_UNKNOWN: the index does not have it, or is NULL. */
uint32_t owner_index_find(const struct owner_index *index, uint32_t inode);

/** The word for a row that no process holds, by its cookie; OWNER_UNKNOWN like above. */
uint32_t owner_index_former(const struct owner_index *index, uint64_t cookie);

/** The number of the group with the same members; OWNER_UNKNOWN: there is none. */
uint32_t owner_index_group(const struct owner_index *index, const struct owner_group *group);

#endif

/* SPDX-License-Identifier: MIT */
/* Which process holds which socket. Inode numbers of sockets are unique on a host, so one index
 * serves all its network namespaces.
 *
 * An index is made from the one before and from what a scan of /proc found (or what a recorded
 * frame says), and does not change any more. It is counted by references: any number of threads may
 * look things up in an old one while a new one is made and published. Who wants the newest index
 * needs a place to get it from, and that place needs a lock; see owner/scanner.h.
 *
 * The entries are one sorted array of 8 bytes for each socket, with an array of places in it (one
 * byte for each socket) that shortens the search. What changes between two indexes is known for
 * each group of processes (`lost`), so that most rows of a sample need not be looked up again. */
#ifndef TCPTOP_OWNER_INDEX_H
#define TCPTOP_OWNER_INDEX_H

#include "tcptop/owner/changes.h"

struct owner_index {
    atomic_uint refs;
    uint64_t generation; /* one more than that of the index before */
    uint32_t n_groups;   /* numbers below it; those below OWNER_FIRST are no groups */
    uint32_t n_entries, n_former;
    struct owner_group **group; /* by the identities of their members; owned, with a reference */
    uint64_t *lost;             /* of each group: the generation in which a socket last left it, or
                                   in which the group is new; owned */
    struct owner_entry *entry;  /* by ascending inode, each once. The value is the word of its rows:
                                   the number of a group, with OWNER_FORMER once its last holder
                                   has let it go, or OWNER_NOBODY; owned */
    uint32_t *range; /* places in `entry`: of the first inode of each range, and the end; owned */
    unsigned range_bits; /* a range has 2 to the power of this inodes, from the first entry's on */
    struct owner_former *former; /* by ascending cookie; owned */
};

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

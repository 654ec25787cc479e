/* SPDX-License-Identifier: MIT */
/* Gives the rows of samples their owners, from the newest index. One thread at a time. */
#ifndef TCPTOP_OWNER_LOOKUP_H
#define TCPTOP_OWNER_LOOKUP_H

#include "tcptop/model/sample.h"
#include "tcptop/owner/index.h"
#include "tcptop/owner/users.h"

/* Samples are counted from 1, so that an inode that the index does not have can be told to be
 * nobody's once a complete scan has begun after the sample that first asked for it. */
struct owner_lookup {
    struct owner_index *index; /* a reference; NULL: nothing is known yet */
    struct user_names *users;  /* owned */
    uint32_t lacks;            /* enum owner_lack: what is missing to look at all processes */

    /* Set by who scans, when rows that the index does not have are to be looked for. */
    bool asks;
    uint64_t sample;   /* number of the sample that is looked up */
    uint64_t begun;    /* number of the newest one when the last scan began … */
    uint64_t ended;    /* … and when the last one began that has ended, with success … */
    uint64_t searched; /* … and the last complete one of these; 0: none yet */

    /* What the last look-up asks for: live rows that the index does not have, and that no scan
     * which has begun can find, or that the last scan did not find. */
    uint32_t fresh, missed;

    struct owner_table *table; /* of the last sample; a reference */
};

struct owner_lookup *owner_lookup_new(void);         /* NULL: out of memory */
void owner_lookup_free(struct owner_lookup *lookup); /* NULL is accepted */

/** Make the next index of the changes, which are empty afterwards. Returns 0 or -ENOMEM: the old
 *  one stays. */
int owner_lookup_update(struct owner_lookup *lookup, struct owner_changes *changes,
                        enum owner_scope scope);

/** Complete the words of `next`, as diff_join() left them, and give it the table that they refer
 *  to; `prev` is the sample it was joined with, or NULL. Always the last step in the making of a
 *  sample. Without memory the sample has no owners. May be called again for the same sample once
 *  there is more to know. */
void owner_lookup_assign(struct owner_lookup *lookup, struct sample *next,
                         const struct sample *prev);

#endif

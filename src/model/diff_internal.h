/* One join under way: the previous sample, the next one, and what found no partner so far. */
#ifndef TCPTOP_SRC_MODEL_DIFF_INTERNAL_H
#define TCPTOP_SRC_MODEL_DIFF_INTERNAL_H

#include "close_match.h"
#include "slots.h"
#include "tcptop/base/array.h"
#include "tcptop/model/dedupe.h"
#include "tcptop/model/diff.h"

#define NO_ROW UINT32_MAX

struct diff {
    struct dedupe dedupe;
    struct u32_list old, new; /* rows of both samples that found no partner; NO_ROW: found one */
    struct slots slots;       /* of `old` */
    struct close_match close_match;
    bool whole_seen; /* a complete sample was joined: an unknown row is new */
};

struct join {
    struct diff *d;
    struct sample *next;
    const struct sample *prev;
    uint64_t elapsed_ms;
    uint32_t fade_ds;
    bool by_tuple; /* some rows have no cookie */
    bool rated;    /* see rates_are_possible() */
};

/** Find each live row of `next` in `prev`: what goes on inherits, what is new is born. Rows of
 *  `prev` without a partner stay in d->old. Returns 0 or -ENOMEM. */
int join_pairs(struct join *join);

/** Append the rows of d->old that `next` has not, as what became of them, and those that died
 *  unseen. Returns 0 or -ENOMEM. */
int join_fates(struct join *join);

static inline bool join_is_bound(const struct conn *c)
{
    return c->flags & CONN_BOUND;
}

#endif

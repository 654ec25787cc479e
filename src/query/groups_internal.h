/* Groups in the making; group_rows.c makes them, groups_past.c compares them with those before,
 * groups_order.c puts them in order, groups_term.c writes them as filters. */
#ifndef TCPTOP_SRC_QUERY_GROUPS_INTERNAL_H
#define TCPTOP_SRC_QUERY_GROUPS_INTERNAL_H

#include <stddef.h>

#include "tcptop/base/hash_table.h"
#include "tcptop/query/groups.h"

struct grouper {
    const struct sample *s;
    struct groups g;
    uint32_t cap;              /* of g.group and g.sum, in groups */
    struct hash_table by_hash; /* of each group's value: its index, a uint32_t */
    size_t arena_len, arena_cap;
};

uint64_t value_hash(const struct value *v);

/** Room for one more group. Returns 0 or -ENOMEM, as all here. */
int grouper_reserve(struct grouper *b);

/** A text into the arena; `*at` is where it begins. */
int grouper_text(struct grouper *b, const char *text, uint64_t *at);

uint32_t grouper_find(const struct grouper *b, const struct value *v, uint64_t hash);

/** Take over what is remembered of the groups `before` (may be NULL) and add this sample to it. */
int grouper_remember(struct grouper *b, const struct groups *before);

/** Make g->order anew. */
int groups_order(struct groups *g, const struct sample *s, const struct group_sort *sort);

#endif

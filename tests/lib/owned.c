/* SPDX-License-Identifier: MIT */
/* Owners for rows of samples made by hand. */
#include "lib/owned.h"
#include "lib/sample.h"

#include <stdlib.h>

static void update(struct owner_lookup *lookup, struct owner_changes *c, enum owner_scope scope)
{
    if (owner_lookup_update(lookup, c, scope))
        abort();
}

void owned_put_facts(struct owner_lookup *lookup, const struct owner_facts *facts,
                     const uint32_t *inodes, uint32_t n)
{
    struct owner_changes c = {0};
    struct owner *owner = owner_new(facts);

    if (!owner || owner_changes_put(&c, owner, inodes, n))
        abort();
    owner_unref(owner);
    update(lookup, &c, OWNER_SOME);
}

void owned_put(struct owner_lookup *lookup, uint32_t pid, uint32_t uid, const char *const texts[3],
               const uint32_t *inodes)
{
    struct owner_facts facts = {pid, uid, 1, texts[0], texts[1], texts[2]};
    uint32_t n = 0;

    while (inodes[n])
        n++;
    owned_put_facts(lookup, &facts, inodes, n);
}

void owned_remove(struct owner_lookup *lookup, uint32_t pid)
{
    struct owner_changes c = {0};

    if (owner_changes_remove(&c, pid))
        abort();
    update(lookup, &c, OWNER_SOME);
}

void owned_searched(struct owner_lookup *lookup)
{
    struct owner_changes none = {0};

    lookup->begun = lookup->ended = lookup->searched = lookup->sample;
    update(lookup, &none, OWNER_SEARCHED);
}

void owned_assign(struct owner_lookup *lookup, struct sample *s)
{
    if (sample_reserve_owner(builder_of(s), sample_rows(s)))
        abort();
    s->needs |= NEED_OWNER;
    owner_lookup_assign(lookup, s, NULL);
}

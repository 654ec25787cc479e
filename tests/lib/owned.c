/* Owners for rows of samples made by hand. */
#include "lib/owned.h"
#include "lib/sample.h"

#include <stdlib.h>

void owned_put(struct owner_map *map, uint32_t pid, uint32_t uid, const char *const texts[3],
               const uint32_t *inodes)
{
    struct owner_facts facts = {pid, uid, 1, texts[0], texts[1], texts[2]};
    uint32_t n = 0;

    while (inodes[n])
        n++;
    if (owner_map_put(map, &facts, inodes, n))
        abort();
}

void owned_assign(struct owner_map *map, struct sample *s)
{
    if (sample_reserve_owner(builder_of(s), sample_rows(s)))
        abort();
    s->needs |= NEED_OWNER;
    owner_map_assign(map, s, NULL);
}

/* Owners for rows of samples made by hand. */
#ifndef TESTS_LIB_OWNED_H
#define TESTS_LIB_OWNED_H

#include "tcptop/model/owner_map.h"

/** The process holds the inodes (ended by 0). `texts`: name, command line, control group. */
void owned_put(struct owner_map *map, uint32_t pid, uint32_t uid, const char *const texts[3],
               const uint32_t *inodes);

/** Give the rows of `s` the owners that the map has for their inodes.
 */
void owned_assign(struct owner_map *map, struct sample *s);

#endif

/* SPDX-License-Identifier: MIT */
/* Owners for rows of samples made by hand. */
#ifndef TESTS_LIB_OWNED_H
#define TESTS_LIB_OWNED_H

#include "tcptop/owner/lookup.h"

/** The process holds the inodes (ended by 0) and no others. `texts`: name, command line, control
 *  group. */
void owned_put(struct owner_lookup *lookup, uint32_t pid, uint32_t uid, const char *const texts[3],
               const uint32_t *inodes);

/** The same of `n` inodes and other facts. */
void owned_put_facts(struct owner_lookup *lookup, const struct owner_facts *facts,
                     const uint32_t *inodes, uint32_t n);

/** The process has ended. */
void owned_remove(struct owner_lookup *lookup, uint32_t pid);

/** A complete scan has ended that began after the last sample: what it has not found is nobody's.
 */
void owned_searched(struct owner_lookup *lookup);

/** Give the rows of `s` the owners that the index has for their inodes. */
void owned_assign(struct owner_lookup *lookup, struct sample *s);

#endif

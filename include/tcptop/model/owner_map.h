/* Which process holds which socket, as far as was looked; and from that the owners of a sample's
 * rows. Inode numbers of sockets are unique on a host, so one map serves all its namespaces.
 *
 * Whoever looks (a scan of /proc, a recording) puts processes in, the sampling side assigns. There
 * is no lock inside: one call at a time. */
#ifndef TCPTOP_MODEL_OWNER_MAP_H
#define TCPTOP_MODEL_OWNER_MAP_H

#include "tcptop/model/sample.h"

struct owner_map;
struct owner_map *owner_map_new(void);      /* NULL: out of memory */
void owner_map_free(struct owner_map *map); /* NULL is accepted */

/** A process, with the inodes of all sockets that it holds now, in any order: takes the place of
 *  what was known of its pid. With another start time it is another process. Returns 0 or -ENOMEM:
 *  some are left out. */
int owner_map_put(struct owner_map *map, const struct owner_facts *facts, const uint32_t *inodes,
                  uint32_t n);

/** That process holds nothing now; it has ended, or cannot be looked at any more. */
void owner_map_remove(struct owner_map *map, uint32_t pid);

/* Whoever knows it all at once, as a recording does, tells it anew for each sample, between two
 * calls: */

/** What was looked for in vain and who held what before is forgotten; processes are still there. */
void owner_map_renew(struct owner_map *map);

/** Processes that were not put since owner_map_renew() hold nothing now. Returns 0 or -ENOMEM: some
 *  former owners are left out. */
int owner_map_renewed(struct owner_map *map);

/** That process, which was put, held the connections with these cookies before; nobody does now.
 *  Of several processes each is told. Takes effect with owner_map_renewed(). Returns 0 or -ENOMEM.
 */
int owner_map_put_former(struct owner_map *map, uint32_t pid, const uint64_t *cookies, uint32_t n);

/** Nobody who can be looked at holds these inodes. Returns 0 or -ENOMEM: some are left out. */
int owner_map_put_nobody(struct owner_map *map, const uint32_t *inodes, uint32_t n);

/** What is missing to look at all processes: enum owner_lack. */
void owner_map_lacks(struct owner_map *map, uint32_t lacks);

/** Complete the words of `next`, as diff_join() left them, and give it the table that they refer
 *  to; `prev` is the sample it was joined with, or NULL. Always the last step in the making of a
 *  sample: numbers that no row of the last sample has may be used again. Sockets that are not in
 *  the map are asked for. Without memory the sample has no owners. May be called again once there
 *  is more to know. */
void owner_map_assign(struct owner_map *map, struct sample *next, const struct sample *prev);

/* What a scan has to find: live rows of the last assignment with an inode that is not in the map.
 */

/** First asked for since the last scan began. */
uint32_t owner_map_fresh(const struct owner_map *map);

/** Asked for before, but that scan did not find them. */
uint32_t owner_map_missed(const struct owner_map *map);

/** A scan begins. Returns the number of assignments so far, for owner_map_searched(). */
uint64_t owner_map_begin(struct owner_map *map);

/** A scan of everything has ended that began at `since`: what was asked for by then and is not
 *  found belongs to nobody we may look at, and is not asked for again until the next such scan. */
void owner_map_searched(struct owner_map *map, uint64_t since);

/** Users whose names are wanted: the next one, false when there is none. */
bool owner_map_wants_user(const struct owner_map *map, uint32_t *uid);

/** Name a user; sanitised here. "": the host knows no name, the number stands for it. */
void owner_map_name_user(struct owner_map *map, uint32_t uid, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* Finds the processes that hold the sockets of this host, by scans of /proc that follow the
 * samples.
 *
 * A scan follows a sample with sockets that the index does not have. It looks at the processes that
 * are new, whose number of open files has changed (Linux 6.2 tells it), or that have another name
 * since an exec(). All processes are looked at every 30 seconds, since a socket may also be shared
 * or passed on without a new one appearing. Names alone are checked about once a second. After a
 * scan, and every second of a long one, a new index is published.
 *
 * Two threads: the one that calls these functions, which makes samples, and, after
 * owner_scanner_start(), one that scans beside it and never delays a sample: rows have no owner
 * until it has answered. The index is shared between them by a reference that a lock guards;
 * nothing else that a look-up reads is. */
#ifndef TCPTOP_OWNER_SCANNER_H
#define TCPTOP_OWNER_SCANNER_H

#include "tcptop/model/sample.h"

struct owner_scanner;

/** Nothing is scanned yet. NULL: out of memory. */
struct owner_scanner *owner_scanner_new(void);

/** NULL is accepted. A scan under way on the thread ends soon; a look-up of a user's name that the
 *  network holds up is left behind, and frees what is left when it ends. */
void owner_scanner_free(struct owner_scanner *o);

/** Scan on a thread from now on, with at most `share` of a core (0: any) in the long run. After the
 *  first complete scan, and when users have got names since, `answered(context)` is called, on that
 *  thread, with a lock held that owner_scanner_free() takes: never once that has begun. Returns 0
 * or -errno. */
int owner_scanner_start(struct owner_scanner *o, double share, void (*answered)(void *context),
                        void *context);

/** Complete the owners of `next`, see owner_lookup_assign(). Where there is no thread this scans
 *  until there is nothing left that a scan could find. */
void owner_scanner_assign(struct owner_scanner *o, struct sample *next, const struct sample *prev);

/** How the last scan ended: 0, or -errno where processes could not be looked up at all, so that no
 *  owner is known. Any thread. */
int owner_scanner_error(const struct owner_scanner *o);

#endif

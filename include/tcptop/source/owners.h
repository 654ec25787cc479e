/* Who holds the sockets of this host: scans of /proc that follow the samples.
 *
 * A scan looks at the processes that are new, or whose number of open files is another one than
 * last time; a complete one, now and then, at all. On a thread of its own it never delays a sample:
 * rows have no owner until it has answered. */
#ifndef TCPTOP_SOURCE_OWNERS_H
#define TCPTOP_SOURCE_OWNERS_H

#include "tcptop/base/err.h"
#include "tcptop/model/sample.h"

struct owners;

/** Look at the processes of this host. NULL: out of memory. */
struct owners *owners_new(void);

/** NULL is accepted. A scan under way on the thread ends soon; a look-up of a user's name that the
 *  network holds up is left to end by itself. `answered` is not called any more once this returns.
 */
void owners_free(struct owners *o);

/** Scan on a thread from now on, with at most `share` of a core (0: any) in the long run. After the
 *  first complete scan, and when users have got names since, `answered(context)` is called, on that
 *  thread; it must not call back. After a scan that failed the next one waits for a second. Returns
 *  0 or -errno. */
int owners_start(struct owners *o, double share, void (*answered)(void *context), void *context);

/** Complete the owners of `next`, see owner_map_assign(). Where there is no thread this scans,
 *  until there is nothing left that a scan could find. */
void owners_assign(struct owners *o, struct sample *next, const struct sample *prev);

/** How the last scan ended: 0, or the -errno for which processes could not be looked at (-ENOENT
 *  where /proc is not mounted). Other users' processes are no error. Any thread. */
int owners_error(struct owners *o);

#endif

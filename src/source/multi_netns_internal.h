/* What the parts of the source of several namespaces share: many_follow.c knows which are wanted
 * and how to get there, many.c samples them. */
#ifndef TCPTOP_SRC_SOURCE_MULTI_NETNS_INTERNAL_H
#define TCPTOP_SRC_SOURCE_MULTI_NETNS_INTERNAL_H

#include "tcptop/source/netns_registry.h"
#include "tcptop/source/netns_worker.h"
#include "tcptop/source/source.h"

#define MANY_ALL "all"

struct many {
    struct source source;
    struct source *own;
    struct traveller *traveller; /* NULL while no other namespace is entered */
    struct links links;
    struct snapshot_pool *pool; /* for the samples of single namespaces; NULL until needed */
    char *opened;               /* what it was opened for; owned */
    char asked[NETNS_NAME];     /* by the last request */
    uint64_t wanted;            /* the one namespace whose rows are wanted; 0: all, or it is gone */
    bool was_there;             /* … it was found once */
    struct deathwatch *deathwatch; /* of all of them; NULL: not asked for, or not to be had */
    uint32_t view;                 /* counts what was asked for */
    int64_t inside_ns;             /* CPU of this thread that a sample has counted already */
};

/** What was asked for last: a name, "all", "" for the own one. */
const char *many_spec(const struct many *m);

bool many_wants_all(const struct many *m);

/** Are rows of that namespace wanted? */
bool many_wants(const struct many *m, const struct link *link);

/** Take note of another wish; everything is looked for anew then. */
void many_hear(struct many *m, const struct request *req);

/** Bring what is known up to date with what is asked for. The own namespace cannot go. `list`: all
 *  are to be known. Returns 0, -ENOENT where the wanted one is not there, or another -errno. */
int many_follow(struct many *m, bool list, struct err *err);

/** Run `work` in the namespace of `link`, which is not the own one. Unless it was entered, the link
 *  says why. Returns what `work` does, or -errno. */
int many_run_there(struct many *m, struct link *link, int (*work)(void *arg), void *arg);

/** Close what belongs to namespaces that are not wanted. */
void many_leave_unwanted(struct many *m);

/** Where nothing is open the traveller's stay would hold a namespace: it goes. */
void many_call_home(struct many *m);

#endif

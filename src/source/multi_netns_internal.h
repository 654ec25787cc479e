/* What the parts of the source of several namespaces share: multi_netns_follow.c knows which are
 * wanted and how to get there, multi_netns.c samples them. */
#ifndef TCPTOP_SRC_SOURCE_MULTI_NETNS_INTERNAL_H
#define TCPTOP_SRC_SOURCE_MULTI_NETNS_INTERNAL_H

#include "tcptop/source/netns_registry.h"
#include "tcptop/source/netns_worker.h"
#include "tcptop/source/source.h"

#define MULTI_NETNS_ALL "all"

struct multi_netns {
    struct source source;
    struct source *own;
    struct netns_worker *netns_worker; /* NULL while no other namespace is entered */
    struct netns_registry netns_registry;
    struct sample_pool *pool; /* for the samples of single namespaces; NULL until needed */
    char *opened;             /* what it was opened for; owned */
    char asked[NETNS_NAME];   /* by the last request */
    uint64_t wanted;          /* the one namespace whose rows are wanted; 0: all, or it is gone */
    bool was_there;           /* … it was found once */
    struct close_monitor *close_monitor; /* of all of them; NULL: not asked for, or not to be had */
    uint32_t view;                       /* counts what was asked for */
    int64_t inside_ns;                   /* CPU of this thread that a sample has counted already */
};

/** What was asked for last: a name, "all", "" for the own one. */
const char *multi_netns_spec(const struct multi_netns *m);

bool multi_netns_wants_all(const struct multi_netns *m);

/** Are rows of that namespace wanted? */
bool multi_netns_wants(const struct multi_netns *m, const struct netns_entry *netns_entry);

/** Take note of another wish; everything is looked for anew then. */
void multi_netns_hear(struct multi_netns *m, const struct request *req);

/** Bring what is known up to date with what is asked for. The own namespace cannot go. `list`: all
 *  are to be known. Returns 0, -ENOENT where the wanted one is not there, or another -errno. */
int multi_netns_follow(struct multi_netns *m, bool list, struct err *err);

/** Run `work` in the namespace of `link`, which is not the own one. Unless it was entered, the link
 *  says why. Returns what `work` does, or -errno. */
int multi_netns_run_there(struct multi_netns *m, struct netns_entry *netns_entry,
                          int (*work)(void *arg), void *arg);

/** Close what belongs to namespaces that are not wanted. */
void multi_netns_leave_unwanted(struct multi_netns *m);

/** Where nothing is open the netns_worker's stay would hold a namespace: it goes. */
void multi_netns_call_home(struct multi_netns *m);

#endif

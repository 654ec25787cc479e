/* SPDX-License-Identifier: MIT */
/* The network namespaces that are followed: one entry for each, from when it is first seen until
 * some minutes after it has gone. A descriptor or socket that is open in a namespace keeps it
 * alive, so an entry whose namespace is not wanted is closed. */
#ifndef TCPTOP_SOURCE_NETNS_REGISTRY_H
#define TCPTOP_SOURCE_NETNS_REGISTRY_H

#include "tcptop/source/namespaces.h"
#include "tcptop/source/source.h"

struct netns_entry {
    uint64_t inode;
    uint16_t id; /* conn.netns of its rows; 0: tcptop's own */
    char name[NETNS_NAME];
    int fd;              /* for setns(); -1: closed */
    struct source *live; /* samples it; NULL: closed */
    int error;           /* -errno of the last try to enter; 0: it worked, or none was made */
    int64_t gone_ns;     /* when it was missed, 0: it is there */

    /* as of the sample being taken */
    bool shown, counted;
    uint64_t sockets;
    struct host host;
};

struct netns_registry {
    struct netns_entry *list; /* the own one first; owned */
    uint32_t n, cap;
    uint16_t last_id;
    bool full; /* there were more than are followed */
    struct namespaces found;
    int64_t due_ns; /* when to look again; 0: at once */
    uint64_t kept;  /* one that is known by its path alone and stays; 0: none */
};

/** Starts as zero. */
void netns_registry_fini(struct netns_registry *l);

/** Look for namespaces when that is due, which is every few seconds and takes at most a hundredth
 * of a core. Returns 1 when it looked, 0, or -errno. */
int netns_registry_look(struct netns_registry *l);

/** Keep that one, which is there though it may not be found; 0: none. Returns 0 or -ENOMEM. */
int netns_registry_keep(struct netns_registry *l, uint64_t inode);

/** The entry of a namespace that is there, NULL when it is not. Valid until the next
 *  netns_registry_look(). */
struct netns_entry *netns_registry_find(const struct netns_registry *l, uint64_t inode);

/** Open the namespace for setns(); it stays open. Returns the descriptor or -errno. `spec`: see
 *  namespaces_open(). */
int netns_entry_open(const struct netns_registry *l, struct netns_entry *netns_entry,
                     const char *spec);
void netns_entry_close(struct netns_entry *netns_entry);

/** The table of these namespaces for a sample. Returns NULL when there is no memory. */
struct netns_table *netns_registry_table(const struct netns_registry *l, bool several);

#endif

/* SPDX-License-Identifier: MIT */
/* Follows which network namespaces there are, and keeps what is open of each. */
#include "tcptop/source/netns_registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tcptop/base/array.h"
#include "tcptop/base/clock.h"

#define LOOK_EVERY_NS      (3 * NS_PER_S)
#define LOOK_SHARE         100              /* the search takes at most one hundredth of a core */
#define GONE_NAME_NS       (300 * NS_PER_S) /* how long the name of a gone one is kept */
#define NETNS_REGISTRY_MAX 4096u
#define FILES_MAX          65536u

void netns_entry_close(struct netns_entry *netns_entry)
{
    source_close(netns_entry->live);
    netns_entry->live = NULL;
    if (netns_entry->fd >= 0)
        close(netns_entry->fd);
    netns_entry->fd = -1;
}

void netns_registry_fini(struct netns_registry *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        netns_entry_close(&l->list[i]);
    free(l->list);
    namespaces_fini(&l->found);
    *l = (struct netns_registry){.list = NULL};
}

struct netns_entry *netns_registry_find(const struct netns_registry *l, uint64_t inode)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->list[i].inode == inode && !l->list[i].gone_ns)
            return &l->list[i];
    }
    return NULL;
}

/* Ids are handed out in a circle: one is used again only after all others, when the rows of the
 * namespace that had it have long faded. */
static uint16_t new_id(struct netns_registry *l)
{
    bool taken = true;

    while (taken) {
        taken = ++l->last_id == 0;
        for (uint32_t i = 0; i < l->n && !taken; i++)
            taken = l->list[i].id == l->last_id;
    }
    return l->last_id;
}

static int add_netns_entry(struct netns_registry *l, uint64_t inode)
{
    if (l->n == NETNS_REGISTRY_MAX) {
        l->full = true;
        return 0;
    }
    struct netns_entry *list = array_room(l->list, l->n, &l->cap, 8, sizeof *list);
    if (!list)
        return -ENOMEM;
    l->list = list;
    l->list[l->n++] = (struct netns_entry){
        .inode = inode,
        .id = inode == l->found.own ? 0 : new_id(l),
        .fd = -1,
    };
    return 0;
}

/* Bring the entries up to date with the namespaces that were found. Returns 0 or -ENOMEM. */
static int take_over(struct netns_registry *l, int64_t now)
{
    uint32_t kept = 0;
    int rc = l->n ? 0 : add_netns_entry(l, l->found.own);

    l->full = false;
    for (uint32_t i = 0; i < l->found.n && !rc; i++) {
        if (!netns_registry_find(l, l->found.list[i].inode))
            rc = add_netns_entry(l, l->found.list[i].inode);
    }
    for (uint32_t i = 0; i < l->n; i++) {
        struct netns_entry *netns_entry = &l->list[i];
        const struct found_namespace *found =
            netns_entry->gone_ns ? NULL : namespaces_find(&l->found, netns_entry->inode);

        if (found) {
            memcpy(netns_entry->name, found->name, sizeof netns_entry->name);
        } else if (!netns_entry->gone_ns && netns_entry->inode != l->kept) {
            netns_entry_close(netns_entry);
            netns_entry->gone_ns = now;
        }
        if (netns_entry->gone_ns && now - netns_entry->gone_ns >= GONE_NAME_NS)
            continue;
        l->list[kept++] = *netns_entry;
    }
    l->n = kept;
    return rc;
}

int netns_registry_keep(struct netns_registry *l, uint64_t inode)
{
    l->kept = inode;
    if (!inode || netns_registry_find(l, inode))
        return 0;
    if (add_netns_entry(l, inode))
        return -ENOMEM;
    struct netns_entry *added = netns_registry_find(l, inode);
    if (added)
        namespaces_name_inode(added->name, inode);
    return 0;
}

int netns_registry_look(struct netns_registry *l)
{
    int64_t begin = clock_mono_ns(), cpu = clock_thread_cpu_ns(), took;
    int rc;

    if (l->due_ns && begin < l->due_ns)
        return 0;
    rc = namespaces_look(&l->found);
    if (!rc)
        rc = take_over(l, begin);
    took = clock_thread_cpu_ns() - cpu; /* on a busy host most of the time is that of others */
    l->due_ns = begin + (took * LOOK_SHARE > LOOK_EVERY_NS ? took * LOOK_SHARE : LOOK_EVERY_NS);
    return rc ? rc : 1;
}

/* Each namespace takes a handful of descriptors. Raise the limit when `fd`, opened last, is past
 * half of it. */
static void raise_file_limit(int fd)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max ||
        limit.rlim_cur / 2 > (rlim_t)fd)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int netns_entry_open(const struct netns_registry *l, struct netns_entry *netns_entry,
                     const char *spec)
{
    if (netns_entry->fd >= 0)
        return netns_entry->fd;
    netns_entry->fd =
        namespaces_open(namespaces_find(&l->found, netns_entry->inode), netns_entry->inode, spec);
    int result = netns_entry->fd;
    if (result >= 0)
        raise_file_limit(result);
    else
        netns_entry->fd = -1;
    return result;
}

struct netns_table *netns_registry_table(const struct netns_registry *l, bool several)
{
    struct netns_table *t = netns_table_new(l->n);

    if (!t)
        return NULL;
    t->several = several;
    t->missing = l->found.blind || l->full;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct netns_entry *netns_entry = &l->list[i];
        struct netns *ns = &t->list[i];

        *ns = (struct netns){
            .inode = netns_entry->inode,
            .id = netns_entry->id,
            .own = netns_entry->inode == l->found.own,
            .shown = netns_entry->shown,
            .gone = netns_entry->gone_ns != 0,
            .counted = netns_entry->counted,
            .sockets = netns_entry->sockets,
            .error = netns_entry->error,
        };
        memcpy(ns->name, netns_entry->name, sizeof ns->name);
        if (netns_entry->shown)
            ns->host = netns_entry->host;
        t->shown += netns_entry->shown;
        t->missing += !netns_entry->gone_ns && !netns_entry->shown;
    }
    netns_table_sort(t);
    return t;
}

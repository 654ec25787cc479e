/* Which namespaces come and go, and what is open of each. */
#include "tcptop/source/netns_registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tcptop/base/array.h"
#include "tcptop/base/clock.h"

#define LOOK_EVERY_NS (3 * NS_PER_S)
#define LOOK_SHARE    100              /* looking takes at most one part in so many of the time */
#define GONE_NAME_NS  (300 * NS_PER_S) /* how long the name of one that is gone is remembered */
#define LINKS_MAX     4096u
#define FILES_MAX     65536u

void link_close(struct link *link)
{
    source_close(link->live);
    link->live = NULL;
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

void links_fini(struct links *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        link_close(&l->list[i]);
    free(l->list);
    namespaces_fini(&l->found);
    *l = (struct links){.list = NULL};
}

struct link *links_find(const struct links *l, uint64_t inode)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->list[i].inode == inode && !l->list[i].gone_ns)
            return &l->list[i];
    }
    return NULL;
}

/* Ids go round, so that one comes back only after all others: rows of its last bearer have long
 * faded. */
static uint16_t new_id(struct links *l)
{
    bool taken = true;

    while (taken) {
        taken = ++l->last_id == 0;
        for (uint32_t i = 0; i < l->n && !taken; i++)
            taken = l->list[i].id == l->last_id;
    }
    return l->last_id;
}

static int add_link(struct links *l, uint64_t inode)
{
    if (l->n == LINKS_MAX) {
        l->full = true;
        return 0;
    }
    struct link *list = array_room(l->list, l->n, &l->cap, 8, sizeof *list);
    if (!list)
        return -ENOMEM;
    l->list = list;
    l->list[l->n++] = (struct link){
        .inode = inode,
        .id = inode == l->found.own ? 0 : new_id(l),
        .fd = -1,
    };
    return 0;
}

/* What was found against what was known. */
static int take_over(struct links *l, int64_t now)
{
    uint32_t kept = 0;
    int rc = l->n ? 0 : add_link(l, l->found.own);

    l->full = false;
    for (uint32_t i = 0; i < l->found.n && !rc; i++) {
        if (!links_find(l, l->found.list[i].inode))
            rc = add_link(l, l->found.list[i].inode);
    }
    for (uint32_t i = 0; i < l->n; i++) {
        struct link *link = &l->list[i];
        const struct found_namespace *found =
            link->gone_ns ? NULL : namespaces_find(&l->found, link->inode);

        if (found) {
            memcpy(link->name, found->name, sizeof link->name);
        } else if (!link->gone_ns && link->inode != l->kept) {
            link_close(link);
            link->gone_ns = now;
        }
        if (link->gone_ns && now - link->gone_ns >= GONE_NAME_NS)
            continue;
        l->list[kept++] = *link;
    }
    l->n = kept;
    return rc;
}

int links_keep(struct links *l, uint64_t inode)
{
    l->kept = inode;
    if (!inode || links_find(l, inode))
        return 0;
    if (add_link(l, inode))
        return -ENOMEM;
    struct link *added = links_find(l, inode);
    if (added)
        namespaces_name_inode(added->name, inode);
    return 0;
}

int links_look(struct links *l)
{
    int64_t begin = clock_mono_ns(), took;
    int rc;

    if (l->due_ns && begin < l->due_ns)
        return 0;
    rc = namespaces_look(&l->found);
    if (!rc)
        rc = take_over(l, begin);
    took = clock_mono_ns() - begin;
    l->due_ns = begin + (took * LOOK_SHARE > LOOK_EVERY_NS ? took * LOOK_SHARE : LOOK_EVERY_NS);
    return rc ? rc : 1;
}

/* Each namespace takes a handful of descriptors; this is one of the latest. */
static void raise_file_limit(int fd)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max ||
        limit.rlim_cur / 2 > (rlim_t)fd)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int link_open(const struct links *l, struct link *link, const char *spec)
{
    if (link->fd >= 0)
        return link->fd;
    link->fd = namespaces_open(namespaces_find(&l->found, link->inode), link->inode, spec);
    int result = link->fd;
    if (result >= 0)
        raise_file_limit(result);
    else
        link->fd = -1;
    return result;
}

struct netns_table *links_table(const struct links *l, bool several)
{
    struct netns_table *t = netns_table_new(l->n);

    if (!t)
        return NULL;
    t->several = several;
    t->missing = l->found.blind || l->full;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct link *link = &l->list[i];
        struct netns *ns = &t->list[i];

        *ns = (struct netns){
            .inode = link->inode,
            .id = link->id,
            .own = link->inode == l->found.own,
            .shown = link->shown,
            .gone = link->gone_ns != 0,
            .counted = link->counted,
            .sockets = link->sockets,
            .error = link->error,
        };
        memcpy(ns->name, link->name, sizeof ns->name);
        if (link->shown)
            ns->host = link->host;
        t->shown += link->shown;
        t->missing += !link->gone_ns && !link->shown;
    }
    netns_table_sort(t);
    return t;
}

/* Which network namespaces are wanted, where they are, and how to get there. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "multi_netns_internal.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/source_error.h"

const char *multi_netns_spec(const struct multi_netns *m)
{
    return m->asked[0] ? m->asked : m->opened;
}

bool multi_netns_wants_all(const struct multi_netns *m)
{
    return strcmp(multi_netns_spec(m), MULTI_NETNS_ALL) == 0;
}

int multi_netns_run_there(struct multi_netns *m, struct netns_entry *netns_entry,
                          int (*work)(void *arg), void *arg)
{
    bool entered = false;
    int fd = netns_entry_open(&m->netns_registry, netns_entry, multi_netns_spec(m));
    int rc = fd < 0 ? fd : m->netns_worker ? 0 : netns_worker_new(&m->netns_worker);

    if (!rc)
        rc = netns_worker_run(m->netns_worker, fd, work, arg, &entered);
    netns_entry->error = entered ? 0 : rc;
    return rc;
}

/* The namespace of a path is there as long as the path leads to it, whoever else knows it. */
static int keep_by_path(struct multi_netns *m)
{
    int fd = -1;

    if (m->wanted && strchr(multi_netns_spec(m), '/'))
        fd = namespaces_open(NULL, m->wanted, multi_netns_spec(m));
    if (fd >= 0)
        close(fd);
    return netns_registry_keep(&m->netns_registry, fd >= 0 ? m->wanted : 0);
}

/* Find the one namespace that is wanted, if it is not there as it was. */
static int find_wanted(struct multi_netns *m, bool looked, struct err *err)
{
    if (m->wanted && netns_registry_find(&m->netns_registry, m->wanted))
        return 0;
    m->wanted = 0;
    if (looked)
        m->wanted = namespaces_resolve(&m->netns_registry.found, multi_netns_spec(m), err);
    if (m->wanted && !netns_registry_find(&m->netns_registry, m->wanted) && keep_by_path(m))
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (m->wanted && netns_registry_find(&m->netns_registry, m->wanted)) {
        m->view++;
        m->was_there = true;
        return 0;
    }
    m->wanted = 0;
    if (m->was_there || !looked)
        source_error(err, -ENOENT, m->was_there ? MSG_NETNS_GONE : MSG_NETNS_NONE,
                     multi_netns_spec(m), NULL);
    return -ENOENT;
}

int multi_netns_follow(struct multi_netns *m, bool list, struct err *err)
{
    bool own = m->wanted && m->wanted == m->netns_registry.found.own;
    bool plain = !*multi_netns_spec(m);
    int looked = 0;

    if (!list && (plain || own))
        return 0;
    if (!m->netns_registry.due_ns || clock_mono_ns() >= m->netns_registry.due_ns)
        looked = keep_by_path(m);
    if (!looked)
        looked = netns_registry_look(&m->netns_registry);
    if (looked < 0)
        return source_error(err, looked, MSG_NETNS_UNREADABLE, err_name(looked), NULL);
    return plain || multi_netns_wants_all(m) ? 0 : find_wanted(m, looked, err);
}

void multi_netns_hear(struct multi_netns *m, const struct request *req)
{
    if (strcmp(m->asked, req->namespaces) == 0)
        return;
    memcpy(m->asked, req->namespaces, sizeof m->asked);
    m->wanted = 0;
    m->was_there = false;
    m->view++;
    m->netns_registry.due_ns = 0;
}

bool multi_netns_wants(const struct multi_netns *m, const struct netns_entry *netns_entry)
{
    return !netns_entry->gone_ns && (multi_netns_wants_all(m) || netns_entry->inode == m->wanted);
}

void multi_netns_call_home(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->netns_registry.n; i++) {
        if (m->netns_registry.list[i].fd >= 0)
            return;
    }
    netns_worker_free(m->netns_worker);
    m->netns_worker = NULL;
}

void multi_netns_leave_unwanted(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->netns_registry.n; i++) {
        struct netns_entry *netns_entry = &m->netns_registry.list[i];

        netns_entry->shown = false;
        if (!multi_netns_wants(m, netns_entry))
            netns_entry_close(netns_entry);
    }
    multi_netns_call_home(m);
}

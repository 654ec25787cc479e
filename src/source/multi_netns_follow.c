/* Which network namespaces are wanted, where they are, and how to get there. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "multi_netns_internal.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/source_error.h"

const char *many_spec(const struct many *m)
{
    return m->asked[0] ? m->asked : m->opened;
}

bool many_wants_all(const struct many *m)
{
    return strcmp(many_spec(m), MANY_ALL) == 0;
}

int many_run_there(struct many *m, struct link *link, int (*work)(void *arg), void *arg)
{
    bool entered = false;
    int fd = link_open(&m->links, link, many_spec(m));
    int rc = fd < 0 ? fd : m->traveller ? 0 : traveller_new(&m->traveller);

    if (!rc)
        rc = traveller_run(m->traveller, fd, work, arg, &entered);
    link->error = entered ? 0 : rc;
    return rc;
}

/* The namespace of a path is there as long as the path leads to it, whoever else knows it. */
static int keep_by_path(struct many *m)
{
    int fd = -1;

    if (m->wanted && strchr(many_spec(m), '/'))
        fd = namespaces_open(NULL, m->wanted, many_spec(m));
    if (fd >= 0)
        close(fd);
    return links_keep(&m->links, fd >= 0 ? m->wanted : 0);
}

/* Find the one namespace that is wanted, if it is not there as it was. */
static int find_wanted(struct many *m, bool looked, struct err *err)
{
    if (m->wanted && links_find(&m->links, m->wanted))
        return 0;
    m->wanted = 0;
    if (looked)
        m->wanted = namespaces_resolve(&m->links.found, many_spec(m), err);
    if (m->wanted && !links_find(&m->links, m->wanted) && keep_by_path(m))
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    if (m->wanted && links_find(&m->links, m->wanted)) {
        m->view++;
        m->was_there = true;
        return 0;
    }
    m->wanted = 0;
    if (m->was_there || !looked)
        note_error(err, -ENOENT, m->was_there ? MSG_NETNS_GONE : MSG_NETNS_NONE, many_spec(m),
                   NULL);
    return -ENOENT;
}

int many_follow(struct many *m, bool list, struct err *err)
{
    bool own = m->wanted && m->wanted == m->links.found.own;
    bool plain = !*many_spec(m);
    int looked = 0;

    if (!list && (plain || own))
        return 0;
    if (!m->links.due_ns || clock_mono_ns() >= m->links.due_ns)
        looked = keep_by_path(m);
    if (!looked)
        looked = links_look(&m->links);
    if (looked < 0)
        return note_error(err, looked, MSG_NETNS_UNREADABLE, err_name(looked), NULL);
    return plain || many_wants_all(m) ? 0 : find_wanted(m, looked, err);
}

void many_hear(struct many *m, const struct request *req)
{
    if (strcmp(m->asked, req->namespaces) == 0)
        return;
    memcpy(m->asked, req->namespaces, sizeof m->asked);
    m->wanted = 0;
    m->was_there = false;
    m->view++;
    m->links.due_ns = 0;
}

bool many_wants(const struct many *m, const struct link *link)
{
    return !link->gone_ns && (many_wants_all(m) || link->inode == m->wanted);
}

void many_call_home(struct many *m)
{
    for (uint32_t i = 0; i < m->links.n; i++) {
        if (m->links.list[i].fd >= 0)
            return;
    }
    traveller_free(m->traveller);
    m->traveller = NULL;
}

void many_leave_unwanted(struct many *m)
{
    for (uint32_t i = 0; i < m->links.n; i++) {
        struct link *link = &m->links.list[i];

        link->shown = false;
        if (!many_wants(m, link))
            link_close(link);
    }
    many_call_home(m);
}

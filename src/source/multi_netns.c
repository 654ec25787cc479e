/* Samples of several network namespaces, or of another one than tcptop's own.
 *
 * Each namespace has a live source of its own, whose sockets and files were opened there; the dumps
 * are taken one after the other. Tcptop's own is sampled by the calling thread, as ever, the others
 * by the netns_worker. Where nothing but the own one is wanted all this costs nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "multi_netns_internal.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/host_stats.h"
#include "tcptop/source/source_error.h"

#define ROUNDS 2 /* looks within a sample, when a namespace was gone before it could be entered */

/* A dump in the namespace of a link. */
struct netns_job {
    struct source *live;
    const struct request *req;
    struct sample *s;
    struct err *err;
};

static int cannot_enter(const struct netns_entry *netns_entry, struct err *err)
{
    bool rights = netns_entry->error == -EPERM || netns_entry->error == -EACCES;

    return source_error(err, netns_entry->error,
                        rights ? MSG_NETNS_CLOSED_RIGHTS : MSG_NETNS_CLOSED, netns_entry->name,
                        err_name(netns_entry->error));
}

static int make_netns_job(void *arg)
{
    struct netns_job *netns_job = arg;

    return source_sample(netns_job->live, netns_job->req, netns_job->s, netns_job->err);
}

static int sample_own(struct multi_netns *m, const struct request *req, struct sample *s,
                      struct err *err)
{
    int64_t cpu = clock_thread_cpu_ns();
    int rc = source_sample(m->own, req, s, err);

    m->inside_ns += clock_thread_cpu_ns() - cpu;
    return rc;
}

/* A name of an interface is one of the own namespace's: elsewhere neither the kernel can judge it,
 * nor a sieve, which sees rows before the sample says where they are from. */
static bool names_interface(const struct predicate *p)
{
    for (uint32_t i = 0; p && i < p->n_terms; i++) {
        if (p->terms[i].kind == TERM_DEV && p->terms[i].own_netns)
            return true;
    }
    return false;
}

static int sample_there(struct multi_netns *m, struct netns_entry *netns_entry,
                        const struct request *req, struct sample *s, struct err *err)
{
    struct request there = *req;
    struct netns_job netns_job = {.req = &there, .s = s, .err = err};
    int rc = netns_entry->live ? 0 : source_open_live(&netns_entry->live, NULL, err);

    if (rc)
        return rc;
    netns_entry->live->part_of = &m->source;
    if (names_interface(req->only)) {
        there.only = NULL;
        there.row_stream[0] = there.row_stream[1] = NULL;
    }
    netns_job.live = netns_entry->live;
    rc = multi_netns_run_there(m, netns_entry, make_netns_job, &netns_job);
    return netns_entry->error ? cannot_enter(netns_entry, err) : rc;
}

/* The rows of one namespace into `s`. */
static int sample_netns_entry(struct multi_netns *m, struct netns_entry *netns_entry,
                              const struct request *req, struct sample *s, struct err *err)
{
    bool own = netns_entry->inode == m->netns_registry.found.own;
    int rc;

    s->netns_id = netns_entry->id;
    rc = own ? sample_own(m, req, s, err) : sample_there(m, netns_entry, req, s, err);
    if (rc)
        return rc;
    netns_entry->shown = netns_entry->counted = true;
    netns_entry->sockets = s->n_live;
    netns_entry->host = s->host;
    return 0;
}

/* What `part` says of itself, the sample of one namespace. */
static void say_the_same(struct sample *s, const struct sample *part,
                         const struct netns_entry *netns_entry)
{
    if (part->why[LANG_EN][0])
        note_part(s, part, MSG_NETNS_FAILED, netns_entry->name);
    if (part->backend > s->backend)
        s->backend = part->backend;
    if (!(part->needs & NEED_BOUND))
        s->needs &= ~(uint32_t)NEED_BOUND;
    s->needs |= part->needs & ~(uint32_t)NEED_BOUND; /* figures that some rows have */
    s->rejected += part->rejected;
    s->cpu_ns += part->cpu_ns;
}

/* One more namespace. That it cannot be entered or read is said in its link, or in `s`. */
static int add_namespace(struct multi_netns *m, struct netns_entry *netns_entry,
                         const struct request *req, struct sample *s, struct err *err)
{
    struct sample *part = sample_new(m->pool);
    struct err why = {""};
    int rc;

    if (!part)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    part->needs = req->needs;
    rc = sample_netns_entry(m, netns_entry, req, part, &why);
    if (!rc) {
        rc = sample_append(s, part);
        say_the_same(s, part, netns_entry);
    } else if (rc != -ENOMEM && rc != -ECANCELED) {
        if (!netns_entry->error)
            sample_set_status(s, SAMPLE_PARTIAL, MSG_NETNS_FAILED, netns_entry->name, why.msg);
        rc = 0;
    }
    sample_unref(part);
    return rc ? err_set(err, rc, "%s", err_name(rc)) : 0;
}

static int sample_all(struct multi_netns *m, const struct request *asked, struct sample *s,
                      struct err *err)
{
    struct request whole = *asked, *req = &whole;
    bool vanished = true;
    int rc;

    whole.row_stream[0] = whole.row_stream[1] =
        NULL; /* the first rows of each are not those of all */
    rc = sample_netns_entry(m, &m->netns_registry.list[0], req, s, err);

    if (!rc && !m->pool && !(m->pool = sample_pool_new()))
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    for (int round = 0; round < ROUNDS && vanished && !rc; round++) {
        vanished = false;
        for (uint32_t i = 1; i < m->netns_registry.n && !rc; i++) {
            struct netns_entry *netns_entry = &m->netns_registry.list[i];
            if (netns_entry->shown || !multi_netns_wants(m, netns_entry))
                continue;
            rc = add_namespace(m, netns_entry, req, s, err);
            vanished |= netns_entry->error == -ENOENT;
        }
        if (vanished) {
            m->netns_registry.due_ns = 0;
            (void)netns_registry_look(
                &m->netns_registry); /* what it finds no more is not missing */
        }
    }
    return rc;
}

/* How many sockets there are where none is dumped. */

static int count_here(void *arg)
{
    struct netns_entry *netns_entry = arg;
    struct host_stats *facts = host_stats_new();
    uint64_t inuse, tw;

    netns_entry->counted = facts && host_stats_sockets(facts, &inuse, &tw);
    netns_entry->sockets = netns_entry->counted ? inuse + tw : 0;
    host_stats_free(facts);
    return 0;
}

static void count_others(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->netns_registry.n; i++) {
        struct netns_entry *netns_entry = &m->netns_registry.list[i];

        if (netns_entry->shown || netns_entry->gone_ns)
            continue;
        if (netns_entry->inode == m->netns_registry.found.own)
            (void)count_here(netns_entry);
        else if (multi_netns_run_there(m, netns_entry, count_here, netns_entry))
            netns_entry->counted = false;
        if (!multi_netns_wants(m, netns_entry))
            netns_entry_close(netns_entry);
    }
    multi_netns_call_home(m);
}

/* That not all could be entered, and why. */
static void note_missing(const struct multi_netns *m, struct sample *s)
{
    int other = 0;

    if (!s->namespaces->several || !s->namespaces->missing)
        return;
    for (uint32_t i = 0; i < m->netns_registry.n; i++) {
        const struct netns_entry *netns_entry = &m->netns_registry.list[i];
        if (netns_entry->error && netns_entry->error != -EPERM && netns_entry->error != -EACCES &&
            !netns_entry->gone_ns)
            other = netns_entry->error;
    }
    if (other)
        sample_set_status(s, SAMPLE_COMPLETE, MSG_NETNS_MISSING_WHY, err_name(other), NULL);
    else
        sample_set_status(s, SAMPLE_COMPLETE,
                          s->namespaces->shown > 1 ? MSG_NETNS_MISSING : MSG_NETNS_MISSING_OWN,
                          NULL, NULL);
}

/* What the sample says about namespaces. */
static int tell(struct multi_netns *m, const struct request *req, struct sample *s)
{
    const struct netns_entry *one =
        m->wanted ? netns_registry_find(&m->netns_registry, m->wanted) : NULL;

    s->netns_view = m->view;
    for (uint32_t i = 0; i < m->netns_registry.n && multi_netns_wants_all(m); i++) {
        if (m->netns_registry.list[i].shown)
            s->netns_set = hash_u64(s->netns_set ^ m->netns_registry.list[i].inode);
    }
    if (multi_netns_wants_all(m))
        memcpy(s->netns, MULTI_NETNS_ALL, sizeof MULTI_NETNS_ALL);
    else if (one && one->id)
        memcpy(s->netns, one->name, sizeof s->netns);
    if (!req->list_namespaces && !s->netns[0])
        return 0;
    s->namespaces = netns_registry_table(&m->netns_registry, multi_netns_wants_all(m));
    if (!s->namespaces)
        return -ENOMEM;
    if (multi_netns_wants_all(m) && req->host_facts)
        netns_host(s->namespaces, &s->host);
    note_missing(m, s);
    return 0;
}

/* One watch hears of deaths in all of them. It is kept as long as the sources that report to it. */
static void watch_close_stats(struct multi_netns *m, struct request *req)
{
    if (!m->close_monitor && req->close_stats > 0 &&
        close_monitor_new(&m->close_monitor, req->close_stats))
        req->close_stats = 0; /* nobody else can be started either */
    req->close_monitor = m->close_monitor;
    if (m->close_monitor)
        close_monitor_mark(m->close_monitor);
}

/* The rows of whatever is wanted. */
static int sample_wanted(struct multi_netns *m, const struct request *req, struct sample *s,
                         struct err *err)
{
    struct netns_entry *one =
        m->wanted ? netns_registry_find(&m->netns_registry, m->wanted) : m->netns_registry.list;

    if (multi_netns_wants_all(m))
        return sample_all(m, req, s, err);
    if (!m->netns_registry.n)
        return sample_own(m, req, s, err);
    if (one->id && m->close_monitor)
        close_monitor_remove(m->close_monitor, 0); /* nor is the own one's past of interest */
    return sample_netns_entry(m, one, req, s, err);
}

static int multi_netns_sample(struct source *src, const struct request *asked, struct sample *s,
                              struct err *err)
{
    struct multi_netns *m = (struct multi_netns *)src;
    struct request request = *asked, *req = &request;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc;

    multi_netns_hear(m, req);
    m->inside_ns = 0;
    rc = multi_netns_follow(m, req->list_namespaces, err);
    multi_netns_leave_unwanted(m);
    if (rc)
        return rc;
    watch_close_stats(m, req);
    rc = sample_wanted(m, req, s, err);
    if (rc)
        return rc;
    if (m->close_monitor)
        close_monitor_take(m->close_monitor, s);
    if (req->list_namespaces)
        count_others(m);
    rc = tell(m, req, s);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    s->cost_ns = s->mono_ns - wall;
    s->cpu_ns += clock_thread_cpu_ns() - cpu - m->inside_ns;
    return rc ? err_set(err, rc, "%s", err_name(rc)) : 0;
}

static void multi_netns_close(struct source *src)
{
    struct multi_netns *m = (struct multi_netns *)src;

    netns_worker_free(m->netns_worker);
    netns_registry_fini(&m->netns_registry);
    source_close(m->own);
    close_monitor_free(m->close_monitor);
    sample_pool_free(m->pool);
    free(m->opened);
    free(m);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Is the one that is meant there, and can it be entered? */
static int try_to_enter(struct multi_netns *m, struct err *err)
{
    struct netns_entry *netns_entry;
    int rc = multi_netns_follow(m, false, err);

    if (rc || !m->wanted)
        return rc;
    netns_entry = netns_registry_find(&m->netns_registry, m->wanted);
    if (netns_entry->id && multi_netns_run_there(m, netns_entry, nothing, NULL))
        return cannot_enter(netns_entry, err);
    return 0;
}

int source_open_namespaces(struct source **src, const char *spec, struct err *err)
{
    static const struct source_ops ops = {
        .name = "namespaces", .sample = multi_netns_sample, .close = multi_netns_close};
    struct multi_netns *m = calloc(1, sizeof *m);
    int rc = -ENOMEM;

    if (m)
        m->opened = strdup(spec);
    if (m && m->opened) {
        m->source.ops = &ops;
        rc = source_open_live(&m->own, NULL, err);
    }
    if (!rc) {
        m->own->part_of = &m->source;
        rc = multi_netns_wants_all(m) ? 0 : try_to_enter(m, err);
    } else if (rc == -ENOMEM) {
        err_set(err, rc, "%s", err_name(ENOMEM));
    }
    if (rc) {
        if (m)
            multi_netns_close(&m->source);
        return rc;
    }
    *src = &m->source;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Samples of several network namespaces, or of another one than tcptop's own.
 *
 * Each namespace has a live source of its own, whose sockets and files are opened there; the dumps
 * are taken one after the other. The calling thread samples tcptop's own namespace, the
 * netns_worker all others. Where only the own one is asked for, this costs nothing beyond the plain
 * source. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/hash.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/host_stats.h"
#include "tcptop/source/netns_registry.h"
#include "tcptop/source/netns_worker.h"
#include "tcptop/source/source.h"

#define ROUNDS 2 /* looks within a sample, when a namespace was gone before it could be entered */
#define ALL    "all"

struct multi_netns {
    struct source source;
    struct source *own;
    struct netns_worker *worker; /* NULL while no other namespace is entered */
    struct netns_registry registry;
    struct sample_pool *pool; /* for the samples of single namespaces; NULL until needed */
    char *opened;             /* what it was opened for; owned */
    char asked[NETNS_NAME];   /* by the last request */
    uint64_t wanted;          /* the one namespace whose rows are wanted; 0: all, or it is gone */
    bool was_there;           /* … it was found once */
    struct close_monitor *close_monitor; /* of all of them; NULL: not asked for, or not to be had */
    uint32_t view;                       /* counts what was asked for */
    uint32_t view_before;                /* of the sample before */
    int64_t inside_ns;                   /* CPU of this thread that a sample has counted already */
};

/* Which namespaces are wanted, and how to get there ---------------------------- */

/* What was asked for last: a name, "all", or "" for the own namespace. */
static const char *wanted_spec(const struct multi_netns *m)
{
    return m->asked[0] ? m->asked : m->opened;
}

static bool wants_all(const struct multi_netns *m)
{
    return strcmp(wanted_spec(m), ALL) == 0;
}

/* Run `work` in the namespace of `entry`, which is not the own one. entry->error is 0 if
 * it was entered, else the -errno. Returns what `work` returns, or -errno. */
static int run_there(struct multi_netns *m, struct netns_entry *entry, int (*work)(void *arg),
                     void *arg)
{
    bool entered = false;
    int fd = netns_entry_open(&m->registry, entry, wanted_spec(m));
    int rc = fd < 0 ? fd : m->worker ? 0 : netns_worker_new(&m->worker);

    if (!rc)
        rc = netns_worker_run(m->worker, fd, work, arg, &entered);
    entry->error = entered ? 0 : rc;
    return rc;
}

/* The namespace of a path is there as long as the path leads to it, whoever else knows it. */
static int keep_by_path(struct multi_netns *m)
{
    int fd = -1;

    if (m->wanted && strchr(wanted_spec(m), '/'))
        fd = namespaces_open(NULL, m->wanted, wanted_spec(m));
    if (fd >= 0)
        close(fd);
    return netns_registry_keep(&m->registry, fd >= 0 ? m->wanted : 0);
}

/* Find the one namespace that is wanted, if it is not there as it was. */
static int find_wanted(struct multi_netns *m, bool looked, struct sample_reason *why)
{
    if (m->wanted && netns_registry_find(&m->registry, m->wanted))
        return 0;
    m->wanted = 0;
    if (looked)
        m->wanted = namespaces_resolve(&m->registry.found, wanted_spec(m), why);
    if (m->wanted && !netns_registry_find(&m->registry, m->wanted) && keep_by_path(m))
        return sample_reason_error(why, -ENOMEM);
    if (m->wanted && netns_registry_find(&m->registry, m->wanted)) {
        m->view++;
        m->was_there = true;
        return 0;
    }
    m->wanted = 0;
    if (m->was_there || !looked)
        sample_reason_set(why, -ENOENT,
                          sample_reason_named(m->was_there ? REASON_NETNS_GONE : REASON_NETNS_NONE,
                                              0, wanted_spec(m)));
    return -ENOENT;
}

/* Bring the registry up to date with what is asked for. The own namespace cannot go. `list`: all
 * namespaces are to be known. Returns 0, -ENOENT where the wanted one is not there, or another
 * -errno. */
static int follow(struct multi_netns *m, bool list, struct sample_reason *why)
{
    bool own = m->wanted && m->wanted == m->registry.found.own;
    bool plain = !*wanted_spec(m);
    int looked = 0;

    if (!list && (plain || own))
        return 0;
    if (!m->registry.due_ns || clock_mono_ns() >= m->registry.due_ns)
        looked = keep_by_path(m);
    if (!looked)
        looked = netns_registry_look(&m->registry);
    if (looked < 0)
        return sample_reason_set(
            why, looked, (struct sample_reason){.code = REASON_NETNS_UNREADABLE, .error = looked});
    return plain || wants_all(m) ? 0 : find_wanted(m, looked, why);
}

/* Take the namespaces of another request; everything is looked for again then. */
static void take_request(struct multi_netns *m, const struct request *req)
{
    if (strcmp(m->asked, req->namespaces) == 0)
        return;
    memcpy(m->asked, req->namespaces, sizeof m->asked);
    m->wanted = 0;
    m->was_there = false;
    m->view++;
    m->registry.due_ns = 0;
}

/* Are rows of that namespace asked for? */
static bool wants(const struct multi_netns *m, const struct netns_entry *entry)
{
    return !entry->gone_ns && (wants_all(m) || entry->inode == m->wanted);
}

/* While no namespace is open the worker ends, since a thread in a namespace keeps that alive. */
static void end_idle_worker(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->registry.n; i++) {
        if (m->registry.list[i].fd >= 0)
            return;
    }
    netns_worker_free(m->worker);
    m->worker = NULL;
}

/* Close what is open of namespaces that are not wanted. */
static void close_unwanted(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->registry.n; i++) {
        struct netns_entry *entry = &m->registry.list[i];

        entry->shown = false;
        if (!wants(m, entry))
            netns_entry_close(entry);
    }
    end_idle_worker(m);
}

/* Samples ------------------------------------------------------------ */

/* One dump, run by the worker in another namespace. */
struct netns_job {
    struct source *live;
    const struct request *req;
    struct sample_builder *b;
    struct sample_reason *why;
};

static int cannot_enter(const struct netns_entry *entry, struct sample_reason *why)
{
    return sample_reason_set(why, entry->error,
                             sample_reason_named(REASON_NETNS_CLOSED, entry->error, entry->name));
}

static int run_job(void *arg)
{
    struct netns_job *job = arg;

    return source_sample(job->live, job->req, job->b, job->why);
}

static int sample_own(struct multi_netns *m, const struct request *req, struct sample_builder *b,
                      struct sample_reason *why)
{
    int64_t cpu = clock_thread_cpu_ns();
    int rc = source_sample(m->own, req, b, why);

    m->inside_ns += clock_thread_cpu_ns() - cpu;
    return rc;
}

/* Does the filter name an interface? Interface numbers are those of the own namespace: in another
 * one neither the kernel nor a row_stream can judge the condition, since rows do not say yet which
 * namespace they are of. */
static bool names_interface(const struct predicate *p)
{
    for (uint32_t i = 0; p && i < p->n_terms; i++) {
        if (p->terms[i].kind == TERM_DEV && p->terms[i].own_netns)
            return true;
    }
    return false;
}

static int sample_there(struct multi_netns *m, struct netns_entry *entry, const struct request *req,
                        struct sample_builder *b, struct sample_reason *why)
{
    struct request there = *req;
    struct netns_job job = {.req = &there, .b = b, .why = why};
    int rc = entry->live ? 0 : kernel_open(&entry->live, NULL, why);

    if (rc)
        return rc;
    entry->live->part_of = &m->source;
    if (names_interface(req->only)) {
        there.only = NULL;
        there.row_stream[0] = there.row_stream[1] = NULL;
    }
    job.live = entry->live;
    rc = run_there(m, entry, run_job, &job);
    return entry->error ? cannot_enter(entry, why) : rc;
}

/* The rows of one namespace into `s`. */
static int sample_netns_entry(struct multi_netns *m, struct netns_entry *entry,
                              const struct request *req, struct sample_builder *b,
                              struct sample_reason *why)
{
    struct sample *s = &b->sample;
    bool own = entry->inode == m->registry.found.own;
    int rc;

    s->netns_id = entry->id;
    rc = own ? sample_own(m, req, b, why) : sample_there(m, entry, req, b, why);
    if (rc)
        return rc;
    entry->shown = entry->counted = true;
    entry->sockets = s->n_live;
    entry->host = s->host;
    return 0;
}

/* The reason of the sample of one namespace, as one of a sample of several. */
static struct sample_reason of_netns(struct sample_reason why, const struct netns_entry *entry)
{
    memcpy(why.netns, entry->name, sizeof why.netns);
    return why;
}

/* Take the status, needs and cost of `part`, the sample of one namespace, over into `s`. */
static void add_status(struct sample *s, const struct sample *part, const struct netns_entry *entry)
{
    if (part->reason.code != REASON_NONE)
        sample_set_status(s, (enum sample_status)part->status, of_netns(part->reason, entry));
    if (part->backend > s->backend)
        s->backend = part->backend;
    if (!(part->needs & NEED_BOUND))
        s->needs &= ~(uint32_t)NEED_BOUND;
    s->needs |= part->needs & ~(uint32_t)NEED_BOUND; /* figures that some rows have */
    s->rejected += part->rejected;
    s->has_mptcp |= part->has_mptcp;
    s->cpu_ns += part->cpu_ns;
}

/* Add the rows of one more namespace. If it cannot be entered, entry->error says so; if it cannot
 * be read, the status of `s`. */
static int add_namespace(struct multi_netns *m, struct netns_entry *entry,
                         const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct sample_builder *part = sample_builder_new(m->pool);
    struct sample_reason cause = {.code = REASON_NONE};
    int rc;

    if (!part)
        return sample_reason_error(why, -ENOMEM);
    part->sample.needs = req->needs;
    rc = sample_netns_entry(m, entry, req, part, &cause);
    if (!rc) {
        rc = sample_append(b, part);
        add_status(s, &part->sample, entry);
    } else if (rc != -ENOMEM && rc != -ECANCELED) {
        if (!entry->error)
            sample_set_status(s, SAMPLE_PARTIAL, of_netns(cause, entry));
        rc = 0;
    }
    sample_discard(part);
    return rc ? sample_reason_error(why, rc) : 0;
}

static int sample_all(struct multi_netns *m, const struct request *asked, struct sample_builder *b,
                      struct sample_reason *why)
{
    struct request whole = *asked, *req = &whole;
    bool vanished = true;
    int rc;

    whole.row_stream[0] = whole.row_stream[1] =
        NULL; /* the first rows of each are not those of all */
    whole.brief = whole.count_states = false;
    rc = sample_netns_entry(m, &m->registry.list[0], req, b, why);

    if (!rc && !m->pool && !(m->pool = sample_pool_new()))
        return sample_reason_error(why, -ENOMEM);
    for (int round = 0; round < ROUNDS && vanished && !rc; round++) {
        vanished = false;
        for (uint32_t i = 1; i < m->registry.n && !rc; i++) {
            struct netns_entry *entry = &m->registry.list[i];
            if (entry->shown || !wants(m, entry))
                continue;
            rc = add_namespace(m, entry, req, b, why);
            vanished |= entry->error == -ENOENT;
        }
        if (vanished) {
            m->registry.due_ns = 0;
            (void)netns_registry_look(&m->registry); /* a namespace that is gone is not missing */
        }
    }
    return rc;
}

/* Count the sockets of a namespace that is not dumped. Runs in that namespace. */
static int count_here(void *arg)
{
    struct netns_entry *entry = arg;
    struct host_stats *facts = host_stats_new();
    uint64_t inuse, tw;

    entry->counted = facts && host_stats_sockets(facts, &inuse, &tw);
    entry->sockets = entry->counted ? inuse + tw : 0;
    host_stats_free(facts);
    return 0;
}

static void count_others(struct multi_netns *m)
{
    for (uint32_t i = 0; i < m->registry.n; i++) {
        struct netns_entry *entry = &m->registry.list[i];

        if (entry->shown || entry->gone_ns)
            continue;
        if (entry->inode == m->registry.found.own)
            (void)count_here(entry);
        else if (run_there(m, entry, count_here, entry))
            entry->counted = false;
        if (!wants(m, entry))
            netns_entry_close(entry);
    }
    end_idle_worker(m);
}

/* Set a reason where not all namespaces could be entered. */
static void report_missing(const struct multi_netns *m, struct sample *s)
{
    struct sample_reason why = {.code = REASON_NETNS_MISSING};
    int other = 0;

    if (!s->namespaces->several || !s->namespaces->missing)
        return;
    for (uint32_t i = 0; i < m->registry.n; i++) {
        const struct netns_entry *entry = &m->registry.list[i];
        if (entry->error && entry->error != -EPERM && entry->error != -EACCES && !entry->gone_ns)
            other = entry->error;
    }
    if (other)
        why = (struct sample_reason){.code = REASON_NETNS_MISSING_ERROR, .error = other};
    else if (s->namespaces->shown == 1)
        why.code = REASON_NETNS_MISSING_OTHERS;
    sample_set_status(s, SAMPLE_COMPLETE, why);
}

/* Fill the namespace members of the sample. Returns 0 or -ENOMEM. */
static int describe_namespaces(struct multi_netns *m, const struct request *req, struct sample *s)
{
    const struct netns_entry *one = m->wanted ? netns_registry_find(&m->registry, m->wanted) : NULL;

    s->netns_view = m->view;
    for (uint32_t i = 0; i < m->registry.n && wants_all(m); i++) {
        if (m->registry.list[i].shown)
            s->netns_set = hash_u64(s->netns_set ^ m->registry.list[i].inode);
    }
    if (wants_all(m))
        memcpy(s->netns, ALL, sizeof ALL);
    else if (one && one->id)
        memcpy(s->netns, one->name, sizeof s->netns);
    if (!req->list_namespaces && !s->netns[0])
        return 0;
    s->namespaces = netns_registry_table(&m->registry, wants_all(m));
    if (!s->namespaces)
        return -ENOMEM;
    if (wants_all(m) && req->host_facts)
        netns_host(s->namespaces, &s->host);
    report_missing(m, s);
    return 0;
}

/* One close_monitor serves all namespaces. It is kept as long as the sources that use it. */
static void monitor_closes(struct multi_netns *m, struct request *req)
{
    if (!m->close_monitor && req->close_stats > 0 &&
        close_monitor_new(&m->close_monitor, req->close_stats))
        req->close_stats = 0; /* nobody else can be started either */
    req->close_monitor = m->close_monitor;
    if (m->close_monitor)
        close_monitor_mark(m->close_monitor);
}

/* The rows of whatever is wanted. */
static int sample_wanted(struct multi_netns *m, const struct request *req, struct sample_builder *b,
                         struct sample_reason *why)
{
    struct netns_entry *one =
        m->wanted ? netns_registry_find(&m->registry, m->wanted) : m->registry.list;

    if (wants_all(m))
        return sample_all(m, req, b, why);
    if (!m->registry.n)
        return sample_own(m, req, b, why);
    if (one->id && m->close_monitor)
        close_monitor_remove(m->close_monitor,
                             0); /* events of the own namespace do not belong to it */
    return sample_netns_entry(m, one, req, b, why);
}

static int multi_netns_sample(struct source *src, const struct request *asked,
                              struct sample_builder *b, struct sample_reason *why)
{
    struct sample *s = &b->sample;
    struct multi_netns *m = (struct multi_netns *)src;
    struct request request = *asked, *req = &request;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc;

    take_request(m, req);
    m->inside_ns = 0;
    rc = follow(m, req->list_namespaces, why);
    close_unwanted(m);
    if (rc)
        return rc;
    monitor_closes(m, req);
    req->brief = req->brief && !req->list_namespaces && m->view == m->view_before;
    m->view_before = m->view;
    rc = sample_wanted(m, req, b, why);
    if (rc)
        return rc;
    if (m->close_monitor)
        close_monitor_take(m->close_monitor, b);
    if (req->list_namespaces)
        count_others(m);
    rc = describe_namespaces(m, req, s);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    s->cost_ns = s->mono_ns - wall;
    s->cpu_ns += clock_thread_cpu_ns() - cpu - m->inside_ns;
    return rc ? sample_reason_error(why, rc) : 0;
}

/* One part of gathering, run by the worker in another namespace. */
struct gather_job {
    struct source *live;
    const struct request *req;
    struct sample_builder *b;
    bool begin;
    int64_t until_ns;
};

static int run_gather(void *arg)
{
    const struct gather_job *job = arg;

    return job->live->ops->gather(job->live, job->req, job->b, job->begin, job->until_ns);
}

/* Only of the one namespace whose rows the sample before had. */
static int multi_netns_gather(struct source *src, const struct request *req,
                              struct sample_builder *b, bool begin, int64_t until_ns)
{
    struct multi_netns *m = (struct multi_netns *)src;
    struct gather_job job = {
        .live = m->own, .req = req, .b = b, .begin = begin, .until_ns = until_ns};
    struct netns_entry *one = m->wanted ? netns_registry_find(&m->registry, m->wanted) : NULL;

    if (wants_all(m) || req->list_namespaces || strcmp(m->asked, req->namespaces) != 0 ||
        m->view != m->view_before)
        return -EOPNOTSUPP;
    if (!one || !one->id)
        return *wanted_spec(m) && !one ? -ENOENT : run_gather(&job);
    b->sample.netns_id = one->id;
    job.live = one->live;
    return one->live ? run_there(m, one, run_gather, &job) : -ENOENT;
}

static void multi_netns_close(struct source *src)
{
    struct multi_netns *m = (struct multi_netns *)src;

    netns_worker_free(m->worker);
    netns_registry_fini(&m->registry);
    source_close(m->own);
    close_monitor_free(m->close_monitor);
    sample_pool_free(m->pool);
    free(m->opened);
    free(m);
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Check that the wanted namespace exists and can be entered. */
static int try_to_enter(struct multi_netns *m, struct sample_reason *why)
{
    struct netns_entry *entry;
    int rc = follow(m, false, why);

    if (rc || !m->wanted)
        return rc;
    entry = netns_registry_find(&m->registry, m->wanted);
    if (entry->id && run_there(m, entry, do_nothing, NULL))
        return cannot_enter(entry, why);
    return 0;
}

int multi_netns_open(struct source **src, const char *spec, struct sample_reason *why)
{
    static const struct source_ops ops = {
        .name = "namespaces",
        .sample = multi_netns_sample,
        .close = multi_netns_close,
        .gather = multi_netns_gather,
    };
    struct multi_netns *m = calloc(1, sizeof *m);
    int rc = -ENOMEM;

    if (m)
        m->opened = strdup(spec);
    if (m && m->opened) {
        m->source.ops = &ops;
        rc = kernel_open(&m->own, NULL, why);
    }
    if (!rc) {
        m->own->part_of = &m->source;
        rc = wants_all(m) ? 0 : try_to_enter(m, why);
    } else if (rc == -ENOMEM) {
        sample_reason_error(why, rc);
    }
    if (rc) {
        if (m)
            multi_netns_close(&m->source);
        return rc;
    }
    *src = &m->source;
    return 0;
}

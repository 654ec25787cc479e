/* Samples of several network namespaces, or of another one than tcptop's own.
 *
 * Each namespace has a live source of its own, whose sockets and files were opened there; the dumps
 * are taken one after the other. Tcptop's own is sampled by the calling thread, as ever, the others
 * by the traveller. Where nothing but the own one is wanted all this costs nothing. */
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
struct trip {
    struct source *live;
    const struct request *req;
    struct snapshot *s;
    struct err *err;
};

static int cannot_enter(const struct link *link, struct err *err)
{
    bool rights = link->error == -EPERM || link->error == -EACCES;

    return note_error(err, link->error, rights ? MSG_NETNS_CLOSED_RIGHTS : MSG_NETNS_CLOSED,
                      link->name, err_name(link->error));
}

static int make_trip(void *arg)
{
    struct trip *trip = arg;

    return source_sample(trip->live, trip->req, trip->s, trip->err);
}

static int sample_own(struct many *m, const struct request *req, struct snapshot *s,
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

static int sample_there(struct many *m, struct link *link, const struct request *req,
                        struct snapshot *s, struct err *err)
{
    struct request there = *req;
    struct trip trip = {.req = &there, .s = s, .err = err};
    int rc = link->live ? 0 : source_open_live(&link->live, NULL, err);

    if (rc)
        return rc;
    link->live->part_of = &m->source;
    if (names_interface(req->only)) {
        there.only = NULL;
        there.sieve[0] = there.sieve[1] = NULL;
    }
    trip.live = link->live;
    rc = many_run_there(m, link, make_trip, &trip);
    return link->error ? cannot_enter(link, err) : rc;
}

/* The rows of one namespace into `s`. */
static int sample_link(struct many *m, struct link *link, const struct request *req,
                       struct snapshot *s, struct err *err)
{
    bool own = link->inode == m->links.found.own;
    int rc;

    s->netns_id = link->id;
    rc = own ? sample_own(m, req, s, err) : sample_there(m, link, req, s, err);
    if (rc)
        return rc;
    link->shown = link->counted = true;
    link->sockets = s->n_live;
    link->host = s->host;
    return 0;
}

/* What `part` says of itself, the sample of one namespace. */
static void say_the_same(struct snapshot *s, const struct snapshot *part, const struct link *link)
{
    if (part->why[0])
        note_status(s, part->status, MSG_NETNS_FAILED, link->name, part->why);
    if (part->backend > s->backend)
        s->backend = part->backend;
    if (!(part->needs & NEED_BOUND))
        s->needs &= ~(uint32_t)NEED_BOUND;
    s->needs |= part->needs & ~(uint32_t)NEED_BOUND; /* figures that some rows have */
    s->rejected += part->rejected;
    s->cpu_ns += part->cpu_ns;
}

/* One more namespace. That it cannot be entered or read is said in its link, or in `s`. */
static int add_namespace(struct many *m, struct link *link, const struct request *req,
                         struct snapshot *s, struct err *err)
{
    struct snapshot *part = snapshot_new(m->pool);
    struct err why = {""};
    int rc;

    if (!part)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    part->needs = req->needs;
    rc = sample_link(m, link, req, part, &why);
    if (!rc) {
        rc = snapshot_append(s, part);
        say_the_same(s, part, link);
    } else if (rc != -ENOMEM && rc != -ECANCELED) {
        if (!link->error)
            note_status(s, SAMPLE_PARTIAL, MSG_NETNS_FAILED, link->name, why.msg);
        rc = 0;
    }
    snapshot_unref(part);
    return rc ? err_set(err, rc, "%s", err_name(rc)) : 0;
}

static int sample_all(struct many *m, const struct request *asked, struct snapshot *s,
                      struct err *err)
{
    struct request whole = *asked, *req = &whole;
    bool vanished = true;
    int rc;

    whole.sieve[0] = whole.sieve[1] = NULL; /* the first rows of each are not those of all */
    rc = sample_link(m, &m->links.list[0], req, s, err);

    if (!rc && !m->pool && !(m->pool = snapshot_pool_new()))
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    for (int round = 0; round < ROUNDS && vanished && !rc; round++) {
        vanished = false;
        for (uint32_t i = 1; i < m->links.n && !rc; i++) {
            struct link *link = &m->links.list[i];
            if (link->shown || !many_wants(m, link))
                continue;
            rc = add_namespace(m, link, req, s, err);
            vanished |= link->error == -ENOENT;
        }
        if (vanished) {
            m->links.due_ns = 0;
            (void)links_look(&m->links); /* what it finds no more is not missing */
        }
    }
    return rc;
}

/* How many sockets there are where none is dumped. */

static int count_here(void *arg)
{
    struct link *link = arg;
    struct hostfacts *facts = hostfacts_new();
    uint64_t inuse, tw;

    link->counted = facts && hostfacts_sockets(facts, &inuse, &tw);
    link->sockets = link->counted ? inuse + tw : 0;
    hostfacts_free(facts);
    return 0;
}

static void count_others(struct many *m)
{
    for (uint32_t i = 0; i < m->links.n; i++) {
        struct link *link = &m->links.list[i];

        if (link->shown || link->gone_ns)
            continue;
        if (link->inode == m->links.found.own)
            (void)count_here(link);
        else if (many_run_there(m, link, count_here, link))
            link->counted = false;
        if (!many_wants(m, link))
            link_close(link);
    }
    many_call_home(m);
}

/* That not all could be entered, and why. */
static void note_missing(const struct many *m, struct snapshot *s)
{
    int other = 0;

    if (!s->namespaces->several || !s->namespaces->missing)
        return;
    for (uint32_t i = 0; i < m->links.n; i++) {
        const struct link *link = &m->links.list[i];
        if (link->error && link->error != -EPERM && link->error != -EACCES && !link->gone_ns)
            other = link->error;
    }
    if (other)
        note_status(s, SAMPLE_COMPLETE, MSG_NETNS_MISSING_WHY, err_name(other), NULL);
    else
        note_status(s, SAMPLE_COMPLETE,
                    s->namespaces->shown > 1 ? MSG_NETNS_MISSING : MSG_NETNS_MISSING_OWN, NULL,
                    NULL);
}

/* What the sample says about namespaces. */
static int tell(struct many *m, const struct request *req, struct snapshot *s)
{
    const struct link *one = m->wanted ? links_find(&m->links, m->wanted) : NULL;

    s->netns_view = m->view;
    for (uint32_t i = 0; i < m->links.n && many_wants_all(m); i++) {
        if (m->links.list[i].shown)
            s->netns_set = hash_u64(s->netns_set ^ m->links.list[i].inode);
    }
    if (many_wants_all(m))
        memcpy(s->netns, MANY_ALL, sizeof MANY_ALL);
    else if (one && one->id)
        memcpy(s->netns, one->name, sizeof s->netns);
    if (!req->list_namespaces && !s->netns[0])
        return 0;
    s->namespaces = links_table(&m->links, many_wants_all(m));
    if (!s->namespaces)
        return -ENOMEM;
    if (many_wants_all(m) && req->host_facts)
        netns_host(s->namespaces, &s->host);
    note_missing(m, s);
    return 0;
}

/* One watch hears of deaths in all of them. It is kept as long as the sources that report to it. */
static void watch_deaths(struct many *m, struct request *req)
{
    if (!m->deathwatch && req->deaths > 0 && deathwatch_new(&m->deathwatch, req->deaths))
        req->deaths = 0; /* nobody else can be started either */
    req->deathwatch = m->deathwatch;
    if (m->deathwatch)
        deathwatch_mark(m->deathwatch);
}

/* The rows of whatever is wanted. */
static int sample_wanted(struct many *m, const struct request *req, struct snapshot *s,
                         struct err *err)
{
    struct link *one = m->wanted ? links_find(&m->links, m->wanted) : m->links.list;

    if (many_wants_all(m))
        return sample_all(m, req, s, err);
    if (!m->links.n)
        return sample_own(m, req, s, err);
    if (one->id && m->deathwatch)
        deathwatch_remove(m->deathwatch, 0); /* nor is the own one's past of interest */
    return sample_link(m, one, req, s, err);
}

static int many_sample(struct source *src, const struct request *asked, struct snapshot *s,
                       struct err *err)
{
    struct many *m = (struct many *)src;
    struct request request = *asked, *req = &request;
    int64_t wall = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    int rc;

    many_hear(m, req);
    m->inside_ns = 0;
    rc = many_follow(m, req->list_namespaces, err);
    many_leave_unwanted(m);
    if (rc)
        return rc;
    watch_deaths(m, req);
    rc = sample_wanted(m, req, s, err);
    if (rc)
        return rc;
    if (m->deathwatch)
        deathwatch_take(m->deathwatch, s);
    if (req->list_namespaces)
        count_others(m);
    rc = tell(m, req, s);
    s->mono_ns = clock_mono_ns();
    s->wall_ns = clock_wall_ns();
    s->cost_ns = s->mono_ns - wall;
    s->cpu_ns += clock_thread_cpu_ns() - cpu - m->inside_ns;
    return rc ? err_set(err, rc, "%s", err_name(rc)) : 0;
}

static void many_close(struct source *src)
{
    struct many *m = (struct many *)src;

    traveller_free(m->traveller);
    links_fini(&m->links);
    source_close(m->own);
    deathwatch_free(m->deathwatch);
    snapshot_pool_free(m->pool);
    free(m->opened);
    free(m);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Is the one that is meant there, and can it be entered? */
static int try_to_enter(struct many *m, struct err *err)
{
    struct link *link;
    int rc = many_follow(m, false, err);

    if (rc || !m->wanted)
        return rc;
    link = links_find(&m->links, m->wanted);
    if (link->id && many_run_there(m, link, nothing, NULL))
        return cannot_enter(link, err);
    return 0;
}

int source_open_namespaces(struct source **src, const char *spec, struct err *err)
{
    static const struct source_ops ops = {
        .name = "namespaces", .sample = many_sample, .close = many_close};
    struct many *m = calloc(1, sizeof *m);
    int rc = -ENOMEM;

    if (m)
        m->opened = strdup(spec);
    if (m && m->opened) {
        m->source.ops = &ops;
        rc = source_open_live(&m->own, NULL, err);
    }
    if (!rc) {
        m->own->part_of = &m->source;
        rc = many_wants_all(m) ? 0 : try_to_enter(m, err);
    } else if (rc == -ENOMEM) {
        err_set(err, rc, "%s", err_name(ENOMEM));
    }
    if (rc) {
        if (m)
            many_close(&m->source);
        return rc;
    }
    *src = &m->source;
    return 0;
}

/* When to scan: after a sample with sockets that nobody knows, and completely now and then. */
#include "tcptop/source/owners.h"

#include <errno.h>
#include <stdlib.h>

#include "owners_internal.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/thread.h"
#include "tcptop/source/user_name.h"

#define COMPLETE_NS  (30 * NS_PER_S) /* between two complete scans at most */
#define RETRY_NS     NS_PER_S        /* and at least, where one is to find what the other missed */
#define CREDIT_NS    NS_PER_S        /* of CPU time that may be spent at once */
#define STOP_WAIT_NS (200 * NS_PER_MS)

struct owners *owners_new(void)
{
    struct owners *o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    o->map = owner_map_new();
    if (!o->map) {
        free(o);
        return NULL;
    }
    thread_condition_init(&o->wake);
    pthread_mutex_init(&o->lock, NULL);
    scanner_init(&o->scanner);
    return o;
}

static void clear_up(void *arg)
{
    struct owners *o = arg;

    if (o->threaded)
        pthread_join(o->thread, NULL);
    scanner_fini(&o->scanner);
    owner_map_free(o->map);
    pthread_cond_destroy(&o->wake);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void owners_free(struct owners *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    atomic_store(&o->stop, true);
    pthread_cond_broadcast(&o->wake);
    pthread_mutex_unlock(&o->lock);
    if (o->threaded)
        (void)thread_run_until(clear_up, o, clock_mono_ns() + STOP_WAIT_NS);
    else
        clear_up(o);
}

/* Names of users that samples have asked for, one after the other: each may take its time.
 * Returns whether there were any. */
static bool name_users(struct owners *o)
{
    uint32_t uid;
    char name[USER_NAME_MAX];
    bool named = false;

    pthread_mutex_lock(&o->lock);
    while (o->names_wanted && !atomic_load(&o->stop) && owner_map_wants_user(o->map, &uid)) {
        pthread_mutex_unlock(&o->lock);
        user_name(uid, name);
        pthread_mutex_lock(&o->lock);
        owner_map_name_user(o->map, uid, name);
        named = true;
    }
    pthread_mutex_unlock(&o->lock);
    return named;
}

static void scan(struct owners *o, bool complete)
{
    int64_t cpu = clock_thread_cpu_ns();
    int rc = owners_scan(o, complete);

    if (rc && rc != -ECANCELED)
        o->rest_ns = clock_mono_ns() + RETRY_NS;
    if (rc != -ECANCELED)
        atomic_store(&o->error, rc);
    if (rc == -ECANCELED || !complete)
        return;
    o->complete = true;
    o->complete_ns = clock_mono_ns();
    o->complete_cpu_ns = clock_thread_cpu_ns() - cpu;
}

/* Without a thread: look until the sample has what can be found. What a scan after the dump has not
 * met belongs to nobody. */
static void scan_for(struct owners *o, struct sample *next, const struct sample *prev)
{
    bool complete = !o->complete || clock_mono_ns() - o->complete_ns >= COMPLETE_NS;

    if (complete)
        scan(o, true);
    owner_map_assign(o->map, next, prev);
    if (!complete && owner_map_fresh(o->map)) {
        scan(o, false);
        owner_map_assign(o->map, next, prev);
    }
    if (!complete && owner_map_missed(o->map)) {
        scan(o, true);
        owner_map_assign(o->map, next, prev);
    }
    if (complete && owner_map_fresh(o->map)) {
        owner_map_searched(o->map, owner_map_begin(o->map));
        owner_map_assign(o->map, next, prev);
    }
    if (name_users(o))
        owner_map_assign(o->map, next, prev);
}

static void assign_with_thread(struct owners *o, struct sample *next, const struct sample *prev)
{
    pthread_mutex_lock(&o->lock);
    o->used = true;
    o->names_wanted = next->needs & NEED_USER;
    owner_map_assign(o->map, next, prev);
    pthread_cond_signal(&o->wake);
    pthread_mutex_unlock(&o->lock);
}

void owners_assign(struct owners *o, struct sample *next, const struct sample *prev)
{
    if (o->threaded) {
        assign_with_thread(o, next, prev);
        return;
    }
    o->names_wanted = next->needs & NEED_USER;
    scan_for(o, next, prev);
}

int owners_error(struct owners *o)
{
    return atomic_load(&o->error);
}

/* What may be spent now, after `spent` more. */
static int64_t credit(struct owners *o, int64_t spent)
{
    int64_t now = clock_mono_ns();

    o->credit_ns += (int64_t)((double)(now - o->credit_at_ns) * o->share) - spent;
    if (o->credit_ns > CREDIT_NS)
        o->credit_ns = CREDIT_NS;
    o->credit_at_ns = now;
    return o->credit_ns;
}

/* The thread's CPU clock is what it has spent; in the long run that is its share. */
void owners_pace(struct owners *o)
{
    int64_t cpu = clock_thread_cpu_ns();

    if (!o->threaded || o->share <= 0)
        return;
    int64_t left = credit(o, cpu - o->paced_cpu_ns);
    o->paced_cpu_ns = cpu;
    if (left >= 0)
        return;
    int64_t end = clock_mono_ns() + (int64_t)((double)-left / o->share);
    pthread_mutex_lock(&o->lock);
    while (!atomic_load(&o->stop) && thread_wait_until(&o->wake, &o->lock, end))
        continue;
    pthread_mutex_unlock(&o->lock);
}

enum due { DUE_NOTHING, DUE_CHANGES, DUE_ALL };

/* What to scan, and until when to wait where that is nothing. Needs the lock. */
static enum due due_scan(const struct owners *o, int64_t *until)
{
    int64_t spaced = o->share > 0 ? (int64_t)((double)o->complete_cpu_ns / o->share) : 0;
    int64_t regular = o->complete_ns + (COMPLETE_NS > spaced ? COMPLETE_NS : spaced);
    int64_t retry = o->complete_ns + (RETRY_NS > spaced ? RETRY_NS : spaced);
    int64_t now = clock_mono_ns();

    *until = now + COMPLETE_NS;
    if (!o->used)
        return DUE_NOTHING;
    if (now < o->rest_ns) {
        *until = o->rest_ns;
        return DUE_NOTHING;
    }
    if (!o->complete || now >= regular)
        return DUE_ALL;
    if (owner_map_fresh(o->map))
        return DUE_CHANGES;
    if (!owner_map_missed(o->map)) {
        *until = regular;
        return DUE_NOTHING;
    }
    *until = retry;
    return now >= retry ? DUE_ALL : DUE_NOTHING;
}

static void *owners_main(void *arg)
{
    struct owners *o = arg;
    int64_t until;
    bool first = true;

    o->credit_ns = CREDIT_NS;
    o->credit_at_ns = clock_mono_ns();
    pthread_mutex_lock(&o->lock);
    while (!atomic_load(&o->stop)) {
        enum due due = due_scan(o, &until);
        if (due == DUE_NOTHING &&
            !(o->names_wanted && owner_map_wants_user(o->map, &(uint32_t){0}))) {
            thread_wait_until(&o->wake, &o->lock, until);
            continue;
        }
        if (due == DUE_ALL)
            o->used = false;
        pthread_mutex_unlock(&o->lock);
        if (due != DUE_NOTHING)
            scan(o, due == DUE_ALL);
        bool named = name_users(o);
        pthread_mutex_lock(&o->lock);
        if ((first || named) && o->complete && !atomic_load(&o->stop))
            o->answered(o->context);
        first = first && !o->complete;
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

int owners_start(struct owners *o, double share, void (*answered)(void *context), void *context)
{
    o->share = share;
    o->answered = answered;
    o->context = context;
    o->threaded = true;
    int rc = thread_start(&o->thread, owners_main, o);
    if (rc)
        o->threaded = false;
    return rc;
}

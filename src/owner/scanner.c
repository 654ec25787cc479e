/* SPDX-License-Identifier: MIT */
/* When to scan, which processes to look at, and what they hold. One that cannot be looked at for
 * want of descriptors or memory keeps what is known of it, and the scan is tried again after a
 * pause that grows. */
#include "tcptop/owner/scanner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tcptop/base/array.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/thread.h"
#include "tcptop/owner/lookup.h"
#include "tcptop/owner/process.h"

#define COMPLETE_NS   (30 * NS_PER_S) /* between two complete scans at most */
#define RETRY_NS      NS_PER_S /* and at least, on a thread, to find what the other kind missed */
#define NAMES_NS      NS_PER_S /* between two checks of all names at least … */
#define NAMES_TIMES   100      /* … and as often as long as the last one took */
#define PUBLISH_NS    NS_PER_S /* what a long scan has found is published this often */
#define FAILED_NS     NS_PER_S /* the first pause after a scan that failed; it doubles … */
#define FAILED_MOST   5u       /* … so often */
#define CREDIT_NS     NS_PER_S /* of CPU time that may be spent at once */
#define STOP_WAIT_NS  (200 * NS_PER_MS)
#define FIRST_PIDS    256u
#define WORTH_TWO     64u /* processes for which a second thread is started */
#define FILES_UNKNOWN UINT64_MAX

enum scan_kind {
    SCAN_NOTHING,
    SCAN_NAMES,   /* of the processes that hold sockets; those with another name are looked at */
    SCAN_CHANGED, /* the same, and processes that are new or have another number of open files
                   */
    SCAN_ALL,
};

/* A process as the last scan saw it. */
struct seen {
    uint32_t pid;
    struct owner *owner; /* a reference; NULL: it holds no socket that we may see */
    uint64_t files;      /* how many open files it had; FILES_UNKNOWN: look again */
    uint64_t identity;   /* inode of its /proc/PID/fd: another one for another process */
};

struct pids {
    struct seen *list; /* by ascending pid once complete; owned */
    uint32_t n, cap;
};

struct owner_scanner {
    pthread_mutex_t lock; /* guards all up to the next blank line */
    pthread_cond_t wake;
    pthread_t thread; /* if threaded */
    bool threaded;
    bool used;                 /* since the last complete scan a sample wanted owners … */
    bool sampled;              /* … since the last check of names … */
    bool users_wanted;         /* … and users' names */
    struct owner_index *index; /* the newest; a reference; only who scans sets it */
    uint32_t lacks;
    uint64_t sample, begun, ended, searched; /* as in struct owner_lookup */
    uint32_t fresh, missed;
    double share;
    void (*answered)(void *context); /* called with the lock held, never once `stop` is set */
    void *context;

    atomic_bool stop; /* set with the lock held */
    atomic_int error; /* how the last scan ended, see owner_scanner_error() */

    struct owner_lookup *lookup; /* of who samples, but for its users, which have a lock */

    int proc_fd; /* the rest is of who scans; -1: not open */
    struct pids seen;
    bool counts_files; /* the kernel tells the number: Linux 6.2 */
    bool denied;       /* some process could not be looked at */
    bool complete;     /* a complete scan has ended */
    int64_t complete_ns, complete_cpu_ns;
    int64_t names_ns;  /* when the next check of names is due */
    unsigned failures; /* scans without success in a row */
    int64_t pause_ns;  /* no scan until then */
    int64_t published_ns;
    int64_t credit_ns, credit_at_ns; /* CPU time that may be spent, as of when */
    int64_t paced_cpu_ns;            /* of the thread, when that was last settled */
};

/* The inode numbers of the first namespaces of each kind, linux/proc_ns.h. */
#define FIRST_USER_NS 0xEFFFFFFDu
#define FIRST_PID_NS  0xEFFFFFFCu

static bool is_in_first(const char *path, ino_t first)
{
    struct stat st;

    return stat(path, &st) != 0 || st.st_ino == first; /* an old kernel has no such file */
}

/* Does /proc show every process? It shows those of the pid namespace that it was mounted for, and
 * those below. In another one than this process's it has another number for it, or none. */
static bool shows_all_processes(void)
{
    char self[16];
    ssize_t len = readlink("/proc/self", self, sizeof self - 1);

    if (len <= 0)
        return false;
    self[len] = '\0';
    return strtol(self, NULL, 10) == getpid() && is_in_first("/proc/self/ns/pid", FIRST_PID_NS);
}

/* `denied`: some process could not be looked at. Capabilities of a user namespace below the first
 * one do not count for processes outside, which hidepid leaves out of /proc silently. */
static uint32_t lacks(bool denied)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    uint32_t missing = 0, has;

    if (!shows_all_processes())
        missing = OWNER_LACK_PROCESSES;
    if (syscall(SYS_capget, &head, data) != 0)
        return missing | (denied ? OWNER_LACK_PTRACE | OWNER_LACK_SEARCH : 0);
    has = data[0].effective;
    if (!(has & 1u << CAP_SYS_PTRACE))
        missing |= OWNER_LACK_PTRACE;
    if (!(has & (1u << CAP_DAC_READ_SEARCH | 1u << CAP_DAC_OVERRIDE)))
        missing |= OWNER_LACK_SEARCH;
    if (!missing && (denied || !is_in_first("/proc/self/ns/user", FIRST_USER_NS)))
        missing = OWNER_LACK_PTRACE | OWNER_LACK_SEARCH;
    return missing;
}

static int add_pid(struct pids *pids, const char *name)
{
    struct seen *list;
    uint32_t pid = 0;

    for (; *name >= '0' && *name <= '9' && pid < UINT32_MAX / 10; name++)
        pid = pid * 10 + (uint32_t)(*name - '0');
    if (*name || pid == 0)
        return 0;
    list = array_room(pids->list, pids->n, &pids->cap, FIRST_PIDS, sizeof *list);
    if (!list)
        return -ENOMEM;
    pids->list = list;
    pids->list[pids->n++] = (struct seen){.pid = pid, .files = FILES_UNKNOWN};
    return 0;
}

static int by_pid(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* All processes there are now, by ascending pid. */
static int list_pids(int proc_fd, struct pids *pids)
{
    _Alignas(uint64_t) char bytes[32768];
    long got;
    int rc = 0;

    if (lseek(proc_fd, 0, SEEK_SET) < 0)
        return -errno;
    while (!rc && (got = syscall(SYS_getdents64, proc_fd, bytes, sizeof bytes)) != 0) {
        if (got < 0)
            return -errno;
        for (long at = 0; at < got && !rc;) {
            const struct dirent64 *e = (const void *)(bytes + at);
            rc = add_pid(pids, e->d_name);
            at += e->d_reclen;
        }
    }
    if (pids->n)
        qsort(pids->list, pids->n, sizeof *pids->list, by_pid);
    return rc;
}

static void free_pids(struct pids *pids)
{
    for (uint32_t i = 0; i < pids->n; i++)
        owner_unref(pids->list[i].owner);
    free(pids->list);
    *pids = (struct pids){0};
}

/* The thread's CPU clock is what it has spent. Returns what may be spent now. */
static int64_t credit(struct owner_scanner *o)
{
    int64_t now = clock_mono_ns(), cpu = clock_thread_cpu_ns();

    o->credit_ns += (int64_t)((double)(now - o->credit_at_ns) * o->share) - (cpu - o->paced_cpu_ns);
    if (o->credit_ns > CREDIT_NS)
        o->credit_ns = CREDIT_NS;
    o->credit_at_ns = now;
    o->paced_cpu_ns = cpu;
    return o->credit_ns;
}

/* Between two processes of a scan: wait where it goes beyond its share. */
static void pace(struct owner_scanner *o)
{
    if (!o->threaded || o->share <= 0)
        return;
    int64_t left = credit(o);
    if (left >= 0)
        return;
    int64_t end = clock_mono_ns() + (int64_t)((double)-left / o->share);
    pthread_mutex_lock(&o->lock);
    while (!atomic_load(&o->stop) && thread_wait_until(&o->wake, &o->lock, end))
        continue;
    pthread_mutex_unlock(&o->lock);
}

/* Make an index of what was found so far. Returns 0 or -ENOMEM: the changes are lost. */
static int publish(struct owner_scanner *o, struct owner_changes *changes, enum owner_scope scope)
{
    struct owner_index *before = o->index, *index = owner_index_new(before, changes, scope);

    if (!index)
        return -ENOMEM;
    pthread_mutex_lock(&o->lock);
    o->index = index;
    pthread_mutex_unlock(&o->lock);
    owner_index_unref(before);
    o->published_ns = clock_mono_ns();
    return 0;
}

/* One of those who look: each takes the next process that nobody has taken. */
struct looker {
    struct owner_scanner *o;
    struct pids *pids;
    atomic_uint *next;
    enum scan_kind kind;
    struct owner_changes *changes;
    struct u32_list sockets;
    bool counts_files, denied; /* as in struct owner_scanner, of what this one saw */
    int rc;                    /* 0, -ECANCELED, or why some process could not be looked at */
};

/* A process without sockets, or one that cannot be looked at. Returns 0 or -ENOMEM. */
static int hold_nothing(struct owner_changes *changes, struct seen *p)
{
    if (!p->owner)
        return 0;
    int rc = owner_changes_remove(changes, p->pid);
    if (!rc) {
        owner_unref(p->owner);
        p->owner = NULL;
    }
    return rc;
}

/* Is it as the last scan left it? Takes note of how it is now. Start times have a grain of 10 ms,
 * so the inode of its directory, too, tells a process from the next one with the same pid. */
static bool has_same_files(struct looker *l, struct seen *p)
{
    struct seen was = *p;
    char path[24];
    struct stat st;

    snprintf(path, sizeof path, "%u/fd", p->pid);
    if (fstatat(l->o->proc_fd, path, &st, 0) != 0)
        return false; /* to be looked at, which tells why */
    p->files = (uint64_t)st.st_size;
    p->identity = st.st_ino;
    l->counts_files |= st.st_size > 0;
    if (p->identity != was.identity && hold_nothing(l->changes, p))
        l->rc = -ENOMEM;
    return l->counts_files && p->files == was.files && p->identity == was.identity;
}

/* A process that holds sockets has another name since an exec(), also where it has the same open
 * files. One that cannot be read has ended, or will be found to be different. */
static bool has_same_name(const struct looker *l, const struct seen *p)
{
    char name[PROCESS_NAME];

    if (!p->owner)
        return true;
    return process_name(l->o->proc_fd, p->pid, name) || strcmp(name, p->owner->process) == 0;
}

static bool is_to_be_looked_at(struct looker *l, struct seen *p)
{
    if (l->kind == SCAN_NAMES)
        return !has_same_name(l, p);
    return !has_same_files(l, p) || l->kind == SCAN_ALL || !has_same_name(l, p);
}

static int put(struct looker *l, struct seen *p, const struct process_facts *f)
{
    struct owner_facts facts = {p->pid, f->uid, f->start_ticks, f->name, f->cmdline, f->cgroup};
    bool same =
        p->owner && p->owner->start_ticks == f->start_ticks && owner_is_as(p->owner, &facts);
    struct owner *owner = same ? owner_ref(p->owner) : owner_new(&facts);
    int rc = owner ? owner_changes_put(l->changes, owner, l->sockets.at, l->sockets.n) : -ENOMEM;

    if (rc) {
        owner_unref(owner);
        return rc;
    }
    owner_unref(p->owner);
    p->owner = owner;
    return 0;
}

static bool has_ended(int error)
{
    return error == -ENOENT || error == -ESRCH;
}

/* Look at one process. Returns 0 also where it has ended or is another user's. */
static int look_at(struct looker *l, struct seen *p)
{
    struct process_facts facts;
    int fd = process_open(l->o->proc_fd, p->pid), rc = fd < 0 ? fd : 0;

    if (!rc)
        rc = process_sockets(fd, &l->sockets, &l->o->stop);
    if (!rc && l->sockets.n)
        rc = process_read(fd, &facts);
    if (fd >= 0)
        close(fd);
    if (!rc && l->sockets.n)
        return put(l, p, &facts);
    if (rc == -EACCES || rc == -EPERM)
        l->denied = true;
    else if (rc && !has_ended(rc))
        return rc; /* what was known of it stays */
    return hold_nothing(l->changes, p);
}

static bool is_worth_publishing(const struct owner_scanner *o, const struct owner_changes *c)
{
    return o->threaded && c->n && clock_mono_ns() - o->published_ns >= PUBLISH_NS;
}

static void *look(void *arg)
{
    struct looker *l = arg;
    struct owner_scanner *o = l->o;
    unsigned i;

    while ((i = atomic_fetch_add(l->next, 1)) < l->pids->n && l->rc != -ECANCELED) {
        struct seen *p = &l->pids->list[i];
        if (!is_to_be_looked_at(l, p))
            continue;
        pace(o);
        int failed = look_at(l, p);
        if (!failed && is_worth_publishing(o, l->changes))
            failed = publish(o, l->changes, OWNER_SOME);
        if (failed) {
            p->files = FILES_UNKNOWN;
            l->rc = failed;
        }
        if (atomic_load(&o->stop))
            l->rc = -ECANCELED;
    }
    array_u32_fini(&l->sockets);
    if (!o->threaded && l->rc != -ECANCELED && owner_changes_sort(l->changes))
        l->rc = -ENOMEM; /* here, since two threads sort at the same time */
    return NULL;
}

/* Somebody waits for a scan that has no thread of its own: two look. */
static bool is_worth_two(const struct owner_scanner *o, const struct pids *pids,
                         enum scan_kind kind)
{
    return !o->threaded && kind == SCAN_ALL && pids->n >= WORTH_TWO && thread_has_two_cores();
}

/* What the second one finds is published here, the rest by the caller. */
static int look_at_all(struct owner_scanner *o, struct pids *pids, enum scan_kind kind,
                       struct owner_changes *changes)
{
    struct owner_changes others = {0};
    atomic_uint next = 0;
    struct looker one = {.o = o,
                         .pids = pids,
                         .next = &next,
                         .kind = kind,
                         .changes = changes,
                         .counts_files = o->counts_files};
    struct looker two = one;
    pthread_t second;

    two.changes = &others;
    bool both = is_worth_two(o, pids, kind) && thread_start(&second, look, &two) == 0;
    look(&one);
    if (both) {
        pthread_join(second, NULL);
        int published = publish(o, &others, OWNER_SOME);
        two.rc = two.rc ? two.rc : published;
    }
    o->counts_files |= one.counts_files | two.counts_files;
    o->denied |= one.denied | two.denied;
    return one.rc == -ECANCELED || !two.rc ? one.rc : two.rc;
}

/* Carry over what the last scan saw; what has ended holds nothing any more. `now` takes the place
 * of the list. Returns 0 or -ENOMEM. */
static int take_pids(struct owner_scanner *o, struct pids *now, struct owner_changes *changes)
{
    uint32_t i = 0;
    int rc = 0;

    for (uint32_t old = 0; old < o->seen.n; old++) {
        struct seen *was = &o->seen.list[old];
        while (i < now->n && now->list[i].pid < was->pid)
            i++;
        if (i < now->n && now->list[i].pid == was->pid) {
            now->list[i] = *was;
            was->owner = NULL; /* the reference has moved */
        } else if (hold_nothing(changes, was)) {
            rc = -ENOMEM;
        }
    }
    free_pids(&o->seen);
    o->seen = *now;
    return rc;
}

static int prepare(struct owner_scanner *o, enum scan_kind kind, struct owner_changes *changes)
{
    struct pids now = {0};
    int rc;

    if (o->proc_fd < 0)
        o->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->proc_fd < 0)
        return -errno;
    if (kind == SCAN_NAMES)
        return 0;
    rc = list_pids(o->proc_fd, &now);
    if (!rc && now.n == 0) {
        rc = -ENOENT; /* not even this process: no procfs is mounted there */
        close(o->proc_fd);
        o->proc_fd = -1;
    }
    if (!rc)
        return take_pids(o, &now, changes);
    free_pids(&now);
    return rc;
}

/* Scan and publish. Returns 0, -ECANCELED, or another -errno: some were not looked at. */
static int scan_proc(struct owner_scanner *o, enum scan_kind kind)
{
    struct owner_changes changes = {0};
    uint64_t begun;
    int rc, published;

    pthread_mutex_lock(&o->lock);
    begun = o->sample;
    if (kind != SCAN_NAMES) {
        o->begun = begun;
        o->fresh = o->missed = 0;
    }
    pthread_mutex_unlock(&o->lock);
    o->denied &= kind != SCAN_ALL;
    rc = prepare(o, kind, &changes);
    if (!rc)
        rc = look_at_all(o, &o->seen, kind, &changes);
    published = publish(o, &changes, kind == SCAN_ALL && !rc ? OWNER_SEARCHED : OWNER_SOME);
    rc = rc ? rc : published;
    pthread_mutex_lock(&o->lock);
    o->lacks = lacks(o->denied);
    if (!rc && kind != SCAN_NAMES)
        o->ended = begun;
    if (!rc && kind == SCAN_ALL)
        o->searched = begun;
    pthread_mutex_unlock(&o->lock);
    return rc;
}

static void scan(struct owner_scanner *o, enum scan_kind kind)
{
    int64_t cpu = clock_thread_cpu_ns(), begun = clock_mono_ns(), now, took;
    uint64_t privileges = privileges_raise(PRIVILEGE_PROCESSES);
    int rc = scan_proc(o, kind);
    privileges_restore(privileges);

    now = clock_mono_ns();
    took = clock_thread_cpu_ns() - cpu;
    o->names_ns = begun + NAMES_NS;
    if (kind == SCAN_NAMES && took * NAMES_TIMES > NAMES_NS)
        o->names_ns = begun + took * NAMES_TIMES;
    if (rc == -ECANCELED)
        return;
    atomic_store(&o->error, rc);
    o->failures = rc ? o->failures + 1 : 0;
    if (rc)
        o->pause_ns =
            now + (FAILED_NS << (o->failures < FAILED_MOST ? o->failures : FAILED_MOST)) / 2;
    if (kind != SCAN_ALL)
        return;
    o->complete = true;
    o->complete_ns = now;
    o->complete_cpu_ns = took;
}

struct owner_scanner *owner_scanner_new(void)
{
    struct owner_scanner *o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    o->lookup = owner_lookup_new();
    if (!o->lookup) {
        free(o);
        return NULL;
    }
    o->lookup->asks = true;
    thread_condition_init(&o->wake);
    pthread_mutex_init(&o->lock, NULL);
    o->proc_fd = -1;
    return o;
}

static void clear_up(void *arg)
{
    struct owner_scanner *o = arg;

    if (o->threaded)
        pthread_join(o->thread, NULL);
    if (o->proc_fd >= 0)
        close(o->proc_fd);
    free_pids(&o->seen);
    owner_index_unref(o->index);
    owner_lookup_free(o->lookup);
    pthread_cond_destroy(&o->wake);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void owner_scanner_free(struct owner_scanner *o)
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

/* Look up the names of users that samples have asked for, one after the other: each may take its
 * time. Returns whether there were any. */
static bool name_users(struct owner_scanner *o)
{
    struct user_names *users = o->lookup->users;
    uint32_t uid;
    bool named = false;

    pthread_mutex_lock(&o->lock);
    bool wanted = o->users_wanted;
    pthread_mutex_unlock(&o->lock);
    while (wanted && !atomic_load(&o->stop) && user_names_wanted(users, &uid)) {
        user_names_look_up(users, uid);
        named = true;
    }
    return named;
}

/* Take the newest index, and look the sample up in it without the lock. */
static void assign(struct owner_scanner *o, struct sample *next, const struct sample *prev)
{
    struct owner_lookup *l = o->lookup;

    pthread_mutex_lock(&o->lock);
    l->index = o->index ? owner_index_ref(o->index) : NULL;
    l->lacks = o->lacks;
    l->sample = o->sample;
    l->begun = o->begun;
    l->ended = o->ended;
    l->searched = o->searched;
    pthread_mutex_unlock(&o->lock);
    owner_lookup_assign(l, next, prev);
    owner_index_unref(l->index); /* it may be large: not kept until the next sample */
    l->index = NULL;
    pthread_mutex_lock(&o->lock);
    o->missed = l->missed;
    o->fresh = o->begun == l->begun ? l->fresh : 0; /* else a scan has begun that may find them */
    pthread_cond_signal(&o->wake);
    pthread_mutex_unlock(&o->lock);
}

/* What to scan, and until when to wait where that is nothing. Needs the lock. */
static enum scan_kind due(const struct owner_scanner *o, int64_t *until)
{
    int64_t spaced = o->share > 0 ? (int64_t)((double)o->complete_cpu_ns / o->share) : 0;
    int64_t regular = o->complete_ns + (COMPLETE_NS > spaced ? COMPLETE_NS : spaced);
    int64_t soon = o->threaded && RETRY_NS > spaced ? RETRY_NS : spaced;
    int64_t retry = o->complete_ns + soon;
    int64_t now = clock_mono_ns();

    *until = o->failures ? o->pause_ns : now + COMPLETE_NS;
    if (!o->used || (o->failures && now < o->pause_ns))
        return SCAN_NOTHING;
    if (!o->complete || o->failures || now >= regular || (o->missed && now >= retry))
        return SCAN_ALL;
    if (o->fresh)
        return SCAN_CHANGED;
    *until = o->missed ? retry : regular;
    if (o->sampled && now >= o->names_ns)
        return SCAN_NAMES;
    if (o->sampled && o->names_ns < *until)
        *until = o->names_ns;
    return SCAN_NOTHING;
}

/* The scan that is due, which counts as made from now on. Needs the lock. */
static enum scan_kind take_due(struct owner_scanner *o, int64_t *until)
{
    enum scan_kind kind = due(o, until);

    o->used &= kind != SCAN_ALL;
    o->sampled &= kind == SCAN_NOTHING;
    return kind;
}

static bool scan_if_due(struct owner_scanner *o)
{
    int64_t until;

    pthread_mutex_lock(&o->lock);
    enum scan_kind kind = take_due(o, &until);
    pthread_mutex_unlock(&o->lock);
    if (kind != SCAN_NOTHING)
        scan(o, kind);
    return kind != SCAN_NOTHING;
}

/* Without a thread: look until the sample has what can be found. */
static void scan_and_assign(struct owner_scanner *o, struct sample *next, const struct sample *prev)
{
    bool more;

    scan_if_due(o);
    do {
        assign(o, next, prev);
        more = scan_if_due(o);
        more |= name_users(o);
    } while (more && !atomic_load(&o->stop));
}

int owner_scanner_error(const struct owner_scanner *o)
{
    return atomic_load(&o->error);
}

void owner_scanner_assign(struct owner_scanner *o, struct sample *next, const struct sample *prev)
{
    pthread_mutex_lock(&o->lock);
    o->sample++;
    o->used = o->sampled = true;
    o->users_wanted = next->needs & NEED_USER;
    bool threaded = o->threaded;
    pthread_mutex_unlock(&o->lock);
    if (threaded)
        assign(o, next, prev);
    else
        scan_and_assign(o, next, prev);
}

/* One round of the thread; the lock is held when it begins and when it ends. Returns whether there
 * was something to do. */
static bool work(struct owner_scanner *o, bool *first, int64_t *until)
{
    enum scan_kind kind = take_due(o, until);

    if (kind == SCAN_NOTHING &&
        !(o->users_wanted && user_names_wanted(o->lookup->users, &(uint32_t){0})))
        return false;
    pthread_mutex_unlock(&o->lock);
    if (kind != SCAN_NOTHING)
        scan(o, kind);
    bool named = name_users(o);
    pthread_mutex_lock(&o->lock);
    if ((*first || named) && o->complete && !atomic_load(&o->stop))
        o->answered(o->context);
    *first = *first && !o->complete;
    return true;
}

static void *scanner_main(void *arg)
{
    struct owner_scanner *o = arg;
    int64_t until;
    bool first = true;

    o->credit_ns = CREDIT_NS;
    o->credit_at_ns = clock_mono_ns();
    o->paced_cpu_ns = clock_thread_cpu_ns();
    pthread_mutex_lock(&o->lock);
    while (!atomic_load(&o->stop)) {
        if (!work(o, &first, &until))
            thread_wait_until(&o->wake, &o->lock, until);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

int owner_scanner_start(struct owner_scanner *o, double share, void (*answered)(void *context),
                        void *context)
{
    o->share = share;
    o->answered = answered;
    o->context = context;
    o->threaded = true;
    int rc = thread_start(&o->thread, scanner_main, o);
    if (rc)
        o->threaded = false;
    return rc;
}

/* One scan of /proc: which processes there are, which of them to look at, and what they hold. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owners_internal.h"
#include "tcptop/base/array.h"
#include "tcptop/base/thread.h"

#define FIRST_PIDS 256u
#define WORTH_TWO  64u /* processes for which a second thread is started */

void scanner_init(struct scanner *s)
{
    *s = (struct scanner){.proc_fd = -1};
}

void scanner_fini(struct scanner *s)
{
    if (s->proc_fd >= 0)
        close(s->proc_fd);
    free(s->seen);
}

uint32_t owners_lacks(bool denied)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    uint32_t lacks = 0, has;

    if (syscall(SYS_capget, &head, data) != 0)
        return denied ? OWNER_LACK_PTRACE | OWNER_LACK_SEARCH : 0;
    has = data[0].effective;
    if (!(has & 1u << CAP_SYS_PTRACE))
        lacks |= OWNER_LACK_PTRACE;
    if (!(has & (1u << CAP_DAC_READ_SEARCH | 1u << CAP_DAC_OVERRIDE)))
        lacks |= OWNER_LACK_SEARCH;
    if (denied && !lacks) /* it has them, but only over a user namespace of its own */
        lacks = OWNER_LACK_PTRACE | OWNER_LACK_SEARCH;
    return lacks;
}

/* Pids in the making. */
struct pids {
    struct seen *list;
    uint32_t n, cap;
};

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

/* Carry over what the last scan saw; what has ended holds nothing any more. */
static void meet(struct owners *o, struct pids *now)
{
    const struct scanner *s = &o->scanner;
    uint32_t i = 0;

    for (uint32_t old = 0; old < s->n_seen; old++) {
        const struct seen *was = &s->seen[old];
        while (i < now->n && now->list[i].pid < was->pid)
            i++;
        if (i < now->n && now->list[i].pid == was->pid) {
            now->list[i] = *was;
        } else if (was->holds) {
            pthread_mutex_lock(&o->lock);
            owner_map_remove(o->map, was->pid);
            pthread_mutex_unlock(&o->lock);
        }
    }
}

/* A process without sockets, or one that cannot be looked at. */
static void hold_nothing(struct owners *o, struct seen *p)
{
    if (!p->holds)
        return;
    p->holds = false;
    pthread_mutex_lock(&o->lock);
    owner_map_remove(o->map, p->pid);
    pthread_mutex_unlock(&o->lock);
}

/* One of those who look: each takes the next process that nobody has taken. */
struct looker {
    struct owners *o;
    struct pids *pids;
    atomic_uint *next;
    bool complete;
    struct u32_list sockets;
    bool counts_files, denied; /* as in struct scanner, of what this one saw */
    int rc;
};

/* Is it as the last scan left it? Takes note of how it is now. Start times have a grain of 10 ms,
 * so the inode of its directory, too, tells a process from the next one with the same pid. */
static bool unchanged(struct looker *l, struct seen *p)
{
    struct seen was = *p;
    char name[24];
    struct stat st;

    snprintf(name, sizeof name, "%u/fd", p->pid);
    if (fstatat(l->o->scanner.proc_fd, name, &st, 0) != 0)
        return false; /* to be looked at, which tells why */
    p->files = (uint64_t)st.st_size;
    p->identity = st.st_ino;
    l->counts_files |= st.st_size > 0;
    if (p->identity != was.identity)
        hold_nothing(l->o, p);
    return l->counts_files && p->files == was.files && p->identity == was.identity;
}

static int put(struct looker *l, struct seen *p, const struct process_facts *f)
{
    struct owner_facts facts = {p->pid, f->uid, f->start_ticks, f->name, f->cmdline, f->cgroup};
    int rc;

    pthread_mutex_lock(&l->o->lock);
    rc = owner_map_put(l->o->map, &facts, l->sockets.at, l->sockets.n);
    pthread_mutex_unlock(&l->o->lock);
    p->holds = true;
    return rc;
}

static bool has_ended(int error)
{
    return error == -ENOENT || error == -ESRCH;
}

/* Look at one process. Returns 0 also where it has ended or is another user's. */
static int look_at(struct looker *l, struct seen *p)
{
    struct process_facts facts;
    int fd = process_open(l->o->scanner.proc_fd, p->pid), rc = fd < 0 ? fd : 0;

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
    hold_nothing(l->o, p);
    return 0;
}

static void *look(void *arg)
{
    struct looker *l = arg;
    unsigned i;

    while ((i = atomic_fetch_add(l->next, 1)) < l->pids->n && l->rc != -ECANCELED) {
        struct seen *p = &l->pids->list[i];
        if (unchanged(l, p) && !l->complete)
            continue;
        owners_pace(l->o);
        int failed = look_at(l, p);
        if (failed) {
            p->files = FILES_UNKNOWN;
            l->rc = failed;
        }
        if (atomic_load(&l->o->stop))
            l->rc = -ECANCELED;
    }
    u32_list_fini(&l->sockets);
    return NULL;
}

/* Somebody waits for a scan that has no thread of its own: two look. */
static bool is_worth_two(const struct owners *o, const struct pids *now, bool complete)
{
    return !o->threaded && complete && now->n >= WORTH_TWO && thread_has_two_cores();
}

static int look_at_all(struct owners *o, struct pids *now, bool complete)
{
    struct scanner *s = &o->scanner;
    atomic_uint next = 0;
    struct looker one = {o, now, &next, complete, {0}, s->counts_files, false, 0}, two = one;
    pthread_t second;
    bool both = is_worth_two(o, now, complete) && thread_start(&second, look, &two) == 0;

    look(&one);
    if (both)
        pthread_join(second, NULL);
    s->counts_files |= one.counts_files | two.counts_files;
    s->denied |= one.denied | two.denied;
    return one.rc == -ECANCELED || !two.rc ? one.rc : two.rc;
}

int owners_scan(struct owners *o, bool complete)
{
    struct scanner *s = &o->scanner;
    struct pids now = {0};
    uint64_t since;
    int rc;

    if (s->proc_fd < 0)
        s->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->proc_fd < 0)
        return -errno;
    pthread_mutex_lock(&o->lock);
    since = owner_map_begin(o->map);
    pthread_mutex_unlock(&o->lock);
    rc = list_pids(s->proc_fd, &now);
    if (!rc && now.n == 0) {
        rc = -ENOENT; /* not even this process: no procfs is mounted there */
        close(s->proc_fd);
        s->proc_fd = -1;
    }
    if (rc) {
        free(now.list);
        return rc;
    }
    s->denied &= !complete;
    meet(o, &now);
    rc = look_at_all(o, &now, complete);
    free(s->seen);
    s->seen = now.list;
    s->n_seen = now.n;
    pthread_mutex_lock(&o->lock);
    owner_map_lacks(o->map, owners_lacks(s->denied));
    if (complete && rc != -ECANCELED)
        owner_map_searched(o->map, since);
    pthread_mutex_unlock(&o->lock);
    return rc;
}

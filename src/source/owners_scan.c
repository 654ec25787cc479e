/* One scan of /proc: which processes there are, which of them to look at, and what they hold. */
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

#include "owners_internal.h"

void scanner_init(struct scanner *s)
{
    *s = (struct scanner){.proc_fd = -1};
}

void scanner_fini(struct scanner *s)
{
    if (s->proc_fd >= 0)
        close(s->proc_fd);
    free(s->seen);
    inode_list_fini(&s->sockets);
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
    uint32_t pid = 0;

    for (; *name >= '0' && *name <= '9' && pid < UINT32_MAX / 10; name++)
        pid = pid * 10 + (uint32_t)(*name - '0');
    if (*name || pid == 0)
        return 0;
    if (pids->n == pids->cap) {
        uint32_t cap = pids->cap ? pids->cap * 2 : 256;
        struct seen *larger = realloc(pids->list, cap * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        pids->list = larger;
        pids->cap = cap;
    }
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

/* Is it as the last scan left it? Takes note of how it is now. Start times have a grain of 10 ms,
 * so the inode of its directory, too, tells a process from the next one with the same pid. */
static bool unchanged(struct owners *o, struct seen *p)
{
    struct scanner *s = &o->scanner;
    struct seen was = *p;
    char name[24];
    struct stat st;

    snprintf(name, sizeof name, "%u/fd", p->pid);
    if (fstatat(s->proc_fd, name, &st, 0) != 0)
        return false; /* to be looked at, which tells why */
    p->files = (uint64_t)st.st_size;
    p->identity = st.st_ino;
    s->counts_files |= st.st_size > 0;
    if (p->identity != was.identity)
        hold_nothing(o, p);
    return s->counts_files && p->files == was.files && p->identity == was.identity;
}

static int put(struct owners *o, struct seen *p, const struct process_facts *f)
{
    struct owner_facts facts = {p->pid, f->uid, f->start_ticks, f->name, f->cmdline, f->cgroup};
    int rc;

    pthread_mutex_lock(&o->lock);
    rc = owner_map_put(o->map, &facts, o->scanner.sockets.inode, o->scanner.sockets.n);
    pthread_mutex_unlock(&o->lock);
    p->holds = true;
    return rc;
}

static bool has_ended(int error)
{
    return error == -ENOENT || error == -ESRCH;
}

/* Look at one process. Returns 0 also where it has ended or is another user's. */
static int look_at(struct owners *o, struct seen *p)
{
    struct scanner *s = &o->scanner;
    struct process_facts facts;
    int fd = process_open(s->proc_fd, p->pid), rc = fd < 0 ? fd : 0;

    if (!rc)
        rc = process_sockets(fd, &s->sockets, &o->stop);
    if (!rc && s->sockets.n)
        rc = process_read(fd, &facts);
    if (fd >= 0)
        close(fd);
    if (!rc && s->sockets.n)
        return put(o, p, &facts);
    if (rc == -EACCES || rc == -EPERM)
        s->denied = true;
    else if (rc && !has_ended(rc))
        return rc; /* what was known of it stays */
    hold_nothing(o, p);
    return 0;
}

static int look_at_all(struct owners *o, struct pids *now, bool complete)
{
    int rc = 0;

    for (uint32_t i = 0; i < now->n; i++) {
        struct seen *p = &now->list[i];
        if (unchanged(o, p) && !complete)
            continue;
        owners_pace(o);
        int failed = look_at(o, p);
        if (failed) {
            p->files = FILES_UNKNOWN;
            rc = failed;
        }
        if (failed == -ECANCELED || atomic_load(&o->stop))
            return -ECANCELED;
    }
    return rc;
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

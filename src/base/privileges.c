/* SPDX-License-Identifier: MIT */
/* Capabilities are set with the system calls themselves: they concern the calling thread, and a
 * library for them would be one more to install. */
#include "tcptop/base/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall_filter.h"

/* Who started the program. Without privileges_begin() nobody else did. */
static struct {
    bool differs; /* its files are to be opened as somebody else than geteuid() and getegid() */
    uid_t uid;
    gid_t gid;
} caller;

/* The three sets of a thread, see capget(2). */
struct caps {
    uint64_t effective, permitted, inheritable;
};

static bool get_caps(struct caps *caps)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    if (syscall(SYS_capget, &head, data) != 0)
        return false;
    caps->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    caps->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    caps->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return true;
}

bool privileges_permit(uint64_t wanted)
{
    struct caps caps;

    return get_caps(&caps) && (caps.permitted & wanted) == wanted;
}

static void set_caps(const struct caps *caps)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {(uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable},
        {(uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
         (uint32_t)(caps->inheritable >> 32)},
    };

    (void)syscall(SYS_capset, &head, data);
}

static void set_effective(uint64_t effective)
{
    struct caps caps;

    if (!get_caps(&caps) || caps.effective == effective)
        return;
    caps.effective = effective;
    set_caps(&caps);
}

uint64_t privileges_raise(uint64_t wanted)
{
    struct caps caps;

    if (!get_caps(&caps))
        return 0;
    const uint64_t before = caps.effective;
    caps.effective |= wanted & caps.permitted;
    if (caps.effective != before)
        set_caps(&caps);
    return before;
}

void privileges_restore(uint64_t before)
{
    set_effective(before);
}

/* A number as sudo writes it. False when the variable is missing or holds anything else. */
static bool get_number(const char *variable, uint32_t *number)
{
    const char *text = getenv(variable);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    *number = (uint32_t)value;
    return !*end && !errno && value < UINT32_MAX; /* the last one means "no change" */
}

/* The groups of the caller in the place of root's. */
static void take_groups(uid_t uid, gid_t gid)
{
    const struct passwd *user = getpwuid(uid);

    if (!user || initgroups(user->pw_name, gid) != 0)
        (void)setgroups(1, &gid);
}

/* Below sudo all ids are root's. With the caller's as real ids they can be taken for opening a file
 * at any later time, without CAP_SETUID and CAP_SETGID. Where that fails, so will the opening. */
static void take_sudo_caller(void)
{
    uint32_t uid, gid;

    if (geteuid() != 0 || getuid() != 0 || !get_number("SUDO_UID", &uid) ||
        !get_number("SUDO_GID", &gid) || uid == 0)
        return;
    caller.uid = uid;
    caller.gid = gid;
    take_groups(uid, gid);
    if (setresgid(gid, (gid_t)-1, (gid_t)-1) == 0 && setresuid(uid, (uid_t)-1, (uid_t)-1) == 0)
        return;
}

void privileges_begin(void)
{
    caller.uid = getuid();
    caller.gid = getgid();
    take_sudo_caller();
    caller.differs = caller.uid != geteuid() || caller.gid != getegid();
    set_effective(0);
}

bool privileges_are_borrowed(void)
{
    return caller.differs || getauxval(AT_SECURE);
}

/* Capabilities that a program executed later could have. */
static void drop_bounding(void)
{
    const uint64_t before = privileges_raise(PRIVILEGE(CAP_SETPCAP));

    unsigned long cap = 0;

    while (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0) /* up to the last one that the kernel has */
        cap++;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    privileges_restore(before);
}

void privileges_keep(uint64_t kept)
{
    struct caps caps;

    drop_bounding();
    if (get_caps(&caps)) {
        caps = (struct caps){.permitted = caps.permitted & kept};
        set_caps(&caps);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        syscall_filter_install(kept & PRIVILEGE_NAMESPACES);
}

/* Both calls return the id before, whether they succeed or not. */
static bool set_file_ids(uid_t uid, gid_t gid)
{
    (void)setfsgid(gid);
    (void)setfsuid(uid);
    return setfsgid((gid_t)-1) == (int)gid && setfsuid((uid_t)-1) == (int)uid;
}

/* Act as the caller where files are concerned. `*before`: capabilities, for end_as_caller(). */
static bool begin_as_caller(uint64_t *before)
{
    struct caps caps;

    *before = get_caps(&caps) ? caps.effective : 0;
    return !caller.differs || set_file_ids(caller.uid, caller.gid);
}

/* The kernel makes some capabilities effective when root's ids come back. */
static void end_as_caller(uint64_t before)
{
    if (!caller.differs)
        return;
    (void)set_file_ids(geteuid(), getegid());
    set_effective(before);
}

int privileges_open(const char *path, int flags, mode_t mode)
{
    uint64_t before;
    int fd = -EPERM;

    if (begin_as_caller(&before)) {
        fd = open(path, flags | O_CLOEXEC, mode);
        fd = fd < 0 ? -errno : fd;
    }
    end_as_caller(before);
    return fd;
}

int privileges_unlink(const char *path)
{
    uint64_t before;
    int rc = -EPERM;

    if (begin_as_caller(&before))
        rc = unlink(path) ? -errno : 0;
    end_as_caller(before);
    return rc;
}

int privileges_rename(const char *from, const char *to)
{
    uint64_t before;
    int rc = -EPERM;

    if (begin_as_caller(&before))
        rc = rename(from, to) ? -errno : 0;
    end_as_caller(before);
    return rc;
}

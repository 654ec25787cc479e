/* SPDX-License-Identifier: MIT */
/* sandboxed FILE COMMAND [ARGUMENT…]: runs the command under the filters of system calls that
 * systemd installs for a unit with SystemCallFilter= (only the calls whose numbers are the lines of
 * FILE, others fail with EPERM), RestrictNamespaces=yes, RestrictRealtime=yes,
 * RestrictSUIDSGID=yes, LockPersonality=yes, MemoryDenyWriteExecute=yes,
 * SystemCallArchitectures=native and RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK.
 * Needs no_new_privs, or a capability. */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_MAX 1024
#define ROOM      4096
#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

static struct sock_filter code[ROOM];
static unsigned length;

static void add(uint16_t what, uint32_t k, uint8_t yes, uint8_t no)
{
    if (length == ROOM)
        errx(2, "too many calls");
    code[length++] = (struct sock_filter){what, yes, no, k};
}

static void load(size_t offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The low half of an argument; systems with the high one first are not tried. */
static size_t argument(unsigned n)
{
    return offsetof(struct seccomp_data, args) + n * sizeof(uint64_t);
}

static void fail_with(int error)
{
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error, 0, 0);
}

/* The next `n` instructions are for this call only, and the number is loaded again behind them. */
static void if_call(long number, uint8_t n)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, (uint8_t)(n + 1));
}

static void reload(void)
{
    load(offsetof(struct seccomp_data, nr));
}

/* The call fails where an argument has all of these bits, or with `any` one of them. */
static void deny_bits(long number, unsigned arg, uint32_t bits, bool any)
{
    if_call(number, any ? 3 : 4);
    load(argument(arg));
    if (any) {
        add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    } else {
        add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
        add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
    }
    fail_with(EPERM);
    reload();
}

static void deny_call(long number, int error)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
    fail_with(error);
}

/* Only these families of sockets. */
static void restrict_families(void)
{
    static const uint32_t families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    const unsigned n = sizeof families / sizeof families[0];

    if_call(SYS_socket, (uint8_t)(n + 2));
    load(argument(0));
    for (unsigned i = 0; i < n; i++)
        add(BPF_JMP | BPF_JEQ | BPF_K, families[i], (uint8_t)(n - i), 0);
    fail_with(EAFNOSUPPORT);
    reload();
}

/* Only ordinary policies: SCHED_OTHER, SCHED_BATCH, SCHED_IDLE. */
static void restrict_realtime(void)
{
    static const uint32_t policies[] = {SCHED_OTHER, SCHED_BATCH, SCHED_IDLE};
    const unsigned n = sizeof policies / sizeof policies[0];

    if_call(SYS_sched_setscheduler, (uint8_t)(n + 2));
    load(argument(1));
    for (unsigned i = 0; i < n; i++)
        add(BPF_JMP | BPF_JEQ | BPF_K, policies[i], (uint8_t)(n - i), 0);
    fail_with(EPERM);
    reload();
}

static void restrict_arguments(void)
{
    const uint32_t both = PROT_WRITE | PROT_EXEC, ids = S_ISUID | S_ISGID;

    restrict_families();
    restrict_realtime();
    deny_bits(SYS_mmap, 2, both, false);
    deny_bits(SYS_mprotect, 2, PROT_EXEC, true);
    deny_bits(SYS_pkey_mprotect, 2, PROT_EXEC, true);
    deny_bits(SYS_fchmod, 1, ids, true);
    deny_bits(SYS_fchmodat, 2, ids, true);
    deny_bits(SYS_clone, 0, NAMESPACES, true);
    deny_call(SYS_clone3, ENOSYS); /* its flags cannot be seen */
    deny_call(SYS_unshare, EPERM);
    deny_call(SYS_setns, EPERM);
    deny_call(SYS_personality, EPERM);
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Calls whose numbers follow each other are one range. */
static void allow(const char *path)
{
    static uint32_t call[CALLS_MAX];
    unsigned n = 0;
    FILE *file = fopen(path, "re");

    if (!file)
        err(2, "%s", path);
    while (n < CALLS_MAX && fscanf(file, "%u", &call[n]) == 1)
        n++;
    fclose(file);
    qsort(call, n, sizeof call[0], compare);
    for (unsigned i = 0, last; i < n; i = last + 1) {
        for (last = i; last + 1 < n && call[last + 1] <= call[last] + 1; last++)
            ;
        add(BPF_JMP | BPF_JGE | BPF_K, call[i], 0, 2);
        add(BPF_JMP | BPF_JGT | BPF_K, call[last], 1, 0);
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    }
    fail_with(EPERM);
}

int main(int argc, char **argv)
{
    struct sock_fprog program = {.filter = code};

    if (argc < 3)
        errx(2, "usage: sandboxed FILE COMMAND [ARGUMENT...]");
    reload();
#ifdef __x86_64__
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* the calls of x32 */
    fail_with(EPERM);
#endif
    restrict_arguments();
    allow(argv[1]);
    program.len = (unsigned short)length;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        err(2, "filter");
    execvp(argv[2], argv + 2);
    err(127, "%s", argv[2]);
}

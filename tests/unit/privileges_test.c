/* SPDX-License-Identifier: MIT */
/* What a process that gave up its rights cannot do any more, and what it still can: each in a
 * process of its own, since nothing gives them back. The modes: tests/pty/privileges_test.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"

/* Runs `act` in a child; it returns the number of the line that is wrong, 0: none. */
static void in_a_child(int (*act)(void))
{
    int status;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(act() & 255);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status))
        fail_msg("line %d modulo 256", WEXITSTATUS(status));
}

/* errno of what failed, 0: it did not. */
#define ERROR_OF(call) ((call) == -1 ? errno : 0)

#define EXPECT(condition)                                                                          \
    if (!(condition))                                                                              \
    return __LINE__

static bool is_filtered(void)
{
    char line[128];
    unsigned mode = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "Seccomp: %u", &mode);
    if (file)
        fclose(file);
    return mode == 2;
}

static int try_what_is_denied(void)
{
    char *const argv[] = {(char[]){"true"}, NULL}, *const envp[] = {NULL};

    privileges_keep(0);
    if (!is_filtered()) /* no seccomp in this kernel */
        return 0;
    EXPECT(ERROR_OF(execve("/nonexistent", argv, envp)) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_execveat, -1, "", argv, envp, 0)) == EPERM);
    EXPECT(ERROR_OF(mount("", "/nonexistent", "", 0, NULL)) == EPERM);
    EXPECT(ERROR_OF(umount2("/nonexistent", 0)) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_bpf, -1, NULL, 0)) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_finit_module, -1, "", 0)) == EPERM);
    /* Not by the C library, which ends the process where some threads may do it and others not:
     * a sanitizer has begun one before the filter was there. */
    EXPECT(ERROR_OF(syscall(SYS_setuid, getuid())) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_setresgid, getgid(), getgid(), getgid())) == EPERM);
    EXPECT(ERROR_OF(unshare(0)) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)) == EPERM);
    EXPECT(ERROR_OF(syscall(SYS_clone, CLONE_NEWNET | CLONE_NEWPID, 0, 0, 0, 0)) == EPERM);
#ifdef SYS_clone3
    EXPECT(ERROR_OF(syscall(SYS_clone3, NULL, 0)) == ENOSYS);
#endif
#ifdef SYS_pidfd_getfd
    EXPECT(ERROR_OF(syscall(SYS_pidfd_getfd, -1, 0, 0)) == EPERM);
#endif
    EXPECT(ERROR_OF(setns(-1, CLONE_NEWNET)) == EPERM);
#ifdef __x86_64__
    EXPECT(ERROR_OF(syscall(0x40000000 | SYS_getpid)) == EPERM);
#endif
    return 0;
}

static void what_tcptop_never_does_is_denied(void **state)
{
    (void)state;
    in_a_child(try_what_is_denied);
}

static void *idle(void *nothing)
{
    return nothing;
}

static int try_what_is_allowed(void)
{
    int status;

    privileges_keep(PRIVILEGE_NAMESPACES);
    EXPECT(ERROR_OF(setns(-1, CLONE_NEWNET)) == EBADF);
    const int fd = privileges_open("/proc/self/status", O_RDONLY, 0);
    EXPECT(fd >= 0);
    EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    const pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    EXPECT(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, idle, NULL) == 0 && pthread_join(thread, NULL) == 0);
    EXPECT(privileges_open("/nonexistent", O_RDONLY, 0) == -ENOENT);
    EXPECT(privileges_unlink("/nonexistent") == -ENOENT);
    return 0;
}

static void the_rest_is_not(void **state)
{
    (void)state;
    in_a_child(try_what_is_allowed);
}

static int raise_and_restore(void)
{
    privileges_begin();
    EXPECT(privileges_raise(PRIVILEGE_PROCESSES) == 0);
    const uint64_t had = privileges_raise(0); /* all of it, where root has all rights */
    privileges_restore(0);
    privileges_keep(PRIVILEGE_PROCESSES);
    EXPECT(privileges_raise(PRIVILEGE_PROCESSES | PRIVILEGE_NET) == 0);
    const uint64_t raised = privileges_raise(0);
    EXPECT(raised == had); /* what was kept, not more */
    privileges_restore(0);
    EXPECT(privileges_raise(0) == 0);
    EXPECT(!privileges_are_borrowed());
    return 0;
}

static void only_what_was_kept_is_raised(void **state)
{
    (void)state;
    in_a_child(raise_and_restore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_tcptop_never_does_is_denied),
        cmocka_unit_test(the_rest_is_not),
        cmocka_unit_test(only_what_was_kept_is_raised),
    };
    unsetenv("SUDO_UID");
    return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}

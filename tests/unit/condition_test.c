/* SPDX-License-Identifier: MIT */
/* How a process is: running, stopped, with so many files of so many; another one with its pid is
 * not looked at. A control group is frozen where this host lets the test have one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/wait.h"
#include "tcptop/owner/condition.h"
#include "tcptop/owner/process.h"

static uint64_t start_of(pid_t pid)
{
    struct process_facts facts = {0};
    int proc = open("/proc", O_RDONLY | O_DIRECTORY), dir = process_open(proc, (uint32_t)pid);

    assert_true(dir >= 0);
    assert_int_equal(process_read(dir, &facts), 0);
    close(dir);
    close(proc);
    return facts.start_ticks;
}

static struct condition condition_of(pid_t pid)
{
    struct condition c;

    assert_true(condition_read((uint32_t)pid, start_of(pid), &c));
    return c;
}

/* A process with ten files that waits, and may have twelve. */
static pid_t start_waiting(void)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t pid = child_fork(NULL);
    if (pid == 0) {
        struct rlimit limit = {.rlim_cur = 12, .rlim_max = 12};
        if (dup2(ready[1], 0) < 0)
            _exit(1);
        for (int fd = 1; fd < 1024; fd++)
            close(fd);
        for (int fd = 1; fd < 10; fd++)
            if (dup(0) != fd)
                _exit(1);
        if (setrlimit(RLIMIT_NOFILE, &limit) || write(0, "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void files_and_state(void **state)
{
    pid_t pid = start_waiting();
    struct condition c = condition_of(pid);

    (void)state;
    assert_int_equal(c.files, 10);
    assert_int_equal(c.files_max, 12);
    assert_int_equal(c.parent, getpid());
    assert_false(c.frozen);
    assert_int_not_equal(c.state, 'T');
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
    assert_int_equal(condition_of(pid).state, 'T');
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(waitpid(pid, NULL, WCONTINUED), pid);
    assert_int_not_equal(condition_of(pid).state, 'T');
    end(pid);
}

static void another_process(void **state)
{
    struct condition c;

    (void)state;
    assert_false(condition_read((uint32_t)getpid(), start_of(getpid()) + 1, &c));
    assert_false(condition_read(UINT32_MAX, 0, &c));
}

static bool write_file(const char *dir, const char *file, const char *bytes)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = open(path, O_WRONLY);
    bool done = fd >= 0 && write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes);
    if (fd >= 0)
        close(fd);
    return done;
}

/* Freeze a process in the group `dir`, which is made; false: this host does not let us. */
static bool judge_frozen(const char *dir, const char *file, const char *freeze, const char *thaw)
{
    pid_t pid = start_waiting();
    char number[16];
    bool can;

    snprintf(number, sizeof number, "%d", pid);
    can = mkdir(dir, 0755) == 0 && write_file(dir, "cgroup.procs", number) &&
          write_file(dir, file, freeze);
    for (struct wait w = {0}; can && !condition_of(pid).frozen && wait_more(&w);)
        continue; /* the kernel takes its time */
    if (can) {
        assert_true(condition_of(pid).frozen);
        assert_true(write_file(dir, file, thaw));
        for (struct wait w = {0}; condition_of(pid).frozen && wait_more(&w);)
            continue;
        assert_false(condition_of(pid).frozen);
    }
    end(pid);
    for (struct wait w = {0}; rmdir(dir) != 0 && can && wait_more(&w);)
        continue;
    return can;
}

static void frozen(void **state)
{
    char dir[3][64];
    bool any;

    (void)state;
    snprintf(dir[0], sizeof dir[0], "/sys/fs/cgroup/tcptop-condition-%d", getpid());
    snprintf(dir[1], sizeof dir[1], "/sys/fs/cgroup/unified/tcptop-condition-%d", getpid());
    snprintf(dir[2], sizeof dir[2], "/sys/fs/cgroup/freezer/tcptop-condition-%d", getpid());
    any = judge_frozen(dir[0], "cgroup.freeze", "1", "0");
    any |= judge_frozen(dir[1], "cgroup.freeze", "1", "0");
    any |= judge_frozen(dir[2], "freezer.state", "FROZEN", "THAWED");
    if (!any)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_state),
        cmocka_unit_test(another_process),
        cmocka_unit_test(frozen),
    };
    return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}

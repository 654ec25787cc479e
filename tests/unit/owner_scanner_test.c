/* SPDX-License-Identifier: MIT */
/* The thread that looks for owners: where /proc cannot be opened it tries again at intervals, and
 * whom it answers may go away at any time, also while a user's name is looked up. A kernel that
 * does not count open files has every process looked at each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool counts_no_files; /* before Linux 6.2 the size of /proc/PID/fd is 0 */

static int stat_at(int dir, const char *path, struct stat *st, int flags)
{
    int rc = fstatat(dir, path, st, flags);

    if (counts_no_files)
        st->st_size = 0;
    return rc;
}

#define fstatat stat_at
#include "../../src/owner/scanner.c"
#undef fstatat
#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"

#define WAIT_NS (60 * NS_PER_S) /* a test that waits longer has failed */
#define TRIES   3

static struct {
    atomic_bool denied; /* /proc cannot be opened */
    atomic_uint tries;
    _Atomic int64_t first_ns, last_ns; /* when it was tried */
} proc;

/* In the place of the C library's. */
int open(const char *path, int flags, ...)
{
    if (strcmp(path, "/proc") == 0) {
        const int64_t now = clock_mono_ns();
        if (atomic_fetch_add(&proc.tries, 1) == 0)
            proc.first_ns = now;
        if (atomic_load(&proc.tries) <= TRIES)
            proc.last_ns = now;
        if (proc.denied) {
            errno = EMFILE;
            return -1;
        }
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static struct {
    pthread_mutex_t gate; /* held by the test: nobody is found */
    atomic_uint begun, passed;
} users = {.gate = PTHREAD_MUTEX_INITIALIZER};

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
    (void)uid, (void)entry, (void)buffer, (void)size;
    *found = NULL;
    atomic_fetch_add(&users.begun, 1);
    pthread_mutex_lock(&users.gate);
    pthread_mutex_unlock(&users.gate);
    atomic_fetch_add(&users.passed, 1);
    return 0;
}

/* Whom the thread answers. */
static struct {
    struct owner_scanner *owners;
    atomic_uint calls;
    atomic_bool unlocked; /* owner_scanner_free() could have returned during a call */
} asker;

static void answered(void *context)
{
    assert_ptr_equal(context, &asker);
    if (pthread_mutex_trylock(&asker.owners->lock) == 0) {
        asker.unlocked = true;
        pthread_mutex_unlock(&asker.owners->lock);
    }
    atomic_fetch_add(&asker.calls, 1);
}

/* A sample with one socket that nobody knows yet. */
static void ask(uint32_t inode, uint32_t needs)
{
    struct sample *s = sample_make(NULL);
    struct diff *diff = diff_new();
    struct conn *c;

    s->needs = needs;
    s->mono_ns = clock_mono_ns();
    c = model_add(s, 1, TCP_STATE_ESTABLISHED);
    c->inode = inode;
    c->uid = 1000;
    assert_int_equal(diff_join(diff, builder_of(s), NULL, 50), 0);
    owner_scanner_assign(asker.owners, s, NULL);
    sample_unref(s);
    diff_free(diff);
}

static void start(bool denied)
{
    proc.denied = denied;
    proc.tries = users.begun = users.passed = asker.calls = 0;
    asker.unlocked = false;
    asker.owners = owner_scanner_new();
    assert_non_null(asker.owners);
    assert_int_equal(owner_scanner_start(asker.owners, 0, answered, &asker), 0);
}

static void wait_for(const atomic_uint *count, unsigned n)
{
    const int64_t end = clock_mono_ns() + WAIT_NS;

    while (atomic_load(count) < n && clock_mono_ns() < end)
        poll(NULL, 0, 1);
    assert_true(atomic_load(count) >= n);
}

static void it_rests_between_tries(void **state)
{
    (void)state;
    start(true);
    ask(1, NEED_OWNER);
    while (atomic_load(&proc.tries) < TRIES) { /* each sample brings a socket that is new */
        ask(1 + proc.tries, NEED_OWNER);
        poll(NULL, 0, 1);
    }
    assert_true(proc.last_ns - proc.first_ns >= (TRIES - 1) * NS_PER_S);
    proc.denied = false;
    owner_scanner_free(asker.owners);
}

static void it_answers_only_who_is_there(void **state)
{
    (void)state;
    start(false);
    ask(1, NEED_OWNER);
    wait_for(&asker.calls, 1);
    owner_scanner_free(asker.owners);
    assert_false(asker.unlocked);
}

static void a_name_that_takes_long_is_left_behind(void **state)
{
    unsigned calls;

    (void)state;
    start(false);
    pthread_mutex_lock(&users.gate);
    ask(1, NEED_OWNER | NEED_USER);
    wait_for(&users.begun, 1);
    calls = asker.calls;
    owner_scanner_free(asker.owners); /* comes back although the name does not */
    assert_int_equal(users.passed, 0);
    pthread_mutex_unlock(&users.gate);
    wait_for(&users.passed, 1);
    assert_int_equal(asker.calls, calls);
}

/* Is this process, which has the same files, looked at again? */
static bool is_looked_at_again(bool without_count)
{
    struct owner_scanner o = {.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    struct seen self = {.pid = (uint32_t)getpid(), .files = FILES_UNKNOWN};
    struct owner_changes changes = {0};
    struct looker l = {.o = &o, .kind = SCAN_CHANGED, .changes = &changes};

    proc.denied = false;
    counts_no_files = without_count;
    assert_true(is_to_be_looked_at(&l, &self)); /* it is new */
    bool again = is_to_be_looked_at(&l, &self);
    close(o.proc_fd);
    counts_no_files = false;
    return again;
}

static void a_kernel_that_does_not_count_files(void **state)
{
    struct stat st;

    (void)state;
    assert_true(is_looked_at_again(true));
    assert_int_equal(stat("/proc/self/fd", &st), 0);
    if (st.st_size == 0)
        skip(); /* this one does not either */
    assert_false(is_looked_at_again(false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_rests_between_tries),
        cmocka_unit_test(it_answers_only_who_is_there),
        cmocka_unit_test(a_name_that_takes_long_is_left_behind),
        cmocka_unit_test(a_kernel_that_does_not_count_files),
    };
    return cmocka_run_group_tests_name("owner_scanner", tests, NULL, NULL);
}

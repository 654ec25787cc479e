/* SPDX-License-Identifier: MIT */
/* The netns_worker works only where it has arrived: in another namespace its work sees that one,
 * where it cannot enter nothing runs, and the calling thread never leaves its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tcptop/base/thread.h"
#include "tcptop/source/netns_worker.h"

static ino_t here(void)
{
    struct stat st;

    assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
    return st.st_ino;
}

static int look_around(void *arg)
{
    *(ino_t *)arg = here();
    return -EXDEV; /* what it returns comes back */
}

/* A namespace that only its descriptor holds; -1 where none can be made. */
static void *make_namespace(void *arg)
{
    int *fd = arg;

    *fd = unshare(CLONE_NEWNET) == 0 ? open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
    return NULL;
}

static void test_travels(void **state)
{
    struct netns_worker *t;
    ino_t own = here(), seen = 0;
    struct stat there[2];
    int fd[2];
    pthread_t thread;
    bool entered;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(thread_start(&thread, make_namespace, &fd[i]), 0);
        pthread_join(thread, NULL);
        if (fd[i] < 0)
            skip(); /* no right to make one */
        assert_int_equal(fstat(fd[i], &there[i]), 0);
    }
    assert_int_equal(netns_worker_new(&t), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(netns_worker_run(t, fd[i % 2], look_around, &seen, &entered), -EXDEV);
        assert_true(entered);
        assert_int_equal(seen, there[i % 2].st_ino);
        assert_int_equal(here(), own);
    }
    netns_worker_free(t);
    close(fd[0]);
    close(fd[1]);
}

static void test_does_not_work_elsewhere(void **state)
{
    struct netns_worker *t;
    ino_t seen = 0;
    bool entered = true;
    int not_one = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int other_kind = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(netns_worker_new(&t), 0);
    assert_int_equal(netns_worker_run(t, -1, look_around, &seen, &entered), -EBADF);
    assert_false(entered);
    assert_int_equal(netns_worker_run(t, not_one, look_around, &seen, &entered), -EINVAL);
    assert_false(entered);
    assert_int_equal(netns_worker_run(t, other_kind, look_around, &seen, &entered), -EINVAL);
    assert_false(entered);
    assert_int_equal(seen, 0);
    netns_worker_free(t);
    netns_worker_free(NULL);
    close(not_one);
    close(other_kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_travels),
        cmocka_unit_test(test_does_not_work_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A child that comes back, one that ends the process and one that crashes are told apart, and what
 * the child changed is not changed here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tcptop/base/rehearsal.h"

static void change(void *arg)
{
    *(int *)arg = 1;
}

static void leave(void *arg)
{
    _exit(*(int *)arg);
}

static void crash(void *arg)
{
    (void)arg;
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
}

static void only_who_comes_back_may_go_on(void **state)
{
    int value = 0;

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* no child goes first there */
#endif
    assert_int_equal(rehearsal_run(change, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(rehearsal_run(leave, &value), -ENOMEM);
    value = 1;
    assert_int_equal(rehearsal_run(leave, &value), -ENOMEM);
    assert_int_equal(rehearsal_run(crash, NULL), -ENOMEM);
}

/* Where children are reaped by themselves nothing is known of one. */
static void without_an_answer_it_may_go_on(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(rehearsal_run(crash, NULL), 0);
    signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_comes_back_may_go_on),
        cmocka_unit_test(without_an_answer_it_may_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

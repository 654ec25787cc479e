/* SPDX-License-Identifier: MIT */
/* Every byte arrives in order; a closed pipe, a full disk and a slow reader are told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/capture.h"

static void pieces(void **state)
{
    (void)state;
    struct sink *s = capture_begin();
    sink_add(s, "one ");
    sink_add_bytes(s, "two", 3);
    sink_add_many(s, '.', 3);
    sink_add_uint(s, 0);
    sink_add_uint(s, UINT64_MAX);
    sink_addf(s, " %d%%", 7);
    sink_add(s, "");
    sink_add_many(s, 'x', 0);
    assert_string_equal(capture_end(), "one two...018446744073709551615 7%");
}

static void more_than_the_buffer(void **state)
{
    (void)state;
    static char big[200000], expected[600001];
    memset(big, 'b', sizeof(big));
    struct sink *s = capture_begin();
    size_t n = 0;
    for (size_t len = 1; n + len < sizeof(expected); len = len * 3 % 190001 + 1) {
        sink_add_bytes(s, big, len);
        sink_add(s, "|");
        memset(expected + n, 'b', len);
        expected[n + len] = '|';
        n += len + 1;
        if (n > 300000) {
            break;
        }
    }
    sink_add_many(s, 'c', 100000);
    memset(expected + n, 'c', 100000);
    expected[n + 100000] = '\0';
    assert_true(strcmp(capture_end(), expected) == 0);
}

static void closed_pipe(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    close(fds[0]);
    struct sink s;
    assert_int_equal(sink_init(&s, fds[1]), 0);
    sink_add(&s, "nobody reads");
    assert_int_equal(s.error, 0);
    assert_int_equal(sink_flush(&s), -EPIPE);
    sink_add_many(&s, 'x', 1000000); /* goes nowhere, takes no memory */
    assert_int_equal(sink_flush(&s), -EPIPE);
    sink_fini(&s);
    close(fds[1]);
}

static void full_disk(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        skip();
    }
    struct sink s;
    assert_int_equal(sink_init(&s, fd), 0);
    sink_add(&s, "x");
    assert_int_equal(sink_flush(&s), -ENOSPC);
    sink_fini(&s);
    close(fd);
}

static size_t drained;

static void *drain(void *fd)
{
    char buffer[4096];
    for (ssize_t n; (n = read(*(int *)fd, buffer, sizeof(buffer))) > 0;) {
        drained += (size_t)n;
    }
    return NULL;
}

static void slow_reader(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK),
                     0); /* as another process may have left it */
    struct sink s;
    assert_int_equal(sink_init(&s, fds[1]), 0);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, drain, &fds[0]), 0);
    sink_add_many(&s, 'x', 3000000);
    assert_int_equal(sink_flush(&s), 0);
    close(fds[1]);
    pthread_join(reader, NULL);
    close(fds[0]);
    assert_int_equal(drained, 3000000);
    sink_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),      cmocka_unit_test(more_than_the_buffer),
        cmocka_unit_test(closed_pipe), cmocka_unit_test(full_disk),
        cmocka_unit_test(slow_reader),
    };
    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}

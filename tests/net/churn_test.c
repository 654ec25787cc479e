/* SPDX-License-Identifier: MIT */
/* While 5,000 connections a second come and go, no sample lists a socket twice, none is damaged,
 * and the rows that appeared and that were closed add up to those there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/source/sample_pipeline.h"

#define PER_SECOND 5000
#define SECONDS    2

static void loopback_up(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &up), 0);
    close(fd);
}

static void connect_and_close(int listener, const struct sockaddr_in *to)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(client, (const struct sockaddr *)to, sizeof(*to)) == 0)
        close(accept(listener, NULL, NULL));
    close(client);
}

/* Ends once it has made all; every millisecond it catches up with the rate, where it can. */
static void churn(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(to);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int64_t start = clock_mono_ns();

    bind(listener, (struct sockaddr *)&to, sizeof(to));
    listen(listener, 128);
    getsockname(listener, (struct sockaddr *)&to, &len);
    for (int64_t done = 0; done < SECONDS * PER_SECOND;) {
        const int64_t passed = clock_mono_ns() - start;
        if (done < passed * PER_SECOND / NS_PER_S) {
            connect_and_close(listener, &to);
            done++;
        } else {
            nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
        }
    }
    _exit(0);
}

static int by_cookie(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void expect_no_cookie_twice(const struct sample *s)
{
    uint64_t *cookies = calloc(s->n_live + 1, sizeof(*cookies));

    assert_non_null(cookies);
    for (uint32_t i = 0; i < s->n_live; i++)
        cookies[i] = s->conn[i].cookie;
    qsort(cookies, s->n_live, sizeof(*cookies), by_cookie);
    for (uint32_t i = 1; i < s->n_live; i++)
        assert_true(cookies[i] != cookies[i - 1]);
    free(cookies);
}

static void nothing_twice_nothing_lost(void **state)
{
    (void)state;
    struct request req = {.interval_ms = 100, .fade_ds = 50};
    const struct sample *last = NULL;
    struct source *src;
    struct sample_reason err = {.code = REASON_NONE};
    uint64_t born = 0;
    unsigned samples = 0;

    loopback_up();
    assert_int_equal(kernel_open(&src, NULL, &err), 0);
    struct sample_pipeline *st = sample_pipeline_new(src, 60);
    assert_non_null(st);
    assert_int_equal(sample_pipeline_next(st, &req, &last, &err), 0);
    pid_t child = fork();
    if (child == 0)
        churn();
    for (pid_t ended = 0; ended == 0; samples++) {
        assert_int_equal(sample_pipeline_next(st, &req, &last, &err), 0);
        assert_int_equal(last->status, SAMPLE_COMPLETE);
        assert_int_equal(last->backend, BACKEND_NETLINK);
        assert_int_equal(last->rejected, 0);
        expect_no_cookie_twice(last);
        born += last->born;
        ended = waitpid(child, NULL, WNOHANG);
        nanosleep(&(struct timespec){.tv_nsec = 20 * NS_PER_MS}, NULL);
    }
    assert_true(samples > 1);
    assert_true(last->n_live > PER_SECOND / 10); /* however slow the machine */
    assert_int_equal(born, (uint64_t)last->n_live + last->n_missing + last->closed_total);
    sample_unref(last);
    sample_pipeline_free(st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_twice_nothing_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

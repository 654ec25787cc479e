/* SPDX-License-Identifier: MIT */
/* Stopping the resolver does not wait for a slow list of services, and what wakes its owner is not
 * touched after that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/source/resolver.h"

#define TCP_TIMEOUTS_NS (60 * NS_PER_S) /* a test that waits longer has failed */

static struct {
    pthread_mutex_t gate; /* held by the test: there is no answer */
    atomic_uint begun, passed;
    atomic_bool gave_up; /* the gate stayed shut for too long */
} services = {.gate = PTHREAD_MUTEX_INITIALIZER};

/* In the place of the C library's. */
int getservbyport_r(int port, const char *proto, struct servent *entry, char *buffer, size_t size,
                    struct servent **found)
{
    struct timespec end;

    (void)port, (void)proto, (void)entry, (void)buffer, (void)size;
    *found = NULL;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    atomic_fetch_add(&services.begun, 1);
    if (pthread_mutex_timedlock(&services.gate, &end) == 0)
        pthread_mutex_unlock(&services.gate);
    else
        services.gave_up = true;
    atomic_fetch_add(&services.passed, 1);
    return 0;
}

static void wait_for(const atomic_uint *count, unsigned n)
{
    const int64_t end = clock_mono_ns() + TCP_TIMEOUTS_NS;

    while (atomic_load(count) < n && clock_mono_ns() < end)
        poll(NULL, 0, 1);
    assert_true(atomic_load(count) >= n);
}

static void a_slow_list_is_left_behind(void **state)
{
    struct name_key k = {.family = NAME_SERVICE};
    struct resolver *r;
    struct err err;
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    uint64_t count;

    (void)state;
    assert_int_equal(resolver_start(&r, wake, NULL, &err), 0);
    pthread_mutex_lock(&services.gate);
    assert_true(resolver_ask(r, &k));
    wait_for(&services.begun, 1);
    resolver_stop(r);
    assert_false(services.gave_up);
    pthread_mutex_unlock(&services.gate);
    wait_for(&services.passed, 1);
    assert_int_equal(read(wake, &count, sizeof count), -1);
    close(wake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_slow_list_is_left_behind)};
    return cmocka_run_group_tests_name("resolver_stop", tests, NULL, NULL);
}

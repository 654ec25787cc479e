/* SPDX-License-Identifier: MIT */
/* Names from a real DNS server of the test's own: answers, none, hostile, the longest, slow ones
 * and silence; more questions than may be under way; and an end that waits for nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/dns.h"
#include "lib/own_table.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/utf8.h"
#include "tcptop/source/resolver.h"

#define TCP_TIMEOUTS_MS 30000

static char server[32];
static int wake, serving;
static struct resolver *r;

static void *serve(void *arg)
{
    (void)arg;
    dns_serve(serving);
    return NULL;
}

static int start(void **state)
{
    struct err err;

    (void)state;
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return resolver_start(&r, wake, server, &err);
}

static int stop(void **state)
{
    (void)state;
    resolver_stop(r);
    return close(wake);
}

static struct name_key address(unsigned a, unsigned last)
{
    return (struct name_key){.family = AF_INET, .bytes = {192, 0, (uint8_t)a, (uint8_t)last}};
}

/* The next answer within `ms`. */
static bool answer(struct name_answer *a, int ms)
{
    int64_t end = clock_mono_ns() + ms * NS_PER_MS;
    uint64_t count;

    while (!resolver_take(r, a)) {
        struct pollfd p = {.fd = wake, .events = POLLIN};
        int64_t left = (end - clock_mono_ns()) / NS_PER_MS;
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return false;
        assert_int_equal(read(wake, &count, sizeof(count)), sizeof(count));
    }
    return true;
}

static struct name_answer name_of(struct name_key k)
{
    struct name_answer a;

    assert_true(resolver_ask(r, &k));
    assert_true(answer(&a, TCP_TIMEOUTS_MS));
    assert_memory_equal(&a.key, &k, sizeof(k));
    return a;
}

static void names_and_none(void **state)
{
    (void)state;
    struct name_answer a = name_of(address(2, 7));
    assert_int_equal(a.outcome, NAME_FOUND);
    assert_string_equal(a.name, "host-7.example");
    assert_int_equal(name_of(address(2, 50)).outcome, NAME_NONE);
    assert_string_equal(name_of(address(2, 53)).name, "host-53.example");
    struct name_key v6 = {.family = AF_INET6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 0x04}};
    assert_string_equal(name_of(v6).name, "host-4.example");
}

static void hostile_names_do_no_harm(void **state)
{
    (void)state;
    struct name_answer a = name_of(address(2, 51));
    for (size_t at = 0, len = strlen(a.name); at < len;) {
        uint32_t cp;
        at += utf8_decode(a.name + at, len - at, &cp);
        assert_true(cp != UTF8_BAD && cp >= ' ' && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0));
        assert_int_not_equal(cp, 0x202e);
    }
    a = name_of(address(2, 52));
    assert_int_equal(a.outcome, NAME_FOUND);
    assert_int_equal(strlen(a.name), NAME_BYTES - 1);
}

static void services_of_the_system(void **state)
{
    uint16_t ssh = 22, none = 4;
    struct name_key k = {.family = NAME_SERVICE};

    (void)state;
    memcpy(k.bytes, &ssh, sizeof(ssh));
    assert_string_equal(name_of(k).name, "ssh");
    memcpy(k.bytes, &none, sizeof(none));
    assert_int_equal(name_of(k).outcome, NAME_NONE);
}

static void many_at_once(void **state)
{
    unsigned got = 0;
    struct name_answer a;

    (void)state;
    for (unsigned i = 0; i < RESOLVER_WAITING - 1; i++) {
        struct name_key k = address(i / 49, 1 + i % 49);
        assert_true(resolver_ask(r, &k));
    }
    for (; got < RESOLVER_WAITING - 1 && answer(&a, TCP_TIMEOUTS_MS); got++)
        assert_int_equal(a.outcome, NAME_FOUND);
    assert_int_equal(got, RESOLVER_WAITING - 1);
}

/* How long the end takes while so much has been asked that more is refused. */
static int64_t ms_of_stop(void)
{
    unsigned refused = 0;
    struct name_answer a;

    for (unsigned i = 0; i < RESOLVER_WAITING + RESOLVER_ASKED + 1; i++) {
        struct name_key k = address(i / 100, 100 + i % 100);
        refused += !resolver_ask(r, &k);
    }
    assert_true(refused > 0);
    assert_false(answer(&a, 300));
    int64_t begin = clock_mono_ns();
    resolver_stop(r);
    r = NULL;
    return (clock_mono_ns() - begin) / NS_PER_MS;
}

/* The first tries take 2 s. A busy host may hold up one end, not one after the other. */
static void silence_holds_nobody_up(void **state)
{
    struct err err;
    int64_t took = ms_of_stop();

    (void)state;
    for (int i = 0; i < 10 && took >= 1500; i++) {
        assert_int_equal(resolver_start(&r, wake, server, &err), 0);
        took = ms_of_stop();
    }
    assert_true(took < 1500);
}

static void a_query_without_answer_fails_in_time(void **state)
{
    (void)state;
    int64_t begin = clock_mono_ns();
    assert_int_equal(name_of(address(2, 200)).outcome, NAME_FAILED);
    assert_in_range((clock_mono_ns() - begin) / NS_PER_MS, 1000, TCP_TIMEOUTS_MS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_and_none),          CASE(hostile_names_do_no_harm),
        CASE(services_of_the_system),  CASE(many_at_once),
        CASE(silence_holds_nobody_up), CASE(a_query_without_answer_fails_in_time),
    };
    unsigned short port = 0;
    pthread_t thread;

    if (own_table(64) != 0 || (serving = dns_open(&port)) < 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0)
        return 1;
    snprintf(server, sizeof(server), "127.0.0.1:%u", port);
    int failed = cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
    dns_end(port);
    pthread_join(thread, NULL);
    return failed;
}

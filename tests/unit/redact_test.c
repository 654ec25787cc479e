/* SPDX-License-Identifier: MIT */
/* Tokens: the same for the same address, different for different ones, of the same kind; loopback
 * and unspecified addresses stay; another key gives other tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/source/redact.c"

static const struct redact key = {{1, 2}};

static void token(const struct redact *r, const char *address, char out[INET6_ADDRSTRLEN])
{
    struct conn c = {.family = strchr(address, ':') ? AF_INET6 : AF_INET};

    assert_int_equal(inet_pton(c.family, address, c.dst), 1);
    redact_conn(r, &c);
    assert_non_null(inet_ntop(c.family, c.dst, out, INET6_ADDRSTRLEN));
}

static void kinds_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *address, *prefix; /* of its token */
    } cases[] = {
        {"10.1.2.3", "10."},
        {"192.168.7.9", "192.168."},
        {"169.254.0.1", "169.254."},
        {"fe80::1:2", "fe80::"},
        {"fd00::1", "fd"},
        {"ff02::1", "ff02:"},
        {"::ffff:10.0.0.1", "::ffff:10."},
    };
    char out[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        token(&key, cases[i].address, out);
        if (strncmp(out, cases[i].prefix, strlen(cases[i].prefix)) != 0 ||
            strcmp(out, cases[i].address) == 0)
            fail_msg("%s became %s", cases[i].address, out);
    }
    token(&key, "8.8.8.8", out);
    assert_int_equal(kind4(ntohl(inet_addr(out))), KINDS4); /* no private address */
}

static void these_stay(void **state)
{
    (void)state;
    static const char *const cases[] = {"0.0.0.0", "127.0.0.1", "127.8.9.10",
                                        "::",      "::1",       "255.255.255.255"};
    char out[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        token(&key, cases[i], out);
        assert_string_equal(out, cases[i]);
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* All of 192.168.0.0/16: a permutation of itself. */
static void different_addresses_stay_different(void **state)
{
    (void)state;
    static uint32_t tokens[65536];
    unsigned moved = 0;

    for (uint32_t i = 0; i < 65536; i++) {
        tokens[i] = token4(&key, 0xc0a80000 | i);
        moved += tokens[i] != (0xc0a80000 | i);
        assert_int_equal(tokens[i], token4(&key, 0xc0a80000 | i));
    }
    assert_true(moved > 65000);
    qsort(tokens, 65536, sizeof tokens[0], compare);
    for (uint32_t i = 0; i < 65536; i++)
        assert_int_equal(tokens[i], 0xc0a80000 | i);
}

static void the_key_decides(void **state)
{
    (void)state;
    const struct redact other = {{1, 3}};
    char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

    token(&key, "2001:db8::1", a);
    token(&other, "2001:db8::1", b);
    assert_string_not_equal(a, b);
    redact_name(&key, "web-01", a, sizeof a);
    redact_name(&other, "web-01", b, sizeof b);
    assert_string_not_equal(a, b);
    assert_int_equal(strncmp(a, "host-", 5), 0);
    redact_name(&key, "", a, sizeof a);
    assert_string_equal(a, "");
    assert_true(redact_number(&key, 7) == redact_number(&key, 7));
    assert_true(redact_number(&key, 7) != redact_number(&key, 8));
    assert_true(redact_number(&key, 7) != redact_number(&other, 7) && redact_number(&key, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_kept),
        cmocka_unit_test(these_stay),
        cmocka_unit_test(different_addresses_stay_different),
        cmocka_unit_test(the_key_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

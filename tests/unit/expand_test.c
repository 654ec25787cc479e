/* SPDX-License-Identifier: MIT */
/* Values inside the texts: sysctls with their numbers, how long the kernel tries by the kernel's
 * own arithmetic, and what is left out when a value is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tcptop/explain/expand.h"

/* Marks dropped, NBSP shown as '^'. */
static void expect(const struct host *h, const char *template, const char *expected)
{
    struct str s = STR_INIT;
    char out[256], *to = out;

    expand(&s, template, h);
    for (const char *p = str_text(&s); *p; p++) {
        if (strncmp(p, "\u00a0", 2) == 0) {
            *to++ = '^';
            p++;
        } else if ((unsigned char)*p >= ' ') {
            *to++ = *p;
        }
    }
    *to = '\0';
    assert_string_equal(out, expected);
    str_fini(&s);
}

static struct host with(enum host_sysctl which, int64_t value)
{
    struct host h = {.sysctl_valid = 1u << which};

    h.sysctl[which] = value;
    return h;
}

static void sysctls(void **state)
{
    (void)state;
    struct host h = with(SYSCTL_FIN_TIMEOUT, 45);
    expect(&h, "a^b ({tcp_fin_timeout})", "a^b (tcp_fin_timeout^=^45)");
    expect(&h, "({tcp_retries2})", "(tcp_retries2)"); /* not known: its name */
    expect(NULL, "({tcp_fin_timeout})", "(tcp_fin_timeout)");
    expect(&h, "to[ {fin_limit}] end", "to 45^s end");
    assert_true(expand_knows("fin_limit", 9));
    assert_true(expand_knows("somaxconn", 9));
    assert_false(expand_knows("fin_limi", 8));
}

static void left_out(void **state)
{
    (void)state;
    struct host h = with(SYSCTL_FIN_TIMEOUT, 45);
    expect(NULL, "fails[ after {syn_limit}] now", "fails now");
    expect(&h, "a[ {syn_limit}]b[ {tcp_fin_timeout}]", "ab tcp_fin_timeout^=^45");
    expect(&h, "{tcp_retries2}[: known]", "tcp_retries2: known"); /* only what is in the part */
}

static void limits(void **state)
{
    (void)state;
    struct host h = with(SYSCTL_SYN_RETRIES, 6);
    expect(&h, "{syn_limit}", "2^min^7^s"); /* kernels without linear timeouts */
    h.sysctl_valid |= 1u << SYSCTL_SYN_LINEAR_TIMEOUTS;
    h.sysctl[SYSCTL_SYN_LINEAR_TIMEOUTS] = 4;
    expect(&h, "{syn_limit}", "2^min^11^s");
    h = with(SYSCTL_SYNACK_RETRIES, 5);
    expect(&h, "{synack_limit}", "63^s");
    h = with(SYSCTL_RETRIES2, 15);
    expect(&h, "{data_limit}", "15^min^24^s"); /* 924.6 s */
    h = with(SYSCTL_ORPHAN_RETRIES, 0);
    expect(&h, "{orphan_limit}", "1^min^42^s"); /* as with 8 */
    h = with(SYSCTL_ORPHAN_RETRIES, 1);
    expect(&h, "{orphan_limit}", "0^s");
    h = with(SYSCTL_KEEPALIVE_TIME, 7200);
    expect(&h, "[{keepalive_limit}]", ""); /* takes all three */
    h.sysctl_valid |= 1u << SYSCTL_KEEPALIVE_INTVL | 1u << SYSCTL_KEEPALIVE_PROBES;
    h.sysctl[SYSCTL_KEEPALIVE_INTVL] = 75;
    h.sysctl[SYSCTL_KEEPALIVE_PROBES] = 9;
    expect(&h, "{keepalive_limit}", "2^h^11^min");
    h = with(SYSCTL_RETRIES2, INT64_MAX); /* whatever is in the file, it ends */
    expect(&h, "{data_limit}", "8^h^15^min");
}

static void reuse(void **state)
{
    static const char *const meaning[] = {"off", "on", "loopback only"};

    (void)state;
    for (int64_t i = 0; i < 3; i++) {
        struct host h = with(SYSCTL_TW_REUSE, i);
        expect(&h, "{tw_reuse}", meaning[i]);
    }
    struct host h = with(SYSCTL_TW_REUSE, 3);
    expect(&h, "{tcp_tw_reuse}[: {tw_reuse}]", "tcp_tw_reuse^=^3");
}

static void durations(void **state)
{
    static const struct {
        uint64_t seconds;
        const char *en, *ko;
    } cases[] = {
        {0, "0 s", "0초"},
        {99, "99 s", "99초"},
        {100, "1 min 40 s", "1분 40초"},
        {300, "5 min", "5분"},
        {3599, "59 min 59 s", "59분 59초"},
        {3600, "1 h", "1시간"},
        {7875, "2 h 11 min", "2시간 11분"},
        {90000, "1 d 1 h", "1일 1시간"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int l = 0; l < LANG_COUNT; l++) {
            struct str s = STR_INIT;
            text_use((enum language)l);
            expand_duration(&s, cases[i].seconds);
            for (char *nbsp; (nbsp = strstr(s.data, "\u00a0")); *nbsp = ' ')
                memmove(nbsp + 1, nbsp + 2, strlen(nbsp + 1));
            assert_string_equal(s.data, l == LANG_EN ? cases[i].en : cases[i].ko);
            str_fini(&s);
        }
    text_use(LANG_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sysctls), cmocka_unit_test(left_out),  cmocka_unit_test(limits),
        cmocka_unit_test(reuse),   cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}

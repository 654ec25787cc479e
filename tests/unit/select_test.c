/* SPDX-License-Identifier: MIT */
/* What ss and tcpdump select a connection by, in their own syntax; commands quoted for a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/sample.h"
#include "tcptop/base/str.h"
#include "tcptop/query/select.h"

static void expressions(void **state)
{
    static const struct {
        const char *local, *remote;
        unsigned state;
        const char *ss, *tcpdump;
    } rows[] = {
        {"10.0.2.15:443", "203.0.113.77:51422", TCP_STATE_ESTABLISHED,
         "src 10.0.2.15:443 and dst 203.0.113.77:51422",
         "tcp and host 10.0.2.15 and 203.0.113.77 and port 443 and 51422"},
        {"[::1]:3000", "[::1]:63637", TCP_STATE_TIME_WAIT, "src [::1]:3000 and dst [::1]:63637",
         "tcp and host ::1 and ::1 and port 3000 and 63637"},
        {"[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.2]:9", TCP_STATE_CLOSE_WAIT,
         "src [::ffff:10.0.0.1]:80 and dst [::ffff:10.0.0.2]:9",
         "tcp and host 10.0.0.1 and 10.0.0.2 and port 80 and 9"},
        {"0.0.0.0:22", "0.0.0.0:0", TCP_STATE_LISTEN, "src 0.0.0.0:22", "tcp and port 22"},
        {"127.0.0.1:22", "0.0.0.0:0", TCP_STATE_LISTEN, "src 127.0.0.1:22",
         "tcp and host 127.0.0.1 and port 22"},
        {"0.0.0.0:0", "0.0.0.0:0", TCP_STATE_CLOSE, "", ""}, /* as netstat of macOS prints some */
        {"10.0.0.1:80", "0.0.0.0:0", TCP_STATE_CLOSE, "src 10.0.0.1:80",
         "tcp and host 10.0.0.1 and port 80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample *s = sample_make(NULL);
        struct conn *c = sample_row(s, rows[i].local, rows[i].remote, rows[i].state);
        struct str ss = STR_INIT, tcpdump = STR_INIT;
        select_ss(c, &ss);
        select_tcpdump(c, &tcpdump);
        assert_string_equal(str_text(&ss), rows[i].ss);
        assert_string_equal(str_text(&tcpdump), rows[i].tcpdump);
        str_fini(&ss);
        str_fini(&tcpdump);
        sample_unref(s);
    }
}

static void commands(void **state)
{
    struct sample *s = sample_make(NULL);
    struct conn *c = sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
    struct str ss = STR_INIT, tcpdump = STR_INIT;

    (void)state;
    select_ss_command(c, &ss);
    select_tcpdump_command(c, &tcpdump);
    assert_string_equal(str_text(&ss), "ss -tanpi 'src 10.0.0.1:80 and dst 10.0.0.2:9'");
    assert_string_equal(str_text(&tcpdump),
                        "tcpdump -ni any 'tcp and host 10.0.0.1 and 10.0.0.2 and port 80 and 9'");
    str_fini(&ss);
    str_fini(&tcpdump);
    sample_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions),
        cmocka_unit_test(commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

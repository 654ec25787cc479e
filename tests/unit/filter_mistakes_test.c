/* SPDX-License-Identifier: MIT */
/* What the filter's prompt says: where each wrong expression is wrong and what was expected there,
 * in both languages, and what may follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/query/filter.h"
#include "tcptop/text/text.h"

struct mistake {
    const char *text;
    size_t at;
    const char *what, *ko;
};

static void mistakes(void **state)
{
    (void)state;
    static const struct mistake list[] = {
        {"state:es rtt>100x", 16, "expected a unit: us ms s min h d",
         "단위가 필요합니다: us ms s min h d"},
        {"rtt>100", 7, "expected a unit: us ms s min h d", NULL},
        {"rtt>100mx", 8, "expected a unit: us ms s min h d", NULL},
        {"rtt>ms", 4, "expected a number", "숫자가 필요합니다"},
        {"recv_q>5x", 8, "expected a unit: k M G kB MB GB KiB MiB GiB", NULL},
        {"retr>5", 6, "expected a unit: %", NULL},
        {"recv_q>99999999999999999999", 7, "this number is too large", NULL},
        {"recv_q>18446744073709551615k", 7, "this number is too large", NULL},
        {"port:", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"port: 22", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"port:70000", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"70000", 0, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"port:22,", 8, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"port:90-80", 8, "this range ends before it begins", NULL},
        {"port:22 10.0.0.0/40", 8,
         "expected an address such as 10.0.0.0/8 or ::1; names are not looked up", NULL},
        {"300.1.1.1", 0, "expected an address such as 10.0.0.0/8 or ::1; names are not looked up",
         NULL},
        {"port:22 or 10.0.0.256:80", 11,
         "expected an address such as 10.0.0.0/8 or ::1; names are not looked up", NULL},
        {"90-80", 3, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"port:nosuchservice", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport = :", 9, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport >= *", 9, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"state:foo", 6, "expected a state, such as time_wait or tw", NULL},
        {"state:es,", 9, "expected a state, such as time_wait or tw", NULL},
        {"state", 5, "expected a state, or all, connected, synchronized, bucket, big", NULL},
        {"state,es", 5, "expected a state, or all, connected, synchronized, bucket, big", NULL},
        {"state foo", 6, "expected a state, or all, connected, synchronized, bucket, big", NULL},
        {"state>es", 5, "expected = or !=", "= 또는 !=가 필요합니다"},
        {"state:>es", 6, "expected = or !=", NULL},
        {"addr > 10.0.0.1", 5, "expected = or !=", NULL},
        {"src > 10.0.0.1", 4, "expected = or !=", NULL},
        {"timer<10s", 5, "expected = or != and a kind; the time left is the field expires", NULL},
        {"timer:<10s", 6, "expected = or != and a kind; the time left is the field expires", NULL},
        {"lport", 5, "a field needs an operator and a value; in quotes it is text", NULL},
        {"22 port 7777", 7, "a field needs an operator and a value; in quotes it is text",
         "필드에는 연산자와 값이 필요합니다(따옴표로 묶으면 텍스트)"},
        {"proto:udp", 6, "expected tcp, tcp6 or mptcp", NULL},
        {"timer:no", 6, "expected off, on, keepalive, timewait or persist", NULL},
        {"addr:10.0.0", 5, "expected an address such as 10.0.0.0/8 or ::1; names are not looked up",
         NULL},
        {"addr:10.0.0.0/33", 5,
         "expected an address such as 10.0.0.0/8 or ::1; names are not looked up", NULL},
        {"addr:10.0.0.1:x", 14,
         "expected an address such as 10.0.0.0/8 or ::1; names are not looked up", NULL},
        {"src localhost", 4, "expected HOST, HOST:PORT or :PORT; names are not looked up", NULL},
        {"src [::1", 4, "expected HOST, HOST:PORT or :PORT; names are not looked up", NULL},
        {"src [10.0.0.1]", 4, "expected HOST, HOST:PORT or :PORT; names are not looked up", NULL},
        {"src inet:[::1]", 9, "expected HOST, HOST:PORT or :PORT; names are not looked up", NULL},
        {"src inet6:127.0.0.1", 10, "expected HOST, HOST:PORT or :PORT; names are not looked up",
         NULL},
        {"sport > -1", 8, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport >= 65536", 9, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport = 99999999999", 8, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"sport = -2", 8, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"dev nosuchdevice", 4, "no network device 'nosuchdevice' here", NULL},
        {"dev", 3, "expected a value", NULL},
        {"uid:", 4, "expected a number", NULL},
        {"uid>-", 4, "expected a number", NULL},
        {"uid:-5", 4, "expected a number", NULL},
        {"state:-", 6, "expected a state, such as time_wait or tw", NULL},
        {"port:-", 5, "expected a port from 1 to 65535 (0: none) or a service", NULL},
        {"cookie:", 7, "expected a value", NULL},
        {"weather:fine", 0, "unknown field 'weather'", "알 수 없는 필드입니다: 'weather'"},
        {"22 tty:1", 3, "unknown field 'tty'", NULL},
        {"user>5", 4, "expected = or !=", NULL},
        {"pid:nginx", 4, "expected a number", NULL},
        {"recvq>5", 0, "unknown field 'recvq', did you mean 'recv_q'?",
         "알 수 없는 필드입니다: 'recvq'. 비슷한 필드: 'recv_q'"},
        {"local:5", 0, "'local' cannot be filtered; there are the fields laddr, lport", NULL},
        {"22 remote=1", 3, "'remote' cannot be filtered; there are the fields raddr, rport", NULL},
        {"timer_left>10s", 0, "'timer_left' cannot be filtered; there are the fields expires",
         "'timer_left' 열은 필터에 쓸 수 없습니다. 필드: expires"},
        {"owner:foo", 6, "expected current, former or waiting", NULL},
        {"limited_by:app,foo", 15, "expected application, path, receiver or send_buffer", NULL},
        {"autobound", 0, "'autobound' is not supported; in quotes it is searched for as text",
         NULL},
        {"22 fwmark = 1", 3, "'fwmark' is not supported; in quotes it is searched for as text",
         NULL},
        {"cgroup /a", 0, "ss's condition 'cgroup PATH' is not supported; write cgroup:NAME", NULL},
        {"and 22", 0, "expected a port, an address, a field or a word", NULL},
        {"22 or", 5, "expected a port, an address, a field or a word", NULL},
        {"22 and or 3", 7, "expected a port, an address, a field or a word", NULL},
        {"not", 3, "expected a port, an address, a field or a word", NULL},
        {"()", 1, "expected a port, an address, a field or a word", NULL},
        {"> 5", 0, "expected a port, an address, a field or a word", NULL},
        {"(22", 3, "expected )", NULL},
        {"((", 2, "expected a port, an address, a field or a word", NULL},
        {"22)", 2, "unmatched )", NULL},
        {"\"abc", 4, "expected the closing quote", NULL},
        {"22 ,", 3, "expected a port, an address, a field or a word", NULL},
    };
    struct filter_error error;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        const struct mistake *m = &list[i];
        text_use(LANG_EN);
        if (filter_parse(m->text, NULL, &error) != -EINVAL)
            fail_msg("'%s' is accepted", m->text);
        if (error.at != m->at || strcmp(error.what, m->what) != 0)
            fail_msg("'%s': at %zu '%s'", m->text, error.at, error.what);
        text_use(LANG_KO);
        filter_parse(m->text, NULL, &error);
        if (strcmp(error.what, m->what) == 0 || (m->ko && strcmp(error.what, m->ko) != 0))
            fail_msg("'%s': '%s'", m->text, error.what);
    }
    text_use(LANG_EN);
}

/* A wrong text leaves the predicate empty; nobody needs to ask for the error. */
static void wrong_text_leaves_nothing(void **state)
{
    (void)state;
    struct predicate p = {0};
    assert_int_equal(filter_parse("22 and (es or port:x", &p, NULL), -EINVAL);
    assert_null(p.terms);
    assert_null(p.steps);
    assert_int_equal(filter_parse("22", NULL, NULL), 0);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[70000];
    struct predicate p = {0};
    struct filter_error error;
    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(filter_parse(text, NULL, &error), -EINVAL);
    assert_string_equal(error.what, "nested too deeply");
    memset(text, '!', sizeof text - 1);
    assert_int_equal(filter_parse(text, NULL, &error), -EINVAL);
    assert_string_equal(error.what, "nested too deeply");
    text[0] = '\0'; /* as deep as allowed, a list at the bottom of it */
    for (int i = 0; i < 32; i++)
        strcat(text, "1 or (");
    strcat(text, "addr:10.0.0.1:5,10.0.0.2");
    for (int i = 0; i < 32; i++)
        strcat(text, ")");
    assert_int_equal(filter_parse(text, &p, &error), 0);
    assert_in_range(predicate_depth(&p), 32, PREDICATE_DEPTH_MAX);
    predicate_fini(&p);
}

/* Bytes of the user never reach the message as they are. */
static void messages_are_clean(void **state)
{
    (void)state;
    struct filter_error error;
    assert_int_equal(filter_parse("dev \x1b[2J\xff", NULL, &error), -EINVAL);
    assert_null(strchr(error.what, '\x1b'));
    assert_null(strchr(error.what, '\xff'));
}

static const char *offered(const char *text, size_t max)
{
    static char list[1024];
    const char *candidates[64];
    size_t from = 0, n = filter_complete(text, candidates, max, &from);
    size_t len = (size_t)snprintf(list, sizeof list, "%zu", from);
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, " %s", candidates[i]);
    return list;
}

static void completion(void **state)
{
    (void)state;
    assert_string_equal(offered("", 7), "0 port lport rport addr state proto rtt");
    assert_string_equal(offered("22 l", 64), "3 lport laddr local_addr local_port limited_by");
    assert_string_equal(offered("22 an", 64), "3 and");
    assert_string_equal(offered("22 ", 4), "3 and or port lport"); /* first what joins two */
    assert_string_equal(offered("an", 64), "0");
    assert_string_equal(offered("state:t", 64), "6 TIME_WAIT");
    assert_string_equal(offered("(state:es,f", 64), "10 FIN_WAIT1 FIN_WAIT2");
    assert_string_equal(offered("state syn", 64), "6 SYN_SENT SYN_RECV synchronized syn-rcv");
    assert_string_equal(offered("22 exclude b", 64), "11 BOUND_INACTIVE bucket big");
    assert_string_equal(offered("proto:", 64), "6 tcp tcp6 mptcp");
    assert_string_equal(offered("proto:tcp", 64), "6 tcp6");
    assert_string_equal(offered("timer!=k", 64), "7 keepalive");
    assert_string_equal(offered("rtt>100", 64), "7 us ms s min h d m sec");
    assert_string_equal(offered("rtt>1.5m", 64), "7 ms min");
    assert_string_equal(offered("recv_q:5", 64), "8 k M G kB MB GB KiB MiB GiB B");
    assert_string_equal(offered("port:", 64), "5");
    assert_string_equal(offered("nosuch:", 64), "7");
    assert_string_equal(offered("state:es ", 2), "9 and or");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes),         cmocka_unit_test(wrong_text_leaves_nothing),
        cmocka_unit_test(depth_is_bounded), cmocka_unit_test(messages_are_clean),
        cmocka_unit_test(completion),
    };
    return cmocka_run_group_tests_name("filter_mistakes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The filter language: which rows each expression lets pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "lib/figures.h"
#include "lib/sample.h"
#include "tcptop/query/filter.h"

/* Rows by letter; the expectations below name them. */
static struct sample *rows(void)
{
    struct sample *s = sample_make(NULL);
    s->needs = NEED_TCP_INFO;
    sample_row(s, "0.0.0.0:22", "0.0.0.0:0", TCP_STATE_LISTEN);                             /* a */
    sample_row(s, "[::]:443", "[::]:0", TCP_STATE_LISTEN);                                  /* b */
    sample_row(s, "10.0.2.15:22", "192.0.2.44:60122", TCP_STATE_ESTABLISHED);               /* c */
    sample_row(s, "10.0.2.15:3000", "10.0.5.8:8443", TCP_STATE_CLOSE_WAIT);                 /* d */
    sample_row(s, "127.0.0.1:50000", "127.0.0.1:3000", TCP_STATE_TIME_WAIT);                /* e */
    sample_row(s, "[::ffff:10.0.2.15]:443", "[::ffff:10.0.5.9]:1024", TCP_STATE_FIN_WAIT2); /* f */
    sample_row(s, "[2001:db8::1]:22", "[2001:db8::2]:443", TCP_STATE_SYN_SENT);             /* g */
    sample_row(s, "[fe80::1]:22", "[fe80::2]:5000", TCP_STATE_SYN_RECV)->ifindex = 1;       /* h */
    struct conn *c = s->conn;
    for (int i = 2; i < 4; i++) {
        figure_set(&s->metrics[i], METRICS_rtt_us, i == 2 ? 1500 : 250000);
        figure_set(&s->metrics[i], METRICS_bytes_sent, 1000);
        figure_set(&s->metrics[i], METRICS_bytes_retrans, i == 2 ? 0 : 15);
    }
    s->metrics[2].limit = LIMIT_PATH;
    s->metrics[3].limit = LIMIT_RECEIVER;
    s->metrics[2].congestion = sample_add_congestion(builder_of(s), "bbr", 4);
    assert_int_equal(sample_reserve_rates(builder_of(s), 0, s->n_live), 0);
    s->rate[2] = (struct rate){1200000, 500000};
    s->rate[3].tx_bytes_s = 1000;
    c[3].rqueue = 1;
    c[2].wqueue = 2500000;
    c[4].timer = TIMER_TIMEWAIT;
    c[4].expires_ms = 58000;
    c[4].flags = CONN_NO_OWNER;
    c[6].timer = TIMER_RETRANSMIT;
    c[6].expires_ms = 700;
    c[7].flags = CONN_NO_COOKIE;
    c[1].flags = CONN_MPTCP;
    c[2].flags = CONN_MPTCP;
    c[2].extra = TCP_STATE_CLOSE_WAIT;
    s->times[3].born_ds = 10;
    s->now_ds = 910;
    return s;
}

static const char *passing(const char *text)
{
    static char found[16];
    struct sample *s = rows();
    struct predicate p = {0};
    struct filter_error error = {0};
    size_t n = 0;
    if (filter_parse(text, &p, &error)) {
        snprintf(found, sizeof found, "@%zu", error.at);
        print_error("%s\n%s\n", text, error.what);
    } else {
        for (uint32_t row = 0; row < s->n_live; row++) {
            if (predicate_match(&p, s, row))
                found[n++] = (char)('a' + row);
        }
        found[n] = '\0';
    }
    predicate_fini(&p);
    sample_unref(s);
    return found;
}

struct expectation {
    const char *text, *rows;
};

static void check(const struct expectation *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(passing(e[i].text), e[i].rows) != 0)
            fail_msg("'%s' passes '%s', not '%s'", e[i].text, passing(e[i].text), e[i].rows);
    }
}
#define CHECK(list) check(list, sizeof list / sizeof list[0])

static void ports(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"", "abcdefgh"},
        {"  ", "abcdefgh"},
        {"3000", "de"},
        {"22", "acgh"},
        {"300", ""},
        {"3000-8500", "deh"},
        {":3000", "de"},
        {"*:3000", "de"},
        {"port:3000", "de"},
        {"PORT:3000", "de"},
        {"lport:3000", "d"},
        {"rport:3000", "e"},
        {"local_port:3000", "d"},
        {"remote-port:3000", "e"},
        {"sport:3000", "d"},
        {"dport:3000", "e"},
        {"port:22,443", "abcfgh"},
        {"rport:1000-5000", "efh"},
        {"rport:443,5000-9000", "dgh"},
        {"rport:>8443", "c"},
        {"rport:>=8443", "cd"},
        {"rport:<443", "ab"},
        {"rport:<=443", "abg"},
        {"rport>8443", "c"},
        {"rport > 8443", "c"},
        {"rport gt 8443", "c"},
        {"lport != 22", "bdef"},
        {"port != 22", "bdef"},
        {"lport:!=22,!=443", "de"},
        {"lport:20-500,!=443", "acgh"},
        {"lport:>65535", ""},
        {"lport:<0", ""},
    };
    CHECK(list);
}

static void services(void **state)
{
    (void)state;
    if (!getservbyname("ssh", "tcp") || !getservbyname("https", "tcp"))
        skip(); /* no /etc/services here */
    static const struct expectation list[] = {
        {"lport:ssh", "acgh"},
        {"port:https", "bfg"},
        {"lport = ssh", "acgh"},
        {"sport eq :ssh", "acgh"},
        {"sport :ssh", "acgh"},
        {"lport > ssh", "bdef"},
        {"dst [2001:db8::2]:https", "g"},
    };
    CHECK(list);
}

static void fields(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"state:es", "c"},
        {"state:ESTAB", "c"},
        {"state:tw,cw", "de"},
        {"state:time-wait", "e"},
        {"state = tw", "e"},
        {"state=tw", "e"},
        {"state != listen", "cdefgh"},
        {"state:!=listen,!=tw", "cdfgh"},
        {"state:connected", "cdefgh"},
        {"proto:tcp", "acde"},
        {"proto:tcp6", "bfgh"},
        {"proto!=tcp6", "acde"},
        {"proto:mptcp", "bc"}, /* whatever is known of its connection */
        {"proto:MPTCP,tcp6", "bcfgh"},
        {"proto:tcp,!=mptcp", "ade"},
        {"proto != mptcp", "adefgh"},
        {"proto:tcp proto:mptcp", "c"},
        {"mptcp:close_wait", "c"},
        {"tcp6", "bfgh"},
        {"tcp4", "acde"},
        {"ip:10.0.5.8", "d"},
        {"host:10.0.5.8", "d"},
        {"addr:10.0.0.0/8", "cdf"},
        {"addr:10.0.5.8", "d"},
        {"addr:10.0.5.8:8443", "d"},
        {"addr:10.0.5.8:1", ""},
        {"raddr:10.0.0.0/8", "df"},
        {"laddr:127/8", "e"},
        {"local_addr:10.0.2.15", "cdf"},
        {"addr:2001:db8::/32", "g"},
        {"addr:2001:db8::2", "g"},
        {"addr:[2001:db8::2]:443", "g"},
        {"addr:::ffff:10.0.2.15", "f"},
        {"addr:fe80::1%lo", "h"},
        {"addr!=10.0.0.0/8", "abegh"},
        {"src:10.0.2.15 dst:192.0.2.44", "c"},
        {"recv_q>0", "d"},
        {"recv-q > 0", "d"},
        {"recv_q:1-5", "d"},
        {"send_q>2M", "c"},
        {"send_q>=2.5M", "c"},
        {"send_q>2.5m", ""},
        {"send_q:2499k-2.6M", "c"},
        {"send_q:2500001-3M", ""},
        {"timer:on", "g"},
        {"timer:timewait,on", "eg"},
        {"timer!=off", "eg"},
        {"expires_ms>1s", "e"},
        {"expires_ms>1000", "e"},
        {"expires<1s", "g"},
        {"expires_ms:700", "g"},
        {"expires_ms:0.7s", "g"},
        {"expires_ms!=700", "e"},
        {"expires_ms:700500us", ""},
        {"expires_ms!=700500us", "eg"},
        {"expires_ms>700500us", "e"},
        {"expires_ms>=700500us", "e"},
        {"expires_ms<700500us", "g"},
        {"uid:7", "abcdfgh"},
        {"uid!=7", ""},
        {"inode:1004", "d"},
        {"cookie:4", "d"},
        {"cookie=4", "d"},
        {"cookie!=4", "abcefgh"},
        {"dev:lo", "h"},
        {"ifindex:1", "h"},
        {"ifindex!=1", "abcdefg"},
        {"age>60s", "d"},
        {"age_s:90", "d"},
        {"age_s!=0", "d"},
        {"not age_s:90", "abcefgh"},
        {"age:-", "abcefgh"}, /* not known */
        {"age:–", "abcefgh"},
        {"age != -", "d"},
        {"uid:-", "e"},
        {"uid:-,7", "abcdefgh"},
        {"uid:7,!=-", "abcdfgh"},
        {"cookie:-", "h"},
        {"cookie=-", "h"},
        {"cookie != -", "abcdefg"},
        {"cookie:'-'", ""},
        {"ifindex:-", "abcdefg"},
        {"expires:-", "abcdfh"},
        {"timer:-", ""},
        {"not uid:- not cookie:-", "abcdfg"},
    };
    CHECK(list);
}

/* Figures of tcp_info: asked for only by the filter that names them; unknown satisfies nothing. */
static void tcp_metrics_fields(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"rtt>100ms", "d"},
        {"rtt < 2ms", "c"},
        {"rtt_us>100ms", "d"},
        {"rtt_us>1499", "cd"},
        {"rtt_us = 1.5ms", "c"},
        {"rtt_us != 1500us", "d"},
        {"rtt_us:1500-250000", "cd"},
        {"retr>1%", "d"},
        {"retr:1.5%", "d"},
        {"retr_permille:0", "c"},
        {"rtt_us>0s", "cd"},
        {"tx>1M", "c"},
        {"tx_bytes_s>=1000", "cd"},
        {"rx!=-", "c"},
        {"rate>1.5M", "c"},
        {"rate>1500kB", "c"},
        {"rate>1.5MB", "c"},
        {"tx<1kB", ""},
        {"tx<1KiB", "d"},
        {"talkers>1.5M", "c"},
        {"limited_by:receiver", "d"},
        {"limited_by:path,send_buffer", "c"},
        {"congestion:bbr", "c"},
        {"backlog>50%", ""},
        {"backlog<10%", "ab"},
        {"rtt:-", "abefgh"},
        {"rtt!=-", "cd"},
    };
    CHECK(list);
    struct predicate p = {0};
    assert_int_equal(filter_parse("rtt>1ms or 22", &p, NULL), 0);
    assert_int_equal(p.needs, NEED_TCP_INFO | NEED_BOUND);
    predicate_fini(&p);
    assert_int_equal(filter_parse("port:22 state:tw", &p, NULL), 0);
    assert_int_equal(p.needs, 0);
    predicate_fini(&p);
    static const struct {
        const char *text;
        uint32_t needs;
    } bound[] = {
        {"state:bound", NEED_BOUND | NEED_ONLY_BOUND},
        {"state:close", NEED_BOUND | NEED_ONLY_BOUND},
        {"22 state:bound", NEED_BOUND | NEED_ONLY_BOUND},
        {"state:bound or state:listen", NEED_BOUND}, /* there are others to show */
        {"state unconnected", 0},                    /* as in ss before 6.9 */
        {"state all", 0},
        {"22", NEED_BOUND},
        {"lport:22", NEED_BOUND},
        {"port:20-22", NEED_BOUND},
        {"lport>1024", 0}, /* most of what there is: nobody asks who holds it */
        {"lport!=22", 0},
        {"rport:22", 0},    /* a socket that is only bound has no peer */
        {"sport = :22", 0}, /* as in ss, which does not list them either */
        {"22 not state:listen", NEED_BOUND},
        {"22 state:listen,es", 0},
        {"22 state connected", 0},
        {"(22 state:listen) or 23", NEED_BOUND},
        {"22 (state:listen or rtt>1ms)", NEED_BOUND | NEED_TCP_INFO},
    };
    for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++) {
        assert_int_equal(filter_parse(bound[i].text, &p, NULL), 0);
        if (p.needs != bound[i].needs)
            fail_msg("%s needs %x", bound[i].text, p.needs);
        predicate_fini(&p);
    }
}

static void words(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"10.0.5.8", "d"},
        {"10.0.0.0/8", "cdf"},
        {"10.0.5.8:8443", "d"},
        {"10.0.2.15:8443", ""}, /* address and port of the same end */
        {"10.0.5", "df"},
        {"::1", ""},
        {"fe80:", "h"},
        {"fe80::2", "h"},
        {"[fe80::2]:5000", "h"},
        {"[fe80::2]:5001", ""},
        {"[2001:db8::]/32", "g"},
        {"[2001:db8::/32]", "g"},
        {"db8", "g"},
        {"wait", "def"},
        {"close", "d"},
        {"time-wait", "e"},
        {"tw", "e"},
        {"estab", "c"},
        {"\"127\"", "e"},
        {"'127'", "e"},
        {"\"state\"", ""},
        {"\"3000\"", ""},
        {"nginx", ""},
        {"*", "abcdefgh"},
    };
    CHECK(list);
}

static void joining(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"22 es", "c"},
        {"22 and es", "c"},
        {"22 & es", "c"},
        {"22&&es", "c"},
        {"22 AND es", "c"},
        {"tw or cw", "de"},
        {"tw|cw", "de"},
        {"tw || cw", "de"},
        {"22 or 3000 es", "c"}, /* from left to right */
        {"22 or (3000 es)", "acgh"},
        {"es 22 or 3000", "cde"},
        {"not 22", "bdef"},
        {"!22", "bdef"},
        {"! 22", "bdef"},
        {"not not 22", "acgh"},
        {"!!22", "acgh"},
        {"not 22 443", "bf"},
        {"not (22 or 443)", "de"},
        {"!(22 or 443)", "de"},
        {"((22))", "acgh"},
        {"(22)(es)", "c"},
        {" ( 22 ) ", "acgh"},
        {"port:22 !es", "agh"},
    };
    CHECK(list);
}

static void ss_expressions(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {"src 127.0.0.1", "e"},
        {"src = 127.0.0.1", "e"},
        {"src != 127.0.0.1", "abcdfgh"},
        {"dst 10/8", "df"},
        {"dst 10.0.5/24", "df"},
        {"dst 0.0.0.0/0", "acdef"},
        {"dst [::]/0", "bfgh"},
        {"dst *", "abcdefgh"},
        {"dst any", "abcdefgh"},
        {"dst [2001:db8::2]:443", "g"},
        {"dst 10.0.5.8:8443", "d"},
        {"dst 10.0.0.0/8:8443", "d"},
        {"dst :8443", "d"},
        {"dst *:8443", "d"},
        {"dst 10.0.5.8:*", "d"},
        {"dst 0.0.0.0:0", "a"},
        {"sport = :22", "acgh"},
        {"sport = 22", "acgh"},
        {"sport == 22", "acgh"},
        {"sport 22", "acgh"},
        {"sport 0x16", "acgh"},
        {"sport 026", "acgh"},
        {"sport != :22", "bdef"},
        {"sport <> 22", "bdef"},
        {"sport ne 22", "bdef"},
        {"sport neq 22", "bdef"},
        {"dport > 8443", "c"},
        {"dport gt :8443", "c"},
        {"dport >= 8443", "cd"},
        {"dport ge 8443", "cd"},
        {"dport geq 8443", "cd"},
        {"dport < 443", "ab"},
        {"dport lt 443", "ab"},
        {"dport <= 443", "abg"},
        {"dport le 443", "abg"},
        {"dport leq 443", "abg"},
        {"dport < 0", ""},
        {"dport > 65535", ""},
        {"sport *", "abcdefgh"},
        {"sport = :*", "abcdefgh"},
        {"src 127.0.0.1 or dport = 8443", "de"},
        {"src 10.0.2.15 sport = :22", "c"},
        {"sport = :22 or sport = :443 and dst 10/8", "f"},
        {"not sport = :22 and dst 10/8", "df"},
        {"( sport = :22 or sport = :443 ) and not dst 10/8", "abcgh"},
        {"state established", "c"},
        {"state all", "abcdefgh"},
        {"state connected", "cdefgh"},
        {"state synchronized", "cdefh"},
        {"state bucket", "eh"},
        {"state big", "abcdfg"},
        {"state listening", "ab"},
        {"state closed", ""},
        {"state unconnected", ""},
        {"state syn-rcv", "h"},
        {"state fin-wait-2", "f"},
        {"state established state time-wait", "ce"},
        {"exclude listening", "cdefgh"},
        {"exclude listening exclude time-wait", "cdfgh"},
        {"state all exclude listening", "cdefgh"},
        {"state established exclude established", ""},
        {"state established dport = 60122", "c"},
        {"state established or state time-wait", "ce"},
        {"state established dport = 3000 or sport = 22", "c"},
        {"exclude listening state listening sport = :443 or sport = :22", "abcfgh"},
        {"state established or sport = :3000 sport = :22", "c"},
        {"( state established dport = 3000 or sport = 22 )", "c"},
        {"(state es) dport = 3000 or sport = 22", "acgh"},
        {"state = es dport = 3000 or sport = 22", "acgh"},
        {"dev lo", "h"},
        {"dev = lo", "h"},
        {"dev != lo", "abcdefg"},
        {"dev 1", "h"},
    };
    CHECK(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports),          cmocka_unit_test(services),
        cmocka_unit_test(fields),         cmocka_unit_test(tcp_metrics_fields),
        cmocka_unit_test(words),          cmocka_unit_test(joining),
        cmocka_unit_test(ss_expressions),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}

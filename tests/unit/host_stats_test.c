/* SPDX-License-Identifier: MIT */
/* Counters, gauges and sysctls are found by name in what kernels of several ages print; what is not
 * there, or is no number, stays unknown. So does what cannot be read whole, until it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tcptop/base/clock.h"
#include "tcptop/source/host_stats.h"

/* Files of a host of the test's making, in the place of /proc; without any, those of this host. */
#define FILES_MAX 8
static struct {
    bool made;
    struct {
        const char *path, *text;
        int error; /* errno of reading */
        int fd;    /* -1: not open */
        unsigned opened;
    } file[FILES_MAX];
    unsigned n;
    size_t piece; /* bytes that one reading brings at most */
    struct utsname names;
    bool nameless;
    int64_t now_ns;
} host;

static int fake_open(const char *path, int flags)
{
    if (!host.made)
        return open(path, flags);
    for (unsigned i = 0; i < host.n; i++) {
        if (!host.file[i].text || strcmp(path, host.file[i].path) != 0)
            continue;
        host.file[i].opened++;
        return host.file[i].fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    errno = ENOENT;
    return -1;
}

static ssize_t fake_pread(int fd, void *buffer, size_t size, off_t at)
{
    if (!host.made)
        return pread(fd, buffer, size, at);
    for (unsigned i = 0; i < host.n; i++) {
        size_t len = host.file[i].text ? strlen(host.file[i].text) : 0;
        if (host.file[i].fd != fd)
            continue;
        errno = host.file[i].error;
        if (errno)
            return -1;
        len -= (size_t)at;
        len = len < size ? len : size;
        len = len < host.piece ? len : host.piece;
        memcpy(buffer, host.file[i].text + at, len);
        return (ssize_t)len;
    }
    errno = EBADF;
    return -1;
}

static int fake_close(int fd)
{
    for (unsigned i = 0; i < host.n; i++) {
        if (host.file[i].fd == fd)
            host.file[i].fd = -1;
    }
    return close(fd);
}

static int fake_uname(struct utsname *names)
{
    if (!host.made)
        return uname(names);
    *names = host.names;
    errno = EFAULT;
    return host.nameless ? -1 : 0;
}

static int64_t fake_clock(void)
{
    return host.made ? host.now_ns : clock_mono_ns();
}

#define open(path, flags)           fake_open(path, flags)
#define pread(fd, buffer, size, at) fake_pread(fd, buffer, size, at)
#define close(fd)                   fake_close(fd)
#define uname(names)                fake_uname(names)
#define clock_mono_ns               fake_clock
#define counters                    known_counters
#include "../../src/source/host_stats.c"
#undef counters
#undef uname
#undef close

static void expect_counter(const struct host *h, enum host_counter which, uint64_t value)
{
    uint64_t got;

    assert_true(host_counter(h, which, &got));
    assert_true(got == value);
}

static void counters(struct host *h, const char *file, const char *content)
{
    host_stats_counters(h, file, content, strlen(content));
}

static void by_name_in_any_order(void **state)
{
    (void)state;
    struct host h = {.counter_valid = 0};
    uint64_t value;

    counters(&h, "snmp",
             "Ip: Forwarding InSegs\nIp: 1 999\n"
             "Tcp: MaxConn OutRsts InSegs ActiveOpens\nTcp: -1 7 18446744073709551615 3\n"
             "Udp: InDatagrams\nUdp: 5\n");
    expect_counter(&h, COUNTER_OUT_RSTS, 7);
    expect_counter(&h, COUNTER_IN_SEGS, UINT64_MAX);
    expect_counter(&h, COUNTER_ACTIVE_OPENS, 3);
    assert_false(host_counter(&h, COUNTER_OUT_SEGS, &value));
    assert_false(host_counter(&h, COUNTER_TW, &value));
    counters(&h, "netstat", "TcpExt: TW TCPTimeouts\nTcpExt: 11 12\nIpExt: A\nIpExt: 1\n");
    expect_counter(&h, COUNTER_TW, 11);
    expect_counter(&h, COUNTER_TIMEOUTS, 12);
}

static void damage_is_unknown(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "",
        "\n\n\n",
        "Tcp:",
        "Tcp: InSegs\n",
        "Tcp: InSegs\nTcp:\n",
        "Tcp: InSegs\nUdp: 5\n",
        "Tcp: InSegs\nTcp: -5\n",
        "Tcp: InSegs\nTcp: 5x\n",
        "Tcp: InSegs\nTcp: 18446744073709551616\n",
        "UdpLite: InSegs\nUdpLite: 5\n",
        "Tcp InSegs\nTcp 5\n",
    };

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct host h = {.counter_valid = 0};
        counters(&h, "snmp", contents[i]);
        assert_int_equal(h.counter_valid, 0);
    }
}

static void fewer_values_than_names(void **state)
{
    (void)state;
    struct host h = {.counter_valid = 0};

    counters(&h, "snmp", "Tcp: InSegs OutSegs\nTcp: 5\n");
    expect_counter(&h, COUNTER_IN_SEGS, 5);
    assert_int_equal(h.counter_valid, 1u << COUNTER_IN_SEGS);
}

static void gauges_of_tcp_only(void **state)
{
    (void)state;
    static const char content[] = "sockets: used 155\nTCP: inuse 5 orphan 0 tw 873 alloc 7 mem 2\n"
                                  "UDP: inuse 3 mem 9\nTCP6: inuse 44\n";
    struct host h = {.gauge_valid = 0};
    uint64_t value;

    host_stats_gauges(&h, content, strlen(content));
    assert_true(host_gauge(&h, GAUGE_INUSE, &value) && value == 5);
    assert_true(host_gauge(&h, GAUGE_ORPHAN, &value) && value == 0);
    assert_true(host_gauge(&h, GAUGE_TW, &value) && value == 873);
    assert_true(host_gauge(&h, GAUGE_ALLOC, &value) && value == 7);
    assert_true(host_gauge(&h, GAUGE_MEM_PAGES, &value) && value == 2);
}

static void gauges_that_are_missing(void **state)
{
    (void)state;
    static const char content[] = "TCP: inuse x orphan";
    struct host h = {.gauge_valid = 0};

    host_stats_gauges(&h, content, strlen(content));
    assert_int_equal(h.gauge_valid, 0);
}

static bool sysctl(const char *line, unsigned index, int64_t *value)
{
    return host_stats_sysctl(line, strlen(line), index, value);
}

static void numbers_of_a_sysctl(void **state)
{
    (void)state;
    int64_t value;

    assert_true(sysctl("60\n", 0, &value) && value == 60);
    assert_true(sysctl("-1\n", 0, &value) && value == -1);
    assert_true(sysctl("32768\t60999\n", 0, &value) && value == 32768);
    assert_true(sysctl("32768\t60999\n", 1, &value) && value == 60999);
    assert_false(sysctl("32768\t60999\n", 2, &value));
    assert_false(sysctl("", 0, &value));
    assert_false(sysctl("\n60", 0, &value));
    assert_false(sysctl("cubic\n", 0, &value));
    assert_false(sysctl("-\n", 0, &value));
}

/* The kernel that runs the test: read twice, through files that stay open. */
static int64_t ports(const char *list)
{
    int64_t count;

    return host_stats_ports(list, strlen(list), 1000, 1999, &count) ? count : -1;
}

static void reserved_ports(void **state)
{
    (void)state;
    assert_int_equal(ports("\n"), 0);
    assert_int_equal(ports("1000\n"), 1);
    assert_int_equal(ports("999,1000,1500-1509,1999,2000\n"), 12);
    assert_int_equal(ports("1-65535\n"), 1000);
    assert_int_equal(ports("3000-4000\n"), 0);
    assert_int_equal(ports("1500-1400\n"), -1);
    assert_int_equal(ports("1000,,1001\n"), -1);
    assert_int_equal(ports("1000-\n"), -1);
    assert_int_equal(ports("70000\n"), -1);
    assert_int_equal(ports("x\n"), -1);
}

static void this_host(void **state)
{
    (void)state;
    struct host_stats *f = host_stats_new();
    struct host first, second;
    struct utsname u;
    uint64_t value;

    if (access("/proc/thread-self/net/snmp", R_OK) != 0) {
        host_stats_free(f);
        skip();
    }
    assert_non_null(f);
    host_stats_read(f, &first);
    host_stats_read(f, &second);
    host_stats_free(f);
    assert_int_equal(uname(&u), 0);
    assert_string_equal(first.kernel, u.release);
    assert_true(host_counter(&first, COUNTER_IN_SEGS, &value));
    assert_true(host_counter(&first, COUNTER_LISTEN_OVERFLOWS, &value));
    assert_true(host_gauge(&first, GAUGE_INUSE, &value));
    assert_int_equal(second.counter_valid, first.counter_valid);
    assert_int_equal(second.gauge_valid, first.gauge_valid);
    assert_int_equal(second.sysctl_valid, first.sysctl_valid);
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        assert_true(second.counter[i] >= first.counter[i]);
}

/* The place of a file, which is made where it is not there yet. */
static unsigned file_at(const char *path)
{
    unsigned i = 0;

    while (i < host.n && strcmp(host.file[i].path, path) != 0)
        i++;
    assert_true(i < FILES_MAX);
    if (i == host.n) {
        host.file[i].path = path;
        host.file[i].fd = -1;
        host.n++;
    }
    return i;
}

/* What a file holds from now on, also for whoever has it open; NULL: it is not there. */
static void has_file(const char *path, const char *text)
{
    host.file[file_at(path)].text = text;
}

#define SNMP      "/proc/thread-self/net/snmp"
#define SOCKSTAT  "/proc/thread-self/net/sockstat"
#define SOCKSTAT6 "/proc/thread-self/net/sockstat6"
#define RANGE     "/proc/sys/net/ipv4/ip_local_port_range"
#define RESERVED  "/proc/sys/net/ipv4/ip_local_reserved_ports"

static const char snmp[] = "Ip: Forwarding CurrEstab\nIp: 1 999\n"
                           "Tcp: RtoAlgorithm ActiveOpens PassiveOpens CurrEstab InSegs\n"
                           "Tcp: 1 100 20 7 5000\n";
static const char sockstat[] = "sockets: used 155\nTCP: inuse 5 orphan 0 tw 873 alloc 7 mem 2\n";

static int make_host(void **state)
{
    memset(&host, 0, sizeof host);
    host.made = true;
    host.piece = SIZE_MAX;
    host.now_ns = NS_PER_S;
    has_file(SNMP, snmp);
    has_file(SOCKSTAT, sockstat);
    has_file(SOCKSTAT6, "TCP6: inuse 44\nUDP6: inuse 1000\n");
    *state = host_stats_new();
    return *state ? 0 : -1;
}

static int free_host(void **state)
{
    host_stats_free(*state);
    for (unsigned i = 0; i < host.n; i++) {
        if (host.file[i].fd >= 0)
            return -1;
    }
    memset(&host, 0, sizeof host);
    return 0;
}

static void expect_sockets(struct host_stats *f, uint64_t inuse, uint64_t tw)
{
    uint64_t is = 0, has_tw = 0;

    assert_true(host_stats_sockets(f, &is, &has_tw));
    assert_int_equal(is, inuse);
    assert_int_equal(has_tw, tw);
}

static void expect_no_sockets(struct host_stats *f)
{
    uint64_t inuse, tw;

    assert_false(host_stats_sockets(f, &inuse, &tw));
}

static void sockets_of_both_families(void **state)
{
    expect_sockets(*state, 49, 873);
    host.piece = 3; /* as a file that is read in many pieces */
    expect_sockets(*state, 49, 873);
    has_file(SOCKSTAT6, NULL); /* a host without IPv6 */
    host_stats_free(*state);
    *state = host_stats_new();
    expect_sockets(*state, 5, 873);
}

/* A number that is not all of it is none. */
static void sockets_that_are_not_told(void **state)
{
    static const char *const contents[] = {
        "",
        "TCP:\n",
        "TCP: inuse 5\n",
        "TCP: tw 5\n",
        "TCP: inuse -1 tw 5\n",
        "UDP: inuse 5 tw 5\n",
    };
    static const char *const contents6[] = {"TCP6:\n", "TCP6: inuse\n", "TCP6: inuse x\n", "x"};

    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        has_file(SOCKSTAT, contents[i]);
        expect_no_sockets(*state);
    }
    has_file(SOCKSTAT, sockstat);
    for (size_t i = 0; i < sizeof contents6 / sizeof contents6[0]; i++) {
        has_file(SOCKSTAT6, contents6[i]);
        expect_no_sockets(*state);
    }
}

static void connections_by_counters(void **state)
{
    static const struct {
        const char *snmp, *sockstat; /* NULL: as it was */
    } untold[] = {
        {"", NULL},
        {"Tcp: ActiveOpens PassiveOpens\nTcp: 1 2\n", NULL},
        {"Tcp: ActiveOpens CurrEstab\nTcp: 1 2\n", NULL},
        {"Tcp: PassiveOpens CurrEstab\nTcp: 1 2\n", NULL},
        {"Tcp: ActiveOpens PassiveOpens CurrEstab\nTcp: 1 2\n", NULL},
        {"Tcp: ActiveOpens PassiveOpens CurrEstab\nTcp: 1 2 -3\n", NULL},
        {"Tcp: ActiveOpens PassiveOpens CurrEstab\nUdp: 1 2 3\n", NULL},
        {"Udp: ActiveOpens PassiveOpens CurrEstab\nUdp: 1 2 3\n", NULL},
        {"Tcp: ActiveOpens PassiveOpens CurrEstab", NULL},
        {snmp, "TCP: inuse 5\n"},
    };
    struct state_reading r;

    assert_true(host_stats_states(*state, &r));
    assert_int_equal(r.established, 7); /* not that of Ip: */
    assert_int_equal(r.timewait, 873);
    assert_int_equal(r.opened, 120);
    for (size_t i = 0; i < sizeof untold / sizeof untold[0]; i++) {
        has_file(SNMP, untold[i].snmp);
        has_file(SOCKSTAT, untold[i].sockstat ? untold[i].sockstat : sockstat);
        if (host_stats_states(*state, &r))
            fail_msg("taken: %s", untold[i].snmp);
    }
}

static void files_without_end(void **state)
{
    static char longest[20000];
    int n = snprintf(longest, sizeof longest, "%s", sockstat);

    memset(longest + n, 'x', sizeof longest - 1 - (size_t)n);
    longest[16384 - 1] = '\0'; /* just fits */
    has_file(SOCKSTAT, longest);
    expect_sockets(*state, 49, 873);
    longest[16384 - 1] = 'x';
    expect_no_sockets(*state);
    longest[16384] = '\0'; /* is that all? */
    expect_no_sockets(*state);
    has_file(SOCKSTAT, sockstat);
    expect_sockets(*state, 49, 873);
}

/* As where a namespace goes while its files are open. */
static void files_that_break_off(void **state)
{
    const unsigned at = file_at(SOCKSTAT);

    expect_sockets(*state, 49, 873);
    expect_sockets(*state, 49, 873);
    assert_int_equal(host.file[at].opened, 1); /* it stays open */
    host.file[at].error = EIO;
    expect_no_sockets(*state);
    assert_int_equal(host.file[at].fd, -1);
    host.file[at].error = 0;
    expect_sockets(*state, 49, 873);
    assert_int_equal(host.file[at].opened, 2);
}

static void names_are_clean(void **state)
{
    struct host h;

    strcpy(host.names.nodename, "web\033[2J-01");
    memset(host.names.release, 'x', sizeof host.names.release); /* no end */
    host_stats_read(*state, &h);
    assert_string_equal(h.name, "web\xef\xbf\xbd[2J-01");
    assert_int_equal(strlen(h.kernel), 64);
    host.nameless = true;
    host_stats_free(*state);
    *state = host_stats_new();
    host_stats_read(*state, &h);
    assert_string_equal(h.name, "");
    assert_string_equal(h.kernel, "");
}

static void sysctls_are_read_every_few_seconds(void **state)
{
    struct host h;
    int64_t value;

    has_file(RESERVED, "1000-1009\n");
    host_stats_read(*state, &h);
    assert_false(host_sysctl(&h, SYSCTL_PORT_LOW, &value));
    assert_false(host_sysctl(&h, SYSCTL_RESERVED_PORTS, &value)); /* of which range? */
    has_file(RANGE, "1000\t1999\n");
    host.now_ns += 5 * NS_PER_S - 1;
    host_stats_read(*state, &h);
    assert_false(host_sysctl(&h, SYSCTL_PORT_LOW, &value));
    host.now_ns++;
    host_stats_read(*state, &h);
    assert_true(host_sysctl(&h, SYSCTL_PORT_LOW, &value) && value == 1000);
    assert_true(host_sysctl(&h, SYSCTL_PORT_HIGH, &value) && value == 1999);
    assert_true(host_sysctl(&h, SYSCTL_RESERVED_PORTS, &value) && value == 10);
    assert_false(host_sysctl(&h, SYSCTL_FIN_TIMEOUT, &value));
    has_file(RANGE, "none\n");
    host.file[file_at(RESERVED)].error = EACCES;
    host.now_ns += 5 * NS_PER_S;
    host_stats_read(*state, &h);
    assert_int_equal(h.sysctl_valid, 0); /* what was is no longer known to be */
}

#define MADE(name) cmocka_unit_test_setup_teardown(name, make_host, free_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_in_any_order),
        cmocka_unit_test(damage_is_unknown),
        cmocka_unit_test(fewer_values_than_names),
        cmocka_unit_test(gauges_of_tcp_only),
        cmocka_unit_test(gauges_that_are_missing),
        cmocka_unit_test(numbers_of_a_sysctl),
        cmocka_unit_test(reserved_ports),
        cmocka_unit_test(this_host),
        MADE(sockets_of_both_families),
        MADE(sockets_that_are_not_told),
        MADE(connections_by_counters),
        MADE(files_without_end),
        MADE(files_that_break_off),
        MADE(names_are_clean),
        MADE(sysctls_are_read_every_few_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
